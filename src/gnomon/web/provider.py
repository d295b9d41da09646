"""Callers who come with an identity provider's token instead of this server's."""

from functools import partial

import jwt
from starlette.requests import HTTPConnection

from gnomon.core.errors import Forbidden, NotFound
from gnomon.core.service import tenancy
from gnomon.core.tenancy import User
from gnomon.web.auth import Gate, checked, credential_of
from gnomon.web.sign_in import SignIn

NOT_SET = (
    "This server trusts no identity provider; start it with --supabase-jwks and --supabase-issuer, or exchange keys "
    "for a token at POST /auth/token."
)
STRANGER = (
    "The token is good, but nobody here goes by it; accept an invite first, by "
    "POST /organizations/{id}/invites/accept with this token and the invite's."
)


def is_from_provider(gate: Gate, request: HTTPConnection) -> bool:
    """Say whether a request's credential gives itself out for the provider's; whether it is, is looked at later."""
    if gate.sign_in is None:
        return False
    try:
        claims = jwt.decode(credential_of(request.headers), options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return claims.get("iss") == gate.sign_in.issuer


async def find_user(gate: Gate, request: HTTPConnection, *, is_new_allowed: bool = False) -> User:
    """Return the user of an identity provider's token; one that is not stored yet, if that is allowed.

    Raises
    ------
    NotFound
        When the server trusts no provider.
    Unauthenticated
        When the token is not valid.
    Forbidden
        When nobody here goes by it.
    QuotaExceeded
        When it is one credential too many of the address that is not valid, or the user has asked too often.
    """
    if gate.sign_in is None:
        raise NotFound(NOT_SET)
    user = await checked(
        gate, request, partial(_known, gate, gate.sign_in, request, is_new_allowed=is_new_allowed)
    )
    gate.meter.count(request.scope, user.id)
    return user


async def _known(gate: Gate, sign_in: SignIn, request: HTTPConnection, *, is_new_allowed: bool) -> User:
    identity = await sign_in.identify(credential_of(request.headers), gate.house.clock.now())
    user = await tenancy.sign_in(
        gate.house,
        identity.subject,
        name=identity.name,
        email=identity.email,
        is_new_allowed=is_new_allowed,
    )
    if user is None:
        raise Forbidden(STRANGER)
    return user
