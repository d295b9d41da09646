"""What makes a request repeatable: its idempotency key, or a client's word that it is trying again."""

import asyncio
import hashlib
import re

from starlette.requests import Request

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint
from gnomon.core.ports import Reservation
from gnomon.web.problems import InvalidQuery

KEY = "[!-~](?:[ -~]{0,253}[!-~])?"
"""What an idempotency key may be; the house's own keys hold a line's end, which nobody can send in a header."""
_QUOTED = re.compile('"(.*)"')
_COUNT = re.compile("[0-9]{1,6}")


async def reserve(
    request: Request, writer: Principal, content: bytes | None = None, *, is_blank_none: bool = False
) -> Reservation | None:
    """Make the reservation that a request asks for; the body, or what stands for it, must be the same again.

    A client that sends no key but counts its tries (`x-stainless-retry-count`) repeats requests whose answers got
    lost: its second and later tries find what an earlier one has made with the same credential, for a while.
    With `is_blank_none` a blank key is none.

    Raises
    ------
    InvalidQuery
        When the key is not of the form.
    """
    given, count = (request.headers.get(name) for name in ("idempotency-key", "x-stainless-retry-count"))
    if is_blank_none and given is not None and not given.strip():
        given = None
    if given is None and (count is None or not _COUNT.fullmatch(count)):
        return None
    key = None if given is None else _read_key(given)
    fingerprint = await _fingerprint(request, content)
    if key is not None:
        return Reservation(key=key, fingerprint=fingerprint)
    guess = f"guess\n{writer.key_id}\n{fingerprint}"
    return Reservation(key=guess, fingerprint=fingerprint, tries=int(count or 0))


def replay_headers(*, is_replay: bool) -> dict[str, str]:
    """Return the header that tells an answer given before from a new one."""
    return {"Idempotency-Replayed": "true"} if is_replay else {}


def _read_key(given: str) -> str:
    """Read a key, which may be written as a string in quotes (the standard's draft) or without them."""
    plain = given.strip()
    quoted = _QUOTED.fullmatch(plain)
    key = quoted[1] if quoted else plain
    if not key or not re.fullmatch(KEY, plain):
        message = "Give an idempotency key of 1 to 255 ASCII characters, a UUID say."
        raise InvalidQuery([Complaint(("header", "Idempotency-Key"), message, "pattern")])
    return key


async def _fingerprint(request: Request, content: bytes | None) -> str:
    asked = f"{request.method} {request.scope['path']}?".encode() + request.scope["query_string"] + b"\n"
    same = await request.body() if content is None else content
    return await asyncio.to_thread(_digest, asked, same)


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
