"""A block's year: the chain of models from the sky to the grid, and the ledger of what each step took.

Arrays hold the m rows of daylight for ONE inverter and its array until `_deliver`, where they become the n
rows of the whole series for ALL inverters of the block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gnomon.pv import grid, inverter, optics, pvarray, temperature, transformer
from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.pv.loss import Account, Ledger, balance, combine, extend
from gnomon.pv.plant import Block, Module, Plant
from gnomon.pv.sky import Sky, look_up
from gnomon.pv.solarposition import Sun, sun_position
from gnomon.pv.weather import Weather


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
        DC voltage and current at the input of one inverter. [V, A]
    p_array_nominal
        What the modules would give at their reference efficiency (EArrNom). [W]
    p_dc
        Power at the inverters' DC inputs (EArrMPP). [W]
    p_inverter
        Power out of the inverters, negative when they use some (EOutInv). [W]
    p_grid
        Power after wires and transformer, negative when drawn from the grid (E_Grid). [W]
    taken
        What each step of the ledger took per row, by its name. [W/m2 or W]
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
    taken: dict[str, FloatArray]
    ledger: Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantYear:
    """The years of all blocks, their sum and what the meter sees [W].

    Attributes
    ----------
    p_dc, p_inverter, p_grid
        Sums of the blocks.
    p_poi
        Power at the point of interconnection, after the plant's own use and the grid's limit.
    taken
        What the steps between ``p_grid`` and ``p_poi`` took.
    ledger
        Irradiance as the mean over collector area, energy from all modules to the meter.
    """

    blocks: tuple[BlockYear, ...]
    p_dc: FloatArray
    p_inverter: FloatArray
    p_grid: FloatArray
    p_poi: FloatArray
    taken: dict[str, FloatArray]
    ledger: Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class DcPower:
    """Power, voltage and current at the DC input of one inverter, and what the steps before took."""

    nominal: FloatArray
    p_dc: FloatArray
    v_dc: FloatArray
    i_dc: FloatArray
    taken: dict[str, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPower:
    """Power of a block behind its inverters and at the grid, and what the steps between took."""

    p_inverter: FloatArray
    p_grid: FloatArray
    taken: dict[str, FloatArray]


def simulate_block(block: Block, weather: Weather, sun: Sun) -> BlockYear:
    """Return a block's year under a weather; ``sun`` is `sun_position` of the weather's times."""
    return simulate_blocks((block,), weather, sun)[0]


def simulate_blocks(blocks: Sequence[Block], weather: Weather, sun: Sun) -> tuple[BlockYear, ...]:
    """Return the years of blocks of one site; what they see alike is computed once."""
    return _under(look_up(weather, sun), blocks)


def simulate_plant(plant: Plant, weather: Weather) -> PlantYear:
    """Return a plant's year: its blocks, their sum, and what reaches the meter."""
    sky = look_up(weather, sun_position(weather.time, plant.site))
    return gather(plant, _under(sky, plant.blocks), sky)


def gather(plant: Plant, years: Sequence[BlockYear], sky: Sky) -> PlantYear:
    """Add up the years of a plant's blocks and deliver the sum to the meter."""
    p_grid = np.sum([year.p_grid for year in years], axis=0)
    p_poi, taken = grid.deliver(p_grid, plant.interconnection)
    areas = np.array([block.area for block in plant.blocks])
    together = combine([year.ledger.energy for year in years], [1.0] * len(years))
    months = sky.monthly(np.stack([*taken.values(), p_poi]))
    return PlantYear(
        blocks=tuple(years),
        p_dc=np.sum([year.p_dc for year in years], axis=0),
        p_inverter=np.sum([year.p_inverter for year in years], axis=0),
        p_grid=p_grid,
        p_poi=p_poi,
        taken=taken,
        ledger=Ledger(
            irradiance=combine([year.ledger.irradiance for year in years], (areas / areas.sum()).tolist()),
            energy=extend(together, dict(zip(taken, months[:-1], strict=True)), months[-1]),
        ),
    )


def _under(sky: Sky, blocks: Sequence[Block]) -> tuple[BlockYear, ...]:
    planes = {key: optics.transpose(*key, sky) for key in {(block.mount, block.albedo) for block in blocks}}
    return tuple(_simulate(block, planes[block.mount, block.albedo], sky) for block in blocks)


def _simulate(block: Block, plane: optics.Plane, sky: Sky) -> BlockYear:
    effective, optical = optics.collect(block, plane, sky)
    temp_cell = _warm(block, effective, sky)
    dc = _generate(block, effective, temp_cell)
    ac = inverter.convert(dc.p_dc, dc.v_dc, block.inverter)
    sent = _deliver(block, ac.p_ac, sky)
    count = block.ac_system.number_of_inverters
    poa_global, used = sky.whole(plane.poa_global), sky.whole(effective)
    nominal = sky.whole(count * dc.nominal)
    low_sun, high_sun = sky.split_ghi()
    in_plane = {"LowSun": low_sun, "GlobInc": high_sun - poa_global}
    in_plane |= {name: sky.whole(rows) for name, rows in optical.items()}
    power = {name: sky.whole(count * rows) for name, rows in (dc.taken | ac.taken).items()} | sent.taken
    return BlockYear(
        label=sky.weather.label,
        poa_global=poa_global,
        effective_irradiance=used,
        temp_cell=sky.whole(temp_cell, night=sky.weather.temp_air),
        v_mp=sky.whole(dc.v_dc),
        i_mp=sky.whole(dc.i_dc),
        p_array_nominal=nominal,
        p_dc=sky.whole(count * dc.p_dc),
        p_inverter=sent.p_inverter,
        p_grid=sent.p_grid,
        taken=in_plane | power,
        ledger=Ledger(
            irradiance=_account(("GlobHor", low_sun + high_sun), in_plane, ("GlobEff", used), sky),
            energy=_account(("EArrNom", nominal), power, ("E_Grid", sent.p_grid), sky),
        ),
    )


