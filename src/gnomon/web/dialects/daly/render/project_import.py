"""The answer to an import of PVsyst files: what was saved, what waits, and what was not taken over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gnomon.core.resource import Resource
from gnomon.core.task import Json, Task
from gnomon.web.dialects.daly.nouns import INVERTER, LOCATION, MODULE, PROJECT, WEATHER, Noun
from gnomon.web.dialects.daly.render.energy_model import Standing, render_model
from gnomon.web.dialects.daly.render.resource import render_row
from gnomon.web.dialects.daly.status import show

At = tuple[str, int]

IMPORTED = {
    "result": "success",
    "message": "PVsyst project imported",
    "project": {"id": 1, "globalProjectId": "7263", "name": "MyProject", "locationId": 1},
    "energyModels": [
        {
            "energyModelId": 56,
            "id": 56,
            "name": "Basic system",
            "status": "draft",
            "revision": "v0001",
            "waitsFor": [{"kind": "inverter", "file": "Generic.OND", "at": "blocks[0].inverterId"}],
            "warnings": ["Variant.VC, PVMainArray: Alpha=0.9: ..."],
        }
    ],
    "modules": [{"id": 1, "name": "ET-M772BH550GL"}],
    "inverters": [],
    "location": {"id": 1, "name": "Somewhere", "latitude": 40.0, "longitude": -105.0},
    "weatherData": [],
    "filesProcessed": ["MyProject.PRJ", "Variant.VC"],
    "warnings": [],
    "taskDetails": {"taskId": 1233},
}

_LISTS: Mapping[str, tuple[str, Noun]] = {
    "modules": ("modules", MODULE),
    "inverters": ("inverters", INVERTER),
    "weather": ("weatherData", WEATHER),
    "projects": ("projects", PROJECT),
    "locations": ("locations", LOCATION),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an import has saved and is still there, by kind and number; the models with their state."""

    resources: Mapping[At, Resource]
    standings: Mapping[int, Standing]


def kinds_of(result: Mapping[str, Json]) -> list[At]:
    """List kind and number of everything that a result names as saved."""
    rows = [(noun.kind, row) for name, (_, noun) in _LISTS.items() for row in result[name]]
    rows += [("energy_model", row) for row in result["energyModels"]]
    return list(dict.fromkeys((kind, row["number"]) for kind, row in rows))


def render_import(task: Task, found: Found) -> dict[str, Json]:
    """Write what was imported; rows are as they are now."""
    result = task.result
    lists = {key: _rows(result[name], noun, found) for name, (key, noun) in _LISTS.items()}
    return {
        "result": "success",
        "message": IMPORTED["message"],
        "project": _first(lists["projects"]),
        "energyModels": [
            _model(row, found.standings[row["number"]])
            for row in result["energyModels"]
            if row["number"] in found.standings
        ],
        **lists,
        "location": _first(lists["locations"]),
        "filesProcessed": result["filesProcessed"],
        "warnings": result["warnings"],
        "taskDetails": {"taskId": task.number},
    }


def render_unread(task: Task) -> tuple[int, dict[str, Json]]:
    """Write status and body for files that were not read in time: there is no project yet, hence no success."""
    detail = (
        f"The files are stored and not read yet. GET /tasks/{task.number} tells how far it is; send the files "
        "again only with the Idempotency-Key of this request, or they are imported twice."
    )
    return 503, {"detail": detail, "taskDetails": {"taskId": task.number, "status": show(task).status}}


def _rows(rows: Sequence[Mapping[str, Json]], noun: Noun, found: Found) -> list[Json]:
    there = (found.resources.get((noun.kind, row["number"])) for row in rows)
    return [render_row(resource, noun) for resource in there if resource is not None]


def _first(rows: Sequence[Json]) -> Json:
    return rows[0] if rows else None


def _model(row: Mapping[str, Json], standing: Standing) -> dict[str, Json]:
    return {
        **render_model(standing),
        "variant": row["variant"],
        "waitsFor": row["waitsFor"],
        "warnings": row["warnings"],
    }
