"""The hours of daylight at a site: what every block of a plant sees alike, computed once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.pv import irradiance
from gnomon.pv.arrays import FloatArray, FloatLike, IntArray
from gnomon.pv.solarposition import Sun, standard_pressure
from gnomon.pv.weather import Weather, local_months


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """Sun and weather in the rows of daylight; arrays of shape (m,) but ``weather``, ``month`` and ``calendar``.

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
    airmass
        Absolute: of the path through the air over that to sea level.
    brightness
        F1 and F2 of the Perez model.
    temp_air, wind_speed
        Ambient. [degC, m/s]
    calendar
        Which of the rows belong to which month.
    """

    weather: Weather
    month: IntArray
    up: IntArray
    zenith: FloatArray
    azimuth: FloatArray
    ghi: FloatArray
    dhi: FloatArray
    dni: FloatArray
    airmass: FloatArray
    brightness: tuple[FloatArray, FloatArray]
    temp_air: FloatArray
    wind_speed: FloatArray
    calendar: "Calendar"

    def by_month(self, values: tuple[float, ...]) -> FloatLike:
        """Return the value of each daylight row's month, given January to December; one if all are equal."""
        first = values[0]
        return first if values.count(first) == 12 else np.array(values)[self.month[self.up]]

    def whole(self, daylight: FloatArray, night: FloatLike = 0.0) -> FloatArray:
        """Spread values over all n rows: of the m rows of daylight, or of these and one that stands for night."""
        if len(daylight) > len(self.up):
            return daylight.take(self.calendar.place)
        series = np.empty(len(self.month))
        series[:] = night
        series[self.up] = daylight
        return series

    def monthly(self, rows: Sequence[FloatArray]) -> FloatArray:
        """Integrate power [W] over each month [kWh], shape (k, 12), of rows that `whole` would spread."""
        calendar, m = self.calendar, len(self.up)
        sums = np.zeros((len(rows), 12))
        if m:
            of_runs = np.array([np.add.reduceat(each[:m], calendar.starts) for each in rows])
            sums += of_runs @ calendar.belongs
        nights = np.array([each[m] if len(each) > m else 0.0 for each in rows])
        sums += np.outer(nights, calendar.nights)
        amounts: FloatArray = sums * (self.weather.step / 3600.0 / 1000.0)
        return amounts

    def monthly_of_whole(self, series: Sequence[FloatArray]) -> FloatArray:
        """Integrate power [W] over each month [kWh], shape (k, 12), of series over all n rows."""
        sums = np.array([np.bincount(self.month, weights=each, minlength=12) for each in series])
        amounts: FloatArray = sums * (self.weather.step / 3600.0 / 1000.0)
        return amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """How rows fall into months.

    Attributes
    ----------
    place
        For each of the n rows its place among the m rows of daylight; m for a row of night.
    starts, belongs
        First daylight row of each run within one month, and the run's month as a row of zeros and a one.
    nights
        Rows of night in each month.
    left_out
        Light in rows of night. [W/m2], shape (n,)
    left_out_monthly
        The same by months. [kWh/m2]
    """

    place: IntArray
    starts: IntArray
    belongs: FloatArray
    nights: FloatArray
    left_out: FloatArray
    left_out_monthly: FloatArray


def _calendar(weather: Weather, month: IntArray, up: IntArray) -> Calendar:
    place = np.full(len(month), len(up))
    place[up] = np.arange(len(up))
    by_day = month[up]
    turns = np.flatnonzero(by_day[1:] != by_day[:-1]) + 1
    starts = np.concatenate(([0], turns)) if len(up) else turns
    left_out = np.maximum(weather.ghi, 0.0)
    left_out[up] = 0.0
    kilowatt_hours = weather.step / 3600.0 / 1000.0
    return Calendar(
        place=place,
        starts=starts,
        belongs=(by_day[starts][:, None] == np.arange(12)).astype(np.float64),
        nights=(np.bincount(month, minlength=12) - np.bincount(by_day, minlength=12)).astype(np.float64),
        left_out=left_out,
        left_out_monthly=np.bincount(month, weights=left_out * kilowatt_hours, minlength=12).astype(
            np.float64
        ),
    )


def look_up(weather: Weather, sun: Sun) -> Sky:
    """Return the rows with the sun above the horizon and light, level or in the plane, its missing parts filled in.

    Without ``dhi`` and ``dni`` the diffuse is decomposed from ``ghi`` by Erbs and Driesse; what is missing beside
    one of them closes the balance.
    """
    light = weather.ghi > 0
    if weather.poa is not None:
        light |= weather.poa > 0
    up = np.flatnonzero((sun.apparent_zenith < 90.0) & light)
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
    thinned = airmass * (standard_pressure(sun.site.altitude) / 101325.0)
    if weather.dni is None:
        dni = irradiance.closure_dni(ghi, dhi, zenith, dni_extra, thinned)
    else:
        dni = np.maximum(weather.dni[up], 0.0)
    month = local_months(weather.time, sun.site.utc_offset)
    return Sky(
        weather=weather,
        month=month,
        up=up,
        zenith=zenith,
        azimuth=sun.azimuth[up],
        ghi=ghi,
        dhi=dhi,
        dni=dni,
        airmass=thinned,
        brightness=irradiance.perez_brightness(dhi, dni, dni_extra, zenith, airmass),
        temp_air=weather.temp_air[up],
        wind_speed=np.maximum(weather.wind_speed[up], 0.0),
        calendar=_calendar(weather, month, up),
    )
