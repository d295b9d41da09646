"""A text answer without a model: the sentences that answer best, as they stand, each said once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from gnomon.core.brief import CONFIDENCES
from gnomon.reading.ranking import CONSIDERED, Embed, Ranked, judge, rank
from gnomon.workloads.research.basis import gather, titled
from gnomon.workloads.research.confidence import confidence, reasoning
from gnomon.workloads.research.plain.coverage import Scale, untold
from gnomon.workloads.research.plain.telling import count, shortened
from gnomon.workloads.research.record import ALONE, Evidence, Question, Settled, Source

MOST_QUOTED: Final = 3
"""Statements of a text answer."""
NEAR_BEST: Final = 0.7
"""What part of the best sentence's score another has that is quoted beside it; docs/research-quality.md has why."""
_MOST_CITED: Final = 3
_WORD: Final = re.compile(r"\w+")

Statement = Sequence[Evidence]
"""The places that say one thing in the same words: one of each work, the best first."""


def quote(
    question: Question,
    sources: Sequence[Source],
    frequencies: Mapping[str, int],
    size: int,
    similarity: Embed | None = None,
) -> Settled:
    """Answer with sentences as they stand, numbered like the citations."""
    query, titles = question.query, titles_of(sources)
    ranked = rank(
        query,
        texts_of(sources),
        frequencies,
        size,
        titles=titles,
        similarity=similarity,
        limit=CONSIDERED,
    )
    verdict = judge(query, ranked, frequencies, size)
    if not ranked or not verdict.is_answerable:
        why = _nothing(query, sources)
        return Settled(path=question.path, value=None, reasoning=why, gap=why)
    said = statements(ranked, sources)
    told = reasoning(ranked[0].covered, ranked[0].asked, works=len(said[0]))
    if lacking := _lacking(query, said[0][0], Scale(frequencies=frequencies, size=size)):
        told += f" Neither it nor its title has {' or '.join(repr(word) for word in lacking)}."
    grade = confidence(0.0 if lacking else verdict.probability, works=1 if lacking else len(said[0]))
    return Settled(
        path=(),
        value=quoted(said),
        evidence=[each for statement in said for each in statement],
        reasoning=f"{told} The sentences are quoted as they stand. {ALONE}",
        # The same words in two documents may be copied from one: without a model `medium` is the most.
        confidence="medium" if grade == "high" else grade,
    )


def _lacking(query: str, first: Evidence, scale: Scale) -> Sequence[str]:
    """List what the best sentence and what stands above it do not have of the question: three words at most."""
    said = f"{first.source.title} {first.source.heading} {first.excerpt}"
    return list(dict.fromkeys(untold(query, said, scale)))[:3]


def statements(ranked: Sequence[Ranked], sources: Sequence[Source]) -> list[Statement]:
    """Choose what is quoted: the best sentence, and those near it; what stands in several works is one statement."""
    said: dict[tuple[str, ...], dict[str, Evidence]] = {}
    for each in ranked:
        evidence = Evidence(source=sources[each.passage], start=each.start, end=each.end)
        words = _words(evidence)
        is_near = each.score >= NEAR_BEST * ranked[0].score and len(said) < MOST_QUOTED
        if words in said or is_near or not said:
            said.setdefault(words, {}).setdefault(evidence.source.work, evidence)
    return [list(places.values())[:_MOST_CITED] for places in said.values()]


def _words(evidence: Evidence) -> tuple[str, ...]:
    return tuple(_WORD.findall(evidence.excerpt.casefold()))


def quoted_together(found: Sequence[Settled]) -> Settled:
    """Put the answers to several parts of a text into one: each statement once, the citations numbered through."""
    said: dict[tuple[str, ...], dict[str, Evidence]] = {}
    for evidence in (each for settled in found for each in settled.evidence):
        said.setdefault(_words(evidence), {}).setdefault(evidence.source.work, evidence)
    together = [list(places.values()) for places in said.values()]
    graded = [settled.confidence for settled in found]
    return replace(
        found[0],
        value=quoted(together),
        evidence=[each for statement in together for each in statement],
        reasoning=" ".join(dict.fromkeys(settled.reasoning for settled in found)),
        confidence=next((level for level in CONFIDENCES if level in graded), None),
    )


def quoted(said: Sequence[Statement]) -> str:
    """Write sentences as quotes with the numbers of their citations, and what the numbers stand for."""
    groups = gather(each for statement in said for each in statement)
    numbers = {id(each): number for number, group in enumerate(groups, 1) for each in group}
    quotes = []
    for statement in said:
        cited = "".join(f"[{numbers[id(each)]}]" for each in statement if id(each) in numbers)
        if cited:
            quotes.append(f"\u201c{statement[0].excerpt}\u201d {cited}")
    titles = [f"[{number}] {titled(group[0].source)}" for number, group in enumerate(groups, 1)]
    return "\n\n".join([*quotes, "\n".join(titles)])


def texts_of(sources: Sequence[Source]) -> list[str]:
    """Return the texts of sources."""
    return [source.text for source in sources]


def titles_of(sources: Sequence[Source]) -> list[str]:
    """Return the title and the headings of each source."""
    return [f"{source.title} {source.heading}".strip() for source in sources]


def _nothing(query: str, sources: Sequence[Source]) -> str:
    if not sources:
        return f"Nothing was found: no document has the words of '{shortened(query)}'."
    return (
        f"Nothing was found that answers '{shortened(query)}': {count(len(sources), 'passage')} "
        f"of {count(len({source.work for source in sources}), 'document')} came nearest, and none says it."
    )
