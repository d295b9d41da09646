"""Rows of tables as lines that can be read alone."""

from collections.abc import Sequence

from gnomon.reading.draft import on_one_line


def row_line(cells: Sequence[str], headers: Sequence[str] = ()) -> str:
    """Write a row as a line: `header: value; header: value.`, or its cells with bars between where none are named."""
    values = [on_one_line(cell) for cell in cells]
    if not any(headers):
        return " | ".join(values) if any(values) else ""
    names = [on_one_line(header) for header in headers] + [""] * len(values)
    named = [
        f"{name}: {value}" if name else value for name, value in zip(names, values, strict=False) if value
    ]
    line = "; ".join(named)
    return line if not line or line.endswith((".", "!", "?")) else line + "."
