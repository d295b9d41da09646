"""What the contexts of both kinds of child share: the order to run, the window's facts, the pace of progress."""

import importlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from gnomon.core.task import Json
from gnomon.core.workload import ChildResult, Failure, Pinned
from gnomon.engine.child.ending import find_not_json
from gnomon.engine.child.pipe import Frame, Pipe, encode

PACE = 0.5
"""Seconds between two progress reports of one task; a new stage does not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt, as the server asks for it."""

    run: int
    function: str
    """`module:NAME`"""
    task_id: str
    attempt: int
    input: Json
    references: tuple[Pinned, ...] = ()
    steps: Mapping[str, Json] = field(default_factory=dict)
    predecessor: ChildResult | None = None
    is_join: bool = False
    children: tuple[ChildResult, ...] = ()
    state: Json = None


def read_order(message: Mapping[str, Json]) -> Order:
    """Make the order of a `run` message."""
    before = message["predecessor"]
    return Order(
        **{
            **{key: value for key, value in message.items() if key != "op"},
            "references": tuple(Pinned(**pinned) for pinned in message["references"]),
            "children": tuple(ChildResult(**child) for child in message["children"]),
            "predecessor": ChildResult(**before) if before else None,
        }
    )


def arguments(order: Order) -> tuple[Json, ...]:
    """Return what the function is called with, its context excepted."""
    return (order.input, order.children, order.state) if order.is_join else (order.input,)


def find_function(address: str) -> Callable[..., Any]:
    """Import the function at `module:NAME`.

    Raises
    ------
    Failure
        When it cannot be imported; another try may find it repaired.
    """
    module, _, name = address.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise Failure("not_importable", f"{address} cannot be imported: {error}", retryable=True) from error
    return found  # type: ignore[no-any-return]  # what stands under a name is known at run time only


def unpack(reply: Frame) -> Json:
    """Return a reply's value.

    Raises
    ------
    Failure
        When the server could not do what was asked.
    """
    error = reply.message.get("error")
    if error is not None:
        raise Failure(**error)
    return reply.message.get("value")


class Window:
    """The facts and the one-way words of a context; a child's own context adds what waits for an answer."""

    def __init__(self, order: Order, pipe: Pipe) -> None:
        self.order = order
        self._pipe = pipe
        self._pace = Pace(
            lambda percent, stage: self._say({"op": "progress", "percent": percent, "stage": stage})
        )
        self._steps = dict(order.steps)
        self.is_asked_to_stop = False

    @property
    def task_id(self) -> str:
        """Name the task."""
        return self.order.task_id

    @property
    def attempt(self) -> int:
        """Count the attempts, from 1."""
        return self.order.attempt

    @property
    def references(self) -> Sequence[Pinned]:
        """Give the documents that the input referred to."""
        return self.order.references

    @property
    def predecessor(self) -> ChildResult | None:
        """Give what became of the task that this one came after."""
        return self.order.predecessor

    def progress(self, percent: float, stage: str | None = None) -> None:
        """Say how much is done, and what is being done."""
        self._pace.say(percent, stage)

    def emit(self, body: Mapping[str, Json]) -> None:
        """Write a message into the task's log."""
        self._say({"op": "emit", "body": dict(body)})

    def is_cancelled(self) -> bool:
        """Say whether the task shall stop."""
        return self.is_asked_to_stop

    def tell_progress(self, *, at_once: bool = False) -> None:
        """Send the progress that has been held back, when its time has come."""
        self._pace.catch_up(at_once=at_once)

    def _say(self, message: dict[str, Json], content: bytes = b"") -> None:
        message["run"] = self.order.run
        try:
            frame = encode(message, content)
        except (ValueError, TypeError, RecursionError) as error:
            where = find_not_json(message, message["op"]) or "it refers to itself"
            raise Failure("invalid_result", f"What a context is given must be JSON: {where}.") from error
        self._pipe.send(frame)


class Pace:
    """Lets through a progress report twice a second, a new stage at once, and holds the newest of the others."""

    def __init__(
        self, tell: Callable[[float | None, str | None], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._lock = threading.Lock()
        self._told_at = -PACE
        self._stage: str | None = None
        self._held: tuple[float | None, str | None] | None = None

    def say(self, percent: float, stage: str | None) -> None:
        """Tell now, or hold it back."""
        known = None if isnan(percent) else min(max(float(percent), 0.0), 100.0)
        with self._lock:
            is_new = stage is not None and stage != self._stage
            self._held = (known, stage if stage is not None else self._stage)
            self._let_go(at_once=is_new)

    def catch_up(self, *, at_once: bool = False) -> None:
        """Tell what was held back, if it is time or `at_once`."""
        with self._lock:
            self._let_go(at_once=at_once)

    def _let_go(self, *, at_once: bool) -> None:
        now = self._clock()
        if self._held is None or not (at_once or now - self._told_at >= PACE):
            return
        told, self._held = self._held, None
        self._told_at, self._stage = now, told[1]
        self._tell(*told)
