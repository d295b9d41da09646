"""A task: how it stands, what it gave and what it used, in the shapes of the vendor's pages.

`created_at` and `updated_at` are the task's own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gnomon.core.brief import GUIDANCE_LEFT_OUT
from gnomon.core.ports import Given
from gnomon.core.task import Json, Status, Task, Usage
from gnomon.web.dialects.shannon.origin import Origin, find_origin
from gnomon.web.dialects.shannon.render.answer import Answer, engine_of, find_answer, model_of, usage_of
from gnomon.web.dialects.shannon.render.question import approval
from gnomon.web.dialects.shannon.status import PREFIX, show
from gnomon.web.ids import in_words_of_shannon, shannon_id
from gnomon.web.moment import moment

MODES: Final[Mapping[str, str]] = {
    "simple": "EXECUTION_MODE_SIMPLE",
    "standard": "EXECUTION_MODE_STANDARD",
    "complex": "EXECUTION_MODE_COMPLEX",
    "supervisor": "EXECUTION_MODE_STANDARD",
}
"""The vendor has no name for the fourth, and shows it as the second."""
UNSPECIFIED: Final = "EXECUTION_MODE_UNSPECIFIED"
_SHORTEST: Final = 200
"""Characters of an input that stands for a query."""
_QUERIES: Final = ("query", "input", "question", "prompt", "text", "message", "name", "filename")
_STOPPED: Final[Mapping[Status, str]] = {
    Status.COMPLETED: "completed",
    Status.FAILED: "error",
    Status.CANCELLED: "cancelled",
    Status.TIMED_OUT: "timeout",
    Status.EXPIRED: "timeout",
}


def submitted(record: Task) -> dict[str, Json]:
    """Write that a task is stored."""
    name = shannon_id(record.id)
    return {
        "task_id": name,
        "workflow_id": name,
        "status": "STATUS_CODE_OK",
        "message": f"Task submitted; it is turn {record.session_turn} of session {record.session_id}.",
        "created_at": moment(record.created_at),
    }


def submitted_to_stream(record: Task, url: str) -> dict[str, Json]:
    """Write that a task is stored, and where its stream is."""
    name = shannon_id(record.id)
    return {"workflow_id": name, "task_id": name, "stream_url": url}


def task(record: Task, given: Given, *, opted_in: bool = False) -> dict[str, Json]:
    """Write a task with what it was asked, what it gave and what it used."""
    answer, name = find_answer(record), shannon_id(record.id)
    shown: dict[str, Json] = {
        "task_id": name,
        "workflow_id": name,
        "status": PREFIX + show(record, opted_in=opted_in),
        "progress": record.progress / 100,
        "response": None if answer is None else answer.response(),
        "error": error_of(record),
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
        "query": query_of(record, given),
        "session_id": record.session_id or "",
        "mode": mode_of(record),
    }
    if answer is not None:
        shown["result"] = answer.text
    return {**shown, **_context(record, given), **_used(record, answer), **_beside(record, answer)}


def summary(record: Task, query: str, *, opted_in: bool = False) -> dict[str, Json]:
    """Write a task as it stands in a list."""
    shown: dict[str, Json] = {
        "task_id": shannon_id(record.id),
        "workflow_id": shannon_id(record.id),
        "query": query,
        "status": PREFIX + show(record, opted_in=opted_in),
        "mode": mode_of(record),
        "created_at": moment(record.created_at),
        "session_id": record.session_id or "",
    }
    if record.finished_at is not None:
        shown["completed_at"] = moment(record.finished_at)
    if record.usage is not None:
        shown["total_token_usage"] = usage_of(record.usage)
    return shown


def mode_of(record: Task) -> str:
    """Return a task's mode in the vendor's long form."""
    origin = find_origin(record)
    return UNSPECIFIED if origin is None else MODES[origin.mode]


def error_of(record: Task) -> str:
    """Return why a task did not complete; nothing when it did, has not ended or was cancelled."""
    if record.status not in (Status.FAILED, Status.TIMED_OUT, Status.EXPIRED):
        return ""
    return in_words_of_shannon(record.error.message) if record.error else f"The task is {record.status}."


def query_of(record: Task, given: Given | None = None) -> str:
    """Return what was asked; of a task that another door took in, what comes nearest to it in its input."""
    origin = find_origin(record)
    wording = None if given is None else given.wording
    if origin is not None:
        whole = wording.get("query") if isinstance(wording, Mapping) else None
        return whole if isinstance(whole, str) else origin.query
    return _nearest(None if given is None else given.input) or record.kind


def _nearest(task_input: Json) -> str:
    if isinstance(task_input, Mapping):
        if isinstance(task_input.get("input"), Mapping):  # a brief whose question is made of named values
            return _nearest(task_input["input"])
        texts = (task_input.get(name) for name in _QUERIES)
        found = next((text for text in texts if isinstance(text, str) and text.strip()), None)
        if found is not None:
            return found
    if task_input is None or isinstance(task_input, str):
        return task_input or ""
    text = json.dumps(task_input, ensure_ascii=False)
    return text if len(text) <= _SHORTEST else f"{text[: _SHORTEST - 1]}…"


def _context(record: Task, given: Given) -> dict[str, Json]:
    if find_origin(record) is None or not isinstance(given.wording, Mapping):
        return {}
    context = given.wording.get("context")
    return {"context": context} if context else {}


def _used(record: Task, answer: Answer | None) -> dict[str, Json]:
    """Write which model answered and what was used; of a task under way, what it has used so far."""
    usage = record.usage
    if usage is None and answer is None:
        return {}
    engine = engine_of(usage, answer)
    told: dict[str, Json] = {"usage": usage_of(usage or Usage())}
    if engine is not None:
        told["provider"], told["model_used"] = model_of(engine)
    return told


def _beside(record: Task, answer: Answer | None) -> dict[str, Json]:
    told = {"metadata": metadata(record, answer)}
    if record.status.is_terminal:
        told["unified_response"] = unified(record, answer)
    return told


def metadata(record: Task, answer: Answer | None) -> dict[str, Json]:
    """Write what is told beside a task: sources, warnings, an open question, which model had which part."""
    origin = find_origin(record)
    named: dict[str, Json] = {
        "kind": record.kind,
        "mode": origin.mode if origin else None,
        "skill": origin.skill if origin else None,
        "stage": None if record.status.is_terminal else record.stage,
        "found": answer.is_found if answer else None,
        "confidence": answer.confidence if answer else None,
        "warnings": list(_warnings(origin, answer)) or None,
        "approval": approval(record),
        "model_breakdown": _breakdown(record.usage),
    }
    told = {name: value for name, value in named.items() if value is not None}
    return told if answer is None else {**told, "citations": list(answer.citations)}


def _warnings(origin: Origin | None, answer: Answer | None) -> Iterator[str]:
    yield from origin.warnings if origin else ()
    for note in answer.notes if answer else ():
        is_ours = note == GUIDANCE_LEFT_OUT and origin is not None and origin.guides
        yield _unguided(origin) if origin is not None and is_ours else note


def _unguided(origin: Origin) -> str:
    """Say what of a request was left out without a model, in the request's own words."""
    named = " and ".join(origin.guides)
    return (
        f"{named[0].upper()}{named[1:]}: left out, for no model is set that could keep it in mind (--model)."
    )


