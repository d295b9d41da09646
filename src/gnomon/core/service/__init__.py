"""The use cases, one file per noun: what a door may ask of the house."""
