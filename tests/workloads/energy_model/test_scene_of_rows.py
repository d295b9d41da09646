"""A scene of long rows, computed by its own workload, shades as `unlimited` rows do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_memory import MemoryContext, finish
from sample import block, energy_model, references

from gnomon.core.workload import Pinned
from gnomon.workloads import shading_scene
from gnomon.workloads.energy_model import WORKLOADS

WIDTH, LENGTH, HEIGHT, ROWS = 4.0, 400.0, 2.0, 7
MIDDLE = f"row {ROWS // 2}"


def fixed_rows(tilt: float, gcr: float) -> dict[str, Any]:
    """Return rows that face south."""
    run, rise = np.cos(np.radians(tilt)) * WIDTH / 2, np.sin(np.radians(tilt)) * WIDTH / 2
    return {
        "tableList": [
            {
                "tableHash": f"row {row}",
                "outline": [
                    *([-LENGTH / 2, y - run, HEIGHT - rise], [LENGTH / 2, y - run, HEIGHT - rise]),
                    *([LENGTH / 2, y + run, HEIGHT + rise], [-LENGTH / 2, y + run, HEIGHT + rise]),
                ],
            }
            for row in range(ROWS)
            for y in [(row - ROWS // 2) * WIDTH / gcr]
        ]
    }


def tracker_rows(gcr: float) -> dict[str, Any]:
    """Return rows about axes that point north."""
    return {
        "tableList": [
            {
                "tableHash": f"row {row}",
                "tracker": True,
                "outline": [
                    *([x - WIDTH / 2, -LENGTH / 2, HEIGHT], [x - WIDTH / 2, LENGTH / 2, HEIGHT]),
                    *([x + WIDTH / 2, LENGTH / 2, HEIGHT], [x + WIDTH / 2, -LENGTH / 2, HEIGHT]),
                ],
                "torqueTubePoint_1": [x, -LENGTH / 2, HEIGHT],
                "torqueTubePoint_2": [x, LENGTH / 2, HEIGHT],
            }
            for row in range(ROWS)
            for x in [(row - ROWS // 2) * WIDTH / gcr]
        ]
    }


FIXED = {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "tilt": 25}
TRACKER = {"arrayType": "tracker", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "maxAngle": 60}


@pytest.mark.parametrize(
    ("layout", "scene", "tracking"),
    [
        (FIXED, fixed_rows(25, 0.4), None),
        (
            {**TRACKER, "backTracking": True},
            tracker_rows(0.4),
            {"gcr": 0.4, "maxAngle": 60, "backTracking": True},
        ),
        (
            {**TRACKER, "backTracking": False},
            tracker_rows(0.4),
            {"gcr": 0.4, "maxAngle": 60, "backTracking": False},
        ),
    ],
    ids=["fixed", "backtracking", "truetracking"],
)
def test_the_middle_of_long_rows_has_the_year_of_unlimited_rows(
    example_plant: Path, layout: dict[str, Any], scene: Mapping[str, Any], tracking: Mapping[str, Any] | None
) -> None:
    """What is left comes from the grid of the sun's places, between which the scene's table is straight."""
    ctx = MemoryContext()
    document = {"name": "Rows", "sceneJson": scene, **({"trackingParameters": tracking} if tracking else {})}
    result = finish(shading_scene.WORKLOADS, "shading_scene", document, ctx)
    pinned = Pinned(
        kind="shading_scene",
        number=7,
        id="7",
        revision=1,
        document=document,
        task_id="tsk_scene",
        result=result,
    )
    ctx.references = [*references(example_plant), pinned]
    in_scene = {"nearShading": "octavia", "shadingSceneId": 7}
    shadings: list[dict[str, Any]] = [
        {"nearShading": "unlimited"},
        {**in_scene, "shadingTables": [MIDDLE]},
        in_scene,
        {},
    ]
    blocks = [block(layout=layout, shading=shading) for shading in shadings]
    found = finish(WORKLOADS, "energy_model", energy_model(*blocks), ctx)
    unlimited, middle, whole, alone = (each["annual_energy_mwh"] for each in found["blocks"])
    assert middle == pytest.approx(unlimited, rel=0.003)
    assert abs(middle - unlimited) < 0.05 * (alone - unlimited)
    assert alone > 1.01 * unlimited
    # Each outer row of the scene stands free on one side.
    assert middle < whole < alone
    assert not [note for note in found["warnings"] if "scene" in note]
