"""Credentials: tokens of this server, keys, tickets for a stream; one in a request, never two that differ."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import jwt
from jwt.types import Options
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.errors import Forbidden, GnomonError, Unauthenticated
from gnomon.core.service import House, access
from gnomon.core.service.ticket import NO_TICKET, redeem
from gnomon.core.tenancy import Role
from gnomon.web.limits import Meter, address_of, too_many_failed
from gnomon.web.problems import BadRequest
from gnomon.web.sign_in import SignIn
from gnomon.web.ticket import read_ticket

T = TypeVar("T")

TOKEN_LIFE = timedelta(hours=24)
_ALGORITHM = "HS256"
_CLAIMS = ("workspace_id", "user_id", "exp", "iat")
_ANYONE = "no-auth"
NOT_OURS = "The credential is neither a key nor a valid token of this server."
FLAT = 0.02
"""Seconds that the answer to a wrong credential takes at least, whatever is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is needed to say who asks."""

    house: House
    token_secret: bytes = field(repr=False)
    require_key: bool
    default_workspace: str
    """Whose workspace it is when no key is required."""
    meter: Meter
    """Counts what callers ask."""
    origins: frozenset[str] = frozenset()
    """Sites whose pages may ask even where no key is required."""
    sign_in: SignIn | None = None
    """The identity provider that is trusted, if one is."""


async def issue_token(gate: Gate, request: HTTPConnection, workspace_key: str, user_key: str) -> str:
    """Exchange a pair of keys for a token.

    Raises
    ------
    Unauthenticated
        When the keys are not valid together.
    Forbidden
        When no key is required and a page of another site asks.
    QuotaExceeded
        When the keys are one credential too many of the client's address that is not valid, or the user key has
        asked too often.
    """
    if not gate.require_key:
        _require_own_page(request.headers, gate.origins)
        workspace = await access.get_workspace(gate.house, gate.default_workspace)
        return sign(gate, access.Admission(workspace=workspace, role=Role.OWNER, user_id=None))
    exchange = partial(access.exchange, gate.house, workspace_key, user_key)
    admission = await checked(gate, request, exchange)
    gate.meter.count(request.scope, admission.key_ids[-1])
    return sign(gate, admission)


async def identify(gate: Gate, request: HTTPConnection) -> Principal:
    """Say who asks, and count the request.

    Raises
    ------
    Unauthenticated
        When there is no credential, or it is not valid.
    BadRequest
        When two credentials differ.
    Forbidden
        When no key is required and a page of another site asks.
    QuotaExceeded
        When it is one credential too many of the client's address that is not valid, or the key has asked too often.
    """
    if not gate.require_key:
        _require_own_page(request.headers, gate.origins)
        principal = Principal(workspace=gate.default_workspace, key_id=_ANYONE, scopes=ALL_SCOPES)
    else:
        credential = credential_of(request.headers)
        principal = await checked(gate, request, partial(_recognise, gate, credential))
    gate.meter.count(request.scope, principal.key_id)
    return principal


async def identify_listener(gate: Gate, request: HTTPConnection, task_id: str) -> Principal:
    """Say who asks for a task's stream: by a credential, or by `?ticket=`, which is good for this once.

    Raises
    ------
    Unauthenticated
        When the ticket, or what `identify` looks at, is not valid.
    BadRequest
        When there is a ticket and another credential, or two tickets.
    Forbidden, QuotaExceeded
        As `identify` does.
    """
    tickets = request.query_params.getlist("ticket")
    if not tickets:
        return await identify(gate, request)
    if len(tickets) > 1 or any(name in request.headers for name in ("authorization", "x-api-key")):
        raise BadRequest("The request carries two credentials; send the ticket alone.")
    if not gate.require_key:
        _require_own_page(request.headers, gate.origins)
    take_up = partial(_redeem, gate, tickets[0], task_id)
    principal = await checked(gate, request, take_up)
    gate.meter.count(request.scope, principal.key_id)
    return principal


async def identify_by_address(gate: Gate, request: HTTPConnection, task_id: str) -> Principal:
    """Say who asks for a task's stream, as `identify_listener` does; a credential may also stand in the address.

    That is what some clients can do alone: a browser's `EventSource` and `WebSocket` send no headers. `?api_key=` and
    `?token=` are read on no other routes than those that call this.

    Raises
    ------
    Unauthenticated, BadRequest, Forbidden, QuotaExceeded
        As `identify_listener` does.
    """
    query = request.query_params
    given = {value for name in ("api_key", "token") for value in query.getlist(name) if value}
    if not given or not gate.require_key:
        return await identify_listener(gate, request, task_id)
    if "ticket" in query:
        raise BadRequest("The request carries two credentials; send the ticket alone.")
    if any(name in request.headers for name in ("authorization", "x-api-key")):
        given.add(credential_of(request.headers))
    if len(given) > 1:
        raise BadRequest("The request carries two different credentials; send one.")
    principal = await checked(gate, request, partial(_recognise, gate, given.pop()))
    gate.meter.count(request.scope, principal.key_id)
    return principal


async def _recognise(gate: Gate, credential: str) -> Principal:
    if credential.startswith(f"{KeyRole.API}_"):
        return await access.authenticate(gate.house, credential, roles=frozenset({KeyRole.API}))
    claims = _verify(gate, credential)
    # The token says who was let in; whether they still are, the keys say, and the user's role.
    workspace, user = str(claims["workspace_id"]), str(claims["user_id"])
    if "workspace_key" in claims:
        # Tokens of older versions have the user's key where the user is now.
        keys = (str(claims["workspace_key"]), str(claims.get("user_key", user)))
        known = await access.recall(gate.house, keys, workspace)
    else:
        known = await access.recall_user(gate.house, user, workspace)
    ends = datetime.fromtimestamp(claims["exp"], UTC)
    return replace(known, expires_at=min(ends, known.expires_at or ends))


async def _redeem(gate: Gate, text: str, task_id: str) -> Principal:
    ticket = read_ticket(text, gate.token_secret)
    if gate.require_key and not (
        ticket.key_ids or ticket.user_id
    ):  # issued before the server was started anew with keys
        raise Unauthenticated(NO_TICKET)
    return await redeem(gate.house, ticket, task_id)


async def checked(
    gate: Gate,
    request: HTTPConnection,
    check: Callable[[], Awaitable[T]],
    *,
    wrong: type[GnomonError] = Unauthenticated,
) -> T:
    """Look at a credential; a wrong one tells nothing by its time, and counts against its address.

    `wrong` is what the check raises for one. A right one is always let in: who shares an address with a guesser (a
    proxy, an office) must not be shut out.
    """
    clock = asyncio.get_running_loop().time
    answered_at = clock() + FLAT
    try:
        return await check()
    except wrong:
        verdict = gate.meter.failures.count(address_of(request.scope))
        await asyncio.sleep(max(answered_at - clock(), 0))
        if not verdict.is_admitted:
            raise too_many_failed(verdict) from None
        raise


def _require_own_page(headers: Headers, origins: frozenset[str]) -> None:
    """Refuse what a page of another site sends through its visitor's browser to a server without keys.

    A name that was pointed at this machine (DNS rebinding) shows in `Host`; a foreign page shows in `Origin`, or,
    where the browser sends none, in `Sec-Fetch-Site`. Pages of `origins` are let in.
    """
    host = headers.get("host", "")
    if not _is_loopback(host):
        raise Forbidden(
            "Without keys this server answers to 127.0.0.1 and localhost only, not to other names."
        )
    origin = headers.get("origin")
    if origin in origins:
        return
    is_foreign = origin is not None and origin.partition("://")[2] != host
    if is_foreign or headers.get("sec-fetch-site", "").lower() == "cross-site":
        raise Forbidden("Without keys this server answers no page of another site.")


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def credential_of(headers: Headers) -> str:
    """Return the one credential of a request; raises `BadRequest` and `Unauthenticated`."""
    given = {_bearer(value) for value in headers.getlist("authorization")}
    given |= {value.strip() for value in headers.getlist("x-api-key")}
    if len(given) > 1:
        raise BadRequest("The request carries two different credentials; send one.")
    if not given:
        raise Unauthenticated(
            "Send a key of this server in the header 'x-api-key', or a key or a token in 'Authorization: Bearer ...'."
        )
    return given.pop()


def _bearer(value: str) -> str:
    scheme, _, credential = value.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated(
            "Send the credential as 'Authorization: Bearer ...', or a key as 'x-api-key: ...'."
        )
    return credential.strip()


def sign(gate: Gate, admission: access.Admission) -> str:
    """Write and sign a token of who was let in."""
    now = gate.house.clock.now()
    claims = {
        "workspace_id": admission.workspace.id,
        "user_id": admission.user_id or _ANYONE,
        "organization_id": admission.workspace.organization_id,
        "workspace_role": admission.role.value,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFE).timestamp()),
    }
    if admission.key_ids:
        claims["workspace_key"], claims["user_key"] = admission.key_ids
    return jwt.encode(claims, gate.token_secret, algorithm=_ALGORITHM)


def _verify(gate: Gate, token: str) -> Mapping[str, Any]:
    # Times are compared with the house's own clock below.
    options: Options = {"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False}
    try:
        claims: dict[str, Any] = jwt.decode(
            token, gate.token_secret, algorithms=[_ALGORITHM], options=options
        )
    except jwt.InvalidTokenError as error:
        raise Unauthenticated(NOT_OURS) from error
    if not _is_fresh(claims["exp"], gate.house.clock.now()):
        raise Unauthenticated("The token has expired; ask for a new one.")
    return claims


def _is_fresh(expiry: object, now: datetime) -> bool:
    return isinstance(expiry, int) and now.timestamp() < expiry
