"""Passages: what was given, cut into sentences that say where they stand, and ranked by a question."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

COMMON = re.compile(
    "(a|an|and|are|as|at|be|by|did|do|does|for|from|has|have|how|in|is|it|its|of|on|or|that|the|their|this|to|was|were"
    "|what|when|where|which|who|whose|why|will|with)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A sentence as it was given; `source` says where, as a relative URL."""

    text: str
    source: str
    label: str = ""


def sentences(text: str) -> list[str]:
    """Cut a text at the ends of its sentences and lines."""
    return [piece.strip() for piece in re.split(r"(?<=[.!?])\s+|\n+", text) if piece.strip()]


def words(text: str) -> list[str]:
    """Return the words that carry meaning, without case and plural; `marketCap` is two words."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).casefold()
    found = (word for word in re.findall(r"[^\W_]+", apart) if not COMMON.fullmatch(word))
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found]


def label_of(text: str) -> tuple[str, str]:
    """Cut `name: value` in two; the name is empty when there is none."""
    match = re.fullmatch(r"[-*\s]*([^:\n]{1,40}):\s+(.+)", text)
    return (match[1].strip(), match[2].strip()) if match else ("", text)


def split(text: str, source: str) -> list[Passage]:
    """Cut a text into passages; of a line `name: value` the name is the label."""
    return [
        Passage(text=piece, source=source, label=label_of(line)[0])
        for line in text.splitlines()
        for piece in ([line.strip()] if label_of(line)[0] else sentences(line))
    ]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Give each value inside an object with its JSON Pointer and the nearest name."""
    named = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in named:
        below = f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}"
        if isinstance(inner, dict | list):
            yield from leaves(inner, below)
        else:
            yield below, name if isinstance(name, str) else path.rpartition("/")[2], inner


def open_object(value: dict[str, Any], source: str) -> list[Passage]:
    """Make passages of an object's values; what has no label of its own has its key's name."""
    return [
        replace(passage, label=passage.label or name)
        for path, name, inner in leaves(value)
        if inner is not None
        for passage in split(str(inner), f"{source}#{path}")
    ]


def part(text: str) -> tuple[str, str]:
    """Part a text into what it asks and the rest: its questions, else its first sentence unless that has a label."""
    pieces = sentences(text)
    asked = [piece for piece in pieces if piece.endswith("?")]
    if not asked and pieces and not label_of(pieces[0])[0]:
        asked = pieces[:1]
    return " ".join(asked), "\n".join(piece for piece in pieces if piece not in asked)


def rank(question: str, passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages that share words with the question, best first (Okapi BM25, k1 = 1.2, b = 0.75).

    Robertson, S., Zaragoza, H. (2009): The Probabilistic Relevance Framework: BM25 and Beyond.
    doi:10.1561/1500000019
    """
    held = [Counter(words(f"{passage.label} {passage.text}")) for passage in passages]
    mean = sum(map(Counter.total, held)) / len(held) if held else 1
    spread = Counter(word for each in held for word in each)

    def score(each: Counter[str]) -> float:
        length = 1.2 * (0.25 + 0.75 * each.total() / (mean or 1))
        return sum(
            math.log(1 + (len(held) - spread[word] + 0.5) / (spread[word] + 0.5))
            * (each[word] * 2.2 / (each[word] + length))
            for word in set(words(question)) & each.keys()
        )

    scored = sorted(((score(each), -place) for place, each in enumerate(held)), reverse=True)
    return [passages[-place] for points, place in scored if points > 0]
