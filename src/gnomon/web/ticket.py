"""Stream tickets as text: signed under a key of their own, so that nothing else takes one for a credential."""

import hmac
from datetime import UTC, datetime
from typing import Any

import jwt
from jwt.types import Options

from gnomon.core.access import Ticket
from gnomon.core.errors import Unauthenticated
from gnomon.core.service.ticket import NO_TICKET

_ALGORITHM = "HS256"
_CLAIMS = ("jti", "workspace", "sub", "keys", "exp")


def write_ticket(ticket: Ticket, token_secret: bytes) -> str:
    """Write and sign a ticket."""
    claims: dict[str, Any] = {
        "jti": ticket.name,
        "workspace": ticket.workspace,
        "sub": ticket.task_id,
        "keys": list(ticket.key_ids),
        "exp": ticket.expires_at.timestamp(),
    }
    if ticket.user_id is not None:
        claims["user"] = ticket.user_id
    return jwt.encode(claims, _secret(token_secret), algorithm=_ALGORITHM)


def read_ticket(text: str, token_secret: bytes) -> Ticket:
    """Read a ticket that this server has signed; whether it is still good, the house says.

    Raises
    ------
    Unauthenticated
        When it is anything else.
    """
    # Times are compared with the house's own clock.
    options: Options = {"require": list(_CLAIMS), "verify_exp": False}
    try:
        claims: dict[str, Any] = jwt.decode(
            text, _secret(token_secret), algorithms=[_ALGORITHM], options=options
        )
    except jwt.InvalidTokenError as error:
        raise Unauthenticated(NO_TICKET) from error
    return Ticket(
        name=claims["jti"],
        workspace=claims["workspace"],
        task_id=claims["sub"],
        key_ids=tuple(claims["keys"]),
        user_id=claims.get("user"),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


def _secret(token_secret: bytes) -> bytes:
    return hmac.digest(token_secret, b"stream-ticket", "sha256")
