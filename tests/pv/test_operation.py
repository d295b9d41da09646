"""One inverter and its trackers: how they share its limits, and what the air's warmth takes."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from generators import generator
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv.inverter import ac_power, part_of
from gnomon.pv.mppt import Generator
from gnomon.pv.operation import Operation, operate
from gnomon.pv.plant import Inverter, Module, PowerSharing
from gnomon.pv.pvarray import Diode

LIGHT = np.array([0.0, 3.0, 30.0, 200.0, 600.0, 1000.0, 1150.0])
WARM = np.array([5.0, 5.0, 10.0, 25.0, 45.0, 60.0, 30.0])
AIR = np.full(7, 20.0)
AC_STEPS = ["IL_Pmin", "IL_Oper", "IL_Pmax", "IL_Temp"]


def _inputs(module: Module, *strings: int, **more: Any) -> list[Generator]:
    return [
        generator(module, LIGHT, WARM, strings=count, mppt=i, name=f"input {i}", **more)
        for i, count in enumerate(strings, start=1)
    ]


def _converted(inverter: Inverter, p_dc: float, v_dc: float = 850.0) -> tuple[float, dict[str, float]]:
    """What one tracker at a given voltage makes of a given power, and what each step took."""
    dark = Diode(i_l=np.zeros(1), i_o=np.ones(1), r_s=0.0, r_sh=np.ones(1), a=np.ones(1))
    source = Generator(
        diode=dark,
        modules_per_string=1,
        strings=1,
        v_mp=np.array([v_dc]),
        i_mp=np.array([p_dc / v_dc]),
    )
    found = operate([source], inverter, np.array([20.0]))
    return float(found.p_ac[0]), {name: float(loss[0]) for name, loss in found.taken.items()}


def test_below_the_threshold_it_stands_still(inverter: Inverter) -> None:
    p_ac, taken = _converted(inverter, 299.0)
    assert p_ac == 0
    assert taken["IL_Pmin"] == sum(taken.values()) == pytest.approx(299)


def test_above_its_power_it_clips(inverter: Inverter) -> None:
    p_ac, taken = _converted(inverter, 80000.0)
    assert p_ac == inverter.p_ac_max
    assert taken["IL_Pmax"] > 15000
    assert taken["IL_Oper"] > 0


def test_a_cap_of_the_input_comes_before_the_efficiency(inverter: Inverter) -> None:
    p_ac, taken = _converted(replace(inverter, p_dc_max=40000.0), 50000.0)
    assert taken["IL_PmaxDC"] == pytest.approx(10000)
    assert p_ac == pytest.approx(_converted(inverter, 40000.0)[0])


@given(p_dc=st.floats(0, 2e5), v_dc=st.floats(100, 1500))
def test_energy_is_never_created_nor_lost_unbooked(inverter: Inverter, p_dc: float, v_dc: float) -> None:
    p_ac, taken = _converted(inverter, p_dc, v_dc)
    assert 0 <= p_ac <= min(p_dc * (1 + 1e-12), inverter.p_ac_max)
    assert all(loss >= 0 for loss in taken.values())
    assert p_ac + sum(taken.values()) == pytest.approx(p_dc, rel=1e-12)


@given(low=st.floats(0, 1e5), more=st.floats(0, 1e4), v_dc=st.floats(400, 1200))
def test_more_light_never_gives_less(inverter: Inverter, low: float, more: float, v_dc: float) -> None:
    assert _converted(inverter, low + more, v_dc)[0] >= _converted(inverter, low, v_dc)[0] - 1e-9


def test_equal_trackers_are_one(inverter: Inverter, module: Module) -> None:
    """Half the strings on each of two trackers: every limit is halved, and so is what meets it."""
    limited = replace(inverter, i_dc_max=80.0, p_dc_max=58e3)
    two = operate(_inputs(module, 6, 6), limited, AIR)
    one = operate(_inputs(module, 12), limited, AIR)
    assert two.p_ac == pytest.approx(one.p_ac, rel=1e-12)
    for name in one.taken:
        assert two.taken[name] == pytest.approx(one.taken[name], rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("policy", "weights", "parts"),
    [
        ("independent_equal", (5, 1), (0.5, 0.5)),
        ("string_count_weighted", (5, 1), (0.75, 0.25)),
        ("manual_weighted", (3, 2), (0.6, 0.4)),
        ("manual_weighted", (1, 0), (1.0, 0.0)),
    ],
)
def test_each_tracker_keeps_to_its_part(
    inverter: Inverter,
    module: Module,
    policy: PowerSharing,
    weights: tuple[float, ...],
    parts: tuple[float, ...],
) -> None:
    """A part that one leaves unused is not the other's."""
    alone = _inputs(module, 9, 3)
    inputs = [replace(each, weight=weight) for each, weight in zip(alone, weights, strict=True)]
    free = [each.v_mp * each.i_mp for each in inputs]
    found = operate(inputs, replace(inverter, p_dc_max=40e3), AIR, policy)
    expected = sum(np.minimum(power, part * 40e3) for power, part in zip(free, parts, strict=True))
    assert found.p_dc == pytest.approx(expected, rel=1e-12)
    clipped = operate(inputs, replace(inverter, p_ac_max=40e3), AIR, policy)
    voltage = sum(free) / np.maximum(sum(each.i_mp for each in inputs), 1e-12)
    started = np.where(sum(free) >= inverter.p_dc_threshold, sum(free), 0.0)
    ratio = ac_power(started, voltage, inverter.curves) / np.maximum(started, 1e-12)
    expected = sum(np.minimum(power * ratio, part * 40e3) for power, part in zip(free, parts, strict=True))
    assert clipped.p_ac == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_trackers_share_the_current_limit(inverter: Inverter, module: Module) -> None:
    inputs = _inputs(module, 9, 3)
    found = operate(inputs, replace(inverter, i_dc_max=60.0), AIR)
    assert found.i_dc == pytest.approx(np.minimum(inputs[0].i_mp, 30.0) + np.minimum(inputs[1].i_mp, 30.0))


