"""What is held to be true of what a model picked: what stands in the sources, and how sure that is."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gnomon.core.task import Json
from gnomon.reading.terms import terms
from gnomon.workloads.research.agent.settle import Pick, Picked
from gnomon.workloads.research.agent.support import find_word
from gnomon.workloads.research.agent.write import Written, render
from gnomon.workloads.research.confidence import LIKELY, confidence
from gnomon.workloads.research.record import ALONE, Confidence, Evidence, Question, Settled, Source
from gnomon.workloads.research.study import Study
from gnomon.workloads.research.wanted.fields import cue_of
from gnomon.workloads.research.wanted.shape import is_list, meaning

_SHORTEST_WITNESS: Final = 3
"""Characters of a text that says something when it stands in another document too."""
_MOST_WITNESSES: Final = 2
_SIZE: Final = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)([bm])(?![a-z])", re.IGNORECASE)
_CAPABLE: Final = 1.5
"""Billions of parameters."""


def weigh(study: Study, question: Question, picked: Picked | None, alone: Sequence[Settled]) -> list[Settled]:
    """Settle a question by what the model picked, with what was read without it as the second opinion."""
    if picked is None:
        return [_unseen(each, "The model did not settle it") for each in alone]
    if picked.dropped and not picked.picks and any(each.value is not None for each in alone):
        return [_unseen(each, "What the model gave stands in no passage that it was shown") for each in alone]
    study.has_model_answered = True
    if not picked.picks:
        return [_nothing(question, picked)]
    if is_list(meaning(question.schema)):
        return _elements(study, question, picked)
    first = picked.picks[0]
    agrees = _agrees(first.value, alone)
    rivals = [
        rival for each in alone for rival in each.rivals if agrees and _plain(rival) != _plain(first.value)
    ]
    settled = _one(study, question, first, picked.sources, agrees=agrees)
    return [_contested(settled, rivals) if rivals else settled]


def _contested(settled: Settled, rivals: Sequence[Json]) -> Settled:
    """Tell what else the documents give: what they do not agree on is not sure, whoever picked it."""
    named = ", ".join(f"'{rival}'" for rival in rivals[:3])
    lowered: Confidence | None = "medium" if settled.confidence == "high" else settled.confidence
    told = f"{settled.reasoning} Elsewhere the documents give {named[:300]}."
    return replace(settled, reasoning=told, confidence=lowered)


def _unseen(alone: Settled, why: str) -> Settled:
    if alone.value is None:
        return alone
    lowered: Confidence | None = "low" if alone.confidence else None
    said = f"{why}; it was read without one. " + alone.reasoning.removesuffix(ALONE).rstrip()
    return replace(alone, reasoning=said, confidence=lowered)


def in_vain(study: Study, settled: Sequence[Settled]) -> Sequence[Settled]:
    """Tell of a model that was asked, and paid, and of which nothing stands in the answer."""
    calls = study.meter.usage.calls
    if not calls or study.has_model_answered:
        return settled
    times = "once" if calls == 1 else f"{calls} times"
    name = " ".join(filter(None, ("The model", _name(study))))
    told = f"{name} was asked {times} and gave no words that could be verified"
    study.cut(f"{told}, so the answer was read without it.")
    return [
        replace(each, reasoning=each.reasoning.removesuffix(ALONE) + f"{told}.")
        if each.reasoning.endswith(ALONE)
        else each
        for each in settled
    ]


def _nothing(question: Question, picked: Picked) -> Settled:
    count = len(picked.sources)
    if picked.dropped:
        gap = f"What the model gave stands in none of the {count} passages it was shown, so it was dropped."
    elif count:
        gap = f"The model found it in none of the {count} passages it was shown."
    else:
        gap = "No passage was found that could say it."
    return Settled(path=question.path, value=None, reasoning=gap, gap=gap)


def _one(study: Study, question: Question, pick: Pick, shown: Sequence[Source], *, agrees: bool) -> Settled:
    others = witnesses(question, pick, shown)
    title = pick.evidence.source.title
    said = [f"The words that the model {_name(study)} pointed to stand in '{title}'"]
    said += ["reading without a model gives the same value"] if agrees else []
    if others:
        said.append(
            "another document says it too" if len(others) == 1 else f"{len(others)} others say it too"
        )
    return Settled(
        path=question.path,
        value=pick.value,
        evidence=(pick.evidence, *others),
        reasoning="; ".join(said) + ".",
        confidence=confidence_of(study, agrees=agrees, works=1 + len(others)),
    )


def confidence_of(study: Study, *, agrees: bool, works: int) -> Confidence | None:
    """Grade what a model picked and code verified; reading without it gives the second opinion."""
    return confidence(LIKELY if agrees else 0.0, works, study.used_model if is_capable(study) else None)


def is_capable(study: Study) -> bool:
    """Say whether the model's picking counts as verifying; a small one says in its name how small it is."""
    if study.model is None:
        return False
    size = _SIZE.search(study.model.name)
    if size is not None:
        return float(size[1]) / (1 if size[2] in "bB" else 1000) >= _CAPABLE
    return study.model.engine.startswith("provider:")


