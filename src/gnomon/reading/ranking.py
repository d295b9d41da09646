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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from gnomon.reading.cue import Kind, kind_of, shows
from gnomon.reading.form import Form, asks_for_code, form_of
from gnomon.reading.sentence import Span, sentences
from gnomon.reading.terms import spans, terms

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Makes a vector of unit length of each text."""

SHOWN: Final = 3
"""How many sentences answer a question; the probability is of the answer being among them."""

SIGNS: Final = ("coverage", "density", "lead", "title", "before", "after", "kind", "opening")
"""What is weighed of a sentence, in this order; `_signs` makes them."""
WEIGHTS: Final = (9.5, 2.7, 3.9, 4.7, 5.1, 3.0, 1.0, 0.3)
WEIGHTS_WITH_MEANING: Final = (9.5, -1.0, 2.2, 9.7, 4.8, 2.7, 0.9, 0.1, 9.1)
"""Where meaning is measured: the same signs, and the similarity."""
CONSIDERED: Final = 12
"""How many of the best sentences by words are looked at for their meaning."""

EMBEDDED: Final = 300
"""Characters of a sentence whose meaning is looked at; a longer one takes as long as several."""
CLEAR: tuple[float, float] = (0.05, 0.97)
"""Probabilities by words below and above which they are left to decide: meaning takes ten times as long."""

TRUST: Final = ("coverage", "names", "asked", "margin")
"""What tells whether the answer is there, in this order; `trust` makes them."""
TRUST_WEIGHTS: Final = (5.2, 2.2, 4.1, 5.6, -7.4)
"""The last is added as it is."""
TRUST_WEIGHTS_WITH_MEANING: Final = (3.4, 0.9, 1.7, 3.7, 7.8, -7.8)
ANSWERABLE: Final = 0.34
"""From which probability on a question is answered and not refused."""
ANSWERABLE_WITH_MEANING: Final = 0.55

_SATURATION, _BY_LENGTH, _USUAL_SENTENCE = 1.2, 0.75, 14
_MANY_TERMS, _RIVAL = 12, 5
_NUMBER_OR_NAME = re.compile(r"(?<=[^\s.?!]\s)[A-Z]\w*|\d\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, taken apart."""

    weights: Mapping[str, float]
    """Its terms, each with how much it tells: rare ones the most."""
    total: float
    names: frozenset[str]
    """Its terms that are numbers, or capitalised inside the question."""
    kind: Kind
    words: Collection[str]

    def share(self, some: Collection[str]) -> float:
        """Return what part of the question's weight some of its terms make up."""
        return sum(weight for term, weight in self.weights.items() if term in some) / self.total


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
    """What part of the question's weight its terms make up, and those of a heading above it, 0 to 1."""
    similarity: float | None = None
    """Cosine of its meaning and the question's; None where it was not measured."""
    covered: int
    """How many of the question's terms these are, of `asked`."""
    asked: int
    missing: Collection[str]
    """The question's terms that stand neither in its passage nor in the title."""
    margin: float
    """By how much the best of the passages is ahead of the fifth, in BM25 as a share of the question's weight."""
    signs: Sequence[float]
    """See `SIGNS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the sentences found answer the question."""

    probability: float
    """That the answer stands in one of the first `SHOWN` sentences."""
    is_answerable: bool
    absent: Sequence[str]
    """Words of the question that stand in no passage of the library."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage, as far as the question goes."""

    number: int
    text: str
    spans: Sequence[Span]
    forms: Sequence[Form]
    found: Sequence[Sequence[str]]
    """The terms of each sentence."""
    title: Collection[str]
    """The question's terms in the title and the headings."""
    fit: float
    """BM25 over the whole passage, as a share of what a question could reach that it has every term of."""


def rank(
    question: str,
    passages: Sequence[str],
    frequencies: Mapping[str, int],
    size: int,
    *,
    titles: Sequence[str] = (),
    similarity: Embed | None = None,
    limit: int = SHOWN,
) -> list[Ranked]:
    """Find the sentences that fit a question best, the best first.

    `frequencies` tells in how many of the library's `size` passages each term of the question stands, `titles` the
    title and headings of each passage. Some twenty passages are enough.
    """
    asked = ask(question, frequencies, size)
    found = candidates(asked, passages, titles)
    found.sort(key=lambda each: -each.score)
    if similarity is not None and found and not _is_clear(asked, found):
        found = _by_meaning(question, passages, found[: max(CONSIDERED, limit)], similarity)
    return found[:limit]


def judge(question: str, ranked: Sequence[Ranked], frequencies: Mapping[str, int], size: int) -> Verdict:
    """Tell how probable it is that the best sentences, as `rank` gave them, hold the answer."""
    asked = ask(question, frequencies, size)
    chance = probability(trust(asked, ranked)) if ranked else 0.0
    by_meaning = any(each.similarity is not None for each in ranked)
    return Verdict(
        probability=chance,
        is_answerable=chance >= (ANSWERABLE_WITH_MEANING if by_meaning else ANSWERABLE),
        absent=[question[start:end] for term, start, end in spans(question) if not frequencies.get(term)],
    )


def trust(asked: Asked, ranked: Sequence[Ranked]) -> tuple[float, ...]:
    """Make the signs of an answer being there: those of `TRUST`, and the best similarity where it was measured."""
    best = ranked[0]
    missing = set(best.missing)
    named = asked.share(asked.names)
    signs = (
        best.coverage,
        1.0 - asked.share(asked.names & missing) / named if named else 1.0 - asked.share(missing),
        min(best.asked, _MANY_TERMS) / _MANY_TERMS,
        best.margin,
    )
    near = [each.similarity for each in ranked[:SHOWN] if each.similarity is not None]
    return (*signs, max(near)) if near else signs


