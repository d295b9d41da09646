"""A project's files become a location, its weather, modules, inverters, a project, and a draft for each variant."""

import asyncio
import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gnomon.core.retry import RetryPolicy
from gnomon.core.task import Json
from gnomon.core.workload import AsyncContext, Failure, Saved, Workload
from gnomon.workloads.pvsyst_import.archive import Unpacked, unpack
from gnomon.workloads.pvsyst_import.mapping.model import Want
from gnomon.workloads.pvsyst_import.plan import ModelPlan, Plan, plan
from gnomon.workloads.pvsyst_import.report import Report, warnings
from gnomon.workloads.pvsyst_import.shelf import Shelf

_MOST_UPLOADS = 1000
INPUT_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "files": {
            "type": "array",
            "minItems": 1,
            "maxItems": _MOST_UPLOADS,
            "items": {
                "type": "object",
                "properties": {
                    "blob": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{64}$",
                        "description": "SHA-256 of the file's bytes",
                    },
                    "filename": {"type": "string", "description": "What the file was called"},
                },
                "required": ["blob", "filename"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["files"],
    "additionalProperties": False,
}
_ROW: Mapping[str, Json] = {
    "type": "object",
    "properties": {"number": {"type": "integer"}, "id": {"type": "string"}},
    "required": ["number", "id"],
}
_ROWS: Mapping[str, Json] = {"type": "array", "items": _ROW}
_LISTS = ("locations", "weather", "modules", "inverters", "projects", "energyModels")
OUTPUT_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "project": {"anyOf": [_ROW, {"type": "null"}]},
        "location": {"anyOf": [_ROW, {"type": "null"}]},
        **dict.fromkeys(_LISTS, _ROWS),
        "filesProcessed": {"type": "array", "items": {"type": "string"}},
        "warnings": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["project", "location", *_LISTS, "filesProcessed", "warnings"],
}
_READ_UNTIL = 50.0


async def run(given: Json, ctx: AsyncContext) -> Json:
    """Read the files and save what they hold.

    Raises
    ------
    Failure
        If there is neither a project nor a variant among the files; what else is wrong is a warning.
    """
    uploads = [(file["filename"], await ctx.get(file["blob"])) for file in given["files"]]
    ctx.progress(2, "unpacking")
    unpacked = await asyncio.to_thread(unpack, uploads)
    shelf = await _read(unpacked, ctx)
    if not shelf.projects and not shelf.variants:
        raise Failure("invalid_files", no_project(shelf))
    ctx.progress(_READ_UNTIL, "mapping")
    planned = await asyncio.to_thread(plan, shelf)
    return await _Saving(planned, ctx).save()


async def _read(unpacked: Unpacked, ctx: AsyncContext) -> Shelf:
    shelf = begin(unpacked)
    for count, file in enumerate(unpacked.files):
        ctx.progress(5 + (_READ_UNTIL - 5) * count / len(unpacked.files), "reading")
        await asyncio.to_thread(shelf.put, file)
        await ctx.checkpoint()
    return shelf


def begin(unpacked: Unpacked) -> Shelf:
    """Return an empty shelf that tells what was refused."""
    shelf = Shelf()
    for each in unpacked.refused:
        told = Report(each.path)
        told.notes = shelf.report.notes
        told.unmapped("", "", each.reason)
    return shelf


def read_all(uploads: Sequence[tuple[str, bytes]], on_file: Callable[[str], None] | None = None) -> Shelf:
    """Unpack and read files, without a task; `on_file` is told each file's path."""
    unpacked = unpack(uploads)
    shelf = begin(unpacked)
    for file in unpacked.files:
        if on_file is not None:
            on_file(file.path)
        shelf.put(file)
    return shelf


def no_project(shelf: Shelf) -> str:
    """Say why files make no project."""
    reasons = "; ".join(note.text() for note in shelf.report.notes[:5])
    words = "neither a project (.PRJ) nor a variant (.VC*) could be read; send at least one of them"
    return f"{words}. {reasons}" if reasons else words


