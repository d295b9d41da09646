import math
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene_rows import rows, table

from gnomon.workloads.shading_scene import layout
from gnomon.workloads.shading_scene.arrays import dump, dump_scene, load, load_scene
from gnomon.workloads.shading_scene.canonical import read_scene
from gnomon.workloads.shading_scene.fields import Notes
from gnomon.workloads.shading_scene.gcr import density, gcr_properties
from gnomon.workloads.shading_scene.layout import Scene

SLOPED = [[0.0, 0.0, 1.0], [10.0, 0.0, 1.0], [10.0, 3.0, 2.0], [0.0, 3.0, 2.0]]


def read(*tables: Any, **more: Any) -> tuple[Scene, list[str]]:
    notes = Notes()
    found = read_scene({"tableList": list(tables), **more}, notes)
    assert found is not None, notes.complaints
    return found, notes.warnings


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_corners_may_be_given_in_any_order(order: tuple[int, ...]) -> None:
    found, warnings = read({"outline": [SLOPED[place] for place in order], "transverseDiodes": 1})
    along, across = found.corners[0, 1] - found.corners[0, 0], found.corners[0, 2] - found.corners[0, 1]
    assert np.abs(along).tolist() == pytest.approx([10, 0, 0])
    assert across.tolist() == pytest.approx([0, 3, 1])
    assert layout.normals(found.corners)[0, 2] > 0
    goes_around = all((b - a) % 4 in (1, 3) for a, b in zip(order, [*order[1:], order[0]], strict=True))
    steps = {(b - a) % 4 for a, b in zip(order, [*order[1:], order[0]], strict=True)}
    assert bool(warnings) != (goes_around and len(steps) == 1)


def test_the_length_of_a_fixed_table_is_its_level_side() -> None:
    upright = [[0, 0, 0], [1, 0, 0], [1, 1.7, 1], [0, 1.7, 1]]
    found, _ = read({"outline": upright, "transverseDiodes": 1})
    assert np.abs(found.corners[0, 1] - found.corners[0, 0]).tolist() == pytest.approx([1, 0, 0])
    flat, _ = read({"outline": [[0, 0, 0], [1, 0, 0], [1, 5, 0], [0, 5, 0]], "transverseDiodes": 1})
    assert np.abs(flat.corners[0, 1] - flat.corners[0, 0]).tolist() == pytest.approx([0, 5, 0])


def test_the_length_of_a_tracker_is_along_its_tube() -> None:
    wide = table(
        0, 0, width=6, length=4, tracker=True, torqueTubeVector=[0, -1, 0], torqueTubePoint_1=[0, 0, 1.8]
    )
    found, warnings = read(wide)
    assert np.abs(found.corners[0, 1] - found.corners[0, 0]).tolist() == pytest.approx([0, 4, 0])
    assert found.axis_vector[0].tolist() == [0, 1, 0]
    assert found.axis_point[0].tolist() == [0, 0, 1.8]
    assert warnings == []


def test_a_tracker_without_a_tube_turns_about_its_middle_along_its_longer_side() -> None:
    found, warnings = read(table(3, 0, tracker=True), table(9, 0, tracker=True))
    assert found.axis_point[0].tolist() == pytest.approx([3, 10, 2])
    assert found.axis_vector.tolist() == [pytest.approx([0, 1, 0])] * 2
    assert warnings == [
        "3/0 (and 1 more tables): is a tracker without a torque tube; taken along its longer side, through its middle"
    ]


def test_coordinates_of_a_map_are_brought_near_to_the_origin() -> None:
    here, _ = read(table(0, 0))
    far, _ = read(table(600_000, 5_000_000))
    assert list(far.origin) == [600_000, 5_000_010, 2]
    assert np.abs(far.corners - here.corners).max() < 11


def test_what_is_assumed_is_told() -> None:
    bent = [*SLOPED[:3], [0.0, 3.0, 2.1]]
    trapeze = [*SLOPED[:2], [8.0, 3.0, 2.0], [2.0, 3.0, 2.0]]
    wall = [[0, 0, 0], [9, 0, 0], [9, 0, 3], [0, 0, 3]]
    _, warnings = read(
        {"outline": bent}, {"outline": trapeze}, {"outline": wall}, modelInputs={"diffuseTableIndex": 0}
    )
    assert [warning.split(": ")[-1].split(";")[0] for warning in warnings] == [
        "not given for 3 of 3 tables",
        "not used",
        "is no rectangle",
        "stands upright",
    ]


