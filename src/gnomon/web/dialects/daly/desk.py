"""What a route of this door stands at: the house, its patience, and the key of a repeatable request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request

from gnomon.core.access import Principal
from gnomon.core.service import House
from gnomon.core.service.task import wait
from gnomon.core.task import Task
from gnomon.web.desk import find_gate
from gnomon.web.presence import while_present


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes share."""

    house: House
    sync_wait: float
    cancel_wait: float

    async def await_end(self, request: Request, principal: Principal, task_id: str) -> Task:
        """Wait for a task as long as the desk and the client do; not at all for who waits for too many."""
        with find_gate(request).meter.waits.grant(principal.key_id, self.sync_wait) as seconds:
            return await while_present(request, wait(self.house, principal, task_id, seconds))


# A coroutine: FastAPI hands plain functions to a thread, which costs more than the rest of a short answer.
async def find_desk(request: Request) -> Desk:
    """Return the desk of the application that received the request."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(find_desk)]


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Send the same key with the same request to get the first one's answer again.",
    ),
]
