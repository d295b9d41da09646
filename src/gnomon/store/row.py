"""Between rows and records: times are microseconds since 1970 UTC, JSON is compact text."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.event import read_steering, steering_json
from gnomon.core.task import (
    CancelOutcome,
    Json,
    Phase,
    Question,
    Status,
    Steering,
    Task,
    TaskError,
    Usage,
    Visibility,
)

Row = tuple[Any, ...]
Value = str | int | float | None

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_AT_ONCE = 20_000
"""Values that are written in one call: it takes about a millisecond."""
_PART = 2_000

_COLUMNS = (
    *("id", "number", "workspace", "kind", "status", "phase", "stage", "progress", "version", "visibility"),
    *("parent_id", "position", "predecessor_id", "resource_id", "resource_revision"),
    *("attempt", "fence", "failures", "losses", "max_attempts", "max_lost", "priority"),
    *("created_at", "started_at", "finished_at", "updated_at", "run_at", "deadline_at"),
    *("cancel_requested_at", "cancel_outcome", "error"),
    *("cancel_by", "pause_requested_at", "question", "line_id", "revision", "events_from"),
    *("metadata", "origin", "group_id", "group_number"),
    *("session_id", "session_turn", "schedule_id", "scheduled_for"),
    *("pause_told", "cancel_told", "used_calls", "used_input", "used_output", "used_cost", "used_engine"),
    *("seq", "lease_until", "open_children"),
)
COLUMNS = ", ".join(f"task.{name}" for name in _COLUMNS)
RETURNED = ", ".join(_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A task as it stands in its table: the record, and what only the store needs."""

    seq: int
    task: Task
    lease_until: int | None
    open_children: int

    @property
    def is_leased(self) -> bool:
        """Say whether an attempt holds the task."""
        return self.lease_until is not None


def entry_of(row: Row) -> Entry:
    """Read an entry from the columns named in `COLUMNS`."""
    return Entry(seq=row[52], task=task_of(row), lease_until=row[53], open_children=row[54])


def task_of(row: Row, result: str | None = None) -> Task:
    """Read a task from the columns named in `COLUMNS`, with its result when one is given."""
    return Task(
        id=row[0],
        number=row[1],
        workspace=row[2],
        kind=row[3],
        status=Status(row[4]),
        phase=Phase(row[5]),
        stage=row[6],
        progress=float(row[7]),
        version=row[8],
        visibility=Visibility(row[9]),
        parent_id=row[10],
        position=row[11],
        predecessor_id=row[12],
        resource_id=row[13],
        resource_revision=row[14],
        attempt=row[15],
        fence=row[16],
        failures=row[17],
        losses=row[18],
        max_attempts=row[19],
        max_lost=row[20],
        priority=row[21],
        created_at=moment(row[22]),
        started_at=find_moment(row[23]),
        finished_at=find_moment(row[24]),
        updated_at=moment(row[25]),
        run_at=find_moment(row[26]),
        deadline_at=find_moment(row[27]),
        cancel_requested_at=find_moment(row[28]),
        cancel_outcome=None if row[29] is None else CancelOutcome(row[29]),
        error=None if row[30] is None else TaskError(**json.loads(row[30])),
        result=None if result is None else json.loads(result),
        cancel_by=find_moment(row[31]),
        pause_requested_at=find_moment(row[32]),
        question=_find_question(row[33]),
        line_id=row[34],
        revision=row[35],
        events_from=row[36],
        metadata=find_json(row[37]),
        origin=find_json(row[38]),
        group_id=row[39],
        group_number=row[40],
        **_lately(row[41:52]),
    )


_NONE: Row = (None,) * 11


def _lately(columns: Row) -> dict[str, Any]:
    """Read the columns from `session_id` to `used_engine`; most tasks have none of them."""
    if columns == _NONE:
        return {}
    return {
        "session_id": columns[0],
        "session_turn": columns[1],
        "schedule_id": columns[2],
        "scheduled_for": find_moment(columns[3]),
        "pause_told": _find_steering(columns[4]),
        "cancel_told": _find_steering(columns[5]),
        "usage": _find_usage(columns[6:]),
    }


