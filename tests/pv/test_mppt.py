"""Each limit of the DC side alone, against pvlib's solutions of the same curves."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from generators import current_by_pvlib, generator, voltage_by_pvlib
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from gnomon.pv.mppt import DC_STEPS, Generator
from gnomon.pv.operation import Operation, operate
from gnomon.pv.plant import Inverter, Module

LIGHT = np.array([0.0, 30.0, 200.0, 600.0, 1000.0])
WARM = np.array([5.0, 10.0, 25.0, 45.0, 60.0])
COOL_AIR = np.full(5, 20.0)
WIRES = {"resistance": 0.08, "factor": 0.97}


def _operate(inverter: Inverter, *inputs: Generator, **limits: Any) -> Operation:
    return operate(inputs, replace(inverter, **limits), np.full(len(inputs[0].v_mp), 20.0))


def _only(operation: Operation, step: str) -> None:
    others = [operation.taken[name] for name in DC_STEPS if name != step]
    assert all(not other.any() for other in others)


@pytest.fixture
def array(module: Module) -> Generator:
    return generator(module, LIGHT, WARM, **WIRES)


def test_without_limits_the_array_is_at_its_maximum_behind_its_wires(
    inverter: Inverter, array: Generator
) -> None:
    found = _operate(inverter, array)
    assert found.v_dc == pytest.approx(array.v_mp - 0.08 * array.i_mp)
    assert found.taken["OhmLoss"] == pytest.approx(0.08 * array.i_mp**2)
    assert found.p_dc == pytest.approx(found.v_dc * found.i_dc)
    assert np.array_equal(found.p_dc, found.p_mpp)
    _only(found, "none")
    for row in range(1, 5):
        assert found.i_dc[row] == pytest.approx(current_by_pvlib(array, row, found.v_dc[row]), rel=1e-8)


def test_below_the_window_it_is_held_at_its_end(inverter: Inverter, array: Generator) -> None:
    lowest = 745.0
    free, found = _operate(inverter, array), _operate(inverter, array, v_mppt_min=lowest)
    below = (free.v_dc < lowest) & (free.p_dc > 0)
    assert 2 <= below.sum() < 4
    for row in np.flatnonzero(below):
        current = current_by_pvlib(array, row, lowest)
        assert (found.v_dc[row], found.i_dc[row]) == (lowest, pytest.approx(current, rel=1e-8))
        assert found.taken["IL_Vmin"][row] == pytest.approx(free.p_dc[row] - lowest * current, rel=1e-6)
    assert np.array_equal(found.p_dc[~below], free.p_dc[~below])
    _only(found, "IL_Vmin")


def test_below_the_window_by_its_open_circuit_it_is_off(inverter: Inverter, array: Generator) -> None:
    found = _operate(inverter, array, v_mppt_min=2000.0)
    assert not found.p_dc.any()
    assert not found.p_ac.any()
    assert np.array_equal(found.taken["IL_Vmin"], found.p_mpp)


def test_above_the_window_it_is_held_at_its_end(inverter: Inverter, array: Generator) -> None:
    highest = 700.0
    free, found = _operate(inverter, array), _operate(inverter, array, v_mppt_max=highest)
    above = free.v_dc > highest
    assert above.sum() >= 2
    for row in np.flatnonzero(above):
        current = current_by_pvlib(array, row, highest)
        assert (found.v_dc[row], found.i_dc[row]) == (highest, pytest.approx(current, rel=1e-8))
        assert found.taken["IL_Vmax"][row] == pytest.approx(free.p_dc[row] - highest * current, rel=1e-6)
    assert np.array_equal(found.p_dc[~above], free.p_dc[~above])
    _only(found, "IL_Vmax")


def test_an_open_circuit_above_what_it_bears_keeps_it_off(inverter: Inverter, array: Generator) -> None:
    open_circuit = np.array([voltage_by_pvlib(array, row, 0.0) for row in range(1, 5)])
    limit = float(np.sort(open_circuit)[2]) - 1e-6
    free, found = _operate(inverter, array), _operate(inverter, array, v_dc_max=limit)
    off = np.append(False, open_circuit > limit)
    assert off.sum() == 2
    assert np.array_equal(found.p_dc, np.where(off, 0.0, free.p_dc))
    assert np.array_equal(found.taken["IL_VAbs"], np.where(off, free.p_dc, 0.0))
    _only(found, "IL_VAbs")


@pytest.mark.parametrize("most", [15.0, 60.0, 90.0])
def test_too_much_current_moves_it_up_in_voltage(inverter: Inverter, array: Generator, most: float) -> None:
    free, found = _operate(inverter, array), _operate(inverter, array, i_dc_max=most)
    over = free.i_dc > most
    assert over.any()
    for row in np.flatnonzero(over):
        voltage = voltage_by_pvlib(array, row, most)
        assert voltage > free.v_dc[row]
        assert (found.v_dc[row], found.i_dc[row]) == pytest.approx((voltage, most), rel=1e-8)
        assert found.taken["IL_Imax"][row] == pytest.approx(free.p_dc[row] - voltage * most, rel=1e-6)
    assert np.array_equal(found.p_dc[~over], free.p_dc[~over])
    _only(found, "IL_Imax")


def test_too_much_power_is_cut_at_its_voltage(inverter: Inverter, array: Generator) -> None:
    free, found = _operate(inverter, array), _operate(inverter, array, p_dc_max=40e3)
    assert found.p_dc == pytest.approx(np.minimum(free.p_dc, 40e3), rel=1e-12)
    assert np.array_equal(found.v_dc, free.v_dc)
    assert found.taken["IL_PmaxDC"] == pytest.approx(np.maximum(free.p_dc - 40e3, 0.0))
    _only(found, "IL_PmaxDC")


def test_equal_strings_on_one_tracker_just_add(inverter: Inverter, module: Module) -> None:
    whole = generator(module, LIGHT, WARM, strings=10)
    halves = [generator(module, LIGHT, WARM, strings=5, name=name) for name in "ab"]
    found = _operate(inverter, *halves)
    assert found.p_ac == pytest.approx(_operate(inverter, whole).p_ac, rel=1e-12)
    assert not found.taken["MisParallel"].any()


@pytest.mark.parametrize("series", [12, 18, 19])
def test_unequal_strings_on_one_tracker_meet_at_one_voltage(
    inverter: Inverter, module: Module, series: int
) -> None:
    """The sum of both powers is largest where a search over pvlib's curves finds it."""
    inputs = (
        generator(module, LIGHT, WARM, series=20, strings=6, name="long"),
        generator(module, 0.7 * LIGHT, WARM, series=series, strings=5, name="short", **WIRES),
    )
    found = _operate(inverter, *inputs)
    for row in range(1, 5):

        def loss(v: float, row: int = row) -> float:
            return -v * sum(current_by_pvlib(each, row, v) for each in inputs)

        bounds = sorted(float(each.v_mp[row]) for each in inputs)
        best = minimize_scalar(
            loss, bounds=(0.98 * bounds[0], bounds[1]), method="bounded", options={"xatol": 1e-5}
        )
        assert found.p_dc[row] == pytest.approx(-best.fun, rel=1e-9)
        assert found.v_dc[row] == pytest.approx(best.x, rel=1e-5)
        assert found.taken["MisParallel"][row] == pytest.approx(found.p_mpp[row] + best.fun, abs=0.01)
    assert np.all(found.taken["MisParallel"][1:] > 0)


