"""What a webhook is told of a run: how it stands, or in the older form also what it gave."""

import json
from typing import Final

import orjson

from gnomon.core.event import Event
from gnomon.core.task import Json, Status, Task
from gnomon.web.dialects.parallel.render.output import output, run_with_result
from gnomon.web.dialects.parallel.render.run import run
from gnomon.web.moment import moment

STATUS: Final = "task_run.status"
"""The type of every message, whatever the status."""
MOST_BYTES: Final = 1_000_000
"""A message that would be longer leaves the output out."""


def status_body(task: Task, event: Event) -> bytes:
    """Write a message that tells how the run stands: of the same task and event always the same bytes."""
    return _write(event, _run(task))


def output_body(task: Task, event: Event) -> bytes:
    """Write a message that brings the output, too; it is null when there is none, or when it is too large."""
    told = _run(task)
    if task.status is Status.COMPLETED:
        shown = run_with_result(task, opted_in=True)
        written = _write(event, shown | {"output": output(task)})
        if len(written) <= MOST_BYTES:
            return written
    return _write(event, told | {"output": None})


def _run(task: Task) -> dict[str, Json]:
    # A question is told only to who has asked for that, so who is told of one has opted in.
    return run(task, opted_in=True)


def _write(event: Event, told: Json) -> bytes:
    body = {"timestamp": moment(event.at), "type": STATUS, "data": told}
    try:
        return orjson.dumps(body)
    except TypeError:  # an integer beyond 64 bits, which stays exact
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
