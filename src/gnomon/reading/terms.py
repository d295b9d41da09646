"""Terms of text, as SQLite's FTS5 makes them with `porter unicode61 remove_diacritics 2`, less stop words."""

import re
from collections.abc import Iterator
from functools import lru_cache

from gnomon.reading.letters import FOLD, MARKS, SEPARATORS
from gnomon.reading.porter import stem

_STOP_WORDS = """
a an the this that these those there it its he him his she her they them their we us our you your i me my
and or but nor if then than so as of in on at to for from by with about into onto over under between during
is are was were be been being am do does did done has have had having can could will would shall should may might must
not no what which who whom whose when where why how s t
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words that a question has and that tell nothing of what is asked: articles, pronouns, prepositions, auxiliaries,
question words, and what remains of `'s` and `n't`."""

_LONGEST_KEPT = 48
_ASCII_WORD = re.compile(r"[0-9A-Za-z]+")
_APART = r"\x00-/:-@\[-`{-\x7f" + SEPARATORS
_WORD = re.compile(f"[^{_APART}{MARKS}][^{_APART}]*")


def terms(text: str) -> list[str]:
    """List the terms of a text, in its order, without stop words; when it has no others, with them."""
    found = [_term(word) for word in _pattern(text).findall(text)]
    return [term for term, is_stop in found if not is_stop] or [term for term, _ in found]


def spans(text: str) -> list[tuple[str, int, int]]:
    """List the same terms with where the word of each begins and ends."""
    found = [(_term(word[0]), *word.span()) for word in _pattern(text).finditer(text)]
    kept = [(term, start, end) for (term, is_stop), start, end in found if not is_stop]
    return kept or [(term, start, end) for (term, _), start, end in found]


def tokens(text: str) -> Iterator[str]:
    """Yield every term of a text, those of stop words too: what FTS5 indexes."""
    return (_term(word)[0] for word in _pattern(text).findall(text))


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else _WORD


def _term(word: str) -> tuple[str, bool]:
    """Make the term of a word, and tell whether it is a stop word."""
    return _kept(word) if len(word) <= _LONGEST_KEPT else _make(word)


def _make(word: str) -> tuple[str, bool]:
    folded = word.lower() if word.isascii() else word.translate(FOLD)
    return stem(folded), folded in STOP_WORDS


_kept = lru_cache(maxsize=1 << 16)(_make)
