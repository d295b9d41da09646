"""What snow on the modules takes: by the hour from the weather, or by the month from the climate.

Arrays hold all n intervals, nights too: snow falls and slides whether the sun is up or not.
"""

from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import BoolArray, FloatArray, FloatLike

_INCH = 2.54  # cm
_INCHES_PER_METRE = 39.37


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """When snow covers a row and how it leaves it; Marion et al. (2013) fitted both coefficients.

    Attributes
    ----------
    min_snowfall
        Snowfall above which a row is wholly covered. [cm/h]
    min_depth
        Snow on the ground below which a row is free of it. [cm]
    balance
        Snow moves where the air is warmer than poa_global over this. [W/m2K]
    speed
        Share of the slant height that slides off in an hour on a vertical row.
    """

    min_snowfall: float = 1.0
    min_depth: float = 1.0
    balance: float = -80.0
    speed: float = 0.197


def snowfall_of_depth(depth: FloatArray) -> FloatArray:
    """Return the snow that fell in each interval: what the depth on the ground gained since the last [cm].

    So does SAM: Ryberg and Freeman (2017), NREL/TP-6A20-68705. The first interval has no last: zero.
    """
    return np.maximum(np.diff(depth, prepend=depth[:1]), 0.0)


def coverage(
    snowfall: FloatArray,
    poa_global: FloatArray,
    temp_air: FloatArray,
    surface_tilt: FloatLike,
    step: float,
    *,
    depth: FloatArray | None = None,
    at_start: float = 0.0,
    slide: Slide = Slide(),
) -> FloatArray:
    """Return the share of a row's slant height that lies under snow in each interval, 0 to 1.

    A snowfall covers the row; from then on ``speed sin(tilt)`` slides off in every hour that the sun or the
    air loosens it. Marion et al. (2013), DOI 10.1016/j.solener.2013.07.023, with the check on the depth of
    Ryberg and Freeman (2017), NREL/TP-6A20-68705.

    Parameters
    ----------
    snowfall
        In each interval. [cm]
    poa_global
        All light in the plane of the modules before the snow. [W/m2]
    temp_air
        Of the air. [degC]
    surface_tilt
        One, or one per interval. [degrees]
    step
        Length of an interval. [s]
    depth
        Snow on the ground at the start of each interval, if it is known. [cm]
    at_start
        Share covered before the first interval.
    """
    hours = step / 3600.0
    covers = snowfall > slide.min_snowfall * hours
    if depth is not None:
        covers &= depth >= slide.min_depth
    gone = slide.speed * hours * np.sin(np.radians(surface_tilt)) * (temp_air > poa_global / slide.balance)
    gone[covers] = 0.0
    gone[0] = 0.0
    if depth is not None:
        gone[depth < slide.min_depth] = 1.0
    return _left(covers, gone, at_start)


def dc_loss(covered: FloatArray, strings: int) -> FloatArray:
    """Return the share of DC power lost: a string gives nothing as soon as snow lies on part of it.

    Marion et al. (2013), DOI 10.1016/j.solener.2013.07.023. ``strings`` counts those in parallel along the
    slant height: 1 for one module in portrait, 3 for one in landscape with three bypass diodes.
    """
    if strings < 1:
        raise ValueError(f"strings: {strings} along the slant height; give at least 1")
    return np.ceil(covered * strings) / strings


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Where snow that slides off a row can pile up, as Townsend and Powers (2011) describe it.

    Attributes
    ----------
    slant_height
        Length of the row up its slope; for a tracker from the axis to the edge. [m]
    lower_height
        Of the row's lower edge above the ground. [m]
    string_factor
        1 with one string along the slant height, 0.75 with more.
    repose
        Angle at which piled snow rests. [degrees]
    """

    slant_height: float
    lower_height: float
    string_factor: float = 1.0
    repose: float = 40.0


def townsend(
    snow_total: FloatArray,
    snow_events: FloatArray,
    surface_tilt: FloatLike,
    relative_humidity: FloatArray,
    temp_air: FloatArray,
    poa_global: FloatArray,
    edge: Edge,
) -> FloatArray:
    """Return the share of each month's DC energy that snow takes, 0 to 1, arrays of shape (12,).

    Equation 3 of Townsend and Powers (2011), DOI 10.1109/PVSC.2011.6186627; the string factor is that of
    Townsend and Previtali (2023), NREL/CP-5900-87918. December's snow still counts in January.

    Parameters
    ----------
    snow_total
        Snowfall of the month. [cm]
    snow_events
        Days of the month with more than an inch of snow.
    surface_tilt
        Of the rows; of a tracker its largest. [degrees]
    relative_humidity
        Mean of the month. [%]
    temp_air
        Mean of the month. [degC]
    poa_global
        Sum of the month in the plane of the modules. [Wh/m2]
    edge
        Of the rows.
    """
    fresh = _effective_snow(snow_total / _INCH, snow_events)
    snow = (np.roll(fresh, 1) + 2.0 * fresh) / 3.0
    level = np.cos(np.radians(surface_tilt))
    pile = _pile(snow * level, snow, edge)
    light = np.maximum(poa_global / 1000.0, 1e-9) ** 0.67
    climate = relative_humidity / 100.0 / (temp_air + 273.15) ** 2 / light
    lost: FloatArray = 5.7e4 * snow * level**2 * (1.0 - 0.51 * np.exp(-pile)) * climate * edge.string_factor
    return np.minimum(lost, 1.0)


def _left(covers: BoolArray, gone: FloatArray, at_start: float) -> FloatArray:
    """Return what is left since the last snowfall: one running sum, less what it was at that snowfall."""
    total = np.cumsum(gone)
    last = np.maximum.accumulate(np.where(covers, np.arange(len(gone)), -1))
    buried = last >= 0
    left = np.where(buried, 1.0, at_start) - (total - np.where(buried, total[last], 0.0))
    # What the sums round to is no snow: `dc_loss` would take a whole string for it.
    return np.where(left > 1e-9, left, 0.0)


def _effective_snow(total: FloatArray, events: FloatArray) -> FloatArray:
    """Return the snow that counts: many small falls less than one large [in]."""
    return np.where(events > 0, 0.5 * total * (1.0 + 1.0 / np.maximum(events, 1.0)), 0.0)


def _pile(across: FloatArray, snow: FloatArray, edge: Edge) -> FloatArray:
    """Return how much of the room below the edge the snow of a row fills; the room is 0.1 in2 at least."""
    room = np.maximum((edge.lower_height * _INCHES_PER_METRE) ** 2 - snow**2, 0.1)
    slope = 2.0 * np.tan(np.radians(edge.repose))
    pile: FloatArray = edge.slant_height * _INCHES_PER_METRE * slope * across / room
    return pile
