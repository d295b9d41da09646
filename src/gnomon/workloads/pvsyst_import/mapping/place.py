"""Where a variant stands, under which horizon and in which weather: one saved location for each that differs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gnomon.pvsyst import Horizon, Site, WeatherReference, clockwise_from_north
from gnomon.workloads.pvsyst_import.mapping.months import tidy
from gnomon.workloads.pvsyst_import.report import Report, shown
from gnomon.workloads.pvsyst_import.shelf import WeatherFile

_SAME_DEGREES = 1e-3
_SAME_METRES = 10.0
_NEAR_WEATHER = 0.2
"""Degrees: a weather file from farther away is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location to save.

    Attributes
    ----------
    elevation, time_zone : float or None
        Above the sea [m]; ahead of UTC [h].
    horizon : tuple of (float, float) or None
        Azimuth clockwise from north and height [deg].
    weather : WeatherFile or None
        What is saved as its weather.
    """

    name: str
    latitude: float
    longitude: float
    elevation: float | None
    time_zone: float | None
    horizon: tuple[tuple[float, float], ...] | None
    weather: WeatherFile | None

    def takes(self, other: "Place") -> bool:
        """Tell whether another place can be this one; a horizon that is not given counts for nothing."""
        return (
            is_near(self, other)
            and (None in (self.horizon, other.horizon) or self.horizon == other.horizon)
            and (None in (self.weather, other.weather) or self.weather is other.weather)
        )

    def with_more_of(self, other: "Place") -> "Place":
        """Return the place with the horizon and weather of another that it takes."""
        return replace(self, horizon=self.horizon or other.horizon, weather=self.weather or other.weather)

    def document(self) -> dict[str, Any]:
        """Write the location; a height that no file gives is left to be looked up."""
        found: dict[str, Any] = {"name": self.name, "latitude": self.latitude, "longitude": self.longitude}
        if self.elevation is not None:
            found["elevation"] = self.elevation
        if self.horizon is not None:
            found["farShading"] = {
                "farShadingAzimuthAngles": [azimuth for azimuth, _ in self.horizon],
                "farShadingElevationAngles": [height for _, height in self.horizon],
            }
        return found


def is_near(one: Place | Site, other: Place | Site) -> bool:
    """Tell whether two places are the same for the sun."""
    pairs = ((one.latitude, other.latitude), (one.longitude, other.longitude))
    return all(a is not None and b is not None and abs(a - b) <= _SAME_DEGREES for a, b in pairs)


def place(
    site: Site, name: str, horizon: Horizon | None, weather: WeatherFile | None, said: Report
) -> Place | None:
    """Return the place of a site, or None without coordinates."""
    if site.latitude is None or site.longitude is None:
        said.unmapped("Latitude", site.latitude, "latitude or longitude is missing; give the location")
        return None
    altitude = None if site.altitude is None else max(site.altitude, -500.0)
    said.mapped("Latitude", site.latitude, "location.latitude")
    said.mapped("Longitude", site.longitude, "location.longitude")
    if altitude is None:
        said.assumed("Altitude", None, "is missing; the elevation of the coordinates is looked up")
    else:
        said.mapped("Altitude", altitude, "location.elevation")
    _tell_zone(site, said)
    _tell_climate(site, said)
    return Place(
        name=(site.name or name)[:200] or "Site",
        latitude=site.latitude,
        longitude=site.longitude,
        elevation=altitude,
        time_zone=site.time_zone,
        horizon=None if horizon is None else compass(horizon, site.latitude, said),
        weather=weather,
    )


def tell_other(site: Site, used: Place, said: Report) -> None:
    """Tell of a site beside the one that counts: what of it is the same there, and what differs."""
    for key, own, there, near in (
        ("Latitude", site.latitude, used.latitude, _SAME_DEGREES),
        ("Longitude", site.longitude, used.longitude, _SAME_DEGREES),
        ("Altitude", site.altitude, used.elevation, _SAME_METRES),
        ("TimeZone", site.time_zone, used.time_zone, 0.0),
    ):
        if own is None:
            continue
        if there is not None and abs(own - there) <= near:
            said.mapped(key, own, "the same as of the site that counts, the variant's")
        else:
            has = "has none" if there is None else f"has {there:g}"
            said.assumed(key, own, f"was not used: the site that counts, the variant's, {has}")
    _tell_names(said, "names the place of data beside the site that counts", Site=site.name)
    _tell_climate(site, said)


def tell_weather_site(weather: WeatherFile, used: Place, said: Report) -> None:
    """Tell where a weather file says to be of another place than the one that takes it."""
    site, name = weather.site, weather.file.name
    if site.latitude is not None and site.longitude is not None:
        away = max(abs(site.latitude - used.latitude), abs(site.longitude - used.longitude))
        if away > _NEAR_WEATHER:
            words = f"{name} is of {site.latitude:g}, {site.longitude:g}; it was taken for {used.name} all the same"
            said.assumed("NomF", name, f"{words}, {used.latitude:g}, {used.longitude:g}")
    if used.time_zone is not None and site.utc_offset != used.time_zone:
        words = f"its hours are of its own Time Zone, {site.utc_offset:g}; the site's is {used.time_zone:g}"
        said.assumed("NomF", name, words)


def _tell_names(said: Report, words: str, **named: object) -> None:
    """Tell keys together that have no effect on a model, with their values."""
    pairs = ", ".join(f"{key}={shown(value)}" for key, value in named.items() if value is not None)
    if pairs:
        said.unmapped(pairs, "", words)


def _tell_zone(site: Site, said: Report) -> None:
    if site.name is not None:
        said.mapped("Site", site.name, "location.name")
    if site.time_zone is None:
        said.assumed("TimeZone", None, "is missing; the standard time at the coordinates is taken")
    else:
        said.mapped("TimeZone", site.time_zone, "project.timezoneOverride")


def _tell_climate(site: Site, said: Report) -> None:
    words = "tells where the site's data come from; kept out of the model"
    names = {"Country": site.country, "Region": site.region, "Source": site.source, "NomF": site.file_name}
    _tell_names(said, words, **names)
    if site.albedo is not None:
        said.unmapped("Albedo", site.albedo, "the project's months count where it has them, else this one")
    words = "months of a climate are no hourly weather; kept out of the model"
    _tell_names(said, words, **{key: getattr(site, name) for name, key in _KEYS.items()})


_KEYS = {
    "ghi": "GlobalH",
    "dhi": "DiffuseH",
    "temp_air": "TAmb",
    "wind_speed": "WindVel",
    "linke_turbidity": "Linke",
    "relative_humidity": "RelHum",
    "extraterrestrial": "Extraterr",
}


def compass(horizon: Horizon, latitude: float, said: Report) -> tuple[tuple[float, float], ...] | None:
    """Return a horizon's points clockwise from north, by rising azimuth; of two at one azimuth the higher."""
    found: dict[float, float] = {}
    for azimuth, height in horizon.points:
        turned = tidy(clockwise_from_north(azimuth, latitude))
        found[turned] = max(height, found.get(turned, height))
    if not any(height > 0 for height in found.values()):
        said.mapped("Horizon", f"{len(horizon.points)} points", "flat, hence no far shading")
        return None
    said.mapped("Horizon", f"{len(horizon.points)} points", "location.farShading")
    return tuple(sorted(found.items()))


