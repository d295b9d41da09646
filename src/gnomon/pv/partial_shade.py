"""Power of a row whose lower edge lies in shadow, from the wiring of its modules, groups and cells.

The shadow of the row in front is a band along the whole row, so every module of one string looks the same and
one module stands for its string. Across the row's width lie `Wiring.lanes` parallel circuits; each is a chain
of `Wiring.groups` groups of cells, and each group has its bypass diode and `Wiring.cells` rows of cells:

- Cells of a chain carry one current. Those without beam hold it down; the others rise towards their open circuit.
- A group that would turn its voltage round is bypassed and costs the forward voltage of its diode.
- Lanes share the voltage of the tracker; it finds the highest of the local maxima.

The chain's voltage at a current is the largest over what may be bypassed, so its power is the largest over those
circuits, each smooth and with one maximum. There are at most three: nothing bypassed, the groups below the
edge of the shadow, and with them the group that holds the edge.

Dark cells and lit ones share one temperature. A bypass diode's drop is constant and cells do not break down in
reverse; against a diode's exponential and cells that do, the power moves by 0.2 % and 0.05 %. The recombination
of thin film is left out of both powers that are compared.

References
----------
Bishop (1988), Computer simulation of the effects of electrical mismatches in photovoltaic cell interconnection
circuits, Solar Cells 25, 73-89, DOI 10.1016/0379-6787(88)90059-2.
Deline, Dobos, Janzou, Meydbray and Donovan (2013), A simplified model of uniform shading in large photovoltaic
arrays, Solar Energy 96, 274-282, DOI 10.1016/j.solener.2013.07.008.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from gnomon.pv import pvarray
from gnomon.pv.arrays import BoolArray, FloatArray, IntArray
from gnomon.pv.plant import Module, Orientation

BYPASS_DROP = 0.5
"""Forward voltage of a conducting Schottky bypass diode [V]."""
_DIODES_PER_MODULE = 3
_COLUMNS = 6
_FULL, _LOW, _EDGE = 0, 1, 2
_STEPS, _NEWTON_STEPS = 80, 20
_INNER = 3
_SETTLED = 1e-2
"""A move of V_d [a] below which the power is within some 1e-5 of its maximum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What lies across a row's width, from its lower edge up.

    Attributes
    ----------
    modules
        Modules across.
    lanes
        Circuits in parallel: a module, or each half of a half-cut module in portrait.
    groups
        Groups of cells in series in a lane that the shadow reaches one after the other, a bypass diode each.
    cells
        Rows of cells across each group.
    """

    modules: int
    lanes: int
    groups: int
    cells: int

    def __post_init__(self) -> None:
        for name in ("modules", "lanes", "groups", "cells"):
            if getattr(self, name) < 1:
                raise ValueError(f"wiring: {name} is {getattr(self, name)}, it must be at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialShade:
    """What partial shade does to rows of shape (m,), beyond the light it takes.

    Attributes
    ----------
    loss
        Share lost of the power that the mean irradiance would give. [0-1]
    voltage_factor
        Voltage of the largest power over that under the mean irradiance.
    """

    loss: FloatArray
    voltage_factor: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shadow:
    """Where the shadow ends, per row (m,): in which lane, in which of its groups, in which row of cells.

    Lanes below the edge are ``dark``. In the lane of the edge ``whole`` groups lie below it, whose cells without
    beam are a share ``below`` of the lane's. The group with the edge holds a share ``within`` of such cells, and
    the next row of cells lacks ``edge`` of its beam.
    """

    dark: FloatArray
    whole: FloatArray
    below: FloatArray
    within: FloatArray
    edge: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Light:
    """Irradiance with and without beam [W/m2] and the cell temperature [degC], shape (m,), on one module."""

    g_full: FloatArray
    g_low: FloatArray
    temp_cell: FloatArray
    module: Module

    def without(self, share: FloatArray) -> pvarray.Diode:
        """Return the curve of a module that lacks a share of its beam all over, without recombination."""
        irradiance = self.g_full - share * (self.g_full - self.g_low)
        diode = pvarray.calcparams_pvsyst(irradiance, self.temp_cell, self.module)
        return replace(diode, recombination=0.0, v_built_in=np.inf)

    def twice(self) -> "_Light":
        full, low, temp = (np.tile(rows, 2) for rows in (self.g_full, self.g_low, self.temp_cell))
        return _Light(g_full=full, g_low=low, temp_cell=temp, module=self.module)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Circuit:
    """The lane of the shadow's edge and the lanes beside it, as curves of whole modules; shape (n,).

    The lane chains a ``weak`` share of cells with the curve (i_l, r_sh), which holds its current down, a
    ``middle`` share at the edge and a ``strong`` share in full light; its conducting bypass diodes take ``drop``.
    Beside it are ``lit`` lanes in full light and ``dark`` ones without beam. All cells share temperature, hence
    ``a`` and ``i_o``.
    """

    a: FloatArray
    i_o: FloatArray
    r_s: FloatArray
    i_l: FloatArray
    r_sh: FloatArray
    i_l_edge: FloatArray
    r_sh_edge: FloatArray
    i_l_full: FloatArray
    r_sh_full: FloatArray
    i_l_low: FloatArray
    r_sh_low: FloatArray
    weak: FloatArray
    middle: FloatArray
    strong: FloatArray
    drop: FloatArray
    lit: FloatArray
    dark: FloatArray

    @property
    def resistance(self) -> FloatArray:
        """Series resistance of the groups that are not bypassed [ohm]."""
        return (self.weak + self.middle + self.strong) * self.r_s

    def take(self, chosen: BoolArray) -> "_Circuit":
        return _Circuit(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choices:
    """What a lane may bypass, shape (3, m): whether to ask, the weak cells' curve, shares, groups bypassed."""

    asked: BoolArray
    curve: IntArray
    weak: FloatArray
    middle: FloatArray
    strong: FloatArray
    bypassed: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lane:
    """A point of a lane: current, voltage, their slopes dI/dV and dV/dV_d, and d(dI/dV)/dV_d."""

    current: FloatArray
    voltage: FloatArray
    slope: FloatArray
    stretch: FloatArray
    bend: FloatArray


