"""What the sender asks: which deliveries to take, and what an attempt came to."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gnomon.core.delivery import Delivery, DeliveryStatus
from gnomon.core.errors import NotFound
from gnomon.core.ports import AttemptMade
from gnomon.store.hook.delivery import DELIVERY, delivery_of
from gnomon.store.hook.endpoint import disable
from gnomon.store.ledger import Ledger
from gnomon.store.outbox import give_turn, refresh
from gnomon.store.row import find_micros, micros, moment

_READY = """
SELECT seq, due_at, receiver FROM webhook_endpoint
WHERE (failing_since IS NOT NULL) = ? AND due_at IS NOT NULL AND due_at <= ? AND receiver NOT IN ({})
ORDER BY due_at LIMIT ?
"""
_BREADTH = 1000
"""Endpoints that one claim looks at: many of them may share one receiver, and it gets its share once."""
_EVER = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How many deliveries to take: in all, for one receiver, and of all that fail at present together."""

    now: datetime
    lease: timedelta
    limit: int
    share: int
    rooms: Mapping[str, int]
    most_failing: int | None
    busy: Sequence[str]


def claim_deliveries(ledger: Ledger, taking: Taking) -> Sequence[int]:
    """Take due deliveries and return their seqs."""
    taken: list[int] = []
    of_failing = 0
    to_receiver: Counter[str] = Counter()
    for endpoint, receiver, is_failing in _list_ready(ledger, taking):
        room = min(
            taking.limit - len(taken), taking.rooms.get(receiver, taking.share) - to_receiver[receiver]
        )
        if is_failing and taking.most_failing is not None:
            room = min(room, taking.most_failing - of_failing)
        if room > 0:
            found = _take(ledger, endpoint, room, taking)
            taken += found
            to_receiver[receiver] += len(found)
            of_failing += len(found) if is_failing else 0
    return taken


def _list_ready(ledger: Ledger, taking: Taking) -> Iterator[tuple[int, str, bool]]:
    """Yield the endpoints that wait: those that answer well, then those that fail at present."""
    for is_failing in (False, True):
        found = _find_ready(
            ledger.connection, taking.busy, is_failing=is_failing, by=micros(taking.now), limit=_BREADTH
        )
        for seq, _, receiver in found:
            yield seq, receiver, is_failing


def _find_ready(
    connection: sqlite3.Connection, busy: Sequence[str], *, is_failing: bool, by: int, limit: int
) -> Sequence[tuple[int, int, str]]:
    sql = _READY.format(", ".join("?" * len(busy)))
    return connection.execute(sql, (is_failing, by, *busy, limit)).fetchall()


def _take(ledger: Ledger, endpoint: int, limit: int, taking: Taking) -> Sequence[int]:
    at = micros(taking.now)
    rows = ledger.execute(
        "SELECT seq FROM delivery WHERE endpoint = ? AND due_at IS NOT NULL AND due_at <= ? "
        "ORDER BY due_at, seq LIMIT ?",
        (endpoint, at, limit),
    ).fetchall()
    until = micros(taking.now + taking.lease)
    for (seq,) in rows:
        ledger.execute("UPDATE delivery SET is_taken = 1, due_at = ? WHERE seq = ?", (until, seq))
    refresh(ledger.connection, endpoint, at)
    return [seq for (seq,) in rows]


def record_delivery(ledger: Ledger, command: AttemptMade) -> Delivery:
    """Write an attempt, and what follows for the delivery, its endpoint and the next one of its task."""
    row = ledger.row(
        "SELECT d.seq, d.endpoint, d.task, d.attempts_in_all, e.deleted_at FROM delivery AS d "
        "JOIN webhook_endpoint AS e ON e.seq = d.endpoint WHERE d.id = ?",
        command.delivery_id,
    )
    if row is None:
        raise NotFound(f"There is no delivery {command.delivery_id}.")
    seq, endpoint, task, attempts, deleted_at = row
    at = micros(command.now)
    _write_attempt(ledger, seq, attempts + 1, command)
    _write_verdict(ledger, seq, at, command, is_dropped=deleted_at is not None)
    _note(ledger, endpoint, at, command)
    give_turn(ledger.connection, endpoint, task, at)
    ledger.is_post_ready |= refresh(ledger.connection, endpoint, at)
    return delivery_of(ledger.execute(DELIVERY + "d.seq = ?", (seq,)).fetchone())


def _write_attempt(ledger: Ledger, seq: int, number: int, command: AttemptMade) -> None:
    made = command.attempt
    ledger.execute(
        "INSERT INTO delivery_attempt (delivery, number, started_at, duration, status_code, error, answer) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(seq, number, micros(made.started_at), made.duration // timedelta(microseconds=1)),
            *(made.status_code, made.error, made.answer),
        ),
    )


def _write_verdict(ledger: Ledger, seq: int, at: int, command: AttemptMade, *, is_dropped: bool) -> None:
    """Write how the delivery stands; one that has ended meanwhile stays ended."""
    status = DeliveryStatus.DROPPED if is_dropped else command.verdict.status
    is_open = status is DeliveryStatus.PENDING
    due_at = find_micros(command.verdict.due_at) or at
    ledger.execute(
        "UPDATE delivery SET attempts = attempts + 1, attempts_in_all = attempts_in_all + 1, "
        "body = coalesce(body, ?) WHERE seq = ?",
        (command.body, seq),
    )
    ledger.execute(
        "UPDATE delivery SET status = ?, is_taken = 0, due_at = ?, finished_at = ? "
        "WHERE seq = ? AND status = 'pending'",
        (status.value, due_at if is_open else None, None if is_open else at, seq),
    )


def _note(ledger: Ledger, endpoint: int, at: int, command: AttemptMade) -> None:
    """Note on the endpoint whether it fails, and disable it when that follows."""
    if command.verdict.status is DeliveryStatus.DELIVERED:
        ledger.execute("UPDATE webhook_endpoint SET failing_since = NULL WHERE seq = ?", (endpoint,))
    else:
        ledger.execute(
            "UPDATE webhook_endpoint SET failing_since = ? WHERE seq = ? AND failing_since IS NULL",
            (at, endpoint),
        )
    if command.verdict.disable is not None:
        disable(ledger, endpoint, command.verdict.disable, at)


def recover_deliveries(ledger: Ledger, now: datetime) -> int:
    """Make due what an earlier process had taken; return how many."""
    at = micros(now)
    rows = ledger.execute("SELECT seq, endpoint, task FROM delivery WHERE is_taken = 1").fetchall()
    for seq, endpoint, task in rows:
        ledger.execute("UPDATE delivery SET is_taken = 0, due_at = ? WHERE seq = ?", (at, seq))
        # An earlier one may have been made due again meanwhile.
        give_turn(ledger.connection, endpoint, task, at)
    for endpoint in {endpoint for _, endpoint, _ in rows}:
        ledger.is_post_ready |= refresh(ledger.connection, endpoint, at)
    return len(rows)


def next_delivery_due(connection: sqlite3.Connection, busy: Sequence[str]) -> datetime | None:
    """Return when the next delivery is due for a receiver that is not busy."""
    found = [
        due_at
        for is_failing in (False, True)
        for _, due_at, _ in _find_ready(connection, busy, is_failing=is_failing, by=_EVER, limit=1)
    ]
    return moment(min(found)) if found else None
