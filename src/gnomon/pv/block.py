"""A block's year: the chain of models from the sky to the grid, and the ledger of what each step took.

Arrays hold the m rows of daylight for ONE inverter and what is on it until `delivery.deliver`; from there on they are
those of ALL inverters of the block, and one row more stands for every row of night.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from operator import attrgetter
from typing import Generic, TypeVar

import numpy as np

from gnomon.pv import optics, subhourly
from gnomon.pv.arrays import FloatArray, FloatLike, IntArray
from gnomon.pv.cells import Cells, ModuleYear, cells, generate
from gnomon.pv.delivery import deliver
from gnomon.pv.inverter import ac_limit, part_of
from gnomon.pv.loss import Account, Ledger, balance, in_order, without_rare
from gnomon.pv.mount import Mount
from gnomon.pv.mppt import Generator
from gnomon.pv.operation import Operation, operate
from gnomon.pv.optics import NearShadow
from gnomon.pv.plant import Block, DcInput
from gnomon.pv.sky import Sky, look_up
from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Weather

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
# Neighbours in a plant are alike: enough results are kept for a block of several mounts, and no more, so
# that memory does not grow with the plant.
_KEPT = 4
LOW_SUN = "LowSun"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockYear:
    """Series of a whole block, one value per row of the weather, all of shape (n,), and the ledger.

    Where its inputs differ, irradiances and temperatures are means by the area of the modules, voltage and
    current those of the inverter's DC side.

    Attributes
    ----------
    label
        Labels of the intervals as the weather gave them. [epoch s]
    poa_global, effective_irradiance
        In the plane of the modules; effective after shading, incidence angle and soiling. [W/m2]
    shaded_fraction
        Share of the collectors in near shadow. [0-1]
    affected_fraction
        Share of their groups of cells that the shadow reaches. [0-1]
    shadow_height
        How high above its lower edge a long row lies in shadow. [widths of the collector]
    temp_cell
        Cell temperature; the air's at night. [degC]
    v_mp, i_mp
        DC voltage and current at the input of one inverter. [V, A]
    p_array_nominal
        What the modules would give at their reference efficiency (EArrNom). [W]
    p_dc
        Power at the inverters' DC inputs (EArrMPP). [W]
    p_ac
        Power that the inverters make, before their own use. [W]
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
    shaded_fraction: FloatArray
    affected_fraction: FloatArray
    shadow_height: FloatArray
    temp_cell: FloatArray
    v_mp: FloatArray
    i_mp: FloatArray
    p_array_nominal: FloatArray
    p_dc: FloatArray
    p_ac: FloatArray
    p_inverter: FloatArray
    p_grid: FloatArray
    taken: Mapping[str, FloatArray]
    ledger: Ledger


