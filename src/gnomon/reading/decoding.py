"""From the bytes of a text to its characters."""

import codecs
import re

from gnomon.reading.document import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 4_096
_MOST_NOISE = 0.02
_LEAST_NOISE = 8
_NOISE = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_OF_TEXT = re.compile(
    r"utf-(8|16|32)|cp\d|iso8859|koi8|shift_jis|euc_|iso2022_jp|gb|big5|mac-|johab|hz|tis-620|kz"
)
_BROKEN_NOTE = "Some bytes are no valid {}; a replacement character stands for each."
WINDOWS_NOTE = "It was read as Windows-1252, since it is no valid UTF-8."


def decode(content: bytes, declared: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Return the characters of a text, and notes on what was guessed.

    A byte order mark tells the encoding, or else what is declared, or the bytes: UTF-16, UTF-8, Windows-1252.

    Raises
    ------
    Unreadable
        When it is no text.
    """
    text, notes = _decode(content, declared)
    if len(_NOISE.findall(text)) > max(_LEAST_NOISE, _MOST_NOISE * len(text)):
        raise Unreadable(
            "unsupported", "It holds bytes that are no text; save it as text, PDF or Word first."
        )
    return text, notes


def _decode(content: bytes, declared: str | None) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _tolerant(content[len(mark) :], encoding)
    known = _known(declared)
    if known and known != "utf-8":
        return _tolerant(content, known)
    wide = _wide(content)
    return _tolerant(content, wide) if wide else _narrow(content)


def _known(declared: str | None) -> str | None:
    """Return Python's name of a declared encoding of text, if it knows it; browsers read Latin-1 as Windows-1252."""
    try:
        name = codecs.lookup((declared or "").strip().strip("'\"")).name
    except (LookupError, ValueError):
        return None
    name = {"iso8859-1": "cp1252", "ascii": "utf-8"}.get(name, name)
    return name if _OF_TEXT.match(name) else None


def _wide(content: bytes) -> str | None:
    """Guess UTF-16 without a mark: every other byte is mostly zero."""
    sample = content[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 4 < len(sample) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _narrow(content: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return content.decode(), ()
    except UnicodeDecodeError:
        text = content.decode(errors="replace")
    broken = text.count("\ufffd")
    if broken * 10 <= sum(character > "\x7f" for character in text) - broken:
        return text, (_BROKEN_NOTE.format("UTF-8"),)
    return content.decode("cp1252", errors="replace"), (WINDOWS_NOTE,)


def _tolerant(content: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = content.decode(encoding, errors="replace")
    is_broken = "\ufffd" in text and "\ufffd".encode(encoding, errors="ignore") not in content
    return text, (_BROKEN_NOTE.format(encoding.upper()),) if is_broken else ()
