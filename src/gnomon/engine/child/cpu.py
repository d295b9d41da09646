"""The child that computes: one attempt after another, on its main thread.

A second thread watches the pipe. At the pipe's end it takes the whole process down, because a busy child would
otherwise outlive a killed server; a `cancel` frame sets a flag that `checkpoint` and `is_cancelled` read. SIGTERM,
which the server sends when the flag did not help, raises `Cancelled` on the main thread.
"""

import os
import queue
import signal
import threading
from collections.abc import Callable
from typing import TypeVar

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
from gnomon.engine.child.ending import failed, gave_way, returned
from gnomon.engine.child.pipe import Frame, Pipe

T = TypeVar("T")


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
        self.replies: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._asked = 0

    def step(self, key: str, function: Callable[[], T]) -> T:
        """Run the function once and store its result; a later attempt gets the stored result."""
        if key not in self._steps:
            result = function()
            self._steps[key] = unpack(self._ask({"op": "step", "key": key, "result": result}))
        return self._steps[key]  # type: ignore[no-any-return]  # the stored JSON of what the function returned

    def checkpoint(self) -> None:
        """Give way here if the task shall stop; raises `Cancelled`."""
        if self.is_asked_to_stop:
            raise Cancelled

    def save(self, kind: str, document: Json, *, key: str) -> Saved:
        """Save a resource in the task's workspace."""
        return Saved(**unpack(self._ask(self._word_of_saving(kind, document, key))))

    def put(self, content: bytes) -> str:
        """Store immutable bytes and return their name."""
        staged = self._stage(content)
        if staged is None:
            name = str(unpack(self._ask({"op": "put"}, content)))
        else:
            with staged:
                name = str(unpack(self._ask(staged.word())))
        self._met.add(name)
        return name

    def get(self, sha256: str) -> bytes:
        """Read the bytes of that name."""
        reply = self._ask({"op": "get", "sha256": sha256})
        content = content_of(reply, sha256)
        self._met.add(sha256)
        return content

    def _ask(self, message: dict[str, Json], content: bytes = b"") -> Frame:
        self._asked += 1
        number = message["ask"] = self._asked
        self._say(message, content)
        while True:
            reply = self.replies.get()
            # An older question's answer can still come when SIGTERM broke the wait for it.
            if reply.message["ask"] == number:
                return reply


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
        except Cancelled:
            self._may_interrupt = False
            last = gave_way(context.order.run, was_asked=context.is_asked_to_stop)
        self._present = None
        context.tell_progress(at_once=True)
        self._pipe.send(last)

    def _call(self, context: CpuContext) -> bytes:
        order = context.order
        try:
            self._may_interrupt = True
            value = find_function(order.function)(*arguments(order), context)
            last = returned(order.run, value, context.known_blobs)
        # The one place where any error of a workload's own function becomes a value; leaving by `exit` is one.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - becomes the attempt's ending
            last = failed(order.run, error)
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
            self._present = CpuContext(read_order(frame.message), self._pipe)
            self._orders.put(self._present)
        elif self._present and self._present.order.run == frame.message["run"]:
            if frame.message["op"] == "cancel":
                self._present.is_asked_to_stop = True
            else:
                self._present.replies.put(frame)

    def give_way(self, *_: object) -> None:
        """Raise `Cancelled` in the function that is running, if one is; the handler of SIGTERM."""
        if self._may_interrupt and self._present:
            self._may_interrupt = False
            self._present.is_asked_to_stop = True
            raise Cancelled
