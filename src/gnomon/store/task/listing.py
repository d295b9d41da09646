"""Listing tasks: newest first, page by page.

A list is merged from lanes. A lane fixes visibility and one status or kind, so that an index holds it in the list's
order, and no lane reads more rows than the page may show, however many tasks there are. A list of one group, of one
session, or by metadata, is one lane: other filters look at the tasks of that group, or with that member, alone.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from gnomon.core.ports import Page, TaskQuery
from gnomon.core.task import Task, Visibility
from gnomon.store.cursor import read_cursor, write_cursor
from gnomon.store.row import COLUMNS, Row, Value, micros, task_of

Terms = tuple[str, tuple[Value, ...]]

_IS_TAGGED = (
    "SELECT 1 FROM task_metadata AS other WHERE other.tagged_in = ? AND other.name = ? AND other.value = ?"
)
_SAME_TASK = "other.tagged_at = task.created_at AND other.tagged_number = task.number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Rows that an index holds in the list's order."""

    terms: Terms
    source: str = "task"
    at: str = "created_at"
    number: str = "number"

    @property
    def newest_first(self) -> str:
        """Write the order as the index has it."""
        return f"ORDER BY {self.at} DESC, {self.number} DESC"

    def narrowed(self, *terms: Terms) -> "Lane":
        """Return the lane with further conditions."""
        return replace(self, terms=_join(self.terms, *terms))


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
    lanes = [lane.narrowed(_after(lane, query.cursor)) for lane in _lanes(query)]
    if not lanes:
        return []
    values = [value for lane in lanes for value in lane.terms[1]]
    return connection.execute(_merge(lanes, query), values).fetchall()


def _merge(lanes: Sequence[Lane], query: TaskQuery) -> str:
    """Write the query that takes a page from the lanes, and only then reads whole records."""
    wanted = query.offset + query.limit + 1
    union = " UNION ALL ".join(f"SELECT * FROM ({_head(lane)} LIMIT {wanted:d})" for lane in lanes)
    page = (
        f"SELECT * FROM ({union}) ORDER BY created_at DESC, number DESC "
        f"LIMIT {query.limit + 1:d} OFFSET {query.offset:d}"
    )
    result, join = (
        ("result", "LEFT JOIN task_result ON task_result.task = task.seq")
        if query.with_result
        else ("NULL", "")
    )
    return (
        f"SELECT {COLUMNS}, {result} FROM ({page}) AS page CROSS JOIN task ON task.seq = page.seq {join} "
        "ORDER BY page.created_at DESC, page.number DESC"
    )


def _head(lane: Lane) -> str:
    return (
        f"SELECT seq, {lane.at} AS created_at, {lane.number} AS number FROM {lane.source} "
        f"WHERE {lane.terms[0]} {lane.newest_first}"
    )


def _count(connection: sqlite3.Connection, query: TaskQuery) -> int:
    total = 0
    for lane in _lanes(query):
        where, values = lane.terms
        total += connection.execute(f"SELECT count(*) FROM {lane.source} WHERE {where}", values).fetchone()[0]
    return total


def _lanes(query: TaskQuery) -> Sequence[Lane]:
    return [lane.narrowed(_filter(query), _span(lane, query)) for lane in _whole_lanes(query)]


def _whole_lanes(query: TaskQuery) -> Sequence[Lane]:
    if query.group_id is not None:
        return [_lane_of_group(query, query.group_id)]
    if query.session_id is not None:
        return [_lane_of_session(query, query.session_id)]
    if query.metadata:
        return [_lane_of_metadata(query, *query.metadata[0])]
    visibilities = list(Visibility) if query.visibility is None else [query.visibility]
    column, words = "", [""]
    if query.statuses is not None:
        column, words = " AND status = ?", sorted(query.statuses)
    elif query.kinds is not None:
        column, words = " AND kind = ?", sorted(query.kinds)
    where = f"workspace = ? AND visibility = ?{column}"
    return [
        Lane(terms=(where, (query.workspace, visibility.value, *([str(word)] if column else []))))
        for visibility, word in product(visibilities, words)
    ]


def _lane_of_group(query: TaskQuery, group_id: str) -> Lane:
    return Lane(terms=("group_id = ? AND workspace = ?", (group_id, query.workspace)))


def _lane_of_session(query: TaskQuery, session_id: str) -> Lane:
    return Lane(terms=("workspace = ? AND session_id = ?", (query.workspace, session_id)))


def _lane_of_metadata(query: TaskQuery, name: str, value: str) -> Lane:
    return Lane(
        terms=("tagged_in = ? AND task_metadata.name = ? AND value = ?", (query.workspace, name, value)),
        source="task_metadata CROSS JOIN task ON task.seq = task_metadata.task",
        at="tagged_at",
        number="tagged_number",
    )


def _filter(query: TaskQuery) -> Terms:
    """Return the conditions that a lane does not fix."""
    has_own_lane = query.group_id is not None or query.session_id is not None
    is_one_lane = has_own_lane or bool(query.metadata)
    terms: list[str] = []
    values: list[Value] = []
    if is_one_lane:
        _only(terms, values, "visibility", None if query.visibility is None else {query.visibility})
        _only(terms, values, "status", query.statuses)
    if query.statuses is not None or is_one_lane:
        _only(terms, values, "kind", query.kinds)
    if query.group_id is not None:
        _only(terms, values, "session_id", None if query.session_id is None else {query.session_id})
    for name, value in query.metadata[0 if has_own_lane else 1 :]:
        terms.append(f"EXISTS ({_IS_TAGGED} AND {_SAME_TASK})")
        values += (query.workspace, name, value)
    if query.first_turn is not None:
        terms.append("session_turn >= ?")
        values.append(query.first_turn)
    if query.is_started is not None:
        terms.append(f"started_at IS {'NOT NULL' if query.is_started else 'NULL'}")
    return " AND ".join(terms), tuple(values)


def _only(terms: list[str], values: list[Value], column: str, words: Iterable[str] | None) -> None:
    if words is not None:
        chosen = sorted(map(str, words))
        # The plus sign keeps SQLite from leaving the lane's index for another one.
        terms.append(f"+{column} IN ({', '.join('?' * len(chosen))})")
        values += chosen


def _span(lane: Lane, query: TaskQuery) -> Terms:
    sides = ((f"{lane.at} > ?", query.created_after), (f"{lane.at} < ?", query.created_before))
    given = [(term, micros(at)) for term, at in sides if at is not None]
    return " AND ".join(term for term, _ in given), tuple(at for _, at in given)


def _after(lane: Lane, cursor: str | None) -> Terms:
    keys = read_cursor(cursor, 2)
    return (f"({lane.at}, {lane.number}) < (?, ?)", keys) if keys else ("", ())


def _join(*parts: Terms) -> Terms:
    where = " AND ".join(term for term, _ in parts if term)
    return where, tuple(value for _, values in parts for value in values)
