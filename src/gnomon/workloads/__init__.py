"""The trades: what a task can do. No HTTP, no SQL."""
