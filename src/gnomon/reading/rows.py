"""Comma-separated values and their kin: each row a line that can be read alone."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice

from gnomon.reading.decoding import decode
from gnomon.reading.document import Document
from gnomon.reading.draft import Draft, clean
from gnomon.reading.table import row_line

_DELIMITERS = ",;\t|"
_TRIED = 50
"""Rows by which the delimiter is told."""


def read_rows(content: bytes, name: str) -> Document:
    """Read rows of values; a first row of names gives each value its name: `header: value; header: value.`."""
    text, notes = decode(content)
    text = clean(text)
    draft = Draft(media_type="text/csv", title=name, notes=list(notes))
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    first = next(rows, [])
    headers = first if _are_names(first) else []
    if not headers:
        draft.line(row_line(first))
    for number, row in enumerate(rows):
        if draft.is_full:
            draft.cut_off()
            break
        (draft.line if number or draft.length else draft.paragraph)(row_line(row, headers))
    if headers and not draft.length:
        draft.line(row_line(headers))
    return draft.finish(name)


def _delimiter(text: str) -> str:
    """Tell the delimiter: the one that parts most rows into the same number of values, and into more than one."""
    return max(_DELIMITERS, key=lambda each: _evenness(text, each))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    widths = [len(row) for row in islice(_rows(text[:100_000], delimiter), _TRIED)]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows that hold something; from a quote on that finds no end, rows are lines."""
    lines = text.split("\n")
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, skipinitialspace=True)
    taken = 0
    try:
        for row in reader:
            taken = reader.line_num
            if any(value.strip() for value in row):
                yield row
    except csv.Error:
        plain = (line.split(delimiter) for line in lines[taken:])
        yield from (row for row in plain if any(value.strip() for value in row))


def _are_names(row: Sequence[str]) -> bool:
    """Tell whether a first row names the columns: all different, and none a number."""
    names = [value.strip() for value in row if value.strip()]
    return (
        len(row) > 1
        and len(names) * 2 > len(row)
        and len({*names}) == len(names)
        and not any(map(_is_number, names))
    )


def _is_number(value: str) -> bool:
    return any(each.isdigit() for each in value) and not any(each.isalpha() for each in value)
