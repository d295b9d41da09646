"""Inverters: an OND file, or properties under its keys, to a record in watts and volts."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gnomon.pvsyst.component import Properties, Property, Reading, check_root, flat
from gnomon.pvsyst.tree import PvsystError, PvsystObject, profile

_GREATEST_W = 1e8  # far above any machine: a number beyond it is in a wrong unit


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyCurve:
    """An inverter's output over input at one DC voltage [V]; None: the voltage does not matter.

    Attributes
    ----------
    points : tuple of (float, float)
        Input and output power (p_dc [W], p_ac [W]), by rising input.
    """

    v_dc: float | None
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OndInverter:
    """An inverter as its OND file tells it; None is a limit the file does not set.

    Attributes
    ----------
    p_ac_nom, p_ac_max : float
        Nominal output and the most it gives when cool [W].
    v_mpp_min, v_mpp_max, v_dc_max : float or None
        Tracking window, and the voltage never to be passed [V].
    i_dc_max : float or None
        Greatest input current of the whole inverter [A].
    p_dc_max : float or None
        Greatest array power the maker allows [W].
    p_dc_threshold : float
        Input below which it does not start [W].
    p_night : float
        Taken from the grid at night [W].
    p_aux, p_aux_threshold : float
        Taken by fans and control [W], when the output is above the threshold [W].
    derating : tuple of (float, float)
        Greatest output over ambient temperature (degC, W), by rising temperature; a temperature whose
        power the file leaves out (`TPLimAbs` without `PLimAbs`) is none of them.
    mppt_count, input_count : int
        Trackers and inputs.
    curves : tuple of EfficiencyCurve
        One to three, by rising voltage.
    """

    manufacturer: str
    model: str
    p_ac_nom: float
    p_ac_max: float
    v_mpp_min: float | None
    v_mpp_max: float | None
    v_dc_max: float | None
    i_dc_max: float | None
    p_dc_max: float | None
    p_dc_threshold: float
    p_night: float
    p_aux: float
    p_aux_threshold: float
    derating: tuple[tuple[float, float], ...]
    mppt_count: int
    input_count: int
    curves: tuple[EfficiencyCurve, ...]


def read_properties(root: PvsystObject) -> dict[str, Property]:
    """Return an OND file's scalar keys as flat properties, in the file's own units.

    Raises
    ------
    PvsystError
        If the file is no inverter.
    """
    check_root(root, "pvGInverter", "an inverter (OND)")
    return flat(root, root.find_child("Converter"), root.find_child("Commercial"))


def read_curves(root: PvsystObject) -> tuple[EfficiencyCurve, ...]:
    """Return an OND file's efficiency curves, by rising voltage.

    A file with curves at several voltages (`VNomEff`) keeps its single curve as a rest of an earlier state,
    so that one counts only where it is alone.

    Raises
    ------
    PvsystError
        If there is no curve, or its points are not input and output watts.
    """
    converter = root.find_child("Converter")
    if converter is None:
        raise PvsystError("is missing; the file holds no electrical part: export it again", key="Converter")
    voltages = converter.find_numbers("VNomEff") or ()
    several = [(v, converter.find_child(f"ProfilPIOV{i}")) for i, v in enumerate(voltages, start=1)]
    curves = [_curve(v, found) for v, found in several if found is not None and v > 0]
    if not curves:
        curves = [_curve(None, found) for found in [converter.find_child("ProfilPIO")] if found]
    if not curves:
        raise PvsystError("is missing; the inverter needs an efficiency curve", key="ProfilPIO")
    return tuple(sorted(curves, key=lambda curve: curve.v_dc or 0.0))


def _curve(v_dc: float | None, points: PvsystObject) -> EfficiencyCurve:
    return efficiency_curve(v_dc, profile(points), key=points.name)


def efficiency_curve(
    v_dc: float | None, points: Sequence[tuple[float, float]], *, key: str
) -> EfficiencyCurve:
    """Return a curve of (p_dc [W], p_ac [W]) points after checking that it can be one.

    Raises
    ------
    PvsystError
        If there are fewer than two points, the input does not rise, or the output passes the input.
    """
    if len(points) < 2 or any(b[0] <= a[0] for a, b in itertools.pairwise(points)):
        raise PvsystError("needs at least two points of rising input power", key=key)
    if any(not 0 <= p_ac <= p_dc for p_dc, p_ac in points) or points[-1][1] < 0.5 * points[-1][0]:
        raise PvsystError("should hold input and output in watts, output below input", key=key)
    return EfficiencyCurve(v_dc=v_dc, points=tuple((p_dc, p_ac) for p_dc, p_ac in points))


def read_inverter(root: PvsystObject) -> OndInverter:
    """Return an OND file's inverter.

    Raises
    ------
    PvsystError
        If the file is no inverter, or a value the model cannot do without is missing or wrong.
    """
    return inverter(read_properties(root), read_curves(root))


def inverter(properties: Properties, curves: Sequence[EfficiencyCurve]) -> OndInverter:
    """Return the inverter that properties under OND keys describe.

    Raises
    ------
    PvsystError
        If a value the model cannot do without is missing or wrong.
    """
    given = Reading(properties)
    given.within("PNomConv", 1e-3, _GREATEST_W / 1e3)
    nominal = 1e3 * given.positive("PNomConv", "nominal AC power [kW]")
    greatest = 1e3 * (given.within("PMaxOUT", 0, _GREATEST_W / 1e3) or 0.0) or nominal
    return OndInverter(
        manufacturer=given.text("Manufacturer"),
        model=given.text("Model"),
        p_ac_nom=nominal,
        p_ac_max=greatest,
        v_mpp_min=_limit(given, "VMppMin"),
        v_mpp_max=_limit(given, "VMPPMax"),
        v_dc_max=_limit(given, "VAbsMax"),
        i_dc_max=_limit(given, "IMaxDC"),
        p_dc_max=_limit(given, "PMaxDC", 1e3),
        p_dc_threshold=given.within("PSeuil", 0, _GREATEST_W) or 0.0,
        p_night=given.within("Night_Loss", 0, _GREATEST_W) or 0.0,
        p_aux=given.within("Aux_Loss", 0, _GREATEST_W) or 0.0,
        p_aux_threshold=given.within("Aux_Thresh", 0, _GREATEST_W) or 0.0,
        derating=_derating(given, nominal, greatest),
        mppt_count=int(given.find("NbMPPT") or 1),
        input_count=int(given.find("NbInputs") or 1),
        curves=tuple(curves) or (_flat_curve(given, greatest),),
    )


def _limit(given: Reading, key: str, factor: float = 1.0) -> float | None:
    """Return a limit, where zero is PVsyst's way to say none."""
    value = given.find(key)
    return value * factor if value else None


def _derating(given: Reading, nominal: float, greatest: float) -> tuple[tuple[float, float], ...]:
    pairs = (
        (given.find("TPMax"), greatest),
        (given.find("TPNom"), nominal),
        (given.find("TPLim1"), _limit(given, "PLim1", 1e3)),
        (given.find("TPLimAbs"), _limit(given, "PLimAbs", 1e3)),
    )
    known = [(temp, power) for temp, power in pairs if temp is not None and power is not None]
    known.sort(key=lambda point: (point[0], -point[1]))
    return tuple(known) if any(power < greatest for _, power in known) else ()


def _flat_curve(given: Reading, greatest: float) -> EfficiencyCurve:
    """Return a curve of one efficiency, for properties that come without curves."""
    key = "EfficEuro" if given.find("EfficEuro") else "EfficMax"
    efficiency = given.positive(key, "efficiency [%], or give efficiency curves") / 100
    return efficiency_curve(None, ((0.0, 0.0), (greatest / efficiency, greatest)), key=key)
