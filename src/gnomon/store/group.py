"""Groups: made empty, filled batch by batch, and asked for their members by the versions that those made."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gnomon.core.errors import NotFound
from gnomon.core.group import Group, NewGroup
from gnomon.core.ports import Added, AddMembers, Given, Member, MemberQuery, Reservation, Submit
from gnomon.core.task import Status
from gnomon.store.driver import Shelf
from gnomon.store.ledger import Ledger
from gnomon.store.reservation import claim_made, find_made, reserve
from gnomon.store.row import COLUMNS, Row, Value, dump, find_json, micros, moment, task_of
from gnomon.store.task.insert import take_seats
from gnomon.store.task.load import input_of
from gnomon.store.task.submit import make, refuse_too_many

_GROUP = """
SELECT id, workspace, metadata, version, created_at, updated_at FROM task_group WHERE id = ? AND workspace = ?
"""
_COUNTS = "SELECT status, is_started, count FROM task_group_count WHERE group_id = ? AND count > 0"

_FEW = 50
"""Members that are added as fast as anything else is done; more of them hold the writer for a while."""


def create_group(
    ledger: Ledger, new: NewGroup, now: datetime, reservation: Reservation | None = None
) -> Group:
    """Store an empty group, or find the one that the same request has made."""
    made = claim_made(ledger, new.workspace, reservation, now)
    if made is not None:
        return get_group(ledger.connection, new.workspace, made)
    at = micros(now)
    metadata = None if new.metadata is None else dump(new.metadata)
    ledger.execute(
        "INSERT INTO task_group (id, workspace, metadata, version, created_at, updated_at) "
        "VALUES (?, ?, ?, 0, ?, ?)",
        (new.id, new.workspace, metadata, at, at),
    )
    reserve(ledger, new.workspace, reservation, new.id, now)
    return get_group(ledger.connection, new.workspace, new.id)


def get_group(connection: sqlite3.Connection, workspace: str, group_id: str) -> Group:
    """Return a group with its counts; raises `NotFound`."""
    row = connection.execute(_GROUP, (group_id, workspace)).fetchone()
    if row is None:
        raise NotFound(f"There is no group {group_id}.")
    counts = connection.execute(_COUNTS, (group_id,))
    return Group(
        id=row[0],
        workspace=row[1],
        metadata=find_json(row[2]),
        version=row[3],
        counts={(Status(status), bool(is_started)): count for status, is_started, count in counts},
        created_at=moment(row[4]),
        updated_at=moment(row[5]),
    )


def add_members(ledger: Ledger, command: AddMembers) -> Added:
    """Store tasks as members in their order, or find those that the same request has added."""
    again = claim_added(ledger, command.workspace, command.reservation, command.now)
    if again is not None:
        return again
    count = len(command.members)
    refuse_too_many(ledger, command.workspace, command.most_active, count)
    before = get_group(ledger.connection, command.workspace, command.group_id).version
    seats = take_seats(ledger, command.workspace, command.group_id, command.now, count) if count else ()
    members = [_member(member, command) for member in command.members]
    tasks = [make(ledger, *one).task for one in zip(members, seats, strict=True)]
    made = f"{command.group_id}:{before + 1}:{before + count}"
    reserve(ledger, command.workspace, command.reservation, made, command.now)
    group = get_group(ledger.connection, command.workspace, command.group_id)
    return Added(group=group, task_ids=[task.id for task in tasks], before=before)


def _member(member: Submit, command: AddMembers) -> Submit:
    """Return a member that is in its place; the batch has been checked for room, and keeps the one reservation."""
    task, home = member.task, (command.workspace, command.group_id)
    if (task.workspace, task.group_id) == home and member.reservation is None:
        return member
    task = replace(task, workspace=command.workspace, group_id=command.group_id)
    return replace(member, task=task, reservation=None)


def find_added(
    connection: sqlite3.Connection, workspace: str, reservation: Reservation | None
) -> Added | None:
    """Return what the same request has added: the members that joined in the versions it made."""
    return _read_added(connection, workspace, find_made(connection, workspace, reservation))


def claim_added(
    ledger: Ledger, workspace: str, reservation: Reservation | None, now: datetime
) -> Added | None:
    """Return what the same request has added, or what its guessed key may be answered with."""
    return _read_added(ledger.connection, workspace, claim_made(ledger, workspace, reservation, now))


def _read_added(connection: sqlite3.Connection, workspace: str, made: str | None) -> Added | None:
    if made is None:
        return None
    group_id, first, last = made.split(":")
    rows = connection.execute(
        "SELECT id FROM task WHERE group_id = ? AND group_number BETWEEN ? AND ? ORDER BY group_number",
        (group_id, int(first), int(last)),
    )
    return Added(
        group=get_group(connection, workspace, group_id),
        task_ids=[task_id for (task_id,) in rows],
        before=int(first) - 1,
        is_replay=True,
    )


def list_members(connection: sqlite3.Connection, query: MemberQuery) -> Sequence[Member]:
    """List members in the order in which they joined; raises `NotFound`."""
    return _list(connection, query, "group_number")


def list_rested(connection: sqlite3.Connection, query: MemberQuery) -> Sequence[Member]:
    """List members in the order in which they came to rest last; raises `NotFound`."""
    return _list(connection, query, "rested_number")


def _list(connection: sqlite3.Connection, query: MemberQuery, number: str) -> Sequence[Member]:
    found = connection.execute(
        "SELECT 1 FROM task_group WHERE id = ? AND workspace = ?", (query.group_id, query.workspace)
    )
    if found.fetchone() is None:
        raise NotFound(f"There is no group {query.group_id}.")
    lanes = _lanes(query)
    if not lanes:
        return []
    values = [value for _, lane in lanes for value in (*lane, query.after, query.limit)]
    statement = _merge([where for where, _ in lanes], query, number)
    rows = connection.execute(statement, (*values, query.limit)).fetchall()
    return [_member_of(connection, row, query) for row in rows]


def _lanes(query: MemberQuery) -> Sequence[tuple[str, Sequence[Value]]]:
    """Return conditions that an index holds in the list's order: one for each status that is asked for."""
    if query.statuses is None:
        return [("group_id = ?", (query.group_id,))]
    return [
        ("group_id = ? AND status = ?", (query.group_id, status.value)) for status in sorted(query.statuses)
    ]


