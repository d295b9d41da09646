"""Where a plant stands and what the sky sends it: the inputs that all blocks share."""

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray

IntervalLabel = Literal["start", "middle", "end"]
# How far the middle of an interval lies after its label, in lengths of the interval.
_TO_MIDDLE: dict[IntervalLabel, float] = {"start": 0.5, "middle": 0.0, "end": -0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place on Earth.

    ``utc_offset`` is the local standard time in hours east of Greenwich. It decides which month an
    interval belongs to and nothing else: the sun is computed from UTC.
    """

    latitude: float
    longitude: float
    altitude: float = 0.0
    utc_offset: float = 0.0

    def __post_init__(self) -> None:
        if not -90 <= self.latitude <= 90:
            raise ValueError(f"latitude: {self.latitude} is outside -90 to 90 degrees north")
        if not -180 <= self.longitude <= 180:
            raise ValueError(f"longitude: {self.longitude} is outside -180 to 180 degrees east")
        if not -14 <= self.utc_offset <= 14:
            raise ValueError(f"utc_offset: {self.utc_offset} is outside -14 to 14 hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Interval means of the weather, one value per time step, all arrays of shape (n,).

    Attributes
    ----------
    time
        Middle of each interval, seconds since 1970-01-01 UTC: the moment the sun is computed for.
    label
        The same intervals as the source named them (start or end of the hour), seconds since 1970 UTC:
        what results are shown against.
    step
        Length of an interval. [s]
    ghi, dhi, dni
        Global horizontal, diffuse horizontal, direct normal irradiance. [W/m2] Without ``dhi`` and ``dni``
        the diffuse is decomposed from ``ghi``; without one of them it follows by closure.
    temp_air, wind_speed
        Air temperature [degC] and wind speed [m/s].
    poa
        Irradiance measured in the plane of the modules, in the place of what a model makes of the others.
        [W/m2]
    relative_humidity
        Of the air. [%]
    snow_depth, snowfall
        Depth of the snow on the ground, and of what fell within the interval. [cm]
    """

    time: FloatArray
    label: IntArray
    step: float
    ghi: FloatArray
    temp_air: FloatArray
    wind_speed: FloatArray
    dhi: FloatArray | None = None
    dni: FloatArray | None = None
    poa: FloatArray | None = None
    relative_humidity: FloatArray | None = None
    snow_depth: FloatArray | None = None
    snowfall: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.step <= 0:
            raise ValueError(f"step: {self.step} s is not a length of time; give the interval in seconds")
        if self.time.size == 0:
            raise ValueError("time: no rows; give at least one interval")
        for name, column in self.columns().items():
            if column.shape != self.time.shape or column.ndim != 1:
                raise ValueError(f"{name}: shape {column.shape} differs from time's {self.time.shape}")
            if not np.isfinite(column).all():
                raise ValueError(f"{name}: row {int(np.argmin(np.isfinite(column)))} is not a finite number")

    def columns(self) -> dict[str, FloatArray | IntArray]:
        """Return the arrays that are present, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def interval_middle(label: IntArray, step: float, labelled: IntervalLabel) -> FloatArray:
    """Return the middle of intervals that are labelled by their start, middle or end [epoch s]."""
    return label.astype(np.float64) + _TO_MIDDLE[labelled] * step


def local_months(time: FloatArray, utc_offset: float) -> IntArray:
    """Return the month 0-11 of local standard time for moments in epoch seconds UTC."""
    day = np.floor((time + utc_offset * 3600.0) / 86400.0).astype(np.int64)
    first = day.min()
    calendar = np.arange(first, day.max() + 1).astype("datetime64[D]").astype("datetime64[M]")
    months: IntArray = calendar.astype(np.int64) % 12
    of_rows: IntArray = months[day - first]
    return of_rows
