"""The rules between the fields of a block: its strings, their layout, their shading, its AC system."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import radians, sin
from typing import Any

from gnomon.core.errors import Complaint
from gnomon.workloads.energy_model.scene import check_table
from gnomon.workloads.energy_model.wording import any_of, place_text, shown

Loc = tuple[str | int, ...]
Object = Mapping[str, Any]

# Fields of a block in another form -> what to give here.
_OTHER_FORM = {
    "inverterDefinition": "inverterId, the number of a posted inverter",
    "moduleDefinition": "moduleId, the number of a posted module",
    "surfaceDefinition": "layout with arrayType, azimuth, axisTilt, tilt and gcr",
    "moduleStringingDefinition": "array with stringLength (modules in series) and stringCount (per inverter)",
}
_NEEDS = {
    "fixed": ("azimuth", "axisTilt", "tilt"),
    "tracker": ("azimuth", "axisTilt", "backTracking", "maxAngle"),
    "rotationalFloating": ("tilt", "maxAngle"),
}
_MOST_TURN = 90.0  # degrees, of a tracker
_NEAR_GROUND = 1e-9  # m, of rounding


def inner(document: Object, key: str) -> Object:
    """Return the object under a key; an empty one where there is none."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def has(document: Object, key: str) -> bool:
    """Tell whether there is something under a key."""
    return document.get(key) is not None


def items(document: Object, key: str, at: Loc = ()) -> list[tuple[Loc, Object]]:
    """Return the objects in the list under a key, each with its place; none where there is no list."""
    value = document.get(key)
    listed = value if isinstance(value, list) else []
    return [((*at, key, index), item) for index, item in enumerate(listed) if isinstance(item, dict)]


def far_shaded(document: Object) -> Iterator[Loc]:
    """Yield the place of each block's wish for far shading, which a horizon must fulfil."""
    for at, block in items(document, "blocks"):
        if inner(block, "shading").get("farShading") is True:
            yield (*at, "shading", "farShading")


def check_block(block: Object, at: Loc, *, is_manual: bool) -> Iterator[Complaint]:
    """Yield what the fields of a block say against each other.

    Parameters
    ----------
    is_manual
        Whether the run shares an inverter's power by weights that its inputs must have.
    """
    for key in (key for key in _OTHER_FORM if has(block, key)):
        loc = (*at, key)
        yield Complaint(loc, f"{place_text(loc)}: is not read here; give {_OTHER_FORM[key]}", "replaced")
    if not has(block, "array") and not block.get("dcInputs"):
        yield Complaint((*at, "array"), f"{place_text(at)}: give array or dcInputs", "one_of")
    if not has(block, "layout") and not has(block, "layoutRef"):
        yield Complaint((*at, "layout"), f"{place_text(at)}: give layout", "one_of")
    if has(block, "layoutRef"):
        loc = (*at, "layoutRef")
        words = "the contract does not say what a layout kept elsewhere looks like; give layout instead"
        yield Complaint(loc, f"{place_text(loc)}: {words}", "not_supported")
    yield from _strings(block, at)
    yield from _layout(inner(block, "layout"), (*at, "layout"))
    yield from _shading(inner(block, "shading"), (*at, "shading"))
    yield from _inputs(block, at)
    if is_manual:
        yield from _weights(block, at)
    yield from _shading_map(block, at)
    yield from check_ac_system(inner(block, "acSystem"), (*at, "acSystem"))
    yield from check_aoi(inner(block, "aoi"), (*at, "aoi"))


def _strings(block: Object, at: Loc) -> Iterator[Complaint]:
    array = inner(block, "array")
    if array and not has(block, "moduleId"):
        yield Complaint((*at, "moduleId"), f"{place_text(at)}: array needs moduleId", "missing")
    yield from _bifacial(array, (*at, "array"))
    yield from _buried(array, inner(block, "layout"), (*at, "array"))


def _bifacial(strings: Object, at: Loc) -> Iterator[Complaint]:
    if strings.get("bifacial") is False or not has(strings, "bifacialInputs"):
        return
    if not has(inner(strings, "bifacialInputs"), "height"):
        loc = (*at, "bifacialInputs", "height")
        yield Complaint(
            loc, f"{place_text(loc)}: give the height of the rows' axis above the ground [m]", "missing"
        )