def _merge(lanes: Sequence[str], query: MemberQuery, number: str) -> str:
    """Write the query that takes a page from the lanes, and only then reads whole records."""
    beyond = f"{number} > ?"
    if query.is_started is not None:
        beyond += f" AND started_at IS {'NOT NULL' if query.is_started else 'NULL'}"
    one = "SELECT * FROM (SELECT seq, {} AS number FROM task WHERE {} AND {} ORDER BY {} LIMIT ?)"
    union = " UNION ALL ".join(one.format(number, lane, beyond, number) for lane in lanes)
    columns, tables = ["NULL"] * 3, ""
    if query.with_result:
        columns[0], tables = "result", " LEFT JOIN task_result ON task_result.task = task.seq"
    if query.with_input:
        columns[1:] = ["input", "wording"]
        tables += " LEFT JOIN task_input ON task_input.task = task.seq"
    return (
        f"SELECT {COLUMNS}, page.number, {', '.join(columns)} "
        f"FROM (SELECT * FROM ({union}) ORDER BY number LIMIT ?) AS page "
        f"CROSS JOIN task ON task.seq = page.seq{tables} ORDER BY page.number"
    )


def _member_of(connection: sqlite3.Connection, row: Row, query: MemberQuery) -> Member:
    number, result, given, wording = row[-4:]
    task = task_of(row, result)
    if not query.with_input:
        return Member(number=number, task=task)
    what = Given(input=input_of(connection, task, given), wording=find_json(wording))
    return Member(number=number, task=task, given=what)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupShelf(Shelf):
    """The shelf of groups: verbs go to the writer, questions to a reader."""

    async def create_group(
        self, new: NewGroup, now: datetime, reservation: Reservation | None = None
    ) -> Group:
        """Store an empty group; raises `ReservationReused`."""
        return await self.writer.run(create_group, new, now, reservation)

    async def get_group(self, workspace: str, group_id: str) -> Group:
        """Return a group with its counts; raises `NotFound`."""
        return await self.readers.run(get_group, workspace, group_id)

    async def find_added(self, workspace: str, reservation: Reservation, now: datetime) -> Added | None:
        """Return what the same request has added; raises `ReservationReused`."""
        if reservation.tries:
            return await self.writer.run(claim_added, workspace, reservation, now)
        return await self.readers.run(find_added, workspace, reservation)

    async def add_members(self, command: AddMembers) -> Added:
        """Store tasks as members; raises `NotFound`, `ReservationReused` and `QuotaExceeded`."""
        run = self.writer.run_alone if len(command.members) > _FEW else self.writer.run
        return await run(add_members, command)

    async def list_members(self, query: MemberQuery) -> Sequence[Member]:
        """List members in the order in which they joined; raises `NotFound`."""
        return await self.readers.run(list_members, query)

    async def list_rested(self, query: MemberQuery) -> Sequence[Member]:
        """List members in the order in which they came to rest last; raises `NotFound`."""
        return await self.readers.run(list_rested, query)
