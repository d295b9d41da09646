"""Sessions, their turns and what the turns did, in the vendor's words; what is not known is left out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from gnomon.core.ports import Turn
from gnomon.core.session import Session, SessionTotals
from gnomon.core.task import Json, Status, Task, Usage
from gnomon.web.dialects.shannon.origin import LONGEST_QUERY, find_origin
from gnomon.web.dialects.shannon.render.answer import engine_of, find_answer, model_of
from gnomon.web.dialects.shannon.render.task import duration_ms, error_of, query_of
from gnomon.web.dialects.shannon.status import show
from gnomon.web.ids import shannon_id
from gnomon.web.moment import moment

_FRESH: Final = timedelta(hours=24)
"""How long after its latest change a session counts as active."""
_FAILED: Final = (Status.FAILED, Status.TIMED_OUT, Status.EXPIRED)


def session(record: Session, totals: SessionTotals, first: Turn | None) -> dict[str, Json]:
    """Write a session; `first` is its first turn."""
    usage = totals.usage
    return _known(
        {
            **_named(record, totals),
            "context": _context(record),
            "cost_usd": usage.cost_usd,
            "total_cost_usd": usage.cost_usd,
            "is_research_session": _is_research(first),
            "research_strategy": _strategy(first),
        }
    )


def summary(
    record: Session, totals: SessionTotals, ends: tuple[Turn, Turn] | None, now: datetime
) -> dict[str, Json]:
    """Write a session as it stands in a list; `ends` are its first and its newest turn, if it has any."""
    first, latest = ends or (None, None)
    done = totals.counts.get(Status.COMPLETED, 0)
    failed = sum(totals.counts.get(status, 0) for status in _FAILED)
    active_at = record.updated_at if latest is None else max(record.updated_at, latest.task.updated_at)
    is_at_work = any(count for status, count in totals.counts.items() if status.is_active)
    cost = totals.usage.cost_usd
    return _known(
        {
            **_named(record, totals),
            "context": _context(record),
            "last_activity_at": moment(active_at),
            "is_active": is_at_work or now - active_at < _FRESH,
            "successful_tasks": done,
            "failed_tasks": failed,
            "success_rate": done / (done + failed) if done + failed else None,
            "total_cost_usd": cost,
            "average_cost_per_task": cost / totals.size if cost is not None and totals.size else None,
            "latest_task_query": None
            if latest is None
            else query_of(latest.task, latest.given)[:LONGEST_QUERY],
            "latest_task_status": None if latest is None else show(latest.task),
            "is_research_session": _is_research(first),
            "first_task_mode": None if first is None else _mode(first.task),
        }
    )


def _named(record: Session, totals: SessionTotals) -> dict[str, Json]:
    return {
        "session_id": record.id,
        "user_id": record.workspace,
        "title": record.title,
        "task_count": totals.size,
        "tokens_used": totals.usage.input_tokens + totals.usage.output_tokens,
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
    }


def _context(record: Session) -> dict[str, Json]:
    """Write the context of the first task; clients of a single session read the title from it."""
    given = record.context if isinstance(record.context, Mapping) else {}
    return {**given, **({} if record.title is None else {"title": record.title})}


def _is_research(first: Turn | None) -> bool:
    return bool(_asked(first, "force_research")) or _strategy(first) is not None


def _strategy(first: Turn | None) -> Json:
    strategy = _asked(first, "research_strategy")
    return strategy if isinstance(strategy, str) else None


def _asked(turn: Turn | None, name: str) -> Json:
    """Return what a turn's request says under a name, in its body or its context."""
    wording = None if turn is None else turn.given.wording
    if not isinstance(wording, Mapping):
        return None
    context = wording.get("context")
    return wording.get(name) or (context.get(name) if isinstance(context, Mapping) else None)


def _mode(task: Task) -> str | None:
    origin = find_origin(task)
    return None if origin is None else origin.mode


def history(record: Session, turns: Iterable[Turn], total: int, *, opted_in: bool) -> dict[str, Json]:
    """Write a session's tasks, the oldest first."""
    tasks = [_turn(turn, opted_in=opted_in) for turn in turns]
    return {"session_id": record.id, "tasks": tasks, "total": total}


def _turn(turn: Turn, *, opted_in: bool) -> dict[str, Json]:
    task, name = turn.task, shannon_id(turn.task.id)
    answer, usage = find_answer(task), task.usage or Usage()
    return _known(
        {
            "task_id": name,
            "workflow_id": name,
            "query": query_of(task, turn.given)[:LONGEST_QUERY],
            "status": show(task, opted_in=opted_in),
            "mode": _mode(task),
            "result": None if answer is None else answer.text,
            "error_message": error_of(task) or None,
            "total_tokens": usage.input_tokens + usage.output_tokens,
            "total_cost_usd": usage.cost_usd,
            "duration_ms": duration_ms(task),
            "agents_used": _agents(task),
            "tools_invoked": _tools(task.result),
            "created_at": moment(task.created_at),
            "started_at": moment(task.started_at or task.created_at),
            "completed_at": moment(task.finished_at),
            "metadata": _metadata(task),
        }
    )


def _metadata(task: Task) -> dict[str, Json]:
    engine = engine_of(task.usage, find_answer(task))
    if engine is None:
        return {"kind": task.kind}
    provider, model = model_of(engine)
    return {"kind": task.kind, "provider": provider, "model_used": model}


def _agents(task: Task) -> list[Json]:
    return [] if task.started_at is None else [task.kind]


def _tools(result: Json) -> list[Json]:
    """Name the tools of other servers that an answer's work called, each once."""
    calls = result.get("tool_calls") if isinstance(result, Mapping) else None
    named = (
        call.get("tool") for call in (calls if isinstance(calls, list) else ()) if isinstance(call, Mapping)
    )
    return list(dict.fromkeys(name for name in named if isinstance(name, str)))


def turns(record: Session, shown: Sequence[Json], total: int) -> dict[str, Json]:
    """Write a page of a session's turns with their events."""
    return {"session_id": record.id, "count": total, "turns": list(shown)}


def turn(number: int, told: Turn, events: Sequence[Json]) -> dict[str, Json]:
    """Write a turn with its events."""
    task = told.task
    answer, usage = find_answer(task), task.usage or Usage()
    return {
        "turn": number,
        "task_id": shannon_id(task.id),
        "user_query": query_of(task, told.given)[:LONGEST_QUERY],
        "final_output": "" if answer is None else answer.text,
        "timestamp": moment(task.created_at),
        "events": list(events),
        "metadata": {
            "tokens_used": usage.input_tokens + usage.output_tokens,
            "execution_time_ms": duration_ms(task) or 0,
            "agents_involved": _agents(task),
            "status": show(task),
        },
    }


def _known(named: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in named.items() if value is not None}
