"""Sessions by their names, and their turns, counted from 1 in the session's present life."""

from collections.abc import Sequence
from typing import Final

from gnomon.core.access import Principal
from gnomon.core.errors import NotFound
from gnomon.core.ports import Turn
from gnomon.core.service import House
from gnomon.core.service import session as service
from gnomon.core.session import Session
from gnomon.web.dialects.shannon.desk import require_name
from gnomon.web.dialects.shannon.wire.listing import NO_SESSION_ID

NO_SESSION: Final = "Session not found"
MOST_TURNS: Final = 1000
"""Turns that one answer tells of."""
_AT_ONCE: Final = 100


async def find_session(house: House, principal: Principal, name: str) -> Session:
    """Return the session of a name.

    Raises
    ------
    InvalidQuery
        When nothing can have that name.
    NotFound
        When the workspace has no such session.
    """
    try:
        return await service.get_session(house, principal, require_name(name, NO_SESSION_ID))
    except NotFound as error:
        raise NotFound(NO_SESSION) from error


async def find_first_turn(house: House, principal: Principal, name: str) -> int | None:
    """Return the turn that a session began with in its present life; None when it has none."""
    try:
        return (await service.get_session(house, principal, name)).first_turn
    except NotFound:
        return None


def size_of(session: Session) -> int:
    """Count the turns of a session."""
    return session.turns - session.first_turn + 1


async def list_numbered(
    house: House, principal: Principal, session: Session, *, limit: int = MOST_TURNS, offset: int = 0
) -> Sequence[tuple[int, Turn]]:
    """List the turns of a session with their places in it, the oldest first."""
    found: list[Turn] = []
    while len(found) < limit:
        wanted = min(_AT_ONCE, limit - len(found))
        more = await service.list_turns(
            house, principal, session.id, limit=wanted, offset=offset + len(found)
        )
        found += more
        if len(more) < wanted:
            break
    return [(place_of(session, turn), turn) for turn in found]


def place_of(session: Session, turn: Turn) -> int:
    """Return the place of a turn in its session."""
    return (turn.task.session_turn or session.first_turn) - session.first_turn + 1