def choose_weather(
    wanted: WeatherReference | None, weathers: Sequence[WeatherFile], said: Report
) -> WeatherFile | None:
    """Return the weather file of the name that a variant refers to, else the only one there is."""
    name = (wanted.file_name if wanted else None) or ""
    _tell_shifts(wanted, said)
    stem = name.rpartition(".")[0].lower() or name.lower()
    found = next((each for each in weathers if stem and each.file.stem.lower() == stem), None)
    if found is not None:
        said.mapped("NomF", name, f"the weather record of {found.file.name}")
        return found
    if len(weathers) == 1:
        said.assumed(
            "NomF", name, f"{weathers[0].file.name} was taken for it, the only weather that came along"
        )
        return weathers[0]
    if weathers:
        words = (
            f"none of the {len(weathers)} weather files that came along has this name; rename one, or post it"
        )
    else:
        words = "no weather that can be read came along; send it as CSV, or post it"
    said.unmapped("NomF", name, f"{words} for the location")
    return None


def _tell_shifts(wanted: WeatherReference | None, said: Report) -> None:
    if wanted is None:
        return
    _tell_names(
        said,
        "tells where the weather comes from; a run takes the hours of its weather record",
        SiteM=wanted.site_name,
        SourceM=wanted.source,
        TypeM=wanted.kind,
        NomFSource=wanted.source_file,
        NomFormat=wanted.source_format,
        DateDebF=wanted.begins,
        DateFinF=wanted.ends,
        IsSourceUt=wanted.is_utc,
    )
    for key, value in (("HourShift", wanted.hour_shift), ("TimeShift", wanted.time_shift)):
        if value:
            said.unmapped(
                key, value, "is of an unknown unit; the hours were taken as the weather file has them"
            )
        elif value is not None:
            said.mapped(key, value, "no shift")
    if wanted.step is not None:
        said.unmapped("PasAccum", wanted.step, "the time step is the weather record's own")
