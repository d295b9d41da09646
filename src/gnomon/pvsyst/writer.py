"""Trees, modules and inverters back to PVsyst's text."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from gnomon.pvsyst.component import Properties
from gnomon.pvsyst.ond import EfficiencyCurve
from gnomon.pvsyst.text import GROUPS, reads_as_pair
from gnomon.pvsyst.tree import Form, Pair, PvsystError, PvsystObject


def write(root: PvsystObject) -> str:
    """Return a tree as PVsyst text, of which `parse` makes the same tree again.

    Raises
    ------
    PvsystError
        If a key or value of a tree made by hand cannot stand in a line of its own.
    """
    return "".join(f"{line}\n" for line in _lines(root, ""))


def write_pan(properties: Properties, aoi: Sequence[tuple[float, float]] | None) -> str:
    """Return a module as a PAN file.

    Parameters
    ----------
    properties : mapping
        Values under PAN keys and in their units, as `pan.read_properties` gives them; None is left out.
    aoi : sequence of (float, float) or None
        Incidence angle modifier: (angle [deg], factor); without an `IAMMode` among the properties it is
        written as a `UserProfile`.

    Raises
    ------
    PvsystError
        If a key or value cannot be written.
    """
    parts = _parted(properties, {"Commercial": _COMMERCIAL, "IAM": _IAM})
    inner: list[Pair | PvsystObject] = [*parts["IAM"]]
    if aoi and "IAMMode" not in properties:
        inner.append(("IAMMode", "UserProfile"))
    if aoi:
        inner.append(_profile("IAMProfile", aoi))
    iam = [_object("IAM", "pvIAM", inner)] if inner else []
    commercial = [_object("Commercial", "pvCommercial", parts["Commercial"])] if parts["Commercial"] else []
    return write(_object("", "pvModule", [*commercial, *parts[""], *iam]))


def write_ond(properties: Properties, curves: Sequence[EfficiencyCurve]) -> str:
    """Return an inverter as an OND file.

    Parameters
    ----------
    properties : mapping
        Values under OND keys and in their units, as `ond.read_properties` gives them; None is left out.
    curves : sequence of EfficiencyCurve
        As `ond.read_curves` gives them: one without a voltage, or one to three with.

    Raises
    ------
    PvsystError
        If a key or value cannot be written.
    """
    voltages = _voltages(properties, curves)
    given = {**properties, "VNomEff": voltages} if voltages else properties
    parts = _parted(given, {"Commercial": _COMMERCIAL, "Converter": _CONVERTER})
    profiles = [_profile(_curve_name(curve, voltages), curve.points) for curve in curves]
    converter = PvsystObject(
        name="Converter", type="TConverter", form=Form.TYPED, entries=(*parts["Converter"], *profiles)
    )
    commercial = [_object("Commercial", "pvCommercial", parts["Commercial"])] if parts["Commercial"] else []
    return write(_object("", "pvGInverter", [*commercial, converter, *parts[""]]))


def _lines(obj: PvsystObject, indent: str) -> Iterator[str]:
    if obj.form is Form.TEXT:
        yield from (f"{indent}{text}" for _, text in obj.pairs)
        return
    opening, closing = _MARKERS[obj.form](obj)
    yield indent + opening
    for entry in obj.entries:
        if isinstance(entry, PvsystObject):
            yield from _lines(entry, indent + "  ")
        elif not reads_as_pair(*entry):
            raise PvsystError(f"{entry[1]!r} cannot stand behind this key in a PVsyst file", key=entry[0])
        else:
            yield f"{indent}  {entry[0]}={entry[1]}"
    yield indent + closing


def _group_of(obj: PvsystObject) -> str:
    return next(name for name, kind in GROUPS.items() if kind == obj.type)


def _end_text(obj: PvsystObject) -> str:
    return f"={obj.end_text}" if obj.end_text else ""


_MARKERS: dict[Form, Callable[[PvsystObject], tuple[str, str]]] = {
    Form.OBJECT: lambda obj: (f"PVObject_{obj.name}={obj.type}", f"End of PVObject {obj.type}"),
    Form.GROUP: lambda obj: (f"PVObject_{obj.name}={obj.type}", f"End of {_group_of(obj)}"),
    Form.TYPED: lambda obj: (f"{obj.name}={obj.type}", f"End of {obj.type}{_end_text(obj)}"),
    Form.NAMED: lambda obj: (f"{obj.name}={obj.type}", f"End of {obj.name}{_end_text(obj)}"),
    Form.TAGGED: lambda obj: (f"{obj.name}={obj.type}", "EndTags"),
    Form.LISTED: lambda obj: (f"{obj.name}, list of={obj.type}", f"End of {obj.name}{_end_text(obj)}"),
    Form.LIST: lambda obj: (f"{obj.name}, list of={obj.type}", f"End of List {obj.name}"),
    Form.COUNTED: lambda obj: (f"{obj.name}, Count={obj.type}", f"End of {obj.name}{_end_text(obj)}"),
    Form.BRACKETED: lambda obj: (f"{obj.name}=Start", f"{obj.name}=End"),
    Form.NODE: lambda obj: (f"{obj.name} Start;", f"{obj.name} End;"),
}


def _object(name: str, kind: str, entries: Iterable[Pair | PvsystObject]) -> PvsystObject:
    return PvsystObject(name=name, type=kind, entries=tuple(entries))


def _profile(name: str, points: Sequence[tuple[float, float]]) -> PvsystObject:
    written = [(f"Point_{i}", f"{_number(x, name)},{_number(y, name)}") for i, (x, y) in enumerate(points, 1)]
    counts = [("NPtsMax", str(len(points))), ("NPtsEff", str(len(points)))]
    return PvsystObject(name=name, type="TCubicProfile", form=Form.TYPED, entries=(*counts, *written))


def _parted(properties: Properties, inner: Mapping[str, frozenset[str]]) -> dict[str, list[Pair]]:
    """Return the pairs of each inner object, and under no name those of the root."""
    parts: dict[str, list[Pair]] = {name: [] for name in ("", *inner)}
    for key, value in properties.items():
        if value is not None:
            place = next((name for name, keys in inner.items() if key in keys), "")
            parts[place].append((key, _text(key, value)))
    return parts


def _text(key: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        return _number(value, key)
    if isinstance(value, str):
        return value.strip(" \t")
    if isinstance(value, (list, tuple)) and value:
        return "".join(f"{_number(part, key)}," for part in value)
    raise PvsystError(f"{value!r} is no text, number, truth value or list of numbers; give one", key=key)


def _number(value: object, key: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise PvsystError(f"{value!r} is not a number; give one", key=key)
    # PVsyst writes no exponents.
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def _voltages(properties: Properties, curves: Sequence[EfficiencyCurve]) -> tuple[float, ...]:
    """Return `VNomEff` for curves at voltages: the file's own order, where it is of the same voltages."""
    known = [curve.v_dc for curve in curves if curve.v_dc is not None]
    if not known:
        return ()
    if len(known) != len(curves):
        raise PvsystError("has curves with and without a voltage; give one of both", key="VNomEff")
    given = properties.get("VNomEff")
    if isinstance(given, (list, tuple)) and sorted(v for v in given if v) == sorted(known):
        return tuple(given)
    return tuple(known)


