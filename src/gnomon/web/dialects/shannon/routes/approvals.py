"""Approvals: what waiting tasks ask, and the decisions that let them go on."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import NotFound
from gnomon.core.event import EventType, read_question
from gnomon.core.ports import TaskQuery
from gnomon.core.service import House, steering
from gnomon.core.service import task as service
from gnomon.core.task import Json, Question, Status, Task
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.dialects.shannon.again import Done, once
from gnomon.web.dialects.shannon.desk import find_task
from gnomon.web.dialects.shannon.history import read_log
from gnomon.web.dialects.shannon.render.question import REVIEW, approval, kind_of
from gnomon.web.dialects.shannon.wire.listing import read_listing
from gnomon.web.dialects.shannon.wire.steer import Decision, read_decision
from gnomon.web.ids import shannon_id

router = APIRouter(prefix="/api/v1/approvals", tags=["approvals"])

_NONE = "Workflow or approval not found"


@router.get("")
async def list_approvals(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List what the workspace's tasks wait to be told, the newest task first. Not the vendor's."""
    listing = read_listing(request.query_params)
    query = TaskQuery(
        workspace=reader.workspace,
        statuses=frozenset({Status.WAITING}),
        session_id=listing.session_id,
        limit=listing.limit,
        offset=listing.offset,
        with_total=True,
    )
    page = await service.list_tasks(house, reader, query)
    shown = [approval(task) for task in page.records]
    return answer({"approvals": [each for each in shown if each], "total_count": page.total})


@router.post("/decision")
async def decide(request: Request, house: AtHouse, writer: Writer) -> Response:
    """Answer what a task asks: the same decision again changes nothing, another one is refused."""
    decision = read_decision(await read_json(request))
    task, question = await _find(house, writer, decision)
    value = decision.verdict() if kind_of(question) == REVIEW else decision.answer(writer.name)
    told = _told(task, decision)

    async def act() -> Done:
        await steering.answer_question(house, writer, task.id, question.key, value)
        return Done(answer(told))

    return await once(request, house, writer, act, replay=answer(told))


async def _find(house: House, writer: Principal, decision: Decision) -> tuple[Task, Question]:
    try:
        task = await find_task(house, writer, decision.workflow_id)
    except NotFound as error:
        raise NotFound(_NONE) from error
    question = task.question
    if question is None or question.key != decision.approval_id:
        question = await find_asked(house, task, decision.approval_id)
    if question is None:
        raise NotFound(_NONE)
    return task, question


async def find_asked(house: House, task: Task, key: str | None = None) -> Question | None:
    """Return what a task had asked under a key, or the plan that it had shown last; None when it never did.

    No event after the version that was read counts: what it asks then is still open.
    """
    found = None
    async for event in read_log(house, task):
        if event.number > task.version:
            break
        if event.type is EventType.WAITING and "question" in event.body:
            asked = read_question(event.body["question"])
            is_meant = kind_of(asked) == REVIEW if key is None else asked.key == key
            found = asked if is_meant else found
    return found


def _told(task: Task, decision: Decision) -> Json:
    name = shannon_id(task.id)
    return {
        "status": "sent",
        "success": True,
        "message": "The decision was recorded, and the task goes on with it.",
        "workflow_id": name,
        "run_id": name,
        "approval_id": decision.approval_id,
    }
