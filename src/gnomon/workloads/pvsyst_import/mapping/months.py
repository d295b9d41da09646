"""Twelve numbers as the contract's documents name them."""

from collections.abc import Sequence

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def monthly(values: Sequence[float]) -> dict[str, float]:
    """Return twelve values by month."""
    return dict(zip(MONTHS, map(tidy, values), strict=True))


def tidy(value: float) -> float:
    """Return a number without the digits that a change of its unit has left behind."""
    return float(f"{value:.10g}")
