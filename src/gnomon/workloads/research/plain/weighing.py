"""How well a value that a sentence gives fits a question: its words around it, what it is about, how near."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gnomon.reading.sentence import sentences
from gnomon.reading.terms import spans, terms
from gnomon.workloads.research.plain.coverage import OTHER_WORDS, Scale, roles, widened
from gnomon.workloads.research.plain.naming import named_in
from gnomon.workloads.research.plain.typed.candidate import Candidate, Kind, Want
from gnomon.workloads.research.plain.typed.choices import says_where
from gnomon.workloads.research.plain.typed.labels import labels, lines, without_code
from gnomon.workloads.research.plain.typed.numbers import UNIT_WORDS
from gnomon.workloads.research.plain.typed.reading import read
from gnomon.workloads.research.plain.typed.words import GENERIC, OF_KIND
from gnomon.workloads.research.record import Evidence, Question, Source

LEAST_FIELD: Final = 0.55
"""Share of the field's words that must stand around a value."""
LEAST_SUBJECT: Final = 0.5
"""Share of the words that the question is about which must stand in the sentence, its passage or its title."""
MOST_SOURCES: Final = 60
MOST_READ: Final = 120_000
"""Characters of all sources together."""
_BREAK: Final = re.compile(r"[;:]|\b(?:and|while|but|whereas)\b")
_REACH: Final = 60
"""Characters over which nearness halves."""
_ONE_OF_MANY: Final = 0.6
"""What a value counts that stands in one of several rows, when nothing says in which."""
_HEADING: Final = 0.8
"""What a word in the heading counts, against one in the sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A question, taken apart for reading."""

    question: Question
    want: Want
    cues: Sequence[str]
    """Ways to say the field, lower case."""
    name: Collection[str]
    """Terms of the field's name that its kind does not say."""
    said: Collection[str]
    """Terms of its description."""
    subject: frozenset[str]
    """Terms of what the question is about."""
    named: Collection[str]
    """Those of them that the field's description names: `Capacity of Tall Hill`."""
    scale: Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a source, and the terms in it and around it."""

    source: Source
    start: int
    end: int
    has: frozenset[str]
    """Its terms, with those that say the same."""
    heading: frozenset[str]
    around: frozenset[str]
    """All terms of its passage, title and heading."""
    is_row: bool = False
    """Whether it is a row of a table, which may speak of something else than its neighbours."""

    @property
    def text(self) -> str:
        """Return its words."""
        return self.source.text[self.start : self.end]

    @property
    def evidence(self) -> Evidence:
        """Return it as evidence."""
        return Evidence(source=self.source, start=self.start, end=self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A candidate in its sentence, with the signs that speak for it."""

    candidate: Candidate
    sentence: Sentence
    field: float
    subject: float
    score: float


def aim_of(question: Question, want: Want, frequencies: Mapping[str, int], size: int) -> Aim:
    """Take a question apart."""
    of_kind = OF_KIND.get(want.kind, frozenset()) | GENERIC
    if want.kind is Kind.NUMBER:
        of_kind |= UNIT_WORDS
    known = _terms(sorted(of_kind))
    name = [word for word in want.name if not set(terms(word)) <= known]
    said = [word for word in want.words if word not in want.name and not set(terms(word)) <= known]
    own = _terms(want.words)
    about, named = _terms(question.subject), named_in(want)
    telling = _terms([*name, *said])
    return Aim(
        question=question,
        want=want,
        cues=_cues(want),
        name=_terms(name) - named,
        said=telling - about - named or telling,
        subject=(_terms(question.query.split()) - own) | (about - known - _terms(want.name)) | named,
        named=named,
        scale=Scale(frequencies=frequencies, size=size),
    )


def read_sentences(sources: Sequence[Source]) -> list[Sentence]:
    """Part sources into sentences, each with the terms in it and around it; the first of them, so far as bounded."""
    read: list[Sentence] = []
    left = MOST_READ
    for source in sources[:MOST_SOURCES]:
        if (left := left - len(source.text)) < 0 and read:
            break
        read += (each for each in _sentences(source) if each.end <= MOST_READ)
    return read


def weigh_all(aim: Aim, there: Sequence[Sentence]) -> list[Weighed]:
    """Return what the sentences give for the question, the best first; not what lies below the thresholds."""
    found = [weighed for sentence in there for weighed in _weigh(aim, sentence)]
    return sorted(_unless_rows_differ(found), key=lambda each: -each.score)


