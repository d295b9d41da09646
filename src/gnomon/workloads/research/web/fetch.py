"""A page becomes a source: through the gate, within limits, and never at the cost of the task."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from gnomon.core.task import Json
from gnomon.outbound.gate import Crowded, Gate, NoAnswer, Wording
from gnomon.outbound.visit import Refused, Visit, Visited, visit
from gnomon.workloads.research.record import Source
from gnomon.workloads.research.web.address import canonical, host_of
from gnomon.workloads.research.web.hit import Filters, read_day
from gnomon.workloads.research.web.parsing import Parser, Unparsed

MOST_BYTES = 10 * 2**20
MOST_CHARACTERS = 150_000
_MOST_TITLE = 300
_TIMEOUT = 20.0
_PER_HOST = 2
_AT_ONCE = 16
_ACCEPT = "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.9,text/markdown;q=0.9,*/*;q=0.5"
_NO_TEXT = ("image/", "audio/", "video/", "font/", "model/")
_INDIVISIBLE = (b"%PDF-", b"PK")
"""How files begin of which no part can be read without the end."""
_STATUSES = {
    401: "it wants a login",
    403: "it lets the server not in",
    404: "there is no such page",
    410: "the page is gone",
    429: "it is asked too often",
    451: "it is withheld for legal reasons",
}

WORDING = Wording(
    unreachable="it could not be reached, or gave no HTTP answer in time",
    refused="it was not asked:",
    untrusted="its TLS certificate is not valid for its name",
    remedy="The server's operator opens other addresses by --fetch-allow NETWORK, and plain http by --fetch-http.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page that was read, or why it was not."""

    url: str
    """As it was asked for."""
    source: Source | None = None
    note: str | None = None
    """One sentence that names the page; also of a page that was read, when something is to be said of it."""


class Pages:
    """Reads pages, a few at once of one host."""

    def __init__(
        self, gate: Gate, parser: Parser, *, agent: str = "Gnomon", timeout: float = _TIMEOUT
    ) -> None:
        self._gate = gate
        self._parser = parser
        self._agent = agent
        self._timeout = timeout
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._hosts: dict[str, tuple[asyncio.Semaphore, int]] = {}

    async def fetch(self, url: str, filters: Filters | None = None) -> Fetched:
        """Read a page; whatever is wrong with it is a note."""
        wanted = filters or Filters()
        try:
            source, note = await self._source(url, wanted)
        except _Unfit as error:
            return Fetched(url=url, note=f"{_shown(url)} was not read: {error}")
        return Fetched(url=url, source=source, note=note)

    async def _source(self, url: str, filters: Filters) -> tuple[Source, str | None]:
        address = canonical(url)
        if address is None:
            raise _Unfit("it is no address of a web page.")
        if why := filters.refuses(address):
            raise _Unfit(why)
        async with self._places, self._host(host_of(address)):
            visited = await self._visit(address, filters)
        return await self._read(visited, filters)

    async def _visit(self, url: str, filters: Filters) -> Visited:
        headers = {"User-Agent": self._agent, "Accept": _ACCEPT, "Accept-Language": "en, *;q=0.5"}
        wanted = Visit(
            url=url,
            headers=headers,
            most=MOST_BYTES,
            timeout=self._timeout,
            may_go=filters.refuses,
            is_wanted=_is_wanted,
        )
        try:
            visited = await visit(self._gate, wanted)
        except NoAnswer as error:
            raise _Unfit(f"{error.message.rstrip('.')}.") from error
        except Crowded as error:
            raise _Unfit("too much is asked of its address at once.") from error
        except Refused as error:
            raise _Unfit(str(error)) from error
        return _checked(visited)

    async def _read(self, visited: Visited, filters: Filters) -> tuple[Source, str | None]:
        try:
            parsed = await self._parser.parse(_task(visited), visited.content)
        except Unparsed as error:
            raise _Unfit(str(error)) from error
        if not parsed.text.strip():
            raise _Unfit("it holds no text.")
        published = read_day(parsed.published)
        if published and filters.is_too_old(published.isoformat()):
            raise _Unfit(f"it is of {published}, and the task counts pages from {filters.after} on.")
        source = Source(
            url=canonical(visited.url) or visited.url,
            title=parsed.title or host_of(visited.url),
            text=parsed.text,
            kind="page",
            published=published.isoformat() if published else None,
            is_truncated=parsed.is_cut or visited.is_cut,
        )
        cut = f"{_shown(source.url)} was read up to character {len(source.text)}; there is more of it."
        return source, cut if source.is_truncated else None

    @asynccontextmanager
    async def _host(self, host: str) -> AsyncIterator[None]:
        places, users = self._hosts.get(host) or (asyncio.Semaphore(_PER_HOST), 0)
        self._hosts[host] = places, users + 1
        try:
            async with places:
                yield
        finally:
            users = self._hosts[host][1] - 1
            self._hosts[host] = places, users
            if not users:
                del self._hosts[host]


class _Unfit(Exception):
    """Why a page is no source."""


def _task(visited: Visited) -> dict[str, Any]:
    """Say how the content is to be read."""
    return {
        "content_type": visited.headers.get("content-type", "")[:_MOST_TITLE],
        "url": visited.url,
        "most": MOST_CHARACTERS,
        "most_title": _MOST_TITLE,
    }


def _media(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_wanted(status: int, headers: Mapping[str, str]) -> bool:
    return status == 200 and not _media(headers).startswith(_NO_TEXT)


def _checked(visited: Visited) -> Visited:
    """Return what was found; raises `_Unfit` when it is nothing to read."""
    if visited.status_code != 200:
        told = _STATUSES.get(visited.status_code, "it has no page to give")
        raise _Unfit(f"{told} ({visited.status_code}).")
    if _media(visited.headers).startswith(_NO_TEXT):
        raise _Unfit(f"it is {_media(visited.headers)[:80]}, of which no text is read.")
    if visited.is_cut and visited.content.startswith(_INDIVISIBLE):
        raise _Unfit(f"it is larger than {MOST_BYTES // 2**20} MB.")
    return visited


def _shown(url: str) -> str:
    """Show an address without its query, which may hold what is nobody's business."""
    return url.partition("?")[0].partition("#")[0][:200]


def fetched_json(fetched: Fetched) -> dict[str, Json]:
    """Write the record as JSON, so that a step can keep it."""
    return {
        "url": fetched.url,
        "source": asdict(fetched.source) if fetched.source else None,
        "note": fetched.note,
    }


def read_fetched(value: Mapping[str, Any]) -> Fetched:
    """Make the record of its JSON."""
    source = value["source"]
    return Fetched(url=value["url"], source=Source(**source) if source else None, note=value["note"])
