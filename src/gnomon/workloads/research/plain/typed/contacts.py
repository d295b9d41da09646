"""E-mail addresses, web addresses and telephone numbers."""

import re
from collections.abc import Iterator
from typing import Final

from gnomon.workloads.research.marks import DASHES
from gnomon.workloads.research.plain.typed.candidate import Candidate, Want

_EMAIL: Final = re.compile(
    r"(?<![\w.+%@-])[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_+-])?"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w@-])"
)
_URL: Final = re.compile(
    r"\bhttps?://(?:[^\s<>\"'`{}|\\^\[\]()]|\([^\s<>\"()]*\)){3,1000}|\bwww\.(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:/[^\s<>\"']*)?",
    re.IGNORECASE,
)
_TAIL: Final = ".,;:!?*_~"
_PHONE: Final = re.compile(
    rf"(?<![\w.@/$€£-])(?:\+\s?|\(|00)?\d[\d\s().\u00a0/{re.escape(DASHES)}]{{6,24}}\d(?![\w@])"
)
_NUMBERED: Final = re.compile(
    r"(?:phone|tel|telephone|call|fax|mobile|hotline)\b[^\d+]{0,20}$", re.IGNORECASE
)
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15


def emails(text: str, _: Want) -> Iterator[Candidate]:
    """Yield the e-mail addresses of a text."""
    for found in _EMAIL.finditer(text):
        yield Candidate(
            value=found[0], start=found.start(), end=found.end(), why=f"the e-mail address '{found[0]}'"
        )


def urls(text: str, want: Want) -> Iterator[Candidate]:
    """Yield the web addresses of a text; one without a scheme only where the field takes it as it stands."""
    for found in _URL.finditer(text):
        address = found[0].rstrip(_TAIL)
        if address.count(")") > address.count("("):
            address = address.rstrip(")")
        has_scheme = "://" in address
        if has_scheme or want.schema.get("format") not in ("uri", "iri", "url"):
            start = found.start()
            weight = 1.0 if has_scheme else 0.9
            why = f"the web address '{address[:100]}'"
            yield Candidate(value=address, start=start, end=start + len(address), why=why, weight=weight)


def phones(text: str, _: Want) -> Iterator[Candidate]:
    """Yield the telephone numbers of a text: international ones, and those that are said to be one."""
    for found in _PHONE.finditer(text):
        digits = sum(letter.isdigit() for letter in found[0])
        is_said = found[0][0] == "+" or _NUMBERED.search(text[: found.start()])
        if is_said and _FEWEST_DIGITS <= digits <= _MOST_DIGITS:
            yield Candidate(
                value=found[0], start=found.start(), end=found.end(), why=f"the telephone number '{found[0]}'"
            )
