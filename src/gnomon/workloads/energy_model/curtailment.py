"""The grid's limit held by the inverters: known only when all blocks are, so it is worked in behind them.

What inverters make is cut in the rows in which the plant would pass its limit; what follows from it is booked in
the blocks' series and loss trees, and in the plant's sums.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gnomon.pv import grid
from gnomon.pv.arrays import FloatArray, IntArray
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
) -> list[Cut]:
    """Return the cut of each block that holds the plant at its limit; none where it never comes near.

    Parameters
    ----------
    made_kw
        Gives the column `MADE` of a block, by its place.
    grid_kw
        What all blocks would give the plant's grid, shape (n,).
    point
        With the limit.
    """
    free = Interconnection(
        continuous_use=point.continuous_use,
        continuous_threshold=point.continuous_threshold,
        proportional_use=point.proportional_use,
        proportional_threshold=point.proportional_threshold,
    )
    offered, _ = grid.deliver(1e3 * grid_kw, free)
    rows = np.flatnonzero(offered > (np.inf if point.limit is None else point.limit))
    if not rows.size:
        return []
    before = [1e3 * made_kw(place)[rows] for place in range(len(blocks))]
    send = [partial(_to_grid, block) for block in blocks]
    after = grid.curtail(before, [block.p_ac_max for block in blocks], send, point)
    return [_cut(block, rows, *powers) for block, *powers in zip(blocks, before, after, strict=True)]


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


def cut_part(part: Mapping[str, Any], cut: Cut, month: IntArray, hours: float) -> dict[str, Any]:
    """Return a block's part of the result after a cut; `month` is that of each row, `hours` its length."""

    def monthly(power: FloatArray) -> FloatArray:
        return np.bincount(month[cut.rows], weights=power * (hours / 1e3), minlength=12).astype(np.float64)

    lost = float(monthly(cut.grid).sum())
    energy = 1e3 * part["annual_energy_mwh"]
    share = 1.0 - lost / energy if energy else 1.0
    more = {name: monthly(rows) for name, rows in cut.taken.items() if rows.any()}
    tree = amended(part["losses"]["energy"], more, monthly(cut.grid))
    figures = ("annual_energy_mwh", "specific_yield_kwh_kwp", "performance_ratio")
    return {
        **part,
        **{name: part[name] * share for name in figures},
        "losses": {**part["losses"], "energy": tree},
    }
