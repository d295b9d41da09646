"""Tables: rows become lines that can be read alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gnomon.reading.draft import on_one_line

_LONGEST_HEADER = 80


@dataclass(slots=True)
class Table:
    """A table while it is being read: rows of cells, and which of them name others."""

    rows: list[list[str]] = field(default_factory=list)
    are_headers: list[list[bool]] = field(default_factory=list)

    def row(self) -> None:
        """Begin a row."""
        self.rows.append([])
        self.are_headers.append([])

    def cell(self, words: str, *, is_header: bool = False) -> None:
        """Add a cell to the last row."""
        if not self.rows:
            self.row()
        self.rows[-1].append(on_one_line(words))
        self.are_headers[-1].append(is_header)

    def lines(self) -> Iterator[str]:
        """Yield each row as a line, with the names of its columns when the first row has them."""
        headers = self._headers()
        for cells, are_headers in zip(self.rows, self.are_headers, strict=True):
            if headers and cells is self.rows[0]:
                continue
            if not headers and len(cells) == 2 and are_headers == [True, False] and all(cells):
                yield row_line(cells[1:], cells[:1])
            else:
                yield row_line(cells, headers)

    def _headers(self) -> list[str]:
        """Return the first row when it names columns, and rows follow it."""
        is_named = len(self.rows) > 1 and len(self.rows[0]) > 1 and all(self.are_headers[0])
        return self.rows[0] if is_named else []


def row_line(cells: Sequence[str], headers: Sequence[str] = ()) -> str:
    """Write a row as a line: `header: value; header: value.`, or its cells with bars between where none are named."""
    values = [on_one_line(cell) for cell in cells]
    if not any(headers):
        return " | ".join(values) if any(values) else ""
    names = [on_one_line(header)[:_LONGEST_HEADER].rstrip(":") for header in headers] + [""] * len(values)
    named = [
        f"{name}: {value}" if name else value for name, value in zip(names, values, strict=False) if value
    ]
    line = "; ".join(named)
    return line if not line or line.endswith((".", "!", "?")) else line + "."
