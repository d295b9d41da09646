"""What a waiting task asks, as an approval that a client can find and answer."""

import json
from collections.abc import Mapping
from typing import Final

from gnomon.core.task import Json, Question, Status, Task
from gnomon.web.ids import shannon_id
from gnomon.web.moment import moment

_WORDS: Final = ("message", "text", "question", "plan")
APPROVAL: Final = "approval"
REVIEW: Final = "review"
QUESTION: Final = "question"


def kind_of(question: Question) -> str:
    """Return what a question is: one for a yes or a no, a plan to be reviewed, or any other."""
    kind = question.body.get("kind") if isinstance(question.body, Mapping) else None
    return kind if kind in (APPROVAL, REVIEW) else QUESTION


def approval(record: Task) -> Mapping[str, Json] | None:
    """Write the question that a task waits with; None when it asks nothing."""
    question = record.question
    if question is None or record.status is not Status.WAITING:
        return None
    return approval_of(question, record.id)


def approval_of(question: Question, task_id: str) -> Mapping[str, Json]:
    """Write a question of a task as an approval."""
    told: dict[str, Json] = {
        "approval_id": question.key,
        "workflow_id": shannon_id(task_id),
        "kind": kind_of(question),
        "message": message_of(question),
        "question": question.body,
        "requested_at": moment(question.asked_at),
    }
    return told if question.answer_by is None else {**told, "expires_at": moment(question.answer_by)}


def how_to_answer(asked: Mapping[str, Json]) -> str:
    """Say what a task waits for, and how an approval is answered."""
    decision = {"workflow_id": asked["workflow_id"], "approval_id": asked["approval_id"], "approved": True}
    return (
        f"The task {asked['workflow_id']} waits for an answer: {asked['message']}\n"
        f"Answer with POST /api/v1/approvals/decision {json.dumps(decision)} "
        '("approved": false and "feedback" say no, and why).'
    )


def message_of(question: Question) -> str:
    """Return a question's words."""
    body = question.body
    if isinstance(body, Mapping):
        words = (body.get(name) for name in _WORDS)
        return next((text for text in words if isinstance(text, str)), question.key)
    return body if isinstance(body, str) else question.key
