"""The workload: a trade as a value, and the small context that its function is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeVar

from gnomon.core.errors import Complaint
from gnomon.core.library import Found
from gnomon.core.retry import RetryPolicy
from gnomon.core.task import Json, Visibility

T = TypeVar("T")


class Failure(Exception):
    """What a workload's function raises to say how it failed.

    A failure that says `retryable` is tried again within the workload's policy. Any other exception of the
    function counts as retryable, because the house cannot know better.
    """

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


class GaveWay(BaseException):
    """An attempt's way out before its end, raised by its context; let it pass, after tidying up if need be."""


class Cancelled(GaveWay):
    """Raised by `ctx.checkpoint()` when the task shall stop; let it pass."""


class Parked(GaveWay):
    """Raised by `ctx.checkpoint()` when the task shall be set aside; let it pass."""


class Asked(GaveWay):
    """Raised by `ctx.ask()` when there is no answer yet; let it pass."""

    def __init__(self, key: str, question: Json, within: float | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.question = question
        self.within = within


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A resource that an input names by its number; `loc` is where in the input.

    `otherwise` says what may be given in its place, for one that is not there.
    """

    kind: str
    number: int
    loc: tuple[str | int, ...] = ()
    otherwise: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A resource's document as it was when the task was submitted."""

    kind: str
    number: int
    id: str
    revision: int
    document: Json
    task_id: str | None = None
    result: Json = None
    """What running it gave, where its kind's documents count by that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A resource that an attempt has saved."""

    kind: str
    number: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A piece of work that a task hands on; `after` names the position of a sibling that must complete first."""

    kind: str
    input: Json
    after: int | None = None
    visibility: Visibility = Visibility.INTERNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Returned instead of a result: the children do the work, then `join` makes the result.

    With `on_child_failure="fail"` the first child that does not complete stops its siblings and fails the task;
    with `"join"` the join sees every child, failed ones included.
    """

    children: tuple[Child, ...]
    state: Json = None
    on_child_failure: Literal["fail", "join"] = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildResult:
    """What became of a child, in the order of `Split.children`."""

    position: int
    kind: str
    status: str
    result: Json
    error: Json
    input: Json = None
    """What a predecessor was given to do; None for children."""


class Window(Protocol):
    """What the context of any workload shows and takes without waiting."""

    @property
    def task_id(self) -> str:
        """Name the task."""

    @property
    def attempt(self) -> int:
        """Count the attempts, from 1."""

    @property
    def references(self) -> Sequence[Pinned]:
        """Give the documents that the input referred to, pinned at submission."""

    @property
    def secrets(self) -> Mapping[str, Json]:
        """Give what was sent for the work and is shown to nobody; empty when nothing was."""

    @property
    def predecessor(self) -> ChildResult | None:
        """Give what became of the task that this one came after, if it came after one."""

    @property
    def settings(self) -> Mapping[str, Json]:
        """Give what the operator has set for workloads of this kind; empty when nothing was."""

    @property
    def told(self) -> Sequence[Json]:
        """Give the messages that were sent to the work until now, in order; read it again for those that come later.

        A later attempt finds all of them at its beginning.
        """

    def progress(self, percent: float, stage: str | None = None) -> None:
        """Say how much is done, 0 to 100, and optionally what is being done."""

    def emit(self, body: Mapping[str, Json]) -> None:
        """Write a message of the workload's own words into the task's log."""

    def is_cancelled(self) -> bool:
        """Say whether the task shall stop."""

    def is_pausing(self) -> bool:
        """Say whether the next checkpoint will set the task aside, so that what should be kept can be stored."""


class Context(Window, Protocol):
    """What a CPU workload's function is given: a narrow window on its own task."""

    def step(self, key: str, function: Callable[[], T]) -> T:
        """Run the function once and store its JSON result; a later attempt gets the stored result."""

    def checkpoint(self) -> None:
        """Give way here if the task shall stop or be set aside.

        Raises
        ------
        Cancelled
            When a cancel, a deadline or a shutdown asks for it.
        Parked
            When a pause asks for it; after it the function is called again from its start, and steps are replayed.
        """

    def ask(self, key: str, question: Json, within: float | None = None) -> Json:
        """Return the answer to a question, or end the attempt until somebody has given it.

        The function is called again from its start when there is an answer, and steps are replayed. The answer is
        kept as the step of that key. When nobody has answered after `within` seconds, the answer is None.

        Raises
        ------
        Asked
            When there is no answer yet.
        Failure
            With the code ``invalid_question`` when the key or the question cannot be stored.
        """

    def save(self, kind: str, document: Json, *, key: str, is_draft: bool = False) -> Saved:
        """Save a resource in the task's workspace; the same key saves it once, over all attempts.

        A draft may lack what its kind needs before it can be run.

        Raises
        ------
        Failure
            With the code ``invalid_resource`` when its kind complains about the document.
        """

    def put(self, content: bytes) -> str:
        """Store immutable bytes and return their SHA-256 name; the result may refer to it.

        The function may go on while they are being stored: all words of the context that could refer to them wait
        for that, as does the task's end, and raise `Failure` when the disk has not taken them.
        """

    def get(self, sha256: str) -> bytes:
        """Read the bytes of that name."""

    def search(self, query: str, *, limit: int = 10) -> Found:
        """Find passages in the documents of the task's workspace, the best first; the query is plain words.

        Raises
        ------
        Failure
            With the code ``no_library`` where there is none; retryable when the library does not answer.
        """


class AsyncContext(Window, Protocol):
    """The same window for an IO workload's coroutine function; what may wait is awaited."""

    async def step(self, key: str, function: Callable[[], Any]) -> Any:
        """Await the coroutine function once and store its JSON result; a later attempt gets the stored result."""

    async def checkpoint(self) -> None:
        """Give way here if the task shall stop or be set aside."""

    async def ask(self, key: str, question: Json, within: float | None = None) -> Json:
        """Return the answer to a question, or end the attempt until somebody has given it."""

    async def save(self, kind: str, document: Json, *, key: str, is_draft: bool = False) -> Saved:
        """Save a resource in the task's workspace; the same key saves it once, over all attempts."""

    async def put(self, content: bytes) -> str:
        """Store immutable bytes and return their SHA-256 name; the result may refer to it."""

    async def get(self, sha256: str) -> bytes:
        """Read the bytes of that name."""

    async def search(self, query: str, *, limit: int = 10) -> Found:
        """Find passages in the documents of the task's workspace, the best first; the query is plain words."""


def _nothing(_: Json) -> Sequence[Reference]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A trade: what it is called, what it takes and gives, and the function that does it.

    Schemas are JSON Schema (2020-12). A CPU function is `run(input, ctx)` and is called in a child process of its
    own; an IO function is a coroutine function with the same arguments and shares one child. The function must be
    importable by name from its module, because a child imports it anew.
    """

    kind: str
    run: Callable[..., Any]
    join: Callable[..., Any] | None = None
    """`join(input, children, state, ctx)`, called when the children that `run` returned have ended."""
    where: Literal["cpu", "io"] = "cpu"
    title: str = ""
    input_schema: Mapping[str, Json] = field(default_factory=dict)
    """Says what is taken; without one, any JSON."""
    output_schema: Mapping[str, Json] = field(default_factory=dict)
    check: Callable[[Json], Sequence[Complaint]] | None = None
    """Find what the schema cannot say; it must not raise for any JSON."""
    check_result: Callable[[Json, Json], Sequence[Complaint]] | None = None
    """Find what keeps a result from being one for the input, before it is recorded; it must not raise for any JSON.

    A result that is complained about is a failure with the code ``invalid_answer``, tried again within `retry`."""
    references: Callable[[Json], Sequence[Reference]] = _nothing
    alongside: tuple[str, ...] = ()
    """Kinds of which a workspace has one resource, number 1: where it exists it is pinned too."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    takes_brief: bool = False
    """Doors that take questions with what is wanted of the answer hand over all of it (`core.brief`), not its input
    alone; and what comes back must be a `core.brief.ANSWER` of the form that was wanted."""
    deadline: timedelta | None = None
    """How long a task may take from submission to its end, unless the caller says otherwise."""
    visibility: Visibility = Visibility.PUBLIC
    """Internal kinds are made by other workloads only; no door takes them."""
    is_tool: bool = False
    """Small enough to be called by itself and waited for; doors list it apart from the kinds that are asked for
    work."""
