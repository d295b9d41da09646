"""The table in the middle: what a task is and what may happen to it. Standard library only."""
