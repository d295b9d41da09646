"""Which sentences answer a question, and whether any does.

A question's terms are weighed by how rare they are in the library. Each sentence of the passages found gets a few
signs between about 0 and 1 (`SIGNS`), and their weighted sum is its score. From the best sentences a second, logistic
sum (`TRUST`) makes the probability that the answer stands among the first three. Where sentences can be embedded, the
nearness of their meaning to the question's joins both sums.

The weights were fitted by `python bench/research_squad.py --fit` on one half of a public question set;
docs/research-quality.md has the figures of the other half.
"""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from gnomon.reading.cue import Kind, kind_of, shows
from gnomon.reading.sentence import Span, sentences
from gnomon.reading.terms import terms

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Makes a vector of unit length of each text."""

SIGNS: Final = ("coverage", "density", "lead", "title", "before", "after", "kind", "opening")
"""What is weighed of a sentence, in this order; `_signs` makes them."""
WEIGHTS: Final = (9.0, 2.3, 6.0, 6.0, 5.0, 3.0, 1.0, 0.5)

_SATURATION, _BY_LENGTH, _USUAL_SENTENCE = 1.2, 0.75, 14
_NUMBER_OR_NAME = re.compile(r"(?<=[^\s.?!]\s)[A-Z]\w*|\d\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, taken apart."""

    weights: Mapping[str, float]
    """Its terms, each with how much it tells: rare ones the most."""
    total: float
    heaviest: float
    """The weight of a term that stands in no passage."""
    pairs: Collection[tuple[str, str]]
    """Terms that stand side by side."""
    names: Collection[str]
    """Its terms that are numbers, or capitalised inside the question."""
    kind: Kind
    words: Collection[str]

    def share(self, some: Collection[str]) -> float:
        """Return what part of the question's weight some of its terms make up."""
        return sum(self.weights[term] for term in some) / self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A sentence of a passage, and how well it fits the question."""

    passage: int
    """Which of the passages, from 0."""
    start: int
    end: int
    """Where it stands in the passage."""
    score: float
    """More is better; comparable within one question only."""
    coverage: float
    """What part of the question's weight its terms make up, 0 to 1."""
    similarity: float | None = None
    """Cosine of its meaning and the question's; None where it was not measured."""
    covered: int
    """How many of the question's terms it has, of `asked`."""
    asked: int
    missing: Collection[str]
    """The question's terms that stand neither in its passage nor in the title."""
    fit: float
    """BM25 of its passage, as a share of the question's weight."""
    signs: Sequence[float]
    """See `SIGNS`."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage, as far as the question goes."""

    number: int
    text: str
    spans: Sequence[Span]
    found: Sequence[Sequence[str]]
    """The terms of each sentence."""
    title: Collection[str]
    """The question's terms in the title and the headings."""
    fit: float
    """BM25 over the whole passage, as a share of what a question could reach that it has every term of."""


def ask(question: str, frequencies: Mapping[str, int], size: int) -> Asked:
    """Take a question apart; a term weighs the more, the fewer of the `size` passages have it."""
    found = terms(question)
    weights = {term: _weight(frequencies.get(term, 0), size) for term in found}
    named = (term for name in _NUMBER_OR_NAME.findall(question) for term in terms(name))
    return Asked(
        weights=weights,
        total=sum(weights.values()) or 1.0,
        heaviest=_weight(0, size),
        pairs=frozenset(pairwise(found)),
        names=frozenset(term for term in named if term in weights),
        kind=kind_of(question),
        words=frozenset(re.findall(r"[\w'-]+", question.lower())),
    )


def _weight(frequency: int, size: int) -> float:
    return math.log1p((max(size - frequency, 0) + 0.5) / (frequency + 0.5))


def candidates(asked: Asked, passages: Sequence[str], titles: Sequence[str] = ()) -> list[Ranked]:
    """Weigh every sentence of the passages, in their order."""
    read = list(_read(asked, passages, titles))
    lead = max((each.fit for each in read), default=0.0) or 1.0
    return [ranked for each in read for ranked in _weigh(asked, each, each.fit / lead)]


def _read(asked: Asked, passages: Sequence[str], titles: Sequence[str]) -> Iterator[_Passage]:
    spans = [sentences(text) for text in passages]
    found = [
        [terms(text[span.start : span.end]) for span in cut]
        for text, cut in zip(passages, spans, strict=True)
    ]
    lengths = [sum(map(len, each)) for each in found]
    usual = sum(lengths) / len(lengths) if lengths else 1.0
    for n, text in enumerate(passages):
        whole = [term for sentence in found[n] for term in sentence]
        fit = _bm25(asked, whole, usual)
        title = asked.weights.keys() & set(terms(titles[n])) if titles else frozenset[str]()
        yield _Passage(n, text, spans[n], found[n], title, fit)


def _bm25(asked: Asked, found: Sequence[str], usual: float) -> float:
    """Weigh terms by BM25, as a share of the question's weight: 1 when each stands there once at usual length."""
    damping = _SATURATION * (1 - _BY_LENGTH + _BY_LENGTH * len(found) / max(usual, 1.0))
    counts: dict[str, int] = {}
    for term in found:
        if term in asked.weights:
            counts[term] = counts.get(term, 0) + 1
    return (
        sum(
            asked.weights[term] * count * (_SATURATION + 1) / (count + damping)
            for term, count in counts.items()
        )
        / asked.total
    )


def _weigh(asked: Asked, passage: _Passage, lead: float) -> Iterator[Ranked]:
    known = asked.weights.keys()
    has = [known & set(found) for found in passage.found]
    missing = tuple(term for term in known if term not in passage.title and not any(term in s for s in has))
    for n, span in enumerate(passage.spans):
        signs = _signs(asked, passage, lead, has, n)
        yield Ranked(
            passage=passage.number,
            start=span.start,
            end=span.end,
            score=sum(weight * sign for weight, sign in zip(WEIGHTS, signs, strict=True)),
            coverage=signs[0],
            covered=len(has[n]),
            asked=len(known),
            missing=missing,
            fit=passage.fit,
            signs=signs,
        )


def _signs(
    asked: Asked, passage: _Passage, lead: float, has: Sequence[Collection[str]], n: int
) -> tuple[float, ...]:
    span, found, own = passage.spans[n], passage.found[n], set(has[n])
    own_or_title = own.union(passage.title)
    before = set(has[n - 1]) - own_or_title if n else ()
    after = set(has[n + 1]) - own_or_title if n + 1 < len(has) else ()
    return (
        asked.share(own),
        _bm25(asked, found, _USUAL_SENTENCE),
        lead,
        asked.share(own_or_title) - asked.share(own),
        asked.share(before),
        asked.share(after),
        _fitness(asked, passage.text[span.start : span.end]),
        float(n == 0),
    )


def _fitness(asked: Asked, sentence: str) -> float:
    """Return 1 where the sentence holds the kind of answer that is asked for, -1 where it does not, 0 unknown."""
    if asked.kind == "thing":
        return 0.0
    return 1.0 if shows(asked.kind, sentence, asked.words) else -1.0
