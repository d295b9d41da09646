"""What clients of the Parallel door send, read into what the house is asked: pure."""
