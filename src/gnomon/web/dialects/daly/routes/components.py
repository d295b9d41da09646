"""Modules and inverters: from JSON, or from a file that a task reads."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.service.blob import store_blob
from gnomon.core.service.resource import create_resource, get_resource
from gnomon.core.service.task import submit
from gnomon.core.task import Status, Task
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import Writer
from gnomon.web.dialects.daly import examples
from gnomon.web.dialects.daly.desk import AtDesk, Desk, IdempotencyKey
from gnomon.web.dialects.daly.nouns import COMPONENT_FILE, INVERTER, MODULE, Noun
from gnomon.web.dialects.daly.openapi import shows, takes, takes_file
from gnomon.web.dialects.daly.render.resource import render_resource
from gnomon.web.dialects.daly.render.run import render_unread_file
from gnomon.web.dialects.daly.render.task import made_by
from gnomon.web.dialects.daly.routes.reading import add_delete, add_get, add_list
from gnomon.web.dialects.daly.wire.resources import read_component
from gnomon.web.reservation import replay_headers, reserve
from gnomon.web.upload import read_file

router = APIRouter()

_EXAMPLES = {MODULE: examples.MODULE, INVERTER: examples.INVERTER}


def _component_routes(noun: Noun, suffix: str) -> APIRouter:
    routes = APIRouter(prefix=noun.path, tags=[noun.path[1:]])
    _add_json(routes, noun)
    _add_file(routes, noun, suffix)
    add_list(routes, noun)
    add_get(routes, noun)
    add_delete(routes, noun)
    return routes


def _add_json(routes: APIRouter, noun: Noun) -> None:
    @routes.post(
        "/json",
        summary=f"Save a {noun.one} given as JSON",
        responses=shows({"id": 1, **_EXAMPLES[noun]}, "The record.", 413, 415, 422),
        openapi_extra=takes(noun.kind, _EXAMPLES[noun]),
    )
    async def create_json(
        request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None
    ) -> Response:
        document = read_component(await read_json(request), noun.kind)
        kept = await reserve(request, writer)
        made = await create_resource(desk.house, writer, noun.kind, document, reservation=kept)
        return answer(render_resource(made.resource, noun), headers=replay_headers(is_replay=made.is_replay))


def _add_file(routes: APIRouter, noun: Noun, suffix: str) -> None:
    @routes.post(
        "",
        summary=f"Save a {noun.one} from a {suffix} file",
        responses=shows({"id": 1, "model": "..."}, "The record that the file describes.", 413, 415, 422),
        openapi_extra=takes_file(f"a {suffix} file"),
    )
    async def create_from_file(
        request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None
    ) -> Response:
        upload = await read_file(request, "file")
        blob = await store_blob(desk.house, upload.content)
        submitted = await submit(
            desk.house,
            writer,
            COMPONENT_FILE,
            {"blob": blob, "filename": upload.filename, "as": noun.kind},
            blobs=(blob,),
            # A form that is sent again has another boundary; the file is the same.
            reservation=await reserve(request, writer, f"{upload.filename}\n{blob}".encode()),
        )
        task = await desk.await_end(request, writer, submitted.task.id)
        return await _answer_file(desk, writer, noun, task, is_replay=submitted.is_replay)


async def _answer_file(desk: Desk, writer: Principal, noun: Noun, task: Task, *, is_replay: bool) -> Response:
    headers = replay_headers(is_replay=is_replay)
    if task.status.is_active:
        status, body = render_unread_file(task, noun)
        return answer(body, status=status, headers={**headers, "Retry-After": "5"})
    made = made_by(task) if task.status is Status.COMPLETED else None
    if made is None:
        message = task.error.message if task.error else f"The file was not read: the task was {task.status}."
        raise Invalid([Complaint(("file",), message, task.error.code if task.error else task.status)])
    resource = await get_resource(desk.house, writer, made[0], made[1], is_whole=True)
    return answer(render_resource(resource, noun), headers=headers)


router.include_router(_component_routes(MODULE, ".pan"))
router.include_router(_component_routes(INVERTER, ".ond"))
