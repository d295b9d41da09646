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
from gnomon.workloads.energy_model import blob, curtailment, outlook, report, series, share, sheet
from gnomon.workloads.energy_model.blocks import (
    Surroundings,
    gather,
    interconnection,
    lacks_soiling,
    pv_blocks,
    surroundings,
)
from gnomon.workloads.energy_model.check import check_energy_model, check_weather
from gnomon.workloads.energy_model.defaults import Laid, defaults_notes, lay_under, left_out, of_workspace
from gnomon.workloads.energy_model.document import EnergyModel
from gnomon.workloads.energy_model.holding import Rows, Stored, hold
from gnomon.workloads.energy_model.notes import few_alike, notes, place_name_notes, place_notes, zone_notes
from gnomon.workloads.energy_model.options import PlantOptions, Settings
from gnomon.workloads.energy_model.report import PlantSum
from gnomon.workloads.energy_model.scene_notes import scene_notes
from gnomon.workloads.energy_model.sheet import Part
from gnomon.workloads.energy_model.sizing import component_notes, plant_notes, ratio_notes
from gnomon.workloads.energy_model.standing import Standings
from gnomon.workloads.energy_model.weather import read
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
    """A run made ready: its input and surroundings, without stand-ins, checked, over the workspace's defaults."""

    given: Mapping[str, Any]
    pinned: tuple[Pinned, ...]
    around: Surroundings
    weather: Weather
    laid: Laid

    @property
    def plant(self) -> PlantOptions:
        """The options of the plant behind its blocks."""
        return PlantOptions.model_validate(self.given.get("plant") or {})

    @property
    def uncertainties(self) -> Mapping[str, float] | None:
        """The doubts about the energy, where they are told."""
        return Settings.model_validate(self.given.get("settings") or {}).uncertainties

    @property
    def years(self) -> int:
        """How many whole years the weather is; 0 when what follows from a year cannot be told."""
        return outlook.years_covered(self.weather.label.size, self.weather.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some blocks that follow one another: what is stored of them, and their sum."""

    stored: Stored
    total: PlantSum


def run(given: Json, ctx: Context) -> Json | Split:
    """Run an energy model; a large one is split.

    Raises
    ------
    Failure
        If the input or something it refers to cannot be simulated; the message says what to give.
    """
    ready, work = _ready(given, ctx)
    years = 1 + len(_wanted(ready).ageing)
    shares = share.share_out(len(work.blocks), years * ready.weather.label.size)
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
    work = gather(ready.given, ready.around, ready.pinned, ctx.get)
    _pv_blocks(work)
    ctx.progress(5, "processing")
    return ready, work


def _whole(ready: Prepared, work: Work, ctx: Context) -> Json:
    sun = sun_position(ready.weather.time, work.site)
    every = share.groups(len(work.blocks))
    groups = _simulate(work, every, (ready.weather, sun), _wanted(ready), ctx)
    return _result(ready, groups, sun, ctx)


def run_blocks(given: Json, ctx: Context) -> Json:
    """Run a share of an energy model's blocks; everything it needs is in its input and the blobs it names."""
    work = work_of(json.loads(ctx.get(given["work"])), ctx.get)
    seen = share.load_seen(ctx.get(given["seen"]), work.site)
    groups = [range(*group) for group in given["groups"]]
    return {
        "groups": [
            _apart(group, ctx) for group in _simulate(work, groups, seen, Wanted(**given["wanted"]), ctx)
        ]
    }


def _apart(group: Group, ctx: Context) -> Json:
    """Store a group, and return the names of all its files: what is not named is not kept."""
    return {
        "parts": ctx.put(json.dumps(group.stored.parts, allow_nan=False).encode()),
        "sheets": group.stored.sheets,
        "sum": ctx.put(group.total.dump()),
        "series": list(dict.fromkeys(part["series"] for part in group.stored.parts)),
    }


def join(given: Json, children: Sequence[ChildResult], state: Json, ctx: Context) -> Json:
    """Make the result of the children's groups: the same bytes as a run in one."""
    ctx.progress(90, "saving")
    ready = prepare(given, ctx)
    _, sun = share.load_seen(
        ctx.get(state["seen"]), gather(ready.given, ready.around, ready.pinned, ctx.get).site
    )
    return _result(ready, _fetched(children, ctx), sun, ctx)


def _fetched(children: Sequence[ChildResult], ctx: Context) -> Iterator[Group]:
    for group in (group for child in children for group in child.result["groups"]):
        ctx.checkpoint()
        stored = Stored(parts=json.loads(ctx.get(group["parts"])), sheets=group["sheets"])
        yield Group(stored=stored, total=PlantSum.load(ctx.get(group["sum"])))


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
    laid = _over_defaults(document, pinned)
    document = laid.document
    around = surroundings(document, pinned)
    _refuse(check_weather(around.weather))
    weather = read(around.weather, around.utc_offset)
    dirt = of_workspace(pinned).get("soiling")
    if dirt is not None and lacks_soiling(document, around):
        laid = laid.with_soiling(dirt)
    return Prepared(given=document, pinned=pinned, around=around, weather=weather, laid=laid)


def _over_defaults(document: Mapping[str, Any], pinned: Sequence[Pinned]) -> Laid:
    laid = lay_under(document, of_workspace(pinned), left_out(document, pinned))
    if laid.values:
        _refuse(check_energy_model(laid.document), laid.note())
    return laid


def _refuse(complaints: Iterable[Complaint], *also: str) -> None:
    messages = [complaint.message for complaint in complaints]
    if messages:
        raise Failure("invalid_input", "; ".join((*messages, *also)))


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
            **_handed_on(work, groups, ctx),
            "wanted": asdict(_wanted(ready)),
        }
        for groups in shares
    )
    return Split(
        children=tuple(Child(kind=BLOCKS_KIND, input=each) for each in children), state={"seen": seen}
    )


