"""Variants (VC0 .. VCZ files): everything that a simulation was run with."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gnomon.pvsyst import orientation as orientations
from gnomon.pvsyst.array import MainArray, SubArray, main_array, sub_array
from gnomon.pvsyst.circuit import InverterGroup, inverter_groups, strings_of
from gnomon.pvsyst.component import check_root
from gnomon.pvsyst.horizon import Horizon, horizon
from gnomon.pvsyst.ledger import Ledger, Page, Unread
from gnomon.pvsyst.orientation import Orientation
from gnomon.pvsyst.site import Site, WeatherReference, site, weather
from gnomon.pvsyst.tree import Form, PvsystObject
from gnomon.pvsyst.writer import write


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSystem:
    """The system that the arrays feed (`pvSystem`).

    Attributes
    ----------
    kind : str or None
        `SystemType` (`Grid`; others are not grid-connected plants).
    limit : float or None
        `PLimGrid` as written: kW, or kVA where the limit is of apparent power; the file does not say which.
    limit_is_separate : bool or None
        `LimGrSeparLoss`: whether the limit's loss is told apart from the inverters'.
    tan_phi : float or None
        `TanPhi`.
    """

    kind: str | None
    limit: float | None
    limit_is_separate: bool | None
    tan_phi: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearShading:
    """The near shadings (`pvShading`).

    A scene whose objects are not closed as they were opened is text from there on; `doubts` of the variant says so.

    Attributes
    ----------
    comment, flags : str or None
        `Comment`, `Flags` (hexadecimal, as written).
    string_fraction, thin_fraction : float or None
        `FracOmbreMod`, `FracOmbreThin`: share of the electrical effect that counts, for strings and thin objects.
    scene : str or None
        The text of all that stands inside (`ListeObjets`, `PVObject_ShdTable` ...). It is kept and not read:
        no public sample tells its keys.
    """

    comment: str | None
    flags: str | None
    string_fraction: float | None
    thin_fraction: float | None
    scene: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who made a variant, and its latest simulation.

    Attributes
    ----------
    version, simulated_with : str or None
        `Version` of the file, `VersionSimul`.
    simulated_at, begins, ends : str or None
        `DateCalcul`, `DateDebS`, `DateFinS`, `dd/mm/yy hh:mm` as written.
    duration : float or None
        `SimDuration`; the file names no unit.
    """

    version: str | None
    simulated_with: str | None
    simulated_at: str | None
    begins: str | None
    ends: str | None
    duration: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PvsystVariant:
    """A variant as its file tells it; None is what the file does not say.

    Attributes
    ----------
    name : str or None
        `Comment`.
    provenance : Provenance
        What made it.
    system_text : str or None
        `SystemKind`: PVsyst's own words (`No 3D scene defined, no shadings`).
    site : Site or None
        `SiteSimul`; wins over the project's.
    weather : WeatherReference or None
        `MeteoSimul`.
    orientations : tuple of Orientation
        In file order.
    array : MainArray or None
        `PVMainArray`.
    sub_arrays : tuple of SubArray
        All of the file, in file order.
    inverter_groups : tuple of InverterGroup
        `SystemCircuit`: how the strings lie on the inverters, where they lie unevenly too.
    system : GridSystem or None
        `System`.
    shading : NearShading or None
        `Ombrage`.
    horizon : Horizon or None
        `Horizon`.
    transposition, ac_losses_reference : str or None
        `TranspositionAlgorithm`, `ACLossesRef`.
    uses_perez : bool or None
        `PerezUsedInSimul`.
    doubts : tuple of str
        What does not fit together in the file itself (a sub-array on an orientation that is not there ...).
    unread : tuple of Unread
        Every key that none of these took.
    """

    name: str | None
    provenance: Provenance
    system_text: str | None
    site: Site | None
    weather: WeatherReference | None
    orientations: tuple[Orientation, ...]
    array: MainArray | None
    sub_arrays: tuple[SubArray, ...]
    inverter_groups: tuple[InverterGroup, ...]
    system: GridSystem | None
    shading: NearShading | None
    horizon: Horizon | None
    transposition: str | None
    ac_losses_reference: str | None
    uses_perez: bool | None
    doubts: tuple[str, ...]
    unread: tuple[Unread, ...]


