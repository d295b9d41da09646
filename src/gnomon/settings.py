"""One frozen record of settings, read once from flags and GNOMON_ variables."""
