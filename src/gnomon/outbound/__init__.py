"""The gate: the only HTTP client of the server side; it connects only to addresses that it has checked."""
