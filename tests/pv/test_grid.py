"""A plant's own use and the limit at its meter, each alone and together."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from gnomon.pv import inverter, transformer
from gnomon.pv.grid import Send, curtail, deliver
from gnomon.pv.plant import AcSystem, EfficiencyCurve, Interconnection, Inverter

POWER = np.array([-5.0, 0.0, 50.0, 200.0, 1000.0])


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (Interconnection(), [-5, 0, 50, 200, 1000]),
        (Interconnection(limit=150), [-5, 0, 50, 150, 150]),
        (Interconnection(continuous_use=10, continuous_threshold=100), [-5, 0, 50, 190, 990]),
        (Interconnection(proportional_use=0.1, proportional_threshold=100), [-5, 0, 50, 180, 900]),
        (Interconnection(proportional_use=0.1, continuous_use=20, limit=800), [-5, 0, 25, 160, 800]),
    ],
)
def test_what_reaches_the_meter(point: Interconnection, expected: list[float]) -> None:
    assert deliver(POWER, point)[0] == pytest.approx(expected)


@given(
    power=st.lists(st.floats(-1e5, 1e7), min_size=1, max_size=20),
    limit=st.none() | st.floats(1, 1e7),
    continuous=st.floats(0, 1e4),
    proportional=st.floats(0, 0.5),
)
def test_nothing_is_lost_unbooked(
    power: list[float], limit: float | None, continuous: float, proportional: float
) -> None:
    point = Interconnection(limit=limit, continuous_use=continuous, proportional_use=proportional)
    p_poi, taken = deliver(np.array(power), point)
    assert p_poi + sum(taken.values()) == pytest.approx(power, rel=1e-12, abs=1e-9)
    assert all(np.all(series >= 0) for series in taken.values())
    assert limit is None or p_poi.max() <= limit


@pytest.mark.parametrize("point", [{"limit": 0.0}, {"proportional_use": 1.0}, {"continuous_use": -1.0}])
def test_what_makes_no_sense_is_refused(point: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(point))):
        Interconnection(**point)


def test_a_limit_for_the_inverters_needs_a_limit() -> None:
    with pytest.raises(ValueError, match="limit_at_inverters"):
        Interconnection(limit_at_inverters=True)


SYSTEM = AcSystem(
    ac_ohmic=0.012, no_load_loss=0.001, load_loss=0.009, mv_ohmic_loss=0.004, mv_transformer_loss=0.006
)
MACHINE = Inverter(
    p_ac_max=1e6,
    curves=(EfficiencyCurve(v_dc=0, p_dc=(1e6,), p_ac=(0.98e6,)),),
    night_loss=80,
    aux_loss=900,
    aux_threshold=2e4,
)


def _send(p_ref: float) -> Send:
    """A block's chain from its inverters to the grid."""

    def send(power: np.ndarray) -> np.ndarray:
        own = inverter.night_use(power, MACHINE) + inverter.auxiliary_use(power, MACHINE)
        return transformer.to_grid(power - own, SYSTEM, p_ref)[0]

    return send


def _loads(rows: int) -> tuple[list[np.ndarray], list[float], list[Send]]:
    capacities = [1e6, 2e6, 0.5e6]
    random = np.random.default_rng(7)
    offers = [capacity * random.uniform(0, 1, rows) for capacity in capacities]
    return offers, capacities, [_send(1.2 * capacity) for capacity in capacities]


@pytest.mark.parametrize("limit", [5e4, 8e5, 1.5e6, 2.4e6])
def test_inverters_hold_the_limit_together(limit: float) -> None:
    """A common cap, found here by brentq, row by row; who is below it is left alone."""
    offers, capacities, send = _loads(40)
    point = Interconnection(limit=limit, continuous_use=3e3, proportional_use=0.004)
    found = curtail(offers, capacities, send, point)
    offered = _meter(offers, send, point)
    arrived = _meter(found, send, point)
    assert np.all(arrived[offered > limit] == pytest.approx(limit, rel=2e-9))
    assert np.all(arrived <= limit)
    for row in range(40):
        here = [float(offer[row]) for offer in offers]
        if offered[row] <= limit:
            assert [float(each[row]) for each in found] == here
            continue

        def excess(u: float, here: list[float] = here) -> float:
            capped = [np.array([min(p, u * most)]) for p, most in zip(here, capacities, strict=True)]
            return float(_meter(capped, send, point)[0]) - limit

        u = brentq(excess, 0.0, 1.0, xtol=1e-14)
        expected = [min(p, u * most) for p, most in zip(here, capacities, strict=True)]
        assert [float(each[row]) for each in found] == pytest.approx(expected, rel=1e-8)


def _meter(
    powers: list[np.ndarray], send: list[Callable[[np.ndarray], np.ndarray]], point: Interconnection
) -> np.ndarray:
    arrived = np.sum([each(power) for each, power in zip(send, powers, strict=True)], axis=0)
    return arrived - point.continuous_use - point.proportional_use * np.maximum(arrived, 0)


def test_without_need_nothing_is_touched() -> None:
    offers, capacities, send = _loads(10)
    for point in (Interconnection(), Interconnection(limit=1e9, limit_at_inverters=True)):
        found = curtail(offers, capacities, send, point)
        assert all(after is before for after, before in zip(found, offers, strict=True))


def test_a_use_that_sets_in_at_once_never_passes_the_limit() -> None:
    """Above 900 W the plant uses 50 itself: 901 W offered arrive as 851, under the limit as they are."""
    point = Interconnection(limit=880.0, continuous_use=50.0, continuous_threshold=900.0)
    (found,) = curtail([np.array([1000.0, 901.0])], [1000.0], [lambda power: power], point)
    delivered = deliver(found, point)[0]
    assert np.all(delivered <= 880.0)
    assert delivered[1] == pytest.approx(851.0)