def _buried(strings: Object, layout: Object, at: Loc) -> Iterator[Complaint]:
    """Yield a complaint where bifacial rows at their steepest reach into the ground, or hang over."""
    if strings.get("bifacial") is False:
        return
    backs, loc = inner(strings, "bifacialInputs"), (*at, "bifacialInputs", "height")
    height, width = _number(backs, "height"), _number(backs, "collectorWidth")
    turn = _number(layout, "maxAngle" if layout.get("arrayType") == "tracker" else "tilt")
    if height is None or turn is None:
        return
    steepest = abs(turn) + abs(_number(layout, "crossAxisTilt") or 0.0)
    if steepest > _MOST_TURN:
        words = f"bifacial rows turn at most {_MOST_TURN:g} degrees from the ground, not {steepest:g}"
        yield Complaint((*at, "bifacialInputs"), f"{place_text(at)}: {words}", "less_than_equal")
    buried = None if width is None else too_low(height, width, steepest)
    if buried:
        yield Complaint(loc, f"{place_text(loc)}: {buried}", "greater_than_equal")


def too_low(height: float, width: float, steepest: float) -> str | None:
    """Return the words for rows [m] that at their steepest [degrees] reach into the ground, else None."""
    least = width / 2 * sin(radians(steepest))
    if height >= least - _NEAR_GROUND:
        return None
    return f"at {steepest:g} degrees rows {width:g} m wide reach into the ground; give {least:.4g} m"


def _number(document: Object, key: str) -> float | None:
    value = document.get(key)
    return value if type(value) in (int, float) else None


def _inputs(block: Object, at: Loc) -> Iterator[Complaint]:
    seen: set[str] = set()
    for loc, each in items(block, "dcInputs", at):
        name = str(each.get("dcInputId"))
        if name in seen:
            words = f"{place_text(loc)}.dcInputId: {name} is there already; give each input an id of its own"
            yield Complaint((*loc, "dcInputId"), words, "duplicate")
        seen.add(name)
        yield from _layout(inner(each, "layout"), (*loc, "layout"))
        yield from _shading(inner(each, "shading"), (*loc, "shading"))
        yield from _bifacial(each, loc)
        yield from _buried(each, inner(each, "layout") or inner(block, "layout"), loc)


def _weights(block: Object, at: Loc) -> Iterator[Complaint]:
    inputs = items(block, "dcInputs", at)
    for loc, each in inputs:
        if not has(each, "shareWeight"):
            words = f"{place_text(loc)}: the policy manual_weighted needs shareWeight of every input"
            yield Complaint((*loc, "shareWeight"), words, "missing")
    if inputs and has(block, "array"):
        words = "manual_weighted needs a shareWeight, and array has none; make it one of dcInputs"
        yield Complaint((*at, "array"), f"{place_text(at)}.array: {words}", "needs_other")
    weights = [each.get("shareWeight") for _, each in inputs]
    if weights and all(type(weight) in (int, float) and weight == 0 for weight in weights):
        words = f"{place_text(at)}.dcInputs: all weights are 0; give one of the inputs a share"
        yield Complaint((*at, "dcInputs"), words, "weights")


def _layout(layout: Object, at: Loc) -> Iterator[Complaint]:
    kind = layout.get("arrayType")
    if not isinstance(kind, str):
        return
    if kind not in _NEEDS:
        message = f"{place_text(at)}.arrayType: {shown(kind)} is not known; give {any_of(list(_NEEDS))}"
        yield Complaint((*at, "arrayType"), message, "literal_error")
        return
    for key in _NEEDS[kind]:
        if not has(layout, key):
            yield Complaint((*at, key), f"{place_text(at)}: arrayType {kind} needs {key}", "missing")
    turn = layout.get("maxAngle")
    if kind == "tracker" and isinstance(turn, (int, float)) and turn > _MOST_TURN:
        message = f"{place_text(at)}.maxAngle: a tracker turns at most {_MOST_TURN:g} degrees, not {turn:g}"
        yield Complaint((*at, "maxAngle"), message, "less_than_equal")


def _shading(shading: Object, at: Loc) -> Iterator[Complaint]:
    near, where = shading.get("nearShading"), place_text(at)
    scenes = [key for key in ("shadingSceneId", "sceneTable") if has(shading, key)]
    if near == "octavia" and not scenes:
        words = "needs shadingSceneId, the number of a shading scene, or its table as sceneTable"
        message = f"{where}: nearShading octavia {words}"
        yield Complaint((*at, "shadingSceneId"), message, "missing")
    if len(scenes) == len(("shadingSceneId", "sceneTable")):
        yield Complaint(
            (*at, "sceneTable"), f"{where}: give shadingSceneId or sceneTable, not both", "conflict"
        )
    if has(shading, "sceneTable"):
        yield from check_table(shading["sceneTable"], (*at, "sceneTable"))
    if has(shading, "shadingTables") and not (near == "octavia" and has(shading, "shadingSceneId")):
        message = f"{where}: shadingTables are tables of a scene; give nearShading octavia and shadingSceneId"
        yield Complaint((*at, "shadingTables"), message, "needs_other")
    if near == "unlimited" and shading.get("electricalImpact") and not has(shading, "transverseDiodes"):
        message = f"{where}: electricalImpact with nearShading unlimited needs transverseDiodes, 0 to 10"
        yield Complaint((*at, "transverseDiodes"), message, "missing")


