"""The rules between the fields of a document, and what is not supported yet."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from gnomon.core.errors import Complaint
from gnomon.workloads.energy_model.blob import is_blob
from gnomon.workloads.energy_model.weather import check_arrays
from gnomon.workloads.energy_model.wording import shown

Loc = tuple[str | int, ...]
Object = Mapping[str, Any]

PLACES = ("projectId", "locationId", "location")


def place_text(loc: Sequence[str | int]) -> str:
    """Return a place in a document as text, as in `blocks[0].layout.gcr`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).removeprefix(".")


def energy_model(document: Object) -> Iterator[Complaint]:
    """Yield what the fields of a run's input say against each other."""
    yield from _one_place(document)
    yield from _output(document)
    yield from _plant(_object(document, "plant"), ("plant",))
    yield from _settings(_object(document, "settings"), ("settings",))
    blocks = document.get("blocks")
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        if isinstance(block, dict):
            yield from _block(block, ("blocks", index))
    weather = document.get("weatherData")
    if isinstance(weather, dict) and not is_blob(weather):
        yield from check_arrays(weather, ("weatherData",))
    elif weather is not None and not is_blob(weather):
        yield Complaint(
            ("weatherData",), "weatherData: give an object with the weather's arrays", "object_type"
        )


def location(document: Object) -> Iterator[Complaint]:
    """Yield what is wrong inside a location's nested weather."""
    weather = document.get("weatherData")
    if isinstance(weather, dict) and not is_blob(weather):
        yield from check_arrays(weather, ("weatherData",))


def project(document: Object) -> Iterator[Complaint]:
    """Yield what a project lacks."""
    if not _given(document, "locationId") and not _given(document, "globalLocationId"):
        yield Complaint(("locationId",), "locationId: give the location's id, or globalLocationId", "missing")


def component(document: Object) -> Iterator[Complaint]:
    """Yield what is wrong with the curve and the name of a module or an inverter."""
    if not document.get("name") and not document.get("model"):
        yield Complaint(("name",), "name: give the component a name", "missing")
    yield from _aoi(_object(document, "aoi"), ("aoi",))


def _one_place(document: Object) -> Iterator[Complaint]:
    given = [key for key in PLACES if _given(document, key)]
    if len(given) != 1:
        found = f"found {' and '.join(given)}" if given else "found none"
        yield Complaint(
            (given[1] if given else "locationId",), f"give exactly one of {_or(PLACES)}; {found}", "one_of"
        )


def _output(document: Object) -> Iterator[Complaint]:
    output, at = _object(document, "output"), ("output",)
    if "query" in output:
        yield Complaint(
            (*at, "query"), "output.query is no longer supported; use output.blockIndex", "removed"
        )
    if isinstance(output.get("lossBreakdownTimestamps"), dict):
        yield Complaint(
            (*at, "lossBreakdownTimestamps"),
            "output.lossBreakdownTimestamps as an object is no longer supported; give true or false",
            "removed",
        )
    if output.get("fullTimeSeries") and not output.get("timeSeries"):
        yield Complaint(
            (*at, "fullTimeSeries"), "output.fullTimeSeries needs output.timeSeries: true", "needs_other"
        )
    if output.get("fullTimeSeries") and output.get("blockResults"):
        yield Complaint(
            (*at, "blockResults"),
            "output.blockResults excludes output.fullTimeSeries; drop one",
            "excludes_other",
        )
    yield from _selected_block(document, output)


def _selected_block(document: Object, output: Object) -> Iterator[Complaint]:
    chosen, loc = output.get("blockIndex"), ("output", "blockIndex")
    if chosen is not None and not (output.get("blockResults") or output.get("lossBreakdownTimestamps")):
        yield Complaint(
            loc,
            "output.blockIndex needs output.blockResults or output.lossBreakdownTimestamps: true",
            "needs_other",
        )
    yield from _in_range(document, chosen, loc)
    if not document.get("blockQuery"):
        return
    legacy = document.get("blockQueryIndex")
    if legacy is None:
        yield Complaint(
            ("blockQueryIndex",), "blockQuery needs blockQueryIndex; better: output.blockIndex", "missing"
        )
    elif chosen is not None and legacy != chosen:
        message = f"blockQueryIndex {legacy} and output.blockIndex {chosen} differ; drop blockQuery"
        yield Complaint(("blockQueryIndex",), message, "conflict")
    else:
        yield from _in_range(document, legacy, ("blockQueryIndex",))


