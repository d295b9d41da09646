"""Gnomon's own door: tasks of any kind, their events, attempts and children."""