class Taken(Mapping[str, FloatArray]):
    """What each step took, spread over all rows when it is asked for.

    ``parts`` are rows by the names of their steps, and what to multiply them by.
    """

    def __init__(self, *parts: tuple[Mapping[str, FloatArray], int], sky: Sky) -> None:
        self._rows = in_order({name: (rows, count) for part, count in parts for name, rows in part.items()})
        self._sky = sky

    def __getitem__(self, name: str) -> FloatArray:
        """Return a step's series of shape (n,)."""
        if name == LOW_SUN:
            return self._sky.calendar.left_out
        rows, count = self._rows[name]
        return self._sky.whole(rows if count == 1 else count * rows)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the steps in their order."""
        return iter((LOW_SUN, *self._rows))

    def __len__(self) -> int:
        """Return the number of steps."""
        return 1 + len(self._rows)


def simulate_block(block: Block, weather: Weather, sun: Sun) -> BlockYear:
    """Return a block's year under a weather; ``sun`` is `sun_position` of the weather's times."""
    return simulate_blocks((block,), weather, sun)[0]


def simulate_blocks(blocks: Sequence[Block], weather: Weather, sun: Sun) -> tuple[BlockYear, ...]:
    """Return the years of blocks of one site; what they see alike is computed once."""
    return tuple(years(blocks, look_up(weather, sun), sun))


def years(blocks: Iterable[Block], sky: Sky, sun: Sun) -> Iterator[BlockYear]:
    """Yield the year of each block under a sky, one after the other.

    Equal mounts share their plane, and equal modules on equal mounts all that one module gives.
    """
    under, extremes = _Under(sky), lru_cache(maxsize=1)(lambda: _extremes(sky, sun))
    for block in blocks:
        clipped = _beyond(block, under, extremes()) if block.sub_hourly_clipping else None
        yield _simulate(block, under, clipped)


class _Kept(Generic[K, V]):
    """The latest few values of a function, so that what is equal in neighbours is computed once."""

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make, self._values = make, OrderedDict[K, V]()

    def __call__(self, key: K) -> V:
        if key in self._values:
            self._values.move_to_end(key)
        else:
            self._values[key] = self._make(key)
            if len(self._values) > _KEPT:
                self._values.popitem(last=False)
        return self._values[key]


class _Under:
    """What blocks have in common under a sky."""

    def __init__(self, sky: Sky) -> None:
        self.sky = sky
        self._planes = _Kept(self._plane)
        self._modules = _Kept(self._module)
        self._illuminations = _Kept(self._illuminate)

    def inputs(self, block: Block) -> list[tuple[DcInput, ModuleYear]]:
        """Return the inputs of one inverter in their order, and what a module of each gives."""
        return [(each, self._modules(cells(block, each))) for each in sorted(block.inputs, key=_place)]

    def illumination(self, block: Block) -> "_Illumination":
        """Return the light on a block."""
        inputs = sorted(block.inputs, key=_place)
        area = sum(each.area for each in inputs)
        return self._illuminations(tuple((cells(block, each), each.area / area) for each in inputs))

    def _plane(self, of: tuple[Mount, tuple[float, ...]]) -> optics.Plane:
        return optics.transpose(*of, self.sky)

    def _module(self, of: Cells) -> ModuleYear:
        on = of.collector
        return generate(of, optics.collect(on, self._planes((on.mount, on.albedo)), self.sky), self.sky)

    def _illuminate(self, parts: tuple[tuple[Cells, float], ...]) -> "_Illumination":
        return _illuminate([(share, self._modules(of)) for of, share in parts], self.sky)


def _extremes(sky: Sky, sun: Sun) -> tuple[_Under, _Under]:
    """Return the same rows with the sun out all the time, and covered all the time."""
    bare = replace(sky, weather=replace(sky.weather, poa=None))
    return _Under(subhourly.with_sun_out(bare, sun)), _Under(subhourly.with_sun_covered(bare, sun))


def _beyond(block: Block, under: _Under, extremes: tuple[_Under, _Under]) -> FloatArray:
    """Return what one inverter clips within the hours beyond what their means show [W]."""
    mean, out, covered = (_unclipped(block, each) for each in (under, *extremes))
    limit = ac_limit(under.sky.temp_air, part_of(block.inverter, block.mppt_fraction))
    return subhourly.extra_clipping(mean, out, covered, limit, variability=block.sub_hourly_clipping)


def _unclipped(block: Block, under: _Under) -> FloatArray:
    works = _operate(block, _generate(block, under.inputs(block))[1], under.sky)
    return works.p_ac + works.taken["IL_Pmax"] + works.taken["IL_Temp"]


def _operate(block: Block, generators: Sequence[Generator], sky: Sky) -> Operation:
    machine = part_of(block.inverter, block.mppt_fraction)
    return operate(generators, machine, sky.temp_air, block.power_sharing)


@lru_cache(maxsize=1024)
def _place(given: DcInput) -> tuple[int, str, str]:
    """Return what decides the order in which inputs are added, whatever order they came in."""
    return given.mppt, given.name, repr(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Illumination:
    """The optical part of a block's year, which blocks of equal modules on equal mounts have in common."""

    poa_global: FloatArray
    effective_irradiance: FloatArray
    shaded_fraction: FloatArray
    affected_fraction: FloatArray
    shadow_height: FloatArray
    temp_cell: FloatArray
    taken: dict[str, FloatArray]
    account: Account


