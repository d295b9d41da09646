"""What the contexts of both kinds of child share: the order to run, the window's facts, the pace of progress."""

import importlib
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import Any

from gnomon.core.task import Json
from gnomon.core.workload import Asked, Cancelled, ChildResult, Failure, Parked, Pinned
from gnomon.engine.child.ending import JSON_LIMIT, blob_names, find_not_json, too_large
from gnomon.engine.child.pipe import Frame, Pipe, join, to_json
from gnomon.engine.child.question import refuse_question
from gnomon.engine.child.secrets import NO_SECRETS, read_secrets
from gnomon.engine.child.staging import LEAST_STAGED, Staged, stage

PACE = 0.5
"""Seconds between two progress reports of one task; a new stage does not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt, as the server asks for it."""

    run: int
    function: str
    """`module:NAME`"""
    task_id: str
    kind: str
    attempt: int
    input: Json
    references: tuple[Pinned, ...] = ()
    steps: Mapping[str, Json] = field(default_factory=dict)
    predecessor: ChildResult | None = None
    is_join: bool = False
    children: tuple[ChildResult, ...] = ()
    state: Json = None
    staging: str | None = None
    """What the paths of staged files begin with; None when bytes must go through the pipe."""
    secrets: Mapping[str, Json] = field(default_factory=lambda: NO_SECRETS, repr=False)
    settings: Mapping[str, Json] = field(default_factory=dict)
    """What the operator has set for the kind."""
    told: tuple[Json, ...] = ()
    """The messages that were sent before the attempt began."""

    @property
    def title(self) -> str:
        """Name the attempt for the log."""
        return f"attempt {self.attempt} of task {self.task_id} ({self.kind})"

    @property
    def package(self) -> str:
        """Name the package that the workload's own code is in."""
        return self.function.partition(":")[0].partition(".")[0]


def read_order(frame: Frame) -> Order:
    """Make the order of a `run` frame; its bytes are the secrets."""
    message = frame.message
    before = message["predecessor"]
    return Order(
        **{
            **{key: value for key, value in message.items() if key != "op"},
            "references": tuple(Pinned(**pinned) for pinned in message["references"]),
            "children": tuple(ChildResult(**child) for child in message["children"]),
            "predecessor": ChildResult(**before) if before else None,
            "secrets": read_secrets(frame.content),
            "told": tuple(message["told"]),
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


def content_of(reply: Frame, sha256: str) -> bytes:
    """Return the bytes that a reply brings, or those of the file that it names.

    Raises
    ------
    Failure
        When the server could not do what was asked, or the file has been swept since.
    """
    file = unpack(reply)
    if file is None:
        return reply.content
    try:
        return Path(file).read_bytes()
    except FileNotFoundError as error:
        raise Failure("not_found", f"There is no blob {sha256}.") from error


class Window:
    """The facts and the one-way words of a context; a child's own context adds what waits for an answer."""

    def __init__(self, order: Order, pipe: Pipe) -> None:
        self.order = order
        self._pipe = pipe
        self._pace = Pace(
            lambda percent, stage: self._say({"op": "progress", "percent": percent, "stage": stage})
        )
        self._steps = dict(order.steps)
        self._met: set[str] = set()
        self._staged = itertools.count(1)
        self._told = list(order.told)
        self.is_asked_to_stop = False
        self.is_asked_to_park = False
        self.may_park = False
        """A checkpoint has raised `Parked`; a resume that came since is for the server to weigh."""
        self.open_question: str | None = None
        """The key of the question that ended the attempt, if its function lets it."""

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
    def secrets(self) -> Mapping[str, Json]:
        """Give what was sent for the work and is shown to nobody."""
        return self.order.secrets

    @property
    def settings(self) -> Mapping[str, Json]:
        """Give what the operator has set for workloads of this kind."""
        return self.order.settings

    @property
    def told(self) -> Sequence[Json]:
        """Give the messages that were sent to the work until now."""
        return tuple(self._told)

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

    def is_pausing(self) -> bool:
        """Say whether the next checkpoint will set the task aside."""
        return self.is_asked_to_park and not self.is_asked_to_stop

    def heed(self, message: Mapping[str, Json]) -> bool:
        """Take a word about the attempt as a whole; say whether it was one."""
        match message["op"]:
            case "cancel":
                self.is_asked_to_stop = True
            case "pause" | "resume" as word:
                self.is_asked_to_park = word == "pause"
            case "tell":
                self._told.append(message["message"])
            case _:
                return False
        return True

    def _give_way(self) -> None:
        """Raise what has been asked for; a stop comes before a pause."""
        if self.is_asked_to_stop:
            raise Cancelled
        if self.is_asked_to_park:
            self.may_park = True
            raise Parked

    def _answer(self, key: str, question: Json, within: float | None) -> Json:
        """Return the stored answer, or end the attempt with the question."""
        if key in self._steps:
            return self._steps[key]
        if self.is_asked_to_stop:
            raise Cancelled
        refuse_question(key, question, within)
        self.open_question = self.open_question or key
        raise Asked(key, question, within)

    def known_blobs(self) -> Set[str]:
        """Return the names of the blobs that this attempt or an earlier one has met."""
        order = self.order
        children = [child.result for child in (*order.children, *filter(None, (order.predecessor,)))]
        return self._met | blob_names(to_json([self._steps, children, order.state]))

    def _stage(self, content: bytes, name: str) -> Staged | None:
        """Write bytes to a file of this attempt; None when they shall go through the pipe."""
        if self.order.staging is None or len(content) < LEAST_STAGED:
            return None
        return stage(content, name, Path(f"{self.order.staging}{next(self._staged)}"))

    def _word_of_saving(self, kind: str, document: Json, key: str, *, is_draft: bool) -> dict[str, Json]:
        with suppress(ValueError, TypeError, RecursionError):
            # What is not JSON is refused, with its place, when the word is sent.
            blobs = sorted(blob_names(to_json(document)) & self.known_blobs())
            return {
                "op": "save",
                "kind": kind,
                "document": document,
                "key": key,
                "blobs": blobs,
                "is_draft": is_draft,
            }
        return {"op": "save", "document": document}

    def tell_progress(self, *, at_once: bool = False) -> None:
        """Send the progress that has been held back, when its time has come."""
        self._pace.catch_up(at_once=at_once)

    def _say(self, message: dict[str, Json], content: bytes = b"") -> None:
        message["run"] = self.order.run
        try:
            text = to_json(message)
        except (ValueError, TypeError, RecursionError) as error:
            where = find_not_json(message, message["op"]) or "it refers to itself"
            raise Failure("invalid_result", f"What a context is given must be JSON: {where}.") from error
        if len(text) > JSON_LIMIT:
            raise too_large(f"What is given to ctx.{message['op']}", len(text))
        self._pipe.send(join(text, content))


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
