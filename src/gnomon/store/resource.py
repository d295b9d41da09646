"""Resources: documents with revisions, links and a latest task."""

import dataclasses
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from gnomon.core.errors import Conflict, NotFound, PreconditionFailed
from gnomon.core.ports import NewDocument, Page, Reservation, ResourceQuery, RunResource
from gnomon.core.resource import NewResource, Resource
from gnomon.core.task import Json, Status
from gnomon.core.workload import Pinned, Saved
from gnomon.store.blob import link_blobs, those_kept
from gnomon.store.counter import next_number
from gnomon.store.cursor import read_cursor, write_cursor
from gnomon.store.ledger import Ledger
from gnomon.store.reservation import claim_made, find_made, reserve
from gnomon.store.row import Row, Value, dump, find_json, micros, moment

_COLUMNS = """resource.seq, resource.id, resource.workspace, resource.kind, resource.number, resource.name,
resource.revision, resource.document_revision, resource.latest_task_id, resource.latest_task_revision,
resource.created_at, resource.updated_at"""
_DOCUMENT = """resource_revision
ON resource_revision.resource = resource.seq AND resource_revision.revision = resource.document_revision"""
_WITHOUT = f"SELECT {_COLUMNS}, NULL FROM resource WHERE resource.deleted_at IS NULL AND "
_WITH = (
    f"SELECT {_COLUMNS}, resource_revision.document FROM resource JOIN {_DOCUMENT} "
    "WHERE resource.deleted_at IS NULL AND "
)
_NUMBER = "workspace = ? AND kind = ? AND number = ?"
_RESULT_OF = "SELECT result FROM task_result JOIN task ON task.seq = task_result.task WHERE task.id = ?"


def create(
    ledger: Ledger, new: NewResource, now: datetime, reservation: Reservation | None = None
) -> Resource:
    """Store a resource at revision 1, or find the one that its reservation has made."""
    if (made := claim_created(ledger, new.workspace, reservation, now)) is not None:
        return made
    reserve(ledger, new.workspace, reservation, new.id, now)
    return _insert(ledger, new, now, None)


def find_created(
    connection: sqlite3.Connection, workspace: str, reservation: Reservation | None
) -> Resource | None:
    """Return the resource that the same request has made; raises `NotFound` when it was deleted since."""
    return _read_made(connection, workspace, find_made(connection, workspace, reservation))


def claim_created(
    ledger: Ledger, workspace: str, reservation: Reservation | None, now: datetime
) -> Resource | None:
    """Return the resource that the same request has made, or that its guessed key may be answered with."""
    return _read_made(ledger.connection, workspace, claim_made(ledger, workspace, reservation, now))


def _read_made(connection: sqlite3.Connection, workspace: str, made: str | None) -> Resource | None:
    if made is None:
        return None
    resource = find_resource(connection, workspace, made)
    if resource is None:
        raise NotFound("What this request made was deleted since.")
    return resource


def create_and_run(ledger: Ledger, new: NewResource, task_id: str, now: datetime) -> Resource:
    """Store a resource at revision 1, which the task runs."""
    return _insert(ledger, new, now, task_id)


def run_again(ledger: Ledger, run: RunResource, task_id: str, now: datetime) -> Resource:
    """Let a task run a resource's document, the present one or the new one, under its next revision."""
    seq = _idle(ledger, run.workspace, run.kind, run.number, run.if_revision)
    ledger.execute(
        "UPDATE resource SET revision = revision + 1, latest_task_id = ?, latest_task_revision = revision + 1, "
        "updated_at = ? WHERE seq = ?",
        (task_id, micros(now), seq),
    )
    if run.edit is not None:
        _rewrite(ledger, seq, run.edit, now)
    return get(ledger.connection, run.workspace, run.kind, run.number)


