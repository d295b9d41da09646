"""The child that computes: one attempt after another, on its main thread.

A second thread watches the pipe. At the pipe's end it takes the whole process down, because a busy child would
otherwise outlive a killed server; a `cancel` frame sets a flag that `checkpoint` and `is_cancelled` read. SIGTERM,
which the server sends when the flag did not help, raises `Cancelled` on the main thread.

What the function puts is written and adopted behind its back, for the disk takes as long over a block-year as the
processor; whatever could refer to it waits until it is there.
"""

import itertools
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from gnomon.core.blob import name_of
from gnomon.core.library import Found, read_found
from gnomon.core.task import Json
from gnomon.core.workload import Cancelled, Saved
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

T = TypeVar("T")

_AHEAD = 2
"""Blobs that the function may be ahead of the disk: their bytes are held in memory."""


def main(fd: int) -> None:
    """Work until the pipe ends."""
    bench = Bench(Pipe(fd))
    signal.signal(signal.SIGTERM, bench.give_way)
    threading.Thread(target=bench.watch, name="watch", daemon=True).start()
    bench.work()


class CpuContext(Window):
    """The context of an attempt on the bench: what needs an answer waits for it."""

    def __init__(self, order: Order, pipe: Pipe) -> None:
        super().__init__(order, pipe)
        self._numbers = itertools.count(1)
        self._questions: dict[int, queue.SimpleQueue[Frame]] = {}
        self._behind = ThreadPoolExecutor(_AHEAD, "put")
        self._storing: deque[Future[None]] = deque()

    def step(self, key: str, function: Callable[[], T]) -> T:
        """Run the function once and store its result; a later attempt gets the stored result."""
        if key not in self._steps:
            result = function()
            self.settle()
            self._steps[key] = unpack(self._ask({"op": "step", "key": key, "result": result}))
        return self._steps[key]  # type: ignore[no-any-return]  # the stored JSON of what the function returned

    def checkpoint(self) -> None:
        """Give way here if the task shall stop or be set aside; raises `Cancelled` or `Parked`."""
        self._give_way()

    def ask(self, key: str, question: Json, within: float | None = None) -> Json:
        """Return the answer, or end the attempt until there is one; raises `Asked`."""
        self.settle()
        return self._answer(key, question, within)

    def save(self, kind: str, document: Json, *, key: str, is_draft: bool = False) -> Saved:
        """Save a resource in the task's workspace."""
        self.settle()
        return Saved(**unpack(self._ask(self._word_of_saving(kind, document, key, is_draft=is_draft))))

    def emit(self, body: Mapping[str, Json]) -> None:
        """Write a message into the task's log."""
        self.settle()
        super().emit(body)

    def put(self, content: bytes) -> str:
        """Return the name of immutable bytes, which are stored while the function goes on."""
        content = bytes(content)
        name = name_of(content)
        while len(self._storing) >= _AHEAD:
            self._storing.popleft().result()
        self._storing.append(self._behind.submit(self._store, content, name))
        self._met.add(name)
        return name

    def settle(self) -> None:
        """Wait until all that was put is stored.

        Raises
        ------
        Failure
            When some of it cannot be.
        """
        while self._storing:
            self._storing.popleft().result()

    def close(self) -> None:
        """Wait until nothing is being stored any more, well or badly."""
        self._behind.shutdown()

    def _store(self, content: bytes, name: str) -> None:
        staged = self._stage(content, name)
        if staged is None:
            unpack(self._ask({"op": "put"}, content))
            return
        with staged:
            unpack(self._ask(staged.word()))

    def get(self, sha256: str) -> bytes:
        """Read the bytes of that name."""
        self.settle()
        reply = self._ask({"op": "get", "sha256": sha256})
        content = content_of(reply, sha256)
        self._met.add(sha256)
        return content

    def search(self, query: str, *, limit: int = 10) -> Found:
        """Find passages in the documents of the task's workspace."""
        return read_found(unpack(self._ask({"op": "search", "query": query, "limit": limit})))

    def _ask(self, message: dict[str, Json], content: bytes = b"") -> Frame:
        number = message["ask"] = next(self._numbers)
        answer = self._questions[number] = queue.SimpleQueue()
        try:
            self._say(message, content)
            return answer.get()
        finally:
            del self._questions[number]

    def take(self, reply: Frame) -> None:
        """Hand a reply to the question it answers; SIGTERM may have broken the wait for it."""
        if (answer := self._questions.get(reply.message["ask"])) is not None:
            answer.put(reply)


def _raised(context: CpuContext, error: BaseException) -> bytes:
    return raised(
        context.order.run,
        error,
        title=context.order.title,
        package=context.order.package,
        may_stop=context.is_asked_to_stop,
        may_park=context.may_park,
        known=context.known_blobs,
    )


class Bench:
    """The two threads of the child and what they share."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._orders: queue.SimpleQueue[CpuContext] = queue.SimpleQueue()
        self._present: CpuContext | None = None
        self._may_interrupt = False

    def work(self) -> None:
        """Do one order after another, for ever."""
        while True:
            self._perform(self._orders.get())

    def _perform(self, context: CpuContext) -> None:
        try:
            last = self._call(context)
        except Cancelled as error:
            # SIGTERM has struck in the midst of the last words.
            self._may_interrupt = False
            last = _raised(context, error)
        context.close()
        self._present = None
        context.tell_progress(at_once=True)
        self._pipe.send(last)

    def _call(self, context: CpuContext) -> bytes:
        order = context.order
        try:
            self._may_interrupt = True
            value = find_function(order.function)(*arguments(order), context)
            context.settle()
            if context.open_question is not None:
                last = swallowed(order.run, context.open_question)
            else:
                last = returned(order.run, value, context.known_blobs)
        # The one place where whatever a workload's own function raises becomes a value; leaving by `exit` is one.
        except BaseException as error:  # noqa: BLE001 - becomes the attempt's ending
            last = _raised(context, error)
        self._may_interrupt = False
        return last

    def watch(self) -> None:
        """Take in frames until the pipe ends, then end the process: at once, whatever the main thread does."""
        try:
            while (frames := self._pipe.receive(PACE if self._present else None)) is not None:
                for frame in frames:
                    self._take(frame)
                if self._present:
                    self._present.tell_progress()
        finally:
            os._exit(0)

    def _take(self, frame: Frame) -> None:
        if frame.message["op"] == "run":
            self._present = CpuContext(read_order(frame), self._pipe)
            self._orders.put(self._present)
        elif self._present and self._present.order.run == frame.message["run"]:
            self._pass_on(frame, self._present)

    def _pass_on(self, frame: Frame, context: CpuContext) -> None:
        if not context.heed(frame.message):
            context.take(frame)

    def give_way(self, *_: object) -> None:
        """Raise `Cancelled` in the function that is running, if one is; the handler of SIGTERM."""
        if self._may_interrupt and self._present:
            self._may_interrupt = False
            self._present.is_asked_to_stop = True
            raise Cancelled
