"""Settling a question without a model: words that stand in a source, or a plain statement that none do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gnomon.core.task import Json
from gnomon.reading.ranking import Embed, Ranked, judge, rank
from gnomon.workloads.research import confidence
from gnomon.workloads.research.basis import gather, titled
from gnomon.workloads.research.plain.coverage import Scale, untold
from gnomon.workloads.research.plain.lists import settle_list
from gnomon.workloads.research.plain.siblings import of_the_subject
from gnomon.workloads.research.plain.typed.candidate import Candidate
from gnomon.workloads.research.plain.typed.want import wants_of
from gnomon.workloads.research.plain.weighing import (
    LEAST_FIELD,
    LEAST_SUBJECT,
    Aim,
    Sentence,
    Weighed,
    aim_of,
    field_share,
    is_plain_text,
    is_readable,
    read_sentences,
    said_share,
    subject_share,
    weigh_all,
)
from gnomon.workloads.research.record import ALONE, Confidence, Evidence, Question, Settled, Source
from gnomon.workloads.research.wanted.fields import cue_of
from gnomon.workloads.research.wanted.shape import is_list, meaning
from gnomon.workloads.research.wanted.validity import is_valid

MOST_QUOTED: Final = 3
"""Sentences of a text answer."""
_MOST_CITED: Final = 3
_SHORT: Final = 60
_TIE: Final = 0.02
_SURE: Final = 0.8
_ENDS: Final = (".", "!", "?", ")", '"', "\u201d", "\u2019")
_AGREEMENT: Final = 0.15
"""What another work that says the same adds to a score."""
_MOST_RANKED: Final = 10
"""Sentences that may be taken whole."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """All places that give one value, the best first."""

    places: Sequence[Weighed]

    @property
    def best(self) -> Weighed:
        return self.places[0]

    @property
    def works(self) -> int:
        return len({each.sentence.source.work for each in self.places})

    @property
    def score(self) -> float:
        return self.best.score + _AGREEMENT * min(self.works - 1, _MOST_CITED)


def settle(
    question: Question,
    sources: Sequence[Source],
    frequencies: Mapping[str, int],
    size: int,
    *,
    similarity: Embed | None = None,
) -> list[Settled]:
    """Settle a question by what its sources say: the value at its path first, then those of a list's elements.

    `frequencies` and `size` are those of the search (`core.library.Found`).
    """
    if not question.path:
        return [_quote(question, sources, frequencies, size, similarity)]
    if "const" in question.schema and question.is_required:
        why = "The schema allows this value alone; nothing was looked for."
        return [Settled(path=question.path, value=question.schema["const"], reasoning=why)]
    if is_list(meaning(question.schema)):
        return settle_list(question, sources, frequencies, size)
    return [_settle_field(question, sources, frequencies, size)]


def _settle_field(
    question: Question, sources: Sequence[Source], frequencies: Mapping[str, int], size: int
) -> Settled:
    wants = [want for want in wants_of(question) if is_readable(want)]
    if not wants:
        return _gap(question, "A value of this form cannot be read from a text without a model.")
    there = read_sentences(sources)
    for want in wants:
        aim = aim_of(question, want, frequencies, size)
        found = [each for each in weigh_all(aim, there) if is_valid(each.candidate.value, question.schema)]
        meant = of_the_subject(aim, found, there)
        if found and not meant:
            return _unclear(question, found)
        if meant := meant or _whole_sentences(aim, there, sources):
            return _choose(question, meant)
    aim = aim_of(question, wants[0], frequencies, size)
    return _gap(question, _lack(aim, there, sources))


def _choose(question: Question, found: Sequence[Weighed]) -> Settled:
    groups: dict[str, list[Weighed]] = {}
    for each in found:
        groups.setdefault(_key(each.candidate.value), []).append(each)
    findings = sorted((_Finding(places) for places in groups.values()), key=lambda each: -each.score)
    first, others = findings[0], findings[1:]
    if rivals := [each for each in others if _is_even(first, each)]:
        return _unclear(question, [each.best for each in (first, *rivals)])
    return Settled(
        path=question.path,
        value=first.best.candidate.value,
        evidence=_evidence(first),
        reasoning=_reasoning(first, others),
        confidence=_confidence(first, others),
        rivals=[each.best.candidate.value for each in _against(first, others)],
    )


def _unclear(question: Question, found: Sequence[Weighed]) -> Settled:
    values = list(dict.fromkeys(_shown(each.candidate.value) for each in found))[:3]
    what = f"{' and '.join(values)} alike" if len(values) > 1 else f"{values[0]} for something else too"
    return _gap(question, f"The words found give {what}; which one is meant is not plain.")


def _is_even(first: _Finding, other: _Finding) -> bool:
    """Say whether two values of one sentence are so alike in all signs that choosing would be guessing."""
    if first.works != other.works or first.score - other.score > _TIE:
        return False
    a, b = first.best.sentence, other.best.sentence
    return (a.source.work, a.source.start + a.start) == (b.source.work, b.source.start + b.start)


def _evidence(finding: _Finding) -> list[Evidence]:
    """Cite the best place of each work."""
    by_work: dict[str, Evidence] = {}
    for each in finding.places:
        by_work.setdefault(each.sentence.source.work, each.sentence.evidence)
    return list(by_work.values())[:_MOST_CITED]


def _against(first: _Finding, others: Sequence[_Finding]) -> list[_Finding]:
    return [each for each in others if each.best.score >= _SURE * first.best.score]


def _reasoning(first: _Finding, others: Sequence[_Finding]) -> str:
    best = first.best
    told = f"In '{titled(best.sentence.source)}' stands {best.candidate.why}; "
    if best.candidate.is_labelled:
        told += "the label names the field."
    else:
        told += f"the sentence or its heading has {best.field:.0%} of the field's words, by weight."
    if first.works > 1:
        told += (
            f" {_count(first.works - 1, 'other document')} {'says' if first.works == 2 else 'say'} the same."
        )
    if against := _against(first, others):
        named = ", ".join(_shown(each.best.candidate.value) for each in against[:3])
        told += f" Elsewhere the documents give {named}."
    return f"{told} {ALONE}"


def _confidence(first: _Finding, others: Sequence[_Finding]) -> Confidence:
    """Words that overlap are no proof: without a model `medium` is the most, for what two documents say alike."""
    best = first.best
    is_denied = any(each.works >= first.works and each.best.score >= _SURE * best.score for each in others)
    is_sure = min(best.field, best.subject) >= _SURE
    return "medium" if first.works > 1 and is_sure and not is_denied else "low"


def _whole_sentences(aim: Aim, there: Sequence[Sentence], sources: Sequence[Source]) -> list[Weighed]:
    """Take the sentences that speak of a text field for its value, where an answer is likely to be among them."""
    query, scale = aim.question.query, aim.scale
    if not is_plain_text(aim.want):
        return []
    ranked = rank(
        query, _texts(sources), scale.frequencies, scale.size, titles=_titles(sources), limit=_MOST_RANKED
    )
    if not ranked or not judge(query, ranked, scale.frequencies, scale.size).is_answerable:
        return []
    by_place = {(id(each.source), each.start, each.end): each for each in there}
    places = ((id(sources[each.passage]), each.start, each.end) for each in ranked)
    best = [by_place[place] for place in places if place in by_place]
    return [_as_value(aim, each, rank) for rank, each in enumerate(best) if _speaks_of(aim, each)]


def _speaks_of(aim: Aim, sentence: Sentence) -> bool:
    """Say whether a sentence has what is said of a field, what it is about, and is short enough for the schema."""
    if not sentence.text.endswith(_ENDS):  # a heading names things and says nothing of them
        return False
    is_about = min(said_share(aim, sentence), field_share(aim, sentence)) >= LEAST_FIELD
    is_about = is_about and subject_share(aim, sentence) >= LEAST_SUBJECT
    return is_about and is_valid(sentence.text, aim.want.schema)


def _as_value(aim: Aim, sentence: Sentence, rank: int) -> Weighed:
    why = "this sentence, of which no shorter words are plainly the value"
    return Weighed(
        candidate=Candidate(value=sentence.text, start=0, end=len(sentence.text), why=why),
        sentence=sentence,
        field=field_share(aim, sentence),
        subject=subject_share(aim, sentence),
        score=1 / (1 + rank),
    )


def _quote(
    question: Question,
    sources: Sequence[Source],
    frequencies: Mapping[str, int],
    size: int,
    similarity: Embed | None,
) -> Settled:
    """Answer with sentences as they stand, numbered like the citations."""
    ranked = rank(
        question.query,
        _texts(sources),
        frequencies,
        size,
        titles=_titles(sources),
        similarity=similarity,
        limit=2 * MOST_QUOTED,
    )
    ranked = [each for each in ranked if not _is_heading(sources[each.passage], each)][:MOST_QUOTED]
    verdict = judge(question.query, ranked, frequencies, size)
    if not ranked or not verdict.is_answerable:
        return _gap(question, _nothing(question, sources))
    evidence = [Evidence(source=sources[each.passage], start=each.start, end=each.end) for each in ranked]
    first = evidence[0]
    said = f"{first.source.title} {first.source.heading} {first.excerpt}"
    lacking = untold(question.query, said, Scale(frequencies=frequencies, size=size))
    told = confidence.reasoning(ranked[0].covered, ranked[0].asked)
    if lacking:
        told += f" Neither it nor its title has {' or '.join(map(_shown, dict.fromkeys(lacking[:3])))}."
    return Settled(
        path=(),
        value=quoted(evidence),
        evidence=evidence,
        reasoning=f"{told} The sentences are quoted as they stand. {ALONE}",
        confidence=confidence.confidence(0.0 if lacking else verdict.probability, works=1),
    )


def _is_heading(source: Source, ranked: Ranked) -> bool:
    """Say whether it is a title that stands above a passage: it names things and says nothing of them."""
    text = source.text[ranked.start : ranked.end].strip(" #")
    return text in (source.title, source.heading.rpartition(" > ")[2])


def quoted(evidence: Sequence[Evidence]) -> str:
    """Write sentences as quotes with the numbers of their citations, and what the numbers stand for."""
    groups = gather(evidence)
    numbers = {id(each): number for number, group in enumerate(groups, 1) for each in group}
    quotes = [f"\u201c{each.excerpt}\u201d [{numbers[id(each)]}]" for each in evidence if id(each) in numbers]
    titles = [f"[{number}] {titled(group[0].source)}" for number, group in enumerate(groups, 1)]
    return "\n\n".join([*quotes, "\n".join(titles)])


def _texts(sources: Sequence[Source]) -> list[str]:
    return [source.text for source in sources]


def _titles(sources: Sequence[Source]) -> list[str]:
    return [f"{source.title} {source.heading}".strip() for source in sources]


def _nothing(question: Question, sources: Sequence[Source]) -> str:
    if not sources:
        return f"Nothing was found: no document has the words of '{_shortened(question.query)}'."
    return (
        f"Nothing was found that answers '{_shortened(question.query)}': {_count(len(sources), 'passage')} "
        f"of {_count(len({source.work for source in sources}), 'document')} came nearest, and none says it."
    )


def _lack(aim: Aim, there: Sequence[Sentence], sources: Sequence[Source]) -> str:
    """Say what was looked for and what was missing."""
    words = " ".join(cue_of(aim.question))
    looked = f"Looked for '{_shortened(words)}'"
    if not sources:
        return f"{looked}: no document has these words."
    looked += f" in {_count(len(sources), 'passage')} of {_count(len({s.work for s in sources}), 'document')}"
    about = [each for each in there if subject_share(aim, each) >= LEAST_SUBJECT]
    if not about:
        return f"{looked}: none is about '{_shortened(' '.join(aim.want.about))}'."
    if not any(field_share(aim, each) >= LEAST_FIELD for each in about):
        return f"{looked}: no sentence speaks of it."
    return f"{looked}: sentences speak of it, and none gives {aim.want.kind.value} that fits the schema."


def _gap(question: Question, why: str) -> Settled:
    return Settled(path=question.path, value=None, reasoning=why, gap=why)


def _key(value: Json) -> str:
    return " ".join(value.casefold().split()) if isinstance(value, str) else json.dumps(value)


def _shown(value: Json) -> str:
    return f"'{_shortened(str(value))}'"


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHORT else f"{text[:_SHORT].rstrip()}..."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
