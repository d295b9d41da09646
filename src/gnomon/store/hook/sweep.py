"""Retention: what ended long ago, what nobody pulled, and what belonged to a deleted endpoint, piece by piece."""

from collections.abc import Iterable
from datetime import datetime

from gnomon.store.ledger import Ledger
from gnomon.store.outbox import give_turn
from gnomon.store.row import Row, micros

_FINISHED = """
SELECT seq, endpoint, task FROM delivery WHERE finished_at IS NOT NULL AND finished_at < ?
ORDER BY finished_at LIMIT ?
"""
_QUIET = """
SELECT seq FROM webhook_endpoint
WHERE (url IS NULL OR disabled_at IS NOT NULL) AND (url IS NULL OR disabled_at < ?) ORDER BY seq
"""
_UNSENT = """
SELECT seq, endpoint, task FROM
    (SELECT seq, endpoint, task, created_at FROM delivery WHERE endpoint = ? AND is_taken = 0 ORDER BY number LIMIT ?)
WHERE created_at < ?
"""
_OF_DELETED = """
SELECT d.seq, d.endpoint, d.task FROM webhook_endpoint AS e CROSS JOIN delivery AS d ON d.endpoint = e.seq
WHERE e.deleted_at IS NOT NULL AND d.is_taken = 0 LIMIT ?
"""
_EMPTY = """
SELECT e.seq FROM webhook_endpoint AS e
WHERE e.deleted_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM delivery WHERE endpoint = e.seq)
UNION ALL
SELECT * FROM (SELECT e.seq FROM webhook_endpoint AS e CROSS JOIN task AS t ON t.id = e.task_id
    WHERE e.task_id IS NOT NULL AND e.deleted_at IS NULL AND t.finished_at < ?
    AND NOT EXISTS (SELECT 1 FROM delivery WHERE endpoint = e.seq))
LIMIT ?
"""


def sweep_deliveries(ledger: Ledger, finished_before: datetime, limit: int) -> int:
    """Delete up to `limit` deliveries, and endpoints that nothing is left of; return how many deliveries."""
    before = micros(finished_before)
    rows = ledger.execute(_OF_DELETED, (limit,)).fetchall()
    rows += ledger.execute(_FINISHED, (before, limit - len(rows))).fetchall()
    for (endpoint,) in ledger.execute(_QUIET, (before,)).fetchall():
        rows += ledger.execute(_UNSENT, (endpoint, limit - len(rows), before)).fetchall()
    found = set(rows)
    _delete(ledger, found, before)
    for (endpoint,) in ledger.execute(_EMPTY, (before, limit)).fetchall():
        _delete_endpoint(ledger, endpoint)
    return len(found)


def _delete(ledger: Ledger, rows: Iterable[Row], at: int) -> None:
    for seq, _, _ in rows:
        ledger.execute("DELETE FROM delivery_attempt WHERE delivery = ?", (seq,))
        ledger.execute("DELETE FROM delivery WHERE seq = ?", (seq,))
    for endpoint, task in {row[1:] for row in rows}:
        give_turn(ledger.connection, endpoint, task, at)


def _delete_endpoint(ledger: Ledger, seq: int) -> None:
    for table in ("webhook_secret", "webhook_interest"):
        ledger.execute(f"DELETE FROM {table} WHERE endpoint = ?", (seq,))
    ledger.execute("DELETE FROM webhook_endpoint WHERE seq = ?", (seq,))
