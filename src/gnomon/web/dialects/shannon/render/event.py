"""Core events as the vendor's: each gives some of them, which share its number and are counted within it.

A pure function of the event, but for the last one of a completed task, which needs the answer. What a client has seen
is named by `n-k`: the frame k of event n.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gnomon.core.brief import SOURCES
from gnomon.core.event import USAGE, Event, EventType, find_usage, read_question
from gnomon.core.task import Json, Task, TaskError, Usage
from gnomon.web.dialects.shannon.render.answer import engine_of, find_answer, model_of
from gnomon.web.dialects.shannon.render.question import REVIEW, approval_of, kind_of, message_of
from gnomon.web.ids import in_words_of_shannon, shannon_id

ORCHESTRATOR: Final = "orchestrator"
"""Who tells of the task as a whole; of the work itself tells its kind."""
FINAL: Final = "final_output"
"""Who gives the answer."""
STREAM_END: Final = "STREAM_END"
PARTIAL: Final = "LLM_PARTIAL"
PIECE: Final = 100
"""Characters of one piece of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the last event of a completed task tells, and the log does not hold."""

    text: str
    metadata: Mapping[str, Json]
    """What was used of models, in the vendor's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One of the vendor's events."""

    workflow_id: str
    type: str
    """By the vendor's internal name, in capitals."""
    seq: int
    part: int
    at: datetime
    agent: str
    message: str = ""
    payload: Json = None

    @property
    def stream_id(self) -> str:
        """Return what a client comes back with."""
        return f"{self.seq}-{self.part}"


@dataclass(frozen=True, slots=True)
class _Said:
    """What a frame says, before it has its number."""

    type: str
    message: str
    agent: str = ORCHESTRATOR
    payload: Json = None


Said = Iterator[_Said]
_END = _Said(STREAM_END, "The stream is at its end.")


def frames(event: Event, agent: str, closing: Closing | None = None) -> Iterator[Frame]:
    """Write an event as the vendor's, one after the other.

    Parameters
    ----------
    event
        What the log says.
    agent
        Who does the work: the task's kind.
    closing
        Of the task that the event completes.
    """
    for part, said in enumerate(_said(event, agent, closing)):
        yield Frame(
            workflow_id=shannon_id(event.task_id),
            type=said.type,
            seq=event.number,
            part=part,
            at=event.at,
            agent=said.agent,
            message=said.message,
            payload=said.payload,
        )


def closing_of(task: Task) -> Closing:
    """Return what the end of a completed task tells, which was read with its result."""
    answer = find_answer(task)
    usage = replace(task.usage or Usage(), engine=engine_of(task.usage, answer))
    return Closing(text="" if answer is None else answer.text, metadata=_used(usage))


def missing(task: Task, first: int, last: int) -> Frame:
    """Tell that events were removed from the log; it stands in the place of the last of them."""
    message = f"The events {first} to {last} were removed: the time for which this server keeps them is over."
    payload = {"first": first, "last": last}
    return Frame(
        workflow_id=shannon_id(task.id),
        type="WARNING",
        seq=last,
        part=0,
        at=task.updated_at,
        agent=ORCHESTRATOR,
        message=message,
        payload=payload,
    )


def _said(event: Event, agent: str, closing: Closing | None) -> Said:
    if event.type is EventType.COMPLETED:
        return _complete(agent, closing)
    if event.type is EventType.MESSAGE:
        return _words(event.body, agent)
    if event.type is EventType.WAITING and "question" in event.body:
        return _asked(event, agent)
    return _TOLD[event.type](event.body, agent)


def _complete(agent: str, closing: Closing | None) -> Said:
    """Give the answer in pieces, then as a whole, then say that it is done."""
    text = "" if closing is None else closing.text
    for begin in range(0, len(text), PIECE):
        yield _Said(PARTIAL, text[begin : begin + PIECE], FINAL)
    yield _Said("LLM_OUTPUT", text, FINAL, {} if closing is None else dict(closing.metadata))
    yield _Said("AGENT_COMPLETED", "The work is done.", agent)
    yield _Said("WORKFLOW_COMPLETED", "The task is completed.")
    yield _END


def _submitted(_: Json, __: str) -> Said:
    yield _Said("WAITING", "The task waits for the one before it, or for its time.")


