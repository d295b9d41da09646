"""The cellar: the core's ports on a database; one file per noun."""
