"""A plant's year: its blocks together, behind one point of interconnection."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from gnomon.pv import grid
from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.availability import availability_factor
from gnomon.pv.block import BlockYear, years
from gnomon.pv.delivery import changed, deliver
from gnomon.pv.loss import Ledger, amend, combine, in_order
from gnomon.pv.plant import Block, Plant
from gnomon.pv.sky import Sky, look_up
from gnomon.pv.solarposition import sun_position
from gnomon.pv.weather import Weather


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


def simulate_plant(plant: Plant, weather: Weather) -> PlantYear:
    """Return a plant's year: its blocks, their sum, and what reaches the meter."""
    sun = sun_position(weather.time, plant.site)
    sky = look_up(weather, sun)
    return gather(plant, tuple(years(plant.blocks, sky, sun)), sky)


def gather(plant: Plant, of_blocks: Sequence[BlockYear], sky: Sky) -> PlantYear:
    """Add up the years of a plant's blocks and deliver the sum to the meter."""
    point, available = plant.interconnection, _available(plant, sky)
    of_blocks = _held_down(plant, of_blocks, available, sky)
    p_grid = np.sum([year.p_grid for year in of_blocks], axis=0)
    p_poi, taken = grid.deliver(p_grid, point, available)
    areas = np.array([block.area for block in plant.blocks])
    together = combine([year.ledger.energy for year in of_blocks], [1.0] * len(of_blocks))
    months = sky.monthly_of_whole([*taken.values(), p_poi])
    return PlantYear(
        blocks=tuple(of_blocks),
        p_dc=np.sum([year.p_dc for year in of_blocks], axis=0),
        p_inverter=np.sum([year.p_inverter for year in of_blocks], axis=0),
        p_grid=p_grid,
        p_poi=p_poi,
        taken=taken,
        ledger=Ledger(
            irradiance=combine(
                [year.ledger.irradiance for year in of_blocks], (areas / areas.sum()).tolist()
            ),
            energy=amend(together, dict(zip(taken, months[:-1], strict=True)), months[-1]),
        ),
    )


def _available(plant: Plant, sky: Sky) -> FloatLike:
    availability, weather = plant.interconnection.availability, sky.weather
    if availability is None:
        return 1.0
    return availability_factor(weather.time, weather.step, sky.month, availability)


def _held_down(
    plant: Plant, of_blocks: Sequence[BlockYear], available: FloatLike, sky: Sky
) -> Sequence[BlockYear]:
    """Return the years with the grid's limit held by the inverters, if that is how the plant does it."""
    if not plant.interconnection.limit_at_inverters:
        return of_blocks
    before = [year.p_ac for year in of_blocks]
    capacities = [block.p_ac_max for block in plant.blocks]
    send = [partial(_to_grid, block) for block in plant.blocks]
    after = grid.curtail(before, capacities, send, plant.interconnection, available)
    return [
        _with_less(block, year, p_ac, sky)
        for block, year, p_ac in zip(plant.blocks, of_blocks, after, strict=True)
    ]


def _to_grid(block: Block, produced: FloatArray) -> FloatArray:
    return deliver(block, produced).p_grid


def _with_less(block: Block, year: BlockYear, p_ac: FloatArray, sky: Sky) -> BlockYear:
    sent, more = deliver(block, p_ac), changed(block, year.p_ac, p_ac)
    taken = in_order(
        dict(year.taken) | {name: year.taken.get(name, 0.0) + rows for name, rows in more.items()}
    )
    monthly = dict(zip(more, sky.monthly_of_whole(list(more.values())), strict=True))
    closing = sky.monthly_of_whole([sent.p_grid])[0]
    return replace(
        year,
        p_ac=p_ac,
        p_inverter=sent.p_inverter,
        p_grid=sent.p_grid,
        taken=taken,
        ledger=replace(year.ledger, energy=amend(year.ledger.energy, monthly, closing)),
    )
