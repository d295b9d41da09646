"""Wires and transformers: losses that are constant or go with the square of the power.

All powers in W, arrays of shape (n,); a negative power is drawn from the grid.
"""

import numpy as np

from gnomon.pv.arrays import BoolArray, FloatArray


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
