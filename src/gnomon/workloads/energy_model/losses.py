"""The loss tree as JSON: ordered steps that close, of a block and of the whole plant."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from gnomon.pv import loss
from gnomon.pv.arrays import FloatArray
from gnomon.pv.loss import Account, Ledger

Tree = dict[str, Any]
# Name and amount of a node, January to December.
Entry: TypeAlias = tuple[str, FloatArray]

# The nodes with which each account of a block begins and ends.
ENDS = {"irradiance": ("GlobHor", "GlobEff"), "energy": ("EArrNom", "E_Grid")}
_MEANS = frozenset({"irradiance"})
LABELS = {
    **loss.CAPTIONS,
    "GlobHor": "Global horizontal irradiation",
    "GlobEff": "Effective irradiation on the modules",
    "EArrNom": "Array energy at reference efficiency",
    "E_Grid": "Energy to the grid",
    "E_POI": "Energy at the point of interconnection",
}


def tree_of(ledger: Ledger) -> Tree:
    """Return a block's ledger as JSON."""
    return {"irradiance": _account(ledger.irradiance, "kWh/m2"), "energy": _account(ledger.energy, "kWh")}


def _account(account: Account, unit: str) -> Tree:
    return _closed(
        unit,
        (account.opening_name, account.opening_monthly),
        [(step.name, step.monthly) for step in account.steps],
        (account.closing_name, account.closing_monthly),
    )


def _closed(unit: str, opening: Entry, taken: Sequence[Entry], closing: Entry) -> Tree:
    steps, left = [], float(opening[1].sum())
    for entry in taken:
        step = _node(entry)
        steps.append({**step, "unit": unit, "loss": step["value"] / left if left else 0.0})
        left -= step["value"]
    return {"unit": unit, "opening": _node(opening), "steps": steps, "closing": _node(closing)}


def _node(entry: Entry) -> Tree:
    name, monthly = entry
    return {
        "name": name,
        "label": LABELS.get(name, name),
        "value": float(monthly.sum()),
        "monthly": monthly.tolist(),
    }


def amended(tree: Tree, more: Mapping[str, FloatArray], less: FloatArray) -> Tree:
    """Return the energy part of a tree whose steps take more [kWh], and which closes with so much less."""
    steps = {step["name"]: _months(step) for step in tree["steps"]}
    steps |= {name: steps.get(name, np.zeros(12)) + monthly for name, monthly in more.items()}
    closing = tree["closing"]["name"], _months(tree["closing"]) - less
    taken = [(name, steps[name]) for name in _in_order([steps])]
    return _closed(tree["unit"], _entry(tree["opening"]), taken, closing)


def sum_of(tree: Tree, capacity_kw: float) -> dict[str, FloatArray]:
    """Return a block's months [kWh/m2 kW, kWh] by `account.node`, fit to be added to those of other blocks.

    Irradiation is weighted by nameplate power, so that the plant's is a mean by it.
    """
    return {
        f"{name}.{node['name']}": (capacity_kw if name in _MEANS else 1.0) * _months(node)
        for name, account in tree.items()
        for node in (account["opening"], *account["steps"], account["closing"])
    }


def tree_of_sum(
    months: Mapping[str, FloatArray], capacity_kw: float, behind: Mapping[str, FloatArray]
) -> Tree:
    """Return the tree of all blocks together.

    Parameters
    ----------
    months
        Sums of what `sum_of` gives for each block.
    capacity_kw
        Nameplate power of all blocks.
    behind
        What the plant's own steps behind the blocks took each month, in order. [kWh]
    """
    light, opening, effective = _account_of_sum(months, "irradiance", capacity_kw)
    energy, nominal, to_grid = _account_of_sum(months, "energy", 1.0)
    at_meter = to_grid[1] - sum(behind.values(), np.zeros(12))
    return {
        "irradiance": _closed("kWh/m2", opening, light, effective),
        "energy": _closed("kWh", nominal, [*energy, *behind.items()], ("E_POI", at_meter)),
    }


def _account_of_sum(
    months: Mapping[str, FloatArray], account: str, weight: float
) -> tuple[list[Entry], Entry, Entry]:
    """Return an account's steps in order, its opening and its closing."""
    nodes = {
        name.partition(".")[2]: monthly / weight
        for name, monthly in months.items()
        if name.startswith(f"{account}.")
    }
    opening, closing = ((end, nodes.pop(end)) for end in ENDS[account])
    return [(name, nodes[name]) for name in _in_order([nodes])], opening, closing


def _in_order(named: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of all steps in the order of a chain: blocks leave out what they do not have."""
    present = dict.fromkeys(name for steps in named for name in steps)
    known = [name for name in loss.CAPTIONS if name in present]
    return known + [name for name in present if name not in loss.CAPTIONS]


def _entry(node: Tree) -> Entry:
    return node["name"], _months(node)


def _months(node: Tree) -> FloatArray:
    return np.array(node["monthly"])
