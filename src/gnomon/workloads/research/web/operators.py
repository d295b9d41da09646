"""Domains written into a query, for providers that have no parameter for them."""

from collections.abc import Iterable

from gnomon.workloads.research.web.hit import Filters

_MOST_SITES = 10


def with_sites(query: str, filters: Filters, *, longest: int, most_words: int = 10_000) -> str:
    """Add `site:` and `-site:` to a query, cut so that all of it keeps within the provider's limits.

    What does not fit is left out: the results are filtered again in any case.
    """
    wanted = [f"site:{name}" for name in filters.include[:_MOST_SITES]]
    unwanted = [f"-site:{name}" for name in filters.exclude[:_MOST_SITES]]
    sites = f"({' OR '.join(wanted)})" if len(wanted) > 1 else "".join(wanted)
    added = " ".join(filter(None, [sites, *unwanted]))
    if len(added) > longest // 2 or len(added.split()) > most_words // 2:
        added = ""
    asked = _cut(query.split(), longest - len(added) - 1, most_words - len(added.split()))
    return f"{asked} {added}".rstrip()


def _cut(spoken: Iterable[str], longest: int, most_words: int) -> str:
    kept, length = [], -1
    for word in list(spoken)[:most_words]:
        length += len(word) + 1
        if length > longest:
            break
        kept.append(word)
    return " ".join(kept) or next(iter(spoken), "")[:longest]