def _curve_name(curve: EfficiencyCurve, voltages: tuple[float, ...]) -> str:
    return "ProfilPIO" if curve.v_dc is None else f"ProfilPIOV{voltages.index(curve.v_dc) + 1}"


_COMMERCIAL = frozenset(
    {
        *("Manufacturer", "Model", "DataSource", "YearBeg", "YearEnd", "Width", "Height", "Depth", "Weight"),
        *("NPieces", "PriceDate", "Currency"),
    }
)
_IAM = frozenset({"IAMMode", "B0_IAM", "N_Glass", "N_EVA", "N_ARCoating", "DGlass", "DArCoating"})
_CONVERTER = frozenset(
    {
        *(
            "PNomConv",
            "PMaxOUT",
            "VOutConv",
            "VMppMin",
            "VMPPMax",
            "VAbsMax",
            "PSeuil",
            "EfficMax",
            "EfficEuro",
        ),
        *("FResNorm", "ModeOper", "CompPMax", "CompVMax", "MonoTri", "ModeAffEnum", "UnitAffEnum", "PNomDC"),
        *("PMaxDC", "IDCMax", "IMaxDC", "INomAC", "IMaxAC", "TPNom", "TPMax", "TPLim1", "TPLimAbs", "PLim1"),
        *(
            "PLimAbs",
            "PInEffMax",
            "PThreshEff",
            "INomDC",
            "UnitAff",
            "VmppNom",
            "Vmpp_PMax",
            "HasdefaultPThresh",
            "VNomEff",
            "EfficMaxV",
            "EfficEuroV",
        ),
    }
)