def _handed_on(work: Work, groups: Sequence[range], ctx: Context) -> dict[str, Any]:
    """Return the names of a child's part of the work, and of the scenes' tables that stand apart from it."""
    named: list[str] = []

    def put(content: bytes) -> str:
        named.append(ctx.put(content))
        return named[-1]

    part = work.as_json(groups[0].start, groups[-1].stop, put)
    return {"work": ctx.put(json.dumps(part).encode()), "tables": list(dict.fromkeys(named))}


def _wanted(ready: Prepared) -> Wanted:
    output, plant = ready.given.get("output") or {}, ready.plant
    return Wanted(
        details=any(output.get(flag) for flag in ("lossBreakdownTimestamps", "fullTimeSeries")),
        made=plant.limit_at_inverters,
        ageing=outlook.ageing(plant.degradation) if ready.years else {},
    )


def _simulate(
    work: Work, groups: Sequence[range], seen: tuple[Weather, Sun], wanted: Wanted, ctx: Context
) -> Iterator[Group]:
    """Yield each group; the groups make up the blocks of the work."""
    blocks, first = _pv_blocks(work), groups[0].start
    ctx.progress(10, "calculating")
    lives = (each for block in blocks for each in (block, *outlook.aged(block, wanted.ageing).values()))
    coming = _years(lives, *seen)
    for group in groups:
        total = PlantSum()
        parts: list[Part] = []
        sheets: list[str] = []
        for of_sheet in share.sheets(group):
            told: list[Part] = []
            for bundle in share.bundles(of_sheet, seen[0].label.size):
                some = ((index, blocks[index - first]) for index in bundle)
                told += _stored(some, coming, seen[0], total, wanted, ctx)
                ctx.progress(10 + 80 * (bundle.stop - first) / len(blocks), "calculating")
            sheets.append(ctx.put(sheet.dump(told)))
            parts += [sheet.figures(part) for part in told]
        yield Group(stored=Stored(parts=parts, sheets=sheets), total=total)


def _years(blocks: Iterable[Block], weather: Weather, sun: Sun) -> Iterator[BlockYear]:
    # What overflows on the way shows in the result, which is refused then.
    with np.errstate(all="ignore"):
        ahead, beside = itertools.tee(blocks)
        coming = years(ahead, look_up(weather, sun), sun)
    for block in beside:
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
            of_block |= report.detail_columns(year)
        if wanted.made:
            of_block[curtailment.MADE] = year.p_ac / 1e3
        total.add(part, of_block)
        for age in outlook.aged(block, wanted.ageing):
            total.add_later(age, next(coming).p_grid / 1e3)
        parts.append(part)
        columns[str(index)] = of_block
    name = ctx.put(series.bundle(columns, {name: of_block[name] for name in report.ALIKE} | _same(columns)))
    return [{**part, "series": name} for part in parts]


def _same(columns: Mapping[str, series.Columns]) -> dict[str, FloatArray]:
    """Return the columns that blocks of equal modules on equal mounts have in common: the very same arrays."""
    first, *others = columns.values()
    return {name: rows for name, rows in first.items() if others and all(of[name] is rows for of in others)}


