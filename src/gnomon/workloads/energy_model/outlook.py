"""What follows from a year: the years after it, and how sure its energy is. Asked for in `plant` and `settings`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.pv.exceedance import Uncertainty, exceeded, interannual_deviation, total_deviation
from gnomon.pv.lifetime import Ageing, factors, lifetime, years_to_simulate
from gnomon.pv.plant import Block
from gnomon.workloads.energy_model.options import Degradation

INTERANNUAL = "interannual"
# How a plant's mean over so many years is looked at.
_HORIZONS = (1, 10)
_LEAST_OF_A_YEAR = 0.98  # share of its hours that a year of weather must have to be compared with others
_HOURS, _MEAN_YEAR = 8760, 8766


def years_covered(rows: int, step: float) -> int:
    """Return how many whole years so many rows of a step [s] are, 0 when they end within one."""
    years = rows * step / 3600.0 / _MEAN_YEAR
    whole = round(years)
    return whole if whole and _LEAST_OF_A_YEAR <= years / whole <= 2.0 - _LEAST_OF_A_YEAR else 0


def ageing(degradation: Degradation | None) -> dict[str, float]:
    """Return the share of the modules' power that is gone in each operating year that is simulated, from "1"."""
    if degradation is None:
        return {}
    left = _left(degradation)
    return {str(year): float(1.0 - left[year - 1]) for year in years_to_simulate(degradation.years)}


def aged(block: Block, gone: Mapping[str, float]) -> dict[str, Block]:
    """Return the block as it is in each of the years of `ageing`."""
    return {year: replace(block, losses=replace(block.losses, ageing=loss)) for year, loss in gone.items()}


def _left(degradation: Degradation) -> FloatArray:
    return factors(Ageing(rate=degradation.rate_per_year, law=degradation.law), degradation.years)


def life(degradation: Degradation, energies_mwh: Mapping[int, float]) -> dict[str, Any]:
    """Return the years of a plant's life from the energies of those that were simulated [MWh]."""
    whole = lifetime(_left(degradation), energies_mwh)
    first = degradation.first_year
    return {
        "energy_mwh": whole.energy,
        "mean_annual_energy_mwh": whole.mean,
        "decline": whole.decline,
        "years": [
            {
                "year": each.year,
                "calendar_year": None if first is None else first + each.year - 1,
                "power_factor": each.factor,
                "energy_mwh": each.energy,
                "simulated": each.simulated,
            }
            for each in whole.years
        ],
    }


def likely(
    operating_mwh: Sequence[float], uncertainties: Mapping[str, float], yearly_mwh: Sequence[float]
) -> dict[str, Any]:
    """Return what the energy of a year, and the mean of ten, exceeds with which probability [MWh].

    Half of what may come exceeds the mean of so many operating years from the first, or of all if there are fewer;
    where nothing ages one of them stands for all.

    Without ``interannual`` among the uncertainties it is that of the simulated years, if there are several.
    """
    given = dict(uncertainties)
    told = given.pop(INTERANNUAL, None)
    if told is None:
        told = interannual_deviation(yearly_mwh) if len(yearly_mwh) > 1 else 0.0
    uncertainty = Uncertainty(interannual=told, sources=given)
    return {
        "interannual": told,
        "horizons": [
            {
                "years": years,
                "standard_deviation": total_deviation(uncertainty, years),
                **{
                    f"{name.lower()}_mwh": energy
                    for name, energy in exceeded(
                        fmean(operating_mwh[:years]), uncertainty, years=years
                    ).items()
                },
            }
            for years in _HORIZONS
        ],
    }


def whole_years(time: FloatArray, step: float, utc_offset: float, energy: FloatArray) -> list[float]:
    """Return the sums of an energy over each calendar year that the rows cover, by local standard time."""
    local = (time + 3600.0 * utc_offset).astype("datetime64[s]").astype("datetime64[Y]")
    of_year: IntArray = local.astype(np.int64)
    of_year = of_year - of_year.min()
    rows, sums = np.bincount(of_year), np.bincount(of_year, weights=energy)
    full = rows * step / 3600.0 >= _LEAST_OF_A_YEAR * _HOURS
    return [float(total) for total in sums[full]]
