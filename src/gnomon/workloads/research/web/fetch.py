"""A page becomes a source: through the gate, within limits, and never at the cost of the task."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

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
_SUFFIXES = {
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/plain": ".txt",
    "application/json": ".txt",
}
"""What is read as a file of that suffix."""
_PAGES = {"text/html", "application/xhtml+xml"}
_UNTOLD = {"", "application/octet-stream", "binary/octet-stream", "application/x-download"}
_KNOWN_SUFFIXES = {".pdf", ".docx", ".csv", ".md", ".txt", ".html", ".htm"}
_INDIVISIBLE = {".pdf", ".docx"}
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
            url=url, headers=headers, most=MOST_BYTES, timeout=self._timeout, may_go=filters.refuses
        )
        try:
            visited = await visit(self._gate, wanted)
        except NoAnswer as error:
            raise _Unfit(f"{error.message.rstrip('.')}.") from error
        except Crowded as error:
            raise _Unfit("too much is asked of its address at once.") from error
        except Refused as error:
            raise _Unfit(str(error)) from error
        if visited.status_code != 200:
            told = _STATUSES.get(visited.status_code, "it has no page to give")
            raise _Unfit(f"{told} ({visited.status_code}).")
        return visited

    async def _read(self, visited: Visited, filters: Filters) -> tuple[Source, str | None]:
        task, content = _task(visited)
        try:
            parsed = await self._parser.parse(task, content)
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


def _task(visited: Visited) -> tuple[dict[str, Any], bytes]:
    """Say how the content is to be read; text in another character set is written anew in UTF-8."""
    content_type = visited.headers.get("content-type", "")
    media, charset = _media(content_type)
    suffix = _suffix(media, visited)
    if visited.is_cut and suffix in _INDIVISIBLE:
        raise _Unfit(f"it is larger than {MOST_BYTES // 2**20} MB.")
    task = {
        "name": f"{_stem(visited.url)}{suffix}" if suffix else "",
        "content_type": content_type or "text/html",
        "url": visited.url,
        "most": MOST_CHARACTERS,
        "most_title": _MOST_TITLE,
    }
    return task, _in_utf8(visited.content, charset) if suffix in {".txt", ".md", ".csv"} else visited.content


def _stem(url: str) -> str:
    """Return what may stand in for a title, where a file has none."""
    return PurePosixPath(unquote(urlsplit(url).path)).stem[:_MOST_TITLE].strip() or host_of(url)


def _suffix(media: str, visited: Visited) -> str:
    """Name the suffix of the kind of file it is; empty for a page."""
    if media in _PAGES:
        return ""
    if media in _SUFFIXES:
        return _SUFFIXES[media]
    if media in _UNTOLD:
        return _guessed(visited)
    if media.startswith("text/"):
        return ".txt"
    raise _Unfit(f"it is of the type {media[:80]!r}, of which no text is read.")


def _guessed(visited: Visited) -> str:
    named = PurePosixPath(unquote(urlsplit(visited.url).path)).suffix.lower()
    if visited.content.startswith(b"%PDF-"):
        return ".pdf"
    if named in {".html", ".htm"} or visited.content.lstrip()[:1] == b"<":
        return ""
    if named in _KNOWN_SUFFIXES:
        return named
    raise _Unfit("it does not say of which type it is.")


def _media(content_type: str) -> tuple[str, str]:
    """Return the media type and the character set, in lower case."""
    media, _, rest = content_type.lower().partition(";")
    named = [
        part.strip().removeprefix("charset=").strip("\"' ") for part in rest.split(";") if "charset=" in part
    ]
    return media.strip(), named[0] if named else ""


def _in_utf8(content: bytes, charset: str) -> bytes:
    if charset in {"", "utf-8", "utf8"}:
        return content
    try:
        return content.decode(charset, "replace").encode()
    except LookupError:
        return content


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
