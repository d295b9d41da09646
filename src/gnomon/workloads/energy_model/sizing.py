"""Whether strings suit their inverter in the weather of the run: their voltages, their power, their trackers.

As PVsyst's sizing tool does it, cells in the cold are as cold as the air (the moment a string is switched on), in
the heat they are warmed by the light; here in the very hours of the weather.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.plant import Module, Thermal
from gnomon.pv.pvarray import calcparams_pvsyst, open_circuit_voltage
from gnomon.pv.solarposition import Sun
from gnomon.pv.temperature import pvsyst_cell
from gnomon.pv.weather import Weather
from gnomon.pvsyst import OndInverter, PanModule
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model.catalogue import Catalogue
from gnomon.workloads.energy_model.component import TECHNOLOGIES
from gnomon.workloads.energy_model.inputs import Given, given_inputs
from gnomon.workloads.energy_model.options import PlantOptions
from gnomon.workloads.energy_model.weather import moment
from gnomon.workloads.energy_model.wording import any_of
from gnomon.workloads.energy_model.work import Work

LEAST_RATIO, MOST_RATIO = 0.3, 2.5
_MOST_LIMIT = 3.0  # times the inverters' power
MOST_UNEQUAL = 1.2  # a tracker's share of the modules over its part of the inverter


def ratio_notes(parts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a warning for each block with far more or far less DC than AC power."""
    for part in parts:
        dc, ac = part["dc_capacity_kw"], part["ac_capacity_kw"]
        if not LEAST_RATIO <= dc / ac <= MOST_RATIO:
            yield (
                f"blocks[{part['index']}]: {dc:g} kW of modules on {ac:g} kW of inverters, a DC/AC ratio of "
                f"{dc / ac:.3g}; stringCount counts the strings on one inverter"
            )


