"""Counters of a workspace: numbers that rise by one and are never used again, and how many tasks have not ended."""

from gnomon.store.ledger import Ledger

ACTIVE = "active tasks"
"""Has a space in it, so that it can be no kind's counter."""

_NEXT = """
INSERT INTO counter (workspace, noun, value) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET value = value + excluded.value RETURNING value
"""
_RAISE = """
INSERT INTO counter (workspace, noun, value) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET value = value + excluded.value
"""


def next_number(ledger: Ledger, workspace: str, noun: str) -> int:
    """Take the next number of the noun in the workspace."""
    return next_numbers(ledger, workspace, noun, 1)


def next_numbers(ledger: Ledger, workspace: str, noun: str, count: int) -> int:
    """Take so many numbers in a row, and return the first."""
    row = ledger.row(_NEXT, workspace, noun, count)
    assert row is not None
    return int(row[0]) - count + 1


def count_active(ledger: Ledger, workspace: str) -> int:
    """Return how many of the workspace's tasks have not ended; children do not count."""
    row = ledger.row("SELECT value FROM counter WHERE workspace = ? AND noun = ?", workspace, ACTIVE)
    return int(row[0]) if row else 0


def count_opened(ledger: Ledger, workspace: str, count: int = 1) -> None:
    """Count so many more tasks that have not ended."""
    ledger.execute(_RAISE, (workspace, ACTIVE, count))


def count_ended(ledger: Ledger, workspace: str) -> None:
    """Count one less."""
    ledger.execute(
        "UPDATE counter SET value = value - 1 WHERE workspace = ? AND noun = ?", (workspace, ACTIVE)
    )
