"""Which of several alike a value belongs to: the row and the place in a sentence that name what is asked about."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from gnomon.reading.terms import terms
from gnomon.workloads.research.plain.typed.candidate import Kind
from gnomon.workloads.research.plain.typed.labels import labels
from gnomon.workloads.research.plain.typed.names import NAME
from gnomon.workloads.research.plain.weighing import Aim, Sentence, Weighed

_BOUND: Final = re.compile(r"\s*(?:[\w%\u00b0]{1,12}\s+)?(?:at|in|for|of|from|on)\s+(?:the\s+)?")
_LONGEST_KEY: Final = 60
_SAME: Final = 1e-6
_BY_PLACE: Final = (Kind.NUMBER, Kind.DATE, Kind.MOMENT)
Place = tuple[str, int, int]


def of_the_subject(aim: Aim, found: Sequence[Weighed], there: Sequence[Sentence]) -> list[Weighed]:
    """Return the values that may belong to what is asked about; none where several alike leave it open.

    Of a table those rows remain that name most of what is asked; where several do and differ, none. A sentence that
    names what another row is about, and not what the right row is about, is about that.
    """
    tables = _tables(there)
    of_table = [_meant(aim, rows) for rows in tables]
    meant = {place for places in of_table for place in places}
    kept = [each for each in found if not each.sentence.is_row or _place(each.sentence) in meant]
    giving = {_place(each.sentence) for each in kept if each.sentence.is_row}
    kept = list(_unless_rows_differ(kept))
    keys = [
        key
        for rows, places in zip(tables, of_table, strict=True)
        for key in _keys(aim, rows, places, is_giving=any(_place(row) in giving for row in rows))
    ]
    kept = [each for each in kept if each.sentence.is_row or not _is_of_another(each.sentence, keys)]
    return list(_bound(aim, kept))


def _tables(there: Sequence[Sentence]) -> list[list[Sentence]]:
    """Group the rows that have the same labels in one work."""
    tables: dict[tuple[str, ...], list[Sentence]] = {}
    for each in there:
        if each.is_row:
            columns = (cell.label for cell in labels(each.text))
            tables.setdefault((each.source.work, *columns), []).append(each)
    return list(tables.values())


def _meant(aim: Aim, rows: Sequence[Sentence]) -> list[Place]:
    """Return where the rows stand that have most of the field's words and, of those, most of the subject's.

    None, where the field's words lead to a row that has nothing of the subject though another row has.
    """
    own = [_own(row) for row in rows]
    field = _best(aim, range(len(rows)), own, frozenset(terms(" ".join(aim.want.words))))
    both = _best(aim, field, own, aim.subject)
    is_torn = not any(aim.subject & own[row] for row in both) and any(aim.subject & each for each in own)
    return [] if is_torn else [_place(rows[row]) for row in both]


def _best(
    aim: Aim, among: Sequence[int], own: Sequence[Collection[str]], wanted: Collection[str]
) -> list[int]:
    weights = {row: sum(aim.scale.weigh(term) for term in wanted if term in own[row]) for row in among}
    return [row for row, weight in weights.items() if weight >= max(weights.values()) - _SAME]


def _own(row: Sentence) -> set[str]:
    return {term for cell in labels(row.text) for term in terms(row.text[cell.start : cell.end])}


def _unless_rows_differ(found: Sequence[Weighed]) -> Iterator[Weighed]:
    """Leave the rows of a work out that fit alike and give several values."""
    values: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for each in found:
        values.setdefault(_table(each), set()).add(repr(each.candidate.value))
    for each in found:
        if not each.sentence.is_row or len(values[_table(each)]) == 1:
            yield each


def _table(found: Weighed) -> tuple[str, tuple[str, ...]]:
    sentence = found.sentence
    if not sentence.is_row:
        return "", ()
    return sentence.source.work, tuple(cell.label for cell in labels(sentence.text))


def _keys(
    aim: Aim, rows: Sequence[Sentence], meant: Sequence[Place], *, is_giving: bool
) -> list[tuple[str, bool]]:
    """Return what the rows of a table are about, and whether it is asked about.

    None, where neither is one of them asked about nor do they give values for the field.
    """
    asked = {*aim.subject, *terms(" ".join(aim.want.words))}
    keys = {_place(row): key for row in rows if (key := _key(row))}
    named = {place for place, key in keys.items() if place in meant and set(terms(key)) <= asked}
    return [(_folded(key), place in named) for place, key in keys.items() if named or is_giving]


def _key(row: Sentence) -> str:
    """Return what a row is about: its first cell, where that is a name."""
    first = labels(row.text)[0]
    key = row.text[first.start : first.end]
    return key if len(key) <= _LONGEST_KEY and NAME.fullmatch(key) else ""


def _is_of_another(sentence: Sentence, keys: Sequence[tuple[str, bool]]) -> bool:
    """Say whether a sentence names what other rows are about and not what the one row is about that is meant."""
    text = _folded(sentence.text)
    named = [is_meant for key, is_meant in keys if re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text)]
    return bool(named) and not any(named)


def _bound(aim: Aim, found: Sequence[Weighed]) -> Iterator[Weighed]:
    """Of values that each belong to a name, as `3 at North and 4 at South`, leave those of what is asked about."""
    names: dict[Place, set[str]] = {}
    for each in found:
        if (name := _bound_to(aim, each)) is not None:
            names.setdefault(_place(each.sentence), set()).add(name)
    for each in found:
        rivals = names.get(_place(each.sentence), set())
        is_meant = _is_of(_bound_to(aim, each) or "", aim.subject)
        if len(rivals) < 2 or is_meant:
            yield each


def _bound_to(aim: Aim, found: Weighed) -> str | None:
    text = found.sentence.text
    link = _BOUND.match(text, found.candidate.end) if aim.want.kind in _BY_PLACE else None
    name = NAME.match(text, link.end()) if link else None
    return name[0] if name else None


def _is_of(name: str, subject: Collection[str]) -> bool:
    return bool(set(terms(name))) and set(terms(name)) <= set(subject)


def _place(sentence: Sentence) -> Place:
    return sentence.source.work, sentence.source.start + sentence.start, sentence.source.start + sentence.end


def _folded(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