def _queued(body: Json, _: str) -> Said:
    is_join = body.get("phase") == "join"
    message = "The parts are done and are put together." if is_join else "The task waits for a free place."
    yield _Said("DATA_PROCESSING", message)


def _started(body: Json, agent: str) -> Said:
    attempt = body.get("attempt", 1)
    if attempt == 1:
        yield _Said("WORKFLOW_STARTED", "The task has started.")
    yield _Said("AGENT_STARTED", f"Attempt {attempt} has begun.", agent, {"attempt": attempt})


def _progressed(body: Json, agent: str) -> Said:
    progress, stage = body.get("progress", 0.0), body.get("stage")
    message = f"{progress:.0f} %" if stage is None else f"{stage}: {progress:.0f} %"
    yield _Said("PROGRESS", message, agent, {"progress": progress, "stage": stage})


def _split(_: Json, agent: str) -> Said:
    yield _Said("DELEGATION", "The work is divided into parts.", agent)


def _retrying(body: Json, agent: str) -> Said:
    error = _error(body)
    payload = {"code": error.code, "run_at": body.get("run_at")}
    yield _Said("ERROR_RECOVERY", f"It is tried again after: {error.message}", agent, payload)


def _requeued(_: Json, __: str) -> Said:
    yield _Said("WAITING", "The attempt was set aside; the work goes on in the next one.")


def _waiting(_: Json, __: str) -> Said:
    yield _Said("WAITING", "The task waits for an answer.")


def _asked(event: Event, agent: str) -> Said:
    """Tell a question: a plan to be reviewed by its text, any other so that a client can read its name in it."""
    question = read_question(event.body["question"])
    told = dict(approval_of(question, event.task_id))
    if kind_of(question) == REVIEW:
        is_first = question.body.get("version", 1) == 1
        type_ = "RESEARCH_PLAN_READY" if is_first else "RESEARCH_PLAN_UPDATED"
        yield _Said(type_, message_of(question), agent, told)
    else:
        # The vendor's clients read the message, and drop the payload.
        yield _Said("APPROVAL_REQUESTED", json.dumps(told, ensure_ascii=False), agent, told)


def _answered(body: Json, _: str) -> Said:
    key, answer = body.get("key"), body.get("answer")
    told = {"approval_id": key} | ({"lapsed": True} if body.get("lapsed") else {})
    action = answer.get("action") if isinstance(answer, Mapping) else None
    if action == "approve":
        yield _Said("RESEARCH_PLAN_APPROVED", "The plan is approved.")
    elif action == "feedback":
        yield _Said("REVIEW_USER_FEEDBACK", _text(answer), payload=told)
    else:
        yield _Said("APPROVAL_DECISION", _decision(answer, body), payload=_decided(told, answer))


def _decision(answer: Json, body: Json) -> str:
    if body.get("lapsed"):
        return "Nobody has answered in time."
    if isinstance(answer, Mapping) and isinstance(answer.get("approved"), bool):
        return "Approved." if answer["approved"] else "Denied."
    return "Answered."


def _decided(told: Mapping[str, Json], answer: Json) -> dict[str, Json]:
    if not isinstance(answer, Mapping):
        return {**told, **({} if answer is None else {"answer": answer})}
    return {**told, **answer}


def _pausing(body: Json, _: str) -> Said:
    yield _Said("WORKFLOW_PAUSING", _because("It will be set aside at its next checkpoint.", body))


def _paused(body: Json, _: str) -> Said:
    yield _Said("WORKFLOW_PAUSED", _because("It is set aside.", body))


def _resumed(body: Json, _: str) -> Said:
    yield _Said("WORKFLOW_RESUMED", _because("It goes on.", body))


def _told(body: Json, _: str) -> Said:
    message = body.get("message")
    yield _Said("MESSAGE_RECEIVED", _text(message), payload=message if isinstance(message, Mapping) else None)


def _cancelling(body: Json, _: str) -> Said:
    yield _Said("WORKFLOW_CANCELLING", _because("It is being cancelled.", body))


def _cancelled(body: Json, _: str) -> Said:
    yield _Said("WORKFLOW_CANCELLED", _because("It is cancelled.", body))
    yield _END


def _failed(body: Json, agent: str) -> Said:
    error = _error(body)
    payload = {"code": error.code}
    yield _Said("ERROR_OCCURRED", error.message, agent, payload)
    yield _Said("WORKFLOW_FAILED", error.message, payload=payload)
    yield _END


