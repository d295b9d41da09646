"""What is left of a plant in outages, by table, by property and by counting seconds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv.availability import (
    STEP,
    Availability,
    Outage,
    availability_factor,
    interrupt,
    out_of_service,
)
from gnomon.pv.weather import local_months

HOUR = 3600.0


def _rows(count: int, step: float) -> np.ndarray:
    """Middles of rows from a moment of 2026 on."""
    return 1_767_225_600.0 + (np.arange(count) + 0.5) * step


def _outage(start: float, end: float, share: float = 1.0) -> Outage:
    return Outage(start=1_767_225_600.0 + start, end=1_767_225_600.0 + end, share=share)


@pytest.mark.parametrize(
    ("outages", "expected"),
    [
        pytest.param((), [0, 0, 0, 0], id="none"),
        pytest.param((_outage(HOUR, 2 * HOUR),), [0, 1, 0, 0], id="a whole row"),
        pytest.param((_outage(HOUR, 3 * HOUR, 0.25),), [0, 0.25, 0.25, 0], id="a part of the plant"),
        pytest.param((_outage(0.5 * HOUR, 1.25 * HOUR),), [0.5, 0.25, 0, 0], id="parts of rows"),
        pytest.param((_outage(-HOUR, 0.0),), [0, 0, 0, 0], id="before"),
        pytest.param((_outage(-HOUR, 9 * HOUR),), [1, 1, 1, 1], id="around"),
        pytest.param((_outage(0, HOUR, 0.3), _outage(0, 2 * HOUR, 0.4)), [0.7, 0.4, 0, 0], id="two parts"),
        pytest.param((_outage(0, HOUR, 0.7), _outage(0, HOUR, 0.8)), [1, 0, 0, 0], id="no more than all"),
        pytest.param((_outage(600, 1200), _outage(1200, 2400)), [0.5, 0, 0, 0], id="one after the other"),
    ],
)
def test_outages_take_their_share_of_the_row(outages: tuple[Outage, ...], expected: list[float]) -> None:
    assert out_of_service(_rows(4, HOUR), HOUR, outages) == pytest.approx(expected, abs=1e-12)


def test_two_minutes_of_a_row_of_five() -> None:
    off = out_of_service(_rows(3, 300.0), 300.0, (_outage(360, 480, 0.5),))
    assert off == pytest.approx([0, 0.2, 0], abs=1e-9)


PERIODS = st.lists(
    st.tuples(st.integers(-200, 1400), st.integers(1, 900), st.floats(0, 1)), min_size=0, max_size=6
)


@given(PERIODS)
def test_is_the_count_of_seconds(periods: list[tuple[int, int, float]]) -> None:
    """The reference counts second by second what is off, at most all."""
    outages = tuple(_outage(start, start + length, share) for start, length, share in periods)
    seconds = np.zeros(1200)
    for start, length, share in periods:
        seconds[max(start, 0) : max(start + length, 0)] += share
    expected = np.minimum(seconds, 1.0).reshape(4, 300).mean(axis=1)
    assert out_of_service(_rows(4, 300.0), 300.0, outages) == pytest.approx(expected, abs=1e-9)


def test_a_fine_year_takes_what_a_coarse_one_does() -> None:
    outages = tuple(_outage(day * 86400.0 + 17, day * 86400.0 + 40_000, 0.01 * day) for day in range(90))
    fine = out_of_service(_rows(105_120, 300.0), 300.0, outages)
    coarse = out_of_service(_rows(8760, HOUR), HOUR, outages)
    assert fine.reshape(8760, 12).mean(axis=1) == pytest.approx(coarse, abs=1e-9)


def test_the_three_kinds_multiply() -> None:
    time = np.array([1_767_225_600.0 + 1800, 1_767_225_600.0 + 40 * 86400])
    month = local_months(time, 0.0)
    partly = Availability(constant=0.02, monthly=(0.1, 0.05, *(0.0,) * 10), outages=(_outage(0, HOUR, 0.5),))
    factor = availability_factor(time, HOUR, month, partly)
    assert factor == pytest.approx([0.98 * 0.9 * 0.5, 0.98 * 0.95])


@given(constant=st.floats(0, 1), month=st.floats(0, 1), share=st.floats(0, 1))
def test_factor_is_a_share(constant: float, month: float, share: float) -> None:
    some = Availability(constant=constant, monthly=(month,) * 12, outages=(_outage(0, 1800, share),))
    factor = availability_factor(_rows(2, HOUR), HOUR, np.array([0, 0]), some)
    assert ((factor >= 0) & (factor <= 1)).all()
    assert factor[0] <= factor[1]


def test_all_is_there_by_default() -> None:
    assert availability_factor(_rows(2, HOUR), HOUR, np.array([0, 5]), Availability()).tolist() == [1, 1]


def test_what_is_drawn_from_the_grid_is_drawn_still() -> None:
    power, taken = interrupt(np.array([100.0, -3.0, 0.0]), np.array([0.25, 0.0, 0.5]))
    assert power.tolist() == [25, -3, 0]
    assert taken[STEP].tolist() == [75, 0, 0]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"constant": 1.2}, "constant"),
        ({"monthly": (0.1,)}, "twelve"),
        ({"monthly": (-0.1,) * 12}, "monthly"),
    ],
)
def test_refuses_what_is_no_fraction(values: dict[str, float], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Availability(**values)  # type: ignore[arg-type]  # one table for fields of two types


@pytest.mark.parametrize(("start", "end", "share"), [(10, 10, 1.0), (10, 5, 1.0), (0, 10, 1.5)])
def test_refuses_what_is_no_period(start: float, end: float, share: float) -> None:
    with pytest.raises(ValueError, match="outage"):
        Outage(start=start, end=end, share=share)
