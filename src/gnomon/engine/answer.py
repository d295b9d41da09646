"""What the server answers to a running attempt: every word is written through the store, with the fence."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from gnomon.core.blob import Blob
from gnomon.core.errors import Complaint, FenceLost, GnomonError, Invalid, NotFound, Unavailable
from gnomon.core.fold import large_members, with_marks
from gnomon.core.library import found_json
from gnomon.core.ports import Clock, Holding, Library, Report, Store
from gnomon.core.resource import NewResource, ResourceKind, resource_id
from gnomon.core.task import Json, Task
from gnomon.core.workload import Failure
from gnomon.engine.child.pipe import Frame
from gnomon.engine.children import Run

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Heard:
    """Progress and messages that have come since the last report."""

    progress: float | None = None
    stage: str | None = None
    messages: list[Json] = field(default_factory=list)
    is_empty: bool = True

    def add(self, message: Mapping[str, Json]) -> None:
        """Take in a one-way word; of several progress reports the last one counts."""
        self.is_empty = False
        if message["op"] == "emit":
            self.messages.append(message["body"])
        else:
            self.progress = message["percent"] if message["percent"] is not None else self.progress
            self.stage = message["stage"] or self.stage


class NoLibrary(NotFound):
    """There are no documents to search."""


class Desk:
    """Answers one attempt."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        kinds: Mapping[str, ResourceKind],
        task: Task,
        run: Run,
        library: Library | None = None,
    ) -> None:
        self._store = store
        self._library = library
        self._kinds = kinds
        self._clock = clock
        self._task = task
        self._holding = Holding(task_id=task.id, fence=task.fence)
        self._run = run
        self._answers: Mapping[str, Callable[[Frame], Awaitable[tuple[Json, bytes]]]] = {
            "step": self._save_step,
            "save": self._save_resource,
            "put": self._put,
            "adopt": self._adopt,
            "get": self._get,
            "search": self._search,
        }

    async def converse(self) -> Frame | None:
        """Answer until the child has said its last words, and return them; None when it went without.

        Raises
        ------
        FenceLost
            When the attempt no longer holds its task.
        """
        while frames := await self._run.receive():
            heard = Heard()
            for frame in frames:
                if frame.message["op"] in ("progress", "emit"):
                    heard.add(frame.message)
                    continue
                heard = await self._tell(heard)
                if frame.message["op"] == "ended":
                    return frame
                await self._answer(frame)
            await self._tell(heard)
        return None

    async def _tell(self, heard: Heard) -> Heard:
        if heard.is_empty:
            return heard
        report = Report(
            holding=self._holding,
            now=self._clock.now(),
            progress=heard.progress,
            stage=heard.stage,
            messages=tuple(heard.messages),
        )
        try:
            await self._store.report(report)
        except Unavailable as error:
            log.warning("report.dropped", extra={"task_id": self._task.id, "cause": error.message})
        return Heard()

    async def _answer(self, frame: Frame) -> None:
        ask = frame.message["ask"]
        try:
            value, content = await self._answers[frame.message["op"]](frame)
        except FenceLost:
            raise
        except GnomonError as error:
            self._run.send("reply", ask=ask, error=_refusal(error))
        else:
            self._run.send("reply", content, ask=ask, value=value)

    async def _save_step(self, frame: Frame) -> tuple[Json, bytes]:
        message = frame.message
        return await self._store.save_step(self._holding, message["key"], message["result"]), b""

    async def _save_resource(self, frame: Frame) -> tuple[Json, bytes]:
        message, now = frame.message, self._clock.now()
        kind = message["kind"]
        document = await self._accept(kind, message["document"], is_draft=message["is_draft"])
        large = await asyncio.to_thread(large_members, document)
        apart = {key: (await self._store.put_blob(content)).sha256 for key, content in large.items()}
        name = document.get("name") if isinstance(document, dict) else None
        resource = NewResource(
            id=resource_id(now, self._clock.chance(22)),
            workspace=self._task.workspace,
            kind=kind,
            document=with_marks(document, apart),
            name=name if isinstance(name, str) else None,
            links=await self._links(kind, document),
            blobs=(*message["blobs"], *apart.values()),
            origin=(self._task.id, message["key"]),
        )
        saved = await self._store.save_resource(self._holding, resource, now)
        return {"kind": saved.kind, "number": saved.number, "id": saved.id}, b""

    async def _accept(self, kind: str, document: Json, *, is_draft: bool) -> Json:
        """Refuse what the kind refuses from a client, and add what it adds: a record is as sound whoever wrote it."""
        if (meaning := self._kinds.get(kind)) is None:
            return document
        if complaints := await asyncio.to_thread(meaning.find_faults, document, is_draft=is_draft):
            raise Invalid(complaints)
        if is_draft and meaning.check_draft is not None:
            return document
        try:
            return await asyncio.to_thread(meaning.complete, document)
        except Failure as failure:
            raise Invalid([Complaint((), failure.message, failure.code)]) from failure

    async def _links(self, kind: str, document: Json) -> tuple[str, ...]:
        """Name the resources that a document refers to."""
        meaning = self._kinds.get(kind)
        references = meaning.references(document) if meaning else ()
        found = [
            await self._store.resources.get(self._task.workspace, reference.kind, reference.number)
            for reference in references
        ]
        return tuple(dict.fromkeys(resource.id for resource in found))

    async def _put(self, frame: Frame) -> tuple[Json, bytes]:
        return (await self._store.put_blob(frame.content)).sha256, b""

    async def _adopt(self, frame: Frame) -> tuple[Json, bytes]:
        message = frame.message
        blob = Blob(sha256=message["sha256"], size=message["size"])
        return (await self._store.adopt_blob(message["name"], blob)).sha256, b""

    async def _get(self, frame: Frame) -> tuple[Json, bytes]:
        """Answer with the file, or with the bytes where they are in none."""
        sha256 = frame.message["sha256"]
        file = await self._store.find_blob_file(sha256)
        return (str(file), b"") if file is not None else (None, await self._store.get_blob(sha256))

    async def _search(self, frame: Frame) -> tuple[Json, bytes]:
        if self._library is None:
            raise NoLibrary("This server has no library of documents.")
        message = frame.message
        found = await self._library.search(
            self._task.workspace, str(message["query"]), limit=int(message["limit"])
        )
        return found_json(found), b""


def _refusal(error: GnomonError) -> dict[str, Json]:
    codes = ((NoLibrary, "no_library"), (NotFound, "not_found"), (Invalid, "invalid_resource"))
    code = next((code for kind, code in codes if isinstance(error, kind)), "store_refused")
    return {"code": code, "message": error.message, "retryable": isinstance(error, Unavailable)}
