"""Their request becomes a core command, or a list of complaints; pure."""
