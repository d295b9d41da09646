"""What stands in the field, large to small: Plant, Block, Inverter, Array, Module.

Units and signs are pvlib's: degrees, azimuth clockwise from north, W, V, A, degC. A *loss* is a positive
fraction of what enters its step. Every record is hashable, so that what depends on it alone is computed once.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from gnomon.pv.availability import Availability
from gnomon.pv.horizon import Horizon
from gnomon.pv.mount import Mount
from gnomon.pv.scene import SceneTable
from gnomon.pv.weather import Site

NearShading = Literal["none", "unlimited", "scene"]
Orientation = Literal["portrait", "landscape"]
PowerSharing = Literal["independent_equal", "string_count_weighted", "manual_weighted"]
AcReference = Literal["stc", "inverter"]
Technology = Literal["mono", "multi", "hit", "cdte", "cis", "asi", "micromorph"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AshraeIam:
    """The one-parameter incidence-angle curve: 1 - b (1 / cos aoi - 1)."""

    b: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalIam:
    """Fresnel and Bouguer through one cover, with an optional anti-reflective coat of index ``n_ar``."""

    n: float = 1.526
    extinction: float = 4.0
    thickness: float = 0.002
    n_ar: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileIam:
    """Points of a measured curve: angles of incidence [degrees], increasing, and what passes [0-1]."""

    aoi: tuple[float, ...]
    iam: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.aoi) != len(self.iam) or len(self.aoi) < 2:
            raise ValueError("iam profile: give at least two points, as many angles as factors")
        if any(later <= earlier for earlier, later in pairwise(self.aoi)):
            raise ValueError("iam profile: the angles must increase")


Iam: TypeAlias = AshraeIam | PhysicalIam | ProfileIam


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module as a PVsyst PAN file describes it; the reference is ``irrad_ref`` and ``temp_ref``.

    Attributes
    ----------
    p_nom
        Nameplate power. [W]
    i_sc_ref, v_oc_ref, i_mp_ref, v_mp_ref
        Short circuit, open circuit and maximum power point at the reference. [A, V]
    alpha_sc
        Temperature coefficient of the short-circuit current (``muISC`` / 1000). [A/K]
    cells_in_series
        Cells in series.
    r_s, r_sh_ref, r_sh_0, r_sh_exp
        Series resistance, shunt at the reference and in the dark [ohm], exponent of the shunt.
    gamma_ref, mu_gamma
        Diode ideality factor and its temperature coefficient [1/K].
    area
        Area of the whole module. [m2]
    eg_ref
        Band gap. [eV]
    recombination, v_built_in
        Of thin film: the thickness of the intrinsic layer squared over mobility and lifetime of its
        carriers (``D2MuTau``), and the built-in voltage of one cell. [V]
    technology
        What the cells are made of, None when it is not known.
    bifaciality
        Power of the back over that of the front, 0 for a module that uses its front alone.
    half_cut
        Whether the module is two halves in parallel, one above the other.
    length, width
        Long and short side. [m]
    """

    name: str = ""
    p_nom: float
    i_sc_ref: float
    v_oc_ref: float
    i_mp_ref: float
    v_mp_ref: float
    alpha_sc: float
    cells_in_series: int
    r_s: float
    r_sh_ref: float
    r_sh_0: float
    r_sh_exp: float = 5.5
    gamma_ref: float
    mu_gamma: float = 0.0
    area: float
    irrad_ref: float = 1000.0
    temp_ref: float = 25.0
    eg_ref: float = 1.121
    iam: Iam = AshraeIam()
    recombination: float = 0.0
    v_built_in: float = 0.9
    technology: Technology | None = None
    bifaciality: float = 0.0
    half_cut: bool = False
    length: float | None = None
    width: float | None = None

    def __post_init__(self) -> None:
        for name in ("p_nom", "i_sc_ref", "v_oc_ref", "cells_in_series", "r_sh_ref", "gamma_ref", "area"):
            if not getattr(self, name) > 0:
                raise ValueError(f"module {self.name}: {name} is {getattr(self, name)}, it must be positive")
        if self.r_sh_0 < self.r_sh_ref:
            raise ValueError(f"module {self.name}: r_sh_0 {self.r_sh_0} is below r_sh_ref {self.r_sh_ref}")
        if not 0 <= self.bifaciality <= 1:
            raise ValueError(f"module {self.name}: bifaciality {self.bifaciality} is no fraction, 0 to 1")
        self._check_recombination()

    def _check_recombination(self) -> None:
        room = self.v_built_in * self.cells_in_series - self.v_oc_ref
        if self.recombination and not 0 < self.recombination < room:
            raise ValueError(
                f"module {self.name}: recombination {self.recombination} V; give 0 to {room:.4g} V, what the "
                "built-in voltage of its cells leaves above v_oc_ref"
            )

    @property
    def efficiency(self) -> float:
        """Nameplate efficiency over the module's whole area."""
        return self.p_nom / (self.irrad_ref * self.area)


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyCurve:
    """AC power out over DC power in [W], both increasing, measured at the DC voltage ``v_dc`` [V]."""

    v_dc: float
    p_dc: tuple[float, ...]
    p_ac: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.p_dc) != len(self.p_ac) or not self.p_dc:
            raise ValueError("efficiency curve: give at least one point, as many p_dc as p_ac")
        if any(later <= earlier for earlier, later in pairwise(self.p_dc)):
            raise ValueError("efficiency curve: p_dc must increase")
        if any(p_ac > p_dc for p_dc, p_ac in zip(self.p_dc, self.p_ac, strict=True)):
            raise ValueError("efficiency curve: p_ac exceeds p_dc; check the units of the two columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverter:
    """An inverter as a PVsyst OND file describes it, all powers in W of one inverter.

    Attributes
    ----------
    p_ac_max
        Largest AC power; above it the inverter clips.
    p_dc_threshold
        DC power below which it does not start.
    curves
        One to three efficiency curves by DC voltage, in rising order of voltage.
    v_mppt_min, v_mppt_max
        Window of the maximum power point tracker. [V]
    i_dc_max, p_dc_max
        Caps of the DC input, None when the maker gives none. [A, W]
    v_dc_max
        Open-circuit voltage above which it stays off. [V]
    night_loss, aux_loss, aux_threshold
        Use at night; use of fans and others above ``aux_threshold`` of AC power.
    mppt_count
        Maximum power point trackers it has.
    derating
        Largest AC power over the temperature of the air, (degC, W) by rising temperature; two points at
        one temperature are a step. Outside, the first and the last hold. Empty when warm air takes
        nothing.
    """

    name: str = ""
    p_ac_max: float
    p_dc_threshold: float = 0.0
    curves: tuple[EfficiencyCurve, ...]
    v_mppt_min: float | None = None
    v_mppt_max: float | None = None
    v_dc_max: float | None = None
    i_dc_max: float | None = None
    p_dc_max: float | None = None
    night_loss: float = 0.0
    aux_loss: float = 0.0
    aux_threshold: float = 0.0
    mppt_count: int = 1
    derating: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not self.p_ac_max > 0:
            raise ValueError(f"inverter {self.name}: p_ac_max is {self.p_ac_max}, it must be positive")
        if not self.curves:
            raise ValueError(f"inverter {self.name}: give at least one efficiency curve")
        voltages = [curve.v_dc for curve in self.curves]
        if voltages != sorted(set(voltages)):
            raise ValueError(f"inverter {self.name}: the curves' v_dc must increase, they are {voltages}")
        if any(warm < cool for (cool, _), (warm, _) in pairwise(self.derating)):
            raise ValueError(f"inverter {self.name}: derating: the temperatures must not fall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """The modules on ONE inverter: ``strings`` in parallel, each of ``modules_per_string`` in series.

    A block is one inverter with its array, repeated. Counting strings per inverter keeps that unit
    complete: voltages, currents and limits are those of a real machine, and the block is exactly linear
    in the number of inverters.
    """

    modules_per_string: int
    strings: int

    def __post_init__(self) -> None:
        for name in ("modules_per_string", "strings"):
            if getattr(self, name) < 1:
                raise ValueError(f"array: {name} is {getattr(self, name)}, it must be at least 1")

    @property
    def modules(self) -> int:
        """Modules on one inverter."""
        return self.modules_per_string * self.strings


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectricalShading:
    """What a shadow costs beyond its area, by how cells are wired across the width of a row.

    Attributes
    ----------
    transverse_diodes
        Groups of cells across the width that a shadow from below reaches one after another.
    share
        Part of the electrical loss that counts: 1 for all.
    orientation
        How the modules lie; None to tell it from the number of groups.
    """

    transverse_diodes: int
    share: float = 1.0
    orientation: Orientation | None = None

    def __post_init__(self) -> None:
        if self.transverse_diodes < 0:
            raise ValueError(f"transverse_diodes: {self.transverse_diodes}; give their number, 0 for none")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share: {self.share} of the electrical loss; give 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shading:
    """What stands between sun and modules.

    Attributes
    ----------
    near
        ``unlimited``: long, equal rows at the mount's gcr; ``scene``: the table of ``scene``.
    sees_ground_of_rows
        Whether the scene tells how much of the ground the modules see and not how bright it is: then it lies as much
        in shadow as between long rows at the mount's gcr.
    electrical
        None where shadows cost no more than their area.
    """

    near: NearShading = "none"
    scene: SceneTable | None = None
    sees_ground_of_rows: bool = False
    electrical: ElectricalShading | None = None

    def __post_init__(self) -> None:
        if self.near == "scene" and self.scene is None:
            raise ValueError("scene: near shading by a scene needs the scene's table")

    @property
    def table(self) -> SceneTable | None:
        """What a scene takes, None where no scene shades: one that is only kept at hand counts for nothing."""
        return self.scene if self.near == "scene" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bifacial:
    """How the back of the modules sees the ground.

    Attributes
    ----------
    height
        Of the rows' axis above the ground. [m]
    collector_width
        Of a row, from edge to edge. [m]
    transparency, racking_shading, mismatch
        Light that passes between the cells; light that beams and torque tube keep from the back; what
        uneven light on the back costs. [0-1]
    """

    height: float
    collector_width: float
    transparency: float = 0.0
    racking_shading: float = 0.0
    mismatch: float = 0.0

    def __post_init__(self) -> None:
        for name in ("height", "collector_width"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: {getattr(self, name)} m; it must be positive")
        for name in ("transparency", "racking_shading", "mismatch"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: {getattr(self, name)} is no fraction, 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class DcInput:
    """Equal strings on one input of ONE inverter.

    Attributes
    ----------
    name
        Decides the order where several inputs are added up.
    mppt
        Maximum power point tracker the strings are on; inputs on the same one share its voltage.
    weight
        Share of the inverter's limits under the policy ``manual_weighted``.
    mount, shading
        Its own; None for the block's.
    bifacial
        None for modules that use their front alone.
    """

    name: str = ""
    module: Module
    array: Array
    mppt: int = 1
    weight: float = 1.0
    mount: Mount | None = None
    shading: Shading | None = None
    bifacial: Bifacial | None = None

    def __post_init__(self) -> None:
        if not self.weight >= 0:
            raise ValueError(f"weight: {self.weight}; give a share of the inverter, at least 0")

    @property
    def p_stc(self) -> float:
        """Nameplate DC power on one inverter [W]."""
        return self.module.p_nom * self.array.modules

    @property
    def area(self) -> float:
        """Area of the modules on one inverter [m2]."""
        return self.module.area * self.array.modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Thermal:
    """PVsyst's heat balance: u_c [W/m2K], u_v [W/m2K per m/s], absorbed fraction of the light."""

    u_c: float = 29.0
    u_v: float = 0.0
    absorption: float = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Losses of a block's DC side as fractions; ``module_quality`` below zero is a gain.

    Attributes
    ----------
    soiling, snow
        January to December.
    ageing
        Share of the modules' power that is gone with the years.
    dc_ohmic
        At the reference conditions; in operation it goes with the square of the current.
    inverter_auxiliary
        Whether the inverter's own auxiliary use counts.
    """

    soiling: tuple[float, ...] = (0.0,) * 12
    snow: tuple[float, ...] = (0.0,) * 12
    module_quality: float = 0.0
    lid: float = 0.0
    ageing: float = 0.0
    mismatch: float = 0.0
    string_voltage_mismatch: float = 0.0
    dc_ohmic: float = 0.0
    inverter_auxiliary: bool = True

    def __post_init__(self) -> None:
        for name in ("soiling", "snow"):
            if len(getattr(self, name)) != 12:
                raise ValueError(
                    f"{name}: {len(getattr(self, name))} values; give twelve, January to December"
                )
        values = {name: getattr(self, name) for name in self.__slots__ if name != "inverter_auxiliary"}
        for name, value in values.items():
            for loss in value if isinstance(value, tuple) else (value,):
                if not (-1 < loss < 1 if name == "module_quality" else 0 <= loss < 1):
                    raise ValueError(f"{name}: {loss} is no loss; give a fraction of what enters, 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcSystem:
    """From the inverters of a block to the grid; fractions of the ``reference`` power.

    Attributes
    ----------
    ac_ohmic
        Wires, with the square of the power.
    no_load_loss, load_loss
        Iron (constant while connected) and copper (with the square of the power) of the transformer.
    mv_ohmic_loss, mv_transformer_loss
        Behind the transformer: the medium-voltage line, with the square of the power, and one more
        transformer that takes its fraction of whatever power it passes.
    reference
        ``stc``: the arrays' nameplate; ``inverter``: the inverters' largest AC power.
    night_disconnect
        Whether the transformer is cut off while the sun is down.
    """

    number_of_inverters: int = 1
    ac_ohmic: float = 0.0
    no_load_loss: float = 0.0
    load_loss: float = 0.0
    mv_ohmic_loss: float = 0.0
    mv_transformer_loss: float = 0.0
    reference: AcReference = "stc"
    night_disconnect: bool = False

    def __post_init__(self) -> None:
        if self.number_of_inverters < 1:
            raise ValueError(f"number_of_inverters: {self.number_of_inverters}, it must be at least 1")
        for name in ("ac_ohmic", "no_load_loss", "load_loss", "mv_ohmic_loss", "mv_transformer_loss"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is no loss; give a fraction, 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Equal inverters with equal arrays, behind one AC system.

    Attributes
    ----------
    inputs
        What is on one inverter, one or more.
    mount, shading
        Of all inputs that have none of their own.
    horizon
        Far terrain, None for level country.
    albedo
        January to December.
    circumsolar_as_beam
        Whether the light around the sun is shaded and reflected like the beam (True) or like the rest
        of the sky (False). It comes from the sun's direction, so True is the physics; older reference
        programs use False.
    spectral
        Whether the colour of the light counts, where air's humidity and the module's cells are known.
    power_sharing
        How the trackers of an inverter share its limits.
    mppt_fraction
        Share of each inverter that belongs to this block.
    sub_hourly_clipping
        Share of the light's swings inside an hour that counts for what inverters clip, 0 for none.
    snow_strings
        Strings along the slope of a row for the model of sliding snow, None for monthly losses alone.
    """

    name: str = ""
    inputs: tuple[DcInput, ...]
    inverter: Inverter
    mount: Mount
    losses: Losses = Losses()
    thermal: Thermal = Thermal()
    ac_system: AcSystem = AcSystem()
    shading: Shading = Shading()
    horizon: Horizon | None = None
    albedo: tuple[float, ...] = (0.2,) * 12
    circumsolar_as_beam: bool = True
    spectral: bool = True
    power_sharing: PowerSharing = "independent_equal"
    mppt_fraction: float = 1.0
    sub_hourly_clipping: float = 0.0
    snow_strings: int | None = None

    def __post_init__(self) -> None:
        if not self.inputs:
            raise ValueError("inputs: an inverter needs at least one input")
        if len(self.albedo) != 12 or not all(0 <= albedo <= 1 for albedo in self.albedo):
            raise ValueError("albedo: give twelve fractions 0 to 1, January to December")
        if not 0 < self.mppt_fraction <= 1:
            raise ValueError(f"mppt_fraction: {self.mppt_fraction} of an inverter; give above 0, up to 1")
        if not 0 <= self.sub_hourly_clipping <= 1:
            raise ValueError(f"sub_hourly_clipping: {self.sub_hourly_clipping} of the swings; give 0 to 1")
        for each in self.inputs:
            if self.shading_of(each).near == "unlimited" and self.mount_of(each).gcr is None:
                raise ValueError("gcr: rows without limit need the mount's gcr (collector width / pitch)")

    def mount_of(self, given: DcInput) -> Mount:
        """Return the mount of an input: its own or the block's."""
        return given.mount or self.mount

    def shading_of(self, given: DcInput) -> Shading:
        """Return the shading of an input: its own or the block's."""
        return given.shading or self.shading

    @property
    def p_stc(self) -> float:
        """Nameplate DC power of all the block's modules [W]."""
        return sum(each.p_stc for each in self.inputs) * self.ac_system.number_of_inverters

    @property
    def p_ac_max(self) -> float:
        """Largest AC power of the block's share of its inverters [W]."""
        return self.inverter.p_ac_max * self.mppt_fraction * self.ac_system.number_of_inverters

    @property
    def area(self) -> float:
        """Area of all the block's modules [m2]."""
        return sum(each.area for each in self.inputs) * self.ac_system.number_of_inverters


@dataclass(frozen=True, slots=True, kw_only=True)
class Interconnection:
    """Where a plant meets the grid.

    Attributes
    ----------
    limit
        Largest power the grid takes, None for any. [W]
    limit_at_inverters
        Whether the inverters hold the plant at the limit, each at the same share of its largest power, or
        the excess is cut off at the meter.
    continuous_use, continuous_threshold
        Constant use of the plant while its blocks give more than the threshold. [W]
    proportional_use, proportional_threshold
        Share of the blocks' power that the plant uses while they give more than the threshold. [0-1, W]
    availability
        When and how far the plant stands still, None for never.
    """

    limit: float | None = None
    limit_at_inverters: bool = False
    continuous_use: float = 0.0
    continuous_threshold: float = 0.0
    proportional_use: float = 0.0
    proportional_threshold: float = 0.0
    availability: Availability | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and not self.limit > 0:
            raise ValueError(f"limit: {self.limit} W at the interconnection; give a positive power or none")
        if self.limit_at_inverters and self.limit is None:
            raise ValueError("limit_at_inverters: there is no limit for the inverters to hold; give one")
        if not 0 <= self.proportional_use < 1:
            raise ValueError(f"proportional_use: {self.proportional_use} is no share of the power, 0 to 1")
        if self.continuous_use < 0:
            raise ValueError(f"continuous_use: {self.continuous_use} W; a use is not negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """All blocks of one site and their point of interconnection."""

    site: Site
    blocks: tuple[Block, ...]
    name: str = ""
    interconnection: Interconnection = Interconnection()

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ValueError("blocks: a plant needs at least one block")
