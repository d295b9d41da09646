"""Deliveries as clients see them: listed, read with what they deliver, made due again."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gnomon.core.delivery import TEST_TYPE, Delivery, DeliveryAttempt, DeliveryStatus
from gnomon.core.errors import Conflict, NotFound
from gnomon.core.event import EventType
from gnomon.core.ports import DeliveryQuery, Page
from gnomon.store.hook.endpoint import get_endpoint, get_seq
from gnomon.store.ledger import Ledger
from gnomon.store.outbox import give_turn, refresh
from gnomon.store.row import Row, Value, find_micros, find_moment, micros, moment

PIECE = 500
"""Deliveries that one transaction makes due again."""

DELIVERY = """
SELECT d.id, d.number, e.id, e.workspace, t.id, d.event, d.type, d.status, d.attempts, d.created_at,
    CASE WHEN e.url IS NOT NULL AND e.disabled_at IS NULL THEN d.due_at END, d.finished_at, d.seq, d.endpoint, d.task
FROM delivery AS d CROSS JOIN webhook_endpoint AS e ON e.seq = d.endpoint LEFT JOIN task AS t ON t.seq = d.task
WHERE
"""
"""What `delivery_of` reads, and then the seqs of the delivery, its endpoint and its task."""
_AGAIN = """
UPDATE delivery SET status = 'pending', attempts = 0, due_at = NULL, finished_at = NULL WHERE seq = ?
"""
_TEST = """
INSERT INTO delivery (id, endpoint, number, event, type, status, attempts, attempts_in_all, body, created_at, due_at,
    is_taken)
