"""The table of a shading scene, as the laboratory reads it: read once however many blocks refer to it."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gnomon.core.errors import Complaint
from gnomon.pv.scene import SceneTable, from_json
from gnomon.workloads.energy_model.wording import place_text

Loc = tuple[str | int, ...]
_MOST_ANGLES = 721  # of an axis: twice a degree around the compass, and more than any scene needs


def scene_table(table: Any) -> SceneTable:
    """Return a table of JSON as the laboratory's.

    Raises
    ------
    ValueError
        If it is none; the message says what to give.
    """
    if not isinstance(table, dict):
        raise ValueError("give an object with azimuth, elevation and directShare")  # noqa: TRY004 - the caller's value
    for axis in ("azimuth", "elevation"):
        count = len(table[axis]) if isinstance(table.get(axis), list) else 0
        if count > _MOST_ANGLES:
            raise ValueError(f"{axis}: {count} angles; give at most {_MOST_ANGLES}")
    return _read(json.dumps(table))


@lru_cache(maxsize=64)
def _read(text: str) -> SceneTable:
    return from_json(json.loads(text))


def check_table(table: Any, at: Loc) -> Iterator[Complaint]:
    """Yield what is wrong with a table of shaded shares by azimuth and elevation of the sun."""
    try:
        scene_table(table)
    except (OverflowError, ValueError) as error:
        yield Complaint(at, f"{place_text(at)}: {error}", "shading_table")
