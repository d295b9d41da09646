"""Server-sent events: the frames that every door builds on, and the response that sends them.

A door either tells the log as it is, by one `Framing` record, or makes its own frames (`Begin`, `Frames`, `Last`).
Everything else is the same for all: one write for what is told together, a bound on the bytes and the time that a
reader may leave unread, an end when the client has gone.
"""

import asyncio
import json
import math
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gnomon.core.event import Event, EventType
from gnomon.core.hub import Subscription
from gnomon.core.service.stream import Ended, Gap, Opened, Quiet, Told
from gnomon.core.task import Json
from gnomon.web.abort import abort, find_is_full, find_listen, find_send

LARGEST_WRITE = 65536
"""Bytes that are written before the reader has to have taken some."""
_RETRY = 1500
"""Milliseconds after which a browser comes back, and as many more at most: so that not all come at once."""
_BREAKS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"), (b"\xc2\x85", b"\\u0085"))
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long a stream may be silent, and how long it may last."""

    heartbeat: float = 10.0
    longest: float = 3600.0

    @property
    def stuck(self) -> float:
        """Return the seconds that a reader may take over one write; with the silence before it, three heartbeats."""
        return 2 * self.heartbeat

    def draw_life(self) -> float:
        """Return the seconds that one stream lasts: not the same for all, so that not all end at once."""
        return self.longest * (0.9 + secrets.randbelow(100) / 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """The first item of a stream whose frames a door makes: nothing is wrong with the request."""

    subscription: Subscription
    """Ending it ends the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Frames that a door has made; they are written together as far as their size allows."""

    parts: Iterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Last(Frames):
    """Frames after which the stream is at its end; one that stops without them is not."""


Item = Opened | Told | Gap | Quiet | Ended | Begin | Frames
_ENDS = (Ended, Last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How the streams of a door begin, are silent and end, whatever they tell."""

    heartbeat: bytes = b": hb\n"
    """A comment, and no blank line: clients that dispatch empty events would stumble."""
    is_drained_cleanly: bool = True
    """Whether an end that is not the task's is a clean one; otherwise the connection is cut."""
    ends_with_204: bool = True
    """Whether a reader that knows all is told so by 204, which keeps a browser from coming back."""
    has_retry: bool = True
    """Whether the first frame says after what time to come back."""
    is_timed: bool = True
    """Whether the stream just ends when its life is over; a door that says more then keeps the time itself."""

    def frames(self, item: Item, _: frozenset[EventType] | None) -> Iterable[bytes]:
        """Write one item."""
        assert isinstance(item, Frames)
        return item.parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing(Manners):
    """How one door writes a log as it is."""

    event: Callable[[Event], bytes]
    gap: Callable[[Gap], bytes]
    end: Callable[[Ended], bytes]
    cursor: Callable[[int], bytes] | None = None
    """Moves the cursor of a reader past events that it did not ask for."""

    def frames(self, item: Item, types: frozenset[EventType] | None) -> Iterable[bytes]:
        """Write one item; of events those of the types."""
        if isinstance(item, Told):
            return map(self.event, item.events) if types is None else self._some(item.events, types)
        if isinstance(item, Gap):
            return (self.gap(item),)
        assert isinstance(item, Ended)
        return (self.end(item),)

    def _some(self, events: Sequence[Event], types: frozenset[EventType]) -> Iterator[bytes]:
        for event in events:
            if event.type in types:
                yield self.event(event)
            elif self.cursor is not None and event is events[-1]:
                yield self.cursor(event.number)


def one_line(value: Json) -> bytes:
    """Write JSON on one line, whatever a reader takes for the end of a line."""
    try:
        text = orjson.dumps(value)
    except TypeError:  # integers beyond 64 bits, which the log may hold
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    for raw, escaped in _BREAKS:
        text = text.replace(raw, escaped)
    return text


def frame(event: str, data: bytes, number: int | None = None) -> bytes:
    """Write one frame; the data must be one line."""
    name = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (name, event.encode(), data)


class Remembered:
    """Writes the frame of an event once for all its listeners, as long as it is among the newest."""

    def __init__(self, write: Callable[[Event], bytes], *, most: int = 256, largest: int = 16384) -> None:
        self._write = write
        self._most = most
        self._largest = largest
        self._known: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def __call__(self, event: Event) -> bytes:
        """Return the frame."""
        name = (event.task_id, event.number)
        known = self._known.get(name)
        if known is None:
            known = self._write(event)
            if len(known) <= self._largest:
                self._known[name] = known
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return known


