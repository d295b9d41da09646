"""What stands before a Markdown text between fences: its title, date and address."""

import re
from dataclasses import dataclass

from gnomon.reading.day import find_day

_FENCED = re.compile(r"\A(---|\+\+\+)[^\S\n]*\n(.{0,20000}?)\n(?:\1|\.\.\.)[^\S\n]*(?:\n|\Z)", re.DOTALL)
_PAIR = re.compile(r"^([A-Za-z][\w-]*)\s*[:=][^\S\n]*(\S.*)$", re.MULTILINE)
_DATES = ("date", "published", "pubdate", "publishdate", "created", "lastmod", "updated")
_ADDRESSES = ("canonical", "canonical_url", "url", "source", "link")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """What the lines before a text say of it."""

    title: str = ""
    published: str | None = None
    origin_url: str | None = None
    length: int = 0
    """How many characters it takes, with its fences."""


def read_front_matter(text: str) -> FrontMatter:
    """Read simple `name: value` lines between `---` (or `name = value` between `+++`) at the start of a text."""
    fenced = _FENCED.match(text)
    if not fenced:
        return FrontMatter()
    pairs = {name.lower(): _unquoted(value) for name, value in _PAIR.findall(fenced[2])}
    days = (find_day(pairs.get(name, "")) for name in _DATES)
    addresses = (pairs.get(name, "") for name in _ADDRESSES)
    return FrontMatter(
        title=pairs.get("title", ""),
        published=next(filter(None, days), None),
        origin_url=next((each for each in addresses if each.startswith(("https://", "http://"))), None),
        length=fenced.end(),
    )


def _unquoted(value: str) -> str:
    value = value.strip()
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value.partition(" #")[0].rstrip()
