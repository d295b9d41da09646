"""The door for programs: everything that speaks HTTP to a caller, and nothing else."""
