"""From the inverters of a block to the grid: wires and transformers.

Losses are constant, or go with the power or with its square.

All powers in W, arrays of shape (n,); a negative power is drawn from the grid.
"""

import numpy as np

from gnomon.pv.arrays import BoolArray, FloatArray
from gnomon.pv.plant import AcSystem


def ohmic(power: FloatArray, loss: float, p_ref: float) -> FloatArray:
    """Return what a wire or a winding takes: ``loss p_ref (power / p_ref)^2``, at constant voltage.

    Parameters
    ----------
    power
        Entering it.
    loss
        Fraction lost at the reference power.
    p_ref
        Reference power.
    """
    return power**2 * (loss / p_ref)


def no_load(no_load_loss: float, p_ref: float, connected: BoolArray) -> FloatArray:
    """Return what the iron of a transformer takes: a fraction of the reference power while connected."""
    return np.where(connected, no_load_loss * p_ref, 0.0)


def passing(power: FloatArray, loss: float) -> FloatArray:
    """Return what a transformer takes of which one number is known: its fraction of what it passes.

    Iron and copper together are a nearly constant share over the loads that carry the energy. Nothing is
    taken of what is drawn from the grid.
    """
    return np.maximum(power, 0.0) * loss


def to_grid(power: FloatArray, system: AcSystem, p_ref: float) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return what reaches the grid of the power of a block's inverters, and what each step took [W].

    In order: low-voltage wires, transformer, medium-voltage line, medium-voltage transformer, by PVsyst's
    names. Each takes its loss from what the step before left.
    """
    connected = (power > 0) if system.night_disconnect else np.ones_like(power, dtype=bool)
    taken = {
        "EACOhmL": ohmic(power, system.ac_ohmic, p_ref),
        "ETrfIron": no_load(system.no_load_loss, p_ref, connected),
    }
    taken["ETrfCopper"] = ohmic(power - taken["EACOhmL"], system.load_loss, p_ref)
    left = power - taken["EACOhmL"] - taken["ETrfIron"] - taken["ETrfCopper"]
    taken["EMVOhmL"] = ohmic(left, system.mv_ohmic_loss, p_ref)
    left = left - taken["EMVOhmL"]
    taken["EMVTrfL"] = passing(left, system.mv_transformer_loss)
    return left - taken["EMVTrfL"], taken
