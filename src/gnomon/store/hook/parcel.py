"""Parcels: deliveries with the endpoint, the event, and the task as of the event."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from gnomon.core.delivery import Endpoint, Parcel
from gnomon.core.errors import Gone
from gnomon.core.event import Event, EventType, as_of
from gnomon.core.ports import DeliveryQuery, Page
from gnomon.core.task import Task
from gnomon.store.hook.delivery import DELIVERY, delivery_of, get_row, list_rows, next_of
from gnomon.store.hook.endpoint import find_endpoint
from gnomon.store.row import COLUMNS, Row, find_json, moment, task_of

_TASK = (
    f"SELECT {COLUMNS}, result FROM task LEFT JOIN task_result ON task_result.task = task.seq WHERE seq = ?"
)
_EVENTS = (
    "SELECT number, at, type, body FROM task_event WHERE task = ? AND number BETWEEN ? AND ? ORDER BY number"
)


def get_parcel(connection: sqlite3.Connection, workspace: str, delivery_id: str) -> Parcel:
    """Return a delivery with what it delivers.

    Raises
    ------
    NotFound
        When there is no such delivery.
    Gone
        When it was never sent and the event was trimmed.
    """
    row = get_row(connection, workspace, delivery_id)
    parcel = _Packer(connection).find(row)
    if parcel is None:
        raise Gone(f"The event of delivery {delivery_id} was removed.")
    return parcel


def list_parcels(connection: sqlite3.Connection, query: DeliveryQuery) -> Page[Parcel]:
    """List deliveries with what they deliver, but those whose events were trimmed; raises `NotFound`."""
    rows = list_rows(connection, query)
    return Page(records=_pack(connection, rows[: query.limit]), next=next_of(rows, query))


def read_parcels(connection: sqlite3.Connection, seqs: Sequence[int]) -> Sequence[Parcel]:
    """Return deliveries that were taken, but those of an endpoint that was deleted meanwhile."""
    found = (
        connection.execute(DELIVERY + "e.deleted_at IS NULL AND d.seq = ?", (seq,)).fetchone() for seq in seqs
    )
    return _pack(connection, [row for row in found if row is not None])


def _pack(connection: sqlite3.Connection, rows: Sequence[Row]) -> Sequence[Parcel]:
    packer = _Packer(connection)
    return [parcel for row in rows if (parcel := packer.find(row)) is not None]


@dataclass(frozen=True, slots=True)
class _Packer:
    """Reads what several deliveries share once."""

    connection: sqlite3.Connection
    endpoints: dict[int, Endpoint | None] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)

    def find(self, row: Row) -> Parcel | None:
        """Return the parcel of a delivery's row, unless nothing is left to deliver."""
        seq, endpoint_seq, task_seq = row[12:15]
        if endpoint_seq not in self.endpoints:
            self.endpoints[endpoint_seq] = find_endpoint(self.connection, endpoint_seq)
        endpoint = self.endpoints[endpoint_seq]
        [body] = self.connection.execute("SELECT body FROM delivery WHERE seq = ?", (seq,)).fetchone()
        told = self._told(task_seq, row[5])
        if endpoint is None or (body is None and told is None):
            return None
        task, event = told or (None, None)
        return Parcel(delivery=delivery_of(row), endpoint=endpoint, task=task, event=event, body=body)

    def _told(self, seq: int | None, number: int) -> tuple[Task, Event] | None:
        """Return the task as of its event, and the event; None for a test, and when the event was trimmed."""
        if seq is None:
            return None
        if seq not in self.tasks:
            row = self.connection.execute(_TASK, (seq,)).fetchone()
            self.tasks[seq] = task_of(row, row[-1])
        task = self.tasks[seq]
        # Nothing follows an end, so the record is what it was then; of any other event the log alone tells.
        is_end = task.status.is_terminal and number == task.version
        events = self._events(seq, task.id, number if is_end else 1, number)
        try:
            return (task if is_end else as_of(task, events), events[-1]) if events else None
        except Gone:
            return None

    def _events(self, seq: int, task_id: str, first: int, last: int) -> Sequence[Event]:
        rows = self.connection.execute(_EVENTS, (seq, first, last))
        return [
            Event(
                task_id=task_id,
                number=row[0],
                at=moment(row[1]),
                type=EventType(row[2]),
                body=find_json(row[3]),
            )
            for row in rows
        ]
