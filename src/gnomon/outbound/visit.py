"""A visit: a page is read from where its address leads, and every redirect passes the gate anew."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin

from gnomon.outbound.decoding import ENCODINGS, NotDecodable, decoded
from gnomon.outbound.gate import Gate, Reply, Request, TooLong

_REDIRECTS = {301, 302, 303, 307, 308}


class Refused(Exception):
    """The visit was given up; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where to look, and within which limits."""

    url: str
    headers: Mapping[str, str]
    most: int
    """Bytes of the body, as it came and as it is when opened."""
    timeout: float = 20.0
    """Seconds for all of it, redirects included."""
    redirects: int = 5
    may_go: Callable[[str], str | None] = lambda _: None
    """Says why a redirect may not be followed to a URL; None when it may."""
    is_wanted: Callable[[int, Mapping[str, str]], bool] = lambda _status, _headers: True
    """Says of a status and headers whether the body is worth its bytes; one that is not is left unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What was there."""

    url: str
    """Where it was found at last."""
    status_code: int
    headers: Mapping[str, str]
    content: bytes
    is_cut: bool
    """Whether there was more than was to be read."""


async def visit(gate: Gate, wanted: Visit) -> Visited:
    """Get what an address leads to.

    Raises
    ------
    NoAnswer, Crowded
        As the gate raises them, for the address itself or one that it was redirected to.
    Refused
        When a redirect may not be followed, or the body cannot be opened.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wanted.timeout
    url = urldefrag(wanted.url).url
    for _ in range(wanted.redirects + 1):
        reply = await gate.open(_request(url, wanted, deadline - loop.time()))
        try:
            url_before, url = url, _next(url, reply)
            if url == url_before:
                is_read = wanted.is_wanted(reply.status_code, reply.headers)
                content, is_cut = await read_content(reply, wanted.most) if is_read else (b"", True)
                return Visited(
                    url=url,
                    status_code=reply.status_code,
                    headers=reply.headers,
                    content=content,
                    is_cut=is_cut,
                )
        finally:
            await reply.close()
        if why := wanted.may_go(url):
            raise Refused(why)
    raise Refused(f"It redirects more than {wanted.redirects} times.")


def _request(url: str, wanted: Visit, timeout: float) -> Request:
    headers = {**wanted.headers, "Accept-Encoding": ENCODINGS}
    return Request(url=url, headers=headers, most=wanted.most, timeout=max(timeout, 0), is_repeatable=True)


def _next(url: str, reply: Reply) -> str:
    """Return where a redirect leads; the same URL when the reply is none."""
    if reply.status_code not in _REDIRECTS or "location" not in reply.headers:
        return url
    try:
        after = urldefrag(urljoin(url, reply.headers["location"].strip())).url
    except ValueError as error:
        raise Refused("It redirects to what is no address.") from error
    if after == url:
        raise Refused("It redirects to itself.")
    return after


async def read_content(reply: Reply, most: int) -> tuple[bytes, bool]:
    """Return the first part of a body, opened, and whether there was more; raises `NoAnswer` and `Refused`."""
    content = bytearray()
    try:
        async with (
            aclosing(reply.pieces()) as pieces,
            aclosing(decoded(reply.headers.get("content-encoding", ""), pieces)) as opened,
        ):
            async for piece in opened:
                content += piece
                if len(content) > most:
                    return bytes(content[:most]), True
    except TooLong:
        return bytes(content), True
    except NotDecodable as error:
        raise Refused(f"Its body cannot be opened: {error}.") from error
    return bytes(content), False
