"""The native door's frames: the event's number is its id, and what is hashed is what was sent.

The digest of a stream's end is SHA-256 over the `data` of every event frame from `from` to the last, in order, each
followed by one newline; `gap` and `stream.end` frames are left out.
"""

from dataclasses import replace

from gnomon.core.event import Event
from gnomon.core.service.stream import Ended, Gap
from gnomon.web.native.render import task as render
from gnomon.web.sse import Framing, Remembered, frame, one_line


def line(event: Event) -> bytes:
    """Write the data of an event: its JSON, on one line."""
    return one_line(render.event(event))


def _event(event: Event) -> bytes:
    return frame(event.type.value, line(event), event.number)


def _gap(gap: Gap) -> bytes:
    told = {
        "task_id": gap.task.id,
        "from": gap.first,
        "to": gap.last,
        "version": gap.task.version,
        "snapshot": render.task(gap.task),
    }
    return frame("gap", one_line(told), gap.last)


def _end(ended: Ended) -> bytes:
    task, digest = ended.task, ended.digest
    told = {
        "task_id": task.id,
        "status": task.status,
        "version": task.version,
        "from": digest.first,
        "count": digest.count,
        "digest": f"sha256:{digest.sha256}",
    }
    return frame("stream.end", one_line(told), task.version)


def _cursor(number: int) -> bytes:
    return b"id: %d\n\n" % number


FRAMING = Framing(event=Remembered(_event), gap=_gap, end=_end)
WITH_CURSORS = replace(FRAMING, cursor=_cursor)
