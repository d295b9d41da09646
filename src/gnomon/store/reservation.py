"""Reservations: an idempotency key, the fingerprint of its request, and the id of what that made."""

import sqlite3
from datetime import datetime

from gnomon.core.errors import ReservationReused
from gnomon.core.ports import Reservation
from gnomon.store.ledger import Ledger
from gnomon.store.row import micros


def find_made(connection: sqlite3.Connection, workspace: str, kept: Reservation | None) -> str | None:
    """Return the id of what the same request made before, if it did.

    Raises
    ------
    ReservationReused
        When the key was used with another request.
    """
    if kept is None:
        return None
    found = connection.execute(
        "SELECT fingerprint, made_id FROM reservation WHERE workspace = ? AND key = ?", (workspace, kept.key)
    ).fetchone()
    if found is None:
        return None
    if found[0] != kept.fingerprint:
        raise ReservationReused
    made_id: str = found[1]
    return made_id


def reserve(ledger: Ledger, workspace: str, kept: Reservation | None, made_id: str, now: datetime) -> None:
    """Write down what the request has made."""
    if kept is None:
        return
    ledger.execute(
        "INSERT INTO reservation (workspace, key, fingerprint, made_id, created_at) VALUES (?, ?, ?, ?, ?)",
        (workspace, kept.key, kept.fingerprint, made_id, micros(now)),
    )
