"""BM25 over realms together: a word is rare or common in all that a workspace sees, and nowhere else.

FTS5's own `bm25` finds the candidates. It knows one realm only, and gives a word that half of the passages have no
weight at all, which in a library of three files is most words; so the candidates are weighed once more.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gnomon.library.schema import WEIGHTS
from gnomon.reading.terms import tokens

K1: Final = 1.2
B: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What the weight of a term rests on."""

    frequencies: Mapping[str, int]
    size: int
    """Passages."""
    length: int
    """Words of all passages."""

    def weigh(self, term: str) -> float:
        """Return a term's inverse document frequency."""
        count = self.frequencies.get(term, 0)
        return math.log(1 + (self.size - count + 0.5) / (count + 0.5))


def score(statistics: Statistics, terms: Iterable[str], columns: Sequence[str], length: int) -> float:
    r"""Return how well a passage fits the terms: sum of idf * f (k1 + 1) / (f + k1 (1 - b + b |d| / avg))."""
    found = _count(columns)
    mean = statistics.length / max(statistics.size, 1) or 1.0
    norm = K1 * (1 - B + B * length / mean)
    return sum(
        statistics.weigh(term) * found[term] * (K1 + 1) / (found[term] + norm)
        for term in terms
        if term in found
    )


def _count(columns: Sequence[str]) -> Mapping[str, float]:
    counted: defaultdict[str, float] = defaultdict(float)
    for weight, column in zip(WEIGHTS, columns, strict=True):
        for term in tokens(column):
            counted[term] += weight
    return counted
