"""`gnomon demo`: a plant of real components under a real year's weather, through the HTTP API of a real server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

_MODULE = "ET-M772BH550GL.PAN"
_INVERTER = "CPS-SCH275KTL-DO-US-800.OND"
_WEATHER = "723170TYA.CSV"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weather:
    """A typical year in the words of the API, and where it was measured."""

    place: Mapping[str, Any]
    columns: Mapping[str, Sequence[float]]


def demo(data: Path, blocks: int, picture: Path | None) -> None:
    """Run the demo from start to end; the saved result stays in the data folder.

    Raises
    ------
    click.ClickException
        When the weather reader is not installed, the server does not start, or the run fails.
    """
    console = Console(record=picture is not None)
    weather = _read_weather()
    with _server(data) as address, httpx.Client(base_url=address, timeout=60) as client:
        console.print(f"The server listens on {address} and keeps everything in [bold]{data}[/].")
        _sign_in(client, data)
        plant = _describe_plant(client, weather, blocks, console)
        queued = _post(client, "/energymodels?async=true", plant)
        number = queued["energyModelId"]
        _follow(client, queued["taskDetails"]["taskId"], console)
        model = _ask(client, f"/energymodels/{number}?include=summary")
        _show(model, console)
        console.print(f"\nSaved as energy model {number} in {data}: [bold]GET /energymodels/{number}[/]")
        console.print(f"Keep it running with [bold]gnomon serve --data {data}[/]")
    console.print("The server has stopped.")
    if picture is not None:
        console.save_svg(str(picture), title="gnomon demo")


@contextmanager
def _server(data: Path) -> Iterator[str]:
    """Start a server of its own on a free port, and stop it as a person would."""
    command = [sys.executable, "-m", "gnomon.cli.main", "serve", "--data", str(data), "--port", "0"]
    # The demo is the same whatever the caller has set for a server of their own.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GNOMON_")}
    process = subprocess.Popen(
        [*command, "--log-level", "warning"], stdout=subprocess.PIPE, text=True, env=clean
    )
    try:
        yield _wait_for_address(process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _wait_for_address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if "listens on" in line:
            return next(word for word in line.split() if word.startswith("http://"))
    raise click.ClickException("The server did not start; its message stands above.")


def _sign_in(client: httpx.Client, data: Path) -> None:
    keys = json.loads((data / "keys.json").read_text())
    body = {"workspace": keys["workspace_api_key"], "user": keys["user_api_key"]}
    client.headers["Authorization"] = f"Bearer {_post(client, '/auth/token', body)['token']}"


def _read_weather() -> _Weather:
    if find_spec("pvlib") is None:
        raise click.ClickException(
            "The demo reads its weather with pvlib: pip install '.[pv]' in a clone of Gnomon."
        )
    from pvlib.iotools import read_tmy3

    year, about = read_tmy3(files("pvlib") / "data" / _WEATHER, map_variables=True)
    place = {
        "name": about["Name"].strip('"').title(),
        "latitude": about["latitude"],
        "longitude": about["longitude"],
        "elevation": about["altitude"],
    }
    names = {"ghi": "ghi", "dni": "dni", "dhi": "dhi", "temp_air": "temperature", "wind_speed": "windSpeed"}
    # TMY3 has one row an hour in local standard time, January first: the API's form of 8760 rows without dates.
    return _Weather(place=place, columns={wire: year[name].tolist() for name, wire in names.items()})


def _describe_plant(
    client: httpx.Client, weather: _Weather, blocks: int, console: Console
) -> Mapping[str, Any]:
    location = _post(client, "/locations", weather.place)
    north, east = _degrees(location["latitude"], "NS"), _degrees(location["longitude"], "EW")
    height, zone = location["elevation"], location["timeZoneName"]
    console.print(f"Location {location['id']}: {location['name']}, {north} {east}, {height:.0f} m, {zone}")
    _post(client, "/weatherdata", {"name": _WEATHER, "locationId": location["id"], **weather.columns})
    module = _upload(client, "/modules", _MODULE)
    inverter = _upload(client, "/inverters", _INVERTER)
    console.print(f"Module {module['id']}: {module['model']}; inverter {inverter['id']}: {inverter['model']}")
    row = [_block(index, blocks, module["id"], inverter["id"]) for index in range(blocks)]
    return {"name": "Demo plant", "locationId": location["id"], "blocks": row, "output": {"timeSeries": True}}


def _degrees(angle: float, sides: str) -> str:
    return f"{abs(angle):.2f} {sides[angle < 0]}"


def _block(index: int, blocks: int, module: int, inverter: int) -> Mapping[str, Any]:
    """Describe ten inverters of 250 kW; each block faces a little further west than the one before."""
    azimuth = 170 + 20 * index / max(blocks - 1, 1)
    return {
        "name": f"Block {index + 1}",
        "moduleId": module,
        "inverterId": inverter,
        "array": {"stringCount": 18, "stringLength": 28},
        "layout": {"arrayType": "fixed", "gcr": 0.4, "azimuth": azimuth, "axisTilt": 0, "tilt": 25},
        "shading": {"farShading": False, "nearShading": "unlimited", "electricalImpact": False},
        "losses": {
            "moduleQuality": 0.0,
            "mismatch": 0.01,
            "dcohmic": 0.01,
            "lid": 0.015,
            "stringVoltageMismatch": 0.001,
            "invAuxLoss": True,
            "uC": 29,
            "uV": 0,
        },
        "acSystem": {
            "numberOfInverters": 10,
            "losses": {"acohmicLoss": 0.005, "transformer": {"ironLoss": 0.001, "copperLoss": 0.008}},
        },
        "albedo": dict.fromkeys(_MONTHS, 0.2),
    }


def _follow(client: httpx.Client, task: int, console: Console) -> None:
    """Show the task's own progress until it ends."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("queued", total=100)
        while True:
            record = _ask(client, f"/tasks/{task}")
            stage = record["stage"] or record["status"]
            progress.update(bar, completed=record["progress"], description=f"{stage:<12}")
            if record["status"] in {"completed", "failed", "cancelled"}:
                break
            time.sleep(0.05)
    if record["status"] != "completed":
        raise click.ClickException(f"The run {record['status']}: {record['errorMessage']}")


