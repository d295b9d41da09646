"""How a scene's work is shared among children: ranges of positions of the sun, and rotations for views of the sky.

Every position and every rotation is computed by itself, so who computes what changes no number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Measured: processor seconds for one direction of light on one table, and what a direction costs besides.
SECONDS_PER_TABLE = 5e-6
SECONDS_PER_TRIANGLE = 1.5e-6
SECONDS_PER_DIRECTION = 7e-4
# Below it, one process is as quick as several.
_WORTH_SPLITTING = 4.0  # s
_OF_CHILD = 20.0  # s; long beside starting a process, short beside waiting for a cancel
_LEAST_CHILDREN, _MOST_CHILDREN = 4, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of the work: positions from start to stop, and places of rotations."""

    positions: range
    states: tuple[int, ...] = ()


def share_out(tables: int, triangles: int, positions: int, states: int, directions: int) -> Sequence[Piece]:
    """Return pieces that make up the work; one piece for a small scene."""
    each = tables * SECONDS_PER_TABLE + triangles * SECONDS_PER_TRIANGLE + SECONDS_PER_DIRECTION
    seconds = each * (positions + states * directions)
    if seconds < _WORTH_SPLITTING:
        return (Piece(positions=range(positions), states=tuple(range(states))),)
    children = min(max(round(each * positions / _OF_CHILD), _LEAST_CHILDREN), _MOST_CHILDREN)
    edges = [round(positions * place / children) for place in range(children + 1)]
    # The views first: the longest pieces at the end would leave other cores idle.
    views = [Piece(positions=range(0), states=(place,)) for place in range(states)]
    return (*views, *(Piece(positions=range(start, stop)) for start, stop in pairwise(edges)))
