"""Modules and inverters: their documents to the laboratory's records, with stated values for what is missing."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from gnomon.pv.cells import reference_power
from gnomon.pv.plant import (
    AshraeIam,
    EfficiencyCurve,
    Iam,
    Inverter,
    Module,
    PhysicalIam,
    ProfileIam,
    Technology,
)
from gnomon.pvsyst import OndInverter, PanModule, PvsystError, ond, pan
from gnomon.pvsyst.component import Properties, Reading
from gnomon.workloads.energy_model import document as doc

# What PVsyst proposes for crystalline cells where a file is silent (its help, "Standard one-diode model").
_SHUNT_EXPONENT = 5.5
_DARK_OVER_LIT_SHUNT = 4.0
_SHUNT_CURRENT_SHARE = 0.2  # of the current lost between short circuit and maximum power
_CURRENT_COEFFICIENT = 5e-4  # of the short-circuit current [1/K], typical of crystalline silicon
_MOST_GAMMA_DRIFT = 0.01  # of the diode ideality factor [1/K]; files give up to some thousandths
# Files meet their nameplate within 0.5 %; data sheets completed by hand, or thin film without its recombination,
# miss it by up to 9 %.
_MOST_GAP = 0.15
_MOST_EFFICIENCY = 0.5
# Open-circuit voltage of one cell [V], from old multicrystalline cells to heterojunctions, with room on both sides.
_CRYSTALLINE = ("mtSiMono", "mtSiPoly", "mtHIT")
_LEAST_CELL, _MOST_CELL = 0.45, 0.80
TECHNOLOGIES: dict[str, Technology] = {
    "mtSiMono": "mono",
    "mtSiPoly": "multi",
    "mtHIT": "hit",
    "mtCdTe": "cdte",
    "mtCIS": "cis",
    "mtSiAm": "asi",
    "mtuCSi_aSiH": "micromorph",
}
# Band gaps [eV] that PVsyst takes for what is not crystalline silicon (its help, "Standard one-diode model").
_BAND_GAP: dict[Technology | None, float] = {"cdte": 1.5, "cis": 1.03, "asi": 1.7, "micromorph": 1.7}
_SILICON_GAP = 1.121
_JUNCTION = 0.9  # built-in voltage of one junction of thin film [V], by Merten and others
_JUNCTIONS: dict[Technology | None, int] = {"micromorph": 2}
_COATED_INDEX = 1.29  # of an anti-reflective coat, PVsyst's `fsARCoating`

# Far above anything built, so that what is computed of them stays finite: volts, amperes, watts, ohms, degC, counts.
_MOST_V, _MOST_A, _MOST_W, _MOST_OHM, _MOST_C, _MOST_COUNT = 1e5, 1e6, 1e10, 1e9, 200.0, 10_000.0
_MOST_OF_INVERTER = {
    **dict.fromkeys(("VMppMin", "VMPPMax", "VAbsMax"), _MOST_V),
    "IMaxDC": _MOST_A,
    **dict.fromkeys(("PMaxDC", "PLim1", "PLimAbs"), _MOST_W / 1e3),
    **dict.fromkeys(("TPMax", "TPNom", "TPLim1", "TPLimAbs"), _MOST_C),
    **dict.fromkeys(("NbMPPT", "NbInputs"), _MOST_COUNT),
}
_MOST_OF_MODULE = {
    **dict.fromkeys(("Voc", "Vmp"), _MOST_V),
    **dict.fromkeys(("Isc", "Imp"), _MOST_A),
    "PNom": _MOST_W,
    **dict.fromkeys(("RShunt", "Rp_0"), _MOST_OHM),
    **dict.fromkeys(("NCelS", "NCelP", "NDiode"), _MOST_COUNT),
}

# What a module cannot do without, under its PAN keys.
REQUIRED = {
    "PNom": "nameplate power [W]",
    "Isc": "short-circuit current [A]",
    "Voc": "open-circuit voltage [V]",
    "Imp": "current at maximum power [A]",
    "Vmp": "voltage at maximum power [V]",
    "NCelS": "number of cells in series",
    "Width": "module's size [m]",
    "Height": "module's size [m]",
    "RSerie": "series resistance [ohm]",
    "Gamma": "diode ideality factor",
}


def pv_module(document: doc.Module, aoi: doc.AoiCurve | None = None) -> Module:
    """Return the module of a document; an own curve of a block comes before the module's.

    Raises
    ------
    PvsystError
        If a property is missing or wrong.
    ValueError
        If the properties contradict each other.
    """
    given = pan_module(document)
    return dataclasses.replace(_module(given), name=_name(document), iam=_iam(given, _points(aoi)))


def pv_inverter(document: doc.Inverter) -> Inverter:
    """Return the inverter of a document.

    Raises
    ------
    PvsystError
        If a property is missing or wrong.
    ValueError
        If the properties contradict each other.
    """
    return dataclasses.replace(_inverter(ond_inverter(document)), name=_name(document))


def consistent_module(document: doc.Module) -> Module:
    """Return the module of a document whose curve meets its own nameplate.

    Raises
    ------
    PvsystError
        If a property is missing or wrong, or the curve's power is far from the nameplate's.
    ValueError, ArithmeticError
        If the properties contradict each other.
    """
    _check_cells(pan_module(document))
    module = pv_module(document)
    if abs(module.mu_gamma) > _MOST_GAMMA_DRIFT:
        raise PvsystError(
            f"{module.mu_gamma:g} per K is out of range; give -{_MOST_GAMMA_DRIFT:g} to {_MOST_GAMMA_DRIFT:g}",
            key="muGamma",
        )
    if module.efficiency > _MOST_EFFICIENCY:
        raise PvsystError(
            f"a module of {module.area:.4g} m2 cannot give {module.p_nom:g} W; check Width, Height and PNom",
            key="Width",
        )
    with np.errstate(all="ignore"):
        power = reference_power(module)
    if not abs(power / module.p_nom - 1) <= _MOST_GAP:
        raise PvsystError(
            f"the one-diode curve gives {power:.4g} W at the reference, PNom says {module.p_nom:g} W; "
            "check Isc, Voc, RSerie, RShunt, Gamma and PNom",
            key="PNom",
        )
    return module


def _check_cells(given: PanModule) -> None:
    volts = given.v_oc_ref / given.cells_in_series
    if given.technology in _CRYSTALLINE and not _LEAST_CELL <= volts <= _MOST_CELL:
        raise PvsystError(
            f"{given.cells_in_series} cells in series and Voc {given.v_oc_ref:g} V make {volts:.2f} V a cell, "
            f"not {_LEAST_CELL:g} to {_MOST_CELL:g}; half-cut modules: count the cells in series, usually half",
            key="NCelS",
        )


def pan_module(document: doc.Module) -> PanModule:
    """Return what a module's document says, as its file would.

    Raises
    ------
    PvsystError
        If a property is missing or wrong.
    """
    _bound(document.properties, _MOST_OF_MODULE)
    return pan.module(document.properties, _points(document.aoi))


def ond_inverter(document: doc.Inverter) -> OndInverter:
    """Return what an inverter's document says, as its file would.

    Raises
    ------
    PvsystError
        If a property is missing or wrong.
    """
    for key in ("EfficMax", "EfficEuro"):
        value = document.properties.get(key)
        if isinstance(value, (int, float)) and 0 < value <= 1:
            raise PvsystError(f"{value:g} is a fraction; give percent, {100 * value:g}", key=key)
    _bound(document.properties, _MOST_OF_INVERTER)
    curves = document.efficiency.curves if document.efficiency else ()
    found = ond.inverter(document.properties, [_curve(curve) for curve in curves])
    _check_window(found)
    return found


def _check_window(given: OndInverter) -> None:
    limits = {
        "VMppMin": given.v_mpp_min,
        "VMPPMax": given.v_mpp_max,
        "VAbsMax": given.v_dc_max,
        "IMaxDC": given.i_dc_max,
        "PMaxDC": given.p_dc_max,
    }
    for key, limit in limits.items():
        if limit is not None and limit < 0:
            raise PvsystError(f"{limit:g} is below zero; give the limit, or 0 for none", key=key)
    if given.v_mpp_min and given.v_mpp_max and given.v_mpp_min > given.v_mpp_max:
        raise PvsystError(
            f"{given.v_mpp_min:g} V is above VMPPMax, {given.v_mpp_max:g} V; swap or correct them",
            key="VMppMin",
        )
    if given.v_mpp_max and given.v_dc_max and given.v_dc_max < given.v_mpp_max:
        raise PvsystError(
            f"{given.v_dc_max:g} V is below VMPPMax, {given.v_mpp_max:g} V; the most an inverter stands is above its "
            "window",
            key="VAbsMax",
        )


def _bound(properties: Properties, most: Mapping[str, float]) -> None:
    given = Reading(properties)
    for key, limit in most.items():
        given.within(key, -limit, limit)


def _name(document: doc.Module | doc.Inverter) -> str:
    return document.name or document.model or ""


def _points(curve: doc.AoiCurve | None) -> list[tuple[float, float]] | None:
    return list(zip(curve.angles, curve.factors, strict=False)) if curve else None


def _module(given: PanModule) -> Module:
    shunt = given.r_sh_ref or given.v_mp_ref / (_SHUNT_CURRENT_SHARE * (given.i_sc_ref - given.i_mp_ref))
    technology = TECHNOLOGIES.get(given.technology)
    alpha_sc = given.alpha_sc if given.alpha_sc is not None else _CURRENT_COEFFICIENT * given.i_sc_ref
    return Module(
        p_nom=given.p_mp_ref,
        i_sc_ref=given.i_sc_ref,
        v_oc_ref=given.v_oc_ref,
        i_mp_ref=given.i_mp_ref,
        v_mp_ref=given.v_mp_ref,
        alpha_sc=alpha_sc,
        cells_in_series=given.cells_in_series,
        r_s=_needed(given.r_s, "RSerie"),
        r_sh_ref=shunt,
        r_sh_0=given.r_sh_0 or _DARK_OVER_LIT_SHUNT * shunt,
        r_sh_exp=given.r_sh_exp or _SHUNT_EXPONENT,
        gamma_ref=_needed(given.gamma_ref, "Gamma"),
        mu_gamma=given.mu_gamma or 0.0,
        area=_needed(given.area, "Width" if given.width is None else "Height"),
        irrad_ref=given.irrad_ref,
        temp_ref=given.temp_ref,
        eg_ref=_BAND_GAP.get(technology, _SILICON_GAP),
        recombination=given.d2_mu_tau or 0.0,
        v_built_in=_JUNCTION * _JUNCTIONS.get(technology, 1),
        technology=technology,
        bifaciality=given.bifaciality or 0.0,
        half_cut=given.is_half_cell,
        length=given.length,
        width=given.width,
    )


def _needed(value: float | None, key: str) -> float:
    if value is None:
        raise PvsystError(f"is missing; give the {REQUIRED[key]}", key=key)
    return value


def _iam(given: PanModule, own: Sequence[tuple[float, float]] | None) -> Iam:
    points = own or given.iam
    if points:
        return ProfileIam(aoi=tuple(angle for angle, _ in points), iam=tuple(factor for _, factor in points))
    if given.iam_b0 is not None:
        return AshraeIam(b=given.iam_b0)
    glass: dict[str | None, Iam] = {
        "fsARCoating": PhysicalIam(n_ar=_COATED_INDEX),
        "fsNormalGlass": PhysicalIam(),
    }
    return glass.get(given.front_surface, AshraeIam())


def _curve(curve: doc.EfficiencyPoints) -> ond.EfficiencyCurve:
    if len(curve.p_dc_kw) != len(curve.p_ac_kw):
        raise PvsystError("give as many values of dcPowerkW as of acPowerkW", key="efficiency")
    if max(0.0, *map(abs, (*curve.p_dc_kw, *curve.p_ac_kw))) > _MOST_W / 1e3:
        raise PvsystError(f"powers are given in kW, up to {_MOST_W / 1e3:g}", key="efficiency")
    if curve.voltage is not None and not 0 <= curve.voltage <= _MOST_V:
        raise PvsystError(f"{curve.voltage:g} V is out of range; give 0 to {_MOST_V:g}", key="efficiency")
    points = [(1e3 * p_dc, 1e3 * p_ac) for p_dc, p_ac in zip(curve.p_dc_kw, curve.p_ac_kw, strict=True)]
    return ond.efficiency_curve(curve.voltage, points, key="efficiency")


def _inverter(given: OndInverter) -> Inverter:
    return Inverter(
        p_ac_max=given.p_ac_max,
        p_dc_threshold=given.p_dc_threshold,
        curves=tuple(
            EfficiencyCurve(
                v_dc=curve.v_dc or 0.0,
                p_dc=tuple(p_dc for p_dc, _ in curve.points),
                p_ac=tuple(p_ac for _, p_ac in curve.points),
            )
            for curve in given.curves
        ),
        v_mppt_min=given.v_mpp_min,
        v_mppt_max=given.v_mpp_max,
        v_dc_max=given.v_dc_max,
        i_dc_max=given.i_dc_max,
        p_dc_max=given.p_dc_max,
        night_loss=given.p_night,
        aux_loss=given.p_aux,
        aux_threshold=given.p_aux_threshold,
        mppt_count=given.mppt_count,
        derating=given.derating,
    )
