"""The run: gather, simulate block by block, and report; a large plant's blocks are shared among children."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.core.workload import Child, ChildResult, Context, Failure, Pinned, Split
from gnomon.pv.block import BlockYear, simulate_blocks
from gnomon.pv.plant import Block
from gnomon.pv.solarposition import Sun, sun_position
from gnomon.pv.weather import Weather
from gnomon.workloads.energy_model import blob, report, series
from gnomon.workloads.energy_model.blocks import Surroundings, gather, pv_blocks, surroundings
from gnomon.workloads.energy_model.check import check_energy_model
from gnomon.workloads.energy_model.document import EnergyModel
from gnomon.workloads.energy_model.notes import notes
from gnomon.workloads.energy_model.options import PlantOptions
from gnomon.workloads.energy_model.report import Part, PlantSum
from gnomon.workloads.energy_model.sizing import component_notes, ratio_notes
from gnomon.workloads.energy_model.weather import check_arrays, read
from gnomon.workloads.energy_model.work import Work, work_of

BLOCKS_KIND = "energy_model_blocks"
# Measured on one core of a small server: seconds for one row of one block, storing included.
SECONDS_PER_ROW = 6e-7
# A child's share must dwarf its start, and more children than a small server has cores win nothing.
LEAST_SECONDS, MOST_CHILDREN = 0.3, 4
# Blocks simulated between two looks at the progress and at a wish to stop.
_AT_ONCE = 8
_MOST_POWER = 1e30  # W; far above any block, and sums of it stay finite


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run made ready: its input and surroundings, without stand-ins, checked."""

    given: Mapping[str, Any]
    pinned: tuple[Pinned, ...]
    around: Surroundings
    weather: Weather

    @property
    def plant(self) -> PlantOptions:
        """The options of the plant behind its blocks."""
        return PlantOptions.model_validate(self.given.get("plant") or {})


def run(given: Json, ctx: Context) -> Json | Split:
    """Run an energy model; a large one is split.

    Raises
    ------
    Failure
        If the input or something it refers to cannot be simulated; the message says what to give.
    """
    ready, work = _ready(given, ctx)
    shares = share_out(len(work.blocks), ready.weather.label.size)
    return _whole(ready, work, ctx) if len(shares) == 1 else _split(ready, work, shares, ctx)


def run_whole(given: Json, ctx: Context) -> Json:
    """Run an energy model in one, however large.

    Raises
    ------
    Failure
        If the input or something it refers to cannot be simulated; the message says what to give.
    """
    return _whole(*_ready(given, ctx), ctx)


def _ready(given: Json, ctx: Context) -> tuple[Prepared, Work]:
    ctx.progress(0, "initializing")
    ready = prepare(given, ctx)
    work = gather(ready.given, ready.around, ready.pinned)
    _pv_blocks(work)
    ctx.progress(5, "processing")
    return ready, work


def _whole(ready: Prepared, work: Work, ctx: Context) -> Json:
    total, parts = PlantSum(), []
    for part, columns in _simulate(ready, work, ctx):
        total.add(part, columns)
        parts.append(part)
    return _result(ready, parts, total, ctx)


def run_blocks(given: Json, ctx: Context) -> Json:
    """Run a share of an energy model's blocks; everything it needs is in its input."""
    work, first = work_of(given["work"]), given["first"]
    weather = _load_weather(ctx.get(given["weather"]))
    detailed = given["loss_series"]
    return {"parts": [part for part, _ in _simulate_blocks(work, weather, first, ctx, detailed=detailed)]}


def join(given: Json, children: Sequence[ChildResult], state: Json, ctx: Context) -> Json:  # noqa: ARG001 - the core calls it so
    """Make the result of the children's parts: the same bytes as a run in one."""
    ctx.progress(90, "saving")
    ready = prepare(given, ctx)
    parts = [part for child in children for part in child.result["parts"]]
    total = PlantSum()
    for part in parts:
        ctx.checkpoint()
        total.add(part, series.load(ctx.get(part["series"])))
    return _result(ready, parts, total, ctx)


def prepare(given: Json, ctx: Context) -> Prepared:
    """Read and check all that a run needs.

    Raises
    ------
    Failure
        If something is missing or wrong.
    """
    document = blob.resolve(given, ctx.get)
    _refuse(check_energy_model(document))
    pinned = tuple(replace(each, document=blob.resolve(each.document, ctx.get)) for each in ctx.references)
    around = surroundings(document, pinned)
    _refuse(check_arrays(around.weather, ("weatherData",)))
    weather = read(around.weather, around.utc_offset)
    return Prepared(given=document, pinned=pinned, around=around, weather=weather)


def _refuse(complaints: Iterable[Complaint]) -> None:
    messages = [complaint.message for complaint in complaints]
    if messages:
        raise Failure("invalid_input", "; ".join(messages))


def _pv_blocks(work: Work) -> list[Block]:
    try:
        return pv_blocks(work)
    except ValueError as error:
        raise Failure("invalid_component", str(error)) from error