def _warm(block: Block, effective: FloatArray, sky: Sky) -> FloatArray:
    """Return the cell temperature, driven by the effective irradiance as in PVsyst [degC]."""
    return temperature.pvsyst_cell(
        effective,
        sky.temp_air,
        sky.wind_speed,
        u_c=block.thermal.u_c,
        u_v=block.thermal.u_v,
        module_efficiency=block.inputs[0].module.efficiency,
        alpha_absorption=block.thermal.absorption,
    )


def _generate(block: Block, effective: FloatArray, temp_cell: FloatArray) -> DcPower:
    """Return what one inverter's array gives: first as at the reference temperature, then as it is."""
    module, array = block.inputs[0].module, block.inputs[0].array
    at_reference = np.full_like(temp_cell, module.temp_ref)
    cool = pvarray.max_power_point(pvarray.calcparams_pvsyst(effective, at_reference, module))
    warm = pvarray.max_power_point(pvarray.calcparams_pvsyst(effective, temp_cell, module))
    nominal = effective * (reference_power(module) / module.irrad_ref * array.modules)
    cool_power, power = cool.p_mp * array.modules, warm.p_mp * array.modules
    taken = {"GIncLoss": nominal - cool_power, "TempLoss": cool_power - power}
    for name, loss in _dc_fractions(block).items():
        taken[name] = power * loss
        power = power - taken[name]
    voltage = warm.v_mp * array.modules_per_string
    current = np.divide(power, voltage, out=np.zeros_like(power), where=voltage > 0)
    resistance = block.losses.dc_ohmic * _reference_resistance(block)
    taken["OhmLoss"] = resistance * current**2
    return DcPower(
        nominal=nominal,
        p_dc=power - taken["OhmLoss"],
        v_dc=voltage - resistance * current,
        i_dc=current,
        taken=taken,
    )


@lru_cache(maxsize=1024)
def reference_power(module: Module) -> float:
    """Return the power of a module's own curve at its reference conditions [W]."""
    irradiance, temperature_ref = np.array([module.irrad_ref]), np.array([module.temp_ref])
    diode = pvarray.calcparams_pvsyst(irradiance, temperature_ref, module)
    return float(pvarray.max_power_point(diode).p_mp[0])


def _dc_fractions(block: Block) -> dict[str, float]:
    losses = block.losses
    return {
        "ModQual": losses.module_quality,
        "LIDLoss": losses.lid,
        "MisLoss": losses.mismatch,
        "MisString": losses.string_voltage_mismatch,
    }


def _reference_resistance(block: Block) -> float:
    """Return voltage over current of one inverter's array at the reference [ohm]."""
    array, module = block.inputs[0].array, block.inputs[0].module
    return array.modules_per_string * module.v_mp_ref / (array.strings * module.i_mp_ref)


def _deliver(block: Block, p_ac: FloatArray, sky: Sky) -> GridPower:
    """Return what reaches the grid, night included, from one inverter's AC power in daylight."""
    system, machine = block.ac_system, block.inverter
    count, produced = system.number_of_inverters, sky.whole(p_ac)
    night = count * inverter.night_use(produced, machine)
    auxiliary = count * inverter.auxiliary_use(produced, machine) * block.losses.inverter_auxiliary
    p_inverter = count * produced - night - auxiliary
    p_ref = block.p_stc if system.reference == "stc" else block.p_ac_max
    connected = (p_inverter > 0) if system.night_disconnect else np.ones_like(p_inverter, dtype=bool)
    wires = transformer.ohmic(p_inverter, system.ac_ohmic, p_ref)
    copper = transformer.ohmic(p_inverter - wires, system.load_loss, p_ref)
    iron = transformer.no_load(system.no_load_loss, p_ref, connected)
    return GridPower(
        p_inverter=p_inverter,
        p_grid=p_inverter - wires - iron - copper,
        taken={
            "IL_Night": night,
            "AuxLoss": auxiliary,
            "EACOhmL": wires,
            "ETrfIron": iron,
            "ETrfCopper": copper,
        },
    )


def _account(
    opening: tuple[str, FloatArray], taken: dict[str, FloatArray], closing: tuple[str, FloatArray], sky: Sky
) -> Account:
    """Enter whole series into an account of monthly sums."""
    sums = sky.monthly(np.stack([opening[1], *taken.values(), closing[1]]))
    return balance((opening[0], sums[0]), dict(zip(taken, sums[1:-1], strict=True)), (closing[0], sums[-1]))
