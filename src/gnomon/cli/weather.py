"""`gnomon weather`: files of weather, looked into and sent to a running server."""

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gnomon.cli.helping import Sentences

if TYPE_CHECKING:
    import httpx

    from gnomon.workloads.weather_fetch.file import WeatherFile

_FORMS = ("tmy3", "epw", "solaranywhere", "pvsyst", "nsrdb", "pvgis_tmy", "pvgis_hourly")
_BARS = "▁▂▃▄▅▆▇█"
_MOST_MONTHS = 36
_FAR = 50.0
"""Kilometres between a file's site and its location from which on it is taken for another place's."""
_HIGHER = 500.0
"""Metres of elevation that do the same."""
_LATER = 1.5
"""Hours between their standard times that do the same."""
_EARTH = 6371.0
"""Mean radius. [km]"""
_FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


def _reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how a file is read."""
    for option in (
        click.option(
            "--wind", type=float, metavar="M/S", help="Wind speed to assume where the file has none at all."
        ),
        click.option(
            "--utc-offset",
            type=float,
            metavar="HOURS",
            help="Local standard time, where the file tells none.",
        ),
        click.option(
            "--format", "form", type=click.Choice(_FORMS), help="What the file is. [default: by its content]"
        ),
    ):
        command = option(command)
    return command


@click.group(
    cls=Sentences,
    epilog="TMY3, EPW and SolarAnywhere are read by pvlib (pip install '.[pv]'), PVsyst's CSV by Gnomon itself.",
)
def weather() -> None:
    """Look into files of weather, and send them to a server."""


@weather.command()
@_FILE
@_reading
@click.option(
    "--json",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the record as POST /weatherdata takes it, too.",
)
def read(
    file: Path, form: str | None, utc_offset: float | None, wind: float | None, target: Path | None
) -> None:
    """Show what a file holds: site, period, sums by month, gaps."""
    found = _read(file, form, utc_offset, wind)
    _show(file, found)
    if target is not None:
        target.write_text(json.dumps(_record(file, found)) + "\n")
        click.echo(f"Wrote {target}; POST it to /weatherdata with a locationId.")


@weather.command()
@_FILE
@_reading
@click.option(
    "--location", type=click.IntRange(min=1), required=True, help="Number of the location it is of."
)
@click.option("--force", is_flag=True, help="Save it even if its site is plainly not the location.")
@click.option("--name", help="What the record is called. [default: the file's name]")
@click.option(
    "--url", envvar="GNOMON_URL", show_envvar=True, help="The server. [default: the one that runs on --data]"
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("gnomon-data"),
    show_default=True,
    envvar="GNOMON_DATA",
    show_envvar=True,
    metavar="DIR",
    help="The server's data folder, whose keys.json holds the key where GNOMON_KEY is not set.",
)
def upload(
    file: Path,
    form: str | None,
    utc_offset: float | None,
    wind: float | None,
    location: int,
    *,
    force: bool,
    name: str | None,
    url: str | None,
    data: Path,
) -> None:
    """Read a file and save it on a server as weather of a location."""
    found = _read(file, form, utc_offset, wind)
    with _server(url, data) as client:
        place = _asked(client.get(f"/locations/{location}"))
        apart = list(_apart(found, place))
        if apart and not force:
            told = f"{file} is of another place than location {location}, {place['name']}"
            raise click.ClickException(
                f"{told}: {'; '.join(apart)}. Nothing is saved; --force does it anyway."
            )
        for note in (*found.notes, *apart):
            click.echo(f"note: {note}")
        body = {**_record(file, found), "name": name or file.name, "locationId": location}
        saved = _asked(client.post("/weatherdata", json=body))
    click.echo(f"Saved as weather record {saved['id']} of {place['name']}: {found.rows} rows.")


def _read(file: Path, form: str | None, utc_offset: float | None, wind: float | None) -> "WeatherFile":
    """Read a file; raises `click.ClickException` with what is wrong with it."""
    from gnomon.core.workload import Failure
    from gnomon.workloads.weather_fetch.file import MeteoError, read_file

    try:
        return read_file(file.read_bytes(), form, utc_offset=utc_offset, wind=wind)
    except (MeteoError, Failure, OSError) as error:
        raise click.ClickException(f"{file}: {error}") from error


def _record(file: Path, found: "WeatherFile") -> dict[str, Any]:
    """Return the body that saves a file."""
    provenance = {"file": file.name, "format": found.form, "source": found.source, "notes": list(found.notes)}
    return {"name": file.name, "provenance": provenance, **found.document}


def _apart(found: "WeatherFile", place: Mapping[str, Any]) -> Iterator[str]:
    """Yield in what the site of a file is plainly not its location."""
    site = found.site
    if site.latitude is not None and site.longitude is not None:
        far = _distance(site.latitude, site.longitude, place["latitude"], place["longitude"])
        if far > _FAR:
            yield (
                f"the file is of {site.latitude:g}, {site.longitude:g}, "
                f"the location of {place['latitude']:g}, {place['longitude']:g}, {far:.0f} km away"
            )
    height = place.get("elevation")
    if site.elevation is not None and height is not None and abs(site.elevation - height) > _HIGHER:
        yield f"the file's site is {site.elevation:g} m high, the location {height:g} m"
    zone = place.get("timeZone")
    if isinstance(zone, int | float) and _LATER < abs(site.utc_offset - zone) < 24 - _LATER:
        yield f"the file is of UTC{site.utc_offset:+g} h, the location of UTC{zone:+g} h"


def _distance(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Return the kilometres between two places along a great circle."""
    one, other = math.radians(latitude), math.radians(to_latitude)
    north, east = other - one, math.radians(to_longitude - longitude)
    half = math.sin(north / 2) ** 2 + math.cos(one) * math.cos(other) * math.sin(east / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(min(half, 1.0)))