def replace(
    ledger: Ledger,
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
    """Store a new document under the next revision; earlier ones stay, because tasks may have been run on them."""
    seq = _idle(ledger, workspace, kind, number, if_revision)
    ledger.execute(
        "UPDATE resource SET revision = revision + 1, updated_at = ? WHERE seq = ?", (micros(now), seq)
    )
    edit = NewDocument(document=document, name=name, links=tuple(links), blobs=tuple(blobs))
    _rewrite(ledger, seq, edit, now)
    return get(ledger.connection, workspace, kind, number)


def _rewrite(ledger: Ledger, seq: int, edit: NewDocument, now: datetime) -> None:
    """Store a new document as that of the present revision."""
    (resource_id,) = ledger.execute(
        "UPDATE resource SET document_revision = revision, name = ? WHERE seq = ? RETURNING id",
        (edit.name, seq),
    ).fetchone()
    ledger.execute(
        "INSERT INTO resource_revision (resource, revision, document, created_at) "
        "SELECT seq, revision, ?, ? FROM resource WHERE seq = ?",
        (dump(edit.document), micros(now), seq),
    )
    ledger.execute("DELETE FROM resource_link WHERE resource = ?", (seq,))
    _link(ledger, seq, edit.links)
    link_blobs(ledger, resource_id, edit.blobs)


def delete(ledger: Ledger, workspace: str, kind: str, number: int, now: datetime) -> None:
    """Hide a resource; its documents stay for the tasks that were run on them, and its blobs if those need them."""
    seq = _idle(ledger, workspace, kind, number)
    ledger.execute("UPDATE resource SET deleted_at = ? WHERE seq = ?", (micros(now), seq))
    ledger.execute("DELETE FROM blob_link WHERE owner_id = (SELECT id FROM resource WHERE seq = ?)", (seq,))


def save(ledger: Ledger, new: NewResource, now: datetime) -> Saved:
    """Store a resource that an attempt made, or find what the same origin has stored."""
    if new.origin is not None:
        found = ledger.row(
            "SELECT kind, number, id FROM resource WHERE origin_task_id = ? AND origin_key = ?", *new.origin
        )
        if found is not None:
            return Saved(kind=found[0], number=found[1], id=found[2])
    made = create(ledger, dataclasses.replace(new, blobs=those_kept(ledger, new.blobs)), now)
    return Saved(kind=made.kind, number=made.number, id=made.id)


def get(connection: sqlite3.Connection, workspace: str, kind: str, number: int) -> Resource:
    """Return a resource with its document; raises `NotFound`."""
    row = connection.execute(_WITH + _NUMBER, (workspace, kind, number)).fetchone()
    if row is None:
        raise NotFound(f"There is no {kind} {number}.")
    return _resource_of(row)


def find_resource(connection: sqlite3.Connection, workspace: str, resource_id: str) -> Resource | None:
    """Return the resource of that global id, with its document, if the workspace has it."""
    row = connection.execute(_WITH + "id = ? AND workspace = ?", (resource_id, workspace)).fetchone()
    return _resource_of(row) if row else None


def find_newest_linked(
    connection: sqlite3.Connection, workspace: str, kind: str, target_id: str
) -> Resource | None:
    """Return the newest resource of the kind that is linked to the target, without its document."""
    # The plus signs keep SQLite from walking all resources of the kind: the target's links are few.
    row = connection.execute(
        _WITHOUT + "seq IN (SELECT resource FROM resource_link WHERE target_id = ?) "
        "AND +workspace = ? AND +kind = ? ORDER BY +number DESC LIMIT 1",
        (target_id, workspace, kind),
    ).fetchone()
    return _resource_of(row) if row else None


def list_resources(connection: sqlite3.Connection, query: ResourceQuery) -> Page[Resource]:
    """List resources by number; the cursor is the last number seen."""
    (after,) = read_cursor(query.cursor, 1) or (0,)
    rows = connection.execute(
        (_WITH if query.with_documents else _WITHOUT)
        + "workspace = ? AND kind = ? AND number > ? ORDER BY number LIMIT ?",
        (query.workspace, query.kind, after, query.limit + 1),
    ).fetchall()
    records = [_resource_of(row) for row in rows[: query.limit]]
    return Page(records=records, next=write_cursor(records[-1].number) if len(rows) > query.limit else None)


def read_pinned(
    connection: sqlite3.Connection, resource_id: str, revision: int, task_id: str | None = None
) -> Pinned:
    """Return a resource's document as it was at a revision, and a task's result; raises `NotFound`."""
    row = connection.execute(
        "SELECT kind, number, id, ?, document FROM resource JOIN resource_revision ON resource = seq "
        "WHERE id = ? AND resource_revision.revision <= ? ORDER BY resource_revision.revision DESC LIMIT 1",
        (revision, resource_id, revision),
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no resource {resource_id} at revision {revision}.")
    found = connection.execute(_RESULT_OF, (task_id,)).fetchone() if task_id is not None else None
    return Pinned(
        kind=row[0],
        number=row[1],
        id=row[2],
        revision=row[3],
        document=find_json(row[4]),
        task_id=task_id,
        result=find_json(found[0]) if found else None,
    )


def _insert(ledger: Ledger, new: NewResource, now: datetime, task_id: str | None) -> Resource:
    number, at = next_number(ledger, new.workspace, new.kind), micros(now)
    origin: Sequence[Value] = new.origin or (None, None)
    seq = ledger.execute(
        "INSERT INTO resource (id, workspace, kind, number, name, revision, document_revision, latest_task_id, "
        "latest_task_revision, created_at, updated_at, origin_task_id, origin_key) "
        "VALUES (?, ?, ?, ?, ?, 1, 1, ?, ?, ?, ?, ?, ?)",
        (new.id, new.workspace, new.kind, number, new.name, task_id, 1 if task_id else None, at, at, *origin),
    ).lastrowid
    assert seq is not None
    ledger.execute(
        "INSERT INTO resource_revision (resource, revision, document, created_at) VALUES (?, 1, ?, ?)",
        (seq, dump(new.document), at),
    )
    _link(ledger, seq, new.links)
    link_blobs(ledger, new.id, new.blobs)
    return get(ledger.connection, new.workspace, new.kind, number)


def _link(ledger: Ledger, seq: int, targets: Sequence[str]) -> None:
    ledger.connection.executemany(
        "INSERT OR IGNORE INTO resource_link (target_id, resource) VALUES (?, ?)", [(t, seq) for t in targets]
    )


def _idle(ledger: Ledger, workspace: str, kind: str, number: int, if_revision: int | None = None) -> int:
    """Return the row of a resource that no active task runs."""
    found = ledger.row(
        "SELECT resource.seq, task.id, task.status, resource.revision FROM resource "
        "LEFT JOIN task ON task.id = resource.latest_task_id "
        "WHERE resource.workspace = ? AND resource.kind = ? AND resource.number = ? AND deleted_at IS NULL",
        workspace,
        kind,
        number,
    )
    if found is None:
        raise NotFound(f"There is no {kind} {number}.")
    if found[2] is not None and Status(found[2]).is_active:
        raise Conflict(f"Task {found[1]} of {kind} {number} is {found[2]}; wait for it, or cancel it first.")
    if if_revision is not None and found[3] != if_revision:
        raise PreconditionFailed(
            f"{kind} {number} is at revision {found[3]}, not {if_revision}; read it and decide anew."
        )
    return int(found[0])


def _resource_of(row: Row) -> Resource:
    return Resource(
        id=row[1],
        workspace=row[2],
        kind=row[3],
        number=row[4],
        name=row[5],
        revision=row[6],
        document_revision=row[7],
        latest_task_id=row[8],
        latest_task_revision=row[9],
        created_at=moment(row[10]),
        updated_at=moment(row[11]),
        document=find_json(row[12]),
    )
