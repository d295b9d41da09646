"""The table of a shading scene: what of the beam and of a module's cells is shaded, by the place of the sun."""

from collections.abc import Iterator
from itertools import pairwise
from math import isfinite
from typing import Any

from gnomon.core.errors import Complaint
from gnomon.workloads.energy_model.wording import place_text, shown

Loc = tuple[str | int, ...]

# Axis -> lowest and highest angle [degrees].
AXES = {"azimuth": (0.0, 360.0), "elevation": (0.0, 90.0)}
SHARES = ("directShading", "shadedDiodes")
DIFFUSE = "diffuseShading"


def check_table(table: Any, at: Loc) -> Iterator[Complaint]:
    """Yield what is wrong with a table of shaded shares by azimuth and elevation of the sun."""
    if not isinstance(table, dict):
        yield _complaint(at, f"give an object with {', '.join(AXES)} and {SHARES[0]}")
        return
    axes = {name: table.get(name) for name in AXES}
    wrong = [_wrong_axis(name, axis) for name, axis in axes.items()]
    yield from (_complaint((*at, name), words) for name, words in zip(axes, wrong, strict=True) if words)
    if not any(wrong):
        rows, columns = (len(axis or ()) for axis in axes.values())
        for name in SHARES:
            if name == SHARES[0] or table.get(name) is not None:
                yield from _check_shares(table.get(name), rows, columns, (*at, name))
    if table.get(DIFFUSE) is not None and not _is_within(table[DIFFUSE], 0, 1):
        yield _complaint((*at, DIFFUSE), f"{shown(table[DIFFUSE])} is no share of the sky; give 0 to 1")


def _wrong_axis(name: str, axis: Any) -> str | None:
    low, high = AXES[name]
    if not isinstance(axis, list) or len(axis) < 2:
        return f"give at least two angles of the sun, rising from {low:g} to {high:g} degrees"
    if not all(_is_within(angle, low, high) for angle in axis):
        return f"give angles from {low:g} to {high:g} degrees"
    if any(later <= earlier for earlier, later in pairwise(axis)):
        return "the angles must increase"
    return None


def _check_shares(shares: Any, rows: int, columns: int, at: Loc) -> Iterator[Complaint]:
    if not isinstance(shares, list) or len(shares) != rows:
        yield _complaint(at, f"give {rows} lists, one for each azimuth")
        return
    for index, row in enumerate(shares):
        if not isinstance(row, list) or len(row) != columns:
            yield _complaint((*at, index), f"give {columns} shares, one for each elevation")
        elif not all(_is_within(share, 0, 1) for share in row):
            yield _complaint((*at, index), "give shares from 0 (no shade) to 1 (all in the shade)")


def _is_within(value: Any, low: float, high: float) -> bool:
    return type(value) in (float, int) and isfinite(value) and low <= value <= high


def _complaint(loc: Loc, words: str) -> Complaint:
    return Complaint(loc, f"{place_text(loc)}: {words}", "shading_table")
