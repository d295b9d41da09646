"""Trimming: of tasks that ended long ago, the last event is kept and the others are deleted."""

from datetime import datetime

from gnomon.store.ledger import Ledger
from gnomon.store.row import micros

MOST_EVENTS = 20_000
"""Events that one call deletes at most: so many are gone in well under a tenth of a second."""

_OLD = """
SELECT seq, events_from, version FROM task
WHERE finished_at IS NOT NULL AND events_from < version AND finished_at < ?
AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.task = task.seq AND status = 'pending' AND body IS NULL)
ORDER BY finished_at LIMIT ?
"""


def trim_events(ledger: Ledger, finished_before: datetime, limit: int) -> int:
    """Delete events of up to `limit` tasks and return how many tasks it was; 0 when nothing is left to trim.

    A delivery that was never rendered still needs the events before its own. A task of very many events is trimmed
    by several calls.
    """
    changed, room = 0, MOST_EVENTS
    for seq, oldest, version in ledger.execute(_OLD, (micros(finished_before), limit)).fetchall():
        kept_from = min(version, oldest + room)
        ledger.execute("DELETE FROM task_event WHERE task = ? AND number < ?", (seq, kept_from))
        ledger.execute("UPDATE task SET events_from = ? WHERE seq = ?", (kept_from, seq))
        changed += 1
        room -= kept_from - oldest
        if room <= 0:
            break
    return changed
