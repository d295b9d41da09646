"""The ledger: where the energy went between the sky and the grid, step by step.

A part of the ledger opens with an amount, passes named steps and closes with an amount; what all steps took
equals opening minus closing. Step names are PVsyst's published variables where they exist.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gnomon.pv.arrays import FloatArray

V = TypeVar("V")

# The steps in the order of PVsyst's loss diagram, and what people call them. The closing node of PVsyst stands for
# its step in the irradiance part. Some limits act before the efficiency and stand behind it all the same: what each
# step took is an amount, and the amounts add up in any order.
CAPTIONS: dict[str, str] = {
    "LowSun": "Irradiation while the sun is below the horizon",
    "GlobInc": "Transposition into the plane of the modules",
    "GlobHrz": "Far shading, horizon",
    "GlobShd": "Near shading",
    "GlobIAM": "Incidence angle",
    "GlobSlg": "Soiling",
    "GlobSnow": "Snow",
    "GlobBak": "Light on the back of bifacial modules",
    "GIncLoss": "Irradiance level",
    "TempLoss": "Temperature",
    "SpctCor": "Spectrum",
    "ShdElec": "Electrical effect of shading",
    "AgeLoss": "Ageing of the modules",
    "ModQual": "Module quality",
    "LIDLoss": "Light-induced degradation",
    "MisLoss": "Module mismatch",
    "MisString": "String voltage mismatch",
    "OhmLoss": "DC wiring",
    "MisParallel": "Unlike strings on one tracker",
    "IL_Oper": "Inverter: efficiency",
    "IL_Pmin": "Inverter: start threshold",
    "IL_Vmin": "Inverter: least voltage of its window",
    "IL_Pmax": "Inverter: AC power limit",
    "ILPmxSH": "Inverter: AC power limit within the hour",
    "IL_Temp": "Inverter: AC power limit when hot",
    "IL_PmaxDC": "Inverter: DC power limit",
    "IL_Vmax": "Inverter: largest voltage of its window",
    "IL_VAbs": "Inverter: open-circuit voltage too high",
    "IL_Imax": "Inverter: DC current limit",
    "IL_Limit": "Inverter: limit of the plant",
    "IL_Night": "Inverter: night use",
    "AuxLoss": "Inverter: auxiliary use",
    "EACOhmL": "AC wiring",
    "ETrfIron": "Transformer: iron",
    "ETrfCopper": "Transformer: copper",
    "EMVOhmL": "Medium-voltage line",
    "EMVTrfL": "Medium-voltage transformer",
    "Unavail": "Unavailability",
    "AuxConst": "Plant: constant use",
    "AuxProp": "Plant: use with power",
    "EUnused": "Plant: limit at the point of interconnection",
}
# Steps that many plants do not have.
RARE = frozenset(
    (
        *("GlobSnow", "GlobBak", "SpctCor", "ShdElec", "AgeLoss", "MisParallel"),
        *("ILPmxSH", "IL_Temp", "IL_VAbs", "IL_Limit", "EMVOhmL", "EMVTrfL"),
        *("Unavail", "AuxConst", "AuxProp", "EUnused"),
    )
)
_PLACES = {name: place for place, name in enumerate(CAPTIONS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step took; a gain is negative.

    ``monthly`` has shape (12,), January to December; ``entered`` is the year's amount before the step.
    """

    name: str
    entered: float
    amount: float
    monthly: FloatArray

    @property
    def loss(self) -> float:
        """Fraction of what entered the step; zero when nothing did."""
        return self.amount / self.entered if self.entered else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One part of the ledger in kWh/m2 or kWh; the monthly arrays have shape (12,)."""

    opening_name: str
    opening: float
    opening_monthly: FloatArray
    steps: tuple[Step, ...]
    closing_name: str
    closing: float
    closing_monthly: FloatArray

    @property
    def gap(self) -> float:
        """What the steps leave unexplained, as a fraction of opening or closing: zero but for rounding.

        The larger of the two counts: a plant in the dark opens with nothing and closes with its own use.
        """
        taken, most = sum(step.amount for step in self.steps), max(abs(self.opening), abs(self.closing))
        return (self.opening - taken - self.closing) / most if most else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The irradiance part [kWh/m2 of collector plane] and the energy part [kWh]."""

    irradiance: Account
    energy: Account


def balance(
    opening: tuple[str, FloatArray], taken: Mapping[str, FloatArray], closing: tuple[str, FloatArray]
) -> Account:
    """Enter monthly sums into an account, all of shape (12,).

    Parameters
    ----------
    opening, closing
        Name and amount of what entered the first step and of what left the last.
    taken
        What each step took, in order.
    """
    steps, left = [], float(opening[1].sum())
    for name, monthly in taken.items():
        steps.append(Step(name=name, entered=left, amount=float(monthly.sum()), monthly=monthly))
        left -= steps[-1].amount
    return Account(
        opening_name=opening[0],
        opening=float(opening[1].sum()),
        opening_monthly=opening[1],
        steps=tuple(steps),
        closing_name=closing[0],
        closing=float(closing[1].sum()),
        closing_monthly=closing[1],
    )


def amend(account: Account, more: Mapping[str, FloatArray], closing: FloatArray) -> Account:
    """Return an account whose steps take more, or other steps besides, up to a new closing amount."""
    steps = {step.name: step.monthly for step in account.steps}
    steps |= {name: steps.get(name, np.zeros(12)) + monthly for name, monthly in more.items()}
    return balance(
        (account.opening_name, account.opening_monthly), in_order(steps), (account.closing_name, closing)
    )


def in_order(taken: Mapping[str, V]) -> dict[str, V]:
    """Return what belongs to the steps in the ledger's order."""
    return {name: taken[name] for name in sorted(taken, key=_PLACES.__getitem__)}


def without_rare(taken: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the steps without those of `RARE` that took nothing."""
    return {name: rows for name, rows in taken.items() if name not in RARE or rows.any()}


def combine(accounts: Sequence[Account], weights: Sequence[float]) -> Account:
    """Add accounts of the same steps, each times its weight: 1 for energy, share of area for irradiance."""

    def total(parts: Iterable[FloatArray]) -> FloatArray:
        added: FloatArray = np.einsum("i,ij->j", np.array(weights), np.stack(list(parts)))
        return added

    first = accounts[0]
    steps = [{step.name: step.monthly for step in account.steps} for account in accounts]
    names = sorted({name for own in steps for name in own}, key=_PLACES.__getitem__)
    return balance(
        (first.opening_name, total(account.opening_monthly for account in accounts)),
        {name: total(own.get(name, np.zeros(12)) for own in steps) for name in names},
        (first.closing_name, total(account.closing_monthly for account in accounts)),
    )
