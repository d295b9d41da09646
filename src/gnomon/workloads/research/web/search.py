"""One search over all providers that are set: their finds filtered, merged and told apart."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gnomon.workloads.research.web.address import same_page
from gnomon.workloads.research.web.hit import Filters, Hit, Searched
from gnomon.workloads.research.web.pace import Pace
from gnomon.workloads.research.web.provider import Provider, Unanswered

_RANK_OFFSET = 60
"""Reciprocal rank fusion: a page scores 1 / (60 + rank) with each provider that found it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """A provider that is set, and the pace at which all tasks together ask it."""

    provider: Provider
    pace: Pace = field(default_factory=Pace)


class WebSearch:
    """Asks all providers at once."""

    def __init__(self, providers: Sequence[Paced], missing: Sequence[str] = ()) -> None:
        self._providers = providers
        self._missing = tuple(missing)

    async def search(self, query: str, *, limit: int = 10, filters: Filters | None = None) -> Searched:
        """Find pages, the best first; a provider that fails is noted and does not raise."""
        wanted = filters or Filters()
        asked = await asyncio.gather(*(_ask(each, query, limit, wanted) for each in self._providers))
        found = {name: hits for name, hits, _ in asked if hits is not None}
        kept, notes = _kept(found, wanted)
        return Searched(
            hits=tuple(merge(list(kept.values()))[:limit]),
            notes=(*self._missing, *(note for _, _, note in asked if note), *notes),
            answered=tuple(found),
        )


async def _ask(
    each: Paced, query: str, limit: int, filters: Filters
) -> tuple[str, Sequence[Hit] | None, str | None]:
    name = each.provider.name
    try:
        return name, await each.pace.run(lambda: each.provider.search(query, limit, filters)), None
    except Unanswered as error:
        return name, None, error.message


def _kept(
    found: Mapping[str, Sequence[Hit]], filters: Filters
) -> tuple[dict[str, Sequence[Hit]], Sequence[str]]:
    """Leave out what does not count, whatever the providers made of the filters."""
    kept: dict[str, Sequence[Hit]] = {}
    notes = []
    for name, hits in found.items():
        kept[name] = [
            hit for hit in hits if not filters.refuses(hit.url) and not filters.is_too_old(hit.published)
        ]
        if left_out := len(hits) - len(kept[name]):
            notes.append(f"{left_out} of {len(hits)} finds of {name} were left out by the task's filters.")
    return kept, notes


def merge(lists: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Merge ranked lists by reciprocal rank; a page that several found is one, with the fullest of what is known."""
    scores: dict[str, float] = {}
    hits: dict[str, Hit] = {}
    for ranked in lists:
        pages = {same_page(hit.url): hit for hit in reversed(ranked)}
        order = dict.fromkeys(same_page(hit.url) for hit in ranked)
        for rank, page in enumerate(order, 1):
            scores[page] = scores.get(page, 0.0) + 1 / (_RANK_OFFSET + rank)
            hits[page] = _joined(hits[page], pages[page]) if page in hits else pages[page]
    return [hits[page] for page in sorted(scores, key=lambda page: -scores[page])]


def _joined(one: Hit, other: Hit) -> Hit:
    return replace(
        one,
        url=max(one.url, other.url, key=lambda url: url.startswith("https:")),
        title=one.title or other.title,
        excerpt=max(one.excerpt, other.excerpt, key=len),
        published=one.published or other.published,
    )
