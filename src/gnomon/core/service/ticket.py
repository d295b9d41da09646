"""Stream tickets: a moment's leave to open one stream, for those who can send no header."""

from datetime import timedelta

from gnomon.core.access import Principal, Ticket
from gnomon.core.errors import Unauthenticated
from gnomon.core.service.access import recall, recall_user, require
from gnomon.core.service.house import House
from gnomon.core.service.task import get_task_by_id
from gnomon.core.task import crockford

TICKET_LIFE = timedelta(seconds=60)


async def open_ticket(house: House, principal: Principal, task_id: str) -> Ticket:
    """Give leave to open one stream of a task.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    """
    require(principal, "read")
    task = await get_task_by_id(house, principal, task_id)
    return Ticket(
        name=crockford(house.clock.chance(130), 26),
        workspace=principal.workspace,
        task_id=task.id,
        key_ids=principal.key_ids,
        user_id=None if principal.key_ids else principal.user_id,
        expires_at=house.clock.now() + TICKET_LIFE,
    )


async def redeem(house: House, ticket: Ticket, task_id: str) -> Principal:
    """Return who may open the stream by the ticket, which is thereby used; what was issued it must still be valid.

    Raises
    ------
    Unauthenticated
        When the ticket has expired, is of another task or was used before, or its keys are valid no more.
    """
    if ticket.task_id != task_id or ticket.expires_at <= house.clock.now():
        raise Unauthenticated(NO_TICKET)
    holder = await _recall(house, ticket)
    if "read" not in holder.scopes:
        raise Unauthenticated(NO_TICKET)
    if not await house.store.use_once(ticket.workspace, ticket.name, house.clock.now()):
        raise Unauthenticated(NO_TICKET)
    return holder


NO_TICKET = (
    "The ticket is not valid: it opens one stream of one task, once, within a minute. Ask for a new one."
)


async def _recall(house: House, ticket: Ticket) -> Principal:
    read_only = frozenset({"read"})
    if ticket.key_ids:
        known = await recall(house, ticket.key_ids, ticket.workspace)
    elif ticket.user_id is not None:
        known = await recall_user(house, ticket.user_id, ticket.workspace)
    else:
        return Principal(workspace=ticket.workspace, key_id="no-auth", scopes=read_only)
    return Principal(
        workspace=known.workspace,
        key_id=known.key_id,
        scopes=known.scopes & read_only,
        key_ids=known.key_ids,
        expires_at=known.expires_at,
        user_id=known.user_id,
    )
