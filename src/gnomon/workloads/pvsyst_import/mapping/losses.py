"""An array's losses, and its incidence angle modifier; fractions, and heat loss factors in W/m2K."""

import dataclasses
import math
from itertools import pairwise
from typing import Any

from gnomon.pvsyst import ArrayLosses, IamProfile, MainArray, SubArray
from gnomon.workloads.pvsyst_import.mapping.months import tidy
from gnomon.workloads.pvsyst_import.report import Report
from gnomon.workloads.pvsyst_import.shelf import ModuleFile

USUAL_U_C = 29.0
_NONE = ArrayLosses(
    **dict.fromkeys(field.name for field in dataclasses.fields(ArrayLosses)),
)
NO_ARRAY = MainArray(
    u_c=None,
    absorption=None,
    efficiency=None,
    soiling=None,
    losses=_NONE,
    transformers=None,
    uses_spectral=None,
)
"""Stands for an array of which a variant says nothing."""
_NEAR_PERCENT = 0.1
_ANGLES = (0, 10, 20, 30, 40, 50, 60, 65, 70, 75, 80, 85, 90)


def losses(sub: SubArray, array: MainArray, module: ModuleFile | None, said: Report) -> dict[str, Any]:
    """Return the losses of a block."""
    own = sub.losses
    return {
        "moduleQuality": _quality(own, array.losses, module, said),
        "mismatch": _plain("PMismMPP", own.mismatch, array.losses.mismatch, "losses.mismatch", said),
        "dcohmic": _ohmic(sub, array.losses, module, said),
        "lid": _plain("LIDLoss", own.lid, array.losses.lid, "losses.lid", said),
        "stringVoltageMismatch": _string_mismatch(own, array.losses, said),
        "invAuxLoss": _auxiliary(said),
        **_heat(array, said),
    }


def _first(own: float | None, shared: float | None) -> float | None:
    return shared if own is None else own


def _plain(key: str, own: float | None, shared: float | None, field: str, said: Report) -> float:
    value = _first(own, shared)
    if value is None:
        said.assumed(key, None, f"is missing; {field} 0 was assumed")
        return 0.0
    if value < 0 or value >= 1:
        said.unmapped(key, _percent(value), f"{field} takes 0 to 100 %; 0 was assumed")
        return 0.0
    said.mapped(key, _percent(value), field)
    return tidy(value)


def _percent(fraction: float) -> str:
    return f"{100 * fraction:g} %"


def _quality(own: ArrayLosses, shared: ArrayLosses, module: ModuleFile | None, said: Report) -> float:
    value = _first(own.quality_power, shared.quality_power)
    for key, other in (("PQualityModU", own.quality_voltage), ("PQualityModI", own.quality_current)):
        if other is not None:
            said.unmapped(key, _percent(other), "the quality of the power, PQualityModP, was used instead")
    if value is None:
        return _quality_of_tolerance(module, said)
    if not -0.5 <= value < 1:
        said.unmapped("PQualityModP", _percent(value), "is no quality; 0 was assumed")
        return 0.0
    said.assumed(
        "PQualityModP",
        _percent(value),
        f"losses.moduleQuality, a {'gain' if value < 0 else 'loss'} against the nameplate; where PVsyst's report "
        "shows another value the variant's Flags, of unknown meaning, ask for its default: put the report's value",
    )
    return tidy(value)


def _quality_of_tolerance(module: ModuleFile | None, said: Report) -> float:
    """Return PVsyst's default: the power is a quarter of the tolerance's span above its lower end."""
    if module is None or module.tolerance is None:
        said.assumed("PQualityModP", None, "is missing; losses.moduleQuality 0 was assumed")
        return 0.0
    low, high = module.tolerance
    gain = (low + (high - low) / 4) / 100
    words = f"is missing; PVsyst's default was taken, a quarter of the module's tolerance of {low:g} to {high:g} %: "
    said.assumed("PQualityModP", None, f"{words}losses.moduleQuality {-gain:g}")
    return tidy(-gain) + 0.0


def _ohmic(sub: SubArray, shared: ArrayLosses, module: ModuleFile | None, said: Report) -> float:
    resistance = _first(sub.losses.wiring_resistance, shared.wiring_resistance)
    told = _first(sub.losses.wiring_stc, shared.wiring_stc)
    computed = _ohmic_of(resistance, sub, module)
    drop = _first(sub.losses.diode_drop, shared.diode_drop)
    if drop:
        said.unmapped("VDiodeSerie", drop, "the drop at series diodes has no field; 0 was assumed")
    if computed is None:
        if resistance is not None:
            said.unmapped("RSCablageCh", 1e3 * resistance, _NO_MODULE if told is not None else _NO_OHMIC)
        return _plain("RSCablagePC", told, None, "losses.dcohmic", said)
    said.mapped("RSCablageCh", f"{1e3 * (resistance or 0):g} mOhm", f"losses.dcohmic {computed:.5g}")
    if told is not None:
        _compare(told, computed, said)
    return tidy(round(computed, 6))


