"""Rows of tables as scenes tell them."""

from typing import Any

import numpy as np


def table(
    x: float,
    y: float,
    *,
    width: float = 2.0,
    length: float = 20.0,
    tilt: float = 0.0,
    height: float = 2.0,
    name: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a table whose length runs north, tilted towards the west about its middle."""
    across, up = width / 2 * np.cos(np.radians(tilt)), width / 2 * np.sin(np.radians(tilt))
    corners = [
        (x - across, y, height - up),
        (x - across, y + length, height - up),
        (x + across, y + length, height + up),
        (x + across, y, height + up),
    ]
    points = {f"{axis}points": [corner[place] for corner in corners] for place, axis in enumerate("xyz")}
    return {"tableHash": name or f"{x:g}/{y:g}", **points, "transverseDiodes": 2, **more}


def rows(count: int, *, pitch: float = 4.0, per_row: int = 1, **more: Any) -> list[dict[str, Any]]:
    """Return rows side by side from west to east."""
    length = more.get("length", 20.0)
    return [
        table(pitch * row, place * (length + 0.5), **more) for row in range(count) for place in range(per_row)
    ]


def scene(tables: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return the document of a scene."""
    return {"name": "s", "sceneJson": {"tableList": tables, **more}}
