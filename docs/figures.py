"""Draw the pictures of the pages; those on the energy model, and its loss tree, from the model itself.

    python docs/figures.py

The plant is `tracker-plant.json` beside this file under the typical year that pvlib ships, as on the page. The
tests fail when a picture or the tree on the page is not what this script writes.
"""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.core.workload import Pinned
from gnomon.pv import clearsky, irradiance, partial_shade, pvarray
from gnomon.pv.arrays import FloatArray
from gnomon.pv.block import simulate_block
from gnomon.pv.loss import CAPTIONS, Account
from gnomon.pv.mount import FixedMount, Mount, TrackerMount
from gnomon.pv.plant import Plant
from gnomon.pv.plant_year import PlantYear, simulate_plant
from gnomon.pv.posture import posture
from gnomon.pv.sky import look_up
from gnomon.pv.solarposition import Sun, standard_pressure, sun_position
from gnomon.pv.weather import Weather, interval_middle
from gnomon.workloads.energy_model.blocks import gather, interconnection, pv_blocks, surroundings
from gnomon.workloads.energy_model.options import PlantOptions
from gnomon.workloads.energy_model.weather import read
from gnomon.workloads.pvsyst_import.component import read as read_component

HERE = Path(__file__).parent
PAGE = HERE / "energy-model.md"
COMPONENTS = {"module": "ET-M772BH550GL.PAN", "inverter": "CPS-SCH275KTL-DO-US-800.OND"}
COLUMNS = {
    "ghi": "GHI (W/m^2)",
    "dni": "DNI (W/m^2)",
    "dhi": "DHI (W/m^2)",
    "temperature": "Dry-bulb (C)",
    "windSpeed": "Wspd (m/s)",
}
PAPER, INK, PALE, GRID = "#fbfcfe", "#1c2536", "#55617a", "#dde3ee"
SUN, POWER, LOSS, GAIN = "#f3c553", "#7aa5e0", "#cf5b38", "#2f8f5b"
WIDTH = 880
LEAST = 5e-5  # of what entered: a step below that would show as 0.00 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The plant of the page and its weather."""

    plant: Plant
    weather: Weather


@lru_cache(maxsize=1)
def case() -> Case:
    """Read the plant, its components and the typical year of Greensboro."""
    given = json.loads((HERE / "tracker-plant.json").read_text()) | _typical_year()
    pinned = [
        Pinned(kind=kind, number=1, id="1", revision=1, document=_component(kind, name))
        for kind, name in COMPONENTS.items()
    ]
    around = surroundings(given, pinned)
    work = gather(given, around, pinned, {}.__getitem__)
    point = interconnection(PlantOptions.model_validate(given["plant"]))
    plant = Plant(site=work.site, blocks=tuple(pv_blocks(work)), interconnection=point)
    return Case(plant=plant, weather=read(around.weather, around.utc_offset))


@lru_cache(maxsize=1)
def year() -> PlantYear:
    """Simulate the plant's year."""
    return simulate_plant(case().plant, case().weather)


def _component(kind: str, name: str) -> dict[str, Any]:
    return read_component((HERE.parent / "examples" / "plant" / name).read_bytes(), kind, name)


def _typical_year() -> dict[str, Any]:
    """Return location and weather of the file that pvlib ships, as a run's input has them."""
    found = find_spec("pvlib")
    if found is None or found.origin is None:
        raise SystemExit(
            "The pictures need the typical year that pvlib ships: pip install '.[pv]' in a clone of Gnomon."
        )
    with (Path(found.origin).parent / "data" / "723170TYA.CSV").open(newline="") as lines:
        about, names, *rows = list(csv.reader(lines))
    place = dict(zip(("latitude", "longitude", "elevation"), map(float, about[4:7]), strict=True))
    weather = {wire: [float(row[names.index(name)]) for row in rows] for wire, name in COLUMNS.items()}
    return {"location": place, "weatherData": weather}


# What is written


def tree() -> str:
    """Return the loss tree of the plant as the page's example prints it."""
    ledger = year().ledger
    return "".join(
        f"{line}\n" for account in (ledger.irradiance, ledger.energy) for line in _tree_of(account)
    )


