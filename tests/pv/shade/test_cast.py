"""Shadows on tables against rays, against hand-drawn shadows, and what must not change them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import NOTHING, chosen, moved, sun_of, table, tables_of, traced, turned

from gnomon.pv.shade import Obstructions, Shares, Tables, Tracking, cast, sky_views, table_rows

ZENITH, AZIMUTH = st.floats(0, 85), st.floats(0, 360)
SEED = st.integers(0, 2**32 - 1)


def _one(tables: Tables, obstructions: Obstructions, zenith: float, azimuth: float, **how: Any) -> Shares:
    return cast(tables, obstructions, Tracking(**how), np.array([zenith]), np.array([azimuth]))


def _scattered(seed: int, count: int = 6) -> tuple[Tables, Obstructions]:
    draw = np.random.default_rng(seed)
    corners = [
        table(
            draw.uniform([-4, -4, 0.5], [4, 4, 2.5]).tolist(),
            length=draw.uniform(1.0, 6.0),
            width=draw.uniform(0.5, 2.5),
            tilt=draw.uniform(0, 80),
            azimuth=draw.uniform(0, 360),
        )
        for _ in range(count)
    ]
    triangles = draw.uniform([-5, -5, 0], [5, 5, 4], size=(3, 3, 3))
    return tables_of(corners, groups=3, strings=2), Obstructions(triangles=triangles)


@given(seed=SEED, zenith=ZENITH, azimuth=AZIMUTH)
@settings(max_examples=60, deadline=None)
def test_any_scene_is_that_of_rays(seed: int, zenith: float, azimuth: float) -> None:
    """Tables that pierce each other and slanted triangles; a grid of 40 by 40 rays is off by its edges' cells."""
    tables, obstructions = _scattered(seed)
    found = _one(tables, obstructions, zenith, azimuth)
    share, fate = traced(tables.corners, obstructions.triangles, sun_of(zenith, azimuth))
    lit = found.incidence[0] > 0.01
    assert np.abs(found.direct[0] - share)[lit].max(initial=0.0) < 0.02
    # A group that a ray finds in shade is touched; a ray may miss a sliver of shade.
    touched = fate.reshape(-1, 2, 20, 40)
    groups = [touched[..., cut].any(axis=(2, 3)) for cut in (slice(0, 13), slice(14, 26), slice(27, 40))]
    assert (found.diodes[0] >= np.mean(groups, axis=(0, 2)) - 1e-9)[lit].all()
    assert (found.diodes[0] >= found.direct[0] - 5e-3)[lit].all()


@given(seed=SEED, zenith=ZENITH, azimuth=AZIMUTH, turn=st.floats(0, 360), far=st.floats(-1e4, 1e4))
@settings(max_examples=25, deadline=None)
def test_turning_or_moving_all_of_it_changes_nothing(
    seed: int, zenith: float, azimuth: float, turn: float, far: float
) -> None:
    tables, obstructions = _scattered(seed)
    shift = [far, 0.3 * far, 0.01 * far]
    other = moved(tables, turn, shift)
    walls = Obstructions(triangles=turned(obstructions.triangles, turn) + shift)
    one, two = _one(tables, obstructions, zenith, azimuth), _one(other, walls, zenith, azimuth + turn)
    lit = one.incidence[0] > 1e-3
    assert one.direct[0][lit] == pytest.approx(two.direct[0][lit], abs=1e-6)
    assert one.incidence[0] == pytest.approx(two.incidence[0], abs=1e-9)


@given(seed=SEED, zenith=ZENITH, azimuth=AZIMUTH)
@settings(max_examples=25, deadline=None)
def test_the_order_of_tables_changes_nothing(seed: int, zenith: float, azimuth: float) -> None:
    tables, obstructions = _scattered(seed)
    order = np.random.default_rng(seed).permutation(len(tables))
    one = _one(tables, obstructions, zenith, azimuth)
    two = _one(chosen(tables, order), obstructions, zenith, azimuth)
    assert two.direct[0] == pytest.approx(one.direct[0][order], abs=1e-12)
    assert two.diodes[0].tolist() == one.diodes[0][order].tolist()


@given(seed=SEED, zenith=ZENITH, azimuth=AZIMUTH)
@settings(max_examples=40, deadline=None)
def test_more_obstructions_never_take_less(seed: int, zenith: float, azimuth: float) -> None:
    """But for the middle rule where shadows cross aslant: under 0.005."""
    tables, obstructions = _scattered(seed)
    more = np.random.default_rng(seed + 1).uniform([-5, -5, 0], [5, 5, 4], size=(2, 3, 3))
    both = Obstructions(triangles=np.concatenate((obstructions.triangles, more)))
    less, now = _one(tables, obstructions, zenith, azimuth), _one(tables, both, zenith, azimuth)
    assert (now.direct >= less.direct - 5e-3).all()
    assert (now.diodes >= less.diodes).all()


