"""The store on SQLite: each verb goes to the one writer, each question to a reader."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gnomon.core.access import Key, Workspace
from gnomon.core.blob import Blob
from gnomon.core.hub import Hub
from gnomon.core.ports import Founding, Page, Reservation, Reserved, ResourceQuery
from gnomon.core.resource import NewResource, Resource
from gnomon.core.task import Json
from gnomon.store import access, blob
from gnomon.store import resource as documents
from gnomon.store.driver import Readers, Shelf, Writer
from gnomon.store.folder import BlobFolder
from gnomon.store.group import GroupShelf
from gnomon.store.hook.shelf import HookShelf
from gnomon.store.ledger import Ledger
from gnomon.store.lock import FolderLock
from gnomon.store.reservation import find_reserved, sweep_reservations
from gnomon.store.schedule import ScheduleShelf
from gnomon.store.schema import prepare
from gnomon.store.session import SessionShelf
from gnomon.store.task.shelf import TaskShelf, WorkShelf
from gnomon.store.tenancy import MemberShelf
from gnomon.store.workspace import create_workspace, list_workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteResources(Shelf):
    """The shelf of resources."""

    async def create(
        self, resource: NewResource, now: datetime, reservation: Reservation | None = None
    ) -> Resource:
        """Store a resource at revision 1, or find the one that its reservation has made."""
        return await self.writer.run(documents.create, resource, now, reservation)

    async def find_created(self, workspace: str, reservation: Reservation, now: datetime) -> Resource | None:
        """Return the resource that the same request has made; raises `ReservationReused` and `NotFound`."""
        if reservation.tries:
            return await self.writer.run(documents.claim_created, workspace, reservation, now)
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
        if_revision: int | None = None,
    ) -> Resource:
        """Store a new document under the next revision; raises `NotFound`, `Conflict`, `PreconditionFailed`."""
        return await self.writer.run(
            documents.replace, workspace, kind, number, document, links, blobs, name, now, if_revision
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteStore(TaskShelf, WorkShelf, GroupShelf, HookShelf):
    """All of the cellar in one data folder, which it owns until it is closed."""

    blobs: BlobFolder
    lock: FolderLock
    resources: SqliteResources
    schedules: ScheduleShelf
    sessions: SessionShelf
    members: MemberShelf
    known: access.Acquaintance = field(repr=False)

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
        known = access.Acquaintance()
        return cls(
            writer=writer,
            readers=readers,
            blobs=blobs,
            lock=lock,
            resources=SqliteResources(writer=writer, readers=readers),
            schedules=ScheduleShelf(writer=writer, readers=readers),
            sessions=SessionShelf(writer=writer, readers=readers),
            members=MemberShelf(writer=writer, readers=readers, known=known),
            known=known,
        )

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

    async def create_workspace(
        self,
        workspace: Workspace,
        keys: Sequence[Key],
        sealed: str | None = None,
        founding: Founding | None = None,
    ) -> Workspace:
        """Store a workspace, its first keys and its webhook secret; raises `Conflict` and `QuotaExceeded`."""
        verb = self.writer.run(create_workspace, workspace, keys, sealed, founding)
        return await self.known.changing(verb)

    async def list_workspaces(self) -> Sequence[Workspace]:
        """List all workspaces, oldest first."""
        return await self.readers.run(list_workspaces)

    async def find_key(self, public_id: str) -> Key | None:
        """Return the key of that public part."""
        return await self.known.keys.find(public_id, lambda: self.readers.run(access.find_key, public_id))

    async def create_key(self, key: Key) -> Key:
        """Store a key; raises `NotFound` when there is no such workspace."""
        return await self.known.changing(self.writer.run(access.create_key, key))

    async def list_keys(self, workspace: str) -> Sequence[Key]:
        """List a workspace's keys, oldest first, revoked ones included."""
        return await self.readers.run(access.list_keys, workspace)

    async def end_key(
        self, workspace: str, public_id: str, now: datetime, *, at: datetime, is_forced: bool = False
    ) -> Key:
        """Let a key be valid until then at most; raises `NotFound` and `Conflict`."""
        verb = self.writer.run(access.end_key, workspace, public_id, now, at=at, is_forced=is_forced)
        return await self.known.changing(verb)

    async def touch_keys(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last used."""
        await self.writer.run(access.touch_keys, used)

    async def use_once(self, workspace: str, name: str, now: datetime) -> bool:
        """Say whether nobody has used the name before; from now on somebody has."""
        return await self.writer.run(access.use_once, workspace, name, now)

    async def find_reserved(self, workspace: str, key: str) -> Reserved | None:
        """Return what an idempotency key has made."""
        return await self.readers.run(find_reserved, workspace, key)

    async def sweep_reservations(self, older_than: datetime, limit: int) -> int:
        """Forget reservations of before then; return how many."""
        return await self.writer.run(sweep_reservations, older_than, limit)

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
