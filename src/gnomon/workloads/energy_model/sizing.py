"""Whether strings suit their inverter: the two voltages that PVsyst's sizing tool looks at, and their power.

The run itself does not limit voltages yet, so that a string outside the window is told instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gnomon.pvsyst import OndInverter, PanModule
from gnomon.workloads.energy_model.blocks import block_documents
from gnomon.workloads.energy_model.component import ond_inverter, pan_module
from gnomon.workloads.energy_model.work import Work

COLDEST, HOTTEST = -10.0, 60.0  # cell temperatures [degC], PVsyst's defaults

LEAST_RATIO, MOST_RATIO = 0.3, 2.5


def ratio_notes(parts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a warning for each block with far more or far less DC than AC power."""
    for part in parts:
        dc, ac = part["dc_capacity_kw"], part["ac_capacity_kw"]
        if not LEAST_RATIO <= dc / ac <= MOST_RATIO:
            yield (
                f"blocks[{part['index']}]: {dc:g} kW of modules on {ac:g} kW of inverters, a DC/AC ratio of "
                f"{dc / ac:.3g}; stringCount counts the strings on one inverter"
            )


def voltage_notes(work: Work) -> Iterator[str]:
    """Yield a warning for each block whose strings leave the inverter's voltages."""
    for index in range(len(work.blocks)):
        module, inverter, length = block_documents(work, index)
        for note in _notes(pan_module(module), ond_inverter(inverter), length):
            yield f"blocks[{index}]: {length} modules in series give {note}"


def _notes(module: PanModule, inverter: OndInverter, length: int) -> Iterator[str]:
    if module.beta_voc is None:
        return
    cold = length * (module.v_oc_ref + module.beta_voc * (COLDEST - module.temp_ref))
    hot = length * (module.v_mp_ref + module.beta_voc * (HOTTEST - module.temp_ref))
    if inverter.v_dc_max is not None and cold > inverter.v_dc_max:
        yield f"{cold:.0f} V open at {COLDEST:g} degC, above the inverter's {inverter.v_dc_max:g} V (VAbsMax)"
    if inverter.v_mpp_min is not None and hot < inverter.v_mpp_min:
        yield f"{hot:.0f} V at {HOTTEST:g} degC, below the inverter's {inverter.v_mpp_min:g} V (VMppMin)"