def _unless_rows_differ(found: Sequence[Weighed]) -> Iterator[Weighed]:
    """Let the rows of one work weigh less where several fit alike and each gives another value."""
    fitting: dict[str, dict[float, set[str]]] = {}
    for each in found:
        if each.sentence.is_row:
            scores = fitting.setdefault(each.sentence.source.work, {})
            scores.setdefault(round(each.score, 3), set()).add(repr(each.candidate.value))
    for each in found:
        alike = fitting.get(each.sentence.source.work, {}) if each.sentence.is_row else {}
        is_one_of_many = len(alike.get(round(each.score, 3), ())) > 1
        yield replace(each, score=_ONE_OF_MANY * each.score) if is_one_of_many else each


def field_share(aim: Aim, sentence: Sentence) -> float:
    """Return how much of the field's words a sentence has, by its name or by all that is said of it."""
    there = sentence.has | sentence.heading
    if not aim.name and not aim.said:
        return aim.scale.share(aim.subject, there)
    shares = []
    for wanted in filter(None, (aim.name, aim.said)):
        own, both = aim.scale.share(wanted, sentence.has), aim.scale.share(wanted, there)
        shares.append(own + _HEADING * (both - own))
    return max(shares)


def said_share(aim: Aim, sentence: Sentence) -> float:
    """Return how much of all that is said of the field a sentence or its heading has."""
    return aim.scale.share(aim.said, sentence.has | sentence.heading)


def subject_share(aim: Aim, sentence: Sentence) -> float:
    """Return how much of what the question is about stands in a sentence or around it."""
    whole = aim.scale.share(aim.subject, sentence.around)
    return min(whole, aim.scale.share(aim.named, sentence.around)) if aim.named else whole


def _weigh(aim: Aim, sentence: Sentence) -> Iterator[Weighed]:
    subject = subject_share(aim, sentence)
    if subject < LEAST_SUBJECT:
        return
    field = field_share(aim, sentence)
    telling = widened(aim.said) or aim.subject
    places = [(start, end) for term, start, end in spans(sentence.text) if term in telling]
    for candidate in read(sentence.text, aim.want, aim.cues):
        is_said = candidate.is_labelled or says_where(sentence.text, candidate.start, aim.want)
        share = max(field, 1.0 if is_said else 0.0)
        if share >= LEAST_FIELD:
            near = 1.0 if candidate.is_labelled else _nearness(candidate, places, sentence.text)
            own = aim.scale.share(aim.subject, sentence.has | sentence.heading)
            score = candidate.weight * (0.35 * share + 0.1 * subject + 0.25 * own + 0.3 * near)
            yield Weighed(candidate=candidate, sentence=sentence, field=share, subject=subject, score=score)


def _nearness(candidate: Candidate, places: Sequence[tuple[int, int]], text: str) -> float:
    """Return 1 beside a word of the field, half of it some words away, less across a clause."""
    best = 0.0
    for start, end in places:
        if start < candidate.end and candidate.start < end:
            return 1.0
        between = text[end : candidate.start] if end <= candidate.start else text[candidate.end : start]
        near = 1 / (1 + len(between) / _REACH)
        best = max(best, near * (0.6 if _BREAK.search(between) else 0.85 if "," in between else 1.0))
    return best or 0.5


def _sentences(source: Source) -> Iterator[Sentence]:
    heading = widened(terms(f"{source.title} {source.heading}"))
    around = heading | widened(terms(source.text))
    for start, end in _spans(source.text):
        text = without_code(source.text[start:end])
        if not text.strip():
            continue
        has = widened(terms(text)) | roles(text)
        # The rows of a table speak each of something else.
        is_row = len(labels(text)) > 1
        near = has | heading if is_row else around
        yield Sentence(
            source=source, start=start, end=end, has=has, heading=heading, around=near, is_row=is_row
        )


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of a text; rows that stand on lines of their own are one each."""
    for span in sentences(text):
        rows = [(span.start + start, span.start + end) for start, end in lines(text[span.start : span.end])]
        if len(rows) > 1 and all(len(labels(text[start:end])) > 1 for start, end in rows):
            yield from rows
        else:
            yield span.start, span.end


def _cues(want: Want) -> Sequence[str]:
    words = [word for word in want.name if word not in GENERIC] or list(want.words[:6])
    ways = [" ".join(want.name), *words]
    own = {term for word in words for term in terms(word)}
    ways += [way for row in OTHER_WORDS for way in row if any(set(terms(each)) <= own for each in row)]
    return list(dict.fromkeys(way for way in ways if way))


def _terms(words: Sequence[str]) -> frozenset[str]:
    return frozenset(terms(" ".join(words))) if words else frozenset()


def is_readable(want: Want) -> bool:
    """Say whether a value of the kind can be read from a text at all."""
    return want.kind is not Kind.NOTHING


def is_plain_text(want: Want) -> bool:
    """Say whether a whole sentence may be the value."""
    schema: Mapping[str, Any] = want.schema
    return want.kind in (Kind.TEXT, Kind.NAME) and "format" not in schema and "pattern" not in schema
