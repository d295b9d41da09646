"""Tasks of the Shannon door that never change, for what is kept as golden files."""

from typing import Any

from fixed_records import NOW, QUESTION
from fixed_records import task as plain

from gnomon.core.ports import Given
from gnomon.core.task import Json, Question, Status, Steering, Task, Usage
from gnomon.web.dialects.shannon.origin import Origin

ASKED = "What is the capital of France?"
SESSION = "user-123-session"
ORIGIN = Origin(mode="simple", query=ASKED)
GIVEN = Given(input={"input": ASKED, "effort": 1}, wording={"query": ASKED, "mode": "simple"})
SPENT = Usage(
    calls=3, input_tokens=200, output_tokens=100, cost_usd=0.006, engine="provider:openai/gpt-5-mini"
)
STEERED = Steering(by="ci", reason="The price is open.")
APPROVAL = Question(
    key="deploy:1", body={"kind": "approval", "message": "Shall I go on?"}, asked_at=NOW, answer_by=NOW
)
PLAN = Question(
    key="plan:2",
    body={
        "kind": "review",
        "round": 2,
        "version": 2,
        "plan": "1. Look it up.",
        "intent": "feedback",
        "query": ASKED,
        "rounds": [
            {"role": "assistant", "message": "1. Guess.", "timestamp": "2026-06-01T11:59:00.000Z"},
            {"role": "user", "message": "Do not guess.", "timestamp": "2026-06-01T11:59:30.000Z"},
        ],
    },
    asked_at=NOW,
)
OTHERS = QUESTION


def task(
    status: Status = Status.COMPLETED, *, asked: Origin | None = ORIGIN, has_begun: bool = True, **fields: Any
) -> Task:
    """Make a task of this door; of another one when nothing was asked here."""
    standard = {"session_id": SESSION, "session_turn": 1, "origin": None if asked is None else asked.write()}
    return plain(status, has_begun=has_begun, asked=None, **(standard | fields))


def completed(result: Json, **fields: Any) -> Task:
    return task(Status.COMPLETED, result=result, progress=100.0, **fields)