def test_inputs_without_weight_are_refused(inverter: Inverter, module: Module) -> None:
    inputs = [replace(each, weight=0.0) for each in _inputs(module, 5, 5)]
    with pytest.raises(ValueError, match="weight: the inputs of an inverter have none"):
        operate(inputs, inverter, AIR, "manual_weighted")


def _bits(found: Operation) -> bytes:
    series = (found.p_mpp, found.p_dc, found.v_dc, found.i_dc, found.p_ac, *found.taken.values())
    return b"".join(each.tobytes() for each in series)


def test_the_order_of_the_inputs_does_not_matter_to_the_last_bit(inverter: Inverter, module: Module) -> None:
    limited = replace(inverter, i_dc_max=55.0, v_mppt_min=600.0, p_dc_max=45e3)
    inputs = [
        generator(module, LIGHT, WARM, strings=4, series=20, mppt=1, name="a"),
        generator(module, 0.6 * LIGHT, WARM, strings=3, series=18, mppt=1, name="b", resistance=0.1),
        generator(module, 0.3 * LIGHT, WARM, strings=2, series=19, mppt=2, name="a"),
        generator(module, 0.9 * LIGHT, WARM, strings=2, series=17, mppt=3, name="a"),
    ]
    ways = {_bits(operate(order, limited, AIR)) for order in itertools.permutations(inputs)}
    assert len(ways) == 1


def test_warm_air_takes_what_the_cool_machine_could_give(inverter: Inverter, module: Module) -> None:
    warm = replace(inverter, derating=((30, 60e3), (50, 50e3), (60, 10e3)))
    inputs = _inputs(module, 11)
    cool = operate(inputs, warm, AIR)
    hot = operate(inputs, warm, np.full(7, 55.0))
    assert hot.p_ac == pytest.approx(np.minimum(cool.p_ac, 30e3))
    assert hot.taken["IL_Temp"] == pytest.approx(np.maximum(cool.p_ac - 30e3, 0.0))
    assert np.array_equal(hot.taken["IL_Pmax"], cool.taken["IL_Pmax"])
    assert not cool.taken["IL_Temp"].any()


def test_a_part_of_the_machine_meets_a_part_of_the_limits(inverter: Inverter, module: Module) -> None:
    limited = replace(inverter, i_dc_max=60.0, derating=((10, 60e3), (30, 40e3)))
    whole = operate(_inputs(module, 10), limited, AIR)
    half = operate(_inputs(module, 5), part_of(limited, 0.5), AIR)
    assert 2 * half.p_ac == pytest.approx(whole.p_ac, rel=1e-9)
    for name in whole.taken:
        assert 2 * half.taken[name] == pytest.approx(whole.taken[name], rel=1e-9, abs=1e-6)


@given(
    strings=st.lists(st.integers(1, 8), min_size=1, max_size=3),
    threshold=st.floats(0, 5e3),
    temp_air=st.floats(-20, 70),
    policy=st.sampled_from(["independent_equal", "string_count_weighted", "manual_weighted"]),
)
def test_all_between_the_inputs_and_the_output_is_booked(
    inverter: Inverter,
    module: Module,
    strings: list[int],
    threshold: float,
    temp_air: float,
    policy: PowerSharing,
) -> None:
    machine = replace(inverter, p_dc_threshold=threshold, derating=((40, 60e3), (60, 10e3)))
    inputs = _inputs(module, *strings, resistance=0.05)
    found = operate(inputs, machine, np.full(7, temp_air), policy)
    before = sum(each.v_mp * each.i_mp for each in inputs)
    assert found.p_ac + sum(found.taken.values()) == pytest.approx(before, rel=1e-9, abs=1e-6)
    assert found.p_mpp + found.taken["OhmLoss"] == pytest.approx(before, rel=1e-12)
    assert all(np.all(found.taken[name] >= -1e-9) for name in AC_STEPS)
    assert np.all(found.p_ac <= 60e3 * (1 + 1e-12))
