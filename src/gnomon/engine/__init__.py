"""The workshop: turns stored promises into results."""
