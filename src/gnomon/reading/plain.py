"""Plain text: parts between empty lines, underlined headings, form feeds."""

import re

from gnomon.reading.decoding import decode
from gnomon.reading.document import Document
from gnomon.reading.draft import Draft, clean

_LONGEST_TITLE = 100
_GAP = re.compile(r"\n(?:[^\S\n]*\n)+")
_UNDERLINED = re.compile(r"([^\s=~^#*-][^\n]{0,119})\n(={3,}|-{3,}|~{3,}|\^{3,})[^\S\n]*(?:\n|$)")
_DEPTHS = {"=": 1, "-": 2, "~": 3, "^": 4}


def read_plain(content: bytes, name: str) -> Document:
    """Read plain text, in UTF-8, UTF-16 or Windows-1252."""
    text, notes = decode(content)
    draft = Draft(media_type="text/plain", notes=list(notes))
    sheets = text.split("\x0c")
    for sheet in sheets:
        if len(sheets) > 1:
            draft.page()
        _read_sheet(clean(sheet), draft)
    draft.title = _title(text)
    return draft.finish(name)


def _read_sheet(text: str, draft: Draft) -> None:
    for block in _GAP.split(text):
        words = block.strip("\n")
        heading = _UNDERLINED.match(words)
        if heading:
            draft.heading(heading[1], _DEPTHS[heading[2][0]])
            words = words[heading.end() :]
        draft.paragraph(words)


def _title(text: str) -> str:
    """Take a short first line that stands alone and is no sentence for the title."""
    first, _, rest = clean(text[:1_000]).lstrip().partition("\n")
    is_alone = not rest[:80].partition("\n")[0].strip(" =~^*#-")
    return (
        first
        if is_alone and len(first) <= _LONGEST_TITLE and not first.rstrip().endswith((".", ":", ","))
        else ""
    )