def _in_range(document: Object, index: object, loc: Loc) -> Iterator[Complaint]:
    blocks = document.get("blocks")
    if not isinstance(index, int) or not isinstance(blocks, list) or not blocks:
        return
    if not 0 <= index < len(blocks):
        message = f"{place_text(loc)} {index} names no block; give 0 to {len(blocks) - 1}"
        yield Complaint(loc, message, "out_of_range")


def _plant(plant: Object, at: Loc) -> Iterator[Complaint]:
    pairs = (
        ("limitAtInverters", "poiLimitMW"),
        ("contAuxLosskW", "contAuxLossThreshkW"),
        ("propAuxLossWperkW", "propAuxLossThreshkW"),
    )
    for key, needed in pairs:
        if plant.get(key) and not _given(plant, needed):
            yield Complaint((*at, key), f"plant.{key} needs plant.{needed}; give both", "needs_other")
    if plant.get("limitAtInverters"):
        yield _unsupported(
            (*at, "limitAtInverters"), "the grid limit shared among inverters", "leave it false"
        )


def _settings(settings: Object, at: Loc) -> Iterator[Complaint]:
    features = {
        "windStow": "wind stow of trackers",
        "irradianceOptimization": "trackers that follow the diffuse light",
        "advancedNearShadingLosses": "advanced near shading",
    }
    for key, feature in features.items():
        if settings.get(key):
            yield _unsupported((*at, key), feature, "leave it out")


# Fields of a block in another form -> what to give here.
_OTHER_FORM = {
    "inverterDefinition": "inverterId, the number of a posted inverter",
    "moduleDefinition": "moduleId, the number of a posted module",
    "surfaceDefinition": "layout with arrayType, azimuth, axisTilt, tilt and gcr",
    "moduleStringingDefinition": "array with stringLength (modules in series) and stringCount (per inverter)",
}


def _block(block: Object, at: Loc) -> Iterator[Complaint]:
    for key in _OTHER_FORM.keys() & block.keys():
        loc = (*at, key)
        yield Complaint(loc, f"{place_text(loc)}: is not read here; give {_OTHER_FORM[key]}", "replaced")
    if not _given(block, "array") and not _given(block, "dcInputs"):
        yield Complaint((*at, "array"), f"{place_text(at)}: give array or dcInputs", "one_of")
    if not _given(block, "layout") and not _given(block, "layoutRef"):
        yield Complaint((*at, "layout"), f"{place_text(at)}: give layout or layoutRef", "one_of")
    yield from _arrays(block, at)
    yield from _layout(_object(block, "layout"), (*at, "layout"))
    yield from _shading(_object(block, "shading"), (*at, "shading"))
    yield from _shading_map(block, at)
    yield from _ac_system(_object(block, "acSystem"), (*at, "acSystem"))
    yield from _aoi(_object(block, "aoi"), (*at, "aoi"))
    if _given(block, "layoutRef"):
        yield _unsupported((*at, "layoutRef"), "layouts kept elsewhere", "give layout")


def _arrays(block: Object, at: Loc) -> Iterator[Complaint]:
    array, inputs = _object(block, "array"), block.get("dcInputs")
    if array and not _given(block, "moduleId"):
        yield Complaint((*at, "moduleId"), f"{place_text(at)}: array needs moduleId", "missing")
    if array.get("bifacial") or array.get("bifacialInputs"):
        yield _unsupported(
            (*at, "array", "bifacial"), "bifacial gain", "set bifacial false, drop bifacialInputs"
        )
    if not isinstance(inputs, list):
        return
    if array and inputs:
        yield _unsupported((*at, "dcInputs"), "array and dcInputs in one block", "keep one of them")
    elif len(inputs) != 1:
        yield _unsupported(
            (*at, "dcInputs"), f"{len(inputs)} DC inputs on an inverter", "give one, or one block for each"
        )


