"""What a client sends, as commands of the core or a list of complaints; pure."""
