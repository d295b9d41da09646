"""Reading the web for a task: searches and pages as steps of it, within its filters, shared by all its questions."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from gnomon.core.task import Json
from gnomon.reading.document import Document
from gnomon.reading.passage import cut
from gnomon.workloads.research.gather import together
from gnomon.workloads.research.record import Source
from gnomon.workloads.research.study import Study
from gnomon.workloads.research.underway import OnUsed, carried
from gnomon.workloads.research.web.fetch import Fetched, fetched_json, read_fetched
from gnomon.workloads.research.web.hit import Filters, Hit, Searched, read_searched, searched_json
from gnomon.workloads.research.web.reach import Reach, close_shared, shared_reach
from gnomon.workloads.research.web.search import WebSearch

_HITS: Final = 10
_USERS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, int]] = WeakKeyDictionary()


@asynccontextmanager
async def in_reach(settings: Mapping[str, Json]) -> AsyncIterator[Reach]:
    """Give the reach that all tasks of this event loop share; with the last of them it is closed."""
    loop = asyncio.get_running_loop()
    _USERS[loop] = _USERS.get(loop, 0) + 1
    try:
        yield shared_reach(settings)
    finally:
        _USERS[loop] -= 1
        if not _USERS[loop]:
            await close_shared()


@dataclass(slots=True, kw_only=True)
class Surfing:
    """The web, as one task sees it."""

    study: Study
    reach: Reach
    search: WebSearch
    filters: Filters
    pages: dict[str, tuple[Source, ...]] = field(default_factory=dict)
    """The passages of what was read, by the address that was asked for."""

    async def find(self, query: str) -> Sequence[Hit]:
        """Search the web."""
        material: list[Json] = [
            query,
            *self.filters.include,
            "-",
            *self.filters.exclude,
            str(self.filters.after),
        ]

        def begin(_: OnUsed) -> Coroutine[Any, Any, Searched]:
            return self.search.search(query, limit=_HITS, filters=self.filters)

        async def work(key: str) -> dict[str, Any]:
            found = await carried(self.study.ctx, key, begin)
            self.study.teller.note("search", f"Query: {query} (web)")
            return searched_json(found)

        searched = read_searched(await self.study.paid("web search", material, work))
        for note in searched.notes:
            self.study.cut(note)
        return searched.hits

    async def read(self, urls: Sequence[str]) -> None:
        """Read pages, some at once."""
        fresh = [url for url in urls if url not in self.pages]
        read = await together([partial(self._read, url) for url in fresh])
        # In the order of choosing, not of coming: a later attempt must see the same sources in the same order.
        self.pages.update(zip(fresh, read, strict=True))

    def passages(self) -> list[Source]:
        """Return the passages of all that was read."""
        return [passage for page in self.pages.values() for passage in page]

    async def _read(self, url: str) -> tuple[Source, ...]:
        def begin(_: OnUsed) -> Coroutine[Any, Any, Fetched]:
            return self.reach.pages.fetch(url, self.filters)

        async def work(key: str) -> dict[str, Any]:
            fetched = fetched_json(await carried(self.study.ctx, key, begin))
            if fetched["source"] is not None:
                fetched["blob"] = await self.study.ctx.put(fetched["source"]["text"].encode())
                fetched["source"]["text"] = ""
            return fetched

        stored = await self.study.paid("page", [url, str(self.filters.after)], work)
        fetched = read_fetched({name: stored[name] for name in ("url", "source", "note")})
        if fetched.note:
            self.study.cut(fetched.note)
        text = (await self.study.ctx.get(stored["blob"])).decode() if "blob" in stored else ""
        return tuple(passages_of(replace(fetched.source, text=text))) if fetched.source else ()


def passages_of(source: Source) -> Iterator[Source]:
    """Cut what was fetched into passages, each a slice of it."""
    document = Document(title=source.title, text=source.text, media_type="text/plain")
    for piece in cut(document):
        yield replace(source, text=source.text[piece.start : piece.end], heading=piece.heading)


def choose(hits: Mapping[str, Sequence[Hit]], known: Sequence[str], room: int, most: int) -> list[str]:
    """Choose the pages to read: the best of every query in turn, `most` of each, as many as there is room for."""
    chosen: dict[str, None] = {}
    for rank in range(most):
        for found in hits.values():
            if rank < len(found) and found[rank].url not in known and len(chosen) < room:
                chosen.setdefault(found[rank].url)
    return list(chosen)
