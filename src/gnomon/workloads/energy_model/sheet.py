"""What is told of each block besides its figures, stored apart: a sheet holds a few neighbours' as JSON.

A block's loss tree by month has some ten kilobytes; a result that held the trees of a large plant would be more than
a task can keep.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Part = dict[str, Any]
DETAILS = ("inputs", "losses")


def dump(parts: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the details of some blocks as a JSON array, each with its block's index."""
    rows = [{name: part[name] for name in ("index", *DETAILS)} for part in parts]
    return json.dumps(rows, separators=(",", ":"), allow_nan=False).encode()


def load(content: bytes) -> list[Part]:
    """Return the details that `dump` wrote."""
    rows: list[Part] = json.loads(content)
    return rows


def figures(part: Mapping[str, Any]) -> Part:
    """Return a block's part without its details."""
    return {name: value for name, value in part.items() if name not in DETAILS}
