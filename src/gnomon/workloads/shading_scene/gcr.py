"""How densely a scene's tables stand: collector width over the level distance of neighbouring rows.

The distance of a table is that to the nearest one beside it along the same direction, axis to axis, on the level; the
ratio is the median over all tables that have one, so that ends of rows, roads and odd tables do not count.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.pv.shade import Tables, spacing
from gnomon.workloads.shading_scene import layout
from gnomon.workloads.shading_scene.layout import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """What a scene's rows have in common; `gcr` is None where no table has another beside it."""

    gcr: float | None
    pitch: float | None
    collector_width: float
    axis_tilt: float


def density(scene: Scene) -> Density:
    """Measure how tables stand: the trackers, or if there are none, all."""
    which = scene.is_tracker if scene.is_tracker.any() else np.ones(len(scene.names), dtype=bool)
    told = spacing(
        Tables(
            corners=scene.corners[which],
            is_tracker=np.ones(int(which.sum()), dtype=bool),
            axis_point=scene.axis_point[which],
            # Of a fixed table: through its middle, along its length.
            axis_vector=scene.axis_vector[which] * scene.is_tracker[which, None],
            transverse_diodes=scene.transverse_diodes[which],
            strings_per_length=scene.strings_per_length[which],
        )
    )
    widths = np.linalg.norm(scene.corners[which, 2] - scene.corners[which, 1], axis=1)
    return Density(
        gcr=None if told is None else told.gcr,
        pitch=None if told is None else told.pitch,
        collector_width=float(widths.mean()),
        axis_tilt=0.0 if told is None else told.axis_tilt,
    )


def gcr_properties(scene: Scene, found: Density) -> dict[str, Any] | None:
    """Return what clients are told; None where there are no rows to measure."""
    if found.gcr is None:
        return None
    return {
        "has_trackers": bool(scene.is_tracker.any()),
        "tables_processed": len(scene.names),
        "total_table_area": round(float(layout.areas(scene.corners).sum()), 3),
        "gcr": round(found.gcr, 6),
        "avg_collector_width": round(found.collector_width, 4),
        "axis_tilt": round(found.axis_tilt, 4) + 0.0,
    }