def probability(signs: Sequence[float]) -> float:
    """Return the logistic of the weighed signs of `trust`."""
    *weights, constant = TRUST_WEIGHTS if len(signs) == len(TRUST) else TRUST_WEIGHTS_WITH_MEANING
    return 1.0 / (1.0 + math.exp(-constant - _weighed(weights, signs)))


def _is_clear(asked: Asked, found: Sequence[Ranked]) -> bool:
    """Say whether words alone tell plainly that the answer is there, or that it is not."""
    low, high = CLEAR
    return not low <= probability(trust(asked, found)) <= high


def _by_meaning(
    question: str, passages: Sequence[str], found: Sequence[Ranked], similarity: Embed
) -> list[Ranked]:
    texts = [passages[each.passage][each.start : each.end][:EMBEDDED] for each in found]
    asked, *vectors = similarity([question, *texts])
    near = [sum(x * y for x, y in zip(asked, vector, strict=True)) for vector in vectors]
    again = [
        replace(each, similarity=cosine, score=_weighed(WEIGHTS_WITH_MEANING, (*each.signs, cosine)))
        for each, cosine in zip(found, near, strict=True)
    ]
    return sorted(again, key=lambda each: -each.score)


def _weighed(weights: Sequence[float], signs: Sequence[float]) -> float:
    return sum(weight * sign for weight, sign in zip(weights, signs, strict=True))


def ask(question: str, frequencies: Mapping[str, int], size: int) -> Asked:
    """Take a question apart; a term weighs the more, the fewer of the `size` passages have it."""
    found = terms(question)
    weights = {term: _weight(frequencies.get(term, 0), size) for term in found}
    named = (term for name in _NUMBER_OR_NAME.findall(question) for term in terms(name))
    return Asked(
        weights=weights,
        total=sum(weights.values()) or 1.0,
        names=frozenset(term for term in named if term in weights),
        kind=kind_of(question),
        words=frozenset(re.findall(r"[\w'-]+", question.lower())),
    )


def _weight(frequency: int, size: int) -> float:
    return math.log1p((max(size - frequency, 0) + 0.5) / (frequency + 0.5))


def candidates(asked: Asked, passages: Sequence[str], titles: Sequence[str] = ()) -> list[Ranked]:
    """Weigh every sentence of the passages, in their order; titles are none, code is where it is asked for."""
    read = list(_read(asked, passages, titles))
    fits = sorted((each.fit for each in read), reverse=True)
    margin = fits[0] - (fits[_RIVAL - 1] if len(fits) >= _RIVAL else 0.0) if fits else 0.0
    return [ranked for each in read for ranked in _weigh(asked, each, fits[0], margin)]


def _read(asked: Asked, passages: Sequence[str], titles: Sequence[str]) -> Iterator[_Passage]:
    named = titles or [""] * len(passages)
    apart = [_take_apart(text, title) for text, title in zip(passages, named, strict=True)]
    found = [each[1] for each in apart]
    lengths = [sum(map(len, each)) for each in found]
    usual = sum(lengths) / len(lengths) if lengths else 1.0
    for n, text in enumerate(passages):
        whole = [term for sentence in found[n] for term in sentence]
        fit = _bm25(asked, whole, usual)
        title = asked.weights.keys() & set(terms(titles[n])) if titles else frozenset[str]()
        yield _Passage(n, text, apart[n][0], apart[n][2], found[n], title, fit)


@lru_cache(maxsize=512)
def _take_apart(text: str, title: str) -> tuple[Sequence[Span], Sequence[Sequence[str]], Sequence[Form]]:
    """Return a passage's sentences, the terms and the form of each; a task's questions meet the same passages."""
    cut = sentences(text)
    found = [terms(text[span.start : span.end]) for span in cut]
    return cut, found, [form_of(text, span, title) for span in cut]


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


def _weigh(asked: Asked, passage: _Passage, best: float, margin: float) -> Iterator[Ranked]:
    known = asked.weights.keys()
    has = [known & set(found) for found in passage.found]
    missing = tuple(term for term in known if term not in passage.title and not any(term in s for s in has))
    answering = {"sentence", "code"} if asks_for_code(asked.words) else {"sentence"}
    for n, span in enumerate(passage.spans):
        if passage.forms[n] not in answering:
            continue
        signs = _signs(asked, passage, passage.fit / (best or 1.0), has, n)
        said = has[n] | _headed(passage.forms, has, n)
        yield Ranked(
            passage=passage.number,
            start=span.start,
            end=span.end,
            score=_weighed(WEIGHTS, signs),
            coverage=asked.share(said),
            covered=len(said),
            asked=len(known),
            missing=missing,
            margin=margin,
            signs=signs,
        )


def _headed(forms: Sequence[Form], has: Sequence[Set[str]], n: int) -> Set[str]:
    """Return the question's terms in the title that stands last above a sentence, if there is one."""
    above = (has[m] for m in range(n - 1, -1, -1) if forms[m] == "title")
    return next(above, frozenset())


def _signs(
    asked: Asked, passage: _Passage, lead: float, has: Sequence[Collection[str]], n: int
) -> tuple[float, ...]:
    span, own = passage.spans[n], set(has[n])
    own_or_title = own.union(passage.title)
    before = set(has[n - 1]) - own_or_title if n else ()
    after = set(has[n + 1]) - own_or_title if n + 1 < len(has) else ()
    return (
        asked.share(own),
        _bm25(asked, passage.found[n], _USUAL_SENTENCE),
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
