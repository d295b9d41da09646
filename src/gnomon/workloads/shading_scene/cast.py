"""The engine put to work on a piece of a scene, and the pieces put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gnomon.pv.arrays import FloatArray
from gnomon.pv.shade import Obstructions, Tables, Views, cast, sky_views
from gnomon.workloads.shading_scene.grid import rotation_states, sun_grid
from gnomon.workloads.shading_scene.layout import Scene, areas
from gnomon.workloads.shading_scene.share import Piece
from gnomon.workloads.shading_scene.tracking import TrackingOrder, engine_tracking

DIRECTIONS = 600
"""In which each table looks for its views of sky and ground."""
_AT_ONCE = 48  # positions
_FIELDS = ("direct", "diodes", "incidence", "rotation")

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What n tables lose on a grid of k azimuths and j elevations; every share is a loss, 0 to 1.

    Attributes
    ----------
    direct, diodes, incidence, rotation
        As `pv.shade.Shares` has them, shape (k * j, n).
    sky, ground
        Shape (k * j, n) with trackers, (1, n) without.
    area
        Shape (n,). [m2]
    """

    direct: npt.NDArray[np.float32]
    diodes: npt.NDArray[np.float32]
    incidence: npt.NDArray[np.float32]
    rotation: npt.NDArray[np.float32]
    sky: npt.NDArray[np.float32]
    ground: npt.NDArray[np.float32]
    area: FloatArray


def tables_of(scene: Scene) -> Tables:
    """Return the scene's tables as the engine takes them."""
    return Tables(
        corners=scene.corners,
        is_tracker=scene.is_tracker,
        axis_point=scene.axis_point,
        axis_vector=scene.axis_vector,
        transverse_diodes=scene.transverse_diodes,
        strings_per_length=scene.strings_per_length,
    )


def compute(scene: Scene, order: TrackingOrder, piece: Piece, done: Callable[[float], None]) -> Columns:
    """Compute a piece of the work.

    Parameters
    ----------
    done
        Called with the share of the piece that is done, 0 to 1.
    """
    tables, obstructions = tables_of(scene), Obstructions(triangles=scene.triangles)
    zenith, azimuth = (each[piece.positions.start : piece.positions.stop] for each in sun_grid().positions())
    whole = max(len(piece.positions) + len(piece.states) * DIRECTIONS, 1)
    shares = cast(
        tables,
        obstructions,
        engine_tracking(order),
        zenith,
        azimuth,
        progress=lambda number: done(number / whole),
    )
    columns: Columns = {name: getattr(shares, name).astype(np.float32) for name in _FIELDS}
    if piece.states:
        angles = [rotation_states(scene, order)[state] for state in piece.states]
        start = len(piece.positions)
        views = sky_views(
            tables,
            obstructions,
            angles,
            directions=DIRECTIONS,
            progress=lambda share: done((start + share * len(angles) * DIRECTIONS) / whole),
        )
        columns |= {"angle": views.rotation, "sky": views.sky, "ground": views.ground}
    return columns


def together(scene: Scene, pieces: Sequence[Columns]) -> Outcome:
    """Put the pieces of a scene's work together, in whatever order of views they come; positions are in order."""
    told: dict[str, npt.NDArray[np.float32]] = {
        name: np.concatenate([piece[name] for piece in pieces]) for name in _FIELDS
    }
    seen = [piece for piece in pieces if "angle" in piece]
    angle, sky, ground = (
        np.concatenate([piece[name] for piece in seen]) for name in ("angle", "sky", "ground")
    )
    order = np.argsort(angle, kind="stable")
    views = Views(rotation=angle[order], sky=sky[order], ground=ground[order])
    turned = told["rotation"] if scene.is_tracker.any() else np.zeros((1, len(scene.names)), dtype=np.float32)
    at = [
        views.at(turned[start : start + _AT_ONCE].astype(np.float64))
        for start in range(0, len(turned), _AT_ONCE)
    ]
    sky, ground = (np.concatenate([each[which] for each in at]).astype(np.float32) for which in (0, 1))
    return Outcome(**told, sky=sky, ground=ground, area=areas(scene.corners))


def with_gcr(order: TrackingOrder, gcr: float | None) -> TrackingOrder:
    """Return the order with the ratio of the geometry where none was asked for."""
    return order if order.gcr is not None or gcr is None else replace(order, gcr=min(max(gcr, 0.01), 0.99))