def _show(model: Mapping[str, Any], console: Console) -> None:
    energy = model["energyYieldSummary"]
    console.print(
        f"\n[bold]{energy['annualProductionMWh']:,.0f} MWh[/] a year from {energy['dcCapacitykW'] / 1000:,.1f} MWp, "
        f"{energy['specificYieldkWhkWp']:,.0f} kWh/kWp, performance ratio [bold]{energy['performanceRatio']:.3f}[/]\n"
    )
    table = Table(title="From sunlight to the grid", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("Step", ""):
        table.add_column(heading)
    for heading in ("Change", "Leaves"):
        table.add_column(heading, justify="right")
    losses = model["losses"]
    for account, scale, unit in (
        (losses["irradianceLossDetail"], 1, "kWh/m2"),
        (losses["energy"], 1000, "MWh"),
    ):
        _enter(table, account, scale, unit)
    console.print(table)
    _show_months(model["monthlySummary"], console)


def _enter(table: Table, account: Mapping[str, Any], scale: float, unit: str) -> None:
    """Enter one part of the ledger: what came in, what each step took and left, what went out."""
    left = account["opening"]["value"]
    table.add_row(
        account["opening"]["name"], account["opening"]["label"], "", f"[bold]{left / scale:,.1f} {unit}[/]"
    )
    for step in account["steps"]:
        left -= step["value"]
        if step["value"]:
            loss = f"{-step['loss']:+.2%}"
            table.add_row(step["name"], step["label"], loss, f"{left / scale:,.1f}")
    closing = account["closing"]
    amount = f"[bold]{closing['value'] / scale:,.1f} {unit}[/]"
    table.add_row(closing["name"], closing["label"], "", amount, end_section=True)


def _show_months(months: Sequence[Mapping[str, Any]], console: Console) -> None:
    most = max(month["energyMWh"] for month in months)
    for month in months:
        bar = "\u2588" * round(40 * month["energyMWh"] / most)
        console.print(f"  {month['month']}  [yellow]{bar:<40}[/] {month['energyMWh']:>9,.0f} MWh")


def _upload(client: httpx.Client, path: str, name: str) -> Any:
    file = _component(name)
    return _answer(client.post(path, files={"file": (name, file.read_bytes(), "application/octet-stream")}))


def _component(name: str) -> Path:
    """Find an example component beside the installed package, or in the source tree."""
    here = Path(__file__).parent
    places = (here / "plant", here.parents[2] / "examples" / "plant")
    return next(place / name for place in places if (place / name).exists())


def _post(client: httpx.Client, path: str, body: Mapping[str, Any]) -> Any:
    return _answer(client.post(path, json=body))


def _ask(client: httpx.Client, path: str) -> Any:
    return _answer(client.get(path))


def _answer(response: httpx.Response) -> Any:
    if response.is_error:
        request = response.request
        raise click.ClickException(
            f"{request.method} {request.url.path} answered {response.status_code}: {response.text}"
        )
    return response.json()
