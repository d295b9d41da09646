"""The Parallel door: runs and groups of runs, as the vendor's own clients know them."""
