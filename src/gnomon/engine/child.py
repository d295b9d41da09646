"""The child's side of the pipe."""
