"""Reservations: an idempotency key, the fingerprint of its request, and the id of what that made.

A key that is guessed may have made several things. Each is a row of its own, with the number of the last try that was
answered with it.
"""

import sqlite3
from datetime import datetime

from gnomon.core.errors import ReservationReused
from gnomon.core.ports import GUESS_HOLDS, Reservation, Reserved
from gnomon.store.ledger import Ledger
from gnomon.store.row import Row, micros, moment


def find_made(connection: sqlite3.Connection, workspace: str, kept: Reservation | None) -> str | None:
    """Return the id of what the same request made before, if it did; what a guessed key has made is not told.

    Raises
    ------
    ReservationReused
        When the key was used with another request.
    """
    if kept is None or kept.is_guess:
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


def claim_made(ledger: Ledger, workspace: str, kept: Reservation | None, now: datetime) -> str | None:
    """Return the id of what the same request made before, if it did; no try of that number is answered with it again.

    A try takes what was answered to the highest number below its own: that may be its own client's last answer, and
    with this order equal requests never make more than there are clients. Of several it takes the newest: a client
    that makes equal things one after the other has had its answers for the older ones.

    Raises
    ------
    ReservationReused
        When the key was used with another request.
    """
    if kept is None or kept.tries is None:
        return find_made(ledger.connection, workspace, kept)
    below = kept.tries
    while found := _find_newest(ledger, workspace, kept.key, below):
        below, made_at, made_id = found
        if now - moment(made_at) <= GUESS_HOLDS:
            ledger.execute(
                "UPDATE OR REPLACE guess SET tries = ? "
                "WHERE workspace = ? AND key = ? AND tries = ? AND created_at = ? AND made_id = ?",
                (kept.tries, workspace, kept.key, below, made_at, made_id),
            )
            return str(made_id)
    return None


def _find_newest(ledger: Ledger, workspace: str, key: str, below: int) -> Row | None:
    return ledger.row(
        "SELECT tries, created_at, made_id FROM guess WHERE workspace = ? AND key = ? AND tries < ? "
        "ORDER BY tries DESC, created_at DESC, made_id DESC LIMIT 1",
        *(workspace, key, below),
    )


def reserve(ledger: Ledger, workspace: str, kept: Reservation | None, made_id: str, now: datetime) -> None:
    """Write down what the request has made."""
    if kept is None:
        return
    if kept.is_guess:
        ledger.execute(
            # Two batches of nothing are told apart by nothing.
            "INSERT OR REPLACE INTO guess (workspace, key, tries, created_at, made_id) VALUES (?, ?, ?, ?, ?)",
            (workspace, kept.key, kept.tries, micros(now), made_id),
        )
        return
    ledger.execute(
        "INSERT INTO reservation (workspace, key, fingerprint, made_id, created_at) VALUES (?, ?, ?, ?, ?)",
        (workspace, kept.key, kept.fingerprint, made_id, micros(now)),
    )


def find_reserved(connection: sqlite3.Connection, workspace: str, key: str) -> Reserved | None:
    """Return what an idempotency key has made."""
    found = connection.execute(
        "SELECT made_id, created_at FROM reservation WHERE workspace = ? AND key = ?", (workspace, key)
    ).fetchone()
    return Reserved(key=key, made_id=found[0], created_at=moment(found[1])) if found else None


_NAMES = {"reservation": "workspace, key", "guess": "workspace, key, tries, created_at, made_id"}


def sweep_reservations(ledger: Ledger, older_than: datetime, limit: int) -> int:
    """Forget reservations of before then; return how many."""
    swept = 0
    for table, name in _NAMES.items():
        swept += ledger.execute(
            f"DELETE FROM {table} WHERE ({name}) IN (SELECT {name} FROM {table} "
            "WHERE created_at < ? ORDER BY created_at LIMIT ?)",
            (micros(older_than), limit - swept),
        ).rowcount
    return swept
