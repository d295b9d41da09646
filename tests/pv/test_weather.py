"""Intervals, months, and what a weather record refuses."""

import numpy as np
import pytest

from gnomon.pv.weather import Site, Weather, interval_middle, local_months


@pytest.mark.parametrize(("labelled", "expected"), [("start", 1800), ("middle", 0), ("end", -1800)])
def test_the_middle_of_an_hour(labelled: str, expected: float) -> None:
    assert interval_middle(np.array([0]), 3600.0, labelled)[0] == expected  # type: ignore[arg-type]


def test_months_are_local_and_take_the_middle() -> None:
    last_hour = np.datetime64("2023-01-31T23:30", "s").astype(float)
    assert local_months(np.array([last_hour]), 0.0).tolist() == [0]
    assert local_months(np.array([last_hour]), 1.0).tolist() == [1]
    assert local_months(np.array([-86400.0 * 40]), 0.0).tolist() == [10]


def _weather(**columns: np.ndarray) -> Weather:
    hours = np.arange(2.0) * 3600
    plain = {name: np.zeros(2) for name in ("ghi", "temp_air", "wind_speed")}
    return Weather(time=hours, label=hours.astype(int), step=3600, **{**plain, **columns})


@pytest.mark.parametrize(
    ("column", "complaint"),
    [(np.zeros(3), "ghi: shape"), (np.array([0, np.nan]), "ghi: row 1"), (np.zeros((2, 1)), "ghi: shape")],
)
def test_a_bad_column_is_named(column: np.ndarray, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        _weather(ghi=column)


def test_no_rows_and_no_step_are_refused() -> None:
    none = np.zeros(0)
    with pytest.raises(ValueError, match="no rows"):
        Weather(time=none, label=none.astype(int), step=3600, ghi=none, temp_air=none, wind_speed=none)
    with pytest.raises(ValueError, match="step"):
        Weather(time=none, label=none.astype(int), step=0, ghi=none, temp_air=none, wind_speed=none)


def test_absent_columns_are_no_fault() -> None:
    assert _weather().dhi is None
    assert set(_weather(dni=np.zeros(2)).columns()) == {
        "time",
        "label",
        "ghi",
        "temp_air",
        "wind_speed",
        "dni",
    }


@pytest.mark.parametrize("place", [{"latitude": 91}, {"longitude": 181}, {"utc_offset": 15}])
def test_a_place_off_the_map_is_refused(place: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(place))):
        Site(**{"latitude": 0, "longitude": 0, **place})
