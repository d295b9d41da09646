"""Whose users may sign in: the identity provider that the settings name."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from gnomon.core.errors import Unavailable
from gnomon.outbound.gate import Crowded, Gate, NoAnswer, Wording
from gnomon.outbound.visit import Refused, Visit, visit
from gnomon.settings import Settings, read_networks
from gnomon.web.sign_in import KeyRing, SignIn

MOST_BYTES = 256 * 1024
_TIMEOUT = 10.0
_WORDING = Wording(
    unreachable="the address of --supabase-jwks could not be reached, or gave no answer in time",
    refused="the address of --supabase-jwks was not asked:",
    untrusted="the TLS certificate at the address of --supabase-jwks is not valid for its name",
    remedy="Open other addresses by --fetch-allow NETWORK, and plain http by --fetch-http.",
)


def build_sign_in(settings: Settings) -> SignIn | None:
    """Build what looks at the tokens of the identity provider; None where none is trusted.

    Raises
    ------
    ValueError
        When the settings say only half of it, or name a file that is not there.
    """
    is_told = bool(settings.supabase_jwks or settings.supabase_secret)
    if is_told != bool(settings.supabase_issuer):
        raise ValueError(
            "--supabase-issuer (https://ID.supabase.co/auth/v1) goes with --supabase-jwks or --supabase-secret: give "
            "both, or none."
        )
    if not is_told:
        return None
    fetch = _source(settings) if settings.supabase_jwks else None
    return SignIn(
        issuer=settings.supabase_issuer,
        audience=settings.supabase_audience,
        ring=KeyRing(fetch=fetch) if fetch else None,
        secret=settings.supabase_secret.encode() or None,
    )


def _source(settings: Settings) -> Callable[[], Awaitable[bytes]]:
    where = settings.supabase_jwks
    if where.startswith(("https://", "http://")):
        gate = Gate(
            allow=read_networks(settings.fetch_allow, "--fetch-allow"),
            is_http_allowed=settings.fetch_http,
            timeout=_TIMEOUT,
            wording=_WORDING,
        )
        return lambda: _read_address(gate, where)
    if not Path(where).is_file():
        raise ValueError(f"--supabase-jwks: There is no file {where}; an address begins with https://.")
    return lambda: _read_file(Path(where))


async def _read_address(gate: Gate, url: str) -> bytes:
    wanted = Visit(
        url=url, headers={"Accept": "application/json"}, most=MOST_BYTES, timeout=_TIMEOUT, redirects=0
    )
    try:
        found = await visit(gate, wanted)
    except (NoAnswer, Crowded, Refused) as error:
        raise Unavailable(str(error)) from error
    if found.status_code != 200 or found.is_cut:
        raise Unavailable(f"{url} answered {found.status_code}, or more than {MOST_BYTES} bytes.")
    return found.content


async def _read_file(path: Path) -> bytes:
    try:
        return await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise Unavailable(f"--supabase-jwks: {error}") from error
