"""Events as the vendor's streams tell them, and the statistics that sum a run's log up to one of them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gnomon.core.brief import NOTES, SOURCES
from gnomon.core.event import Event, EventType, find_usage
from gnomon.core.group import Group
from gnomon.core.ports import Given
from gnomon.core.task import Json, Status, Task
from gnomon.web.dialects.parallel.render.given import run_input
from gnomon.web.dialects.parallel.render.group import group_status
from gnomon.web.dialects.parallel.render.output import output, run_with_result
from gnomon.web.dialects.parallel.render.run import run
from gnomon.web.moment import moment

_PLAIN = "exec_status"
"""What a message is that names no kind the vendor knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """How far a run is, and what it has read."""

    progress: float = 0.0
    considered: int | None = None
    read: int | None = None
    sample: tuple[str, ...] | None = None

    @property
    def has_sources(self) -> bool:
        """Say whether anything was told of sources."""
        return (self.considered, self.read, self.sample) != (None, None, None)


def state(
    task: Task,
    number: int,
    *,
    opted_in: bool = False,
    given: Given | None = None,
    has_output: bool = False,
) -> dict[str, Json]:
    """Write a run as it stands; `number` is the cursor of what follows, the output that of a completed one."""
    is_shown = has_output and task.status is Status.COMPLETED
    return {
        "type": "task_run.state",
        "event_id": str(number),
        "run": run_with_result(task, opted_in=opted_in) if is_shown else run(task, opted_in=opted_in),
        "input": None if given is None else run_input(task, given),
        "output": output(task) if is_shown else None,
    }


def message(event: Event) -> dict[str, Json]:
    """Write a workload's words."""
    kind = event.body.get("kind") if isinstance(event.body, Mapping) else None
    return {
        "type": f"task_run.progress_msg.{kind if kind in NOTES else _PLAIN}",
        "event_id": str(event.number),
        "message": _words(event.body),
        "timestamp": moment(event.at),
    }


def stats(told: Stats, number: int) -> dict[str, Json]:
    """Write the statistics as of an event."""
    return {
        "type": "task_run.progress_stats",
        "event_id": str(number),
        "progress_meter": told.progress,
        "source_stats": {
            "num_sources_considered": told.considered,
            "num_sources_read": told.read,
            "sources_read_sample": None if told.sample is None else list(told.sample),
        },
    }


def group_state(group: Group, number: int, *, opted_in: bool = False) -> dict[str, Json]:
    """Write how the members of a group stand; `number` is the cursor of what follows."""
    return {
        "type": "task_group_status",
        "event_id": str(number),
        "status": group_status(group, opted_in=opted_in),
    }


def is_message(event: Event) -> bool:
    """Say whether an event is shown as words; what counts sources is shown as statistics, use is not shown."""
    return event.type is EventType.MESSAGE and not counts_sources(event) and find_usage(event.body) is None


def sum_up(told: Stats, events: Iterable[Event]) -> Stats:
    """Bring the statistics forward by some events."""
    for event in events:
        if counts_sources(event):
            told = _with_sources(told, event.body)
        elif event.type is not EventType.MESSAGE and "progress" in event.body:
            told = replace(told, progress=float(event.body["progress"]))
    return told


def _with_sources(told: Stats, body: Mapping[str, Json]) -> Stats:
    """Take what a message says of sources; what it leaves out stays as it was."""
    considered, read = _count(body.get("considered")), _count(body.get("read"))
    sample = body.get("sample")
    named = tuple(url for url in sample if isinstance(url, str)) if isinstance(sample, list) else None
    return replace(
        told,
        considered=told.considered if considered is None else considered,
        read=told.read if read is None else read,
        sample=told.sample if named is None else named,
    )


def counts_sources(event: Event) -> bool:
    """Say whether an event is a message that counts sources."""
    is_message = event.type is EventType.MESSAGE and isinstance(event.body, Mapping)
    return is_message and event.body.get("kind") == SOURCES


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _words(body: Json) -> str:
    """Return what a message says: its text, or all of it as JSON."""
    if isinstance(body, str):
        return body
    if isinstance(body, Mapping):
        for name in ("text", "message"):
            if isinstance(body.get(name), str):
                return str(body[name])
    return json.dumps(body, ensure_ascii=False)
