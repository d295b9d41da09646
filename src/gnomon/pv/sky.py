"""The hours of daylight at a site: what every block of a plant sees alike, computed once."""

from dataclasses import dataclass

import numpy as np

from gnomon.pv import irradiance
from gnomon.pv.arrays import FloatArray, FloatLike, IntArray
from gnomon.pv.solarposition import Sun, standard_pressure
from gnomon.pv.weather import Weather, local_months


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """Sun and weather in the rows of daylight; arrays of shape (m,) but ``weather``, ``month`` and ``up``.

    Attributes
    ----------
    weather
        The whole series, n rows.
    month
        Month 0-11 of each of the n rows in local standard time.
    up
        Places of the m rows of daylight among the n.
    zenith, azimuth
        Apparent zenith and azimuth of the sun. [degrees]
    ghi, dhi, dni
        Irradiance without gaps. [W/m2]
    brightness
        F1 and F2 of the Perez model.
    temp_air, wind_speed
        Ambient. [degC, m/s]
    """

    weather: Weather
    month: IntArray
    up: IntArray
    zenith: FloatArray
    azimuth: FloatArray
    ghi: FloatArray
    dhi: FloatArray
    dni: FloatArray
    brightness: tuple[FloatArray, FloatArray]
    temp_air: FloatArray
    wind_speed: FloatArray

    def by_month(self, values: tuple[float, ...]) -> FloatArray:
        """Return the value of each daylight row's month, given January to December."""
        return np.array(values)[self.month[self.up]]

    def split_ghi(self) -> tuple[FloatArray, FloatArray]:
        """Return the global irradiance of all n rows, first that of rows left out, then that of daylight."""
        used = self.whole(self.ghi)
        return np.maximum(self.weather.ghi, 0.0) - used, used

    def whole(self, daylight: FloatArray, night: FloatLike = 0.0) -> FloatArray:
        """Spread values of the rows of daylight over all n rows."""
        series = np.empty(len(self.month))
        series[:] = night
        series[self.up] = daylight
        return series

    def monthly(self, rows: FloatArray) -> FloatArray:
        """Integrate power [W] over each month [kWh]: shape (k, n) to (k, 12)."""
        turns = np.flatnonzero(np.diff(self.month)) + 1
        starts = np.concatenate(([0], turns))
        of_runs = np.add.reduceat(rows, starts, axis=1)
        belongs = self.month[starts][:, None] == np.arange(12)
        amounts: FloatArray = of_runs @ (belongs * (self.weather.step / 3600.0 / 1000.0))
        return amounts


def look_up(weather: Weather, sun: Sun) -> Sky:
    """Return the rows with the sun above the horizon, with missing irradiance filled in.

    Without ``dhi`` and ``dni`` the diffuse is decomposed from ``ghi`` by Erbs and Driesse; what is missing beside
    one of them closes the balance.
    """
    up = np.flatnonzero((sun.apparent_zenith < 90.0) & (weather.ghi > 0))
    zenith, dni_extra = sun.apparent_zenith[up], sun.dni_extra[up]
    airmass = irradiance.relative_airmass(zenith)
    ghi = weather.ghi[up]
    if weather.dhi is not None:
        dhi = weather.dhi[up]
    elif weather.dni is not None:
        dhi = ghi - weather.dni[up] * np.cos(np.radians(zenith))
    else:
        dhi = irradiance.erbs_driesse(ghi, zenith, dni_extra)
    dhi = np.clip(dhi, 0.0, ghi if weather.dni is None else None)
    if weather.dni is None:
        thinned = airmass * (standard_pressure(sun.site.altitude) / 101325.0)
        dni = irradiance.closure_dni(ghi, dhi, zenith, dni_extra, thinned)
    else:
        dni = np.maximum(weather.dni[up], 0.0)
    return Sky(
        weather=weather,
        month=local_months(weather.time, sun.site.utc_offset),
        up=up,
        zenith=zenith,
        azimuth=sun.azimuth[up],
        ghi=ghi,
        dhi=dhi,
        dni=dni,
        brightness=irradiance.perez_brightness(dhi, dni, dni_extra, zenith, airmass),
        temp_air=weather.temp_air[up],
        wind_speed=np.maximum(weather.wind_speed[up], 0.0),
    )