def _shading_map(block: Object, at: Loc) -> Iterator[Complaint]:
    mapped, loc = block.get("shadingStringMap"), (*at, "shadingStringMap")
    if not mapped:
        return
    known = {str(each.get("dcInputId")) for _, each in items(block, "dcInputs")}
    if not block.get("dcInputs"):
        yield Complaint(loc, f"{place_text(loc)} needs dcInputs", "needs_other")
    if inner(block, "shading").get("nearShading") != "octavia":
        yield Complaint(loc, f"{place_text(loc)} needs shading.nearShading octavia", "needs_other")
    scenes = mapped_scenes(mapped)
    if scenes is None:
        words = (
            "give an object dcInputId -> shading scene number, or dcInputId -> {shadingSceneId, tables}, or a "
            "list of {dcInputId, shadingSceneId, tables}"
        )
        yield Complaint(loc, f"{place_text(loc)}: {words}", "shading_map")
    for name, scene in (scenes or {}).items():
        if scene.number is None and not has(inner(block, "shading"), "shadingSceneId"):
            words = "tables of which scene? give shadingSceneId here or in the block's shading"
            yield Complaint((*loc, name), f"{place_text((*loc, name))}: {words}", "missing")
    for name in sorted((scenes or {}).keys() - known):
        message = f"{place_text(loc)}: dcInputId {name} is not among dcInputs"
        yield Complaint((*loc, name), message, "unknown_input")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedScene:
    """A shading scene, None for the block's own, and its tables by hash or place; without any it is the whole."""

    number: int | None
    tables: tuple[str | int, ...] = ()


def mapped_scenes(mapped: object) -> dict[str, MappedScene] | None:
    """Return what a shadingStringMap gives each DC input that it names; None when it is none."""
    entries: list[tuple[Any, Any]] = []
    if isinstance(mapped, dict):
        entries = list(mapped.items())
    elif isinstance(mapped, list) and all(isinstance(each, dict) for each in mapped):
        entries = [(each.get("dcInputId"), each) for each in mapped]
    found = [(name, _mapped(scene)) for name, scene in entries]
    if not found or any(type(name) not in (str, int) or scene is None for name, scene in found):
        return None
    return {str(name): scene for name, scene in found if scene is not None}


def _mapped(given: Any) -> MappedScene | None:
    if not isinstance(given, dict):
        given = {"shadingSceneId": given}
    number, tables = given.get("shadingSceneId"), given.get("tables")
    if number is None and not tables:
        return None
    if number is not None and not (type(number) is int and number > 0):
        return None
    if tables is not None and not (isinstance(tables, list) and tables and all(map(_is_table, tables))):
        return None
    return MappedScene(number=number, tables=tuple(tables or ()))


def _is_table(given: Any) -> bool:
    return type(given) is str or (type(given) is int and given >= 0)


def check_ac_system(ac_system: Object, at: Loc) -> Iterator[Complaint]:
    """Yield what is wrong with losses that an AC system gives in two places."""
    here, there = inner(ac_system, "mvLosses"), inner(inner(ac_system, "losses"), "mvLosses")
    for key in here.keys() & there.keys():
        if here[key] != there[key]:
            loc = (*at, "losses", "mvLosses", key)
            message = f"{place_text(loc)} and {place_text((*at, 'mvLosses', key))} differ; give one of them"
            yield Complaint(loc, message, "conflict")


def check_aoi(curve: Object, at: Loc) -> Iterator[Complaint]:
    """Yield what is wrong with the points of an incidence angle modifier."""
    angles, factors = curve.get("angles"), curve.get("factors")
    if not isinstance(angles, list) or not isinstance(factors, list):
        return
    if len(angles) != len(factors):
        message = f"{place_text(at)}: {len(angles)} angles and {len(factors)} factors; give as many of each"
        yield Complaint(at, message, "length")
    numbers = [angle for angle in angles if isinstance(angle, (int, float))]
    if any(later <= earlier + 1e-6 for earlier, later in pairwise(numbers)):
        yield Complaint((*at, "angles"), f"{place_text(at)}.angles must increase", "order")
