"""What coordinates tell without a network: time zone and elevation.

Elevation is read from the coarse world map that ships with pvlib; only the map is opened, pvlib itself is not
imported.
"""

import functools
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzfpy

from gnomon.core.workload import Failure

# Standard time is asked of this year: zones change their rules, and the same input must give the same answer.
_YEAR = 2025
_NO_VALUE = 255
_METRES_PER_COUNT, _LOWEST = 28.0, -450.0


def time_zone_name(latitude: float, longitude: float) -> str:
    """Return the IANA name of the zone at the coordinates.

    Raises
    ------
    Failure
        If no zone is known there.
    """
    name = tzfpy.get_tz(longitude, latitude)
    if not name:
        raise Failure(
            "no_time_zone", f"timeZone: none is known at {latitude}, {longitude}; give timeZone [h]"
        )
    return name


def standard_offset(name: str) -> float:
    """Return a zone's standard time as hours east of Greenwich, summer time left out.

    Raises
    ------
    Failure
        If no such zone is known.
    """
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Failure(
            "no_time_zone", f"{name!r} is no IANA time zone; give one such as Europe/Zurich"
        ) from error
    seasons = (datetime(_YEAR, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7))
    return min(offset for offset in seasons if offset is not None) / timedelta(hours=1)


def elevation(latitude: float, longitude: float) -> float:
    """Return the elevation [m] from the world map of 5 arc minutes; 0 at sea.

    Raises
    ------
    Failure
        If the map or its reader is not installed.
    """
    try:
        import h5py  # optional, and slow to import where nobody asks
    except ImportError as error:
        raise _no_map() from error
    with h5py.File(_map_path(), "r") as world:
        grid = world["Altitude"]
        rows, columns = grid.shape
        row = min(int((90.0 - latitude) / 180.0 * rows), rows - 1)
        column = min(int((longitude + 180.0) / 360.0 * columns), columns - 1)
        count = int(grid[row, column])
    return 0.0 if count == _NO_VALUE else count * _METRES_PER_COUNT + _LOWEST


@functools.cache
def _map_path() -> Path:
    found = find_spec("pvlib")
    if found is None or found.origin is None:
        raise _no_map()
    return Path(found.origin).parent / "data" / "Altitude.h5"


def _no_map() -> Failure:
    return Failure(
        "no_elevation",
        "elevation: cannot be looked up here; give it [m], or install it: pip install '.[pv]' in a clone of Gnomon",
    )