def read_variant(root: PvsystObject, *, latitude: float | None = None) -> PvsystVariant:
    """Return a VC file's variant.

    Parameters
    ----------
    root : PvsystObject
        The parsed file.
    latitude : float, optional
        The project's [deg], for the azimuths of a variant that has no site of its own.

    Raises
    ------
    PvsystError
        If the file is no variant.
    """
    check_root(root, "pvVCalcul", "a variant (VC)")
    ledger = Ledger(root)
    return replace(_variant(ledger.page(), latitude), unread=ledger.unread())


def _variant(page: Page, latitude: float | None) -> PvsystVariant:
    parts = {name: page.child(name) for name in _PARTS}
    place = site(found) if (found := parts["SiteSimul"]) else None
    north = place.latitude if place and place.latitude is not None else latitude
    planes = tuple(orientations.orientation(found, north) for found in page.all_of(*orientations.TYPES))
    arrays = tuple(map(sub_array, page.all_of("pvSubArray")))
    groups = inverter_groups(page)
    return PvsystVariant(
        name=page.text("Comment"),
        provenance=_provenance(page),
        system_text=page.text("SystemKind"),
        site=place,
        weather=weather(found) if (found := parts["MeteoSimul"]) else None,
        orientations=planes,
        array=main_array(found) if (found := parts["PVMainArray"]) else None,
        sub_arrays=arrays,
        inverter_groups=groups,
        system=_system(found) if (found := parts["System"]) else None,
        shading=_shading(found) if (found := parts["Ombrage"]) else None,
        horizon=horizon(found) if (found := parts["Horizon"]) else None,
        transposition=page.text("TranspositionAlgorithm"),
        ac_losses_reference=page.text("ACLossesRef"),
        uses_perez=page.flag("PerezUsedInSimul"),
        doubts=tuple(_doubts(page, planes, arrays, groups)),
        unread=(),
    )


_PARTS = ("SiteSimul", "MeteoSimul", "PVMainArray", "System", "Ombrage", "Horizon")


def _provenance(page: Page) -> Provenance:
    return Provenance(
        version=page.text("Version"),
        simulated_with=page.text("VersionSimul"),
        simulated_at=page.text("DateCalcul"),
        begins=page.text("DateDebS"),
        ends=page.text("DateFinS"),
        duration=page.number("SimDuration", low=0),
    )


def _system(page: Page) -> GridSystem:
    return GridSystem(
        kind=page.text("SystemType"),
        limit=page.number("PLimGrid", low=0),
        limit_is_separate=page.flag("LimGrSeparLoss"),
        tan_phi=page.number("TanPhi"),
    )


def _shading(page: Page) -> NearShading:
    for child in page.obj.children:
        page.ledger.page(child).take_all()
    return NearShading(
        comment=page.text("Comment"),
        flags=page.text("Flags"),
        string_fraction=page.number("FracOmbreMod", low=0, high=1),
        thin_fraction=page.number("FracOmbreThin", low=0, high=1),
        scene="".join(map(write, page.obj.children)) or None,
    )


def _doubts(
    page: Page,
    planes: tuple[Orientation, ...],
    arrays: tuple[SubArray, ...],
    groups: tuple[InverterGroup, ...],
) -> Iterator[str]:
    numbers = [plane.number for plane in planes]
    if any(found.form is Form.TEXT for shading in page.all_of("pvShading") for found in shading.obj.children):
        yield "the scene's objects are not closed as they were opened; its text is kept from there on, unread"
    for array in arrays:
        yield from _array_doubts(array, numbers, groups)
    for name, found in (("orientation", numbers), ("sub-array", [array.number for array in arrays])):
        for number, times in Counter(found).items():
            if times > 1:
                yield f"{times} {name}s have the number {number}"
    for listed in page.obj.children:
        promised = listed.type.split(maxsplit=1)
        if listed.name == "Orientations" and promised and promised[0] != str(len(planes)):
            yield f"the file promises {promised[0]} orientations and holds {len(planes)}"


def _array_doubts(
    array: SubArray, planes: Sequence[int | None], groups: tuple[InverterGroup, ...]
) -> Iterator[str]:
    told = f"sub-array {array.number} ({array.name})"
    plane, strings, lying = array.orientation_number, array.strings, array.strings_on_orientation
    if plane is not None and plane not in planes:
        yield f"{told} lies on orientation {plane}, which the file does not hold"
    if strings is not None and lying is not None and strings != lying:
        yield f"{told} has {lying} of its {strings} strings on its orientation; where the others are is not known"
    if groups and strings is not None and array.number is not None:
        wired = strings_of(groups, array.number)
        if wired is not None and wired != strings:
            yield f"{told} has {strings} strings, and its circuit {wired}"