@dataclass(slots=True)
class _Saving:
    """Saves a plan; every key is the same in every attempt, so that nothing is saved twice."""

    planned: Plan
    ctx: AsyncContext
    rows: dict[str, list[dict[str, Json]]] = field(default_factory=lambda: {name: [] for name in _LISTS})
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    done: int = 0

    async def save(self) -> Json:
        """Save all and return the task's result."""
        places = [await self._place(index) for index in range(len(self.planned.places))]
        for component in self.planned.components:
            await self._component(component.kind, component.key, component.path, component.document)
        projects = [await self._project(index, places) for index in range(len(self.planned.projects))]
        for each in self.planned.models:
            await self._model(each, places, projects)
        return {
            "project": _first(self.rows["projects"]),
            "location": _first(self.rows["locations"]),
            **self.rows,
            "filesProcessed": list(self.planned.processed),
            "warnings": [*warnings(self.planned.notes), *self.told],
        }

    async def _place(self, index: int) -> int | None:
        place = self.planned.places[index]
        saved = await self._try("location", place.document(), f"location:{index}", place.name)
        if saved is None:
            return None
        self._row("locations", saved)
        if place.weather is not None:
            document = {**place.weather.document, "locationId": saved.number}
            weather = await self._try("weather", document, f"weather:{index}", place.weather.file.path)
            if weather is not None:
                self._row("weather", weather, file=place.weather.file.name)
        return saved.number

    async def _component(self, kind: str, key: str, path: str, document: Json) -> None:
        saved = await self._try(kind, document, f"{kind}:{key}", path)
        if saved is not None:
            self.numbers[kind, key] = saved.number
            self._row(f"{kind}s", saved, file=path)

    async def _project(self, index: int, places: Sequence[int | None]) -> int | None:
        found = self.planned.projects[index]
        at = places[found.place] if found.place is not None else None
        if at is None:
            return None
        document = {**found.document, "locationId": at}
        saved = await self._try("project", document, f"project:{index}", found.document["name"])
        if saved is not None:
            self._row("projects", saved)
        return saved.number if saved is not None else None

    async def _model(
        self, found: ModelPlan, places: Sequence[int | None], projects: Sequence[int | None]
    ) -> None:
        where = _where(found, self.planned, places, projects)
        document, waits = filled(found, self.numbers, where)
        told = list(warnings(found.notes))
        if told:
            document["importWarnings"] = told
        saved = await self._try(
            "energy_model", document, f"model:{found.variant}", found.variant, is_draft=True
        )
        if saved is not None:
            self._row("energyModels", saved, variant=found.variant, waitsFor=waits, warnings=told)

    async def _try(
        self, kind: str, document: Json, key: str, path: str, *, is_draft: bool = False
    ) -> Saved | None:
        """Save a document; one that its kind complains about is told, and leaves the others alone."""
        self.done += 1
        total = 2 * len(self.planned.places) + len(self.planned.components) + len(self.planned.models) + 2
        self.ctx.progress(min(99.0, _READ_UNTIL + (99 - _READ_UNTIL) * self.done / total), "saving")
        try:
            return await self.ctx.save(kind, document, key=key, is_draft=is_draft)
        except Failure as failure:
            if failure.code != "invalid_resource":
                raise
            self.told.append(f"{path}: the {kind.replace('_', ' ')} is not saved: {failure.message}")
            return None

    def _row(self, name: str, saved: Saved, **more: Json) -> None:
        self.rows[name].append({"number": saved.number, "id": saved.id, **more})


def _first(rows: Sequence[Json]) -> Json:
    return rows[0] if rows else None


def _where(
    found: ModelPlan, planned: Plan, places: Sequence[int | None], projects: Sequence[int | None]
) -> dict[str, Json]:
    """Return what a model says of its place: its project, or where it stands elsewhere than that its location."""
    at = places[found.place] if found.place is not None else None
    project = projects[found.project] if found.project is not None and found.project < len(projects) else None
    own = planned.projects[found.project].place if project is not None and found.project is not None else None
    if project is not None and own == found.place:
        return {"projectId": project}
    if at is None:
        return {}
    zone = planned.places[found.place].time_zone if found.place is not None else None
    return {"locationId": at} if zone is None else {"locationId": at, "timeZoneOverride": zone}


def filled(
    found: ModelPlan, numbers: Mapping[tuple[str, str], int], where: Mapping[str, Json]
) -> tuple[dict[str, Any], list[Json]]:
    """Return a model's document with the numbers of what was saved, and what it waits for."""
    document = copy.deepcopy(found.mapped.document)
    lacking = [want for want in found.mapped.wants if not _fill(document, want, numbers)]
    where = dict(where)
    if (zone := where.pop("timeZoneOverride", None)) is not None:
        document["settings"]["timeZoneOverride"] = zone
    waits = [*map(_wait, lacking), *_values_awaited(document), *_waits_around(found, where)]
    return {**where, **document, **({"waitsFor": waits} if waits else {})}, waits


def _wait(want: Want) -> Json:
    return {"kind": want.kind, "file": want.file or None, "at": want.at}


_NEEDED = (
    ("layout",),
    ("dcInputs", 0, "stringLength"),
    ("dcInputs", 0, "stringCount"),
    ("acSystem", "numberOfInverters"),
)
"""What each block must have besides its components."""


def _values_awaited(document: Mapping[str, Any]) -> Iterable[Json]:
    """Yield what the files do not tell, and no file can bring: values to be put by hand."""
    if not document["blocks"]:
        yield {"kind": "value", "file": None, "at": "blocks"}
    for index, block in enumerate(document["blocks"]):
        for way in _NEEDED:
            if not _has(block, way):
                yield _wait(Want(kind="value", file="", way=("blocks", index, *way)))


def _has(holder: Any, way: Sequence[str | int]) -> bool:
    for part in way[:-1]:
        holder = holder[part]
    return way[-1] in holder


def _waits_around(found: ModelPlan, where: Mapping[str, Json]) -> Iterable[Json]:
    if not where:
        yield {"kind": "location", "file": None, "at": "locationId"}
    if found.weather is not None:
        yield {"kind": "weather", "file": found.weather or None, "at": "weatherData"}


def _fill(document: dict[str, Any], want: Want, numbers: Mapping[tuple[str, str], int]) -> bool:
    number = numbers.get((want.kind, want.file.lower()))
    if number is None:
        return False
    holder: Any = document
    for part in want.way[:-1]:
        holder = holder[part]
    holder[want.way[-1]] = number
    return True


PROJECT = Workload(
    kind="pvsyst_project",
    title="PVsyst project import",
    run=run,
    # Files are read in a second or two, off the loop, and must not stand behind runs of minutes.
    where="io",
    input_schema=INPUT_SCHEMA,
    output_schema=OUTPUT_SCHEMA,
    retry=RetryPolicy(),
)
