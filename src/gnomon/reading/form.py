"""What a piece of a passage is: a sentence, a title that says nothing by itself, or code."""

import re
from collections.abc import Collection
from typing import Final, Literal

from gnomon.reading.sentence import Span

Form = Literal["sentence", "title", "code"]

INDENT: Final = " " * 4
"""Before each line of a block of code, as the readers write it."""
_ABOUT_CODE: Final = "code command commands cli curl shell script snippet syntax install config configuration"
ABOUT_CODE: Final = frozenset(_ABOUT_CODE.split())
"""Words of a question that code may answer."""
_LONGEST_TITLE: Final = 100
_MOST_WORDS: Final = 12
_ENDS: Final = (".", "!", "?", "\u2026", ":", ";", ",")
_NOT_TITLE: Final = re.compile(
    r"^(?:[-*+\u2022]|\(?\w{1,3}[.)])\s|[,;:|\t\n\d]|\b(?:am|is|are|was|were|be|been|has|have|had|do|does|did|can|could"
    r"|will|would|may|might|must|shall|should)\b",
    re.IGNORECASE,
)
_PROSE: Final = re.compile(r"[\"'(\u201c]?[A-Z][^{}=;<>\\]*[.!?][\"')\u201d]*")
_LABEL: Final = re.compile(r"[A-Z][\w ()/-]{0,60}:\s")
_ITEM: Final = re.compile(r"[-*+\u2022]\s|\d+[.)]\s")
_FEWEST: Final = 4
"""Words of a line of prose."""
_COMMAND: Final = re.compile(
    r"\s*(?:\$\s+[a-z./]|>>>|#!|//|/\*|</?\w+[ >]|import\s+[\w.]+$|from\s+[\w.]+\s+import\s"
    r"|(?:sudo|curl|pip|npm|npx|git|docker|apt|apt-get|brew|systemctl)\s+(?!.*\w\.$)\S)"
)
_SIGN: Final = re.compile(r"[{}<>=\\`]|\w\(|\w_\w|(?<!\S)--?[A-Za-z]|\"\s*:")
_SIGNS_A_WORD: Final = 0.3
"""From which share on signs of code make code of a line."""


def form_of(text: str, span: Span, title: str = "") -> Form:
    """Tell the form of a piece of a passage; `title` holds the words of the headings above it."""
    words = " ".join(text[span.start : span.end].split())
    is_alone = len(words) <= _LONGEST_TITLE and _is_alone(text, span)
    if is_alone and words.casefold() in title.casefold():
        return "title"
    if _is_code(text, span):
        return "code"
    return "title" if is_alone and _is_verbless(words) else "sentence"


def asks_for_code(words: Collection[str]) -> bool:
    """Tell whether the words of a question, in lower case, ask for code or for a command."""
    return not ABOUT_CODE.isdisjoint(words)


def _is_verbless(words: str) -> bool:
    """Take a few words without a stop, a number or a usual verb for a title."""
    return (
        len(words.split()) <= _MOST_WORDS and not words.endswith(_ENDS) and _NOT_TITLE.search(words) is None
    )


def _is_alone(text: str, span: Span) -> bool:
    """Tell whether empty lines part a line from others, of which there are some."""
    before, after = text[: span.start].rstrip(" \t"), text[span.end :].lstrip(" \t")
    is_parted = before.endswith(("", "\n\n")[bool(before)]) and after.startswith(("", "\n\n")[bool(after)])
    return is_parted and bool(before or after)


def _is_code(text: str, span: Span) -> bool:
    words = text[span.start : span.end]
    if _PROSE.fullmatch(words) and len(words.split()) >= _FEWEST:
        return False
    if _is_indented(text, span):
        return True
    lines = [line for line in words.split("\n") if line.strip()]
    return 2 * sum(map(_looks_like_code, lines)) > len(lines)


def _is_indented(text: str, span: Span) -> bool:
    begin = text.rfind("\n", 0, span.start) + 1
    line = text[begin : span.end]
    return line.startswith(INDENT) and not (_ITEM.match(line.lstrip()) or _LABEL.match(line.lstrip()))


def _looks_like_code(line: str) -> bool:
    if "; " in line and ": " in line:
        return False  # a row of a table
    return bool(_COMMAND.match(line)) or len(_SIGN.findall(line)) >= _SIGNS_A_WORD * len(line.split()) > 0
