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
    seqs = _page(connection, query)
    rows = _records(connection, seqs[: query.limit], with_result=query.with_result)
    records = [task_of(row, row[-1]) for row in rows]
    is_more = len(seqs) > query.limit and records
    return Page(
        records=records,
        next=write_cursor(micros(records[-1].created_at), records[-1].number) if is_more else None,
        total=_count(connection, query) if query.with_total else None,
    )


def _page(connection: sqlite3.Connection, query: TaskQuery) -> Sequence[int]:
    """Return the rows of a page, and one more when there is a next page."""
    wanted = query.offset + query.limit + 1
    after = _after(query.cursor)
    lanes = [_join(lane, _filter(query), after) for lane in _lanes(query)]
    one = f"SELECT * FROM (SELECT seq, created_at, number FROM task WHERE {{}} {_NEWEST_FIRST} LIMIT {wanted:d})"
    sql = " UNION ALL ".join(one.format(where) for where, _ in lanes)
    values = [value for _, lane in lanes for value in lane]
    limit = f"LIMIT {query.limit + 1:d} OFFSET {query.offset:d}"
    rows = connection.execute(f"SELECT seq FROM ({sql}) {_NEWEST_FIRST} {limit}", values)
    return [seq for (seq,) in rows]


def _records(connection: sqlite3.Connection, seqs: Sequence[int], *, with_result: bool) -> Sequence[Row]:
    marks = ", ".join("?" * len(seqs))
    result, join = (
        ("result", "LEFT JOIN task_result ON task_result.task = task.seq") if with_result else ("NULL", "")
    )
    return connection.execute(
        f"SELECT {COLUMNS}, {result} FROM task {join} WHERE seq IN ({marks}) {_NEWEST_FIRST}", tuple(seqs)
    ).fetchall()


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
