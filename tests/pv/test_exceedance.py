"""Quantiles against printed tables, sums against a published study, and draws against both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv.exceedance import (
    Uncertainty,
    exceeded,
    interannual_deviation,
    name_of,
    quantile,
    total_deviation,
)

DEVIATIONS = st.dictionaries(st.sampled_from(["sensor", "model", "soiling", "module"]), st.floats(0, 0.2))


@pytest.mark.parametrize(
    ("probability", "printed"),
    [(0.5, 0.0), (0.75, 0.6745), (0.9, 1.2816), (0.95, 1.6449), (0.975, 1.9600), (0.99, 2.3263)],
)
def test_quantiles_are_those_of_printed_tables(probability: float, printed: float) -> None:
    """Percentage points of the normal distribution, as in the NIST/SEMATECH e-Handbook, section 1.3.6.7.1."""
    assert quantile(probability) == pytest.approx(printed, abs=5e-5)


def test_a_published_plant() -> None:
    """Thevenard and Pelland, 10 MW at Toronto: 8.7 % in the first year, 3.9 % of it by the year's weather.

    They found 7.9 % for the mean of its life by Monte Carlo, printed to a tenth.
    """
    all_else = (0.087**2 - 0.039**2) ** 0.5
    toronto = Uncertainty(interannual=0.039, sources={"all else": all_else})
    assert total_deviation(toronto) == pytest.approx(0.087)
    assert total_deviation(toronto, years=20) == pytest.approx(0.079, abs=1.1e-3)


def test_squares_add_up() -> None:
    assert total_deviation(Uncertainty(interannual=0.03, sources={"model": 0.04})) == pytest.approx(0.05)
    assert total_deviation(Uncertainty(interannual=0.06, sources={"model": 0.04}), years=4) == pytest.approx(
        0.05
    )
    assert total_deviation(Uncertainty()) == 0


def test_p90_of_a_hundred_with_five_percent() -> None:
    found = exceeded(100.0, Uncertainty(sources={"all": 0.05}))
    assert found == pytest.approx(
        {"P50": 100, "P75": 96.628, "P90": 93.592, "P95": 91.776, "P99": 88.368}, abs=1e-3
    )


def test_draws_exceed_it_as_often_as_it_says() -> None:
    """The mean of ten years of weather, drawn year by year, under a model that is wrong the same in all."""
    random = np.random.default_rng(3)
    model = random.normal(0.0, 0.05, 200_000)
    weather = random.normal(0.0, 0.06, (10, 200_000)).mean(axis=0)
    drawn = 1000.0 * (1.0 + model + weather)
    doubt = Uncertainty(interannual=0.06, sources={"model": 0.05})
    for name, value in exceeded(1000.0, doubt, years=10).items():
        assert (drawn > value).mean() == pytest.approx(float(name[1:]) / 100, abs=0.004)


@given(p50=st.floats(1, 1e9), interannual=st.floats(0, 0.2), sources=DEVIATIONS, years=st.integers(1, 40))
def test_the_surer_the_less_and_more_years_never_hurt(
    p50: float, interannual: float, sources: dict[str, float], years: int
) -> None:
    doubt = Uncertainty(interannual=interannual, sources=sources)
    one, many = exceeded(p50, doubt), exceeded(p50, doubt, years=years)
    assert list(one.values()) == sorted(one.values(), reverse=True)
    assert one["P50"] == many["P50"] == p50
    assert all(many[name] >= value - 1e-9 * p50 for name, value in one.items())


def test_deviation_of_years_is_the_sample_s() -> None:
    """Sums 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squares of the deviations add up to 32."""
    assert interannual_deviation([2, 4, 4, 4, 5, 5, 7, 9]) == pytest.approx((32 / 7) ** 0.5 / 5)
    assert interannual_deviation([1500.0, 1500.0]) == 0


@pytest.mark.parametrize(("probability", "name"), [(0.9, "P90"), (0.975, "P97.5"), (0.29, "P29")])
def test_names(probability: float, name: str) -> None:
    assert name_of(probability) == name


def test_refuses_what_has_no_answer() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile(1.0)
    with pytest.raises(ValueError, match="at least two"):
        interannual_deviation([1500.0])
    with pytest.raises(ValueError, match="positive mean"):
        interannual_deviation([0.0, 0.0])
    with pytest.raises(ValueError, match="years"):
        total_deviation(Uncertainty(), years=0)
    with pytest.raises(ValueError, match="soiling"):
        Uncertainty(sources={"soiling": 5.0})
    with pytest.raises(ValueError, match="interannual"):
        Uncertainty(interannual=-0.1)
