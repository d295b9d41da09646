"""Core records become their JSON; pure."""