def _breakdown(usage: Usage | None) -> Sequence[Json] | None:
    if usage is None or usage.engine is None:
        return None
    provider, model = model_of(usage.engine)
    row: dict[str, Json] = {
        "model": model,
        "provider": provider,
        "executions": usage.calls,
        "tokens": usage.input_tokens + usage.output_tokens,
        "percentage": 100,
    }
    return [row if usage.cost_usd is None else {**row, "cost_usd": usage.cost_usd}]


def unified(record: Task, answer: Answer | None) -> dict[str, Json]:
    """Write a task that has ended in the vendor's one shape for all of its workflows."""
    usage = record.usage or Usage()
    engine = engine_of(usage, answer)
    told: dict[str, Json] = {
        "task_id": shannon_id(record.id),
        "session_id": record.session_id or "",
        "status": "completed" if answer is not None else "failed",
        "result": "" if answer is None else answer.text,
        "metadata": {
            **({} if engine is None else {"model": model_of(engine)[1]}),
            "execution_mode": mode_of(record).rpartition("_")[2].lower(),
            "agents_used": [],
        },
        "usage": usage_of(usage),
        "performance": {"execution_time_ms": duration_ms(record) or 0},
        "stop_reason": _STOPPED[record.status],
        "timestamp": moment(record.finished_at),
        "tool_errors": [],
    }
    error = error_of(record)
    return {**told, "error": error} if error else told


def duration_ms(record: Task) -> int | None:
    """Return how long a task has worked; None before its end."""
    if record.started_at is None or record.finished_at is None:
        return None
    return round((record.finished_at - record.started_at).total_seconds() * 1000)