def test_a_shared_tracker_meets_the_current_limit_as_one(inverter: Inverter, module: Module) -> None:
    inputs = (
        generator(module, LIGHT, WARM, series=20, strings=6, name="long"),
        generator(module, LIGHT, WARM, series=19, strings=5, name="short", **WIRES),
    )
    found = _operate(inverter, *inputs, i_dc_max=50.0)
    for row in np.flatnonzero(found.taken["IL_Imax"]):
        at = [current_by_pvlib(each, row, float(found.v_dc[row])) for each in inputs]
        assert sum(at) == pytest.approx(50.0, rel=1e-8)
    assert found.taken["IL_Imax"].any()


def test_a_dark_input_does_not_stop_its_neighbour(inverter: Inverter, module: Module) -> None:
    lit = generator(module, LIGHT, WARM, strings=6, name="lit")
    shaded = generator(module, LIGHT, WARM, strings=5, name="shaded", factor=0.0)
    found = _operate(inverter, lit, shaded)
    assert found.p_dc == pytest.approx(_operate(inverter, lit).p_dc, rel=1e-6)


@given(
    light=st.lists(st.floats(0, 1300), min_size=1, max_size=8),
    series=st.integers(14, 24),
    lowest=st.none() | st.floats(300, 1000),
    span=st.none() | st.floats(10, 800),
    bears=st.none() | st.floats(700, 1500),
    current=st.none() | st.floats(5, 150),
    power=st.none() | st.floats(1e3, 1e5),
    two=st.booleans(),
)
def test_limits_only_take_and_all_is_booked(
    inverter: Inverter,
    module: Module,
    light: list[float],
    series: int,
    lowest: float | None,
    span: float | None,
    bears: float | None,
    current: float | None,
    power: float | None,
    two: bool,
) -> None:
    sun = np.array(light)
    temp_cell = 10.0 + 0.03 * sun
    first = generator(module, sun, temp_cell, series=series, strings=6, **WIRES)
    second = generator(module, 0.5 * sun, temp_cell, series=18, strings=5, mppt=2 if two else 1)
    highest = None if span is None else (lowest or 400.0) + span
    limits = {
        "v_mppt_min": lowest,
        "v_mppt_max": highest,
        "v_dc_max": bears,
        "i_dc_max": current,
        "p_dc_max": power,
    }
    found = _operate(inverter, first, second, **limits)
    assert found.p_dc + sum(found.taken[name] for name in DC_STEPS) == pytest.approx(
        found.p_mpp, rel=1e-9, abs=1e-9
    )
    assert all(np.all(found.taken[name] >= -1e-9 * found.p_mpp - 1e-9) for name in DC_STEPS)
    assert found.p_dc == pytest.approx(found.v_dc * found.i_dc, rel=1e-9, abs=1e-9)
    assert current is None or np.all(found.i_dc <= current * (1 + 1e-9))
    assert power is None or np.all(found.p_dc <= power * (1 + 1e-9))
    assert np.all(found.p_ac <= found.p_dc + 1e-9)
