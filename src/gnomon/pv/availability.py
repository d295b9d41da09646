"""When parts of a plant stand still: what is left of its power, row by row."""

from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray

STEP = "Unavail"
"""Name of what this takes in the ledger; PVsyst speaks of the unavailability loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A period, from ``start`` to ``end`` [seconds since 1970 UTC], in which a share of the plant is off."""

    start: float
    end: float
    share: float = 1.0

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(f"outage: it ends at {self.end}, not after its start at {self.start}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"outage: share {self.share} is no share of the plant, 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """What is not available, as fractions of the time or of the plant; the three kinds add to each other.

    Attributes
    ----------
    constant
        Fraction lost all the year, for faults that come at any time.
    monthly
        Fraction lost in January to December of local standard time.
    outages
        Known periods. Where they overlap they concern different parts of the plant: their shares add up, to
        the whole plant at most.
    """

    constant: float = 0.0
    monthly: tuple[float, ...] = (0.0,) * 12
    outages: tuple[Outage, ...] = ()

    def __post_init__(self) -> None:
        if len(self.monthly) != 12:
            raise ValueError(f"monthly: {len(self.monthly)} values; give twelve, January to December")
        for name, loss in (("constant", self.constant), *(("monthly", loss) for loss in self.monthly)):
            if not 0 <= loss <= 1:
                raise ValueError(f"{name}: {loss} is no fraction of the time; give 0 to 1")


def availability_factor(
    time: FloatArray, step: float, month: IntArray, availability: Availability
) -> FloatArray:
    """Return what is available of the plant in each row, 0 to 1, shape (n,).

    ``(1 - constant) (1 - monthly) (1 - out)``, where out is the share of the plant that is off in an outage,
    averaged over the row: an outage of 2 minutes in a row of 5 takes 0.4 of its share.

    Parameters
    ----------
    time
        Middle of each row. [s since 1970 UTC]
    step
        Length of a row. [s]
    month
        Month 0-11 of each row.
    """
    of_month = (1.0 - availability.constant) * (1.0 - np.array(availability.monthly))
    return of_month[month] * (1.0 - out_of_service(time, step, availability.outages))


def out_of_service(time: FloatArray, step: float, outages: tuple[Outage, ...]) -> FloatArray:
    """Return the share of the plant that is off in each row by listed outages, 0 to 1, shape (n,).

    The share is constant between the moments at which an outage starts or ends, so its integral is a chain
    of straight lines; a row's mean is the difference of that integral over its ends.
    """
    if not outages:
        return np.zeros_like(time)
    moments = np.array([moment for outage in outages for moment in (outage.start, outage.end)])
    changes = np.array([change for outage in outages for change in (outage.share, -outage.share)])
    order = np.argsort(moments, kind="stable")
    moments = moments[order]
    off = np.clip(np.cumsum(changes[order]), 0.0, 1.0)
    # Counted from the first moment: seconds since 1970 would leave few digits for the differences.
    elapsed = moments - moments[0]
    lost = np.concatenate(([0.0], np.cumsum(off[:-1] * np.diff(elapsed))))
    begin, end = time - 0.5 * step - moments[0], time + 0.5 * step - moments[0]
    mean: FloatArray = (np.interp(end, elapsed, lost) - np.interp(begin, elapsed, lost)) / step
    return np.clip(mean, 0.0, 1.0)


def interrupt(power: FloatArray, factor: FloatArray) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the power that is left and what unavailability took of it [W].

    A power that is drawn from the grid stays: what feeds on it is still connected.
    """
    taken = np.maximum(power, 0.0) * (1.0 - factor)
    return power - taken, {STEP: taken}
