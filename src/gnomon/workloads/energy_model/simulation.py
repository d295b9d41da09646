"""The run: gather, simulate block by block, and report; a large plant's blocks are shared among children."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.core.workload import Child, ChildResult, Context, Failure, Pinned, Split
from gnomon.pv.arrays import FloatArray
from gnomon.pv.block import BlockYear, years
from gnomon.pv.plant import Block
from gnomon.pv.sky import look_up
from gnomon.pv.solarposition import Sun, sun_position
from gnomon.pv.weather import Weather, local_months
from gnomon.workloads.energy_model import blob, curtailment, outlook, report, series, share
from gnomon.workloads.energy_model.blocks import (
    Surroundings,
    gather,
    interconnection,
    pv_blocks,
    surroundings,
)
from gnomon.workloads.energy_model.check import check_energy_model
from gnomon.workloads.energy_model.document import EnergyModel
from gnomon.workloads.energy_model.notes import notes
from gnomon.workloads.energy_model.options import PlantOptions, Settings
from gnomon.workloads.energy_model.report import Part, PlantSum
from gnomon.workloads.energy_model.sizing import component_notes, ratio_notes
from gnomon.workloads.energy_model.weather import check_arrays, read
from gnomon.workloads.energy_model.work import Work, work_of

BLOCKS_KIND = "energy_model_blocks"
_MOST_POWER = 1e30  # W; far above any block, and sums of it stay finite


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a run wants of each block besides its year.

    Attributes
    ----------
    details
        Its shade, what clips it, and what each step took.
    made
        What its inverters make, for a limit that they hold.
    ageing
        Shares of the modules' power that are gone in the years that are simulated.
    """

    details: bool
    made: bool
    ageing: Mapping[str, float]


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
    shares = share.share_out(len(work.blocks), ready.weather.label.size)
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
    sun = sun_position(ready.weather.time, work.site)
    total, parts = PlantSum(), []
    every = share.groups(len(work.blocks))
    for some, of_group in _simulate(work, every, (ready.weather, sun), _wanted(ready), ctx):
        total.merge(of_group)
        parts += some
    return _result(ready, parts, total, sun, ctx)


def run_blocks(given: Json, ctx: Context) -> Json:
    """Run a share of an energy model's blocks; everything it needs is in its input and the blob it names."""
    work = work_of(given["work"])
    seen = share.load_seen(ctx.get(given["seen"]), work.site)
    groups = [range(*group) for group in given["groups"]]
    return {
        "groups": [
            {"parts": parts, "sum": ctx.put(series.dump(of_group.columns))}
            for parts, of_group in _simulate(work, groups, seen, Wanted(**given["wanted"]), ctx)
        ]
    }


def join(given: Json, children: Sequence[ChildResult], state: Json, ctx: Context) -> Json:
    """Make the result of the children's groups: the same bytes as a run in one."""
    ctx.progress(90, "saving")
    ready = prepare(given, ctx)
    _, sun = share.load_seen(ctx.get(state["seen"]), gather(ready.given, ready.around, ready.pinned).site)
    total, parts = PlantSum(), []
    for group in (group for child in children for group in child.result["groups"]):
        ctx.checkpoint()
        total.merge(PlantSum.of(group["parts"], series.load(ctx.get(group["sum"]))))
        parts += group["parts"]
    return _result(ready, parts, total, sun, ctx)


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


def _split(ready: Prepared, work: Work, shares: Sequence[Sequence[range]], ctx: Context) -> Split:
    seen = ctx.put(share.dump_seen(ready.weather, sun_position(ready.weather.time, work.site)))
    children = (
        {
            "groups": [[group.start, group.stop] for group in groups],
            "seen": seen,
            "work": work.as_json(groups[0].start, groups[-1].stop),
            "wanted": asdict(_wanted(ready)),
        }
        for groups in shares
    )
    return Split(
        children=tuple(Child(kind=BLOCKS_KIND, input=each) for each in children), state={"seen": seen}
    )


def _wanted(ready: Prepared) -> Wanted:
    output, plant = ready.given.get("output") or {}, ready.plant
    return Wanted(
        details=any(output.get(flag) for flag in ("lossBreakdownTimestamps", "fullTimeSeries")),
        made=plant.limit_at_inverters,
        ageing=outlook.ageing(plant.degradation),
    )


def _simulate(
    work: Work, groups: Sequence[range], seen: tuple[Weather, Sun], wanted: Wanted, ctx: Context
) -> Iterator[tuple[list[Part], PlantSum]]:
    """Yield the parts and the sum of each group; the groups make up the blocks of the work."""
    blocks, first = _pv_blocks(work), groups[0].start
    ctx.progress(10, "calculating")
    lives = [[block, *outlook.aged(block, wanted.ageing).values()] for block in blocks]
    coming = _years([block for life in lives for block in life], *seen)
    for group in groups:
        total, parts = PlantSum(), []
        for bundle in share.bundles(group, seen[0].label.size):
            some = ((index, blocks[index - first]) for index in bundle)
            parts += _stored(some, coming, seen[0], total, wanted, ctx)
            ctx.progress(10 + 80 * (bundle.stop - first) / len(blocks), "calculating")
        yield parts, total