def _show(file: Path, found: "WeatherFile") -> None:
    from rich.console import Console

    console = Console(highlight=False)
    site = found.site
    at = (
        [f"{site.latitude:g}, {site.longitude:g}"]
        if site.latitude is not None and site.longitude is not None
        else []
    )
    at += [f"{site.elevation:g} m"] if site.elevation is not None else []
    kind = "typical year" if found.is_typical else "series"
    lines = {
        "file": f"{file.name} ({found.form})",
        "site": ", ".join([*([site.name] if site.name else []), *at, f"UTC{site.utc_offset:+g} h"]),
        "source": found.source or "not told",
        "period": f"{found.first:%Y-%m-%d %H:%M} to {found.last:%Y-%m-%d %H:%M} UTC, {kind}",
        "rows": f"{found.rows} of {found.step / 60:g} min, named by their {found.label}; {found.gaps} missing",
        "columns": ", ".join(name for name in found.document if name not in ("date", "timestampLabel")),
        "not read": ", ".join(found.unread),
    }
    for name, text in lines.items():
        if text:
            console.print(f"{name:9}{text}", markup=False, soft_wrap=True)
    for note in found.notes:
        console.print(f"note     {note}", markup=False, soft_wrap=True)
    _show_months(found)


def _show_months(found: "WeatherFile") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for heading in ("month", "GHI kWh/m2", "", "DHI kWh/m2", "air degC", "wind m/s"):
        table.add_column(heading, justify="left" if heading in ("month", "") else "right")
    months = found.months[:_MOST_MONTHS]
    most = max(each.ghi for each in months) or 1.0
    for each in months:
        bar = _BARS[min(int(each.ghi / most * len(_BARS)), len(_BARS) - 1)]
        dhi = "" if each.dhi is None else f"{each.dhi:.1f}"
        table.add_row(
            f"{each.year}-{each.month:02d}",
            f"{each.ghi:.1f}",
            bar,
            dhi,
            f"{each.temp_air:.1f}",
            f"{each.wind_speed:.1f}",
        )
    console = Console(highlight=False)
    console.print(table)
    if len(found.months) > len(months):
        console.print(f"and {len(found.months) - len(months)} more months")
    total = sum(each.ghi for each in found.months)
    console.print(f"GHI in all: {total:.1f} kWh/m2")


@contextmanager
def _server(url: str | None, data: Path) -> "Iterator[httpx.Client]":
    """Open a client with a key; raises `click.ClickException` where there is no server, or no key."""
    import httpx

    from gnomon.wiring.address import recorded_address

    address = (url or recorded_address(data) or "http://127.0.0.1:8080").rstrip("/")
    headers = {"Authorization": f"Bearer {_key(data)}"}
    try:
        with httpx.Client(base_url=address, headers=headers, timeout=60.0) as client:
            yield client
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        remedy = "Start one with gnomon serve, or name it by --url."
        raise click.ClickException(f"No server answers at {address}: {error}. {remedy}") from error


def _key(data: Path) -> str:
    if key := os.environ.get("GNOMON_KEY", "").strip():
        return key
    try:
        key = json.loads((data / "keys.json").read_text())["api_key"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = f"There is no key: set GNOMON_KEY, or name by --data the server's folder with its keys.json ({data})."
        raise click.ClickException(told) from error
    return str(key)


def _asked(answered: "httpx.Response") -> dict[str, Any]:
    """Return the body of an answer; raises `click.ClickException` with the server's words when it refuses."""
    try:
        body: Any = answered.json()
    except ValueError:
        body = None
    if answered.status_code == 200 and isinstance(body, dict):
        return body
    detail = body.get("detail") if isinstance(body, dict) else None
    if isinstance(detail, list):
        detail = "; ".join(
            str(each.get("msg", each)) if isinstance(each, dict) else str(each) for each in detail[:5]
        )
    told = detail or "it is no Gnomon, or not at this address"
    raise click.ClickException(f"{answered.request.url} answered {answered.status_code}: {told}")