def _illuminate(parts: Sequence[tuple[float, ModuleYear]], sky: Sky) -> _Illumination:
    """Return the light on a block's inputs, by their shares of its area."""

    def mean(of: Callable[[ModuleYear], FloatArray]) -> FloatArray:
        total = parts[0][0] * of(parts[0][1]) if len(parts) > 1 else of(parts[0][1])
        for share, year in parts[1:]:
            total = total + share * of(year)
        return total

    poa_global = mean(lambda year: year.collected.plane.poa_global)
    effective = mean(lambda year: year.collected.effective)
    steps = dict.fromkeys(name for _, year in parts for name in year.collected.taken)
    taken = {"GlobInc": sky.ghi - poa_global} | {
        name: mean(partial(_taken, name)) for name in in_order(steps)
    }
    temp_cell = mean(lambda year: year.temp_cell)
    return _Illumination(
        poa_global=sky.whole(poa_global),
        effective_irradiance=sky.whole(effective),
        shaded_fraction=sky.whole(mean(partial(_of_shadow, attrgetter("share")))),
        affected_fraction=sky.whole(mean(partial(_of_shadow, attrgetter("affected")))),
        shadow_height=sky.whole(mean(partial(_of_shadow, attrgetter("height")))),
        temp_cell=sky.whole(temp_cell, night=sky.weather.temp_air),
        taken=taken,
        account=_irradiance_account(taken, effective, sky),
    )


def _simulate(block: Block, under: _Under, clipped: FloatArray | None) -> BlockYear:
    sky, lit = under.sky, under.illumination(block)
    nominal, generators, of_modules = _generate(block, under.inputs(block))
    works = _operate(block, generators, sky)
    count = block.ac_system.number_of_inverters
    of_one, p_ac = of_modules | works.taken, works.p_ac
    if clipped is not None:
        of_one["ILPmxSH"] = np.minimum(clipped, p_ac)
        p_ac = p_ac - of_one["ILPmxSH"]
    produced = np.append(count * p_ac, 0.0)
    sent = deliver(block, produced)
    of_one, of_all = without_rare(of_one), without_rare(sent.taken)
    return BlockYear(
        label=sky.weather.label,
        poa_global=lit.poa_global,
        effective_irradiance=lit.effective_irradiance,
        shaded_fraction=lit.shaded_fraction,
        affected_fraction=lit.affected_fraction,
        shadow_height=lit.shadow_height,
        temp_cell=lit.temp_cell,
        v_mp=sky.whole(works.v_dc),
        i_mp=sky.whole(works.i_dc),
        p_array_nominal=sky.whole(count * nominal),
        p_dc=sky.whole(count * works.p_mpp),
        p_ac=sky.whole(produced),
        p_inverter=sky.whole(sent.p_inverter),
        p_grid=sky.whole(sent.p_grid),
        taken=Taken((lit.taken, 1), (of_one, count), (of_all, 1), sky=sky),
        ledger=Ledger(
            irradiance=lit.account,
            energy=_energy_account(nominal, of_one, count, of_all, sent.p_grid, sky),
        ),
    )


def _taken(name: str, year: ModuleYear) -> FloatArray:
    collected = year.collected
    return collected.taken[name] if name in collected.taken else np.zeros_like(collected.effective)


def _of_shadow(of: Callable[[NearShadow], FloatArray], year: ModuleYear) -> FloatArray:
    collected = year.collected
    return np.zeros_like(collected.effective) if collected.shadow is None else of(collected.shadow)


