"""Sessions: turns in their order, what a turn goes on from, totals, and names that are used again."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.errors import NotFound
from gnomon.core.ports import Holding, Reservation, SessionQuery
from gnomon.core.session import SessionTotals
from gnomon.core.task import NewTask, Status, Usage
from gnomon.store import session as sessions
from gnomon.store.ledger import Ledger
from gnomon.store.task.load import load
from gnomon.store.task.turn import join

WORKSPACE = "wsp_1"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def holding(task: Any) -> Holding:
    return Holding(task_id=task.id, fence=task.fence)


async def told(shop: Any, task: Any) -> Any:
    """Claim a task and return what it goes on from."""
    [mine] = [one for one in await shop.claim(task.kind) if one.id == task.id]
    return mine, (await shop.store.load(holding(mine))).predecessor


async def get(shop: Any, name: str = "s", workspace: str = WORKSPACE) -> Any:
    return await shop.store.sessions.get_session(workspace, name)


async def turns(shop: Any, name: str = "s", **page: Any) -> list[int]:
    found = await shop.store.sessions.list_turns(WORKSPACE, name, **({"limit": 100} | page))
    return [turn.task.session_turn for turn in found]


async def test_the_first_task_makes_the_session(shop: Any) -> None:
    task = await shop.submit(session_id="s", session_context={"user": "Ada"})
    assert (task.session_id, task.session_turn, task.predecessor_id) == ("s", 1, None)
    assert task.status is Status.QUEUED
    session = await get(shop)
    assert (session.id, session.number, session.title, session.context) == ("s", 1, None, {"user": "Ada"})
    assert (session.first_turn, session.turns) == (1, 1)
    assert session.created_at == session.updated_at == shop.now


async def test_turns_come_one_after_the_other(shop: Any) -> None:
    first, second = await asyncio.gather(shop.submit(session_id="s"), shop.submit(session_id="s"))
    third = await shop.submit(session_id="s", session_context={"late": True})
    assert [task.session_turn for task in (first, second, third)] == [1, 2, 3]
    assert [task.predecessor_id for task in (first, second, third)] == [None, first.id, second.id]
    assert [task.status for task in (second, third)] == [Status.PENDING, Status.PENDING]
    shop.later(seconds=1)
    [running] = await shop.claim()
    await shop.fail(running)
    assert [task.id for task in await shop.claim()] == [second.id]
    await shop.cancel(third)
    assert (await shop.submit(session_id="s")).status is Status.PENDING
    assert (await get(shop)).turns == 4
    assert (await get(shop)).context is None


async def test_a_turn_whose_turn_before_has_ended_begins_at_once(shop: Any) -> None:
    await shop.done(await shop.start(session_id="s"), 1)
    assert (await shop.submit(session_id="s")).status is Status.QUEUED


async def test_each_workspace_has_its_own_names(shop: Any) -> None:
    ours = await shop.submit(session_id="s")
    theirs = await shop.submit(session_id="s", workspace="wsp_2")
    assert (theirs.session_turn, theirs.predecessor_id) == (1, None)
    assert ours.session_turn == 1
    assert (await get(shop, workspace="wsp_2")).number == 1
    with pytest.raises(NotFound, match="no session s"):
        await get(shop, workspace="wsp_3")


async def test_a_turn_goes_on_from_the_last_that_completed(shop: Any) -> None:
    first = await shop.done(await shop.start(session_id="s", input={"q": 1}), {"a": 1})
    await shop.fail(await shop.start(session_id="s"))
    await shop.done(await shop.start(session_id="s", kind="other"), {"a": 3})
    await shop.cancel(await shop.submit(session_id="s"))
    task, found = await told(shop, await shop.submit(session_id="s"))
    assert (found.input, found.result, found.status) == ({"q": 1}, {"a": 1}, "completed")
    assert task.predecessor_id != first.id
    await shop.done(task, {"a": 5})
    _, found = await told(shop, await shop.submit(session_id="s"))
    assert found.result == {"a": 5}


async def test_a_first_turn_of_its_kind_goes_on_from_nothing(shop: Any) -> None:
    await shop.done(await shop.start(session_id="s", kind="other"), 1)
    await shop.fail(await shop.start(session_id="s"))
    assert (await told(shop, await shop.submit(session_id="s")))[1] is None


async def test_a_predecessor_that_is_named_is_taken_as_it_is(shop: Any) -> None:
    outside = await shop.fail(await shop.start())
    first = await shop.done(await shop.start(session_id="s"), {"a": 1})
    await shop.done(await shop.start(session_id="s"), {"a": 2})
    task, found = await told(shop, await shop.submit(session_id="s", predecessor_id=outside.id))
    assert (task.session_turn, found.status) == (3, "failed")
    await shop.done(task)
    task, found = await told(shop, await shop.submit(session_id="s", predecessor_id=first.id))
    assert (task.predecessor_id, found.result) == (first.id, {"a": 1})


async def test_what_cannot_be_stored_takes_no_turn(shop: Any) -> None:
    with pytest.raises(NotFound, match="to come after"):
        await shop.submit(session_id="s", predecessor_id="tsk_none")
    with pytest.raises(NotFound):
        await get(shop)
    kept = Reservation(key="k", fingerprint="f")
    for _ in range(2):
        await shop.offer(session_id="s", reservation=kept)
    assert (await get(shop)).turns == 1


async def test_thousands_of_turns_that_never_began_hold_nobody_up(shop: Any) -> None:
    held = await shop.start(session_id="s")
    waiting = [await shop.submit(session_id="s") for _ in range(1_050)]
    await asyncio.gather(*(shop.cancel(task) for task in waiting))
    last = await shop.submit(session_id="s")
    assert last.status is Status.PENDING
    await shop.done(held, "told")
    assert (await shop.get(last)).status is Status.QUEUED
    assert (await told(shop, last))[1].result == "told"


async def test_members_of_a_group_are_turns_in_their_order(shop: Any) -> None:
    group = await shop.create_group()
    await shop.add(group, shop.new(session_id="s"), shop.new(), shop.new(session_id="s"))
    assert await turns(shop) == [1, 2]
    assert len(await shop.claim()) == 2


async def test_a_rerun_is_no_turn(shop: Any) -> None:
    first = await shop.done(await shop.start(session_id="s"), 1)
    again = await shop.rerun(first)
    assert (again.session_id, again.session_turn) == (None, None)
    assert (await get(shop)).turns == 1


async def test_a_deleted_session_leaves_its_tasks_and_its_name(shop: Any) -> None:
    old = await shop.done(await shop.start(session_id="s", session_context=1), {"a": 1})
    await shop.store.sessions.change_session(WORKSPACE, "s", shop.now, title="Old")
    waiting = await shop.submit(session_id="s")
    for _ in range(2):
        await shop.store.sessions.delete_session(WORKSPACE, "s", shop.now)
    for ask in (
        get(shop),
        turns(shop),
        shop.store.sessions.change_session(WORKSPACE, "s", shop.now, title="x"),
    ):
        with pytest.raises(NotFound):
            await ask
    assert (await shop.get(old)).session_id == "s"
    shop.later(seconds=5)
    new = await shop.submit(session_id="s", session_context=2)
    assert (new.session_turn, new.predecessor_id, new.status) == (3, None, Status.QUEUED)
    session = await get(shop)
    assert (session.number, session.title, session.context, session.first_turn) == (2, None, 2, 3)
    assert session.created_at == shop.now
    assert await turns(shop) == [3]
    _, found = await told(shop, new)
    assert found is None
    [mine] = await shop.store.sessions.total_sessions(WORKSPACE, ["s"])
    assert mine.size == 1
    assert (await shop.get(waiting)).session_turn == 2


async def test_a_task_of_a_former_life_goes_on_from_that_life(shop: Any) -> None:
    await shop.done(await shop.start(session_id="s"), {"a": "former"})
    held = await shop.start(session_id="s", kind="slow")
    late = await shop.submit(session_id="s")
    await shop.store.sessions.delete_session(WORKSPACE, "s", shop.now)
    await shop.done(await shop.start(session_id="s"), {"a": "new"})
    await shop.done(held)
    assert (await told(shop, late))[1].result == {"a": "former"}


async def test_deleting_what_never_was_is_refused(shop: Any) -> None:
    with pytest.raises(NotFound, match="no session s"):
        await shop.store.sessions.delete_session(WORKSPACE, "s", shop.now)


async def test_sessions_are_listed_by_their_latest_change(shop: Any) -> None:
    for name in "abc":
        await shop.submit(session_id=name)
        shop.later(seconds=1)
    await shop.submit(session_id="d")
    await shop.submit(session_id="e", workspace="wsp_2")
    await shop.submit(session_id="a")
    await shop.store.sessions.delete_session(WORKSPACE, "b", shop.now)
    shop.later(seconds=1)
    changed = await shop.store.sessions.change_session(WORKSPACE, "c", shop.now, title="New", context=[1])
    assert (changed.title, changed.context, changed.updated_at) == ("New", [1], shop.now)
    kept = await shop.store.sessions.change_session(WORKSPACE, "c", shop.now)
    assert (kept.title, kept.context) == ("New", [1])

    async def listed(**page: Any) -> Any:
        found = await shop.store.sessions.list_sessions(SessionQuery(workspace=WORKSPACE, **page))
        return [session.id for session in found.records], found.total

    assert await listed() == (["c", "d", "a"], 3)
    assert await listed(limit=1, offset=1) == (["d"], 3)
    assert await listed(offset=9) == ([], 3)


async def test_turns_are_listed_with_what_came_of_them(shop: Any) -> None:
    await shop.done(await shop.start(session_id="s", input={"q": 1}, wording={"w": 1}), {"a": 1})
    resource = shop.document({"a": 1})
    await shop.offer(session_id="s", input=None, resource=resource)
    await shop.submit(session_id="other")
    first, second = await shop.store.sessions.list_turns(WORKSPACE, "s", limit=10)
    assert (first.given.input, first.given.wording, first.task.result) == ({"q": 1}, {"w": 1}, {"a": 1})
    assert (second.given.input, second.task.result) == ({"a": 1}, None)
    assert await turns(shop, newest_first=True) == [2, 1]
    assert await turns(shop, limit=1, offset=1) == [2]


def used(cost: float | None, engine: str = "local:m") -> dict[str, Any]:
    told = {"kind": "usage", "engine": engine, "input_tokens": 7, "output_tokens": 2}
    return told if cost is None else {**told, "cost_usd": cost}


async def test_the_ends_of_sessions_are_those_of_their_present_lives(shop: Any) -> None:
    await shop.submit(session_id="gone")
    await shop.store.sessions.delete_session(WORKSPACE, "gone", shop.now)
    await shop.submit(session_id="again")
    await shop.store.sessions.delete_session(WORKSPACE, "again", shop.now)
    alone = await shop.submit(session_id="again")
    first = await shop.done(await shop.start(session_id="long", input={"q": 1}), {"a": 1})
    [*_, last] = [await shop.submit(session_id="long") for _ in range(3)]
    await shop.submit(session_id="long", workspace="wsp_2")
    names = ["long", "gone", "never", "again"]
    long, gone, never, again = await shop.store.sessions.list_ends(WORKSPACE, names)
    assert [turn.task.id for turn in long] == [first.id, last.id]
    assert (long[0].given.input, long[0].task.result) == ({"q": 1}, None)
    assert [turn.task.id for turn in again] == [alone.id, alone.id]
    assert (gone, never) == (None, None)
    assert await shop.store.sessions.list_ends(WORKSPACE, []) == []


async def test_totals_of_many_sessions(shop: Any) -> None:
    assert list(await shop.store.sessions.total_sessions(WORKSPACE, [])) == []
    await shop.done(await shop.start(session_id="a"))
    await shop.fail(await shop.start(session_id="a"))
    await shop.submit(session_id="a")
    await shop.submit(session_id="b")
    await shop.submit(session_id="b", workspace="wsp_2")
    found = await shop.store.sessions.total_sessions(WORKSPACE, ["b", "none", "a"])
    assert list(found) == [
        SessionTotals(counts={Status.QUEUED: 1}, usage=Usage()),
        SessionTotals(counts={}, usage=Usage()),
        SessionTotals(counts={Status.COMPLETED: 1, Status.FAILED: 1, Status.QUEUED: 1}, usage=Usage()),
    ]
    assert [totals.size for totals in found] == [1, 0, 3]


async def use(shop: Any, name: str, *calls: dict[str, Any], fails: bool = False) -> None:
    """Let a turn tell of its calls of models."""
    task = await shop.start(session_id=name)
    if calls:
        task = await shop.report(task, None, *calls)
    await (shop.fail(task) if fails else shop.done(task))


async def test_totals_add_up_what_was_used(shop: Any) -> None:
    await use(shop, "a", used(0.25))
    await use(shop, "a", used(0.5, "local:last"), fails=True)
    await use(shop, "a")
    await use(shop, "b", used(0.25))
    await use(shop, "b", used(None))
    a, b = await shop.store.sessions.total_sessions(WORKSPACE, ["a", "b"])
    assert a.usage == Usage(calls=2, input_tokens=14, output_tokens=4, cost_usd=0.75, engine="local:last")
    assert (b.usage.calls, b.usage.cost_usd) == (2, None)


QUESTIONS: dict[str, Callable[..., Any]] = {
    "get": lambda ledger, _: sessions.get_session(ledger.connection, WORKSPACE, "s"),
    "list": lambda ledger, _: sessions.list_sessions(ledger.connection, SessionQuery(workspace=WORKSPACE)),
    "totals": lambda ledger, _: sessions.total_sessions(ledger.connection, WORKSPACE, ["s", "t"]),
    "turns": lambda ledger, _: sessions.list_turns(ledger.connection, WORKSPACE, "s", 10, 0, "ASC"),
    "newest turns": lambda ledger, _: sessions.list_turns(ledger.connection, WORKSPACE, "s", 10, 0, "DESC"),
    "load": lambda ledger, task: load(ledger.connection, holding(task)),
    "join": lambda ledger, _: join(
        ledger, NewTask(id="x", workspace=WORKSPACE, kind="k", session_id="s"), START
    ),
    "begin": lambda ledger, _: join(
        ledger, NewTask(id="x", workspace=WORKSPACE, kind="k", session_id="n"), START
    ),
    "change": lambda ledger, _: sessions.change_session(ledger, WORKSPACE, "s", START, "title", None),
    "delete": lambda ledger, _: sessions.delete_session(ledger, WORKSPACE, "s", START),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_session_is_read_by_its_indexes(shop: Any, question: str, tmp_path: Path) -> None:
    await shop.done(await shop.start(session_id="s"))
    task = await shop.start(session_id="s")
    statements: list[str] = []

    def ask(ledger: Ledger) -> None:
        ledger.connection.set_trace_callback(statements.append)
        QUESTIONS[question](ledger, task)
        ledger.connection.set_trace_callback(None)

    await shop.store.writer.run(ask)
    assert_indexed(statements, tmp_path)


def assert_indexed(statements: list[str], folder: Path) -> None:
    with closing(sqlite3.connect(folder / "gnomon.db")) as connection:
        for text in filter(lambda text: "session" in text, statements):
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")]
            is_insert = text.strip().startswith("INSERT")
            assert is_insert or any(step.startswith("SEARCH ") for step in plan), (text, plan)
            assert not [step for step in plan if step.startswith(("SCAN task", "SCAN session"))], (text, plan)
