"""Credentials: tokens of this server, or keys; from either header, never from two that differ."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
from jwt.types import Options
from starlette.datastructures import Headers

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.errors import Forbidden, Unauthenticated
from gnomon.core.service import House, access
from gnomon.web.problems import BadRequest

TOKEN_LIFE = timedelta(hours=24)
_ALGORITHM = "HS256"
_CLAIMS = ("workspace_id", "user_id", "workspace_key", "exp", "iat")
_ANYONE = "no-auth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is needed to say who asks."""

    house: House
    token_secret: bytes = field(repr=False)
    require_key: bool
    default_workspace: str
    """Whose workspace it is when no key is required."""


async def issue_token(gate: Gate, headers: Headers, workspace_key: str, user_key: str) -> str:
    """Exchange a pair of keys for a token.

    Raises
    ------
    Unauthenticated
        When the keys are not valid together.
    Forbidden
        When no key is required and a page of another site asks.
    """
    if not gate.require_key:
        _require_own_page(headers)
        return _sign(gate, workspace=gate.default_workspace, user=_ANYONE, workspace_key=_ANYONE)
    workspace, user = await access.exchange(gate.house, workspace_key, user_key)
    return _sign(gate, workspace=workspace.workspace, user=user.public_id, workspace_key=workspace.public_id)


async def identify(gate: Gate, headers: Headers) -> Principal:
    """Say who asks.

    Raises
    ------
    Unauthenticated
        When there is no credential, or it is not valid.
    BadRequest
        When two credentials differ.
    Forbidden
        When no key is required and a page of another site asks.
    """
    if not gate.require_key:
        _require_own_page(headers)
        return Principal(workspace=gate.default_workspace, key_id=_ANYONE, scopes=ALL_SCOPES)
    credential = _credential(headers)
    if credential.startswith(f"{KeyRole.API}_"):
        return await access.authenticate(gate.house, credential, roles=frozenset({KeyRole.API}))
    claims = _verify(gate, credential)
    # The token says who was let in; whether they still are, the keys say.
    keys = (str(claims["workspace_key"]), str(claims["user_id"]))
    return await access.recall(gate.house, keys, str(claims["workspace_id"]))


def _require_own_page(headers: Headers) -> None:
    """Refuse what a page of another site sends through its visitor's browser to a server without keys.

    A name that was pointed at this machine (DNS rebinding) shows in `Host`; a foreign page shows in `Origin`, or,
    where the browser sends none, in `Sec-Fetch-Site`.
    """
    host = headers.get("host", "")
    if not _is_loopback(host):
        raise Forbidden(
            "Without keys this server answers to 127.0.0.1 and localhost only, not to other names."
        )
    origin = headers.get("origin")
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


def _credential(headers: Headers) -> str:
    given = {_bearer(value) for value in headers.getlist("authorization")}
    given |= {value.strip() for value in headers.getlist("x-api-key")}
    if len(given) > 1:
        raise BadRequest("The request carries two different credentials; send one.")
    if not given:
        raise Unauthenticated("Send a token or a key in the header 'Authorization: Bearer ...'.")
    return given.pop()


def _bearer(value: str) -> str:
    scheme, _, credential = value.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send the credential as 'Authorization: Bearer ...'.")
    return credential.strip()


def _sign(gate: Gate, *, workspace: str, user: str, workspace_key: str) -> str:
    now = gate.house.clock.now()
    claims = {
        "workspace_id": workspace,
        "user_id": user,
        "workspace_role": "owner",
        "workspace_key": workspace_key,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFE).timestamp()),
    }
    return jwt.encode(claims, gate.token_secret, algorithm=_ALGORITHM)


def _verify(gate: Gate, token: str) -> Mapping[str, Any]:
    # Times are compared with the house's own clock below.
    options: Options = {"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False}
    try:
        claims: dict[str, Any] = jwt.decode(
            token, gate.token_secret, algorithms=[_ALGORITHM], options=options
        )
    except jwt.InvalidTokenError as error:
        raise Unauthenticated("The token is not valid.") from error
    if not _is_fresh(claims["exp"], gate.house.clock.now()):
        raise Unauthenticated("The token has expired; ask for a new one.")
    return claims


def _is_fresh(expiry: object, now: datetime) -> bool:
    return isinstance(expiry, int) and now.timestamp() < expiry