_NO_MODULE = "needs the module's voltage and current to become a fraction; RSCablagePC was used"
_NO_OHMIC = "needs the module's voltage and current to become a fraction; 0 was assumed"


def _ohmic_of(resistance: float | None, sub: SubArray, module: ModuleFile | None) -> float | None:
    """Return the loss at standard conditions of the whole array's resistance."""
    if resistance is None or module is None or not sub.strings or not sub.modules_in_series:
        return None
    current = sub.strings * module.module.i_mp_ref
    voltage = sub.modules_in_series * module.module.v_mp_ref
    found = resistance * current / voltage
    return found if found < 1 else None


def _compare(told: float, computed: float, said: Report) -> None:
    if abs(told - computed) <= max(_NEAR_PERCENT * computed, 2e-4):
        said.mapped("RSCablagePC", _percent(told), "agrees with RSCablageCh")
    else:
        words = f"RSCablageCh makes {_percent(round(computed, 5))}, which was used"
        said.assumed("RSCablagePC", _percent(told), words)


def _string_mismatch(own: ArrayLosses, shared: ArrayLosses, said: Report) -> float:
    fixed = _first(own.mismatch_fixed_voltage, shared.mismatch_fixed_voltage)
    if fixed is not None:
        words = "counts only for arrays held at a fixed voltage, which PVsyst's inverters with MPPT are not; not used"
        said.unmapped("PMismUFixe", _percent(fixed), words)
    said.assumed("stringVoltageMismatch", None, "no key for it has a public sample; 0 was assumed")
    soaking = _first(own.light_soaking, shared.light_soaking)
    if soaking:
        said.unmapped("LightSoaking", _percent(soaking), "no field takes it; 0 was assumed")
    return 0.0


def _auxiliary(said: Report) -> bool:
    said.assumed("invAuxLoss", None, "no key for it has a public sample; false was assumed")
    return False


def _heat(array: MainArray, said: Report) -> dict[str, float]:
    u_c = array.u_c
    if u_c is None:
        said.assumed(
            "UFactor", None, f"is missing; losses.uC {USUAL_U_C:g} W/m2K was assumed, for open racks"
        )
        u_c = USUAL_U_C
    elif u_c < 5:
        said.unmapped("UFactor", u_c, f"is below 5 W/m2K; {USUAL_U_C:g} was assumed")
        u_c = USUAL_U_C
    else:
        said.mapped("UFactor", u_c, "losses.uC")
    said.assumed("uV", None, "the key of the wind's part has no public sample; losses.uV 0 was assumed")
    _tell_balance(array, said)
    return {"uC": tidy(u_c), "uV": 0.0}


def _tell_balance(array: MainArray, said: Report) -> None:
    if array.absorption is not None:
        same = math.isclose(array.absorption, 0.9)
        words = "the model's own absorption of the light" if same else "the model absorbs 0.9 of the light"
        (said.mapped if same else said.unmapped)("Alpha", array.absorption, words)
    if array.efficiency is not None:
        words = "the model balances heat with the module's efficiency"
        said.unmapped("UFAverEffic", _percent(array.efficiency), words)


def aoi(iam: IamProfile | None, said: Report) -> dict[str, list[float]] | None:
    """Return a block's own incidence angle modifier; None leaves it to the module."""
    if iam is None:
        return None
    if iam.mode is not None:
        said.mapped("IAMMode", iam.mode, "aoi")
    words = "in the profile already" if iam.points else "not used: the indices alone make no curve here"
    for key, value in (
        ("N_Glass", iam.n_glass),
        ("N_EVA", iam.n_encapsulant),
        ("N_ARCoating", iam.n_coating),
    ):
        if value is not None:
            (said.mapped if iam.points else said.unmapped)(key, value, words)
    if iam.points:
        return _curve(iam, said)
    if iam.b0 is not None:
        said.mapped("B0_IAM", iam.b0, "aoi, ASHRAE's curve")
        return {"angles": [float(a) for a in _ANGLES], "factors": [_ashrae(a, iam.b0) for a in _ANGLES]}
    said.assumed("IAMMode", iam.mode, "has neither profile nor B0_IAM; the module's own modifier was taken")
    return None


def _curve(iam: IamProfile, said: Report) -> dict[str, list[float]] | None:
    points = iam.points or ()
    rising = all(a[0] < b[0] for a, b in pairwise(points))
    inside = all(0 <= angle <= 90 and 0 <= factor <= 1.2 for angle, factor in points)
    if len(points) < 2 or not rising or not inside:
        said.assumed("IAMProfile", points, "is no curve over the angle; the module's own modifier was taken")
        return None
    said.mapped("IAMProfile", f"{len(points)} points", "aoi")
    if iam.b0 is not None:
        said.unmapped("B0_IAM", iam.b0, "the profile, IAMProfile, counts in its place")
    return {"angles": [angle for angle, _ in points], "factors": [factor for _, factor in points]}


def _ashrae(angle: float, b0: float) -> float:
    cosine = math.cos(math.radians(angle))
    return 0.0 if angle >= 90 else tidy(max(0.0, 1 - b0 * (1 / cosine - 1)))
