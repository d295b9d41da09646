"""Reservations: an idempotency key, the fingerprint of its request, and the id of what that made."""

import sqlite3
from datetime import datetime

from gnomon.core.errors import ReservationReused
from gnomon.core.ports import GUESS_HOLDS, Reservation, Reserved
from gnomon.store.ledger import Ledger
from gnomon.store.row import micros, moment


def find_made(
    connection: sqlite3.Connection, workspace: str, kept: Reservation | None, now: datetime | None = None
) -> str | None:
    """Return the id of what the same request made before, if it did; a guessed key needs to know the time.

    Raises
    ------
    ReservationReused
        When the key was used with another request.
    """
    if kept is None:
        return None
    found = connection.execute(
        "SELECT fingerprint, made_id, created_at FROM reservation WHERE workspace = ? AND key = ?",
        (workspace, kept.key),
    ).fetchone()
    if found is None or (kept.is_guess and not _is_meant(kept, moment(found[2]), now)):
        return None
    if found[0] != kept.fingerprint:
        raise ReservationReused
    made_id: str = found[1]
    return made_id


def _is_meant(guess: Reservation, made_at: datetime, now: datetime | None) -> bool:
    """Say whether a request that brought no key is a repetition of the one that was made then."""
    return guess.is_retry and now is not None and now - made_at <= GUESS_HOLDS


def reserve(ledger: Ledger, workspace: str, kept: Reservation | None, made_id: str, now: datetime) -> None:
    """Write down what the request has made; a guessed key names the newest."""
    if kept is None:
        return
    ledger.execute(
        f"INSERT {'OR REPLACE ' if kept.is_guess else ''}INTO reservation "
        "(workspace, key, fingerprint, made_id, created_at) VALUES (?, ?, ?, ?, ?)",
        (workspace, kept.key, kept.fingerprint, made_id, micros(now)),
    )


def find_reserved(connection: sqlite3.Connection, workspace: str, key: str) -> Reserved | None:
    """Return what an idempotency key has made."""
    found = connection.execute(
        "SELECT made_id, created_at FROM reservation WHERE workspace = ? AND key = ?", (workspace, key)
    ).fetchone()
    return Reserved(key=key, made_id=found[0], created_at=moment(found[1])) if found else None


def sweep_reservations(ledger: Ledger, older_than: datetime, limit: int) -> int:
    """Forget reservations of before then; return how many."""
    return ledger.execute(
        "DELETE FROM reservation WHERE (workspace, key) IN (SELECT workspace, key FROM reservation "
        "WHERE created_at < ? ORDER BY created_at LIMIT ?)",
        (micros(older_than), limit),
    ).rowcount
