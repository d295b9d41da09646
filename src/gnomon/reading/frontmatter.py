"""What stands before a Markdown text between fences: its title, date and address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gnomon.reading.day import find_day

_FENCED = re.compile(r"\A(---|\+\+\+)[^\S\n]*\n(.{0,20000}?)\n(?:\1|\.\.\.)[^\S\n]*(?:\n|\Z)", re.DOTALL)
_PAIR = re.compile(r"^([A-Za-z][\w-]*)\s*[:=][^\S\n]*(\S.*)$", re.MULTILINE)
_NAME = r"^([A-Za-z][\w-]*)[^\S\n]*:[^\S\n]*"
_LIST = re.compile(_NAME + r"\n((?:[^\S\n]*-[^\S\n]+\S.*(?:\n|\Z))+)", re.MULTILINE)
_FOLDED = re.compile(_NAME + r"[>|][+-]?[^\S\n]*\n((?:[^\S\n]+\S.*(?:\n|\Z))+)", re.MULTILINE)
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
    fields: Mapping[str, str] = field(default_factory=dict)
    """All of its names, in small letters, with what stands behind each."""


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
        fields={**pairs, **_longer(fenced[2])},
    )


def _longer(block: str) -> Mapping[str, str]:
    """Read what stands on the lines below its name: the items of a list, with commas between, or a folded text."""
    lists = {name.lower(): _joined(", ", lines, "- \t") for name, lines in _LIST.findall(block)}
    return {**lists, **{name.lower(): _joined(" ", lines, " \t") for name, lines in _FOLDED.findall(block)}}


def _joined(between: str, lines: str, before: str) -> str:
    return between.join(_unquoted(line.lstrip(before)) for line in lines.splitlines())


def _unquoted(value: str) -> str:
    value = value.strip()
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value.partition(" #")[0].rstrip()
