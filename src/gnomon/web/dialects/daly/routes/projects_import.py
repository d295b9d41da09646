"""PVsyst projects: uploaded files become a project and one draft energy model for each variant."""

import asyncio
from collections.abc import Mapping, Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.resource import Resource
from gnomon.core.service.blob import store_blob
from gnomon.core.service.resource import find, latest_task
from gnomon.core.service.task import submit
from gnomon.core.task import Json, Status, Task
from gnomon.web.answer import answer
from gnomon.web.desk import Writer
from gnomon.web.dialects.daly.desk import AtDesk, Desk, IdempotencyKey
from gnomon.web.dialects.daly.nouns import PROJECT, PROJECT_FILES
from gnomon.web.dialects.daly.openapi import shows, takes_files
from gnomon.web.dialects.daly.render.energy_model import Standing
from gnomon.web.dialects.daly.render.project_import import (
    IMPORTED,
    At,
    Found,
    kinds_of,
    render_import,
    render_unread,
)
from gnomon.web.reservation import replay_headers, reserve
from gnomon.web.upload import Upload, read_files

router = APIRouter(prefix=PROJECT.path, tags=["projects"])

_PARTS = ("files", "file")


@router.post(
    "/import",
    summary="Import a PVsyst project",
    responses=shows(
        IMPORTED, "What was saved, what it waits for, and what was not taken over.", 413, 415, 422
    ),
    openapi_extra=takes_files("files", ".PRJ, .VC*, .PAN, .OND, .SHD, .HOR, .SIT, .MET, .CSV or .ZIP files"),
)
async def import_files(request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None) -> Response:
    """Save a project, its components and a draft energy model for each of its variants."""
    uploads = await read_files(request, _PARTS)
    blobs = tuple([await store_blob(desk.house, upload.content) for upload in uploads])
    submitted = await submit(
        desk.house,
        writer,
        PROJECT_FILES,
        {"files": _listed(uploads, blobs)},
        blobs=tuple(dict.fromkeys(blobs)),
        # A form that is sent again has another boundary; the files are the same.
        reservation=await reserve(request, writer, _fingerprint(uploads, blobs)),
    )
    task = await desk.await_end(request, writer, submitted.task.id)
    return await _answer(desk, writer, task, is_replay=submitted.is_replay)


def _listed(uploads: Sequence[Upload], blobs: Sequence[str]) -> list[Json]:
    return [{"blob": blob, "filename": upload.filename} for upload, blob in zip(uploads, blobs, strict=True)]


def _fingerprint(uploads: Sequence[Upload], blobs: Sequence[str]) -> bytes:
    return "\n".join(f"{u.filename}\n{blob}" for u, blob in zip(uploads, blobs, strict=True)).encode()


async def _answer(desk: Desk, writer: Principal, task: Task, *, is_replay: bool) -> Response:
    headers = replay_headers(is_replay=is_replay)
    if task.status.is_active:
        status, body = render_unread(task)
        return answer(body, status=status, headers={**headers, "Retry-After": "5"})
    if task.status is not Status.COMPLETED:
        message = (
            task.error.message if task.error else f"The files were not read: the task was {task.status}."
        )
        raise Invalid([Complaint(("files",), message, task.error.code if task.error else task.status)])
    return answer(render_import(task, await _find(desk, writer, task.result)), headers=headers)


async def _find(desk: Desk, writer: Principal, result: Json) -> Found:
    """Find what the import has saved, as it is now; what was deleted since is left out."""
    named = kinds_of(result)
    found = await asyncio.gather(
        *(find(desk.house, writer.workspace, kind, number) for kind, number in named)
    )
    there = {at: resource for at, resource in zip(named, found, strict=True) if resource is not None}
    return Found(
        resources=there,
        standings={
            at[1]: await _standing(desk, resource, there)
            for at, resource in there.items()
            if at[0] == "energy_model"
        },
    )


async def _standing(desk: Desk, model: Resource, there: Mapping[At, Resource]) -> Standing:
    project = there.get((PROJECT.kind, model.document.get("projectId")))
    return Standing(
        model=model,
        task=await latest_task(desk.house, model),
        global_project_id=project.id if project else None,
    )