def _generate(
    block: Block, inputs: Sequence[tuple[DcInput, ModuleYear]]
) -> tuple[FloatArray, list[Generator], dict[str, FloatArray]]:
    """Return the nominal power, the inputs of one inverter, and what modules and strings took of it."""
    taken: dict[str, FloatArray] = {}
    generators: list[Generator] = []
    nominal = np.zeros_like(inputs[0][1].nominal)
    for each, year in inputs:
        n = each.array.modules
        power = n * year.maximum.p_mp
        nominal = nominal + n * year.nominal
        warm = n * year.at_reference
        losses = {"GIncLoss": n * year.nominal - warm, "TempLoss": warm - power}
        factor: FloatLike = 1.0
        for name, loss in _dc_fractions(block, year).items():
            losses[name] = power * factor * loss
            factor = factor * (1.0 - loss)
        for name, loss in losses.items():
            taken[name] = taken[name] + loss if name in taken else loss
        generators.append(_generator(block, each, year, factor))
    return nominal, generators, taken


def _generator(block: Block, given: DcInput, year: ModuleYear, factor: FloatLike) -> Generator:
    # Bypassed cells leave a string at a lower voltage, and its power at a higher current, than even light would.
    moved: FloatLike = 1.0 if year.shade is None else year.shade.voltage_factor
    return Generator(
        name=given.name,
        diode=year.diode,
        modules_per_string=given.array.modules_per_string,
        strings=given.array.strings,
        factor=factor,
        resistance=block.losses.dc_ohmic * _reference_resistance(given),
        v_mp=given.array.modules_per_string * year.maximum.v_mp * moved,
        i_mp=given.array.strings * year.maximum.i_mp * (factor / moved),
        mppt=given.mppt,
        weight=given.weight,
    )


def _dc_fractions(block: Block, year: ModuleYear) -> dict[str, FloatLike]:
    """Return the losses that leave the voltage as it is, in their order; those that many lack only if given."""
    losses = block.losses
    some: dict[str, FloatLike] = {
        "SpctCor": 1.0 - year.spectrum,
        "ShdElec": 0.0 if year.shade is None else year.shade.loss,
        "AgeLoss": losses.ageing,
    }
    every: dict[str, FloatLike] = {
        "ModQual": losses.module_quality,
        "LIDLoss": losses.lid,
        "MisLoss": losses.mismatch,
        "MisString": losses.string_voltage_mismatch,
    }
    given = {name: loss for name, loss in some.items() if np.any(loss)}
    return given | every


def _reference_resistance(given: DcInput) -> float:
    """Return voltage over current of an input at the reference [ohm]."""
    array, module = given.array, given.module
    return array.modules_per_string * module.v_mp_ref / (array.strings * module.i_mp_ref)


def _irradiance_account(taken: dict[str, FloatArray], effective: FloatArray, sky: Sky) -> Account:
    """Enter the light into an account; what came with the sun down is left out first."""
    sums = sky.monthly([sky.ghi, *taken.values(), effective])
    low_sun = sky.calendar.left_out_monthly
    steps = {LOW_SUN: low_sun} | dict(zip(taken, sums[1:-1], strict=True))
    return balance(("GlobHor", low_sun + sums[0]), steps, ("GlobEff", sums[-1]))


def _energy_account(
    nominal: FloatArray,
    of_one: dict[str, FloatArray],
    count: int,
    of_all: dict[str, FloatArray],
    p_grid: FloatArray,
    sky: Sky,
) -> Account:
    """Enter the energy into an account: up to the inverters' terminals as counted on one of them."""
    sums = sky.monthly([nominal, *of_one.values(), *of_all.values(), p_grid])
    sums[: 1 + len(of_one)] *= count
    taken = in_order(dict(zip((*of_one, *of_all), sums[1:-1], strict=True)))
    return balance(("EArrNom", sums[0]), taken, ("E_Grid", sums[-1]))
