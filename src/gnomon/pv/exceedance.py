r"""How sure an energy yield is: what it exceeds with a stated probability.

The yield is taken as normally distributed around its best estimate, the P50. Every cause of doubt states a
relative standard deviation, and because they are independent their squares add up. The weather of single
years averages out over several of them; what is wrong with the sensor or the model does not.

References
----------
Thevenard and Pelland (2013), Estimating the uncertainty in long-term photovoltaic yield predictions, Solar
Energy 91, 432-445, DOI 10.1016/j.solener.2011.05.006.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

PROBABILITIES = (0.5, 0.75, 0.9, 0.95, 0.99)
"""Of P50, P75, P90, P95 and P99."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Relative standard deviations of a yearly energy, by their causes.

    Attributes
    ----------
    interannual
        From one year's weather to another's.
    sources
        All else, by names of the user's own: measurement, transposition, model, soiling, availability ...
        They stay the same over the years and must be independent of each other.
    """

    interannual: float = 0.0
    sources: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, deviation in (("interannual", self.interannual), *self.sources.items()):
            if not 0 <= deviation < 1:
                raise ValueError(f"{name}: {deviation} is no relative standard deviation; give 0 to 1")


def total_deviation(uncertainty: Uncertainty, years: int = 1) -> float:
    """Return the relative standard deviation of the mean over so many years.

    ``sqrt(interannual^2 / years + sum of sources^2)``; years of weather are independent of each other.
    """
    if years < 1:
        raise ValueError(f"years: {years}; give at least one")
    of_years = uncertainty.interannual / np.sqrt(years)
    return float(np.sqrt(of_years**2 + sum(source**2 for source in uncertainty.sources.values())))


def exceeded(
    p50: float,
    uncertainty: Uncertainty,
    *,
    years: int = 1,
    probabilities: Sequence[float] = PROBABILITIES,
) -> dict[str, float]:
    """Return what the yearly mean over so many years exceeds with each probability: "P90" and its energy.

    ``P50 (1 - z s)`` with z the normal quantile of the probability and s of `total_deviation`; in the unit of
    ``p50``.
    """
    deviation = total_deviation(uncertainty, years)
    return {name_of(p): p50 * (1.0 - quantile(p) * deviation) for p in probabilities}


def quantile(probability: float) -> float:
    """Return how many standard deviations below the mean lies what is exceeded with a probability."""
    if not 0 < probability < 1:
        raise ValueError(f"probability: {probability} is never or always exceeded; give one between 0 and 1")
    return NormalDist().inv_cdf(probability)


def name_of(probability: float) -> str:
    """Return the name of a probability of exceedance: P90 of 0.9, P97.5 of 0.975."""
    return f"P{round(100.0 * probability, 6):g}"


def interannual_deviation(yearly: Sequence[float]) -> float:
    """Return the relative standard deviation of yearly sums, of irradiation or energy, from a sample.

    ``sqrt(sum (x - mean)^2 / (n - 1)) / mean``.
    """
    if len(yearly) < 2:
        raise ValueError(f"yearly: {len(yearly)} sum of a year shows no variation; give at least two")
    sums = np.asarray(yearly, dtype=np.float64)
    if not sums.mean() > 0:
        raise ValueError("yearly: the sums have no positive mean; give irradiation or energy of each year")
    return float(sums.std(ddof=1) / sums.mean())