def witnesses(question: Question, pick: Pick, shown: Sequence[Source]) -> list[Evidence]:
    """Find the value in other documents that were shown, each once, in a sentence that speaks of the field.

    Numbers and judgements have no such words.
    """
    value = pick.value
    if not isinstance(value, str) or len(value) < _SHORTEST_WITNESS:
        return []
    found: dict[str, Evidence] = {}
    for source in shown:
        is_copy = source.text == pick.evidence.source.text
        if is_copy or source.work == pick.evidence.source.work or source.work in found:
            continue
        if (evidence := find_word(value, source)) is not None and _speaks_of(question, evidence, value):
            found[source.work] = evidence
    return list(found.values())[:_MOST_WITNESSES]


def _speaks_of(question: Question, evidence: Evidence, value: str) -> bool:
    """Say whether a sentence has a word of the field: that a name stands somewhere bears nothing out."""
    return bool((set(terms(" ".join(cue_of(question)))) - set(terms(value))) & set(terms(evidence.excerpt)))


def _elements(study: Study, question: Question, picked: Picked) -> list[Settled]:
    distinct: list[Pick] = []
    for each in picked.picks:
        if each.value not in [known.value for known in distinct]:
            distinct.append(each)
    parts = [
        replace(_one(study, question, each, picked.sources, agrees=False), path=(*question.path, place))
        for place, each in enumerate(distinct)
    ]
    dropped = f" {picked.dropped} more stand in no passage and were dropped." if picked.dropped else ""
    whole = Settled(
        path=question.path,
        value=[each.value for each in distinct],
        evidence=tuple(each.evidence for each in distinct),
        reasoning=f"Each of the {len(distinct)} elements stands in a passage word for word.{dropped}",
        confidence=_least([part.confidence for part in parts]),
    )
    return [whole, *parts]


def settled_text(study: Study, written: Written, parts: Sequence[str], alone: Settled) -> Settled:
    """Settle a text: the paragraphs whose quotes stand, or, when none does, what was read without the model."""
    if written.dropped:
        count = written.dropped
        study.cut(
            f"{count} paragraph{'s' * (count > 1)} of the model had no quote that stands in a source "
            "and bears it, and were left out."
        )
    for number in written.uncovered:
        if 1 <= number <= len(parts):
            study.cut(f"Nothing was found for the part: {parts[number - 1]}")
    if not written.paragraphs:
        return alone
    study.has_model_answered = True
    content, evidence = render(written.paragraphs)
    works = {each.source.work for each in evidence}
    count = len(written.paragraphs)
    told = (
        f"Each of the {count} paragraphs of the model {_name(study)} quotes words that stand in its sources"
    )
    return Settled(
        path=(),
        value=content,
        evidence=tuple(evidence),
        reasoning=f"{told}; documents or pages cited: {len(works)}.",
        confidence=confidence_of(study, agrees=False, works=1),  # each is cited for another sentence
    )


def _agrees(value: Json, alone: Sequence[Settled]) -> bool:
    return any(_plain(each.value) == _plain(value) for each in alone if each.value is not None)


def _plain(value: Json) -> Json:
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def _least(levels: Sequence[Confidence | None]) -> Confidence | None:
    order: Sequence[Confidence] = ("low", "medium", "high")
    return next((level for level in order if level in levels), None)


def _name(study: Study) -> str:
    return study.used_model or (study.model.name if study.model else "")
