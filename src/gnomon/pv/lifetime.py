r"""How a plant gives less over the years, and what it gives in all of them.

Three things are kept apart. Light-induced degradation comes in the first weeks and stays: it is a loss of the
block, the same in every year. Ageing takes a little more of every module's power each year. And because
modules age unequally, strings of them lose more than their mean: the weaker ones hold back the others.

A year in a plant's life is the block simulated with its modules' power at that year's factor, so that an
inverter which clips at first hides the ageing until the modules no longer reach its limit.

References
----------
Jordan and Kurtz (2013), Photovoltaic degradation rates: an analytical review, Progress in Photovoltaics 21,
12-29, DOI 10.1002/pip.1182. Bucciarelli (1979), Power loss in photovoltaic arrays due to mismatch in cell
characteristics, Solar Energy 23, 277-288, DOI 10.1016/0038-092X(79)90121-X.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.plant import Module
from gnomon.pv.pvarray import BOLTZMANN_OVER_CHARGE

Law = Literal["linear", "compounding"]
Moment = Literal["start", "middle", "end"]
# Age at a moment of the first year.
_AGE: dict[Moment, float] = {"start": 0.0, "middle": 0.5, "end": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """How modules age.

    Attributes
    ----------
    rate
        Fraction of the power lost per year. The median of the published rates is 0.005 (Jordan and Kurtz).
    law
        ``linear``: of the power at the beginning, which is how the published rates were fitted and what
        warranties promise; ``compounding``: of the power that is left.
    moment
        At which a year is looked at. The middle gives the year's mean, so that the first year loses half a
        rate; this is PVsyst's convention too.
    spread
        Standard deviation between modules of what they lose of their current per year.
    """

    rate: float = 0.005
    law: Law = "linear"
    moment: Moment = "middle"
    spread: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise ValueError(f"rate: {self.rate} per year is no ageing; give a fraction, 0 to 1")
        if not 0 <= self.spread < 1:
            raise ValueError(f"spread: {self.spread} per year is no deviation; give a fraction, 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingYear:
    """One year of a plant's life: ``year`` from 1, what ageing leaves of the modules' power, energy [kWh].

    ``simulated`` tells whether the energy was computed for this year or lies between years that were.
    """

    year: int
    factor: float
    energy: float
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """All years of a plant's life in order, from the first."""

    years: tuple[OperatingYear, ...]

    @property
    def energy(self) -> float:
        """Energy of all years [kWh]."""
        return sum(year.energy for year in self.years)

    @property
    def mean(self) -> float:
        """Mean energy of a year [kWh]."""
        return self.energy / len(self.years)

    @property
    def decline(self) -> float:
        """Fraction of the first year's energy that the last year lacks."""
        first = self.years[0].energy
        return 1.0 - self.years[-1].energy / first if first else 0.0


def age(ageing: Ageing, years: int) -> FloatArray:
    """Return the age at which each of the first years is looked at, shape (years,) [years]."""
    if years < 1:
        raise ValueError(f"years: {years}; give at least one")
    return np.arange(years, dtype=np.float64) + _AGE[ageing.moment]


def factors(ageing: Ageing, years: int) -> FloatArray:
    """Return what is left of the modules' power in each of the first years, shape (years,).

    Linear: ``1 - rate t``; compounding: ``(1 - rate)^t``, with t of `age`. It multiplies the DC power as the
    loss by light-induced degradation does, which it does not contain.
    """
    old = age(ageing, years)
    left: FloatArray = 1.0 - ageing.rate * old if ageing.law == "linear" else (1.0 - ageing.rate) ** old
    if left[-1] <= 0:
        raise ValueError(f"rate: {ageing.rate} per year leaves nothing in year {years}; lower one of them")
    return left


def mismatch(ageing: Ageing, years: int, modules_per_string: int, module: Module) -> FloatArray:
    """Return what unequal ageing takes in each of the first years, a loss of shape (years,).

    ``(C + 2) / 2 (spread t)^2 (1 - 1 / N)`` for N modules in series, with C of `knee`: Bucciarelli (1979), a
    parabola around the maximum power point, for currents that differ by little against their mean. Against
    strings of solved curves it is right within a fifth up to deviations of 5 % of the current.
    """
    deviation = ageing.spread * age(ageing, years)
    loss: FloatArray = 0.5 * (knee(module) + 2.0) * deviation**2 * (1.0 - 1.0 / modules_per_string)
    return np.minimum(loss, 1.0)


def knee(module: Module) -> float:
    """Return Bucciarelli's C, how sharply a curve bends at its maximum power point.

    It is the voltage across the junctions over the diodes' own: ``(v_mp + i_mp r_s) / (gamma N_s k T / q)``.
    The series resistance belongs to it: it flattens the curve to the right of the point and not the fall that
    a weaker module forces on its string.
    """
    thermal = BOLTZMANN_OVER_CHARGE * (module.temp_ref + 273.15)
    across = module.v_mp_ref + module.i_mp_ref * module.r_s
    return across / (module.gamma_ref * module.cells_in_series * thermal)


def lid_of_warranty(first_year: float, rate: float) -> float:
    """Return the light-induced loss of a warranty: so much in the first year, ``rate`` in each one after.

    By the end of the first year the modules have lost the light-induced part and one year's ageing.
    """
    if first_year < rate:
        raise ValueError(f"first_year: {first_year} is below the {rate} of a later year; check the two")
    return first_year - rate


def years_to_simulate(years: int, every: int = 5) -> tuple[int, ...]:
    """Return the first year, every so many after it, and the last: between them the energy hardly bends."""
    return tuple(sorted({*range(1, years + 1, every), years}))


def lifetime(left: FloatArray, energies: Mapping[int, float]) -> Lifetime:
    """Return all years of a life from those that were simulated, in between straight in the factor.

    Parameters
    ----------
    left
        What ageing leaves of the DC power in each year, `factors` times one less `mismatch`; shape (years,).
    energies
        Energy of simulated years by their number from 1; the first and the last must be there. [kWh]
    """
    last = len(left)
    for year in (1, last):
        if year not in energies:
            raise ValueError(f"energies: year {year} is missing; simulate the first and the last year")
    known = np.array(sorted(energies))
    if known[0] < 1 or known[-1] > last:
        raise ValueError(f"energies: years {known[0]} to {known[-1]} are not within 1 to {last}")
    # The interpolation wants rising places; where nothing ages the years themselves will do.
    place = -left if left[-1] < left[0] else np.arange(last, dtype=np.float64)
    filled = np.interp(place, place[known - 1], [energies[int(year)] for year in known])
    return Lifetime(
        years=tuple(
            OperatingYear(
                year=year,
                factor=float(left[year - 1]),
                energy=float(energies.get(year, filled[year - 1])),
                simulated=year in energies,
            )
            for year in range(1, last + 1)
        )
    )
