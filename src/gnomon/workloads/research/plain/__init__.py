"""Reading without a model: sentences weighed, values taken from them, and an honest gap where there is none."""
