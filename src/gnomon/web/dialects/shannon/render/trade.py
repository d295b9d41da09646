"""What this server can do, as agents and as tools, and what a call of a tool gave."""

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Final

from gnomon.core.task import Json, Task, Usage
from gnomon.core.workload import Workload
from gnomon.web.dialects.shannon.render.answer import find_answer
from gnomon.web.dialects.shannon.render.task import duration_ms, error_of
from gnomon.web.dialects.shannon.status import PREFIX, show
from gnomon.web.ids import shannon_id
from gnomon.web.moment import moment

_ANY: Final[Mapping[str, Json]] = {"type": "object", "properties": {}}
_WORD: Final = re.compile(r"[A-Za-z0-9]+")


def agent(workload: Workload) -> dict[str, Json]:
    """Write a kind of task as an agent."""
    return {
        "id": workload.kind,
        "name": workload.title or workload.kind,
        "description": _description(workload),
        "category": "research" if workload.takes_brief else "workload",
        "tool": workload.kind,
        "input_schema": dict(workload.input_schema or _ANY),
        "output_schema": dict(workload.output_schema),
    }


def agents(workloads: Sequence[Workload]) -> dict[str, Json]:
    """Write a list of agents: those that take any question come first."""
    shown = [agent(each) for each in sorted(workloads, key=lambda each: (not each.takes_brief, each.kind))]
    return {"agents": shown, "count": len(shown)}


def tool(workload: Workload) -> dict[str, Json]:
    """Write a kind of task as a tool."""
    return {
        "name": workload.kind,
        "description": _description(workload),
        "category": category_of(workload),
        "parameters": dict(workload.input_schema or _ANY),
    }


def tool_detail(workload: Workload, timeout: float) -> dict[str, Json]:
    """Write a tool with what it gives and how long a call of it may wait."""
    given = {"output_schema": dict(workload.output_schema), "timeout_seconds": int(timeout)}
    return {**tool(workload), "version": "1", **given}


def category_of(workload: Workload) -> str:
    """Return a tool's category: the last word of its name.

    >>> category_of(Workload(kind="web_search", run=print))
    'search'
    """
    words: list[str] = _WORD.findall(workload.kind)
    return (words or [workload.kind])[-1].lower()


def _description(workload: Workload) -> str:
    """Return what a workload says of itself: in its schema, or in the first line of what does the work."""
    told = workload.input_schema.get("description")
    if isinstance(told, str) and told:
        return told
    return (inspect.getdoc(workload.run) or workload.title or workload.kind).partition("\n")[0]


def started(task: Task, agent_id: str, stream_url: str | None) -> dict[str, Json]:
    """Write that an agent's task is stored."""
    told: dict[str, Json] = {
        "task_id": shannon_id(task.id),
        "workflow_id": shannon_id(task.id),
        "agent_id": agent_id,
        "status": "STATUS_CODE_OK",
        "created_at": moment(task.created_at),
    }
    return told if stream_url is None else {**told, "stream_url": stream_url}


def called(task: Task) -> dict[str, Json]:
    """Write what a call of a tool gave, or how it stands when it has given nothing yet."""
    answer, usage, name = find_answer(task), task.usage or Usage(), shannon_id(task.id)
    error = None
    if answer is None:
        error = error_of(task) or f"The task is {show(task).lower()}."
        if task.status.is_active:
            error = f"The tool has not ended yet; GET /api/v1/tasks/{name} says how it stands."
    used: dict[str, Json] = {"tokens": usage.input_tokens + usage.output_tokens}
    if usage.cost_usd is not None:
        used["cost_usd"] = usage.cost_usd
    return {
        "success": answer is not None,
        "output": None if answer is None else answer.content,
        "text": None if answer is None else answer.text,
        "error": error,
        "metadata": {"task_id": name, "workflow_id": name, "status": PREFIX + show(task)},
        "execution_time_ms": duration_ms(task),
        "usage": used,
    }
