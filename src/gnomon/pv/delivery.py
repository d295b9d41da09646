"""From the terminals of a block's inverters to the plant's grid."""

from dataclasses import dataclass

from gnomon.pv import inverter, transformer
from gnomon.pv.arrays import FloatArray
from gnomon.pv.inverter import part_of
from gnomon.pv.plant import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Power of a block behind its inverters and at the grid, and what the steps between took [W].

    Arrays of one shape: series, or rows of daylight and one more for night.
    """

    p_inverter: FloatArray
    p_grid: FloatArray
    taken: dict[str, FloatArray]


def deliver(block: Block, produced: FloatArray) -> Delivered:
    """Return what reaches the grid of what a block's inverters produce together [W].

    Parameters
    ----------
    produced
        AC power before the inverters' own use, any shape.
    """
    system, count = block.ac_system, block.ac_system.number_of_inverters
    machine = part_of(block.inverter, block.mppt_fraction)
    night = count * inverter.night_use(produced, machine)
    auxiliary = count * inverter.auxiliary_use(produced / count, machine) * block.losses.inverter_auxiliary
    p_inverter = produced - night - auxiliary
    p_ref = block.p_stc if system.reference == "stc" else block.p_ac_max
    p_grid, taken = transformer.to_grid(p_inverter, system, p_ref)
    own = {"IL_Night": night, "AuxLoss": auxiliary}
    return Delivered(p_inverter=p_inverter, p_grid=p_grid, taken=own | taken)


def changed(block: Block, before: FloatArray, after: FloatArray) -> dict[str, FloatArray]:
    """Return how much more each step takes when a block's inverters are held down [W].

    ``IL_Limit`` is what they hold back; most of the others take less of what is left.

    Parameters
    ----------
    before, after
        AC power of all inverters before their own use, any shape.
    """
    was, now = deliver(block, before), deliver(block, after)
    return {"IL_Limit": before - after} | {name: rows - was.taken[name] for name, rows in now.taken.items()}
