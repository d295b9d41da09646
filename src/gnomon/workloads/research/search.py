"""Putting queries: to the library, and to the web where that is set; what they bring becomes sources."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from gnomon.core.workload import Failure
from gnomon.reading.decoding import WINDOWS_NOTE
from gnomon.reading.terms import terms
from gnomon.workloads.research.gather import (
    Finds,
    admit,
    finds_of,
    found_step,
    merge,
    read_found_step,
    together,
)
from gnomon.workloads.research.record import Source
from gnomon.workloads.research.study import Study
from gnomon.workloads.research.surfing import Surfing, choose

_FEW, _MORE = 10, 20
_PAGES: Final = {False: 4, True: 8}
"""Pages that are read of what one query finds."""
_THOROUGH: Final = 3
"""The effort from which on more passages are taken of each query."""
_OWN_DOCUMENTS: Final = (
    "The task's domains and day hold for the web; own documents were searched without them."
)
_SATURATION: Final = 1.2


@dataclass(slots=True, kw_only=True)
class Searching:
    """What one task searches, and what it has been given so far."""

    study: Study
    surfing: Surfing | None = None
    given: tuple[Source, ...] = ()
    """Passages that tools have returned; every question is held against them."""
    has_library: bool = True
    admitted: dict[str, None] = field(default_factory=dict)
    """The documents and pages that count against the budget of sources, in the order of their coming."""

    @property
    def is_web(self) -> bool:
        """Say whether queries leave this server."""
        return self.surfing is not None

    async def look(self, queries: Sequence[Sequence[str]]) -> list[Finds]:
        """Put several queries for each of some questions, and return for each question what they have brought."""
        flat = list(dict.fromkeys(query for each in queries for query in each if query))
        self.study.teller.expect(len(flat))
        own = await together([partial(self._library, query) for query in flat])
        if self.surfing is not None:
            await self._surf(self.surfing, flat)
        if not self.has_library and self.surfing is None and not self.given:
            raise _nothing_to_search()
        brought = {
            query: merge([finds, *self._others(query)]) for query, finds in zip(flat, own, strict=True)
        }
        finds = [merge([brought[query] for query in each if query]) for each in queries]
        kept, left_out = admit(finds, self.study.meter.budget.sources, self.admitted)
        if left_out:
            most = self.study.meter.budget.sources
            self.study.cut(f"{left_out} documents or pages were left out: the budget is {most} sources.")
        self._tell(finds, kept)
        return kept

    def _others(self, query: str) -> list[Finds]:
        """Hold what is no part of the library against a query."""
        pages = self.surfing.passages() if self.surfing is not None else []
        found = [nearest(query, pages, _MORE)] if pages else []
        return [*found, nearest(query, self.given, _FEW, is_given=True)] if self.given else found

    async def _surf(self, surfing: Surfing, queries: Sequence[str]) -> None:
        """Search the web with as many of the queries as the budget has left, and read what they find."""
        meter = self.study.meter
        fresh = [query for query in queries if query not in self.study.searched]
        put = fresh[: meter.searches_left]
        meter.searches += len(put)
        self.study.searched.update(put)
        allowed = [query for query in queries if query in self.study.searched]
        if len(put) < len(fresh):
            self.study.cut(
                f"{len(fresh) - len(put)} queries were not put to the web: the budget is "
                f"{meter.budget.searches} searches."
            )
        found = await together([partial(surfing.find, query) for query in allowed])
        hits = dict(zip(allowed, found, strict=True))
        self.study.teller.take_in([hit.url for each in found for hit in each], ())
        room = meter.budget.sources - len(surfing.pages)
        await surfing.read(choose(hits, list(surfing.pages), room, _PAGES[self._is_thorough]))

    async def _library(self, query: str) -> Finds:
        if not self.has_library or not query:
            return Finds()
        try:
            return await self._ask_library(query, _MORE if self._is_thorough else _FEW)
        except Failure as failure:
            if failure.code != "no_library":
                raise
            self.has_library = False
            return Finds()
        finally:
            self.study.teller.searched()

    @property
    def _is_thorough(self) -> bool:
        return self.study.brief.effort >= _THOROUGH

    async def _ask_library(self, query: str, limit: int) -> Finds:
        """Search; where calls are paid for, what was found is kept, so that a resumed run sees the same sources."""
        ctx = self.study.ctx
        if self.study.model is None:
            found = await ctx.search(query, limit=limit)
            self.study.teller.note("search", f"Query: {query}")
            return finds_of(found)

        async def work(_: str) -> dict[str, Any]:
            found = await ctx.search(query, limit=limit)
            self.study.teller.note("search", f"Query: {query}")
            return found_step(found)

        return read_found_step(await self.study.paid("search", [query, limit], work))

    def _tell(self, finds: Sequence[Finds], kept: Sequence[Finds]) -> None:
        for each in finds:
            if each.pending:
                self.study.cut(f"{each.pending} files of the library had not been read when it was searched.")
        policy = self.study.brief.sources or {}
        if any(policy.values()) and any(s.kind == "document" for each in kept for s in each.sources):
            self.study.cut(_OWN_DOCUMENTS)
        for source in {source.work: source for each in finds for source in each.sources}.values():
            for note in source.notes:
                if note != WINDOWS_NOTE:  # a guess at its letters leaves nothing out
                    self.study.cut(f"'{source.title}' is not searched as a whole: {note}")
        read = [source.url for each in kept for source in each.sources]
        self.study.teller.take_in([source.url for each in finds for source in each.sources], read)
        self.study.teller.count()


def _nothing_to_search() -> Failure:
    return Failure(
        "no_sources",
        "There is nothing to search: this server has no library of documents and no web search. "
        "Its operator adds documents (gnomon documents add PATH) or sets a search (--search).",
    )


def nearest(query: str, sources: Sequence[Source], limit: int, *, is_given: bool = False) -> Finds:
    """Find among passages those nearest to a query, by how rare the shared terms are among them.

    What was given for the task counts, too, when it shares no term.
    """
    wanted = set(terms(query))
    counted = [Counter(terms(f"{source.title} {source.heading} {source.text}")) for source in sources]
    frequencies = {term: sum(term in each for each in counted) for term in wanted}
    merits = [_merit(each, frequencies, len(sources)) for each in counted]
    fit = (place for place, merit in enumerate(merits) if is_given or merit > 0)
    best = sorted(fit, key=lambda place: (-merits[place], place))
    return Finds(
        sources=tuple(sources[place] for place in best[:limit]), frequencies=frequencies, size=len(sources)
    )


def _merit(counts: Mapping[str, int], frequencies: Mapping[str, int], size: int) -> float:
    return sum(
        math.log1p((size - frequency + 0.5) / (frequency + 0.5))
        * counts[term]
        * (1 + _SATURATION)
        / (counts[term] + _SATURATION)
        for term, frequency in frequencies.items()
        if term in counts
    )
