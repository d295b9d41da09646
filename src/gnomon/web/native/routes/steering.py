"""Steering a task: cancel, pause, resume, answer what it asks."""

from fastapi import Request, Response

from gnomon.core.service import House
from gnomon.core.service import steering as service
from gnomon.core.task import CancelOutcome, Task
from gnomon.web.answer import answer
from gnomon.web.body import read_json, read_optional
from gnomon.web.desk import AtHouse, Canceller, Writer
from gnomon.web.native.openapi import BODY, router, shows, takes
from gnomon.web.native.render import task as render
from gnomon.web.native.routes.tasks import STANDING, standing
from gnomon.web.native.wire import read
from gnomon.web.native.wire.tasks import Answer, Message, Wish

routes = router("tasks")

_OUTCOME = {
    "Cancel-Outcome": "What this cancel came to: the task's `cancel_outcome`, or `finished_first` of a task that had "
    "ended without one; such a task is shown unchanged."
}


@routes.post(
    "/tasks/{task_id}/cancel",
    status_code=202,
    summary="Cancel a task",
    openapi_extra=takes(Wish, {"reason": "It is no longer needed."}, required=False),
    responses={
        **shows("Task", "The task has ended, now or before.", 404, *BODY, headers={**STANDING, **_OUTCOME}),
        **shows("Task", "The task will have ended at `cancel_by`.", status=202, headers=STANDING),
    },
)
async def cancel_task(task_id: str, request: Request, house: AtHouse, canceller: Canceller) -> Response:
    """Cancel at once when nothing runs (200), within the grace period otherwise (202); an end stays an end.

    `Cancel-Outcome` says how it came to its end, also when the task had ended before.
    """
    wish = read(Wish, await read_optional(request))
    task = await service.cancel(house, canceller, task_id, wish.reason)
    told = _answer(house, task, render.task(task), is_done=task.status.is_terminal)
    if task.status.is_terminal:
        # Not in the task: that one would differ from what every other channel shows at the same version.
        told.headers["Cancel-Outcome"] = task.cancel_outcome or CancelOutcome.FINISHED_FIRST
    return told


@routes.post(
    "/tasks/{task_id}/pause",
    status_code=202,
    summary="Set a task aside",
    openapi_extra=takes(Wish, {"reason": "The price is not settled yet."}, required=False),
    responses={
        **shows(
            "Task",
            "The task and its children are set aside: nothing is at work on it.",
            404,
            409,
            *BODY,
            headers=STANDING,
        ),
        **shows(
            "Task",
            "What is at work on it will be set aside at its next checkpoint.",
            status=202,
            headers=STANDING,
        ),
    },
)
async def pause_task(task_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Set a task and its children aside: at once when nothing runs (200), at the next checkpoint otherwise (202).

    A task that was split is `paused` at once, and answered with 202 until none of its children runs any more.
    """
    wish = read(Wish, await read_optional(request))
    task = await service.pause(house, writer, task_id, wish.reason)
    is_done = await service.is_at_rest(house, task)
    return _answer(house, task, render.task(task), is_done=is_done)


@routes.post(
    "/tasks/{task_id}/resume",
    summary="Let a task that was set aside go on",
    openapi_extra=takes(Wish, {"reason": "The price is settled."}, required=False),
    responses=shows("Task", "The task as it stands.", 404, 409, *BODY, headers=STANDING),
)
async def resume_task(task_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Make a task and its children eligible again; one that is not set aside is left as it is."""
    wish = read(Wish, await read_optional(request))
    task = await service.resume(house, writer, task_id, wish.reason)
    return _answer(house, task, render.task(task), is_done=True)


@routes.post(
    "/tasks/{task_id}/messages",
    summary="Send a message to a task's work",
    openapi_extra=takes(Message, {"message": {"text": "Leave out the library."}}),
    responses=shows("Task", "The task as it stands.", 404, 409, *BODY, headers=STANDING),
)
async def tell_task(task_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Keep a message for the work: a running attempt has it at once, and every later one finds it.

    What the work makes of it is its own affair. A task takes 100 messages; one that has ended, or is being
    cancelled, takes none.
    """
    given = read(Message, await read_json(request))
    task = await service.tell_task(house, writer, task_id, given.message)
    return _answer(house, task, render.task(task), is_done=True)


@routes.post(
    "/tasks/{task_id}/input",
    summary="Answer what a task has asked",
    openapi_extra=takes(Answer, {"key": "approve", "answer": {"approved": True}}),
    responses=shows("Task", "The task as it stands.", 404, 409, *BODY, headers=STANDING),
)
async def answer_question(task_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Answer the open question of that key; the same answer again changes nothing, another one is refused."""
    given = read(Answer, await read_json(request))
    task = await service.answer_question(house, writer, task_id, given.key, given.answer)
    return _answer(house, task, render.task(task), is_done=True)


def _answer(house: House, task: Task, body: object, *, is_done: bool) -> Response:
    return answer(body, status=200 if is_done else 202, headers=standing(house, task))
