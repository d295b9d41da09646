"""What is wrong with a document, as complaints that name the field and the remedy. Nothing here raises."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

from pydantic import ValidationError

from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.core.workload import Failure, Reference
from gnomon.pvsyst import PvsystError
from gnomon.pvsyst.component import Reading
from gnomon.workloads.energy_model import draft, place, rules
from gnomon.workloads.energy_model.blob import is_blob
from gnomon.workloads.energy_model.block_rules import inner, items, mapped_scenes
from gnomon.workloads.energy_model.component import REQUIRED, consistent_module, pv_inverter
from gnomon.workloads.energy_model.document import (
    EnergyModel,
    Inverter,
    Location,
    Module,
    Project,
    Weather,
)
from gnomon.workloads.energy_model.record import Record
from gnomon.workloads.energy_model.weather import check_arrays
from gnomon.workloads.energy_model.wording import place_text, words
from gnomon.workloads.energy_model.workspace import ENERGY_MODEL, WorkspaceSettings, workspace_settings

Loc = tuple[str | int, ...]


def check_energy_model(document: Json) -> list[Complaint]:
    """List what is wrong with the input of a run; of what a draft lacks, which file it waits for."""
    found = _checked(document, EnergyModel, rules.energy_model, _zones_of_run, _weathers)
    return draft.told_what_it_waits_for(found, document) if isinstance(document, dict) else found


def check_energy_model_draft(document: Json) -> list[Complaint]:
    """List what is wrong with what a draft has; what it lacks is not."""
    given = draft.without_nulls(document)
    return draft.intolerable(check_energy_model(given), given)


def check_location(document: Json) -> list[Complaint]:
    """List what is wrong with a location."""
    return _checked(document, Location, rules.location, _zone_of_place, _weathers)


def check_project(document: Json) -> list[Complaint]:
    """List what is wrong with a project."""
    return _checked(document, Project, rules.project, _zone_of_project)


def check_weather(document: Json) -> list[Complaint]:
    """List what is wrong with a weather record."""
    return [] if is_blob(document) else _checked(document, Weather, check_arrays)


def check_workspace_settings(document: Json) -> list[Complaint]:
    """List what is wrong with the settings of a workspace."""
    return _checked(document, WorkspaceSettings, workspace_settings, _zones_of_workspace)


def check_module(document: Json) -> list[Complaint]:
    """List what is wrong with a module, its one-diode parameters included."""
    return _checked(document, Module, rules.component, _component(Module, consistent_module), _lacking)


def check_inverter(document: Json) -> list[Complaint]:
    """List what is wrong with an inverter."""
    return _checked(document, Inverter, rules.component, _component(Inverter, pv_inverter))


Rule = Callable[[Mapping[str, Any]], Iterator[Complaint]]


def _checked(document: Json, model: type[Record], *every: Rule) -> list[Complaint]:
    if not isinstance(document, dict):
        return [Complaint((), "give a JSON object", "object_type")]
    found = [*_misshapen(document, model), *(complaint for rule in every for complaint in rule(document))]
    # A form that was removed has a word of its own, which says all.
    removed = {complaint.loc for complaint in found if complaint.type == "removed"}
    told = [complaint for complaint in found if complaint.type == "removed" or complaint.loc not in removed]
    return list({(complaint.loc, complaint.type): complaint for complaint in told}.values())


def _misshapen(document: Mapping[str, Any], model: type[Record], at: Loc = ()) -> Iterator[Complaint]:
    try:
        model.model_validate(document)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            loc = (*at, *_within(document, each["loc"]))
            yield Complaint(loc, f"{place_text(loc)}: {words(each)}", each["type"])


def _within(document: Json, loc: Sequence[str | int]) -> Loc:
    """Leave out what pydantic adds to the place: the branch of a union, the object that a short form stands for."""
    known: list[str | int] = []
    value = document
    for position, part in enumerate(loc, 1):
        inside = value[part : part + 1] if isinstance(part, int) and isinstance(value, list) else None
        if inside:
            value = inside[0]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        elif not isinstance(value, dict) or position < len(loc):
            continue
        known.append(part)
    return tuple(known)


def _weathers(document: Mapping[str, Any]) -> Iterator[Complaint]:
    """Yield what is misshapen in the weather that a document holds, or its place."""
    for holder, at in ((document, ()), (inner(document, "location"), ("location",))):
        weather = inner(holder, "weatherData")
        if not is_blob(weather):
            yield from _misshapen(weather, Weather, (*at, "weatherData"))


def _component(model: type[Record], read: Callable[[Any], object]) -> Rule:
    def rule(document: Mapping[str, Any]) -> Iterator[Complaint]:
        try:
            read(model.model_validate(document))
        except PvsystError as error:
            yield Complaint(("properties", error.key or ""), str(error), "component")
        except ValidationError:
            return
        except (ArithmeticError, ValueError) as error:
            yield Complaint(("properties",), str(error), "component")

    return rule


def _lacking(document: Mapping[str, Any]) -> Iterator[Complaint]:
    """Yield every key that a module lacks; reading it stops at the first."""
    properties = document.get("properties")
    if isinstance(properties, dict):
        for key, meaning in REQUIRED.items():
            if Reading(properties).value(key) is None:
                yield Complaint(("properties", key), f"{key}: is missing; give the {meaning}", "component")


def _zones_of_run(document: Mapping[str, Any]) -> Iterator[Complaint]:
    settings, where = document.get("settings"), document.get("location")
    if isinstance(settings, dict):
        yield from _zone(settings.get("timeZoneOverride"), ("settings", "timeZoneOverride"))
    if isinstance(where, dict):
        yield from _zone_of_place(where, ("location",))


def _zones_of_workspace(document: Mapping[str, Any]) -> Iterator[Complaint]:
    zone = inner(inner(document, ENERGY_MODEL), "settings").get("timeZoneOverride")
    yield from _zone(zone, (ENERGY_MODEL, "settings", "timeZoneOverride"))


def _zone_of_place(document: Mapping[str, Any], at: Loc = ()) -> Iterator[Complaint]:
    yield from _zone(document.get("timeZoneName"), (*at, "timeZoneName"))


def _zone_of_project(document: Mapping[str, Any]) -> Iterator[Complaint]:
    yield from _zone(document.get("timezoneOverride"), ("timezoneOverride",))


def _zone(value: object, loc: Loc) -> Iterator[Complaint]:
    if isinstance(value, str):
        try:
            place.standard_offset(value)
        except Failure as failure:
            yield Complaint(loc, f"{place_text(loc)}: {failure.message}", "time_zone")


def references(document: Json) -> list[Reference]:
    """List the resources that a run's input names by number."""
    if not isinstance(document, dict):
        return []
    named = [
        Reference(kind=kind, number=document[key], loc=(key,))
        for key, kind in (("projectId", "project"), ("locationId", "location"))
        if _is_number(document.get(key))
    ]
    blocks = document.get("blocks")
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        named += _block_references(block, ("blocks", index))
    return named


