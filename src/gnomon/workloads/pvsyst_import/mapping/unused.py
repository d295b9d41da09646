"""Sites, horizons and weather that came along and count for no model: told with what they hold."""

from collections.abc import Collection

from gnomon.pvsyst import Site
from gnomon.workloads.pvsyst_import.report import Report, shown
from gnomon.workloads.pvsyst_import.shelf import Shelf


def tell_unused(shelf: Shelf, used: Collection[str]) -> None:
    """Tell of the files that were read and are not among the used paths, and why."""
    for file, site in shelf.sites:
        if file.path not in used:
            _told(shelf, file.path).unmapped("", "", f"is not used ({_held(site.site)}): {_SITE}")
    for file, horizon in shelf.horizons:
        if file.path not in used:
            words = _SEVERAL if len(shelf.horizons) > 1 else _HORIZON
            _told(shelf, file.path).unmapped("", "", f"is not used ({len(horizon.points)} points): {words}")
    for weather in shelf.weathers:
        path = weather.file.path
        if path not in used:
            rows = len(weather.document["date"])
            _told(shelf, path).unmapped("", "", f"is not saved ({rows} rows): {_WEATHER}")


def _told(shelf: Shelf, path: str) -> Report:
    said = Report(path)
    said.notes = shelf.report.notes
    return said


def _held(site: Site) -> str:
    pairs = {
        "Site": site.name,
        "Latitude": site.latitude,
        "Longitude": site.longitude,
        "Altitude": site.altitude,
        "TimeZone": site.time_zone,
    }
    return ", ".join(f"{key}={shown(value)}" for key, value in pairs.items() if value is not None)


_SITE = "the project and its variants have sites of their own, which count"
_SEVERAL = "several horizon files came along and no variant names one; set the location's farShading by hand"
_HORIZON = "the variants have horizons of their own, which count"
_WEATHER = "no variant names it; send it under the name that a variant's NomF has, or POST it to /weatherdata"
