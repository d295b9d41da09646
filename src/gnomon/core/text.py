"""Short texts of clients that others are shown: what is no character of a text is left out of them."""

import unicodedata
from typing import Final

_NO_TEXT: Final = frozenset({"Cc", "Cs"})
"""Unicode's categories of control characters and of halves of one that lack the other."""
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that change the direction of what follows, and with it how the text beside theirs is read."""


def clean(text: str) -> str:
    r"""Return a text on one line, without control characters, marks of direction and blanks around it.

    >>> clean("  Heat\x07 pumps,\nmostly\u202e ")
    'Heat pumps, mostly'
    """
    lines = " ".join(text.splitlines())
    return "".join(letter for letter in lines if _is_text(letter)).strip()


def _is_text(letter: str) -> bool:
    return letter not in _TURNING and unicodedata.category(letter) not in _NO_TEXT
