"""Sessions: read, list, name, delete; what a task's place in one asks of its submission stands in `check_terms`."""

from collections.abc import Sequence
from dataclasses import replace

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.ports import Given, Page, SessionQuery, Turn
from gnomon.core.service.access import require
from gnomon.core.service.blob import unfold
from gnomon.core.service.house import House
from gnomon.core.session import LONGEST_TITLE, Session, SessionTotals
from gnomon.core.task import Json
from gnomon.core.text import clean


async def get_session(house: House, principal: Principal, session_id: str) -> Session:
    """Return a session; raises `NotFound` when the workspace has none of that name, or it was deleted."""
    require(principal, "read")
    return await house.store.sessions.get_session(principal.workspace, session_id)


async def get_totals(house: House, principal: Principal, session_id: str) -> SessionTotals:
    """Return what the tasks of a session come to; nothing when there is none."""
    require(principal, "read")
    (totals,) = await house.store.sessions.total_sessions(principal.workspace, [session_id])
    return totals


async def list_sessions(
    house: House, principal: Principal, *, limit: int = 20, offset: int = 0
) -> Page[tuple[Session, SessionTotals]]:
    """List sessions with what their tasks come to, the latest changed first; the page's total counts all sessions."""
    require(principal, "read")
    query = SessionQuery(workspace=principal.workspace, limit=limit, offset=offset)
    page = await house.store.sessions.list_sessions(query)
    totals = await house.store.sessions.total_sessions(
        principal.workspace, [session.id for session in page.records]
    )
    return Page(records=list(zip(page.records, totals, strict=True)), total=page.total)


async def list_turns(
    house: House,
    principal: Principal,
    session_id: str,
    *,
    limit: int = 20,
    offset: int = 0,
    newest_first: bool = False,
) -> Sequence[Turn]:
    """List the tasks of a session with what they were given and gave, the oldest first unless asked.

    Raises
    ------
    NotFound
        When the workspace has no such session.
    """
    require(principal, "read")
    turns = await house.store.sessions.list_turns(
        principal.workspace, session_id, limit=limit, offset=offset, newest_first=newest_first
    )
    return [await _whole(house, turn) for turn in turns]


async def _whole(house: House, turn: Turn) -> Turn:
    whole = await unfold(house, turn.given.input)
    return replace(turn, given=Given(input=whole, wording=turn.given.wording))


async def change_session(
    house: House,
    principal: Principal,
    session_id: str,
    *,
    title: str | None = None,
    context: Json = None,
) -> Session:
    """Give a session another title or context; what is None stays.

    Raises
    ------
    Invalid
        When nothing is left of the title without blanks around it and control characters, or it is too long.
    NotFound
        When the workspace has no such session.
    """
    require(principal, "write")
    cleaned = None if title is None else clean_title(title)
    return await house.store.sessions.change_session(
        principal.workspace, session_id, house.clock.now(), title=cleaned, context=context
    )


def clean_title(title: str) -> str:
    r"""Return a title without what is no character of a text, and without blanks around it; raises `Invalid`.

    >>> clean_title("  Heat\x07 pumps\n")
    'Heat pumps'
    """
    cleaned = clean(title)
    if not 1 <= len(cleaned) <= LONGEST_TITLE:
        message = f"Give a title of 1 to {LONGEST_TITLE} characters; this one has {len(cleaned)}."
        raise Invalid([Complaint(("title",), message, "length")])
    return cleaned


async def delete_session(house: House, principal: Principal, session_id: str) -> None:
    """Delete a session, not its tasks; again changes nothing.

    The name is free again: the next task that is submitted to it begins a new session.

    Raises
    ------
    NotFound
        When the workspace never had such a session.
    """
    require(principal, "write")
    await house.store.sessions.delete_session(principal.workspace, session_id, house.clock.now())
