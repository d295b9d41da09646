"""Lines: run a task again, list its revisions, compare two of them."""

from fastapi import Request, Response

from gnomon.core.service import line as service
from gnomon.web.answer import answer
from gnomon.web.body import read_optional
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.native.openapi import asks, errors, router, shows, takes
from gnomon.web.native.render import task as render
from gnomon.web.native.routes.tasks import IDEMPOTENCY_KEY, PREFER, SUBMITTED, answer_submitted
from gnomon.web.native.wire import ask, read
from gnomon.web.native.wire.tasks import IF_MATCH, Line, RerunOrder, Revisions
from gnomon.web.openapi import header
from gnomon.web.reservation import reserve

routes = router("tasks")

_IF_MATCH = header(
    "If-Match", "The newest revision that you know of: 412 when there is a newer one.", pattern=IF_MATCH
)
_ORDER = {"patch": {"text": "hullo"}, "on_active": "enqueue"}


@routes.post(
    "/tasks/{task_id}/rerun",
    status_code=202,
    summary="Run a task again",
    openapi_extra={
        **takes(RerunOrder, _ORDER, required=False),
        **asks(None, _IF_MATCH, PREFER, IDEMPOTENCY_KEY),
    },
    responses={**SUBMITTED, **errors(404, 409, 410, 412)},
)
async def rerun_task(task_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Continue the task's line with the next revision: as it was, with a new input, or with a patch of it.

    A task that ran a saved resource runs it again in place.
    """
    order = read(RerunOrder, await read_optional(request))
    again = order.again(request.headers.get("if-match"))
    made = await service.rerun(house, writer, task_id, again, reservation=await reserve(request, writer))
    return await answer_submitted(request, house, writer, made)


@routes.get(
    "/tasks/{task_id}/revisions",
    summary="List the revisions of a task",
    openapi_extra=asks(Line),
    responses=shows("RevisionList", "The tasks of its line, newest first.", 404, 422),
)
async def list_revisions(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the tasks of the line that the task stands in, newest first."""
    limit = ask(Line, request.query_params).limit
    return answer(render.revisions(await service.list_revisions(house, reader, task_id, limit)))


@routes.get(
    "/tasks/{task_id}/diff",
    summary="Compare two revisions of a task",
    openapi_extra=asks(Revisions),
    responses=shows("Diff", "What differs in input and result.", 404, 422),
)
async def diff_revisions(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Compare input and result of two revisions, as operations that turn the one into the other."""
    asked = ask(Revisions, request.query_params)
    found = await service.diff_revisions(house, reader, task_id, asked.first, asked.second)
    return answer(render.diff(found))