def _layout(layout: Object, at: Loc) -> Iterator[Complaint]:
    kind = layout.get("arrayType")
    needs = {
        "fixed": ("azimuth", "axisTilt", "tilt"),
        "tracker": ("azimuth", "axisTilt", "backTracking", "maxAngle"),
        "rotationalFloating": ("tilt", "maxAngle"),
    }
    if not isinstance(kind, str):
        return
    if kind not in needs:
        message = (
            f"{place_text(at)}.arrayType: {shown(kind)} is not known; the types are {_or(list(needs))}, "
        )
        yield Complaint((*at, "arrayType"), f"{message}and only fixed is supported so far", "literal_error")
        return
    for key in needs[kind]:
        if not _given(layout, key):
            yield Complaint((*at, key), f"{place_text(at)}: arrayType {kind} needs {key}", "missing")
    if kind != "fixed":
        yield _unsupported((*at, "arrayType"), kind, "use fixed")
    elif layout.get("axisTilt"):
        yield _unsupported((*at, "axisTilt"), "fixed tables on sloping axes", "set axisTilt 0")


def _shading(shading: Object, at: Loc) -> Iterator[Complaint]:
    near = shading.get("nearShading")
    if shading.get("farShading"):
        yield _unsupported((*at, "farShading"), "horizon profiles", "set farShading false")
    if near == "octavia":
        if not _given(shading, "shadingSceneId"):
            yield Complaint((*at, "shadingSceneId"), "nearShading octavia needs shadingSceneId", "missing")
        yield _unsupported((*at, "nearShading"), "shading scenes", "use unlimited")
    if shading.get("electricalImpact"):
        yield _unsupported(
            (*at, "electricalImpact"), "the electrical part of shading", "set electricalImpact false"
        )


def _shading_map(block: Object, at: Loc) -> Iterator[Complaint]:
    mapped = block.get("shadingStringMap")
    if not mapped:
        return
    loc = (*at, "shadingStringMap")
    inputs = block.get("dcInputs")
    known = {str(item.get("dcInputId")) for item in inputs or () if isinstance(item, dict)}
    if not inputs:
        yield Complaint(loc, f"{place_text(loc)} needs dcInputs", "needs_other")
    for name in _mapped_inputs(mapped) - known:
        yield Complaint(loc, f"{place_text(loc)}: dcInputId {name} is not among dcInputs", "unknown_input")
    yield _unsupported(loc, "shading scenes by DC input", "leave it out")


def _mapped_inputs(mapped: object) -> set[str]:
    if isinstance(mapped, dict):
        return {str(key) for key in mapped}
    if isinstance(mapped, list):
        return {str(item["dcInputId"]) for item in mapped if isinstance(item, dict) and "dcInputId" in item}
    return set()


def _ac_system(ac_system: Object, at: Loc) -> Iterator[Complaint]:
    if ac_system.get("mpptFraction"):
        yield _unsupported((*at, "mpptFraction"), "power shares of trackers", "leave it out")
    losses = _object(ac_system, "losses")
    for holder, loc in ((ac_system, at), (losses, (*at, "losses"))):
        if any(_object(holder, "mvLosses").values()):
            yield _unsupported((*loc, "mvLosses"), "losses at medium voltage", "set them to 0")


def _aoi(curve: Object, at: Loc) -> Iterator[Complaint]:
    angles, factors = curve.get("angles"), curve.get("factors")
    if not isinstance(angles, list) or not isinstance(factors, list):
        return
    if len(angles) != len(factors):
        message = f"{place_text(at)}: {len(angles)} angles and {len(factors)} factors; give as many of each"
        yield Complaint(at, message, "length")
    numbers = [angle for angle in angles if isinstance(angle, (int, float))]
    if any(later <= earlier + 1e-6 for earlier, later in pairwise(numbers)):
        yield Complaint((*at, "angles"), f"{place_text(at)}.angles must increase", "order")


def _unsupported(loc: Loc, feature: str, remedy: str) -> Complaint:
    return Complaint(loc, f"{place_text(loc)}: not supported yet: {feature}; {remedy}", "not_supported")


def _object(document: Object, key: str) -> Object:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _given(document: Object, key: str) -> bool:
    return document.get(key) is not None


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