class EventStream(Response):
    """Sends what is told to one reader, and lets go of everything when either is gone.

    The items begin with `Opened` or `Begin`.
    """

    def __init__(
        self,
        items: AsyncGenerator[Item, None],
        framing: Manners,
        pace: Pace,
        *,
        types: frozenset[EventType] | None = None,
        hold: AbstractContextManager[None],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = 200
        self._more = [(name.lower().encode(), text.encode()) for name, text in (headers or {}).items()]
        self.background = None
        self._items = items
        self._framing = framing
        self._pace = pace
        self._types = types
        self._hold = hold

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell all there is; what is wrong with the request is raised before anything is sent."""
        with self._hold:
            async with aclosing(self._items) as items:
                opened = await anext(items)
                assert isinstance(opened, (Opened, Begin))
                if self._framing.ends_with_204 and isinstance(opened, Opened) and opened.is_told:
                    await send({"type": "http.response.start", "status": 204, "headers": []})
                    await send({"type": "http.response.body", "body": b""})
                    return
                await send(
                    {"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *self._more]}
                )
                with Presence(scope, receive, opened.subscription.end):
                    await self._tell(items, scope, send)

    async def _tell(self, items: AsyncGenerator[Item, None], scope: Scope, send: Send) -> None:
        framing = self._framing
        reader = _Reader(scope, send, self._pace.stuck, has_retry=framing.has_retry)
        clock = asyncio.get_running_loop().time
        limit = clock() + self._pace.draw_life() if framing.is_timed else math.inf
        has_ended = False
        async for item in items:
            has_ended = isinstance(item, _ENDS)
            if not await self._write(reader, item) or clock() > limit:
                break
            del item  # a page of the log is not kept for as long as nothing follows it
        if not reader.was_cut:
            await reader.finish(is_clean=has_ended or framing.is_drained_cleanly)

    async def _write(self, reader: "_Reader", item: Item) -> bool:
        """Write an item in as few writes as its size allows; say whether the reader is there."""
        if isinstance(item, Quiet):
            return await reader.write(self._framing.heartbeat)
        parts, size = [], 0
        for part in self._framing.frames(item, self._types):
            parts.append(part)
            size += len(part)
            if size >= LARGEST_WRITE:
                if not await reader.write(b"".join(parts), is_first=True):
                    return False
                parts, size = [], 0
        return not parts or await reader.write(b"".join(parts), is_first=True)


class _Reader:
    """The client's side: takes what it is sent in time, or is cut off."""

    __slots__ = ("_is_full", "_is_told_retry", "_scope", "_send", "_stuck", "was_cut")

    def __init__(self, scope: Scope, send: Send, stuck: float, *, has_retry: bool) -> None:
        self._scope = scope
        # Only the start of an answer concerns those in between.
        self._send = find_send(scope) or send
        self._stuck = stuck
        self._is_full = find_is_full(scope)
        self._is_told_retry = not has_retry
        self.was_cut = False

    async def write(self, frames: bytes, *, is_first: bool = False) -> bool:
        """Send frames, the first of them with the time to come back after; say whether the reader is there."""
        if is_first and not self._is_told_retry:
            self._is_told_retry = True
            frames = b"retry: %d\n" % (_RETRY + secrets.randbelow(_RETRY)) + frames
        return await self._push({"type": "http.response.body", "body": frames, "more_body": True})

    async def finish(self, *, is_clean: bool) -> None:
        """End the response, or cut the connection where an end would say too much."""
        if not is_clean:
            abort(self._scope)
            self.was_cut = True
            return
        await self._push({"type": "http.response.body", "body": b""})

    async def _push(self, message: Message) -> bool:
        """Send, and cut the connection when the reader does not take it in time; say whether it is there."""
        if self._is_full is not None and not self._is_full():
            await self._send(message)  # nothing to wait for: a timer for each would cost half of a broadcast
            return True
        try:
            async with asyncio.timeout(self._stuck):
                await self._send(message)
        except TimeoutError:
            await self._cut()
            return False
        return True

    async def _cut(self) -> None:
        self.was_cut = True
        abort(self._scope)
        # What could not be written is let go of with the connection; that ends this wait too.
        await self._send({"type": "http.response.body", "body": b""})


class Presence:
    """Ends a stream when its client has gone, for the length of a block."""

    def __init__(self, scope: Scope, receive: Receive, end: Callable[[], None]) -> None:
        self._listen = find_listen(scope)
        self._receive = receive
        self._end = end
        self._waiting: asyncio.Task[Any] | None = None

    def __enter__(self) -> None:
        if self._listen is not None:
            self._listen(self._end)
        else:
            self._waiting = asyncio.create_task(self._wait())

    def __exit__(self, *_: object) -> None:
        if self._listen is not None:
            self._listen(None)
        if self._waiting is not None:
            self._waiting.cancel()

    async def _wait(self) -> None:
        while (await self._receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
            pass
        self._end()
