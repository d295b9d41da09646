"""Listing tasks: newest first, page by page.

A list is merged from lanes. A lane fixes visibility and one status or kind, so that an index holds it in the list's
order, and no lane reads more rows than the page may show, however many tasks there are.
"""

import sqlite3
from collections.abc import Sequence
from itertools import product

from gnomon.core.ports import Page, TaskQuery
from gnomon.core.task import Task, Visibility
from gnomon.store.cursor import read_cursor, write_cursor
from gnomon.store.row import COLUMNS, Row, Value, find_micros, micros, task_of

Terms = tuple[str, tuple[Value, ...]]

_NEWEST_FIRST = "ORDER BY created_at DESC, number DESC"


def list_tasks(connection: sqlite3.Connection, query: TaskQuery) -> Page[Task]:
    """List tasks; the cursor is the creation time and the number of the last one seen.

    Raises
    ------
    Invalid
        When the cursor is none of this list.
    """
    rows = _page(connection, query)
    records = [task_of(row, row[-1]) for row in rows[: query.limit]]
    is_more = len(rows) > query.limit and records
    return Page(
        records=records,
        next=write_cursor(micros(records[-1].created_at), records[-1].number) if is_more else None,
        total=_count(connection, query) if query.with_total else None,
    )


def _page(connection: sqlite3.Connection, query: TaskQuery) -> Sequence[Row]:
    """Return the rows of a page, and one more when there is a next page."""
    after = _after(query.cursor)
    lanes = [_join(lane, _filter(query), after) for lane in _lanes(query)]
    if not lanes:
        return []
    values = [value for _, lane in lanes for value in lane]
    return connection.execute(_merge([where for where, _ in lanes], query), values).fetchall()


def _merge(lanes: Sequence[str], query: TaskQuery) -> str:
    """Write the query that takes a page from the lanes, and only then reads whole records."""
    wanted = query.offset + query.limit + 1
    one = "SELECT * FROM (SELECT seq, created_at, number FROM task WHERE {} {} LIMIT {:d})"
    union = " UNION ALL ".join(one.format(lane, _NEWEST_FIRST, wanted) for lane in lanes)
    page = f"SELECT * FROM ({union}) {_NEWEST_FIRST} LIMIT {query.limit + 1:d} OFFSET {query.offset:d}"
    result, join = (
        ("result", "LEFT JOIN task_result ON task_result.task = task.seq")
        if query.with_result
        else ("NULL", "")
    )
    return (
        f"SELECT {COLUMNS}, {result} FROM ({page}) AS page CROSS JOIN task ON task.seq = page.seq {join} "
        "ORDER BY page.created_at DESC, page.number DESC"
    )


def _count(connection: sqlite3.Connection, query: TaskQuery) -> int:
    total = 0
    for lane in _lanes(query):
        where, values = _join(lane, _filter(query))
        total += connection.execute(f"SELECT count(*) FROM task WHERE {where}", values).fetchone()[0]
    return total


def _lanes(query: TaskQuery) -> Sequence[Terms]:
    visibilities = list(Visibility) if query.visibility is None else [query.visibility]
    column, words = "", [""]
    if query.statuses is not None:
        column, words = " AND status = ?", sorted(query.statuses)
    elif query.kinds is not None:
        column, words = " AND kind = ?", sorted(query.kinds)
    where = f"workspace = ? AND visibility = ?{column}"
    return [
        (where, (query.workspace, visibility.value, *([str(word)] if column else [])))
        for visibility, word in product(visibilities, words)
    ]


def _filter(query: TaskQuery) -> Terms:
    """Return the conditions that a lane does not fix."""
    terms: list[str] = []
    values: list[Value] = []
    if query.statuses is not None and query.kinds is not None:
        terms.append(f"kind IN ({', '.join('?' * len(query.kinds))})")
        values += sorted(query.kinds)
    if query.is_started is not None:
        terms.append(f"started_at IS {'NOT NULL' if query.is_started else 'NULL'}")
    for term, at in (("created_at > ?", query.created_after), ("created_at < ?", query.created_before)):
        if at is not None:
            terms.append(term)
            values.append(find_micros(at))
    return " AND ".join(terms), tuple(values)


def _after(cursor: str | None) -> Terms:
    keys = read_cursor(cursor, 2)
    return ("(created_at, number) < (?, ?)", keys) if keys else ("", ())


def _join(*parts: Terms) -> Terms:
    where = " AND ".join(term for term, _ in parts if term)
    return where, tuple(value for _, values in parts for value in values)
