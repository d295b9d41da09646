"""Names that a field's description speaks of: `Capacity of Tall Hill in MW` is about Tall Hill."""

import re
from typing import Final

from gnomon.reading.terms import terms
from gnomon.workloads.research.plain.coverage import OTHER_WORDS
from gnomon.workloads.research.plain.typed.candidate import Want
from gnomon.workloads.research.plain.typed.names import NAME
from gnomon.workloads.research.plain.typed.numbers import UNIT_WORDS
from gnomon.workloads.research.plain.typed.words import COUNTS, GENERIC, MONEY, NAMES, OPENERS

_TRADE: Final = frozenset(
    term
    for words in (COUNTS, GENERIC, MONEY, NAMES, OPENERS, UNIT_WORDS, *OTHER_WORDS)
    for word in words
    for term in terms(word)
)
"""Words of fields, which no name is made of though they be capitalised."""
_FEWEST_SMALL: Final = 1


def named_in(want: Want) -> frozenset[str]:
    """Return the terms of the names in a field's description; the word that opens it is none."""
    said = str(want.schema.get("description", ""))
    if len(re.findall(r"(?<!\S)[^\W\d_A-Z]\w*", said)) < _FEWEST_SMALL:
        return frozenset()  # a heading in capitals
    found = (_after_opening(said, *name.span()) for name in NAME.finditer(said))
    return frozenset(term for name in found if _is_name(name) for term in terms(name))


def _after_opening(said: str, start: int, end: int) -> str:
    """Leave the first word of a sentence away: it is capitalised as such."""
    opens = re.search(r"(?:^|[.?!:]\s+)\W*$", said[:start])
    return said[start:end].partition(" ")[2] if opens else said[start:end]


def _is_name(words: str) -> bool:
    return bool(words) and words != words.upper() and not _TRADE & set(terms(words))