def _tree_of(account: Account) -> Iterator[str]:
    yield f"{account.opening_name:<10} {account.opening:14,.1f}"
    for step in account.steps:
        if abs(step.loss) >= LEAST:
            yield f"{step.name:<10} {-100 * step.loss:+13.2f}%"
    yield f"{'E_POI' if account.closing_name == 'E_Grid' else account.closing_name:<10} {account.closing:14,.1f}"


def page(text: str) -> str:
    """Return the page's text with the present loss tree in it."""
    before, rest = text.split("<!-- tree -->\n```text\n")
    return f"{before}<!-- tree -->\n```text\n{tree()}```{rest.split('```', 1)[1]}"


def main() -> None:
    """Write every picture, and the loss tree into the page."""
    for name, draw in PICTURES.items():
        (HERE / "figures" / name).write_text(draw())
    PAGE.write_text(page(PAGE.read_text()))


# Drawing


def _svg(height: float, title: str, body: Sequence[str]) -> str:
    font = 'font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" font-size="14"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" {font} role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height:g}" fill="{PAPER}"/>',
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(x: float, y: float, text: str, **style: object) -> str:
    look = {"fill": INK} | {key.replace("_", "-"): value for key, value in style.items()}
    attributes = " ".join(f'{key}="{value}"' for key, value in look.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'


def _path(points: str, **style: object) -> str:
    look = {"fill": "none"} | {key.replace("_", "-"): value for key, value in style.items()}
    attributes = " ".join(f'{key}="{value}"' for key, value in look.items())
    return f'<path d="{points}" {attributes}/>'


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'


# The loss diagram

_LEFT, _FULL = 30, 300  # left edge of the trunk, and its width for all the light on level ground
_ROW, _HEAD = 25, 34


def loss_diagram() -> str:
    """Draw the year's light and energy as a trunk that each step narrows, or widens."""
    ledger = year().ledger
    light, energy = ledger.irradiance, ledger.energy
    body: list[str] = []
    scale = _FULL / light.opening
    y = _head(body, 24, light.opening * scale, SUN, f"{light.opening:,.0f} kWh/m2 on level ground", "GlobHor")
    y = _steps(body, y, light, scale, SUN, 1, 1)
    width = light.closing * scale
    y = _head(body, y, width, SUN, f"{light.closing:,.0f} kWh/m2 reach the cells", light.closing_name)
    arrow = f"M{_LEFT},{y} h{width:.1f} l{-width / 2:.1f},16 z"
    body.append(_path(arrow, fill=SUN))
    body.append(
        _text(_LEFT + width + 14, y + 13, "times area and reference efficiency", fill=PALE, font_size=12)
    )
    scale = width / energy.opening
    y = _head(body, y + 22, width, POWER, f"{energy.opening / 1e3:,.0f} MWh in the modules", "EArrNom")
    y = _steps(body, y, energy, scale, POWER, 1e3, 0)
    y = _head(
        body, y, energy.closing * scale, POWER, f"{energy.closing / 1e3:,.0f} MWh at the meter", "E_POI"
    )
    body.append(
        _text(
            _LEFT,
            y + 22,
            "Numbers in the trunk: what is left. Percentages: of what entered the step.",
            fill=PALE,
            font_size=12,
        )
    )
    title = "Loss diagram of a tracker plant, from the light on level ground to the energy at the meter"
    return _svg(y + 40, title, body)


def _head(body: list[str], y: float, width: float, colour: str, text: str, name: str) -> float:
    body += [
        _box(_LEFT, y, width, _HEAD, colour),
        _text(_LEFT + 10, y + 22, text, font_weight=600),
        _text(WIDTH - 15, y + 22, name, **_NAME),
    ]
    return y + _HEAD


_NAME = {"fill": PALE, "font_size": 12, "text_anchor": "end", "font_family": "ui-monospace, Menlo, monospace"}


def _steps(
    body: list[str], y: float, account: Account, scale: float, colour: str, unit: float, digits: int
) -> float:
    left = account.opening
    for step in account.steps:
        if abs(step.loss) >= LEAST:
            y = _step(body, y, left * scale, step.amount * scale, colour)
            after = (left - step.amount) / unit
            middle = y - _ROW / 2 + 4.5
            body += [
                _text(_LEFT + 10, middle, f"{after:,.{digits}f}", font_size=12, fill_opacity=0.75),
                _text(
                    500,
                    middle,
                    f"{-100 * step.loss:+.2f} %",
                    text_anchor="end",
                    fill=LOSS if step.amount > 0 else GAIN,
                    font_weight=600,
                ),
                _text(514, middle, CAPTIONS[step.name], font_size=13),
                _text(WIDTH - 15, middle, step.name, **_NAME),
            ]
        left -= step.amount
    return y


def _step(body: list[str], y: float, before: float, taken: float, colour: str) -> float:
    """Draw one step: the trunk, and the lane that leaves it to the right or joins it from above."""
    band = abs(taken)
    if taken < 0:
        right = _LEFT + before
        body.append(_box(_LEFT, y, before, _ROW, colour))
        notch = min(band / 2, 12.0)
        lane = f"M{right:.1f},{y} l{band / 2:.1f},{notch:.1f} l{band / 2:.1f},{-notch:.1f} v{_ROW} h{-band:.1f} z"
        body.append(_path(lane, fill=GAIN))
        return y + _ROW
    right, thick = _LEFT + before, max(band, 1.2)
    top = y + (_ROW - thick) / 2
    trunk = f"M{_LEFT},{y} h{before:.1f} V{top:.1f} h{-band:.1f} V{y + _ROW} H{_LEFT} z"
    body.append(_path(trunk, fill=colour))
    body.append(_box(right - band, top, band + 16, thick, LOSS))
    half = thick / 2 + 3
    body.append(
        _path(f"M{right + 16:.1f},{top - 3:.1f} l{half:.1f},{half:.1f} l{-half:.1f},{half:.1f} z", fill=LOSS)
    )
    return y + _ROW


# A clear day of trackers

_CLEAR_DAY, _STEP_S = np.datetime64("2025-04-15"), 300
_HOURS = (5, 20)  # shown, local standard time


def _clear_day() -> tuple[Weather, Sun]:
    """Return a day of five-minute rows without a cloud, at the plant's site."""
    site = case().plant.site
    midnight = int(_CLEAR_DAY.astype("datetime64[s]").astype(int)) - round(3600 * site.utc_offset)
    label = midnight + _STEP_S * np.arange(86400 // _STEP_S)
    time = interval_middle(label, float(_STEP_S), "start")
    sun = sun_position(time, site)
    airmass = irradiance.relative_airmass(sun.apparent_zenith) * (standard_pressure(site.altitude) / 101325.0)
    sky = clearsky.ineichen(
        sun.apparent_zenith, airmass, clearsky.DEFAULT_TURBIDITY, site.altitude, sun.dni_extra
    )
    weather = Weather(
        time=time,
        label=label,
        step=float(_STEP_S),
        ghi=sky.ghi,
        dhi=sky.dhi,
        dni=sky.dni,
        temp_air=np.full(len(time), 18.0),
        wind_speed=np.full(len(time), 2.0),
    )
    return weather, sun


def clear_day() -> str:
    """Draw how trackers turn on a clear day, and what they give beside rows that do not turn back."""
    weather, sun = _clear_day()
    block = case().plant.blocks[0]
    tracker, number = block.mount, block.ac_system.number_of_inverters
    assert isinstance(tracker, TrackerMount)
    straight = replace(tracker, backtrack=False)
    fixed = FixedMount(surface_tilt=25.0, surface_azimuth=180.0, gcr=tracker.gcr)
    limit = block.inverter.p_ac_max / 1e3
    hour = (weather.time + 3600 * sun.site.utc_offset) / 3600 % 24
    sky = look_up(weather, sun)

    def turned(mount: Mount) -> FloatArray:
        return sky.whole(np.asarray(posture(mount, sky).rotation), night=np.nan)

    def power(mount: Mount) -> FloatArray:
        return simulate_block(replace(block, mount=mount), weather, sun).p_dc / number / 1e3

    above = Axes(x=_HOURS, y=(-90, 90), left=70, top=58, width=640, height=190)
    below = Axes(x=_HOURS, y=(0, 320), left=70, top=318, width=640, height=230)
    ticks = [(hour, f"{hour}:00") for hour in range(6, 20, 2)]
    body = [
        _text(70, 34, "Rotation of the rows", font_weight=600),
        _text(240, 34, "degrees; morning is negative, the rows look east", fill=PALE, font_size=13),
        *above.grid(ticks, [(angle, f"{angle}") for angle in (-60, -30, 0, 30, 60)]),
        above.line(hour, turned(straight), stroke=LOSS, stroke_width=2, stroke_dasharray="6 4"),
        above.line(hour, turned(tracker), stroke="#2f67b5", stroke_width=3),
        above.name(18.9, 56, "follows the sun", LOSS),
        above.name(18.0, 28, "turns back", "#2f67b5"),
        _text(70, 296, "Power", font_weight=600),
        _text(130, 296, f"kW at the DC inputs of one inverter; gcr {tracker.gcr:g}", fill=PALE, font_size=13),
        *below.grid(ticks, [(kilowatt, f"{kilowatt}") for kilowatt in (0, 100, 200, 300)]),
        below.line(np.array(_HOURS), np.full(2, limit), stroke=INK, stroke_width=1),
        below.line(hour, power(fixed), stroke=PALE, stroke_width=2, stroke_dasharray="2 3"),
        below.line(hour, power(straight), stroke=LOSS, stroke_width=2, stroke_dasharray="6 4"),
        below.line(hour, power(tracker), stroke="#2f67b5", stroke_width=3),
        below.name(17.9, limit + 6, "limit of the inverter's AC power", INK),
        below.name(18.4, 120, "tracker, turns back", "#2f67b5"),
        below.name(18.4, 86, "tracker, does not: shaded", LOSS),
        below.name(18.4, 52, "fixed, 25 degrees south", PALE),
        _text(390, 588, "local standard time", fill=PALE, font_size=13, text_anchor="middle"),
    ]
    return _svg(604, "A clear day of trackers: rotation with backtracking, and power", body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """A frame that values are drawn in: what it spans, and where it stands in the picture."""

    x: tuple[float, float]
    y: tuple[float, float]
    left: float
    top: float
    width: float
    height: float

    def at(self, x: FloatArray | float, y: FloatArray | float) -> tuple[Any, Any]:
        """Return the places of values."""
        (x_0, x_1), (y_0, y_1) = self.x, self.y
        across = self.left + self.width * (np.asarray(x) - x_0) / (x_1 - x_0)
        return across, self.top + self.height * (y_1 - np.asarray(y)) / (y_1 - y_0)

    def grid(self, xs: Sequence[tuple[float, str]], ys: Sequence[tuple[float, str]]) -> Iterator[str]:
        """Yield the lines and the numbers of both axes."""
        bottom = self.top + self.height
        for value, words in xs:
            x = float(self.at(value, 0)[0])
            yield _path(f"M{x:.1f},{self.top} V{bottom}", stroke=GRID)
            yield _text(x, bottom + 18, words, fill=PALE, font_size=12, text_anchor="middle")
        for value, words in ys:
            y = float(self.at(0, value)[1])
            yield _path(f"M{self.left},{y:.1f} h{self.width}", stroke=GRID)
            yield _text(self.left - 8, y + 4, words, fill=PALE, font_size=12, text_anchor="end")

    def line(self, x: FloatArray, y: FloatArray, **style: object) -> str:
        """Return a line through values; those that are not finite are left out."""
        inside = np.isfinite(y) & (x >= self.x[0]) & (x <= self.x[1])
        across, down = self.at(x[inside], y[inside])
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across.tolist(), down.tolist(), strict=True))
        return _path(f"M{points}", stroke_linejoin="round", **style)

    def name(self, x: float, y: float, words: str, colour: str) -> str:
        """Return a line's name at a value."""
        across, down = self.at(x, y)
        return _text(float(across), float(down), words, fill=colour, font_size=13, font_weight=600)


# Electrical shading

_LIGHT, _DIFFUSE, _WARM = 800.0, 160.0, 45.0  # W/m2 with and without beam, degC


def electrical_shading() -> str:
    """Draw what a row of one module's width loses as a shadow climbs it, by the wiring of its cells."""
    module = case().plant.blocks[0].inputs[0].module
    shaded = np.linspace(0.0, 1.0, 501)
    full, low, warm = (np.full_like(shaded, value) for value in (_LIGHT, _DIFFUSE, _WARM))
    mean = pvarray.max_power_point(pvarray.calcparams_pvsyst(full - shaded * (full - low), warm, module)).p_mp
    axes = Axes(x=(0, 100), y=(0, 100), left=70, top=58, width=520, height=360)
    percents = [(value, f"{value} %") for value in (0, 20, 40, 60, 80, 100)]
    body = [
        _text(70, 34, "Power lost", font_weight=600),
        _text(160, 34, "share of the power without shade", fill=PALE, font_size=13),
        *axes.grid(percents, percents),
    ]
    for diodes, orientation, half_cut, colour, words, height in _WIRINGS:
        across = partial_shade.wiring(
            diodes, half_cut=half_cut, orientation=orientation, cells_in_series=module.cells_in_series
        )
        shade = partial_shade.row_shade(shaded, full, low, warm, module, across)
        lost = 100.0 * (1.0 - (1.0 - shade.loss) * mean / mean[0])
        style = {"stroke_dasharray": "6 4"} if across is None else {}
        body.append(axes.line(100.0 * shaded, lost, stroke=colour, stroke_width=2.5, **style))
        body.append(_text(606, height, words, fill=colour, font_size=13, font_weight=600))
    body += [
        _text(
            330,
            458,
            "share of the row's width in shadow, from its lower edge up",
            fill=PALE,
            font_size=13,
            text_anchor="middle",
        ),
        _text(606, 330, f"{_LIGHT:.0f} W/m2, of which {_DIFFUSE:.0f}", fill=PALE, font_size=12),
        _text(606, 347, f"without beam; cells at {_WARM:.0f} degC;", fill=PALE, font_size=12),
        _text(606, 364, "rows one module wide", fill=PALE, font_size=12),
    ]
    return _svg(476, "Power lost over the shaded share of a row, by the wiring of its modules", body)


_WIRINGS: tuple[tuple[int, Any, bool, str, str, float], ...] = (
    (1, "portrait", False, LOSS, "portrait, full cells", 130),
    (2, "portrait", True, "#2f67b5", "portrait, half-cut", 170),
    (3, "landscape", False, GAIN, "landscape, three diodes", 210),
    (0, None, False, PALE, "the light alone", 250),
)


# One log, four ways out of it

_PAPER, _EDGE, _LOG = "#fff", "#2b3a55", "#fdf3dc"
_WAYS = (
    ("wait", "a request that is held back", "answered with the version that it waited for"),
    ("poll", "a request now and then", "ETag is the version; 304 while it is the same"),
    ("stream", "a line that stays open", "replays after the number you have, then goes on"),
    ("webhook", "a POST to you", "written with its event; signed; sent until taken"),
)


def four_ways() -> str:
    """Draw how one log of a task is read by waits, polls, streams and webhooks."""
    frame = {"stroke": _EDGE, "stroke_width": 1.5}
    body = [
        _path("M30,30 h200 v330 h-200 z", fill=_PAPER, **frame),
        _text(130, 58, "one transaction", text_anchor="middle", font_weight=600),
        *(_text(130, 82 + 18 * n, words, text_anchor="middle", fill=PALE, font_size=12)
          for n, words in enumerate(("the task's new version,", "the event of that number,", "the deliveries due"))),
        _text(130, 346, "committed, then told", text_anchor="middle", fill=PALE, font_size=12),
        *_log_of(("queued", "started", "progress", "progress", "completed"), 60, 156),
    ]  # fmt: skip
    for n, (name, what, how) in enumerate(_WAYS):
        y = 30 + 86 * n
        body += [
            _path(f"M230,195 C300,195 300,{y + 36} 372,{y + 36}", stroke=_EDGE, stroke_width=1.5),
            _path(f"M372,{y + 32} l8,4 l-8,4 z", fill=_EDGE),
            _path(f"M382,{y} h468 v72 h-468 z", fill=_PAPER, **frame),
            _text(402, y + 31, name, font_weight=600, font_size=16),
            _text(500, y + 31, what),
            _text(500, y + 53, how, fill=PALE, font_size=12),
        ]
    return _svg(
        390, "A change of a task and its event are one transaction; four ways read the log of events", body
    )


def _log_of(events: Sequence[str], left: float, top: float) -> Iterator[str]:
    for n, name in enumerate(events):
        y = top + 32 * n
        yield _box(left, y, 140, 26, _LOG)
        yield _text(left + 10, y + 18, str(n + 1), font_weight=600)
        yield _text(left + 36, y + 18, f"task.{name}", font_size=12)


PICTURES: dict[str, Callable[[], str]] = {
    "loss-diagram.svg": loss_diagram,
    "clear-day.svg": clear_day,
    "electrical-shading.svg": electrical_shading,
    "four-ways.svg": four_ways,
}

if __name__ == "__main__":
    main()
