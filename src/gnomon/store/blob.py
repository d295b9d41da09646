"""Blobs and who refers to them."""

from collections.abc import Sequence
from datetime import datetime

from gnomon.core.errors import NotFound
from gnomon.store.ledger import Ledger


def link_blobs(ledger: Ledger, owner_id: str, names: Sequence[str]) -> None:
    """Keep blobs for as long as their owner refers to them; raises `NotFound` when one is not there."""
    for name in names:
        if not ledger.blobs.has(name):
            raise NotFound(f"There is no blob {name}; store it first.")
        ledger.execute("INSERT OR IGNORE INTO blob_link (sha256, owner_id) VALUES (?, ?)", (name, owner_id))


def link_met(ledger: Ledger, owner_id: str, names: Sequence[str]) -> None:
    """Keep those of the names that blobs have: what a step or another task gave may hold hashes of other things."""
    link_blobs(ledger, owner_id, those_kept(ledger, names))


def those_kept(ledger: Ledger, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of the names that blobs have."""
    return tuple(name for name in names if ledger.blobs.has(name))


def sweep_blobs(ledger: Ledger, names: Sequence[str], older_than: datetime) -> int:
    """Remove those of the named blobs that nothing refers to.

    It runs on the writer, so that no verb can begin to refer to a blob that is being removed. What nothing refers
    to may go before the commit: whether that succeeds or not, nothing will refer to it.
    """

    def is_used(name: str) -> bool:
        return ledger.row("SELECT 1 FROM blob_link WHERE sha256 = ? LIMIT 1", name) is not None

    return ledger.blobs.sweep(names, older_than, is_used)