def dump_steering(steering: Steering | None) -> str | None:
    """Write who asked for something, and why; nothing when neither is known."""
    written = steering_json(steering)
    return dump(written) if written else None


def _find_steering(text: str | None) -> Steering | None:
    return None if text is None else read_steering(json.loads(text))


def _find_usage(columns: Row) -> Usage | None:
    calls, read, written, cost, engine = columns
    if calls is None:
        return None
    return Usage(calls=calls, input_tokens=read, output_tokens=written, cost_usd=cost, engine=engine)


def dump_question(question: Question) -> str:
    """Write what a task waits to be told."""
    asked_at = micros(question.asked_at)
    answer_by = find_micros(question.answer_by)
    return dump({"key": question.key, "body": question.body, "asked_at": asked_at, "answer_by": answer_by})


def _find_question(text: str | None) -> Question | None:
    if text is None:
        return None
    read = json.loads(text)
    return Question(
        key=read["key"],
        body=read["body"],
        asked_at=moment(read["asked_at"]),
        answer_by=find_moment(read.get("answer_by")),
    )


def micros(at: datetime) -> int:
    """Write an aware time as microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def find_micros(at: datetime | None) -> int | None:
    """Write a time that may be absent."""
    return None if at is None else micros(at)


def moment(value: int) -> datetime:
    """Read a time."""
    return _EPOCH + timedelta(microseconds=value)


def find_moment(value: int | None) -> datetime | None:
    """Read a time that may be absent."""
    return None if value is None else moment(value)


def _is_large(value: Json) -> bool:
    """Say whether writing a value in one call would hold up every other thread for a while."""
    waiting, seen = [value], 0
    while waiting and seen <= _AT_ONCE:
        value = waiting.pop()
        if isinstance(value, dict | list):
            seen += len(value)
            if seen <= _AT_ONCE:
                inner = value.values() if isinstance(value, dict) else value
                waiting.extend(one for one in inner if isinstance(one, dict | list))
    return seen > _AT_ONCE


def _pieces(value: Json) -> Iterator[str]:
    """Write a value in pieces, each of them small enough for one call."""
    if not _is_large(value):
        yield _ENCODER.encode(value)
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    separator = opening
    for part in _parts(value):
        yield separator
        yield from _inner_pieces(part)
        separator = ","
    yield closing


def _parts(value: dict[str, Json] | list[Json]) -> Iterator[Json]:
    if isinstance(value, list):
        yield from (value[first : first + _PART] for first in range(0, len(value), _PART))
        return
    members = iter(value.items())
    while part := dict(islice(members, _PART)):
        yield part


def _inner_pieces(part: Json) -> Iterator[str]:
    """Write some members of an array or of an object, without its brackets."""
    if not _is_large(part):
        yield _ENCODER.encode(part)[1:-1]
        return
    separator = ""
    for name in part if isinstance(part, dict) else range(len(part)):
        yield separator
        if isinstance(part, dict):
            yield _ENCODER.encode({name: 0})[1:-2]
        yield from _pieces(part[name])
        separator = ","


def dump(value: Json) -> str:
    """Write JSON as compact text.

    Raises
    ------
    Invalid
        When the value is no JSON: not a number, an infinity, a lone surrogate, an object of another type.
    """
    try:
        text = "".join(_pieces(value)) if _is_large(value) else _ENCODER.encode(value)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(
            [Complaint((), f"This is not JSON that can be stored: {error}.", "json_invalid")]
        ) from error
    return text


def find_json(text: str | None) -> Json:
    """Read JSON that may be absent."""
    return None if text is None else json.loads(text)


def error_json(error: TaskError | None) -> Json:
    """Write a task's error as JSON."""
    if error is None:
        return None
    return {"code": error.code, "message": error.message, "retryable": error.retryable}


def dump_error(error: TaskError | None) -> str | None:
    """Write a task's error as text, when there is one."""
    return None if error is None else dump(error_json(error))
