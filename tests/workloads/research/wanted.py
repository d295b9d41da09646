"""What the tests of research ask for."""

from typing import Any


def json_of(**properties: Any) -> dict[str, Any]:
    """Ask for an object of these properties."""
    return {"type": "json", "schema": {"type": "object", "properties": properties}}
