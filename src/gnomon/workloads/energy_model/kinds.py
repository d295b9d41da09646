"""The nouns of the energy model: what their documents accept, complete and refer to."""

from typing import Any

from gnomon.core.resource import ResourceKind
from gnomon.core.task import Json
from gnomon.workloads.energy_model import check, draft, place
from gnomon.workloads.energy_model.document import (
    EnergyModel,
    Inverter,
    Location,
    Module,
    Place,
    Project,
    Weather,
)
from gnomon.workloads.energy_model.workspace import WorkspaceSettings


def complete_location(document: Json) -> Json:
    """Add time zone and, where it is not given, elevation; a place's zone is always that of its coordinates.

    Raises
    ------
    Failure
        If the elevation is neither given nor to be looked up here.
    """
    at = Place.model_validate(document)
    zone = place.time_zone_name(at.latitude, at.longitude)
    height = at.elevation if at.elevation is not None else place.elevation(at.latitude, at.longitude)
    added: dict[str, Any] = {
        "latitude": at.latitude,
        "longitude": at.longitude,
        "elevation": height,
        "timeZone": place.standard_offset(zone),
        "timeZoneName": zone,
    }
    return {**document, **added}


def complete_component(document: Json) -> Json:
    """Add the model's name where only the record's is given, and the other way round."""
    name = document.get("name") or document["model"]
    return {**document, "name": name, "model": document.get("model") or name}


def complete_energy_model(document: Json) -> Json:
    """Leave out what an earlier draft waited for: a document that passes lacks nothing."""
    return {key: value for key, value in document.items() if key != draft.WAITS_FOR}


RESOURCE_KINDS = (
    ResourceKind(
        kind="location",
        schema=Location.model_json_schema(),
        check=check.check_location,
        complete=complete_location,
        gathers=("weather",),
    ),
    ResourceKind(
        kind="weather",
        schema=Weather.model_json_schema(),
        check=check.check_weather,
        references=check.location_of,
    ),
    ResourceKind(
        kind="module",
        schema=Module.model_json_schema(),
        check=check.check_module,
        complete=complete_component,
    ),
    ResourceKind(
        kind="inverter",
        schema=Inverter.model_json_schema(),
        check=check.check_inverter,
        complete=complete_component,
    ),
    ResourceKind(
        kind="project",
        schema=Project.model_json_schema(),
        check=check.check_project,
        references=check.location_of,
    ),
    ResourceKind(
        kind="workspace_settings",
        schema=WorkspaceSettings.model_json_schema(),
        check=check.check_workspace_settings,
    ),
    ResourceKind(
        kind="energy_model",
        schema=EnergyModel.model_json_schema(),
        check=check.check_energy_model,
        check_draft=check.check_energy_model_draft,
        complete=complete_energy_model,
        references=check.references,
    ),
)