_TOLD: Mapping[EventType, Callable[[Json, str], Said]] = {
    EventType.SUBMITTED: _submitted,
    EventType.QUEUED: _queued,
    EventType.STARTED: _started,
    EventType.PROGRESS: _progressed,
    EventType.SPLIT: _split,
    EventType.RETRYING: _retrying,
    EventType.REQUEUED: _requeued,
    EventType.WAITING: _waiting,
    EventType.ANSWERED: _answered,
    EventType.PAUSING: _pausing,
    EventType.PAUSED: _paused,
    EventType.RESUMED: _resumed,
    EventType.TOLD: _told,
    EventType.CANCELLING: _cancelling,
    EventType.CANCELLED: _cancelled,
    EventType.FAILED: _failed,
    EventType.TIMED_OUT: _failed,
    EventType.EXPIRED: _failed,
}


_NOTES: Mapping[str, str] = {
    "plan": "AGENT_THINKING",
    "search": "TOOL_INVOKED",
    "tool_call": "TOOL_INVOKED",
    "extract": "DATA_PROCESSING",
    "result": "AGENT_THINKING",
    "exec_status": "AGENT_THINKING",
}
"""What a workload's messages of known kinds are; all others are thoughts of the agent."""


def _words(body: Json, agent: str) -> Said:
    kind = body.get("kind") if isinstance(body, Mapping) else None
    if kind == USAGE and (usage := find_usage(body)) is not None:
        yield _called(body, usage, agent)
    elif kind == SOURCES:
        read, considered = body.get("read", 0), body.get("considered", 0)
        yield _Said("PROGRESS", f"{read} of {considered} sources were read.", agent, dict(body))
    elif isinstance(body, Mapping) and (message := _in_short(body)) is not None:
        without = {name: value for name, value in body.items() if name != "text"}
        yield _Said(_NOTES[str(kind)], message, agent, without)
    else:
        type_ = _NOTES.get(kind, "AGENT_THINKING") if isinstance(kind, str) else "AGENT_THINKING"
        payload = dict(body) if isinstance(body, Mapping) else None
        if payload is not None and type_ == "TOOL_INVOKED":
            payload = {"tool": kind, "params": {"text": _text(body)}, **payload}
        yield _Said(type_, _text(body), agent, payload)


def _in_short(body: Mapping[str, Json]) -> str | None:
    """Say that there is an answer, or a value of it, which its own frames give; None for any other message."""
    if body.get("kind") == "result":
        return "The answer is there."
    if body.get("kind") == "extract" and isinstance(body.get("field"), str):
        return f"{body['field']}: found."
    return None


def _called(body: Mapping[str, Json], usage: Usage, agent: str) -> _Said:
    """Tell of one call of a model: its words where they came along, what it cost otherwise."""
    text, used = body.get("text"), _used(usage)
    if isinstance(text, str) and text:
        return _Said("LLM_OUTPUT", text, agent, used)
    message = f"{used.get('model_used', 'A model')} read {usage.input_tokens} tokens and wrote {usage.output_tokens}."
    purpose = body.get("purpose")
    return _Said("AGENT_THINKING", message, agent, used if purpose is None else {**used, "purpose": purpose})


def _used(usage: Usage) -> dict[str, Json]:
    """Write what was used of models, as the vendor's events say it; what is not known is left out."""
    told: dict[str, Json] = {
        "tokens_used": usage.input_tokens + usage.output_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.engine:
        provider, model = model_of(usage.engine)
        told |= {"model_used": model, "provider": provider}
    return told if usage.cost_usd is None else {**told, "cost_usd": usage.cost_usd}


def _because(text: str, body: Json) -> str:
    """Add the reason that was given, if there is one."""
    told = body.get("told")
    reason = told.get("reason") if isinstance(told, Mapping) else None
    return f"{text} Reason: {reason}" if reason else text


def _error(body: Json) -> TaskError:
    error = body.get("error") or {}
    message = in_words_of_shannon(error.get("message", "The task did not complete."))
    return TaskError(code=error.get("code", "unknown"), message=message)


def _text(body: Json) -> str:
    """Return what a message says: its text, or all of it as JSON."""
    if isinstance(body, str):
        return body
    if isinstance(body, Mapping):
        for name in ("text", "message"):
            if isinstance(body.get(name), str):
                return str(body[name])
    return json.dumps(body, ensure_ascii=False)
