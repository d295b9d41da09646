"""The horizon of a location: the contract's `farShading`, read as points of azimuth and elevation.

Elevations come evenly spaced clockwise from north, or with their azimuths, or as an object with an azimuth for
each key.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, TypeAlias

Points: TypeAlias = tuple[tuple[float, float], ...]

ELEVATIONS, AZIMUTHS = "farShadingElevationAngles", "farShadingAzimuthAngles"
_MOST = 3601  # a point every tenth of a degree, and north again


def profile(far: Any) -> Points:
    """Return a horizon's points, azimuth clockwise from north and elevation [degrees], in the order given.

    Raises
    ------
    ValueError
        If there is no profile in it; the message says what to give.
    """
    if isinstance(far, list):
        return _even(far)
    if not isinstance(far, dict) or not far:
        raise ValueError(f"give an object with {ELEVATIONS}, the horizon's elevations [degrees]")
    given = far.get(ELEVATIONS)
    if isinstance(given, dict):
        return _by_azimuth(given)
    if given is None and AZIMUTHS not in far:
        return _by_azimuth(far)
    if not isinstance(given, list):
        raise ValueError(f"give {ELEVATIONS}, a list of elevations [degrees] clockwise from north")  # noqa: TRY004 - the caller's value
    azimuths = far.get(AZIMUTHS)
    return _even(given) if azimuths is None else _paired(azimuths, given)


def unknown_keys(far: Any) -> tuple[str, ...]:
    """Return the keys of a horizon that say nothing: those beside the elevations, but for their azimuths."""
    if not isinstance(far, dict) or ELEVATIONS not in far:
        return ()
    known = (ELEVATIONS, AZIMUTHS) if isinstance(far[ELEVATIONS], list) else (ELEVATIONS,)
    return tuple(key for key in far if key not in known)


def _even(elevations: Sequence[Any]) -> Points:
    return _checked([(360.0 * place / len(elevations), each) for place, each in enumerate(elevations)])


def _paired(azimuths: Any, elevations: Sequence[Any]) -> Points:
    if not isinstance(azimuths, list) or len(azimuths) != len(elevations):
        count = len(azimuths) if isinstance(azimuths, list) else "no"
        raise ValueError(f"{len(elevations)} elevations and {count} azimuths; give as many of each")
    return _checked(list(zip(azimuths, elevations, strict=True)))


def _by_azimuth(given: Mapping[str, Any]) -> Points:
    try:
        return _checked([(float(azimuth), elevation) for azimuth, elevation in given.items()])
    except (OverflowError, TypeError) as error:
        raise ValueError(str(error)) from error
    except ValueError as error:
        if "could not convert" not in str(error):
            raise
        raise ValueError(
            f'{error}; give {ELEVATIONS} as a list, or an object of azimuths, {{"0": 5.0, "90": 2.5}}'
        ) from error


def _checked(points: list[tuple[Any, Any]]) -> Points:
    if not 1 <= len(points) <= _MOST:
        raise ValueError(f"{len(points)} elevations; give 1 to {_MOST}")
    for place, (azimuth, elevation) in enumerate(points):
        if not _is_within(azimuth, -360, 360):
            raise ValueError(
                f"azimuth {place} is {azimuth!r:.40}; give -360 to 360 degrees, clockwise from north"
            )
        if not _is_within(elevation, -90, 90):
            raise ValueError(
                f"elevation {place} is {elevation!r:.40}; give -90 to 90 degrees above the level"
            )
    return tuple((float(azimuth), float(elevation)) for azimuth, elevation in points)


def _is_within(value: Any, low: float, high: float) -> bool:
    return type(value) in (float, int) and isfinite(value) and low <= value <= high