def _wall(x: float, y: float, wide: float, high: float) -> Obstructions:
    """A wall from x - wide / 2 to x + wide / 2 that stands at y, square to north and south."""
    low, top = x - wide / 2.0, x + wide / 2.0
    corners = np.array([[low, y, 0], [top, y, 0], [top, y, high], [low, y, high]], dtype=float)
    return Obstructions(triangles=corners[[[0, 1, 2], [0, 2, 3]]])


FLAT = tables_of([table((0, 0, 0), 10, 2)], groups=4, strings=5)


@pytest.mark.parametrize(
    ("wall", "zenith", "azimuth", "direct", "diodes"),
    [
        # The sun in the south at 45 degrees: the wall 2 m before the edge throws 3 m: 1 of 2 m over all the length.
        (_wall(0, -3, 10, 3), 45.0, 180.0, 0.5, 0.5),
        # A wall of 4 m covers 4 of 10 m: 2 m of the middle string's, 1 m on each side of it.
        (_wall(0, -3, 4, 3), 45.0, 180.0, 0.2, 0.3),
        # As deep as the table is wide, and deeper.
        (_wall(0, -3, 10, 4), 45.0, 180.0, 1.0, 1.0),
        (_wall(0, -3, 10, 9), 45.0, 180.0, 1.0, 1.0),
        # From the south-west the shadow of the wall runs to the north-east, aslant to the table.
        (_wall(-2.5, -3, 5, 3), float(np.degrees(np.arctan(np.sqrt(2)))), 225.0, 0.25, 0.3),
        # The sun behind the wall's other side, a wall too low, and one beside the table.
        (_wall(0, -3, 10, 3), 45.0, 0.0, 0.0, 0.0),
        (_wall(0, -3, 10, 1.9), 45.0, 180.0, 0.0, 0.0),
        (_wall(12, -3, 4, 3), 45.0, 180.0, 0.0, 0.0),
        # A wall that stands on the table shades what lies behind it.
        (_wall(0, 0, 10, 0.5), 45.0, 180.0, 0.25, 0.25),
    ],
)
def test_a_wall_s_shadow_is_that_drawn_by_hand(
    wall: Obstructions, zenith: float, azimuth: float, direct: float, diodes: float
) -> None:
    found = _one(FLAT, wall, zenith, azimuth)
    assert found.direct[0, 0] == pytest.approx(direct, abs=1e-9)
    assert found.diodes[0, 0] == pytest.approx(diodes, abs=1e-9)


def test_a_triangle_s_shadow_has_its_area() -> None:
    """Straight from above it is the triangle itself, also where the table cuts it off."""
    triangle = np.array([[[-1, -0.5, 2], [1, -0.5, 2], [0, 0.5, 3]]])
    assert _one(FLAT, Obstructions(triangles=triangle), 0, 0).direct[0, 0] == pytest.approx(1 / 20, abs=1e-12)
    aside = triangle + np.array([5.0, 0.0, 0.0])
    assert _one(FLAT, Obstructions(triangles=aside), 0, 0).direct[0, 0] == pytest.approx(0.5 / 20, abs=1e-12)
    edge = triangle + np.array([0.0, 1.0, 0.0])
    # Half of its height is left, and with it three quarters of its area.
    assert _one(FLAT, Obstructions(triangles=edge), 0, 0).direct[0, 0] == pytest.approx(0.75 / 20, abs=1e-12)


def test_a_triangle_that_pierces_the_plane_shades_with_what_stands_before_it() -> None:
    """Half a metre of it is above the table; the sun in the south at 45 degrees."""
    triangle = np.array([[[-1, 0, -0.5], [1, 0, -0.5], [0, 0, 0.5]]])
    found = _one(FLAT, Obstructions(triangles=triangle), 45, 180)
    assert found.direct[0, 0] == pytest.approx(0.5 * 1.0 * 0.5 / 20, abs=1e-9)


def test_shadows_that_lie_on_each_other_count_once() -> None:
    walls = np.concatenate([_wall(0, y, 10, 3 + (y + 3)).triangles for y in (-3.0, -3.1, -3.2)])
    assert _one(FLAT, Obstructions(triangles=walls), 45, 180).direct[0, 0] == pytest.approx(0.5, abs=0.051)
    twice = np.concatenate((_wall(0, -3, 10, 3).triangles, _wall(0, -3, 10, 3).triangles))
    assert _one(FLAT, Obstructions(triangles=twice), 45, 180).direct[0, 0] == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("zenith", [10.0, 60.0, 84.0, 89.0])
@pytest.mark.parametrize("azimuth", [90.0, 135.0, 180.0, 200.0])
def test_neighbours_in_one_plane_do_not_shade_each_other(zenith: float, azimuth: float) -> None:
    """End to end, edge on edge, and two millimetres out of line."""
    plane = table((0, 0, 1), 6, 2, tilt=30)
    along, across = plane[1] - plane[0], plane[3] - plane[0]
    corners = [plane, plane + along, plane + across, plane - along + across, plane - across + [0, 0, 0.001]]
    found = _one(tables_of(corners, groups=3), NOTHING, zenith, azimuth)
    assert (found.direct == np.where(found.incidence > 0, 0.0, 1.0)).all()
    assert (found.diodes == found.direct).all()