def _held_down(ready: Prepared, work: Work, stored: Stored, total: PlantSum, ctx: Context) -> Stored:
    month, point = local_months(ready.weather.time, ready.around.utc_offset), interconnection(ready.plant)
    rows = Rows(
        month=month,
        available=report.available_in(ready.weather, month, point),
        hours=ready.weather.step / 3600,
        detailed=_wanted(ready).details,
    )
    return hold(_pv_blocks(work), stored, total, point, rows, ctx)


def _outlook(ready: Prepared, whole: report.Whole) -> dict[str, Any]:
    """Return the sections on the years to come and on what is exceeded how surely, where they are asked for."""
    if not ready.years:
        return {}
    weather, plant = ready.weather, ready.plant
    # Of several years of weather their mean stands for each.
    to_mwh = weather.step / 3.6e6 / ready.years
    sections: dict[str, Any] = {}
    if plant.degradation is not None:
        energies = {year: float(poi.sum()) * to_mwh for year, poi in whole.later.items()}
        sections["lifetime"] = outlook.life(plant.degradation, energies)
    if ready.uncertainties is not None:
        energy = whole.columns["poi_ac_power"] * to_mwh
        yearly = outlook.whole_years(weather.time, weather.step, ready.around.utc_offset, energy)
        aged = [each["energy_mwh"] for each in sections.get("lifetime", {}).get("years", ())]
        sections["exceedance"] = outlook.likely(aged or [float(energy.sum())], ready.uncertainties, yearly)
    return sections


def _together(groups: Iterable[Group]) -> tuple[Stored, PlantSum]:
    total = PlantSum()
    parts: list[Part] = []
    sheets: list[str] = []
    for group in groups:
        total.merge(group.total)
        parts += group.stored.parts
        sheets += group.stored.sheets
    return Stored(parts=parts, sheets=sheets), total


def _warnings(
    ready: Prepared, work: Work, model: EnergyModel, parts: Sequence[Part], sun: Sun, energy_mwh: float
) -> Iterator[str]:
    yield from defaults_notes(ready.laid, ready.pinned)
    yield from place_name_notes(ready.given.get("location"))
    yield from zone_notes(ready.around.place)
    told = notes(model, ready.around.weather, ready.weather, sun)
    yield from (note for note in told if not ready.laid.is_about_default(note))
    yield from place_notes(model, ready.around.place)
    yield from _untold(ready)
    yield from ratio_notes(parts)
    yield from plant_notes(parts, ready.plant, energy_mwh)
    yield from component_notes(work, ready.weather, sun)


def _untold(ready: Prepared) -> Iterator[str]:
    asked = (
        (ready.plant.degradation, "plant.degradation", "lifetime"),
        (ready.uncertainties, "settings.uncertainties", "exceedance"),
    )
    for given, place, section in asked:
        if given is not None and not ready.years:
            yield f"{place}: the weather is not of whole years, so that there is no {section}; give a year of rows"


def _result(ready: Prepared, groups: Iterable[Group], sun: Sun, ctx: Context) -> Json:
    stored, total = _together(groups)
    ctx.progress(92, "saving")
    model, work = (
        EnergyModel.model_validate(ready.given),
        gather(ready.given, ready.around, ready.pinned, ctx.get),
    )
    if ready.plant.limit_at_inverters:
        stored = _held_down(ready, work, stored, total, ctx)
    parts = stored.parts
    whole = report.plant_whole(total, ready.weather, ready.plant, ready.around.utc_offset)
    plant_series = ctx.put(series.dump(whole.columns))
    figures = report.summary(parts, whole, ready.weather, ready.plant)
    result = {
        "model_version": report.MODEL_VERSION,
        "name": (model.output and model.output.name) or model.name,
        "summary": figures,
        "location": report.location(ready.around),
        "local_time": report.local_time(ready.weather, ready.around),
        "plant": report.plant_facts(parts, ready.plant),
        "losses": whole.losses,
        "blocks": [{key: value for key, value in part.items() if key != "series"} for part in parts],
        "monthly": report.monthly(whole, ready.weather, ready.around.utc_offset, figures["dc_capacity_kw"]),
        **_outlook(ready, whole),
        "settings": report.settings(ready.weather, ready.around, work.options()) | ready.laid.told(),
        "warnings": list(
            few_alike(
                (
                    *_warnings(ready, work, model, parts, sun, figures["annual_energy_mwh"]),
                    *scene_notes(model, Standings(ready.pinned, ctx.get)),
                )
            )
        ),
        "series": {
            "plant": plant_series,
            "blocks": {str(part["index"]): part["series"] for part in parts},
        },
        "block_details": stored.sheets,
    }
    # Through JSON once, so that a run in one and a joined run hold the same types.
    return json.loads(json.dumps(result, allow_nan=False))
