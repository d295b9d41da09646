"""Counters: numbers that rise by one within a workspace and are never used again."""

from gnomon.store.ledger import Ledger

_NEXT = """
INSERT INTO counter (workspace, noun, value) VALUES (?, ?, 1)
ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value
"""


def next_number(ledger: Ledger, workspace: str, noun: str) -> int:
    """Take the next number of the noun in the workspace."""
    row = ledger.row(_NEXT, workspace, noun)
    assert row is not None
    return int(row[0])