sides = st.floats(0.5, 50)
angles = st.floats(-math.pi, math.pi)


@given(sides, sides, angles, st.floats(-1.2, 1.2), st.integers(0, 3), st.booleans())
def test_a_rectangle_keeps_its_area_and_plane(
    length: float, width: float, around: float, tilt: float, first: int, is_backward: bool
) -> None:
    flat = np.array([[0, 0, 0], [length, 0, 0], [length, width, 0], [0, width, 0]], dtype=float)
    lean = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    turn = np.array([[np.cos(around), -np.sin(around), 0], [np.sin(around), np.cos(around), 0], [0, 0, 1]])
    corners = np.roll(flat @ lean.T @ turn.T, first, axis=0)[:: -1 if is_backward else 1]
    found, _ = read({"outline": corners.tolist()})
    assert layout.areas(found.corners)[0] == pytest.approx(length * width, rel=1e-9)
    given_, kept = (
        {tuple(np.round(corner, 6) + 0.0) for corner in each} for each in (corners, found.corners[0])
    )
    assert given_ == kept
    assert layout.normals(found.corners)[0, 2] > 0


polygons = st.integers(3, 12).flatmap(
    lambda count: st.lists(st.floats(0.5, 5), min_size=count, max_size=count)
)


@given(polygons, st.floats(-1.5, 1.5))
def test_a_polygon_is_cut_into_triangles_of_its_area(radii: list[float], slope: float) -> None:
    angle = 2 * np.pi * np.arange(len(radii)) / len(radii)
    x, y = np.array(radii) * np.cos(angle), np.array(radii) * np.sin(angle)
    points = [(float(a), float(b), float(slope * a)) for a, b in zip(x, y, strict=True)]
    cut = layout.triangulate(points)
    whole = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    flat = np.stack((x, y), axis=1)
    parts = [flat[list(each)] for each in cut]
    areas = [
        abs(float(np.linalg.det(np.stack((part[1] - part[0], part[2] - part[0]))))) / 2 for part in parts
    ]
    assert len(cut) == len(radii) - 2
    assert sum(areas) == pytest.approx(whole, rel=1e-6)


def test_a_scene_is_the_same_after_storing() -> None:
    found, _ = read(*rows(3, tracker=True), obstructions=[SLOPED], maxRotation=50)
    again = load_scene(dump_scene(found))
    assert again.names == found.names
    assert (again.origin, again.max_rotation) == (found.origin, 50)
    for name in ("corners", "is_tracker", "axis_point", "triangles", "terrain", "transverse_diodes"):
        assert np.array_equal(getattr(again, name), getattr(found, name))
    assert dump_scene(again) == dump_scene(found)
    assert load(dump({"a": np.arange(3)}))["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("is_tracker", [False, True])
@pytest.mark.parametrize(("pitch", "width"), [(4.0, 2.0), (10.0, 3.0), (5.0, 4.0)])
def test_gcr_is_width_over_pitch(pitch: float, width: float, is_tracker: bool) -> None:
    tilt = 0.0 if is_tracker else 20.0
    found, _ = read(*rows(4, pitch=pitch, per_row=3, width=width, tilt=tilt, tracker=is_tracker))
    told = gcr_properties(found, density(found))
    assert told == {
        "has_trackers": is_tracker,
        "tables_processed": 12,
        "total_table_area": pytest.approx(12 * 20 * width, abs=0.01),
        "gcr": pytest.approx(width / pitch, abs=1e-5),
        "avg_collector_width": pytest.approx(width, abs=1e-4),
        "axis_tilt": pytest.approx(0, abs=1e-9),
    }


def test_one_row_has_no_gcr() -> None:
    found, _ = read(*rows(1, per_row=4))
    assert gcr_properties(found, density(found)) is None


@pytest.mark.parametrize(
    ("length", "told", "pieces"), [(20.0, None, 9), (20.0, 1, 1), (1.0, None, 1), (500.0, None, 24)]
)
def test_groups_are_counted_in_pieces_of_a_module_unless_told(
    length: float, told: int | None, pieces: int
) -> None:
    found, _ = read(table(0, 0, length=length, stringsPerLength=told))
    assert found.strings_per_length.tolist() == [pieces]
