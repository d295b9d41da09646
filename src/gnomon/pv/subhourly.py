r"""What an inverter clips beyond what the mean of an hour shows.

Under broken clouds the power swings above and below its hourly mean. What stands above the inverter's limit
is lost although the mean stays below it, so a simulation by the hour clips too little. Three powers of the
plant bound what happens inside the hour: its mean; that with the sun covered, on the hour's own diffuse light
alone; and that with the sun out, with the beam that the air between the clouds lets through on top of the
same diffuse light. The bright clouds beside the sun are in that diffuse light, so the power with the sun out
exceeds that of a clear sky as it does in nature.

Between the bounds the power is spread as by Walker and Desai: sorted from the highest, it falls over the
fraction of time t by ``t^n``, with the one n that keeps the mean.

How sure it is
--------------
Not very: an hour's mean does not tell broken clouds from a steady veil, and a veil swings little. So there is
no default for how much of the swings to count; ``variability`` must be stated. The share that would have been
right, at 1.1 to 1.5 times the limit of modules: 0.9 to 1.1 for the minutes of a month of broken clouds
(Payerne, June 2016), 0.6 to 0.8 for means of 5 minutes of that month, 0.05 to 0.3 for 5 minutes on nine winter
days at Golden, Colorado (2019, 2022) and about none on a winter day seen from a satellite. The curve, the
bounds and the days in `clearsky.turbidity_around` were chosen with Payerne in view, the others were not
looked at before. With 1 it is what a sky of broken clouds over one point would take: too much for most years.

References
----------
Walker and Desai (2022), Distribution function instead of steady-state assumption in time-series simulation,
NREL/PO-7A40-83733. The size of the effect: Mikofski et al. (2023), DOI 10.1109/JPHOTOV.2023.3238512.
"""

from dataclasses import replace

import numpy as np

from gnomon.pv import clearsky, irradiance
from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.sky import Sky
from gnomon.pv.solarposition import Sun, standard_pressure

STEP = "ILPmxSH"
"""PVsyst's name of what this takes: the sub-hourly part of the inverter's loss over its power."""


def extra_clipping(
    mean: FloatArray,
    sun_out: FloatArray,
    sun_covered: FloatArray,
    limit: FloatLike,
    *,
    variability: float,
) -> FloatArray:
    """Return what is clipped beyond ``max(mean - limit, 0)``, as a mean over each row [W].

    With the mean at the fraction y of the way from covered (a) to out (b) and the limit L between them, all
    that is clipped is ``(b - a) y ((b - L) / (b - a))^(1 / y)``. It lies between what the mean clips (no
    cloud moves) and ``y (b - L)`` (the sun is either out or covered). The answer is never negative and never
    above the mean; it is zero where the power never reaches the limit, where it never falls below it, and
    where the mean is one of the bounds.

    Parameters
    ----------
    mean, sun_out, sun_covered
        Power with no limit, shape (n,). [W] A mean beyond a bound moves the bound.
    limit
        Largest power that passes. [W]
    variability
        Share of the swings to count: 1 for broken clouds over one point, less under veils and for a large
        array, over which the shadow of a cloud takes minutes; see the module. [0-1]
    """
    highest, lowest = np.maximum(sun_out, mean), np.minimum(sun_covered, mean)
    span = highest - lowest
    reach = np.maximum(highest - limit, 0.0)
    cut = (span > 0) & (mean > lowest) & (highest > limit) & (lowest < limit)
    place = np.divide(mean - lowest, span, out=np.ones_like(mean), where=cut)
    above = np.divide(reach, span, out=np.zeros_like(mean), where=cut)
    clipped = span * place * np.power(above, 1.0 / np.maximum(place, 1e-9))
    more = np.maximum(clipped - np.maximum(mean - limit, 0.0), 0.0)
    return np.where(cut, variability * np.minimum(more, np.maximum(mean, 0.0)), 0.0)


def with_sun_out(sky: Sky, sun: Sun, linke_turbidity: FloatLike | None = None) -> Sky:
    """Return the sky with the sun out all the time: the rows' own diffuse light and an unclouded beam.

    Parameters
    ----------
    sky, sun
        Of one weather.
    linke_turbidity
        Of the air, a number or one for each row of daylight; None takes it from the clearest beam around
        each day of the weather itself.
    """
    altitude, extra = sun.site.altitude, sun.dni_extra[sky.up]
    airmass = irradiance.relative_airmass(sky.zenith) * (standard_pressure(altitude) / 101325.0)
    haze = _haze(sky, sun, airmass) if linke_turbidity is None else linke_turbidity
    beam = np.maximum(clearsky.clear_beam(airmass, haze, altitude, extra), sky.dni)
    return _lit(sky, beam, extra)


def with_sun_covered(sky: Sky, sun: Sun) -> Sky:
    """Return the sky with the sun covered all the time: the rows' own diffuse light alone."""
    return _lit(sky, np.zeros_like(sky.dni), sun.dni_extra[sky.up])


def _haze(sky: Sky, sun: Sun, airmass: FloatArray) -> FloatArray:
    """Return the turbidity that the weather's own beams tell, for each row of daylight."""
    solar = sky.weather.time[sky.up] + 240.0 * sun.site.longitude
    day = np.floor(solar / 86400.0).astype(np.int64)
    told = clearsky.turbidity_of(sky.dni, airmass, sun.site.altitude, sun.dni_extra[sky.up])
    return clearsky.turbidity_around(day, told, sky.dni, sky.zenith)


def _lit(sky: Sky, dni: FloatArray, dni_extra: FloatArray) -> Sky:
    """Return the sky under another beam."""
    airmass = irradiance.relative_airmass(sky.zenith)
    return replace(
        sky,
        dni=dni,
        ghi=sky.dhi + dni * np.maximum(np.cos(np.radians(sky.zenith)), 0.0),
        brightness=irradiance.perez_brightness(sky.dhi, dni, dni_extra, sky.zenith, airmass),
    )
