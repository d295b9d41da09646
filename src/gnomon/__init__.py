"""Gnomon: long-running work behind HTTP, over one task record and one event log."""
