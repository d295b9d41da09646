"""Shading scenes: the row, the envelopes of a computation, its results and how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gnomon.core.fold import marked_blob
from gnomon.core.resource import Resource
from gnomon.core.task import Json, Status, Task
from gnomon.web.dialects.daly.nouns import SCENE
from gnomon.web.dialects.daly.render.moment import render_moment
from gnomon.web.dialects.daly.status import Word, show
from gnomon.web.series import Member, Stored

Progress = Literal["pending", "running", "completed", "failed"]
_PROGRESS: Mapping[Word, Progress] = {
    "pending": "pending",
    "queued": "pending",
    "running": "running",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "failed",
}

PROCESSING = {"shadingSceneId": 4, "globalShadingSceneId": "7300", "taskId": 17, "status": "processing"}
ROW = {
    "id": 4,
    "shadingSceneId": 4,
    "globalShadingSceneId": "7300000000000000004",
    "name": "North field",
    "sceneSource": "api-json",
    "status": "completed",
    "taskId": 17,
    "createdAt": "2026-01-31T12:00:00.000Z",
    "updatedAt": "2026-01-31T12:00:00.000Z",
}
ENVELOPE = {
    "status": "running",
    "results": None,
    "shadingSceneId": 4,
    "taskId": 17,
    "taskStatus": "running",
    "progress": 60.0,
    "stage": "casting",
    "error": None,
    "completedPositions": 720,
    "runningPositions": 480,
    "failedPositions": 0,
    "expectedPositions": 1200,
    "remainingPositions": 480,
}
GCR = {
    "has_trackers": True,
    "tables_processed": 120,
    "total_table_area": 18432.0,
    "gcr": 0.41,
    "avg_collector_width": 4.6,
    "axis_tilt": 1.2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneStanding:
    """A scene, and the task that says how it stands."""

    scene: Resource
    task: Task | None
    expected: int | None = None
    """Positions of the sun that the running task said it would cast."""

    @property
    def status(self) -> Progress:
        """Say how far the computation is; a table that was sent needs none."""
        if self.task is not None:
            return _PROGRESS[show(self.task).status]
        return "completed" if "shadingTable" in self.scene.document else "pending"

    @property
    def result(self) -> Mapping[str, Json]:
        """Give what the computation has given; nothing before it has."""
        task = self.task
        done = task is not None and task.status is Status.COMPLETED and isinstance(task.result, dict)
        return task.result if done and task is not None else {}

    @property
    def error(self) -> str | None:
        """Say why there will be no results."""
        if self.task is None or self.status != "failed":
            return None
        error = self.task.error
        return error.message if error else f"The computation was {show(self.task).status}."


def render_scene(standing: SceneStanding) -> dict[str, Json]:
    """Write the row: what a list shows, and what a detail begins with."""
    scene, result = standing.scene, standing.result
    file: Mapping[str, Json] = scene.document.get("file") or {}
    tracking = result.get("tracking") or scene.document.get("trackingParameters")
    named = {"fileName": file.get("filename"), "fileType": file.get("type")} if file else {}
    return {
        "id": scene.number,
        "shadingSceneId": scene.number,
        SCENE.global_id: scene.id,
        "name": scene.name,
        "sceneSource": scene.document.get("sceneSource"),
        **named,
        "status": standing.status,
        "taskId": standing.task.number if standing.task else None,
        "trackingParameters": None if marked_blob(tracking) else tracking,
        "gcrProperties": result.get("gcrProperties"),
        "summary": result.get("summary"),
        "warnings": list(result.get("warnings", ())),
        "errorMessage": standing.error,
        "createdAt": render_moment(scene.created_at),
        "updatedAt": render_moment(scene.updated_at),
    }


def render_processing(scene: Resource, task: Task, warnings: Sequence[str] = ()) -> dict[str, Json]:
    """Write the envelope of a computation that goes on after the answer; the client's words spell its id so too."""
    told = {"warnings": list(warnings)} if warnings else {}
    return {
        "shadingSceneId": scene.number,
        SCENE.global_id: scene.id,
        "taskId": task.number,
        "task_id": task.number,
        "status": "processing",
        "taskDetails": {"taskId": task.number, "executionMode": "async_queued"},
        **told,
    }


def render_given(scene: Resource, warnings: Sequence[str]) -> dict[str, Json]:
    """Write the envelope of a scene whose table was sent: nothing is computed."""
    told = {"warnings": list(warnings)} if warnings else {}
    return {
        "shadingSceneId": scene.number,
        SCENE.global_id: scene.id,
        "taskId": None,
        "status": "completed",
        **told,
    }


def render_progress(standing: SceneStanding) -> dict[str, Json]:
    """Write how far the computation is; the positions of the sun are counted."""
    task = standing.task
    counts = _counts(standing)
    return {
        "shadingSceneId": standing.scene.number,
        "taskId": task.number if task else None,
        "taskStatus": show(task).status if task else None,
        "progress": task.progress if task else None,
        "stage": (show(task).stage or task.stage) if task else None,
        "error": standing.error,
        **{f"{word}Positions": number for word, number in counts.items()},
    }


def render_pending(standing: SceneStanding) -> dict[str, Json]:
    """Write what stands in for results that are not there: pending, as the contract has it, unless none will come."""
    status = "failed" if standing.status == "failed" else "pending"
    return {"status": status, "results": None, **render_progress(standing)}


def _counts(standing: SceneStanding) -> dict[str, int]:
    said: Mapping[str, Json] = standing.result.get("positions") or {}
    expected = int(said.get("expected", standing.expected or 0))
    task = standing.task
    share = (task.progress or 0.0) / 100.0 if task else 0.0
    completed = int(said.get("completed", round(share * expected)))
    failed = int(said.get("failed", 0))
    if standing.status == "failed":
        failed = expected - completed
    remaining = max(expected - completed - failed, 0)
    running = remaining if standing.status == "running" else 0
    return {
        "completed": completed,
        "running": running,
        "failed": failed,
        "expected": expected,
        "remaining": remaining,
    }


def render_viewer_head(standing: SceneStanding) -> dict[str, Json]:
    """Write whose picture the viewer gets."""
    scene = standing.scene
    return {
        "shadingSceneId": scene.number,
        SCENE.global_id: scene.id,
        "name": scene.name,
        "status": standing.status,
    }


def geometry(standing: SceneStanding) -> tuple[dict[str, Json], list[Member]]:
    """Give the scene's whole JSON: as a member of the head where it is small, else as a stored one."""
    document = standing.scene.document
    added = {"gcrProperties": properties} if (properties := standing.result.get("gcrProperties")) else {}
    held = document.get("sceneJson")
    stored = marked_blob(held) or standing.result.get("scene")
    if stored is not None:
        return {}, [Member(key="sceneJson", series=Stored(sha256=stored, beside=added))]
    return {"sceneJson": {**added, **held} if held else None}, []


def render_table(table: Mapping[str, Json]) -> dict[str, Json]:
    """Write a table that was computed elsewhere as the results of a computation of our own."""
    direct, diodes = table["directShare"], table["affectedDiodes"]
    positions = [
        {
            "azimuth": azimuth,
            "elevation": elevation,
            "directShading": direct[a][e],
            "affectedDiodes": diodes[a][e],
        }
        for a, azimuth in enumerate(table["azimuth"])
        for e, elevation in enumerate(table["elevation"])
    ]
    beside = {key: table.get(key) for key in ("skyShare", "groundShare")}
    return {"sun_positions": positions, "metadata": {"source": "shadingTable", **beside}}