def wiring(
    transverse_diodes: int,
    *,
    half_cut: bool = False,
    orientation: Orientation | None = None,
    cells_in_series: int = 72,
) -> Wiring | None:
    """Return what lies across a row with N separately protected groups of cells, None for N = 0.

    =========== ======== ========== ======= ===== ====== ==========
    orientation half_cut N          modules lanes groups cells
    =========== ======== ========== ======= ===== ====== ==========
    landscape   any      3, 6, 9    N / 3   N / 3 3      2
    landscape   any      other      1       1     N      6 / N
    portrait    no       any        N       N     1      series / 6
    portrait    yes      even       N / 2   N     1      series / 6
    portrait    yes      odd        N       2 N   1      series / 6
    =========== ======== ========== ======= ===== ====== ==========

    Modules have six columns of cells and three diodes. In landscape their groups lie one above the other, two
    columns each; a half-cut module has its halves side by side there and behaves like any other. In portrait a
    shadow reaches all three groups at once, and the halves of a half-cut module lie in parallel one above the
    other: two groups for each module. An odd count can then only be one of diodes, which the halves share.
    Without an orientation it is landscape where N is a multiple of 3, else portrait.

    Parameters
    ----------
    transverse_diodes
        N, groups across the width of the row; 0 switches the electrical effect off.
    half_cut
        Whether modules are two halves of half-cells in parallel.
    orientation
        Whether a module's long side lies across the row (portrait) or along it (landscape).
    cells_in_series
        Of one module.
    """
    if transverse_diodes < 0:
        raise ValueError(f"transverse_diodes: {transverse_diodes}, give the groups across the row, 0 or more")
    if transverse_diodes == 0:
        return None
    if orientation is None:
        orientation = "portrait" if transverse_diodes % _DIODES_PER_MODULE else "landscape"
    if orientation == "landscape":
        return _landscape(transverse_diodes)
    halves = 2 if half_cut and transverse_diodes % 2 else 1
    lanes = transverse_diodes * halves
    cells = max(round(cells_in_series / _COLUMNS), 1)
    return Wiring(modules=lanes // 2 if half_cut else lanes, lanes=lanes, groups=1, cells=cells)


def _landscape(groups: int) -> Wiring:
    modules, rest = divmod(groups, _DIODES_PER_MODULE)
    if rest:
        return Wiring(modules=1, lanes=1, groups=groups, cells=max(round(_COLUMNS / groups), 1))
    return Wiring(
        modules=modules, lanes=modules, groups=_DIODES_PER_MODULE, cells=_COLUMNS // _DIODES_PER_MODULE
    )


def row_shade(
    shaded_fraction: FloatArray,
    g_full: FloatArray,
    g_low: FloatArray,
    temp_cell: FloatArray,
    module: Module,
    across: Wiring | None,
    impact: float = 1.0,
) -> PartialShade:
    """Return what shade on the lowest part of each row costs beyond its light.

    Power P is the highest maximum over the tracker's voltage of the lanes' sum; the loss is
    ``impact (1 - P / P_mean)``, where P_mean is the power under ``g_full - f (g_full - g_low)`` everywhere. In a
    few W/m2, where shunts eat spread light and leave some of the gathered, P can exceed P_mean: no loss then.

    Parameters
    ----------
    shaded_fraction
        f, share of the width without beam, from the lower edge up. [0-1]
    g_full, g_low
        Effective irradiance where the beam arrives, and where it does not. [W/m2]
    temp_cell
        Cell temperature of the whole row. [degC]
    across
        `wiring` of the row; None means no electrical effect.
    impact
        Share of the electrical effect that counts. [0-1]

    All arrays have shape (m,).
    """
    shaded = (shaded_fraction > 0) & (shaded_fraction < 1) & (g_full > g_low)
    if across is None or not shaded.any():
        return _unchanged(shaded_fraction)
    light = _Light(g_full=g_full[shaded], g_low=g_low[shaded], temp_cell=temp_cell[shaded], module=module)
    fraction = shaded_fraction[shaded]
    power, voltage = _largest(_band(fraction, across), light, across)
    return _compare(shaded, power, voltage, light.without(fraction), impact)


def scene_shade(
    affected: FloatArray,
    beam_shaded: FloatArray,
    g_full: FloatArray,
    g_low: FloatArray,
    temp_cell: FloatArray,
    module: Module,
    across: Wiring | None,
    impact: float = 1.0,
) -> PartialShade:
    """Return what shade costs beyond its light where a scene's table gives its extent.

    Parameters
    ----------
    affected
        Share of the groups (bypass diodes) that hold a cell without beam. [0-1]
    beam_shaded
        Share of the area without beam, hence of the beam lost; raises ``affected`` where larger. [0-1]

    Notes
    -----
    The others are those of `row_shade`, as is the result. Affected groups are taken to lie lowest and to hold
    dark cells in the share ``beam_shaded / affected``. The table is a mean over positions and tables: between
    two whole counts of groups the power is interpolated. Lanes below the one with the last affected group count as
    dark all over.
    """
    shaded = (beam_shaded > 0) & (beam_shaded < 1) & (g_full > g_low)
    if across is None or not shaded.any():
        return _unchanged(beam_shaded)
    light = _Light(g_full=g_full[shaded], g_low=g_low[shaded], temp_cell=temp_cell[shaded], module=module)
    beam = beam_shaded[shaded]
    share = np.clip(affected[shaded], beam, 1.0)
    count = share * (across.lanes * across.groups)
    above = np.maximum(np.ceil(count), 1.0)
    below = above - 1.0
    dark_share = np.clip(beam / share, 1.0 / across.cells, 1.0)
    shadow = _whole_groups(np.concatenate((below, above)), np.tile(dark_share, 2), across)
    power, voltage = _largest(shadow, light.twice(), across)
    weight = count - below
    power_below, power_above = np.split(power, 2)
    voltage_below, voltage_above = np.split(voltage, 2)
    return _compare(
        shaded,
        power_below + weight * (power_above - power_below),
        voltage_below + weight * (voltage_above - voltage_below),
        light.without(beam),
        impact,
    )


def _unchanged(rows: FloatArray) -> PartialShade:
    return PartialShade(loss=np.zeros_like(rows), voltage_factor=np.ones_like(rows))


def _compare(
    shaded: BoolArray, power: FloatArray, voltage: FloatArray, mean: pvarray.Diode, impact: float
) -> PartialShade:
    """Set the power and the voltage of shaded rows against those of a uniform module, for all rows."""
    uniform = pvarray.max_power_point(mean)
    result = _unchanged(shaded.astype(float))
    lit = uniform.p_mp > 0
    ratio = np.divide(power, uniform.p_mp, out=np.ones_like(power), where=lit)
    result.loss[shaded] = impact * np.clip(1.0 - ratio, 0.0, 1.0)
    factor = np.divide(voltage, uniform.v_mp, out=np.ones_like(power), where=lit)
    result.voltage_factor[shaded] = 1.0 - impact * (1.0 - factor)
    return result


def _band(fraction: FloatArray, across: Wiring) -> _Shadow:
    """Return where the edge of a band of shadow from the row's lower edge lies."""
    position = fraction * across.lanes
    dark = np.minimum(np.floor(position), across.lanes - 1.0)
    in_lane = (position - dark) * across.groups
    whole = np.minimum(np.floor(in_lane), across.groups - 1.0)
    depth = (in_lane - whole) * across.cells
    rows = np.floor(depth)
    return _Shadow(
        dark=dark,
        whole=whole,
        below=whole / across.groups,
        within=rows / (across.cells * across.groups),
        edge=depth - rows,
    )


def _whole_groups(count: FloatArray, dark_share: FloatArray, across: Wiring) -> _Shadow:
    """Return the shadow on a whole count of groups with a share of dark cells in each."""
    dark = np.clip(np.ceil(count / across.groups) - 1.0, 0.0, across.lanes - 1.0)
    whole = count - dark * across.groups
    none = np.zeros_like(whole)
    return _Shadow(dark=dark, whole=whole, below=whole * dark_share / across.groups, within=none, edge=none)


def _largest(shadow: _Shadow, light: _Light, across: Wiring) -> tuple[FloatArray, FloatArray]:
    """Return the highest maximum of the power per module [W] and its voltage [V], shape (m,)."""
    none = np.zeros_like(light.g_full)
    full, low, edge = (light.without(share) for share in (none, none + 1.0, shadow.edge))
    choice = _choices(shadow, across)
    asked = choice.asked
    rows = np.nonzero(asked)[1]
    curve = choice.curve[asked]
    circuit = _Circuit(
        a=full.a[rows],
        i_o=full.i_o[rows],
        r_s=np.full(rows.shape, full.r_s),
        i_l=np.stack((full.i_l, low.i_l, edge.i_l))[curve, rows],
        r_sh=np.stack((full.r_sh, low.r_sh, edge.r_sh))[curve, rows],
        i_l_edge=edge.i_l[rows],
        r_sh_edge=edge.r_sh[rows],
        i_l_full=full.i_l[rows],
        r_sh_full=full.r_sh[rows],
        i_l_low=low.i_l[rows],
        r_sh_low=low.r_sh[rows],
        weak=choice.weak[asked],
        middle=choice.middle[asked],
        strong=choice.strong[asked],
        drop=choice.bypassed[asked] * BYPASS_DROP,
        lit=(across.lanes - 1.0 - shadow.dark)[rows],
        dark=shadow.dark[rows],
    )
    found = np.zeros((2, *asked.shape))
    found[:, asked] = _peak(circuit)
    best = np.argmax(found[0], axis=0)[np.newaxis]
    power, voltage = np.take_along_axis(found, best[np.newaxis], axis=1)[:, 0]
    return power / across.lanes, voltage


def _choices(shadow: _Shadow, across: Wiring) -> _Choices:
    """Say what the lane of the edge may do: bypass nothing, the groups below the edge's, all touched groups."""
    row = 1.0 / (across.groups * across.cells)
    is_entered = (shadow.within > 0) | (shadow.edge > 0)
    touched = shadow.whole + is_entered
    lit = 1.0 - touched / across.groups
    none = np.zeros_like(lit)
    curves, weak, middle = zip(
        _weakest(shadow.below + shadow.within, shadow.edge, row),
        _weakest(shadow.within, shadow.edge, row),
        (np.full(none.shape, _FULL), lit, none),
        strict=True,
    )
    bypassed = np.stack((none, shadow.whole, touched))
    return _Choices(
        asked=np.stack(
            (np.ones_like(is_entered), (shadow.whole > 0) & is_entered, (lit > 0) & (touched > 0))
        ),
        curve=np.stack(curves),
        weak=np.stack(weak),
        middle=np.stack(middle),
        strong=1.0 - bypassed / across.groups - np.stack(weak) - np.stack(middle),
        bypassed=bypassed,
    )


def _weakest(dark: FloatArray, edge: FloatArray, row: float) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the curve and the share of the cells that hold a chain down, and the share at the edge beside them."""
    is_dark = dark > 0
    return (
        np.where(is_dark, _LOW, _EDGE),
        np.where(is_dark, dark, row),
        np.where(is_dark & (edge > 0), row, 0.0),
    )


def _peak(circuit: _Circuit) -> FloatArray:
    """Return the largest power [W] of all lanes and its voltage [V], stacked to shape (2, n).

    A Newton iteration in the weak cells' V_d, whose points are explicit, held between two voltages that the
    maximum never leaves and halving them where it does not settle. Rows leave the iteration as they settle.
    """
    peak = np.empty((2, circuit.a.size))
    rows = np.arange(circuit.a.size)
    v_d, floor, ceiling = _start(circuit)
    for count in range(_STEPS):
        peak[0, rows], peak[1, rows], rise, step = _move(circuit, v_d)
        floor, ceiling = np.where(rise > 0, v_d, floor), np.where(rise > 0, ceiling, v_d)
        moved = v_d + step
        halves = (moved <= floor) | (moved >= ceiling) | (count >= _NEWTON_STEPS)
        moved = np.where(halves, 0.5 * (floor + ceiling), moved)
        moving = np.minimum(np.abs(step), ceiling - floor) > _SETTLED * circuit.a
        if not moving.any():
            return peak
        rows, v_d, floor, ceiling = rows[moving], moved[moving], floor[moving], ceiling[moving]
        circuit = circuit.take(moving)
    raise ArithmeticError(
        "the power under partial shade did not converge; the module's parameters are not physical"
    )


def _start(circuit: _Circuit) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a first V_d of the weak cells and two that enclose the best one.

    Alone, the lane is best below the knee of its weak cells, or where mere shunts share the light's current.
    Beside lit lanes the tracker stays near their voltage, and the weak cells take what is left of it.
    """
    c = circuit
    exponent = np.log1p(c.i_l_full / c.i_o)
    others, whole = c.middle + c.strong, c.a * exponent
    v_mp_full = whole - c.a * np.log1p(exponent) - c.r_s * c.i_l_full
    risen = others * _carry(c, c.i_l_full - np.minimum(c.i_l, 0.95 * c.i_l_full), c.r_sh_full)
    beside = c.lit * c.i_l_full + c.dark * c.i_l_low
    knee = c.a * np.log(np.maximum(c.i_l, 1e-9) * c.a * c.weak / (c.i_o * (c.weak + others) * whole))
    shunt = 0.5 * (c.i_l * c.r_sh - risen / c.weak)
    held = v_mp_full + c.a * np.log1p(c.i_l / np.maximum(beside, 1e-9)) + c.drop + c.resistance * c.i_l
    left = np.where(c.lit > 0, (held - risen) / c.weak, np.inf)
    floor = -(others * whole + c.a) / c.weak
    ceiling = c.a * np.log1p((c.i_l + beside) / c.i_o)
    return np.clip(np.minimum(np.minimum(knee, shunt), left), floor, ceiling), floor, ceiling


def _move(circuit: _Circuit, v_d: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return power, voltage, dP/dV and the step of V_d towards dP/dV = 0.

    With C the sum of the currents, dP/dV = C + V dC/dV. Both terms are positive in size near the maximum and the
    second grows like an exponential, so the step is Newton's for the difference of their logarithms; elsewhere it
    is Newton's for the sum.
    """
    lane = _lane(circuit, v_d)
    current, slope, bend = lane.current, lane.slope, lane.bend
    for count, i_l, r_sh in (
        (circuit.lit, circuit.i_l_full, circuit.r_sh_full),
        (circuit.dark, circuit.i_l_low, circuit.r_sh_low),
    ):
        if count.any():
            beside = _beside(circuit, lane.voltage, i_l, r_sh)
            current = current + count * beside[0]
            slope = slope + count * beside[1]
            bend = bend + count * beside[2] * lane.stretch
    fall = -lane.voltage * slope
    growth = -(lane.stretch * slope + lane.voltage * bend)
    decline = lane.stretch * slope
    near = (current > 0) & (fall > 0)
    ratio = np.divide(current, fall, out=np.ones_like(fall), where=near)
    step = np.where(
        near, np.log(ratio) * fall / (growth - decline / ratio), (current - fall) / (growth - decline)
    )
    return lane.voltage * current, lane.voltage, current - fall, step


def _lane(circuit: _Circuit, v_d: FloatArray) -> _Lane:
    """Return the point of the lane at a voltage of its weak cells' diodes."""
    c = circuit
    grown = c.i_o * np.exp(v_d / c.a)
    current = c.i_l + c.i_o - grown - v_d / c.r_sh
    fall, weak_bend = -(grown / c.a + 1.0 / c.r_sh), -grown / (c.a * c.a)
    resistance = c.resistance
    voltage = c.weak * v_d - resistance * current - c.drop
    by_current, curl = -resistance, np.zeros_like(v_d)
    for share, i_l, r_sh in ((c.middle, c.i_l_edge, c.r_sh_edge), (c.strong, c.i_l_full, c.r_sh_full)):
        carried = _carry(c, i_l - current, r_sh)
        through = c.i_o * np.exp(carried / c.a) / c.a
        slope = -1.0 / (through + 1.0 / r_sh)
        voltage += share * carried
        by_current += share * slope
        curl += share * through / c.a * slope * slope * slope
    stretch = c.weak + by_current * fall
    slope = fall / stretch
    bend = (weak_bend - slope * (by_current * weak_bend + curl * fall * fall)) / stretch
    return _Lane(current=current, voltage=voltage, slope=slope, stretch=stretch, bend=bend)


def _carry(circuit: _Circuit, spare: FloatArray, r_sh: FloatArray) -> FloatArray:
    """Return V_d of cells that have a current to spare for their diodes and shunts.

    ``I_0 (exp(V_d / a) - 1) + V_d / R_sh`` is convex in V_d, and either term alone gives a start above the root.
    """
    c = circuit
    v_d = np.minimum(c.a * np.log1p(np.maximum(spare, 0.0) / c.i_o), spare * r_sh)
    for _ in range(_INNER):
        grown = c.i_o * np.exp(v_d / c.a)
        v_d = v_d - (grown - c.i_o + v_d / r_sh - spare) / (grown / c.a + 1.0 / r_sh)
    return v_d


def _beside(
    circuit: _Circuit, voltage: FloatArray, i_l: FloatArray, r_sh: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return current, dI/dV and d2I/dV2 of a lane in uniform light at a voltage, by Newton from above."""
    c = circuit
    v_d = voltage + c.r_s * i_l
    for _ in range(_INNER):
        grown = c.i_o * np.exp(v_d / c.a)
        current = i_l + c.i_o - grown - v_d / r_sh
        v_d = v_d - (v_d - c.r_s * current - voltage) / (1.0 + c.r_s * (grown / c.a + 1.0 / r_sh))
    grown = c.i_o * np.exp(v_d / c.a)
    slope = -(grown / c.a + 1.0 / r_sh)
    stretch = 1.0 - c.r_s * slope
    current = i_l + c.i_o - grown - v_d / r_sh
    return current, slope / stretch, -grown / (c.a * c.a) / (stretch * stretch * stretch)
