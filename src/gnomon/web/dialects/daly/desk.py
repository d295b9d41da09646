"""What a route stands at: the house, its patience, who asks, and the key of a repeatable request."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request

from gnomon.core.access import Principal
from gnomon.core.service import House
from gnomon.core.service.access import require
from gnomon.core.service.task import wait
from gnomon.core.task import Task
from gnomon.web.auth import Gate, identify
from gnomon.web.presence import while_present


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes share."""

    gate: Gate
    sync_wait: float
    cancel_wait: float

    @property
    def house(self) -> House:
        """Give the house."""
        return self.gate.house

    async def await_end(self, request: Request, principal: Principal, task_id: str) -> Task:
        """Wait for a task as long as the desk and the client do; not at all for who waits for too many."""
        with self.gate.meter.waits.grant(principal.key_id, self.sync_wait) as seconds:
            return await while_present(request, wait(self.house, principal, task_id, seconds))


def find_desk(request: Request) -> Desk:
    """Return the desk of the application that received the request."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(find_desk)]


def _holder_of(scope: str) -> Callable[[Request, Desk], Awaitable[Principal]]:
    async def admit(request: Request, desk: AtDesk) -> Principal:
        principal = await identify(desk.gate, request)
        require(principal, scope)
        return principal

    return admit


Reader = Annotated[Principal, Depends(_holder_of("read"))]
Writer = Annotated[Principal, Depends(_holder_of("write"))]
Canceller = Annotated[Principal, Depends(_holder_of("cancel"))]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Send the same key with the same request to get the first one's answer again.",
    ),
]
