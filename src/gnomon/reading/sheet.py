"""Printed sheets: running heads, page numbers and hyphens at the ends of lines are the printing's, not the text's."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

Key = tuple[str, int]

_FEWEST = 4
"""Sheets by which a running head can be told from a heading."""
_SHARE = 0.4
"""Of the sheets that carry it: left and right ones may differ."""
_AT_EDGE = 2
_LONGEST = 120
_NUMBER = re.compile(r"\d+")
_HYPHENATED = re.compile(r"(\w*[^\W\d_])-\n[^\S\n]*([^\W\d_]\w*)")
_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")
_COMPOUNDING = frozenset(("self", "well", "non"))
_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}


def mend(sheets: Sequence[str], headings: Collection[str] = ()) -> list[str]:
    """Take running heads and page numbers off, and join words that lines have parted; `headings` stay."""
    whole = [sheet.translate(_LIGATURES) for sheet in sheets]
    running = _running(whole)
    compounds = {word.lower() for sheet in whole for word in _COMPOUND.findall(sheet)}
    plain = [_without_edges(sheet, number, running, headings) for number, sheet in enumerate(whole)]
    return [_joined(sheet, compounds) for sheet in plain]


def _running(sheets: Sequence[str]) -> frozenset[Key]:
    """Find the lines that stand at the edges of many sheets: the same, or counting with the sheets."""
    filled = sum(bool(sheet.strip()) for sheet in sheets)
    if filled < _FEWEST:
        return frozenset()
    count = Counter(
        key
        for number, sheet in enumerate(sheets)
        for key in {key for line in _edges(sheet) for key in _keys(line, number)}
    )
    least = max(3, _SHARE * filled)
    return frozenset(key for key, times in count.items() if times >= least)


def _edges(sheet: str) -> list[str]:
    lines = [line for line in sheet.split("\n") if line.strip()]
    return lines[:_AT_EDGE] + lines[-_AT_EDGE:]


def _keys(line: str, number: int) -> list[Key]:
    """Return by what a line may be known on other sheets: its words, and its first number less the sheet's."""
    words = " ".join(line.split())
    if len(words) > _LONGEST:
        return []
    numbered = _NUMBER.search(words)
    ahead = int(numbered[0][-9:]) - number if numbered else 0
    return [(words, 0), (_NUMBER.sub("#", words, count=1), ahead)] if numbered else [(words, 0)]


def _without_edges(sheet: str, number: int, running: Collection[Key], headings: Collection[str]) -> str:
    lines = sheet.strip().split("\n")
    for edge in (0, -1):
        for _ in range(_AT_EDGE):
            while lines and not lines[edge].strip():
                lines.pop(edge)
            keys = _keys(lines[edge], number) if lines else []
            if any(key in running for key in keys) and keys[0][0] not in headings:
                lines.pop(edge)
    return "\n".join(lines)


def _joined(sheet: str, compounds: Collection[str]) -> str:
    """Join words parted by a hyphen; it stays where the same document writes the word with one in a line."""

    def join(parted: re.Match[str]) -> str:
        before, after = parted[1], parted[2]
        is_compound = (
            f"{before}-{after}".lower() in compounds
            or not after[0].islower()
            or before.lower() in _COMPOUNDING
        )
        return f"{before}-{after}" if is_compound else before + after

    return _HYPHENATED.sub(join, sheet)