def plant_notes(parts: Sequence[Mapping[str, Any]], plant: PlantOptions, energy_mwh: float) -> Iterator[str]:
    """Yield a warning for a plant that gives nothing, and for a limit far above what it can give."""
    if energy_mwh <= 0:
        yield (
            f"the plant gives {energy_mwh:.4g} MWh in all: nothing, or less than it uses; see the loss tree for the "
            "step that takes it"
        )
    most = sum(part["ac_capacity_kw"] for part in parts) / 1e3
    if plant.poi_limit_mw is not None and plant.poi_limit_mw > _MOST_LIMIT * most:
        yield (
            f"plant.poiLimitMW: {plant.poi_limit_mw:g} MW never limits inverters of {most:g} MW in all; given in kW?"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extreme:
    """A row of the weather and the cells' temperature in it [degC]."""

    row: int
    temp_cell: float


class Extremes:
    """The coldest and the hottest daylight of a weather; hot for each kind of module and ventilation once."""

    def __init__(self, weather: Weather, sun: Sun) -> None:
        self.weather = weather
        self._day = np.flatnonzero(sun.apparent_zenith < 90.0)
        self._cold: Extreme | None = None
        self._hot: dict[tuple[float, float, float], Extreme] = {}

    @property
    def has_day(self) -> bool:
        """Tell whether the sun shines at all."""
        return self._day.size > 0

    def coldest(self) -> Extreme:
        """Return the row with the coldest air in daylight."""
        if self._cold is None:
            row = int(self._day[np.argmin(self.weather.temp_air[self._day])])
            self._cold = Extreme(row=row, temp_cell=float(self.weather.temp_air[row]))
        return self._cold

    def hottest(self, efficiency: float, thermal: Thermal) -> Extreme:
        """Return the row with the hottest cells, warmed by the global irradiance."""
        key = (efficiency, thermal.u_c, thermal.u_v)
        if key not in self._hot:
            warm = self._warm(efficiency, thermal)
            row = int(np.argmax(warm))
            self._hot[key] = Extreme(row=int(self._day[row]), temp_cell=float(warm[row]))
        return self._hot[key]

    def _warm(self, efficiency: float, thermal: Thermal) -> FloatArray:
        weather = self.weather
        return pvsyst_cell(
            weather.ghi[self._day],
            weather.temp_air[self._day],
            weather.wind_speed[self._day],
            u_c=thermal.u_c,
            u_v=thermal.u_v,
            module_efficiency=efficiency,
            alpha_absorption=thermal.absorption,
        )


def component_notes(work: Work, weather: Weather, sun: Sun) -> Iterator[str]:
    """Yield a warning for each input whose strings do not suit their inverter, or whose modules have no back."""
    extremes, catalogue = Extremes(weather, sun), Catalogue(work)
    for index, document in enumerate(work.blocks):
        block, at = doc.Block.model_validate(document), f"blocks[{index}]"
        inverter, inputs = catalogue.ond(block.inverter_id), given_inputs(block)
        thermal = Thermal(u_c=block.losses.u_c, u_v=block.losses.u_v)
        yield from _trackers(inverter, inputs, at)
        if work.options().power_sharing in (None, "independent_equal"):
            yield from _unequal(inputs, catalogue, at)
        for place, each in enumerate(inputs):
            loc = f"{at}.dcInputs[{place}]" if each.name else at
            module, length = catalogue.module(each.module_id), each.strings.modules_per_string
            yield from _technology(catalogue.pan(each.module_id), each.module_id, loc)
            if each.strings.is_bifacial and not module.bifaciality:
                yield f"{loc}: module {each.module_id} has no BifacialityFactor, so that its back gives nothing"
            for note in _voltages(module, catalogue.pan(each.module_id), inverter, length, thermal, extremes):
                yield f"{loc}: {length} modules in series give {note}"


def _technology(module: PanModule, number: int, at: str) -> Iterator[str]:
    if module.technology not in TECHNOLOGIES:
        yield (
            f"{at}: module {number} has the Technol {module.technology}, which is not known here: it is taken for "
            f"crystalline silicon, without a spectral correction; known are {any_of(list(TECHNOLOGIES))}"
        )


def _trackers(inverter: OndInverter, inputs: Sequence[Given], at: str) -> Iterator[str]:
    used = len({each.mppt for each in inputs})
    if used > max(inverter.mppt_count, 1) and len(inputs) > 1:
        yield f"{at}.dcInputs: {used} trackers (mpptIndex) on an inverter that has {inverter.mppt_count} (NbMPPT)"


def _unequal(inputs: Sequence[Given], catalogue: Catalogue, at: str) -> Iterator[str]:
    """Tell of the tracker with the most modules when equal parts of the inverter are far from its share of them."""
    power: defaultdict[int, float] = defaultdict(float)
    for each in inputs:
        modules = each.strings.modules_per_string * each.strings.strings
        power[each.mppt] += catalogue.module(each.module_id).p_nom * modules
    tracker = max(power, key=power.__getitem__)
    share, part = power[tracker] / sum(power.values()), 1 / len(power)
    if share > MOST_UNEQUAL * part:
        yield (
            f"{at}.dcInputs: tracker {tracker} carries {100 * share:.0f} % of the modules and {100 * part:.0f} % of "
            "the inverter under dcInputPowerSharingPolicy independent_equal; string_count_weighted shares by strings"
        )


def _voltages(
    module: Module,
    given: PanModule,
    inverter: OndInverter,
    length: int,
    thermal: Thermal,
    extremes: Extremes,
) -> Iterator[str]:
    if not extremes.has_day:
        return
    cold = extremes.coldest()
    volts = length * _open_voltage(module, given, cold.temp_cell)
    if inverter.v_dc_max is not None and volts > inverter.v_dc_max:
        limit = f"above the inverter's {inverter.v_dc_max:g} V (VAbsMax)"
        yield f"{volts:.0f} V open at {_when(cold, extremes)}, {limit}"
    hot = extremes.hottest(module.efficiency, thermal)
    # What heat takes from the open voltage it takes from the voltage at maximum power as well.
    lost = given.v_oc_ref - _open_voltage(module, given, hot.temp_cell)
    volts = length * (given.v_mp_ref - lost)
    if inverter.v_mpp_min is not None and volts < inverter.v_mpp_min:
        yield f"{volts:.0f} V at {_when(hot, extremes)}, below the inverter's {inverter.v_mpp_min:g} V (VMppMin)"


def _open_voltage(module: Module, given: PanModule, temp_cell: float) -> float:
    """Return a module's open-circuit voltage in full sun: by its maker's coefficient, else by its own curve."""
    if given.beta_voc is not None:
        return given.v_oc_ref + given.beta_voc * (temp_cell - given.temp_ref)
    diode = calcparams_pvsyst(np.array([module.irrad_ref]), np.array([temp_cell]), module)
    return float(open_circuit_voltage(diode)[0])


def _when(extreme: Extreme, extremes: Extremes) -> str:
    return f"{extreme.temp_cell:.1f} degC (row {extreme.row}, {moment(extremes.weather, extreme.row)})"