def _years(blocks: Sequence[Block], weather: Weather, sun: Sun) -> Iterator[BlockYear]:
    # What overflows on the way shows in the result, which is refused then.
    with np.errstate(all="ignore"):
        coming = years(blocks, look_up(weather, sun), sun)
    for block in blocks:
        try:
            with np.errstate(all="ignore"):
                year = next(coming)
        except (ArithmeticError, ValueError) as error:
            raise Failure("cannot_simulate", str(error)) from error
        sound = np.abs(year.p_grid) < _MOST_POWER
        if not sound.all():
            row = int(np.argmin(sound))
            message = f"{block.name or 'a block'}: row {row} gives {year.p_grid[row]:g} W; check module and inverter"
            raise Failure("cannot_simulate", message)
        yield year


def _stored(
    some: Iterable[tuple[int, Block]],
    coming: Iterator[BlockYear],
    weather: Weather,
    total: PlantSum,
    wanted: Wanted,
    ctx: Context,
) -> list[Part]:
    """Store the series of a few blocks in one file, add them to a sum, and return their parts."""
    parts: list[Part] = []
    columns: dict[str, series.Columns] = {}
    of_block: dict[str, FloatArray] = {}
    for index, block in some:
        ctx.checkpoint()
        year = next(coming)
        part, of_block = report.block_part(index, block, year, weather), report.block_columns(year, weather)
        if wanted.details:
            of_block |= report.detail_columns(block, year)
        if wanted.made:
            of_block[curtailment.MADE] = year.p_ac / 1e3
        total.add(part, of_block)
        for age in outlook.aged(block, wanted.ageing):
            total.add_later(age, next(coming).p_grid / 1e3)
        parts.append(part)
        columns[str(index)] = of_block
    alike = {name: of_block[name] for name in report.ALIKE}
    name = ctx.put(series.bundle(columns, alike))
    return [{**part, "series": name} for part in parts]


def _held_down(
    ready: Prepared, blocks: Sequence[Block], parts: Sequence[Part], total: PlantSum, ctx: Context
) -> list[Part]:
    """Work the limit that the inverters hold into parts, series and sums; return the parts."""
    weather, detailed = ready.weather, _wanted(ready).details

    def made(place: int) -> FloatArray:
        return series.load(ctx.get(parts[place]["series"]), str(parts[place]["index"]))[curtailment.MADE]

    cuts = curtailment.cuts(blocks, made, total.columns["grid_ac_power"], interconnection(ready.plant))
    if not cuts:
        return list(parts)
    month = local_months(weather.time, ready.around.utc_offset)
    left: list[Part] = []
    for name, some in itertools.groupby(zip(parts, cuts, strict=True), key=lambda pair: pair[0]["series"]):
        ctx.checkpoint()
        content, columns = ctx.get(name), {}
        of_file = list(some)
        for part, cut in of_file:
            before = series.load(content, str(part["index"]))
            columns[str(part["index"])] = curtailment.cut_columns(before, cut, detailed=detailed)
            total.columns = curtailment.cut_columns(total.columns, cut, detailed=detailed)
        alike = {key: before[key] for key in report.ALIKE}
        stored = ctx.put(series.bundle(columns, alike))
        hours = weather.step / 3600
        left += [{**curtailment.cut_part(part, cut, month, hours), "series": stored} for part, cut in of_file]
    return left


def _outlook(ready: Prepared, whole: report.Whole) -> dict[str, Any]:
    """Return the sections on the years to come and on what is exceeded how surely, where they are asked for."""
    weather, plant = ready.weather, ready.plant
    to_mwh = weather.step / 3.6e6
    sections: dict[str, Any] = {}
    if plant.degradation is not None:
        energies = {year: float(poi.sum()) * to_mwh for year, poi in whole.later.items()}
        sections["lifetime"] = outlook.life(plant.degradation, energies)
    uncertainties = Settings.model_validate(ready.given.get("settings") or {}).uncertainties
    if uncertainties is not None:
        energy = whole.columns["poi_ac_power"] * to_mwh
        yearly = outlook.whole_years(weather.time, weather.step, ready.around.utc_offset, energy)
        sections["exceedance"] = outlook.likely(float(energy.sum()), uncertainties, yearly)
    return sections


def _result(ready: Prepared, parts: Sequence[Part], total: PlantSum, sun: Sun, ctx: Context) -> Json:
    ctx.progress(92, "saving")
    model, work = EnergyModel.model_validate(ready.given), gather(ready.given, ready.around, ready.pinned)
    if ready.plant.limit_at_inverters:
        parts = _held_down(ready, _pv_blocks(work), parts, total, ctx)
    whole = report.plant_whole(total, ready.weather, ready.plant, ready.around.utc_offset)
    stored = ctx.put(series.dump(whole.columns))
    figures = report.summary(parts, whole, ready.weather, ready.plant)
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
        **_outlook(ready, whole),
        "settings": report.settings(ready.weather, ready.around, work.options()),
        "warnings": [
            *notes(model, ready.around.weather, ready.weather, sun),
            *ratio_notes(parts),
            *component_notes(work, ready.weather, sun),
        ],
        "series": {"plant": stored, "blocks": {str(part["index"]): part["series"] for part in parts}},
    }
    # Through JSON once, so that a run in one and a joined run hold the same types.
    return json.loads(json.dumps(result, allow_nan=False))
