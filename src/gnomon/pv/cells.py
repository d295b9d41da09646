"""From the light at the cells to the power of one module: warmth, colour, curve and partial shade."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gnomon.pv import optics, partial_shade, pvarray, spectrum, temperature
from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.plant import Block, DcInput, Module, Thermal
from gnomon.pv.sky import Sky

# What cells are made of -> the spectral model's word for the like.
_SPECTRA: dict[str, spectrum.Technology] = {
    "mono": "monosi",
    "multi": "multisi",
    "hit": "monosi",
    "cdte": "cdte",
    "cis": "cigs",
    "asi": "asi",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """All that decides what one module gives."""

    collector: optics.Collector
    module: Module
    thermal: Thermal
    spectral: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleYear:
    """What one module gives, arrays of shape (m,).

    Attributes
    ----------
    collected
        The light, and what was lost of it.
    temp_cell
        [degC]
    diode
        Its curve.
    nominal
        Power at the reference efficiency. [W]
    at_reference
        Power at the reference temperature. [W]
    maximum
        The point of largest power under even light.
    spectrum
        Factor on the current for the colour of the light.
    shade
        What the partial shade of strings costs beyond the light itself, None where there is none.
    """

    collected: optics.Collected
    temp_cell: FloatArray
    diode: pvarray.Diode
    nominal: FloatArray
    at_reference: FloatArray
    maximum: pvarray.MaximumPower
    spectrum: FloatLike
    shade: partial_shade.PartialShade | None


def cells(block: Block, given: DcInput) -> Cells:
    """Return the cells of one of a block's inputs."""
    return Cells(
        collector=optics.collector(block, given),
        module=given.module,
        thermal=block.thermal,
        spectral=block.spectral,
    )


def generate(of: Cells, collected: optics.Collected, sky: Sky) -> ModuleYear:
    """Return what one module gives under the light that it collected.

    The cells are warmed by the effective irradiance, as in PVsyst.
    """
    module, effective = of.module, collected.effective
    temp_cell = temperature.pvsyst_cell(
        effective,
        sky.temp_air,
        sky.wind_speed,
        u_c=of.thermal.u_c,
        u_v=of.thermal.u_v,
        module_efficiency=module.efficiency,
        alpha_absorption=of.thermal.absorption,
    )
    diode = pvarray.calcparams_pvsyst(effective, temp_cell, module)
    return ModuleYear(
        collected=collected,
        temp_cell=temp_cell,
        diode=diode,
        nominal=effective * (reference_power(module) / module.irrad_ref),
        at_reference=pvarray.power_at_reference(effective, module),
        maximum=pvarray.max_power_point(diode),
        spectrum=_spectrum(of, sky),
        shade=_shade(of, collected, temp_cell),
    )


def _spectrum(of: Cells, sky: Sky) -> FloatLike:
    """Return the factor for the colour of the light, 1 where humidity or technology are not known."""
    technology, humidity = _SPECTRA.get(of.module.technology or ""), sky.weather.relative_humidity
    if not of.spectral or technology is None or humidity is None:
        return 1.0
    water = spectrum.precipitable_water(sky.temp_air, humidity[sky.up])
    return spectrum.first_solar(sky.airmass, water, technology)


def _shade(
    of: Cells, collected: optics.Collected, temp_cell: FloatArray
) -> partial_shade.PartialShade | None:
    """Return what strings lose because some of their cells lack the beam."""
    electrical, shadow = of.collector.shading.electrical, collected.shadow
    if electrical is None or shadow is None:
        return None
    shaded = shadow.share
    across = partial_shade.wiring(
        electrical.transverse_diodes,
        half_cut=of.module.half_cut,
        orientation=electrical.orientation,
        cells_in_series=of.module.cells_in_series,
    )
    light = collected.light
    without = light.sky + light.ground
    full = without + np.divide(light.beam, 1.0 - shaded, out=np.zeros_like(shaded), where=shaded < 1.0)
    rest = (full, without, temp_cell, of.module, across, electrical.share)
    if of.collector.shading.table is None:
        return partial_shade.row_shade(shaded, *rest)
    return partial_shade.scene_shade(shadow.affected, shaded, *rest)


@lru_cache(maxsize=1024)
def reference_power(module: Module) -> float:
    """Return the power of a module's own curve at its reference conditions [W]."""
    return float(pvarray.power_at_reference(np.array([module.irrad_ref]), module)[0])