def _block_references(block: Json, at: Loc) -> list[Reference]:
    if not isinstance(block, dict):
        return []
    named = [*_named(block, at, inverterId="inverter", moduleId="module"), *_scene_of(block, at)]
    for loc, each in items(block, "dcInputs", at):
        named += [*_named(each, loc, moduleId="module"), *_scene_of(each, loc)]
    scenes = mapped_scenes(block.get("shadingStringMap")) or {}
    loc = (*at, "shadingStringMap")
    return named + [
        Reference(kind="shading_scene", number=scene.number, loc=(*loc, name))
        for name, scene in scenes.items()
        if scene.number is not None
    ]


def _scene_of(holder: Mapping[str, Any], at: Loc) -> list[Reference]:
    shading = inner(holder, "shading")
    if shading.get("nearShading") != "octavia":
        return []
    found = _named(shading, (*at, "shading"), shadingSceneId="shading_scene")
    return [replace(each, otherwise="post it, or give its table as shading.sceneTable") for each in found]


def _named(holder: Mapping[str, Any], at: Loc, **kinds: str) -> list[Reference]:
    return [
        Reference(kind=kind, number=holder[key], loc=(*at, key))
        for key, kind in kinds.items()
        if _is_number(holder.get(key))
    ]


def location_of(document: Json) -> list[Reference]:
    """List the location that a project or a weather record names by number."""
    number = document.get("locationId") if isinstance(document, dict) else None
    if not _is_number(number):
        return []
    return [Reference(kind="location", number=number, loc=("locationId",))]


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
