"""Reviews: the plan of a task that waits for a person's word on it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Conflict, NotFound
from gnomon.core.event import EventType
from gnomon.core.service import House, steering
from gnomon.core.service import task as service
from gnomon.core.task import Json, Question, Status, Task
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import AtHouse, Reader, Writer, holding_on
from gnomon.web.dialects.shannon.desk import find_task
from gnomon.web.dialects.shannon.history import read_log
from gnomon.web.dialects.shannon.render.question import REVIEW, kind_of
from gnomon.web.dialects.shannon.render.review import review, version_of
from gnomon.web.dialects.shannon.render.task import query_of
from gnomon.web.dialects.shannon.routes.approvals import find_asked
from gnomon.web.dialects.shannon.wire.steer import APPROVE, Word, read_version, read_word

router = APIRouter(prefix="/api/v1/tasks", tags=["review"])

_NONE: Final = "Review session not found or expired"
_APPROVED: Final = "The plan was approved; the task goes on with it."
_MOST_ROUNDS: Final = 10
_PATIENCE: Final = 60.0
"""Seconds that a word on a plan waits for the next plan."""


@router.get("/{task_id}/review")
async def get_review(task_id: str, house: AtHouse, reader: Reader) -> Response:
    """Show the plan that a task waits with, or the one that was approved."""
    task = await find_task(house, reader, task_id)
    question = await _find(house, task)
    is_approved = not _is_open(task) and await _was_approved(house, task, question)
    if not is_approved and task.status.is_terminal:
        raise NotFound(_NONE)
    return _show(question, task, is_approved=is_approved)


@router.post("/{task_id}/review")
async def review_plan(task_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Approve a plan, or say what shall change in it and wait for the next one, a minute at most."""
    word, version = read_word(await read_json(request)), read_version(request.headers.get("if-match"))
    task = await find_task(house, writer, task_id)
    question = await _find(house, task)
    if not _is_open(task):
        return await _answer_late(house, task, question, word)
    if version is not None and version != version_of(question):
        told = f"The plan has version {version_of(question)} by now, not {version}; read it again."
        raise Conflict(told)
    if word.action == "approve":
        await steering.answer_question(house, writer, task.id, question.key, APPROVE)
        return _approve(question)
    return await _replan(request, house, writer, task, question, word)


async def _replan(
    request: Request, house: House, writer: Principal, task: Task, question: Question, word: Word
) -> Response:
    if version_of(question) >= _MOST_ROUNDS:
        raise Conflict(f"The plan was changed {_MOST_ROUNDS} times; approve it, or cancel the task.")
    await steering.answer_question(house, writer, task.id, question.key, word.answer())
    waiting = service.wait_until_asking(house, writer, task.id, _PATIENCE)
    later = await holding_on(request, writer, waiting)
    if later.question is not None and kind_of(later.question) == REVIEW:
        return _show(later.question, later, is_approved=False)
    if later.status.is_terminal:
        raise Conflict(f"Task {task.id} has ended ({later.status}) before it showed another plan.")
    return _show(question, later, is_approved=False)


async def _answer_late(house: House, task: Task, question: Question, word: Word) -> Response:
    """Answer a word on a plan that was answered before: an approval may be repeated."""
    if await _was_approved(house, task, question):
        if word.action == "approve":
            return _approve(question)
        raise Conflict("The plan was approved already.")
    if task.status.is_terminal:
        raise NotFound(_NONE)
    raise Conflict("The next plan is being made; read it in a moment.")


async def _find(house: House, task: Task) -> Question:
    question = task.question
    if question is None or kind_of(question) != REVIEW:
        question = await find_asked(house, task)
    if question is None:
        raise NotFound(_NONE)
    return question


def _is_open(task: Task) -> bool:
    return task.status is Status.WAITING and task.question is not None and kind_of(task.question) == REVIEW


async def _was_approved(house: House, task: Task, question: Question) -> bool:
    """Say whether the answer to a plan that is open no more was an approval."""
    async for event in read_log(house, task):
        if event.type is EventType.ANSWERED and event.body["key"] == question.key:
            told = event.body.get("answer")
            return isinstance(told, Mapping) and told.get("action") == APPROVE["action"]
    return False


def _show(question: Question, task: Task, *, is_approved: bool) -> Response:
    shown = review(question, "approved" if is_approved else "reviewing", query_of(task))
    return answer(shown, headers=_tag(question))


def _approve(question: Question) -> Response:
    told: Json = {"status": "approved", "message": _APPROVED}
    return answer(told, status=HTTPStatus.OK, headers=_tag(question))


def _tag(question: Question) -> dict[str, str]:
    """Write the plan's version as the vendor does: a bare number."""
    return {"ETag": str(version_of(question))}
