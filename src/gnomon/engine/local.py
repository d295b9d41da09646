"""The same context in memory: for `gnomon run`, and for the tests of a workload.

The function runs here, in this process, on this thread; children run one after another. What goes through the pipe
elsewhere is written as JSON and read back here too, so that a workload which works here works there.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gnomon.core.blob import name_of
from gnomon.core.library import Found
from gnomon.core.resource import ResourceKind
from gnomon.core.retry import internal_asked
from gnomon.core.task import Json, Visibility
from gnomon.core.workload import Child, ChildResult, Failure, Pinned, Saved, Split, Workload
from gnomon.engine.child.ending import JSON_LIMIT, find_not_json, too_large
from gnomon.engine.child.pipe import to_json
from gnomon.engine.child.question import refuse_question
from gnomon.engine.child.secrets import NO_SECRETS, Secrets
from gnomon.engine.ending import dispute

_NO_ANSWERS: Mapping[str, Json] = MappingProxyType({})
_NO_KINDS: Mapping[str, ResourceKind] = MappingProxyType({})
_NO_SETTINGS: Mapping[str, Json] = MappingProxyType({})

Search = Callable[[str, int], Found]


@dataclass(slots=True, kw_only=True)
class Log:
    """What a run has said and made."""

    on_progress: Callable[[float, str | None], None] | None = None
    progress: list[tuple[float, str | None]] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    documents: dict[str, Json] = field(default_factory=dict)
    """What was saved, by key."""


def run_locally(
    workload: Workload,
    order: Json,
    *,
    references: Sequence[Pinned] = (),
    blobs: Path,
    others: Iterable[Workload] = (),
    log: Log | None = None,
    answers: Mapping[str, Json] = _NO_ANSWERS,
    kinds: Mapping[str, ResourceKind] = _NO_KINDS,
    secrets: Mapping[str, Json] = NO_SECRETS,
    predecessor: ChildResult | None = None,
    settings: Mapping[str, Json] = _NO_SETTINGS,
    search: Search | None = None,
    told: Sequence[Json] = (),
) -> Json:
    """Run a workload to its result, its children and its join included.

    Parameters
    ----------
    workload
        What to run.
    order
        The task's input.
    references
        The documents that the input refers to; children see them too.
    blobs
        A folder for what is put, one file per blob; it must exist.
    others
        The workloads of the kinds that this one may split into.
    log
        Collects progress, messages and saved documents.
    answers
        What to answer, by the key of the question; public children find theirs there too.
    kinds
        The kinds that saved documents are checked against; a document of another kind is not checked.
    secrets
        What is sent for the work and shown to nobody; children are given it too.
    predecessor
        What became of the task that this one comes after.
    settings
        What an operator would set for the kind; children see it too.
    search
        Finds passages for a query, a limit given; None where there is no library.
    told
        The messages that were sent to the work; children are not told them.

    Raises
    ------
    Failure
        What the function raised, or `invalid_result`, `invalid_split` and `invalid_answer` as the engine would say;
        `question_open` when it asks what `answers` does not hold; but a question that may lapse has lapsed.
    """
    run = _Run(
        workloads={each.kind: each for each in (*others, workload)},
        references=tuple(references),
        blobs=blobs,
        log=log or Log(),
        answers=answers,
        kinds=kinds,
        secrets=Secrets(as_stored(dict(secrets), "secrets")),
        settings=as_stored(dict(settings), "settings"),
        search=search,
        told=tuple(as_stored(list(told), "messages")),
    )
    return run.perform(workload, order, predecessor)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    workloads: Mapping[str, Workload]
    references: tuple[Pinned, ...]
    blobs: Path
    log: Log
    answers: Mapping[str, Json]
    kinds: Mapping[str, ResourceKind]
    secrets: Secrets
    settings: Mapping[str, Json]
    search: Search | None
    told: tuple[Json, ...] = ()
    visibility: Visibility = Visibility.PUBLIC

    def perform(self, workload: Workload, order: Json, predecessor: ChildResult | None = None) -> Json:
        """Run, and join if it split."""
        order = as_stored(order, "input")
        value = self._call(workload, workload.run, predecessor, order)
        if not isinstance(value, Split):
            return _result(workload, order, value)
        if workload.join is None:
            raise Failure("invalid_split", f"{workload.kind!r} returned a Split and has no join.")
        children = self._children(value)
        state = as_stored(value.state, "state")
        joined = self._call(workload, workload.join, predecessor, order, children, state)
        return _result(workload, order, joined)

    def _children(self, split: Split) -> tuple[ChildResult, ...]:
        results: list[ChildResult] = []
        for position, child in enumerate(split.children):
            before = None if child.after is None else _predecessor(split, results, child.after)
            result = self._child(position, child, before)
            if result.error is not None and split.on_child_failure == "fail":
                raise Failure("child_failed", f"Child {position} failed: {result.error['message']}")
            results.append(result)
        return tuple(results)

    def _child(self, position: int, child: Child, before: ChildResult | None) -> ChildResult:
        kind = child.kind
        if kind not in self.workloads:
            raise Failure("invalid_split", f"Child {position} is of the kind {kind!r}, which was not given.")
        if before is not None and before.status != "completed":
            error = {"code": "predecessor_failed", "message": "What it came after did not complete."}
            return ChildResult(position=position, kind=kind, status="failed", result=None, error=error)
        try:
            run = replace(self, visibility=child.visibility, told=())
            result = run.perform(self.workloads[kind], child.input, before)
        except Failure as failure:
            error = {"code": failure.code, "message": failure.message}
            return ChildResult(position=position, kind=kind, status="failed", result=None, error=error)
        return ChildResult(position=position, kind=kind, status="completed", result=result, error=None)

    def _call(
        self,
        workload: Workload,
        function: Callable[..., Any],
        predecessor: ChildResult | None,
        *arguments: Json,
    ) -> Any:
        if workload.where == "cpu":
            return function(*arguments, LocalContext(self, predecessor))
        return asyncio.run(function(*arguments, LocalAsyncContext(self, predecessor)))


def _result(workload: Workload, order: Json, value: Json) -> Json:
    result = as_stored(value, "result")
    if workload.check_result is not None and (complaints := workload.check_result(order, result)):
        raise Failure("invalid_answer", dispute(complaints), retryable=True)
    return result


def _predecessor(split: Split, results: Sequence[ChildResult], position: int) -> ChildResult:
    return replace(results[position], input=as_stored(split.children[position].input, "input"))


class _Window:
    """What both local contexts have: facts, and words that nobody waits for."""

    def __init__(self, run: _Run, predecessor: ChildResult | None) -> None:
        self._run = run
        self._steps: dict[str, Json] = {}
        self.predecessor = predecessor
        self.references: Sequence[Pinned] = run.references
        self.secrets: Mapping[str, Json] = run.secrets
        self.settings: Mapping[str, Json] = run.settings
        self.told: Sequence[Json] = run.told
        self.task_id = f"local_{time.monotonic_ns()}"
        self.attempt = 1

    def progress(self, percent: float, stage: str | None = None) -> None:
        """Note how much is done."""
        self._run.log.progress.append((percent, stage))
        if self._run.log.on_progress is not None:
            self._run.log.on_progress(percent, stage)

    def emit(self, body: Mapping[str, Json]) -> None:
        """Note a message."""
        self._run.log.messages.append(as_stored(dict(body), "message"))

    def is_cancelled(self) -> bool:
        """Say no: nobody can ask."""
        return False

    def is_pausing(self) -> bool:
        """Say no: nobody can ask."""
        return False

    def _answer(self, key: str, question: Json, within: float | None) -> Json:
        if key in self._steps:
            return self._steps[key]
        refuse_question(key, question, within)
        if self._run.visibility is Visibility.INTERNAL:
            refused = internal_asked(key)
            raise Failure(refused.code, refused.message)
        if key not in self._run.answers and within is None:
            message = f"It asks {key!r}: {to_json(question).decode()}. Give answers={{{key!r}: ...}}."
            raise Failure("question_open", message)
        self._steps[key] = as_stored(self._run.answers.get(key), f"answer to {key!r}")
        return self._steps[key]

    def _check(self, kind: str, document: Json, *, is_draft: bool) -> None:
        if kind in self._run.kinds and (
            complaints := self._run.kinds[kind].find_faults(document, is_draft=is_draft)
        ):
            raise Failure("invalid_resource", "; ".join(complaint.message for complaint in complaints))

    def _save(self, kind: str, document: Json, key: str, *, is_draft: bool) -> Saved:
        self._check(kind, as_stored(document, "document"), is_draft=is_draft)
        documents = self._run.log.documents
        documents.setdefault(key, as_stored(document, "document"))
        number = list(documents).index(key) + 1
        return Saved(kind=kind, number=number, id=str(number))

    def _put(self, content: bytes) -> str:
        name = name_of(content)
        (self._run.blobs / name).write_bytes(content)
        return name

    def _search(self, query: str, limit: int) -> Found:
        if self._run.search is None:
            raise Failure("no_library", "There is no library of documents here; give search=.")
        return self._run.search(query, limit)

    def _get(self, sha256: str) -> bytes:
        try:
            return (self._run.blobs / sha256).read_bytes()
        except FileNotFoundError as error:
            raise Failure("not_found", f"There is no blob {sha256}.") from error


class LocalContext(_Window):
    """The context of a CPU workload, in memory."""

    def step(self, key: str, function: Callable[[], Any]) -> Any:
        """Run the function once per key."""
        if key not in self._steps:
            self._steps[key] = as_stored(function(), key)
        return self._steps[key]

    def checkpoint(self) -> None:
        """Go on."""

    def ask(self, key: str, question: Json, within: float | None = None) -> Json:
        """Return the answer that was given beforehand; raises `Failure` when there is none."""
        return self._answer(key, question, within)

    def save(self, kind: str, document: Json, *, key: str, is_draft: bool = False) -> Saved:
        """Note a document; the same key notes it once."""
        return self._save(kind, document, key, is_draft=is_draft)

    def put(self, content: bytes) -> str:
        """Write a file named by the bytes."""
        return self._put(content)

    def get(self, sha256: str) -> bytes:
        """Read the file of that name."""
        return self._get(sha256)

    def search(self, query: str, *, limit: int = 10) -> Found:
        """Search what was given for it."""
        return self._search(query, limit)


class LocalAsyncContext(_Window):
    """The context of an IO workload, in memory."""

    async def step(self, key: str, function: Callable[[], Any]) -> Any:
        """Await the coroutine function once per key."""
        if key not in self._steps:
            self._steps[key] = as_stored(await function(), key)
        return self._steps[key]

    async def checkpoint(self) -> None:
        """Let others run."""
        await asyncio.sleep(0)

    async def ask(self, key: str, question: Json, within: float | None = None) -> Json:
        """Return the answer that was given beforehand; raises `Failure` when there is none."""
        return self._answer(key, question, within)

    async def save(self, kind: str, document: Json, *, key: str, is_draft: bool = False) -> Saved:
        """Note a document; the same key notes it once."""
        return self._save(kind, document, key, is_draft=is_draft)

    async def put(self, content: bytes) -> str:
        """Write a file named by the bytes."""
        return self._put(content)

    async def get(self, sha256: str) -> bytes:
        """Read the file of that name."""
        return self._get(sha256)

    async def search(self, query: str, *, limit: int = 10) -> Found:
        """Search what was given for it."""
        return self._search(query, limit)


def as_stored(value: Json, what: str) -> Json:
    """Return the value as it comes back from the store.

    Raises
    ------
    Failure
        When it is not JSON (the message names the place), or too large.
    """
    try:
        text = to_json(value)
    except (ValueError, TypeError, RecursionError) as error:
        where = find_not_json(value, what) or "it refers to itself"
        raise Failure("invalid_result", f"The {what} is not JSON: {where}.") from error
    if len(text) > JSON_LIMIT:
        raise too_large(f"The {what}", len(text))
    return json.loads(text)
