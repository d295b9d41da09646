"""Sessions: what clients ask about them, and change; `store.task.turn` is where tasks join them."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gnomon.core.errors import NotFound
from gnomon.core.ports import Given, Page, SessionQuery, Turn
from gnomon.core.session import Session, SessionTotals
from gnomon.core.task import Json, Status, Usage
from gnomon.store.driver import Shelf
from gnomon.store.ledger import Ledger
from gnomon.store.row import COLUMNS, Row, dump, find_json, micros, moment, task_of
from gnomon.store.task.load import input_of

_COLUMNS = "id, number, workspace, title, context, first_turn, turns, created_at, updated_at"
_OWN = "workspace = ? AND id = ?"
_LIVE = f"{_OWN} AND deleted_at IS NULL"
_GET = f"SELECT {_COLUMNS} FROM session WHERE {_LIVE}"
_LIST = (
    f"SELECT {_COLUMNS} FROM session WHERE workspace = ? AND deleted_at IS NULL "
    "ORDER BY updated_at DESC, number DESC LIMIT ? OFFSET ?"
)
_COUNT = "SELECT count(*) FROM session WHERE workspace = ? AND deleted_at IS NULL"
_CHANGE = (
    "UPDATE session SET title = coalesce(?, title), context = coalesce(?, context), updated_at = ? "
    f"WHERE {_LIVE} RETURNING {_COLUMNS}"
)
_DELETE = f"UPDATE session SET deleted_at = coalesce(deleted_at, ?) WHERE {_OWN}"
_OF_SESSION = "workspace = ? AND session_id = ? AND session_turn >= ?"
_TURNS = (
    f"SELECT {COLUMNS}, result, input, wording FROM (SELECT seq, session_turn FROM task WHERE {_OF_SESSION} "
    "ORDER BY session_turn {order} LIMIT ? OFFSET ?) AS page "
    "CROSS JOIN task ON task.seq = page.seq "
    "LEFT JOIN task_input ON task_input.task = task.seq "
    "LEFT JOIN task_result ON task_result.task = task.seq ORDER BY page.session_turn {order}"
)
_ENDS = (
    f"SELECT {COLUMNS}, NULL, input, wording FROM session CROSS JOIN task "
    "ON task.workspace = session.workspace AND session_id = session.id AND session_turn IN (first_turn, turns) "
    "LEFT JOIN task_input ON task_input.task = task.seq "
    "WHERE session.workspace = ? AND session.deleted_at IS NULL AND session.id IN ({marks}) ORDER BY session_turn"
)
# The engine is that of the row with the greatest turn: SQLite takes bare columns from where the maximum was found.
_TOTALS = """
SELECT session.id, task.status, count(*), coalesce(sum(used_calls), 0), coalesce(sum(used_input), 0),
coalesce(sum(used_output), 0), sum(used_cost), count(used_calls) - count(used_cost),
max(CASE WHEN used_engine IS NOT NULL THEN session_turn END), used_engine
FROM session CROSS JOIN task
ON task.workspace = session.workspace AND session_id = session.id AND session_turn >= first_turn
WHERE session.workspace = ? AND session.deleted_at IS NULL AND session.id IN ({marks})
GROUP BY session.id, task.status
"""


def get_session(connection: sqlite3.Connection, workspace: str, session_id: str) -> Session:
    """Return a session; raises `NotFound` when there is none, or it was deleted."""
    row = connection.execute(_GET, (workspace, session_id)).fetchone()
    if row is None:
        raise _no_such(session_id)
    return _session_of(row)


def list_sessions(connection: sqlite3.Connection, query: SessionQuery) -> Page[Session]:
    """List sessions by their latest change, newest first, and count all of them."""
    rows = connection.execute(_LIST, (query.workspace, query.limit, query.offset))
    records = [_session_of(row) for row in rows]
    return Page(records=records, total=connection.execute(_COUNT, (query.workspace,)).fetchone()[0])


def total_sessions(
    connection: sqlite3.Connection, workspace: str, session_ids: Sequence[str]
) -> Sequence[SessionTotals]:
    """Return what the tasks of each session come to; nothing for one that is not there."""
    statement = _TOTALS.format(marks=", ".join("?" * len(session_ids)))
    found: dict[str, list[Row]] = {session_id: [] for session_id in session_ids}
    for row in connection.execute(statement, (workspace, *session_ids)):
        found[row[0]].append(row)
    return [_totals_of(found[session_id]) for session_id in session_ids]


def list_turns(
    connection: sqlite3.Connection,
    workspace: str,
    session_id: str,
    limit: int,
    offset: int,
    order: Literal["ASC", "DESC"],
) -> Sequence[Turn]:
    """List the tasks of a session by turn, with their results and what they were given; raises `NotFound`."""
    session = get_session(connection, workspace, session_id)
    statement = _TURNS.format(order=order)
    values = (workspace, session_id, session.first_turn, limit, offset)
    return [_turn_of(connection, row) for row in connection.execute(statement, values).fetchall()]


def list_ends(
    connection: sqlite3.Connection, workspace: str, session_ids: Sequence[str]
) -> Sequence[tuple[Turn, Turn] | None]:
    """Return the first and the newest turn of each session, without their results; None where there is none."""
    statement = _ENDS.format(marks=", ".join("?" * len(session_ids)))
    found: dict[str | None, list[Turn]] = {}
    for row in connection.execute(statement, (workspace, *session_ids)).fetchall():
        turn = _turn_of(connection, row)
        found.setdefault(turn.task.session_id, []).append(turn)
    ends = (found.get(session_id) for session_id in session_ids)
    return [None if turns is None else (turns[0], turns[-1]) for turns in ends]


def change_session(
    ledger: Ledger, workspace: str, session_id: str, now: datetime, title: str | None, context: Json
) -> Session:
    """Give a session another title or context; what is None stays; raises `NotFound`."""
    row = ledger.row(_CHANGE, title, _dump(context), micros(now), workspace, session_id)
    if row is None:
        raise _no_such(session_id)
    return _session_of(row)


def delete_session(ledger: Ledger, workspace: str, session_id: str, now: datetime) -> None:
    """Mark a session as deleted; raises `NotFound` when it never was."""
    if not ledger.execute(_DELETE, (micros(now), workspace, session_id)).rowcount:
        raise _no_such(session_id)


def _no_such(session_id: str) -> NotFound:
    return NotFound(f"There is no session {session_id}.")


def _dump(value: Json) -> str | None:
    return None if value is None else dump(value)


def _session_of(row: Row) -> Session:
    return Session(
        id=row[0],
        number=row[1],
        workspace=row[2],
        title=row[3],
        context=find_json(row[4]),
        first_turn=row[5],
        turns=row[6],
        created_at=moment(row[7]),
        updated_at=moment(row[8]),
    )


def _turn_of(connection: sqlite3.Connection, row: Row) -> Turn:
    result, written, wording = row[-3:]
    task = task_of(row, result)
    given = Given(input=input_of(connection, task, written), wording=find_json(wording))
    return Turn(task=task, given=given)


def _totals_of(rows: Iterable[Row]) -> SessionTotals:
    """Add up what was found of one session, a row for each status, so that the newest turn comes last."""
    counts: dict[Status, int] = {}
    usage = Usage()
    for _, status, count, calls, read, written, cost, unknown, turn, engine in sorted(rows, key=_newest_turn):
        counts[Status(status)] = count
        cost_usd = None if unknown else float(cost or 0)
        engine = None if turn is None else engine
        usage += Usage(
            calls=calls, input_tokens=read, output_tokens=written, cost_usd=cost_usd, engine=engine
        )
    return SessionTotals(counts=counts, usage=usage)


def _newest_turn(row: Row) -> int:
    return row[-2] or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShelf(Shelf):
    """The shelf of sessions: verbs go to the writer, questions to a reader."""

    async def get_session(self, workspace: str, session_id: str) -> Session:
        """Return a session; raises `NotFound`."""
        return await self.readers.run(get_session, workspace, session_id)

    async def list_sessions(self, query: SessionQuery) -> Page[Session]:
        """List sessions, the latest changed first."""
        return await self.readers.run(list_sessions, query)

    async def total_sessions(self, workspace: str, session_ids: Sequence[str]) -> Sequence[SessionTotals]:
        """Return what the tasks of each session come to, in this order."""
        return await self.readers.run(total_sessions, workspace, session_ids)

    async def list_turns(
        self, workspace: str, session_id: str, *, limit: int, offset: int = 0, newest_first: bool = False
    ) -> Sequence[Turn]:
        """List a session's tasks with their results; raises `NotFound`."""
        order: Literal["ASC", "DESC"] = "DESC" if newest_first else "ASC"
        return await self.readers.run(list_turns, workspace, session_id, limit, offset, order)

    async def list_ends(
        self, workspace: str, session_ids: Sequence[str]
    ) -> Sequence[tuple[Turn, Turn] | None]:
        """Return the first and the newest turn of each session, without their results."""
        return await self.readers.run(list_ends, workspace, session_ids)

    async def change_session(
        self,
        workspace: str,
        session_id: str,
        now: datetime,
        *,
        title: str | None = None,
        context: Json = None,
    ) -> Session:
        """Give a session another title or context; raises `NotFound`."""
        return await self.writer.run(change_session, workspace, session_id, now, title, context)

    async def delete_session(self, workspace: str, session_id: str, now: datetime) -> None:
        """Delete a session, not its tasks; raises `NotFound` when it never was."""
        await self.writer.run(delete_session, workspace, session_id, now)
