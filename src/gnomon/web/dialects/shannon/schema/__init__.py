"""The components of the door's OpenAPI document."""
