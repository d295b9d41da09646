"""What the core holds, as this door's JSON; pure."""