def share_out(blocks: int, rows: int) -> list[range]:
    """Return contiguous shares of the blocks, each worth a process of its own; one share for a small run."""
    seconds = blocks * rows * SECONDS_PER_ROW
    count = max(1, min(MOST_CHILDREN, blocks, int(seconds / LEAST_SECONDS)))
    edges = [round(blocks * i / count) for i in range(count + 1)]
    return [range(start, stop) for start, stop in itertools.pairwise(edges)]


def _split(ready: Prepared, work: Work, shares: Sequence[range], ctx: Context) -> Split:
    weather = ctx.put(_dump_weather(ready.weather))
    children = (
        {
            "first": share.start,
            "weather": weather,
            "work": work.as_json(share.start, share.stop),
            "loss_series": _wants_losses(ready),
        }
        for share in shares
    )
    return Split(children=tuple(Child(kind=BLOCKS_KIND, input=each) for each in children))


def _wants_losses(ready: Prepared) -> bool:
    output = ready.given.get("output") or {}
    return any(output.get(flag) for flag in ("lossBreakdownTimestamps", "fullTimeSeries"))


def _simulate(ready: Prepared, work: Work, ctx: Context) -> Iterator[tuple[Part, series.Columns]]:
    return _simulate_blocks(work, ready.weather, 0, ctx, detailed=_wants_losses(ready))


def _simulate_blocks(
    work: Work, weather: Weather, first: int, ctx: Context, *, detailed: bool
) -> Iterator[tuple[Part, series.Columns]]:
    blocks = _pv_blocks(work)
    ctx.progress(10, "calculating")
    sun = sun_position(weather.time, work.site)
    for start in range(0, len(blocks), _AT_ONCE):
        ctx.checkpoint()
        some = blocks[start : start + _AT_ONCE]
        for offset, year in enumerate(_years(some, weather, sun)):
            index = first + start + offset
            yield _stored(index, some[offset], year, weather, ctx, detailed=detailed)
        ctx.progress(10 + 80 * (start + len(some)) / len(blocks), "calculating")


def _years(blocks: Sequence[Block], weather: Weather, sun: Sun) -> tuple[BlockYear, ...]:
    try:
        # What overflows on the way shows in the result, which is refused then.
        with np.errstate(all="ignore"):
            years = simulate_blocks(blocks, weather, sun)
    except (ArithmeticError, ValueError) as error:
        raise Failure("cannot_simulate", str(error)) from error
    for block, year in zip(blocks, years, strict=True):
        sound = np.abs(year.p_grid) < _MOST_POWER
        if not sound.all():
            row = int(np.argmin(sound))
            message = f"{block.name or 'a block'}: row {row} gives {year.p_grid[row]:g} W; check module and inverter"
            raise Failure("cannot_simulate", message)
    return years


def _stored(
    index: int, block: Block, year: BlockYear, weather: Weather, ctx: Context, *, detailed: bool
) -> tuple[Part, series.Columns]:
    columns = report.block_columns(year, weather)
    if detailed:
        columns |= report.detail_columns(block, year)
    name = ctx.put(series.dump(columns))
    return report.block_part(index, block, year, weather, name), columns


def _result(ready: Prepared, parts: Sequence[Part], total: PlantSum, ctx: Context) -> Json:
    ctx.progress(92, "saving")
    whole = report.plant_whole(total, ready.weather, ready.plant, ready.around.utc_offset)
    stored = ctx.put(series.dump(whole.columns))
    model, work = EnergyModel.model_validate(ready.given), gather(ready.given, ready.around, ready.pinned)
    figures = report.summary(parts, whole, ready.weather, ready.plant)
    sun = sun_position(ready.weather.time, work.site)
    result = {
        "model_version": report.MODEL_VERSION,
        "name": (model.output and model.output.name) or model.name,
        "summary": figures,
        "location": report.location(ready.around),
        "local_time": report.local_time(ready.weather, ready.around),
        "plant": report.plant_facts(parts, ready.plant),
        "losses": report.losses(parts, whole),
        "blocks": [{key: value for key, value in part.items() if key != "series"} for part in parts],
        "monthly": report.monthly(whole, ready.weather, ready.around.utc_offset, figures["dc_capacity_kw"]),
        "settings": report.settings(ready.weather, ready.around, dated="date" in ready.around.weather),
        "warnings": [
            *notes(model, ready.around.weather, ready.weather, sun),
            *ratio_notes(parts),
            *component_notes(work, ready.weather, sun),
        ],
        "series": {"plant": stored, "blocks": {str(part["index"]): part["series"] for part in parts}},
    }
    # Through JSON once, so that a run in one and a joined run hold the same types.
    return json.loads(json.dumps(result, allow_nan=False))


def _dump_weather(weather: Weather) -> bytes:
    columns = {name: column.astype(np.float64) for name, column in weather.columns().items()}
    return series.dump({**columns, "step": np.array([weather.step])})


def _load_weather(content: bytes) -> Weather:
    columns = series.load(content)
    step, label = float(columns.pop("step")[0]), columns.pop("label").astype(np.int64)
    return Weather(step=step, label=label, **columns)
