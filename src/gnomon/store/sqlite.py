"""The store on SQLite: each verb goes to the one writer, each question to a reader."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gnomon.core.access import Key, Workspace
from gnomon.core.blob import Blob
from gnomon.core.event import Event
from gnomon.core.hub import Hub
from gnomon.core.ports import (
    Attempt,
    Claim,
    Finish,
    Holding,
    Load,
    Page,
    Report,
    Reservation,
    ResourceQuery,
    Submit,
    Submitted,
    Swept,
    TaskQuery,
)
from gnomon.core.resource import NewResource, Resource
from gnomon.core.task import Json, Task
from gnomon.core.workload import Saved
from gnomon.store import access, blob
from gnomon.store import resource as documents
from gnomon.store.driver import Readers, Writer
from gnomon.store.folder import BlobFolder
from gnomon.store.hook.shelf import SqliteHooks
from gnomon.store.ledger import Ledger
from gnomon.store.lock import FolderLock
from gnomon.store.schema import prepare
from gnomon.store.task import claim, listing, load, read, sweep
from gnomon.store.task.cancel import cancel
from gnomon.store.task.finish import finish
from gnomon.store.task.submit import find_submitted, submit


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteResources:
    """The shelf of resources."""

    writer: Writer
    readers: Readers

    async def create(
        self, resource: NewResource, now: datetime, reservation: Reservation | None = None
    ) -> Resource:
        """Store a resource at revision 1, or find the one that its reservation has made."""
        return await self.writer.run(documents.create, resource, now, reservation)

    async def find_created(self, workspace: str, reservation: Reservation) -> Resource | None:
        """Return the resource that the same request has made; raises `ReservationReused` and `NotFound`."""
        return await self.readers.run(documents.find_created, workspace, reservation)

    async def replace(
        self,
        workspace: str,
        kind: str,
        number: int,
        document: Json,
        links: Sequence[str],
        blobs: Sequence[str],
        name: str | None,
        now: datetime,
    ) -> Resource:
        """Store a new document under the next revision; raises `NotFound` and `Conflict`."""
        return await self.writer.run(
            documents.replace, workspace, kind, number, document, links, blobs, name, now
        )

    async def delete(self, workspace: str, kind: str, number: int, now: datetime) -> None:
        """Delete a resource; raises `NotFound` and `Conflict`."""
        await self.writer.run(documents.delete, workspace, kind, number, now)

    async def get(self, workspace: str, kind: str, number: int) -> Resource:
        """Return a resource with its document; raises `NotFound`."""
        return await self.readers.run(documents.get, workspace, kind, number)

    async def find_by_id(self, workspace: str, resource_id: str) -> Resource | None:
        """Return the resource of that global id, if the workspace has it."""
        return await self.readers.run(documents.find_resource, workspace, resource_id)

    async def find_newest_linked(self, workspace: str, kind: str, target_id: str) -> Resource | None:
        """Return the newest resource of the kind that is linked to the target, without its document."""
        return await self.readers.run(documents.find_newest_linked, workspace, kind, target_id)

    async def list(self, query: ResourceQuery) -> Page[Resource]:
        """List resources, oldest first."""
        return await self.readers.run(documents.list_resources, query)


_MOST_KNOWN_KEYS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteStore(SqliteHooks):
    """All of the cellar in one data folder, which it owns until it is closed."""

    blobs: BlobFolder
    lock: FolderLock
    resources: SqliteResources
    known_keys: dict[str, Key] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, data_dir: Path, hub: Hub) -> "SqliteStore":
        """Lock the folder, bring its database to the newest schema, and start the writer.

        Raises
        ------
        Unavailable
            When another process owns the folder.
        SchemaTooNew
            When a newer version of Gnomon wrote the database.
        """
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FolderLock(data_dir)
        try:
            database, blobs = data_dir / "gnomon.db", BlobFolder(data_dir / "blobs")
            database.touch(mode=0o600)  # what SQLite writes beside it gets the same mode
            prepare(database)
            writer, readers = Writer(database, hub, blobs), Readers(database)
        except BaseException:
            lock.release()
            raise
        shelf = SqliteResources(writer=writer, readers=readers)
        return cls(writer=writer, readers=readers, blobs=blobs, lock=lock, resources=shelf)

    async def close(self) -> None:
        """Finish what is queued, then close and let another process have the folder."""
        self.writer.stop()
        self.readers.stop()
        await asyncio.to_thread(self.readers.join)
        await asyncio.to_thread(self.writer.join)
        self.lock.release()

    async def ping(self) -> None:
        """Answer when a transaction can be committed; raises `Unavailable`."""
        await self.writer.run(_touch)

    async def submit(self, command: Submit) -> Submitted:
        """Store a task, its resource, its first event and its reservation."""
        return await self.writer.run(submit, command)

    async def find_submitted(self, workspace: str, reservation: Reservation) -> Submitted | None:
        """Return what the same request has submitted; raises `ReservationReused`."""
        return await self.readers.run(find_submitted, workspace, reservation)

    async def claim(self, command: Claim) -> Sequence[Task]:
        """Lease eligible tasks, by priority, then oldest first."""
        return await self.writer.run(claim.claim, command)

    async def load(self, holding: Holding) -> Load:
        """Read what a claimed attempt needs; raises `FenceLost`."""
        return await self.readers.run(load.load, holding)

    async def extend(self, holdings: Sequence[Holding], until: datetime) -> Sequence[Holding]:
        """Prolong leases and return those that are still held."""
        return await self.writer.run(claim.extend, holdings, until)

    async def report(self, command: Report) -> Task:
        """Record progress and messages; raises `FenceLost`."""
        return await self.writer.run(claim.report, command)

    async def save_step(self, holding: Holding, key: str, result: Json) -> Json:
        """Store a step's result and return what is stored; raises `FenceLost`."""
        return await self.writer.run(claim.save_step, holding, key, result)

    async def save_resource(self, holding: Holding, resource: NewResource, now: datetime) -> Saved:
        """Store a resource that an attempt made; raises `FenceLost`."""
        return await self.writer.run(claim.save_resource, holding, resource, now)

    async def finish(self, command: Finish) -> Task:
        """Record an attempt's ending and what follows from it; raises `FenceLost`."""
        return await self.writer.run(finish, command)

    async def cancel(self, workspace: str, task_id: str, now: datetime) -> Task:
        """Ask a task and its descendants to stop; raises `NotFound`."""
        return await self.writer.run(cancel, workspace, task_id, now)

    async def sweep(self, now: datetime) -> Swept:
        """Do what time asks for."""
        return await self.writer.run(sweep.sweep, now)

    async def recover(self, now: datetime) -> int:
        """Take back every lease at start-up."""
        return await self.writer.run(sweep.recover, now)

    async def get_task(self, workspace: str, task_id: str) -> Task:
        """Return a task with its result; raises `NotFound`."""
        return await self.readers.run(read.read_task, workspace, task_id)

    async def get_task_by_number(self, workspace: str, number: int) -> Task:
        """Return a task by its number; raises `NotFound`."""
        return await self.readers.run(read.read_task_by_number, workspace, number)

    async def list_tasks(self, query: TaskQuery) -> Page[Task]:
        """List tasks, newest first."""
        return await self.readers.run(listing.list_tasks, query)

    async def list_children(self, workspace: str, task_id: str) -> Sequence[Task]:
        """List a task's children by position; raises `NotFound`."""
        return await self.readers.run(read.list_children, workspace, task_id)

    async def list_events(self, workspace: str, task_id: str, after: int, limit: int) -> Sequence[Event]:
        """List events numbered above `after`, in order; raises `NotFound`."""
        return await self.readers.run(read.list_events, workspace, task_id, after, limit)

    async def list_attempts(self, workspace: str, task_id: str) -> Sequence[Attempt]:
        """List attempts in order; raises `NotFound`."""
        return await self.readers.run(read.list_attempts, workspace, task_id)

    async def create_workspace(self, workspace: Workspace, keys: Sequence[Key]) -> Workspace:
        """Store a workspace and its first keys; raises `Conflict`."""
        self.known_keys.clear()
        return await self.writer.run(access.create_workspace, workspace, keys)

    async def list_workspaces(self) -> Sequence[Workspace]:
        """List all workspaces, oldest first."""
        return await self.readers.run(access.list_workspaces)

    async def find_key(self, public_id: str) -> Key | None:
        """Return the key of that public part.

        Every request asks for one, so found ones are remembered. No other process writes to this folder, and a
        verb that changes keys forgets them all.
        """
        if (known := self.known_keys.get(public_id)) is not None:
            return known
        found = await self.readers.run(access.find_key, public_id)
        if found is not None and len(self.known_keys) < _MOST_KNOWN_KEYS:
            self.known_keys[public_id] = found
        return found

    async def put_blob(self, content: bytes) -> Blob:
        """Store bytes durably before returning; raises `Unavailable`."""
        return await asyncio.to_thread(self.blobs.put, content)

    async def get_blob(self, sha256: str) -> bytes:
        """Return the bytes; raises `NotFound`."""
        return await asyncio.to_thread(self.blobs.get, sha256)

    @property
    def staging(self) -> Path:
        """Name the folder where files may be left to be adopted."""
        return self.blobs.staging

    async def adopt_blob(self, name: str, blob: Blob) -> Blob:
        """Make a file of the staging folder a blob; raises `Unavailable`."""
        return await asyncio.to_thread(self.blobs.adopt, name, blob)

    async def find_blob_file(self, sha256: str) -> Path:
        """Return the file that holds the bytes; raises `NotFound`."""
        return await asyncio.to_thread(self.blobs.find, sha256)

    async def sweep_blobs(self, older_than: datetime) -> int:
        """Remove blobs that nothing refers to and that were stored before then; return how many."""
        await asyncio.to_thread(self.blobs.sweep_staging, older_than)
        old = await asyncio.to_thread(self.blobs.list_old, older_than)
        return await self.writer.run(blob.sweep_blobs, old, older_than) if old else 0


def _touch(ledger: Ledger) -> None:
    ledger.execute(
        "INSERT INTO counter (workspace, noun, value) VALUES ('', 'ping', 1) "
        "ON CONFLICT DO UPDATE SET value = value + 1"
    )
