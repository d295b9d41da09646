"""The laboratory: sunlight to kilowatt-hours. Pure functions on arrays, in pvlib's words; NumPy only."""
