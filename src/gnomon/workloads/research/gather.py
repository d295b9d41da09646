"""Looking for sources: the library and the web, one query after the other or several at once, within the budget."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from gnomon.core.library import Found, Passage, found_json, read_found
from gnomon.workloads.research.record import Source

T = TypeVar("T")

AT_ONCE: Final = 4
"""Searches, pages and model calls of one task that are under way at the same time."""
_RANK_DAMPING: Final = 60
"""Of reciprocal rank fusion: how little the first place counts above the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finds:
    """What the queries for one question have brought, the best first, and what is needed to weigh it."""

    sources: Sequence[Source] = ()
    frequencies: Mapping[str, int] = field(default_factory=dict)
    size: int = 0
    pending: int = 0


def source_of(passage: Passage) -> Source:
    """Make a source of a passage of the library."""
    return Source(
        url=passage.url,
        title=passage.title,
        text=passage.text,
        start=passage.start,
        document=passage.document,
        heading=passage.heading,
        score=passage.score,
        similarity=passage.similarity,
        notes=passage.notes,
    )


def finds_of(found: Found) -> Finds:
    """Make finds of what a search of the library has found."""
    return Finds(
        sources=tuple(map(source_of, found.passages)),
        frequencies=found.frequencies,
        size=found.size,
        pending=found.pending,
    )


def merge(finds: Sequence[Finds]) -> Finds:
    """Fuse what several queries for one question have brought, by the ranks in each."""
    merits: dict[tuple[str, int, str], float] = {}
    known: dict[tuple[str, int, str], Source] = {}
    for each in finds:
        for rank, source in enumerate(each.sources):
            place = (source.url, source.start, source.text)
            known.setdefault(place, source)
            merits[place] = merits.get(place, 0.0) + 1 / (_RANK_DAMPING + rank)
    best = sorted(merits, key=lambda place: -merits[place])
    frequencies: dict[str, int] = {}
    for each in finds:
        for term, count in each.frequencies.items():
            frequencies[term] = max(count, frequencies.get(term, 0))
    return Finds(
        sources=tuple(known[place] for place in best),
        frequencies=frequencies,
        size=max((each.size for each in finds), default=0),
        pending=max((each.pending for each in finds), default=0),
    )


def admit(finds: Sequence[Finds], most: int, admitted: dict[str, None]) -> tuple[list[Finds], int]:
    """Keep to so many documents and pages, the best of every question first; say how many were left out."""
    ranks = max((len(each.sources) for each in finds), default=0)
    left_out: set[str] = set()
    for rank in range(ranks):
        for work in (each.sources[rank].work for each in finds if rank < len(each.sources)):
            if work not in admitted and len(admitted) >= most:
                left_out.add(work)
            else:
                admitted.setdefault(work)
    kept = [
        Finds(
            sources=tuple(source for source in each.sources if source.work in admitted),
            frequencies=each.frequencies,
            size=each.size,
            pending=each.pending,
        )
        for each in finds
    ]
    return kept, len(left_out)


async def together(works: Iterable[Callable[[], Awaitable[T]]], at_once: int = AT_ONCE) -> list[T]:
    """Await the works, so many at the same time, and return what they gave in order; the first error ends all.

    A work must not call `ctx.checkpoint` or `ctx.ask`: what these raise is the whole task's.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(work: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await work()

    tasks = [asyncio.ensure_future(one(work)) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def found_step(found: Found) -> dict[str, Any]:
    """Write what a search has found as a step's result."""
    return {"found": found_json(found)}


def read_found_step(stored: Mapping[str, Any]) -> Finds:
    """Read what a step has stored of a search."""
    return finds_of(read_found(stored["found"]))
