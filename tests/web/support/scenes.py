"""Scenes that tests send, and results of the form that a scene's task gives."""

import hashlib
import io
import json
from typing import Any

import numpy as np
from rig import Hands

from gnomon.core.retry import Done
from gnomon.core.task import Task
from gnomon.core.workload import Workload
from gnomon.web.dialects.daly import examples

SCENE: dict[str, Any] = examples.SCENE
TRACKER = {
    "tableHash": "t1",
    "tracker": True,
    "xpoints": [-1.0, 1.0, 1.0, -1.0],
    "ypoints": [0.0, 0.0, 30.0, 30.0],
    "zpoints": [1.5, 1.5, 1.5, 1.5],
    "torqueTubePoint_1": [0.0, 0.0, 1.5],
    "torqueTubePoint_2": [0.0, 30.0, 1.5],
    "torqueTubeVector": [0.0, 1.0, 0.0],
    "transverseDiodes": 3,
    "stringsPerLength": 2,
}
CUBE_ENDS = [(x, y) for x, y in ((24.0, 2.0), (30.0, 2.0), (30.0, 8.0), (24.0, 8.0))]
BLOCK = {
    "vertices": [[x, y, z] for z in (0.0, 6.0) for x, y in CUBE_ENDS],
    "faces": [[0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7], [4, 5, 6, 7]],
}
"""A house beside the rows, which shades them in the morning."""
AZIMUTHS = [90.0, 180.0, 270.0]
ELEVATIONS = [10.0, 40.0]
GCR = {
    "has_trackers": False,
    "tables_processed": 2,
    "total_table_area": 160.0,
    "gcr": 0.57,
    "avg_collector_width": 4.0,
    "axis_tilt": 0.0,
}
RAW = {
    "sun_positions": [{"azimuth": 90.0, "elevation": 10.0, "directShading": 0.25, "affectedDiodes": 0.5}],
    "metadata": {"tables": 2},
}
BY_TABLE = {"tables": {"front": [{"azimuth": 90.0, "elevation": 10.0, "directShading": 0.25}]}}
DRAWN = {
    "units": "m",
    "sunPositions": {"azimuth": AZIMUTHS, "elevation": ELEVATIONS},
    "tables": [
        {"tableHash": "front", "tracker": False, "corners": [[0, 0, 1], [9, 0, 1], [9, 3, 2], [0, 3, 2]]},
        {"tableHash": "back", "tracker": False, "corners": [[0, 7, 1], [9, 7, 1], [9, 10, 2], [0, 10, 2]]},
    ],
    "obstructions": {"terrain": [], "objects": [[12, 0, 0, 12, 4, 0, 12, 4, 3]]},
    "shading": {
        "aggregate": "table",
        "azimuthBin": None,
        "elevationBin": None,
        "scene": {"directShading": 0.3, "affectedDiodes": 0.6, "skyShading": 0.2},
        "tables": {"directShading": [0.1, 0.5], "affectedDiodes": [0.2, 1.0], "skyShading": [0.1, 0.5]},
    },
}


def _run(_task_input: Any, _context: Any) -> None:
    raise AssertionError("hands end these tasks")


STAND_IN = Workload(kind="shading_scene", run=_run)
"""The kind of task alone: hands do its work."""


def shares() -> dict[str, np.ndarray[Any, Any]]:
    """Two tables, of which the first has three times the area, over three azimuths and two elevations."""
    direct = np.arange(12, dtype=np.float32).reshape(2, 3, 2) / 16
    return {
        "azimuth": np.array(AZIMUTHS),
        "elevation": np.array(ELEVATIONS),
        "direct": direct,
        "diodes": np.minimum(direct * 2, 1),
        "rotation": direct * 40,
        # The second table has no beam at the first position.
        "incidence": np.where(np.arange(12).reshape(2, 3, 2) == 6, 0, 0.5).astype(np.float32),
        "sky": np.array([0.1, 0.5], dtype=np.float32),
        "ground": np.array([0.5, 0.5], dtype=np.float32),
        "area": np.array([30.0, 10.0]),
    }


async def complete_scene(hands: Hands, task: Task, **changes: Any) -> Task:
    """End a scene's task with a result; the changes stand in for its members, None leaves one out."""
    buffer = io.BytesIO()
    np.savez(buffer, **shares())  # type: ignore[arg-type]  # NumPy's hints know no arrays by name
    result = {
        "shares": await _put(hands, buffer.getvalue()),
        "viewer": await _put(hands, json.dumps(DRAWN).encode()),
        "results": await _put(hands, json.dumps(RAW).encode()),
        "tables_results": await _put(hands, json.dumps(BY_TABLE).encode()),
        "tables": ["front", "back"],
        "positions": {"expected": 6, "completed": 6, "failed": 0},
        "gcrProperties": GCR,
        "tracking": None,
        "summary": {"direct_mean": 0.2},
        "warnings": ["told by the run"],
        **changes,
    }
    blobs = tuple(result[key] for key in ("shares", "viewer", "results", "tables_results") if result.get(key))
    return await hands.end(task, Done(result=result, blobs=blobs))


async def _put(hands: Hands, content: bytes) -> str:
    name = (await hands.house.store.put_blob(content)).sha256
    assert name == hashlib.sha256(content).hexdigest()
    return name
