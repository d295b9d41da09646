"""The grid's limit held by the inverters: known only when all blocks are, so it is worked in behind them.

What inverters make is cut in the rows in which the plant would pass its limit; what follows from it is booked in
the blocks' series and loss trees, and in the plant's sums.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gnomon.pv import grid
from gnomon.pv.arrays import FloatArray, FloatLike, IntArray
from gnomon.pv.delivery import changed, deliver
from gnomon.pv.plant import Block, Interconnection
from gnomon.workloads.energy_model.losses import amended

MADE = "made_ac_power"
"""Column of what a block's inverters make before their own use [kW], stored where they hold a limit."""
Columns = dict[str, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What a block's inverters make less in the plant's bound rows, before and after, and what follows [W].

    Attributes
    ----------
    rows
        The bound rows.
    taken
        How much more each step of the loss tree takes.
    inverter, grid
        What is lost of the power out of the inverters, and of that to the grid.
    """

    rows: IntArray
    taken: Mapping[str, FloatArray]
    inverter: FloatArray
    grid: FloatArray


def cuts(
    blocks: Sequence[Block],
    made_kw: Callable[[int], FloatArray],
    grid_kw: FloatArray,
    point: Interconnection,
    available: FloatLike,
) -> Iterator[Cut] | None:
    """Return the cut of each block that holds the plant at its limit; None where it never comes near.

    Parameters
    ----------
    made_kw
        Gives the column `MADE` of a block, by its place.
    grid_kw
        What all blocks would give the plant's grid, shape (n,).
    point
        With the limit.
    available
        Of the plant in each row.
    """
    free = Interconnection(
        continuous_use=point.continuous_use,
        continuous_threshold=point.continuous_threshold,
        proportional_use=point.proportional_use,
        proportional_threshold=point.proportional_threshold,
    )
    offered, _ = grid.deliver(1e3 * grid_kw, free, available)
    rows = np.flatnonzero(offered > (np.inf if point.limit is None else point.limit))
    if not rows.size:
        return None
    before = [1e3 * made_kw(place)[rows] for place in range(len(blocks))]
    send = [partial(_to_grid, block) for block in blocks]
    left = np.broadcast_to(available, grid_kw.shape)[rows]
    after = grid.curtail(before, [block.p_ac_max for block in blocks], send, point, left)
    # One after the other: together they would be the largest thing in memory.
    return (_cut(block, rows, *powers) for block, *powers in zip(blocks, before, after, strict=True))


def _to_grid(block: Block, made: FloatArray) -> FloatArray:
    return deliver(block, made).p_grid


def _cut(block: Block, rows: IntArray, before: FloatArray, after: FloatArray) -> Cut:
    was, now = deliver(block, before), deliver(block, after)
    return Cut(
        rows=rows,
        taken=changed(block, before, after),
        inverter=was.p_inverter - now.p_inverter,
        grid=was.p_grid - now.p_grid,
    )


def cut_columns(columns: Mapping[str, FloatArray], cut: Cut, *, detailed: bool) -> Columns:
    """Return the columns of a block, or of the plant's sum, after a cut."""
    lost = dict.fromkeys(("grid_ac_power", "poi_ac_power"), cut.grid) | {
        "inverter_out_ac_power": cut.inverter
    }
    changes = {name: -power for name, power in lost.items() if name in columns}
    if detailed:
        changes |= {f"loss_{name}": more for name, more in cut.taken.items() if more.any()}
    left: Columns = dict(columns)
    for name, change in changes.items():
        column = columns[name].copy() if name in columns else np.zeros(len(columns["grid_ac_power"]))
        column[cut.rows] += change / 1e3
        left[name] = column
    return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A cut by month [kWh]: how much more each step takes, and how much less reaches the grid."""

    more: Mapping[str, FloatArray]
    less: FloatArray

    def of_sum(self) -> dict[str, FloatArray]:
        """Return what it changes in the plant's months, named as `losses.sum_of` does."""
        return {f"energy.{name}": monthly for name, monthly in self.more.items()} | {
            "energy.E_Grid": -self.less
        }


def booked(cut: Cut, month: IntArray, hours: float) -> Booked:
    """Return a cut by month; `month` is that of each row of the weather, `hours` a row's length."""

    def monthly(power: FloatArray) -> FloatArray:
        return np.bincount(month[cut.rows], weights=power * (hours / 1e3), minlength=12).astype(np.float64)

    more = {name: monthly(rows) for name, rows in cut.taken.items() if rows.any()}
    return Booked(more=more, less=monthly(cut.grid))


def cut_part(part: Mapping[str, Any], book: Booked) -> dict[str, Any]:
    """Return a block's part of the result after a cut."""
    lost, energy = float(book.less.sum()), 1e3 * part["annual_energy_mwh"]
    share = 1.0 - lost / energy if energy else 1.0
    figures = ("annual_energy_mwh", "specific_yield_kwh_kwp", "performance_ratio")
    return {
        **part,
        **{name: part[name] * share for name in figures},
        "losses": {**part["losses"], "energy": amended(part["losses"]["energy"], book.more, book.less)},
    }
