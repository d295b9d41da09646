"""What a route stands at: the house, who asks and with which scope, and the key of a repeatable request."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint
from gnomon.core.ports import Reservation
from gnomon.core.service import House
from gnomon.core.service.access import require
from gnomon.web.auth import Gate, identify
from gnomon.web.problems import InvalidQuery

_LONGEST_KEY = 255


def find_gate(request: Request) -> Gate:
    """Return the gate of the application that received the request."""
    gate: Gate = request.app.state.gate
    return gate


def find_house(request: Request) -> House:
    """Return the house behind the application that received the request."""
    return find_gate(request).house


AtHouse = Annotated[House, Depends(find_house)]


@dataclass(frozen=True, slots=True)
class Holder:
    """Lets in who holds a scope; the document reads the scope from here."""

    scope: str

    async def __call__(self, request: Request) -> Principal:
        """Say who asks.

        Raises
        ------
        Unauthenticated
            When there is no valid credential.
        Forbidden
            When it does not carry the scope.
        """
        principal = await identify(find_gate(request), request)
        require(principal, self.scope)
        return principal


Reader = Annotated[Principal, Depends(Holder("read"))]
Writer = Annotated[Principal, Depends(Holder("write"))]
Canceller = Annotated[Principal, Depends(Holder("cancel"))]
HookKeeper = Annotated[Principal, Depends(Holder("hooks"))]
KeyKeeper = Annotated[Principal, Depends(Holder("keys"))]
Operator = Annotated[Principal, Depends(Holder("ops"))]


async def reserve(request: Request) -> Reservation | None:
    """Make the reservation that the request's idempotency key asks for, if it carries one.

    Raises
    ------
    InvalidQuery
        When the key is empty or too long.
    """
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    key = given.strip().removeprefix('"').removesuffix('"')
    if not 0 < len(key) <= _LONGEST_KEY:
        message = f"Give an idempotency key of 1 to {_LONGEST_KEY} characters."
        raise InvalidQuery([Complaint(("header", "Idempotency-Key"), message, "length")])
    digest = hashlib.sha256(f"{request.method} {request.scope['path']}\n".encode())
    digest.update(await request.body())
    return Reservation(key=key, fingerprint=digest.hexdigest())
