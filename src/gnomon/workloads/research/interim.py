"""Ranking by the share of a question's words, until the reading room has its own."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_WORD: Final = re.compile(r"[^\W_]+")
_STOP: Final = frozenset(
    [*("a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "and", "or", "as", "is")]
    + ["are", "was", "were", "be", "been", "has", "have", "had", "do", "does", "did", "it", "its", "this"]
    + ["that", "which", "who", "what", "when", "where", "why", "how"]
)
_END: Final = re.compile(r"[.!?]+[\"')\]]*\s+(?=[A-Z0-9\"'(\[])|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    passage: int
    start: int
    end: int
    score: float
    coverage: float
    similarity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    probability: float
    is_answerable: bool


def terms(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP]


def sentences(text: str) -> list[tuple[int, int]]:
    ends = [found.end() for found in _END.finditer(text)] + [len(text)]
    starts = [0, *ends]
    spans = []
    for start, end in zip(starts, ends, strict=False):
        inner = text[start:end]
        left = start + len(inner) - len(inner.lstrip())
        if inner.strip():
            spans.append((left, start + len(inner.rstrip())))
    return spans


def rank(
    question: str,
    passages: Sequence[str],
    frequencies: Mapping[str, int],
    size: int,
    *,
    similarity: Any = None,
    limit: int = 3,
) -> list[Ranked]:
    wanted = {term: math.log(1 + (size + 1) / (frequencies.get(term, 0) + 0.5)) for term in terms(question)}
    whole = sum(wanted.values()) or 1.0
    found = []
    for number, passage in enumerate(passages):
        for start, end in sentences(passage):
            share = sum(wanted.get(term, 0) for term in set(terms(passage[start:end]))) / whole
            found.append(Ranked(passage=number, start=start, end=end, score=share, coverage=share))
    return sorted(found, key=lambda each: -each.score)[:limit]


def judge(
    question: str, ranked: Sequence[Ranked], frequencies: Mapping[str, int], size: int, **_: Any
) -> Verdict:
    best = max((each.coverage for each in ranked), default=0.0)
    return Verdict(probability=best, is_answerable=best >= 0.45)


def _stem(word: str) -> str:
    for ending in ("ings", "ing", "edly", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            return word.removesuffix(ending)
    return word
