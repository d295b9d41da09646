"""The ledger of one verb: every change of a task passes here, with the event that tells it."""

import sqlite3
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from gnomon.core.errors import Conflict, FenceLost, NotFound
from gnomon.core.event import Event, EventType
from gnomon.core.group import is_at_rest
from gnomon.core.ports import Holding
from gnomon.core.task import TRANSITIONS, Json, Status, Task
from gnomon.store.folder import BlobFolder
from gnomon.store.outbox import post
from gnomon.store.row import COLUMNS, RETURNED, Entry, Row, Value, dump, entry_of, find_json, micros, moment
from gnomon.store.tally import count_joined, count_moved

_EVENT = "INSERT INTO task_event (task, number, at, type, body) VALUES (?, ?, ?, ?, ?)"


class Telling(NamedTuple):
    """An event as it was written; it is read again only when somebody listens."""

    task_id: str
    number: int
    at: int
    type: EventType
    text: str

    def event(self) -> Event:
        """Read the event, exactly as the log will give it."""
        return Event(
            task_id=self.task_id,
            number=self.number,
            at=moment(self.at),
            type=self.type,
            body=find_json(self.text),
        )


class Ledger:
    """The connection inside one transaction, what a verb has changed there, and what has ended."""

    def __init__(self, connection: sqlite3.Connection, blobs: BlobFolder) -> None:
        self.connection = connection
        self.blobs = blobs
        self.execute = connection.execute
        self.changed: dict[str, Task] = {}
        self.told: list[Telling] = []
        self.ended: deque[Entry] = deque()
        self.is_work_ready = False
        self.is_post_ready = False
        self.stirred: list[str] = []
        self.due: list[datetime] = []

    def row(self, sql: str, *values: Value) -> Row | None:
        """Return the first row of a statement, or None."""
        found: Row | None = self.execute(sql, values).fetchone()
        return found

    def find(self, where: str, *values: Value) -> Entry | None:
        """Return the task that the condition names, or None."""
        row = self.row(f"SELECT {COLUMNS} FROM task WHERE {where}", *values)
        return entry_of(row) if row else None

    def select(self, where: str, *values: Value) -> Sequence[Entry]:
        """Return the tasks that the condition names."""
        rows = self.execute(f"SELECT {COLUMNS} FROM task WHERE {where}", values).fetchall()
        return [entry_of(row) for row in rows]

    def each(self, where: str, limit: int, *values: Value, order: str) -> Iterator[Entry]:
        """Yield up to `limit` tasks that the condition names, each as it stands when its turn comes.

        What is done to one task may end another; one that the condition no longer names is left out.
        """
        found = self.execute(f"SELECT seq FROM task WHERE {where} ORDER BY {order} LIMIT ?", (*values, limit))
        for (seq,) in found.fetchall():
            entry = self.find(f"{where} AND seq = ?", *values, seq)
            if entry is not None:
                yield entry

    def get(self, task_id: str) -> Entry:
        """Return the task of that id; raises `NotFound`."""
        entry = self.find("id = ?", task_id)
        if entry is None:
            raise NotFound(f"There is no task {task_id}.")
        return entry

    def get_own(self, workspace: str, task_id: str) -> Entry:
        """Return the workspace's task of that id; raises `NotFound`."""
        entry = self.find("id = ? AND workspace = ?", task_id, workspace)
        if entry is None:
            raise NotFound(f"There is no task {task_id}.")
        return entry

    def held(self, holding: Holding) -> Entry:
        """Return the task that an attempt holds; raises `FenceLost` when it holds it no more."""
        entry = self.find("id = ?", holding.task_id)
        if entry is None or not entry.is_leased or entry.task.fence != holding.fence:
            raise FenceLost(f"This attempt no longer owns task {holding.task_id}.")
        return entry

    def open(self, columns: dict[str, Value], event: EventType, body: dict[str, Json]) -> Entry:
        """Write a new task, at version 1, and its first event."""
        row = self.row(_insert(tuple(columns)), *columns.values())
        assert row is not None
        entry = entry_of(row)
        if (group_id := entry.task.group_id) is not None:
            count_joined(self.connection, group_id, (entry.task.status, False))
            self.stirred.append(group_id)
        self.is_work_ready |= columns["ready"] == 1
        return self._tell(entry, micros(entry.task.created_at), event, {"status": columns["status"], **body})

    def record(
        self,
        entry: Entry,
        event: EventType,
        now: datetime,
        *,
        status: Status | None = None,
        body: Json = None,
        **columns: Value,
    ) -> Entry:
        """Write one change of a task: its columns, its next version, and the event of that number.

        Raises
        ------
        Conflict
            When the table of transitions does not allow the new status.
        """
        before, after = entry.task.status, status or entry.task.status
        if before.is_terminal or (after is not before and after not in TRANSITIONS[before]):
            raise Conflict(f"Task {entry.task.id} is {before} and cannot become {after}.")
        at = micros(now)
        columns["updated_at"] = at
        if status is not None:
            columns = _standing(status, at) | columns
        if entry.task.group_id is not None:
            columns |= self._count(entry.task.group_id, entry.task, after, columns, at)
        row = self.row(_update(tuple(columns)), *columns.values(), entry.seq)
        assert row is not None
        self.is_work_ready |= columns.get("ready") == 1
        if event is not EventType.MESSAGE:
            body = {"status": after, **(body or {})}
        return self._tell(entry_of(row), at, event, body)

    def _count(
        self, group_id: str, task: Task, status: Status, columns: Mapping[str, Value], at: int
    ) -> dict[str, Value]:
        """Count a member where it stands now; return what it has to keep of that."""
        was_started = task.started_at is not None
        is_started = was_started or columns.get("started_at") is not None
        if (status, is_started) == (task.status, was_started):
            return {}
        self.stirred.append(group_id)
        version = count_moved(self.connection, group_id, (task.status, was_started), (status, is_started), at)
        return {"rested_number": version if is_at_rest(status) else None}

    def _tell(self, entry: Entry, at: int, event: EventType, body: Json) -> Entry:
        task = entry.task
        text = dump(body)
        self.execute(_EVENT, (entry.seq, task.version, at, event.value, text))
        self.told.append(Telling(task.id, task.version, at, event, text))
        for posted in post(self.connection, entry.seq, task, event, at):
            self.stirred.append(posted.endpoint_id)
            self.is_post_ready |= posted.is_due
        self.changed[task.id] = task
        if task.status.is_terminal:
            self.ended.append(entry)
        return entry


def _standing(status: Status, at: int) -> dict[str, Value]:
    """Return the columns that follow from a new status, unless the change says otherwise."""
    columns: dict[str, Value] = {"status": status.value, "ready": int(status is Status.QUEUED)}
    if not status.may_be_pausing:
        columns["pause_requested_at"] = None
    if not status.may_have_pause:
        columns["pause_told"] = None
    if status is not Status.WAITING:
        columns |= {"question": None, "answer_by": None}
    if status.is_terminal:
        columns |= {"finished_at": at, "due_at": None, "lease_until": None}
    return columns


@lru_cache(maxsize=64)
def _insert(columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO task ({', '.join(columns)}) VALUES ({marks}) RETURNING {RETURNED}"


@lru_cache(maxsize=256)
def _update(columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{column} = ?" for column in columns)
    return f"UPDATE task SET version = version + 1, {changes} WHERE seq = ? RETURNING {RETURNED}"
