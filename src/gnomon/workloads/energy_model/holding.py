"""The limit that the inverters hold, worked into what is stored of the blocks and into the plant's sum."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gnomon.core.workload import Context
from gnomon.pv.arrays import FloatArray, FloatLike, IntArray
from gnomon.pv.plant import Block, Interconnection
from gnomon.workloads.energy_model import curtailment, report, series, sheet
from gnomon.workloads.energy_model.curtailment import Booked, Cut
from gnomon.workloads.energy_model.report import PlantSum
from gnomon.workloads.energy_model.sheet import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of a run.

    ``month`` and ``available`` tell the month of each and what is available of the plant, ``hours`` how long one is;
    ``detailed`` whether series have the loss tree's steps.
    """

    month: IntArray
    available: FloatLike
    hours: float
    detailed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Figures of blocks in their order, each with the name of its series, and the names of their sheets."""

    parts: Sequence[Part]
    sheets: Sequence[str]


def hold(
    blocks: Sequence[Block],
    stored: Stored,
    total: PlantSum,
    point: Interconnection,
    rows: Rows,
    ctx: Context,
) -> Stored:
    """Return what is stored of the blocks once their inverters hold the plant's limit; the sum changes too."""
    cuts = curtailment.cuts(
        blocks, _made(stored.parts, ctx), total.columns["grid_ac_power"], point, rows.available
    )
    if cuts is None:
        return stored
    parts: list[Part] = []
    sheets: list[str] = []
    for name in stored.sheets:
        details = sheet.load(ctx.get(name))
        some = stored.parts[len(parts) : len(parts) + len(details)]
        whole = [{**part, **more} for part, more in zip(some, details, strict=True)]
        held = list(_held(whole, cuts, total, rows, ctx))
        sheets.append(ctx.put(sheet.dump(held)))
        parts += [sheet.figures(part) for part in held]
    return Stored(parts=parts, sheets=sheets)


def _made(parts: Sequence[Part], ctx: Context) -> Callable[[int], FloatArray]:
    """Return what gives a block's column by its place; neighbours that stand in one file fetch it once."""
    name, content = "", b""

    def made(place: int) -> FloatArray:
        nonlocal name, content
        part = parts[place]
        if part["series"] != name:
            name, content = part["series"], ctx.get(part["series"])
        return series.column(content, f"{part['index']}/{curtailment.MADE}")

    return made


def _held(
    parts: Sequence[Part], cuts: Iterator[Cut], total: PlantSum, rows: Rows, ctx: Context
) -> Iterator[Part]:
    for name, some in itertools.groupby(parts, key=lambda part: str(part["series"])):
        ctx.checkpoint()
        content, columns, of_file = ctx.get(name), {}, list(some)
        books: list[Booked] = []
        for part, cut in zip(of_file, cuts, strict=False):
            before = series.load(content, str(part["index"]))
            columns[str(part["index"])] = curtailment.cut_columns(before, cut, detailed=rows.detailed)
            total.columns = curtailment.cut_columns(total.columns, cut, detailed=rows.detailed)
            books.append(curtailment.booked(cut, rows.month, rows.hours))
            total.add_months(books[-1].of_sum())
        alike = {key: before[key] for key in report.ALIKE}
        stored = ctx.put(series.bundle(columns, alike))
        yield from (
            {**curtailment.cut_part(part, book), "series": stored}
            for part, book in zip(of_file, books, strict=True)
        )
