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


def plant_tree(trees: Sequence[Tree], weights: Sequence[float], behind: Mapping[str, FloatArray]) -> Tree:
    """Return the tree of all blocks together.

    Parameters
    ----------
    trees
        One a block.
    weights
        Nameplate power of each block [kW]: irradiation is a mean by nameplate, energy a sum.
    behind
        What the plant's own steps behind the blocks took each month, in order. [kWh]
    """
    whole = sum(weights)
    irradiance = _merged([tree["irradiance"] for tree in trees], [weight / whole for weight in weights])
    energy = _merged([tree["energy"] for tree in trees], [1.0] * len(trees))
    at_meter = _months(energy["closing"]) - sum(behind.values(), np.zeros(12))
    taken = [*(_entry(step) for step in energy["steps"]), *behind.items()]
    return {
        "irradiance": irradiance,
        "energy": _closed("kWh", _entry(energy["opening"]), taken, ("E_POI", at_meter)),
    }


def _merged(accounts: Sequence[Tree], weights: Sequence[float]) -> Tree:
    def total(nodes: Sequence[Tree]) -> FloatArray:
        added: FloatArray = np.array(weights) @ np.array([node["monthly"] for node in nodes])
        return added

    first = accounts[0]
    named = [{step["name"]: step for step in account["steps"]} for account in accounts]
    nothing = {"monthly": [0.0] * 12}
    taken = [(name, total([steps.get(name, nothing) for steps in named])) for name in _in_order(named)]
    ends = {
        end: (first[end]["name"], total([account[end] for account in accounts]))
        for end in ("opening", "closing")
    }
    return _closed(first["unit"], ends["opening"], taken, ends["closing"])


def _in_order(named: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of all steps in the order of a chain: blocks leave out what they do not have."""
    present = dict.fromkeys(name for steps in named for name in steps)
    known = [name for name in loss.CAPTIONS if name in present]
    return known + [name for name in present if name not in loss.CAPTIONS]


def _entry(node: Tree) -> Entry:
    return node["name"], _months(node)


def _months(node: Tree) -> FloatArray:
    return np.array(node["monthly"])
