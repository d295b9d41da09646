"""The loss tree as JSON: ordered steps that close, of a block and of the whole plant."""

from collections.abc import Mapping, Sequence
from typing import Any

from gnomon.pv import loss
from gnomon.pv.loss import Account, Ledger

Tree = dict[str, Any]

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
        (account.opening_name, account.opening),
        [(step.name, step.amount) for step in account.steps],
        (account.closing_name, account.closing),
    )


def _closed(
    unit: str, opening: tuple[str, float], taken: Sequence[tuple[str, float]], closing: tuple[str, float]
) -> Tree:
    steps, left = [], opening[1]
    for name, amount in taken:
        steps.append({**_node(name, amount), "unit": unit, "loss": amount / left if left else 0.0})
        left -= amount
    return {"unit": unit, "opening": _node(*opening), "steps": steps, "closing": _node(*closing)}


def _node(name: str, value: float) -> Tree:
    return {"name": name, "label": LABELS.get(name, name), "value": float(value)}


def plant_tree(trees: Sequence[Tree], weights: Sequence[float], behind: Mapping[str, float]) -> Tree:
    """Return the tree of all blocks together.

    Parameters
    ----------
    trees
        One a block.
    weights
        Nameplate power of each block [kW]: irradiation is a mean by nameplate, energy a sum.
    behind
        What the plant's own steps behind the blocks took, in order. [kWh]
    """
    whole = sum(weights)
    irradiance = _merged([tree["irradiance"] for tree in trees], [weight / whole for weight in weights])
    energy = _merged([tree["energy"] for tree in trees], [1.0] * len(trees))
    grid = energy["closing"]["value"]
    taken = [(step["name"], step["value"]) for step in energy["steps"]] + list(behind.items())
    opening = (energy["opening"]["name"], energy["opening"]["value"])
    closing = ("E_POI", grid - sum(behind.values()))
    return {"irradiance": irradiance, "energy": _closed("kWh", opening, taken, closing)}


def _merged(accounts: Sequence[Tree], weights: Sequence[float]) -> Tree:
    def total(values: Sequence[float]) -> float:
        return sum(weight * value for weight, value in zip(weights, values, strict=True))

    first = accounts[0]
    amounts = [{step["name"]: step["value"] for step in account["steps"]} for account in accounts]
    taken = [
        (name, total([own.get(name, 0.0) for own in amounts]))
        for name in dict.fromkeys(name for own in amounts for name in own)
    ]
    ends = {
        end: (first[end]["name"], total([account[end]["value"] for account in accounts]))
        for end in ("opening", "closing")
    }
    return _closed(first["unit"], ends["opening"], taken, ends["closing"])