def test_a_table_does_not_shade_itself_and_its_back_shades() -> None:
    lone = tables_of([table((0, 0, 1), 4, 2, tilt=60, azimuth=90)])
    zenith, azimuth = np.meshgrid(np.arange(1.0, 90, 8), np.arange(0.0, 360, 15))
    found = cast(lone, NOTHING, None, zenith.ravel(), azimuth.ravel())
    assert set(found.direct[found.incidence > 0].tolist()) == {0.0}
    # From the west the first one's back stands before a level one east of it.
    two = tables_of([table((0, 0, 1), 4, 2, tilt=60, azimuth=90), table((1.0, 0, 0), 4, 0.5, azimuth=90)])
    assert _one(two, NOTHING, 60, 270).direct[0].tolist() == [1.0, 1.0]


def test_a_dark_front_has_lost_all() -> None:
    """The sun behind the plane, in it, on the horizon and under it."""
    steep = tables_of([table((0, 0, 1), 4, 2, tilt=60)], groups=3)
    zenith, azimuth = np.array([60.0, 30.0, 90.0, 100.0, 30.0]), np.array([0.0, 0.0, 180.0, 180.0, 180.0])
    found = cast(steep, NOTHING, None, zenith, azimuth)
    assert found.direct[:, 0].tolist() == [1, 1, 1, 1, 0]
    assert found.diodes[:, 0].tolist() == [1, 1, 1, 1, 0]
    assert found.incidence[:, 0] == pytest.approx([0, 0, 0, 0, np.cos(np.radians(30.0))])


def test_an_upright_table_has_the_front_that_its_corners_run_around() -> None:
    south = np.array([[0, 0, 0], [2, 0, 0], [2, 0, 1], [0, 0, 1]], dtype=float)
    both = tables_of([south, south[::-1] - np.array([0, 3.0, 0])])
    assert _one(both, NOTHING, 60, 180).direct[0].tolist() == [0.0, 1.0]
    assert _one(both, NOTHING, 60, 0).direct[0].tolist() == [1.0, 0.0]


def test_corners_may_run_either_way_round_a_table_that_leans() -> None:
    corners = table((0, 0, 1), 4, 2, tilt=30)
    both = tables_of([corners, corners[::-1] + np.array([9.0, 0, 0])])
    assert _one(both, NOTHING, 20, 180).direct[0].tolist() == [0.0, 0.0]


def test_a_table_without_area_gets_no_light_and_throws_no_shadow() -> None:
    flat = table((0, 0, 0), 10, 2)
    line = np.tile([0.0, 0.0, 1.0], (4, 1))
    edge = line + np.array([[-1, 0, 0], [1, 0, 0], [1, 0, 0], [-1, 0, 0]])
    found = _one(tables_of([flat, line, edge]), NOTHING, 20, 180)
    assert found.direct[0].tolist() == [0, 1, 1]


def test_no_tables_and_no_positions() -> None:
    none = tables_of(np.empty((0, 4, 3)))
    assert _one(none, NOTHING, 20, 180).direct.shape == (1, 0)
    assert cast(FLAT, NOTHING, None, np.empty(0), np.empty(0)).direct.shape == (0, 1)


def test_progress_is_told_after_each_position() -> None:
    told: list[int] = []
    cast(FLAT, NOTHING, None, np.full(3, 10.0), np.zeros(3), progress=told.append)
    assert told == [1, 2, 3]


def test_progress_of_views_is_told_after_each_direction() -> None:
    """So that who waits can stop them: one state of a large field takes half a minute."""
    told: list[float] = []
    turning = table_rows(0, 270, 0.4, rows=2, length=10, is_tracker=True)
    sky_views(turning, NOTHING, (-30.0, 30.0), directions=50, progress=told.append)
    assert len(told) == 2 * 50
    assert told == pytest.approx(np.arange(1, 101) / 100)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"corners": np.full((1, 4, 3), np.nan)}, r"corners: \[0, 0, 0\] is no finite"),
        ({"corners": np.zeros((1, 3, 3))}, r"corners: shape \(1, 3, 3\); give \(1, 4, 3\)"),
        ({"transverse_diodes": [0]}, "transverse_diodes: 0 in a table; give at least 1"),
        ({"is_tracker": [True, True]}, "is_tracker: shape"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], complaint: str) -> None:
    given = {
        "corners": np.zeros((1, 4, 3)),
        "is_tracker": [False],
        "axis_point": np.zeros((1, 3)),
        "axis_vector": np.zeros((1, 3)),
        "transverse_diodes": [1],
        "strings_per_length": [1],
    }
    with pytest.raises(ValueError, match=complaint):
        Tables(**(given | change))  # type: ignore[arg-type]  # what is wrong is the point
