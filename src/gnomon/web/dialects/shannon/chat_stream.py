"""A chat completion told piece by piece: who speaks, what the work tells, the answer, the end."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import Final

from gnomon.core.access import Principal
from gnomon.core.event import Event
from gnomon.core.service import House
from gnomon.core.service.stream import Gap, Opened, Quiet, Told, follow
from gnomon.core.service.stream import Item as LogItem
from gnomon.core.task import Json, Status, Task
from gnomon.web.dialects.shannon.render.answer import find_answer
from gnomon.web.dialects.shannon.render.chat import Writer
from gnomon.web.dialects.shannon.render.errors import status_of
from gnomon.web.dialects.shannon.render.event import PARTIAL, STREAM_END, Frame, frames
from gnomon.web.dialects.shannon.render.openai_error import ended, openai_error, openai_error_of
from gnomon.web.dialects.shannon.render.question import how_to_answer
from gnomon.web.sse import Begin, Frames, Item, Last, Manners, Pace, one_line

log = logging.getLogger(__name__)

MANNERS: Final = Manners(
    heartbeat=b": keepalive\n\n",
    is_drained_cleanly=False,
    ends_with_204=False,
    has_retry=False,
    is_timed=False,
)
"""No frame has an id, so that a comment with a blank line dispatches nothing in any client."""
_DONE: Final = b"data: [DONE]\n\n"
_UNTOLD: Final = frozenset(
    {PARTIAL, "LLM_OUTPUT", STREAM_END, "ERROR_OCCURRED", "WORKFLOW_FAILED", "WORKFLOW_COMPLETED"}
)
"""Events that are told as content, as the end, or as an error."""

_ASKING: Final = frozenset({"APPROVAL_REQUESTED", "RESEARCH_PLAN_READY", "RESEARCH_PLAN_UPDATED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is told to whom."""

    house: House
    principal: Principal
    task: Task
    writer: Writer
    pace: Pace
    longest: float
    as_json: bool
    request_id: str | None


async def tell_chat(telling: Telling) -> AsyncGenerator[Item, None]:
    """Tell a task as a chat completion, from its beginning.

    Raises
    ------
    Unavailable
        When the server is about to stop.
    """
    has_begun = False
    try:
        async with aclosing(_tell(telling)) as items:
            async for item in items:
                yield item
                has_begun = True
    except Exception as error:
        if not has_begun:
            raise
        log.exception("stream.failed", extra={"request_id": telling.request_id})
        yield _failed(telling.writer, openai_error_of(error, status_of(error), telling.request_id))


async def _tell(telling: Telling) -> AsyncGenerator[Item, None]:
    clock = asyncio.get_running_loop().time
    limit = clock() + telling.longest
    quiet = min(telling.pace.heartbeat, max(telling.longest, 0.05))
    items = follow(telling.house, telling.principal, telling.task.id, 0, quiet=quiet)
    async with aclosing(items):
        opened = await anext(items)
        assert isinstance(opened, Opened)
        yield Begin(subscription=opened.subscription)
        yield Frames(parts=_written(telling.writer.opening()))
        async for item in items:
            if isinstance(item, Told | Gap) and item.is_end:
                yield await _end(telling, item)
                return
            if clock() > limit:
                yield _failed(telling.writer, too_late(telling.longest))
                return
            yield Frames(parts=_news(telling, item)) if isinstance(item, Told) else Quiet()


async def _end(telling: Telling, item: LogItem) -> Last:
    task = await telling.house.store.get_task(telling.task.workspace, telling.task.id)
    news, writer = _news(telling, item), telling.writer
    if task.status is not Status.COMPLETED:
        return _failed(writer, ended(task)[1], news)
    content = content_of(task, as_json=telling.as_json)
    said = _written(chain(writer.pieces(content), writer.closing(task)))
    return Last(parts=chain(news, said, (_DONE,)))  # piece by piece: an answer may have megabytes


def content_of(task: Task, *, as_json: bool) -> str:
    """Return what a completed task answers: a text with its sources, or the text of JSON.

    `as_json` puts a text, where the work has chosen to answer with one, into an object.
    """
    answer = find_answer(task)
    if answer is None:
        return ""
    if as_json and isinstance(answer.content, str):
        return json.dumps({"answer": answer.content}, ensure_ascii=False)
    return answer.text


def too_late(seconds: float) -> dict[str, Json]:
    """Write that the answer did not come in time."""
    message = (
        f"The answer was not there after {seconds / 60:g} minutes. The task goes on: its name stands in "
        "X-Workflow-ID, and GET /api/v1/tasks/{id} shows how it stands."
    )
    return openai_error(message, HTTPStatus.GATEWAY_TIMEOUT)


def _failed(writer: Writer, error: Mapping[str, Json], news: Sequence[bytes] = ()) -> Last:
    return Last(parts=[*news, *_written([writer.failure(error)]), _DONE])


def _news(telling: Telling, item: LogItem) -> list[bytes]:
    """Write what the work tells, each event beside an empty piece."""
    events: Sequence[Event] = item.events if isinstance(item, Told) else ()
    agent = telling.task.kind
    told = (frame for event in events for frame in frames(event, agent) if frame.type not in _UNTOLD)
    return list(_written(telling.writer.news([_event(frame)], _asked(frame)) for frame in told))


def _asked(frame: Frame) -> str | None:
    """Say how a question is answered, which is else waited for in silence."""
    if isinstance(frame.payload, Mapping) and frame.type in _ASKING:
        return f"{how_to_answer(frame.payload)}\n"
    return None


def _event(frame: Frame) -> dict[str, Json]:
    event: dict[str, Json] = {
        "type": frame.type,
        "agent_id": frame.agent,
        "message": frame.message,
        "timestamp": int(frame.at.timestamp()),
    }
    return {**event, "payload": frame.payload} if isinstance(frame.payload, Mapping) else event


def _written(chunks: Iterable[Mapping[str, Json]]) -> Iterator[bytes]:
    return (b"data: %s\n\n" % one_line(dict(chunk)) for chunk in chunks)