SELECT 'msg_test_' || last_number || '_' || substr(id, 5), seq, last_number, 0, ?, 'pending', 0, 0, ?, ?, ?, 0
FROM webhook_endpoint WHERE seq = ? RETURNING id
"""


def get_delivery(connection: sqlite3.Connection, workspace: str, delivery_id: str) -> Delivery:
    """Return a delivery; raises `NotFound`."""
    return delivery_of(get_row(connection, workspace, delivery_id))


def get_row(connection: sqlite3.Connection, workspace: str, delivery_id: str) -> Row:
    """Return a delivery's row, with the seqs of itself, its endpoint and its task; raises `NotFound`."""
    row: Row | None = connection.execute(
        DELIVERY + "d.id = ? AND e.workspace = ? AND e.deleted_at IS NULL", (delivery_id, workspace)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    return row


def list_deliveries(connection: sqlite3.Connection, query: DeliveryQuery) -> Page[Delivery]:
    """List deliveries, oldest first; raises `NotFound`."""
    rows = list_rows(connection, query)
    records = [delivery_of(row) for row in rows[: query.limit]]
    return Page(records=records, next=next_of(rows, query))


def list_rows(connection: sqlite3.Connection, query: DeliveryQuery) -> Sequence[Row]:
    """Return the rows of a page, and one more when there is a next page; raises `NotFound`."""
    where, values = _where(get_seq(connection, query.workspace, query.endpoint_id), query)
    asked = f"{DELIVERY} {where} ORDER BY d.number LIMIT ?"
    return connection.execute(asked, (*values, query.limit + 1)).fetchall()


def next_of(rows: Sequence[Row], query: DeliveryQuery) -> str | None:
    """Return the cursor of the next page: the number of this one's last delivery."""
    return str(rows[query.limit - 1][1]) if len(rows) > query.limit > 0 else None


def list_delivery_attempts(
    connection: sqlite3.Connection, workspace: str, delivery_id: str
) -> Sequence[DeliveryAttempt]:
    """List the attempts of a delivery in order; raises `NotFound`."""
    rows = connection.execute(
        "SELECT number, started_at, duration, status_code, error, answer FROM delivery_attempt "
        "WHERE delivery = ? ORDER BY number",
        (get_row(connection, workspace, delivery_id)[12],),
    )
    return [
        DeliveryAttempt(
            number=row[0],
            started_at=moment(row[1]),
            duration=timedelta(microseconds=row[2]),
            status_code=row[3],
            error=row[4],
            answer=row[5],
        )
        for row in rows
    ]


def post_test(ledger: Ledger, workspace: str, endpoint_id: str, body: bytes, now: datetime) -> Delivery:
    """Write a test message: due at once, behind nothing."""
    endpoint = get_endpoint(ledger.connection, workspace, endpoint_id)
    if not endpoint.is_enabled:
        raise Conflict("The endpoint is disabled; enable it, then send the test.")
    seq, at = get_seq(ledger.connection, workspace, endpoint_id), micros(now)
    ledger.execute("UPDATE webhook_endpoint SET last_number = last_number + 1 WHERE seq = ?", (seq,))
    [(made,)] = ledger.connection.execute(_TEST, (TEST_TYPE, body, at, at, seq)).fetchall()
    ledger.is_post_ready |= refresh(ledger.connection, seq, at)
    ledger.stirred.append(endpoint_id)
    return get_delivery(ledger.connection, workspace, made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redelivered:
    """What one transaction made due again, and where the next one goes on."""

    count: int
    upto: int
    """What was written after the first of them is no part of the verb."""
    next: int | None


def redeliver(ledger: Ledger, query: DeliveryQuery, upto: int | None, now: datetime) -> Redelivered:
    """Make a piece of what the query names due again, but what is on its way; raises `NotFound`, `Conflict`."""
    endpoint = get_endpoint(ledger.connection, query.workspace, query.endpoint_id)
    if endpoint.url is None:
        raise Conflict("Nothing is sent to an endpoint without a url; read its messages instead.")
    if not endpoint.is_enabled:
        raise Conflict("The endpoint is disabled; enable it, then redeliver.")
    upto = endpoint.last_number if upto is None else upto
    seq = get_seq(ledger.connection, query.workspace, query.endpoint_id)
    where, values = _where(seq, query)
    rows = ledger.execute(
        f"{DELIVERY} {where} AND d.number <= ? AND d.is_taken = 0 ORDER BY d.number LIMIT ?",
        (*values, upto, PIECE),
    ).fetchall()
    _send_again(ledger, seq, rows, micros(now))
    return Redelivered(count=len(rows), upto=upto, next=rows[-1][1] if len(rows) == PIECE else None)


def _send_again(ledger: Ledger, endpoint: int, rows: Sequence[Row], at: int) -> None:
    for row in rows:
        ledger.execute(_AGAIN, (row[12],))
    for task in dict.fromkeys(row[14] for row in rows):
        give_turn(ledger.connection, endpoint, task, at)
    ledger.is_post_ready |= refresh(ledger.connection, endpoint, at)


def _where(endpoint: int, query: DeliveryQuery) -> tuple[str, tuple[Value, ...]]:
    """Return the conditions; statuses are written out, so that an index of one status can serve."""
    terms: list[str] = ["d.endpoint = ?", "d.number > ?"]
    values: list[Value] = [endpoint, query.after]
    if query.statuses is not None:
        terms.append(_one_of("d.status", [f"'{status.value}'" for status in sorted(query.statuses)]))
    for term, value in _given(query):
        terms.append(term)
        values.append(value)
    for column, words in (("d.id", query.ids), ("d.type", query.event_types)):
        if words is not None:
            terms.append(f"{column} IN ({', '.join('?' * len(words))})")
            values += sorted(map(str, words))
    return " AND ".join(terms), tuple(values)


def _one_of(column: str, words: Sequence[str]) -> str:
    return f"{column} = {words[0]}" if len(words) == 1 else f"{column} IN ({', '.join(words)})"


def _given(query: DeliveryQuery) -> Iterator[tuple[str, Value]]:
    if query.task_id is not None:
        yield "d.task = (SELECT seq FROM task WHERE id = ?)", query.task_id
        yield "d.event > ?", query.after_event
    if query.created_after is not None:
        yield "d.created_at > ?", find_micros(query.created_after)
    if query.created_before is not None:
        yield "d.created_at < ?", find_micros(query.created_before)


def delivery_of(row: Row) -> Delivery:
    """Read a delivery from the columns of `DELIVERY`."""
    return Delivery(
        id=row[0],
        number=row[1],
        endpoint_id=row[2],
        workspace=row[3],
        task_id=row[4],
        event_number=row[5],
        event_type=TEST_TYPE if row[6] == TEST_TYPE else EventType(row[6]),
        status=DeliveryStatus(row[7]),
        attempts=row[8],
        created_at=moment(row[9]),
        due_at=find_moment(row[10]),
        finished_at=find_moment(row[11]),
    )
