"""An answer as people read it: what was found, the numbered sources that it rests on, and what is missing and why."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Answer = Mapping[str, Any]
FindFile = Callable[[str], Path | None]

_UNSHOWABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What a source could move the cursor with, or turn the line around."""
_TITLES: Final = re.compile(r"(?:\n*^\[\d+\] [^\n]*)+\s*\Z", re.MULTILINE)
_PLACE: Final = re.compile(r"[&?]at=[\d,-]*|#.*")
_MOST_EXCERPTS: Final = 3
_LONGEST: Final = 320
_INDENT: Final = "    "


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A source with its number."""

    number: int
    title: str
    url: str
    excerpts: Sequence[str]


def is_answered(answer: Answer) -> bool:
    """Say whether anything was found: a text that rests on something, or a value in any field."""
    if answer["type"] == "text":
        return any(entry.get("citations") for entry in answer.get("basis", ()))
    return _has_value(answer["content"])


def _has_value(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_value, value.values()))
    return any(map(_has_value, value)) if isinstance(value, list) else value is not None


def cited(basis: Sequence[Answer]) -> list[Cited]:
    """Give each document that is cited a number, in the order in which the fields name them."""
    excerpts: dict[str, dict[str, None]] = {}
    first: dict[str, Answer] = {}
    for citation in (each for entry in basis for each in entry.get("citations", ())):
        work = work_of(citation["url"])
        first.setdefault(work, citation)
        excerpts.setdefault(work, {}).update(dict.fromkeys(citation.get("excerpts", ())))
    return [
        Cited(
            number=number, title=first[work].get("title") or "", url=first[work]["url"], excerpts=list(said)
        )
        for number, (work, said) in enumerate(excerpts.items(), 1)
    ]


def work_of(url: str) -> str:
    """Return an address without the place in the document that it opens at."""
    return _PLACE.sub("", url)


def plain(text: str) -> str:
    """Leave out what would be an order to the terminal."""
    return _UNSHOWABLE.sub("", text.replace("\r\n", "\n"))


def show_answer(
    console: "Console", answer: Answer, seconds: float, find_file: FindFile, *, is_served: bool = True
) -> None:
    """Print an answer with all that it rests on; the addresses of files only where a server shows them."""
    from rich.text import Text

    basis = answer.get("basis", ())
    sources = cited(basis)
    content = answer["content"]
    if isinstance(content, str):
        content = _TITLES.sub("", content) if sources else content
        console.print(Text(plain(content)))
    else:
        console.print(_fields(content, basis, sources))
    for source in sources:
        _show_source(console, source, content, find_file(source.url), is_served=is_served)
    _show_gaps(console, content, basis)
    if answer.get("truncated"):
        console.print()
    for sentence in answer.get("truncated", ()):
        console.print(Text(plain(f"Note: {sentence}"), style="yellow"))
    console.print(Text(f"\n{summary(answer, seconds)}", style="dim"))


def _fields(content: Answer, basis: Sequence[Answer], sources: Sequence[Cited]) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    numbers = {work_of(each.url): each.number for each in sources}
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("Field", "Value", "Confidence", "Sources"):
        table.add_column(heading, overflow="fold")
    for entry in basis:
        value = value_at(content, entry["field"])
        marks = sorted({numbers[work_of(each["url"])] for each in entry.get("citations", ())})
        table.add_row(
            Text(plain(entry["field"])),
            Text("-", style="dim") if value is None else Text(plain(shown(value)), style="bold"),
            entry.get("confidence") or "",
            Text(" ".join(f"[{mark}]" for mark in marks)),
        )
    return table


def value_at(content: Any, field: str) -> Any:
    """Return what stands at a path such as `ceos.0.name`; None where nothing does."""
    for part in field.split("."):
        if isinstance(content, list) and part.isdigit() and int(part) < len(content):
            content = content[int(part)]
        elif isinstance(content, dict):
            content = content.get(part)
        else:
            return None
    return content


def shown(value: Any) -> str:
    """Write a value as people do.

    >>> shown(True), shown(412.5), shown(["a", None]), shown({"name": "Ada", "born": 1815})
    ('yes', '412.5', 'a, -', 'name: Ada; born: 1815')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value)) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {shown(each)}" for name, each in value.items())
    return "-" if value is None else str(value)


def _show_source(
    console: "Console", source: Cited, content: Any, file: Path | None, *, is_served: bool
) -> None:
    from rich.padding import Padding
    from rich.style import Style
    from rich.text import Text

    address = plain(source.url) if is_served or file is None else file.absolute().as_uri()
    place = _nearby(file) if file is not None else address
    line = Text(f"[{source.number}] ")
    line.append(plain(source.title) or place, Style(bold=True, link=address))
    if source.title:
        line.append(f"  {place}", "cyan")
    console.print()
    console.print(line, soft_wrap=True)
    if file is not None and is_served:
        console.print(Text(f"{_INDENT}{address}", "dim"), soft_wrap=True)
    text = " ".join(content.split()) if isinstance(content, str) else ""
    fresh = [each for each in source.excerpts if " ".join(each.split()) not in text]
    for excerpt in fresh[:_MOST_EXCERPTS]:
        console.print(Padding(Text(f"\u201c{_short(excerpt)}\u201d"), (0, 0, 0, len(_INDENT))))
    if len(fresh) > _MOST_EXCERPTS:
        console.print(Text(f"{_INDENT}and {len(fresh) - _MOST_EXCERPTS} more passages", style="dim"))


def _show_gaps(console: "Console", content: Any, basis: Sequence[Answer]) -> None:
    from rich.text import Text

    gaps = [each for each in basis if isinstance(content, dict) and value_at(content, each["field"]) is None]
    if gaps:
        console.print()
    for entry in gaps:
        line = Text(f"{plain(entry['field'])}: ", style="yellow")
        line.append(plain(entry["reasoning"]), "default")
        console.print(line)


def summary(answer: Answer, seconds: float) -> str:
    """Say on one line how sure it is, what answered and what that cost.

    >>> nothing = {"calls": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
    >>> basis = [{"confidence": "low"}, {"confidence": "medium"}]
    >>> summary({"engine": "extractive", "usage": nothing, "basis": basis}, 0.25)
    'confidence low to medium, engine extractive, no tokens, no cost, 0.2 s'
    """
    return ", ".join(
        filter(
            None, (_sure(answer), f"engine {answer['engine']}", *_cost(answer["usage"]), f"{seconds:.1f} s")
        )
    )


def _sure(answer: Answer) -> str:
    given = {entry.get("confidence") for entry in answer.get("basis", ())}
    grades = [grade for grade in ("low", "medium", "high") if grade in given]
    return f"confidence {' to '.join(dict.fromkeys((grades[0], grades[-1])))}" if grades else ""


def _cost(usage: Answer) -> tuple[str, ...]:
    if not usage["calls"]:
        return ("no tokens", "no cost")
    calls = f"{usage['calls']} call{'' if usage['calls'] == 1 else 's'}"
    counted = f"{calls}, {usage['input_tokens']:,} tokens in, {usage['output_tokens']:,} out"
    cost = usage["cost_usd"]
    return (counted, "cost not known" if cost is None else f"${cost:.4f}" if cost else "no cost")


def _short(excerpt: str) -> str:
    text = " ".join(plain(excerpt).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}\u2026"


def _nearby(file: Path) -> str:
    """Name a file as it is reached from here."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
