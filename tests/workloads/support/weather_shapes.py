"""Answers of providers and files of weather, written as their makers document them."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

YEARS = (2007, 2012, 2009, 2011, 2006, 2010, 2008, 2013, 2015, 2014, 2016, 2005)
"""Of which year each month of a typical year is; February's has a leap day, which typical years leave out."""


def light(hour: int) -> int:
    """Return a day's light by its hour. [W/m2]."""
    return round(800 * max(math.sin(math.pi * (hour - 6) / 12), 0))


def typical_hours() -> Iterator[datetime]:
    """Yield the beginnings of the hours of a typical year, each in its month's own year."""
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    while moment.year == 2025:
        yield moment.replace(year=YEARS[moment.month - 1])
        moment += timedelta(hours=1)


def pvgis_tmy(offset: float = 0.1761, **changed: Any) -> dict[str, Any]:
    """Write the JSON of PVGIS's `tmy`."""
    rows = [
        {
            "time(UTC)": f"{moment:%Y%m%d:%H%M}",
            "T2m": round(moment.month + moment.hour / 10, 2),
            "RH": 70.5,
            "G(h)": float(light(moment.hour)),
            "Gb(n)": 1.5 * light(moment.hour) / 2,
            "Gd(h)": float(light(moment.hour) // 4),
            "IR(h)": 300.0,
            "WS10m": 2.5,
            "WD10m": 180.0,
            "SP": 98000.0,
        }
        for moment in typical_hours()
    ]
    variables: dict[str, Any] = {"variables": {}}
    return {
        "inputs": {
            "location": {
                "latitude": 46.95,
                "longitude": 7.45,
                "irradiance_time_offset": offset,
                "elevation": 560.0,
            },
            "meteo_data": {
                "radiation_db": "PVGIS-SARAH3",
                "meteo_db": "ERA5",
                "year_min": 2005,
                "year_max": 2023,
                "use_horizon": False,
                "horizon_db": "DEM-calculated",
            },
        },
        "outputs": {
            "months_selected": [{"month": m, "year": y} for m, y in enumerate(YEARS, 1)],
            "tmy_hourly": rows,
        },
        "meta": {"inputs": variables, "outputs": {"tmy_hourly": variables}},
        **changed,
    }


def pvgis_hourly(year: int = 2020, minute: int = 10, slope: float = 0) -> dict[str, Any]:
    """Write the JSON of PVGIS's `seriescalc` for a plane, with its components."""
    start = datetime(year, 1, 1, 0, minute, tzinfo=UTC)
    count = round((datetime(year + 1, 1, 1, tzinfo=UTC) - start.replace(minute=0)) / timedelta(hours=1))
    moments = [start + timedelta(hours=hour) for hour in range(count)]
    rows = [
        {
            "time": f"{moment:%Y%m%d:%H%M}",
            "Gb(i)": float(light(moment.hour)),
            "Gd(i)": float(light(moment.hour) // 4),
            "Gr(i)": 0.0,
            "H_sun": 0.0,
            "T2m": 5.25,
            "WS10m": 1.75,
            "Int": 1.0 if moment.day == 1 else 0.0,
        }
        for moment in moments
    ]
    fixed = {"slope": {"value": slope, "optimal": False}, "azimuth": {"value": 0, "optimal": False}}
    return {
        "inputs": {
            "location": {"latitude": 46.95, "longitude": 7.45, "elevation": 560.0},
            "meteo_data": {
                "radiation_db": "PVGIS-SARAH3",
                "meteo_db": "ERA5",
                "year_min": year,
                "year_max": year,
            },
            "mounting_system": {"fixed": {**fixed, "type": "free-standing"}},
            "pv_module": {"technology": None, "peak_power": None, "system_loss": None},
        },
        "outputs": {"hourly": rows},
        "meta": {"inputs": {}, "outputs": {}},
    }


NSRDB_UNITS = (
    "Clearsky DHI Units,Clearsky DNI Units,Clearsky GHI Units,Dew Point Units,DHI Units,DNI Units,GHI Units,"
    "Solar Zenith Angle Units,Temperature Units,Pressure Units,Relative Humidity Units,Wind Direction Units,"
    "Wind Speed Units,Version"
)


def nsrdb(moments: list[datetime] | None = None, zone: int = -7, missing: int = 0) -> bytes:
    """Write NSRDB's CSV (SAM's form): two lines about the site, the names, and rows in local standard time."""
    hours = moments or [moment + timedelta(minutes=30) for moment in typical_hours()]
    lines = [
        f"Source,Location ID,City,State,Country,Latitude,Longitude,Time Zone,Elevation,Local Time Zone,{NSRDB_UNITS}",
        (
            f"NSRDB,489955,-,-,-,40.01,-105.26,{zone},1689,{zone},w/m2,w/m2,w/m2,c,w/m2,w/m2,w/m2,"
            "Degree,c,mbar,%,Degrees,m/s,4.0.0"
        ),
        "Year,Month,Day,Hour,Minute,GHI,DHI,DNI,Temperature,Wind Speed,Relative Humidity",
    ]
    for row, moment in enumerate(hours):
        temperature = -9999 if row < missing else 11.5
        values = f"{light(moment.hour)},{light(moment.hour) // 4},{light(moment.hour)},{temperature},3.1,42.5"
        lines.append(f"{moment.year},{moment.month},{moment.day},{moment.hour},{moment.minute},{values}")
    return ("\n".join(lines) + "\n").encode()


def epw(zone: float = 1.0, changed: Mapping[int, Mapping[int, str]] | None = None) -> bytes:
    """Write an EPW file: eight lines of header, then 35 fields an hour; the hour 1 ends at one o'clock.

    `changed` gives fields of rows other texts, by row and field.
    """
    head = [
        f"LOCATION,Bern,BE,CHE,TMYx,066310,46.95,7.45,{zone},560.0",
        *("DESIGN CONDITIONS,0", "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0"),
        *("HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0", "COMMENTS 1,none", "COMMENTS 2,none"),
        "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31",
    ]
    rows = []
    for row, moment in enumerate(typical_hours()):
        fields = ["0"] * 35
        fields[:6] = [str(moment.year), str(moment.month), str(moment.day), str(moment.hour + 1), "60", "?9"]
        fields[6], fields[8], fields[21] = "8.5", "65", "2.2"
        fields[13], fields[14], fields[15] = str(light(moment.hour)), "300", str(light(moment.hour) // 4)
        for place, text in (changed or {}).get(row, {}).items():
            fields[place] = text
        rows.append(",".join(fields))
    return ("\n".join([*head, *rows]) + "\n").encode()


def solaranywhere(method: str = "End of Period", kind: str = "Typical Year", wind: str = "1.5") -> bytes:
    """Write a SolarAnywhere file; rows are named by the end of their hour."""
    head = (
        '0,"Bern Switzerland",NA,1,46.95,7.45,560,"Data Version: 3.6 / Type: '
        f"{kind} / LatLon Resolution: 0.010 / Time Resolution: 60 minutes / Averaging Method: {method} / TD: No / "
        'Copyright 2010-2022 DownloadID=1"'
    )
    names = (
        "ObservationTime(LST),Global Horizontal Irradiance (GHI) W/m2,Direct Normal Irradiance (DNI) W/m2,"
        "AmbientTemperature (deg C),WindSpeed (m/s),Relative Humidity (%),ObservationTime(GMT),"
        "Diffuse Horizontal Irradiance (DIF) W/m2"
    )
    rows = []
    for start in typical_hours():
        end = start.replace(year=2000) + timedelta(hours=1)
        fields = [str(light(start.hour)), "300", "8.5", wind, "65", "", str(light(start.hour) // 4)]
        rows.append(f"{end:%m/%d/%Y %H:%M},{','.join(fields)}")
    return "\n".join([head, names, *rows, ""]).encode("iso-8859-1")


def as_bytes(value: Mapping[str, Any]) -> bytes:
    """Write JSON."""
    return json.dumps(value).encode()
