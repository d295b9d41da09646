"""The ledger: where the energy went between the sky and the grid, step by step.

A part of the ledger opens with an amount, passes named steps and closes with an amount; what all steps took
equals opening minus closing. Step names are PVsyst's published variables where they exist.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import FloatArray

# What a step is called by people. The closing node of PVsyst stands for its step in the irradiance part.
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
    "IL_Imax": "Inverter: DC current limit",
    "IL_PmaxDC": "Inverter: DC power limit",
    "IL_Pmin": "Inverter: start threshold",
    "IL_Oper": "Inverter: efficiency",
    "IL_Pmax": "Inverter: AC power limit",
    "IL_Night": "Inverter: night use",
    "AuxLoss": "Inverter: auxiliary use",
    "EACOhmL": "AC wiring",
    "ETrfIron": "Transformer: iron",
    "ETrfCopper": "Transformer: copper",
    "AuxConst": "Plant: constant use",
    "AuxProp": "Plant: use with power",
    "EUnused": "Plant: limit at the point of interconnection",
}


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
        """What the steps leave unexplained, as a fraction of the opening amount: zero but for rounding."""
        taken = sum(step.amount for step in self.steps)
        return (self.opening - taken - self.closing) / self.opening if self.opening else 0.0


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


def extend(account: Account, taken: Mapping[str, FloatArray], closing: FloatArray) -> Account:
    """Add steps after the last of an account, up to a new closing amount under the old name."""
    steps = {step.name: step.monthly for step in account.steps}
    return balance(
        (account.opening_name, account.opening_monthly), {**steps, **taken}, (account.closing_name, closing)
    )


def combine(accounts: Sequence[Account], weights: Sequence[float]) -> Account:
    """Add accounts of the same steps, each times its weight: 1 for energy, share of area for irradiance."""

    def total(parts: Iterable[FloatArray]) -> FloatArray:
        added: FloatArray = np.einsum("i,ij->j", np.array(weights), np.stack(list(parts)))
        return added

    first = accounts[0]
    return balance(
        (first.opening_name, total(account.opening_monthly for account in accounts)),
        {
            step.name: total(account.steps[i].monthly for account in accounts)
            for i, step in enumerate(first.steps)
        },
        (first.closing_name, total(account.closing_monthly for account in accounts)),
    )
