"""Efficiency by power and voltage, each limit alone, and the balance of all."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv.inverter import ac_limit, ac_power, auxiliary_use, night_use, part_of
from gnomon.pv.plant import EfficiencyCurve, Inverter

LOW = EfficiencyCurve(v_dc=500, p_dc=(100, 1000, 10000), p_ac=(0, 950, 9700))
HIGH = EfficiencyCurve(v_dc=900, p_dc=(100, 1000, 10000), p_ac=(0, 930, 9600))


def _ac(p_dc: float, v_dc: float, *curves: EfficiencyCurve) -> float:
    return float(ac_power(np.array([p_dc]), np.array([v_dc]), curves)[0])


@pytest.mark.parametrize(
    ("p_dc", "v_dc", "expected"),
    [
        (0, 500, 0),
        (50, 500, 0),
        (100, 500, 0),
        (1000, 500, 950),
        (5500, 500, (950 + 9700) / 2),
        (1000, 300, 950),
        (1000, 900, 930),
        (1000, 1200, 930),
        (1000, 600, 945),
        (20000, 500, 2 * 9700),
    ],
)
def test_interpolates_in_power_then_in_voltage(p_dc: float, v_dc: float, expected: float) -> None:
    assert _ac(p_dc, v_dc, LOW, HIGH) == pytest.approx(expected)


def test_three_curves_meet_at_the_middle_one(inverter: Inverter) -> None:
    p_dc = np.linspace(0, 60000, 50)
    between = [ac_power(p_dc, np.full(50, v_dc), inverter.curves) for v_dc in (849.999, 850.0, 850.001)]
    alone = ac_power(p_dc, np.full(50, 850.0), inverter.curves[1:2])
    for found in between:
        assert found == pytest.approx(alone, abs=0.01)


@given(
    p_dc=st.lists(st.floats(0, 9e4), min_size=1, max_size=20),
    v_dc=st.floats(300, 1300),
    which=st.sampled_from([(0,), (0, 2), (0, 1, 2)]),
)
def test_is_a_straight_line_in_power_and_in_voltage(
    inverter: Inverter, p_dc: list[float], v_dc: float, which: tuple[int, ...]
) -> None:
    """As NumPy's own interpolation says, one curve and one direction after the other."""
    curves = tuple(inverter.curves[i] for i in which)
    found = ac_power(np.array(p_dc), np.full(len(p_dc), v_dc), curves)
    for each, power in zip(p_dc, found, strict=True):
        at = [
            np.interp(min(each, curve.p_dc[-1]), (0, *curve.p_dc), (0, *curve.p_ac))
            * max(each / curve.p_dc[-1], 1)
            for curve in curves
        ]
        assert power == pytest.approx(np.interp(v_dc, [curve.v_dc for curve in curves], at), abs=1e-6)


def test_use_at_night_and_by_day(inverter: Inverter) -> None:
    p_ac = np.array([0.0, 10.0, 5000.0])
    assert night_use(p_ac, inverter).tolist() == [4, 0, 0]
    assert auxiliary_use(p_ac, inverter).tolist() == [0, 0, 50]


@pytest.mark.parametrize(
    ("points", "complaint"),
    [
        (((), ()), "at least one"),
        (((1, 2), (1,)), "as many"),
        (((2, 1), (1, 1)), "increase"),
        (((1000,), (1.2e6,)), "units"),
    ],
)
def test_a_bad_curve_is_refused(points: tuple[tuple[float, ...], tuple[float, ...]], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        EfficiencyCurve(v_dc=600, p_dc=points[0], p_ac=points[1])


def test_curves_out_of_order_are_refused(inverter: Inverter) -> None:
    with pytest.raises(ValueError, match="v_dc must increase"):
        replace(inverter, curves=(HIGH, LOW))


@pytest.mark.parametrize(
    ("temp_air", "limit"),
    [(-10, 60e3), (40, 60e3), (45, 57.5e3), (50, 55e3), (55, 37.5e3), (60, 20e3), (80, 20e3)],
)
def test_warm_air_lowers_the_limit_on_straight_lines(
    inverter: Inverter, temp_air: float, limit: float
) -> None:
    warm = replace(inverter, derating=((40, 62e3), (40, 60e3), (50, 55e3), (60, 20e3)))
    assert ac_limit(np.array([temp_air]), warm)[0] == pytest.approx(limit, rel=1e-12)
    assert ac_limit(np.array([temp_air]), inverter)[0] == 60e3


def test_temperatures_of_a_derating_must_not_fall(inverter: Inverter) -> None:
    with pytest.raises(ValueError, match="derating: the temperatures must not fall"):
        replace(inverter, derating=((50, 1e3), (40, 2e3)))


@given(part=st.floats(0.01, 1.0), load=st.floats(0, 1.5), v_dc=st.floats(400, 1200))
def test_a_part_of_an_inverter_does_a_part_of_its_work(
    inverter: Inverter, part: float, load: float, v_dc: float
) -> None:
    whole = replace(inverter, i_dc_max=70.0, p_dc_max=55e3, derating=((40, 60e3), (60, 10e3)))
    smaller = part_of(whole, part)
    p_dc, voltage = np.array([load * 60e3]), np.array([v_dc])
    assert ac_power(part * p_dc, voltage, smaller.curves) == pytest.approx(
        part * ac_power(p_dc, voltage, whole.curves), rel=1e-9, abs=1e-6
    )
    for name in (
        "p_ac_max",
        "p_dc_threshold",
        "i_dc_max",
        "p_dc_max",
        "night_loss",
        "aux_loss",
        "aux_threshold",
    ):
        assert getattr(smaller, name) == pytest.approx(part * getattr(whole, name))
    air = np.array([20.0, 50.0, 70.0])
    assert ac_limit(air, smaller) == pytest.approx(part * ac_limit(air, whole))
    assert (smaller.mppt_count, smaller.v_mppt_min) == (whole.mppt_count, whole.v_mppt_min)


def test_the_whole_of_an_inverter_is_itself(inverter: Inverter) -> None:
    assert part_of(inverter, 1.0) is inverter
