"""The child that waits: many IO attempts at once on one event loop, away from the server's.

The same watching thread as the computing child's hands each frame to the loop. A cancel sets the attempt's flag and
cancels its asyncio task.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from gnomon.core.blob import name_of
from gnomon.core.library import Found, read_found
from gnomon.core.task import Json
from gnomon.core.workload import Saved
from gnomon.engine.child.context import (
    PACE,
    Order,
    Window,
    arguments,
    content_of,
    find_function,
    read_order,
    unpack,
)
from gnomon.engine.child.ending import raised, returned, swallowed
from gnomon.engine.child.pipe import Frame, Pipe
from gnomon.engine.child.staging import Staged


def main(fd: int) -> None:
    """Work until the pipe ends."""
    # Attempts are cancelled one by one over the pipe; a signal would hit all of them.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    asyncio.run(_live(Pipe(fd)))


async def _live(pipe: Pipe) -> None:
    residents = Residents(pipe, asyncio.get_running_loop())
    threading.Thread(target=residents.watch, name="watch", daemon=True).start()
    await asyncio.get_running_loop().create_future()


class IoContext(Window):
    """The context of an attempt on the loop: what needs an answer is awaited."""

    def __init__(self, order: Order, pipe: Pipe) -> None:
        super().__init__(order, pipe)
        self._asked = 0
        self._questions: dict[int, asyncio.Future[Frame]] = {}

    async def step(self, key: str, function: Callable[[], Any]) -> Any:
        """Await the coroutine function once and store its result; a later attempt gets the stored result."""
        if key not in self._steps:
            result = await function()
            self._steps[key] = unpack(await self._ask({"op": "step", "key": key, "result": result}))
        return self._steps[key]

    async def checkpoint(self) -> None:
        """Give way here if the task shall stop or be set aside; raises `Cancelled` or `Parked`."""
        self._give_way()
        await asyncio.sleep(0)

    async def ask(self, key: str, question: Json, within: float | None = None) -> Json:
        """Return the answer, or end the attempt until there is one; raises `Asked`."""
        return self._answer(key, question, within)

    async def save(self, kind: str, document: Json, *, key: str, is_draft: bool = False) -> Saved:
        """Save a resource in the task's workspace."""
        return Saved(**unpack(await self._ask(self._word_of_saving(kind, document, key, is_draft=is_draft))))

    async def put(self, content: bytes) -> str:
        """Store immutable bytes and return their name."""
        name = await asyncio.to_thread(name_of, content)
        staged = await self._stage_apart(content, name)
        if staged is None:
            unpack(await self._ask({"op": "put"}, content))
        else:
            with staged:
                unpack(await self._ask(staged.word()))
        self._met.add(name)
        return name

    async def get(self, sha256: str) -> bytes:
        """Read the bytes of that name."""
        reply = await self._ask({"op": "get", "sha256": sha256})
        content = await asyncio.to_thread(content_of, reply, sha256)
        self._met.add(sha256)
        return content

    async def search(self, query: str, *, limit: int = 10) -> Found:
        """Find passages in the documents of the task's workspace."""
        return read_found(unpack(await self._ask({"op": "search", "query": query, "limit": limit})))

    async def _stage_apart(self, content: bytes, name: str) -> Staged | None:
        writing = asyncio.get_running_loop().run_in_executor(None, self._stage, content, name)
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            writing.add_done_callback(_discard)
            raise

    def take(self, reply: Frame) -> None:
        """Hand a reply to the question it answers, if that is still open."""
        question = self._questions.get(reply.message["ask"])
        if question is not None and not question.done():
            question.set_result(reply)

    async def _ask(self, message: dict[str, Json], content: bytes = b"") -> Frame:
        self._asked += 1
        number = message["ask"] = self._asked
        self._questions[number] = asyncio.get_running_loop().create_future()
        try:
            self._say(message, content)
            return await self._questions[number]
        finally:
            del self._questions[number]


def _discard(writing: "asyncio.Future[Staged | None]") -> None:
    if writing.exception() is None and (staged := writing.result()) is not None:
        staged.discard()


class Residents:
    """The attempts that live in this child, by run."""

    def __init__(self, pipe: Pipe, loop: asyncio.AbstractEventLoop) -> None:
        self._pipe = pipe
        self._loop = loop
        self._present: dict[int, tuple[IoContext, asyncio.Task[None]]] = {}

    def watch(self) -> None:
        """Hand frames to the loop until the pipe ends, then end the process, whatever the loop does."""
        try:
            while (frames := self._pipe.receive(PACE if self._present else None)) is not None:
                self._loop.call_soon_threadsafe(self._take, frames)
        finally:
            os._exit(0)

    def _take(self, frames: list[Frame]) -> None:
        for frame in frames:
            if frame.message["op"] == "run":
                self._begin(IoContext(read_order(frame), self._pipe))
            elif (present := self._present.get(frame.message["run"])) is not None:
                self._pass_on(frame, *present)
        for context, _ in self._present.values():
            context.tell_progress()

    def _begin(self, context: IoContext) -> None:
        self._present[context.order.run] = (context, self._loop.create_task(self._perform(context)))

    def _pass_on(self, frame: Frame, context: IoContext, task: "asyncio.Task[None]") -> None:
        if not context.heed(frame.message):
            context.take(frame)
        elif frame.message["op"] == "cancel":
            task.cancel()

    async def _perform(self, context: IoContext) -> None:
        last = await self._call(context)
        del self._present[context.order.run]
        context.tell_progress(at_once=True)
        self._pipe.send(last)

    async def _call(self, context: IoContext) -> bytes:
        order = context.order
        try:
            value = await find_function(order.function)(*arguments(order), context)
            if context.open_question is not None:
                return swallowed(order.run, context.open_question)
            return returned(order.run, value, context.known_blobs)
        # The same place as in the computing child: whatever a workload raises becomes a value.
        except BaseException as error:  # noqa: BLE001 - becomes the attempt's ending
            return raised(
                order.run,
                error,
                title=order.title,
                package=order.package,
                may_stop=context.is_asked_to_stop,
                may_park=context.may_park,
                known=context.known_blobs,
            )
