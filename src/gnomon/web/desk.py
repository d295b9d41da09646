"""What a route of any door stands at: the gate, the house, who asks and with which scope, and waits that are held."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from gnomon.core.access import Principal
from gnomon.core.service import House
from gnomon.core.service.access import require
from gnomon.web.auth import Gate, identify
from gnomon.web.presence import while_present

T = TypeVar("T")


def find_gate(request: HTTPConnection) -> Gate:
    """Return the gate of the application that received the request; each door keeps it in its state."""
    gate: Gate = request.app.state.gate
    return gate


# A coroutine: FastAPI hands plain functions to a thread, which costs more than the rest of a short answer.
async def find_house(request: Request) -> House:
    """Return the house behind the application that received the request."""
    return find_gate(request).house


AtHouse = Annotated[House, Depends(find_house)]


@dataclass(frozen=True, slots=True)
class Holder:
    """Lets in who holds a scope, or several; the document reads them from here."""

    scope: str
    beside: tuple[str, ...] = ()
    """Further scopes, all of which are needed."""

    async def __call__(self, request: Request) -> Principal:
        """Say who asks.

        Raises
        ------
        Unauthenticated
            When there is no valid credential.
        Forbidden
            When it does not carry each scope.
        """
        principal = await identify(find_gate(request), request)
        for scope in self.scopes:
            require(principal, scope)
        return principal

    @property
    def scopes(self) -> tuple[str, ...]:
        """List all the scopes that it asks for."""
        return (self.scope, *self.beside)


Reader = Annotated[Principal, Depends(Holder("read"))]
Writer = Annotated[Principal, Depends(Holder("write"))]
Asker = Annotated[Principal, Depends(Holder("write", ("read",)))]
"""Who makes a task and is shown in the same answer what it gave."""
Canceller = Annotated[Principal, Depends(Holder("cancel"))]


async def holding_on(request: Request, principal: Principal, waiting: Coroutine[Any, Any, T]) -> T:
    """Await what a client waits for: as long as it is there, and one of the waits that its key may have.

    Raises
    ------
    QuotaExceeded
        When the key has as many waits open as it may have.
    ClientDisconnect
        When the client has gone.
    """
    try:
        with find_gate(request).meter.waits.hold(principal.key_id):
            return await while_present(request, waiting)
    finally:
        waiting.close()
