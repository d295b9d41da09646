"""Requests that are sent again: the same key, path and body find what was made; another body is another request."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.ports import Reservation
from gnomon.core.service import House
from gnomon.web.reservation import reserve

_HEADER: Final = "idempotency-key"


async def reserve_exactly(
    request: Request, principal: Principal, content: bytes | None = None
) -> Reservation | None:
    """Make the reservation that a request asks for: its key alone does not stand for it, its body does as well.

    Raises
    ------
    InvalidQuery
        When the key is not of the form.
    """
    kept = await reserve(request, principal, content, is_blank_none=True)
    if kept is None or kept.is_guess:
        return kept
    # A line's end, which no header can hold, keeps these apart from the keys of other doors.
    return replace(kept, key=f"shannon\n{_digest(kept.key, kept.fingerprint)}")


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to a request that was acted on."""

    response: Response
    is_final: bool = True
    """Whether the same request is answered so from now on; what was refused may be tried again."""


async def once(
    request: Request,
    house: House,
    principal: Principal,
    act: Callable[[], Awaitable[Done]],
    *,
    replay: Response,
) -> Response:
    """Act and answer, unless the same request was acted on before: then `replay` is the answer.

    Who dies between the two acts again, which changes nothing that it had changed.
    """
    kept = await reserve_exactly(request, principal)
    if kept is None or kept.is_guess:
        return (await act()).response
    async with house.in_flight.hold(principal.workspace, kept):
        if await house.store.find_reserved(principal.workspace, f"once:{kept.key}"):
            replay.headers.update(replay_headers(request, is_replay=True))
            return replay
        done = await act()
        if done.is_final:
            await house.store.use_once(principal.workspace, kept.key, house.clock.now())
    return done.response


def replay_headers(request: Request, *, is_replay: bool) -> dict[str, str]:
    """Return the headers that tell an answer given before from a new one."""
    if not is_replay:
        return {}
    return {"X-Idempotency-Cached": "true", "X-Idempotency-Key": request.headers.get(_HEADER, "")}


def new_session_id(house: House) -> str:
    """Name a session that its client did not name."""
    return str(uuid.UUID(int=house.clock.chance(128), version=4))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
