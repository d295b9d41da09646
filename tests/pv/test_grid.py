"""A plant's own use and the limit at its meter, each alone and together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv.grid import deliver
from gnomon.pv.plant import Interconnection

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
