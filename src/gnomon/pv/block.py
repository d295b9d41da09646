"""What a simulated year of a block holds."""

from dataclasses import dataclass

from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.pv.loss import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockYear:
    """Series of a whole block, one value per row of the weather, all of shape (n,), and the ledger.

    Attributes
    ----------
    label
        Labels of the intervals as the weather gave them. [epoch s]
    poa_global, effective_irradiance
        In the plane of the modules; effective after shading, incidence angle and soiling. [W/m2]
    temp_cell
        Cell temperature; the air's at night. [degC]
    v_mp, i_mp
        DC voltage and current of one inverter at its input. [V, A]
    p_array_nominal
        What the modules would give at their reference efficiency (EArrNom). [W]
    p_dc
        Power at the inverters' DC inputs (EArrMPP). [W]
    p_inverter
        Power out of the inverters, negative when they use some (EOutInv). [W]
    p_grid
        Power after wires and transformer, negative when drawn from the grid (E_Grid). [W]
    """

    label: IntArray
    poa_global: FloatArray
    effective_irradiance: FloatArray
    temp_cell: FloatArray
    v_mp: FloatArray
    i_mp: FloatArray
    p_array_nominal: FloatArray
    p_dc: FloatArray
    p_inverter: FloatArray
    p_grid: FloatArray
    ledger: Ledger
