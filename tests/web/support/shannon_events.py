"""One event of each type, and of each kind of message and question, that never changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gnomon.core.event import Event, EventType, question_json
from gnomon.core.task import Json, Question

NOW = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
TASK_ID = "tsk_01jz8k5w3v9m2q4x7c6t1r0f8e"
USED = {"kind": "usage", "engine": "provider:openai/gpt-5-mini", "input_tokens": 521, "output_tokens": 64}
ERROR = {"code": "no_sources", "message": f"Task {TASK_ID} has found nothing.", "retryable": False}
TOLD = {"by": "key_1", "reason": "The budget is spent."}


def event(type_: EventType, body: Json, number: int = 7) -> Event:
    return Event(task_id=TASK_ID, number=number, at=NOW, type=type_, body=body)


def message(body: Json) -> Event:
    return event(EventType.MESSAGE, body)


def asked(key: str, body: Json, **given: Any) -> Event:
    question = Question(key=key, body=body, asked_at=NOW, **given)
    return event(EventType.WAITING, {"status": "waiting", "question": question_json(question)})


def answered(key: str, **given: Json) -> Event:
    return event(EventType.ANSWERED, {"status": "queued", "key": key, **given})


def plan(version: int) -> Json:
    return {"kind": "review", "round": version, "version": version, "plan": "First this.", "query": "Why?"}


EVENTS = {
    "submitted": event(EventType.SUBMITTED, {"status": "pending"}, 1),
    "queued": event(EventType.QUEUED, {"status": "queued"}, 1),
    "queued-to-join": event(EventType.QUEUED, {"status": "running", "phase": "join", "progress": 90.0}),
    "started": event(EventType.STARTED, {"status": "running", "attempt": 1, "fence": 1, "phase": "run"}),
    "started-again": event(EventType.STARTED, {"status": "running", "attempt": 2, "fence": 2}),
    "progress": event(EventType.PROGRESS, {"status": "running", "progress": 12.5, "stage": "reading"}),
    "progress-plain": event(EventType.PROGRESS, {"status": "running", "progress": 50.0, "stage": None}),
    "message-plan": message({"kind": "plan", "text": "To be found out: why"}),
    "message-search": message({"kind": "search", "text": "Query: why"}),
    "message-result": message({"kind": "result", "text": "Because."}),
    "message-tool_call": message({"kind": "tool_call", "text": 'registry: find_firm({"name": "A"})'}),
    "message-exec_status": message({"kind": "exec_status", "text": "Waits for the model."}),
    "message-extract": message({"kind": "extract", "text": "ceo: Ada King", "field": "ceo"}),
    "message-extract-nothing": message({"kind": "extract", "text": "ceo: nothing. No source says it."}),
    "message-sources": message({"kind": "sources", "considered": 12, "read": 3, "sample": ["https://a.b/"]}),
    "message-usage": message({**USED, "cost_usd": 0.0002, "purpose": "write"}),
    "message-usage-with-words": message({**USED, "cost_usd": None, "text": "Because.\nIt is so."}),
    "message-words": message("Hm.\r\n\u2028event: done"),
    "message-other": message({"rows": 3}),
    "split": event(EventType.SPLIT, {"status": "running", "phase": "children"}),
    "retrying": event(
        EventType.RETRYING, {"status": "pending", "error": ERROR, "run_at": "2026-06-01T12:00:01Z"}
    ),
    "requeued": event(EventType.REQUEUED, {"status": "queued"}),
    "waiting-approval": asked(
        "spend", {"kind": "approval", "message": "Spend it?"}, answer_by=NOW + timedelta(minutes=30)
    ),
    "waiting-review": asked("plan:1", plan(1)),
    "waiting-review-again": asked("plan:2", plan(2)),
    "waiting-other": asked("which", {"text": "Which Mercury: planet or metal?"}),
    "waiting-unknown": event(EventType.WAITING, {"status": "waiting"}),
    "answered-approved": answered("spend", answer={"approved": True, "approved_by": "key_1"}),
    "answered-denied": answered("spend", answer={"approved": False, "feedback": "Too much."}),
    "answered-plan-approved": answered("plan:1", answer={"action": "approve"}),
    "answered-plan-feedback": answered("plan:1", answer={"action": "feedback", "message": "Look at 2024."}),
    "answered-other": answered("which", answer="planet"),
    "answered-long": answered("which"),
    "answered-lapsed": answered("spend", answer=None, lapsed=True),
    "pausing": event(EventType.PAUSING, {"status": "running", "told": TOLD}),
    "paused": event(EventType.PAUSED, {"status": "paused"}),
    "resumed": event(EventType.RESUMED, {"status": "queued", "told": {"by": "key_1"}}),
    "told": event(
        EventType.TOLD, {"status": "running", "message": {"message": "Mind the year."}, "by": "key_1"}
    ),
    "cancelling": event(EventType.CANCELLING, {"status": "cancelling", "told": TOLD}),
    "completed": event(EventType.COMPLETED, {"status": "completed", "progress": 100.0}),
    "failed": event(EventType.FAILED, {"status": "failed", "error": ERROR}),
    "cancelled": event(
        EventType.CANCELLED, {"status": "cancelled", "cancel_outcome": "cooperative", "told": TOLD}
    ),
    "timed_out": event(EventType.TIMED_OUT, {"status": "timed_out", "error": {**ERROR, "code": "timeout"}}),
    "expired": event(EventType.EXPIRED, {"status": "expired"}),
}
