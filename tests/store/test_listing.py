"""Lists: filters, pages that stay put while tasks are added, and totals."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.errors import Invalid
from gnomon.core.ports import TaskQuery
from gnomon.core.task import Status, Visibility
from gnomon.store.schema import prepare
from gnomon.store.task.listing import list_tasks

WORKSPACE = "wsp_1"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def listed(shop: Any, **fields: Any) -> list[int]:
    page = await shop.store.list_tasks(TaskQuery(workspace=WORKSPACE, **fields))
    return [task.number for task in page.records]


async def test_the_newest_come_first(shop: Any) -> None:
    for _ in range(3):
        await shop.submit()
    shop.later(seconds=1)
    await shop.submit()
    assert await listed(shop) == [4, 3, 2, 1]
    page = await shop.store.list_tasks(TaskQuery(workspace="wsp_2", with_total=True))
    assert (list(page.records), page.next, page.total) == ([], None, 0)


async def test_pages_stay_put_while_tasks_are_added(shop: Any) -> None:
    for _ in range(7):
        await shop.submit()
    seen, cursor = [], None
    while True:
        query = TaskQuery(workspace=WORKSPACE, limit=3, cursor=cursor)
        page = await shop.store.list_tasks(query)
        seen += [task.number for task in page.records]
        await shop.submit()
        shop.later(seconds=1)
        if (cursor := page.next) is None:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_filters(shop: Any) -> None:
    start = shop.now
    done = await shop.done(await shop.start(), {"sum": 3})
    await shop.start(kind="other")
    shop.later(seconds=10)
    await shop.submit()
    await shop.submit(kind="other", visibility=Visibility.INTERNAL)
    assert await listed(shop) == [3, 2, 1]
    assert await listed(shop, visibility=None) == [4, 3, 2, 1]
    assert await listed(shop, visibility=Visibility.INTERNAL) == [4]
    assert await listed(shop, kinds=frozenset({"other"})) == [2]
    assert await listed(shop, kinds=frozenset({"other", "test"}), visibility=None) == [4, 3, 2, 1]
    assert await listed(shop, statuses=frozenset({Status.RUNNING, Status.COMPLETED})) == [2, 1]
    assert await listed(shop, statuses=frozenset(Status), kinds=frozenset({"test"})) == [3, 1]
    assert await listed(shop, is_started=True) == [2, 1]
    assert await listed(shop, is_started=False, visibility=None, kinds=frozenset({"test", "other"})) == [4, 3]
    assert await listed(shop, statuses=frozenset()) == []
    assert await listed(shop, kinds=frozenset()) == []
    assert await listed(shop, created_after=start) == [3]
    assert await listed(shop, created_before=start + timedelta(seconds=1)) == [2, 1]
    assert await listed(shop, created_after=start, created_before=start) == []
    [without] = (await shop.store.list_tasks(TaskQuery(workspace=WORKSPACE, limit=1, offset=2))).records
    assert (without.id, without.result) == (done.id, None)
    query = TaskQuery(workspace=WORKSPACE, statuses=frozenset({Status.COMPLETED}), with_result=True)
    assert list((await shop.store.list_tasks(query)).records) == [done]


async def test_offsets_and_totals(shop: Any) -> None:
    for n in range(9):
        await shop.submit(kind="even" if n % 2 else "odd")
    assert await listed(shop, offset=2, limit=3) == [7, 6, 5]
    assert await listed(shop, offset=20) == []
    query = TaskQuery(
        workspace=WORKSPACE, kinds=frozenset({"odd", "even"}), offset=1, limit=2, with_total=True
    )
    page = await shop.store.list_tasks(query)
    assert ([task.number for task in page.records], page.total) == ([8, 7], 9)
    odd = TaskQuery(
        workspace=WORKSPACE, statuses=frozenset(Status), kinds=frozenset({"odd"}), with_total=True
    )
    assert (await shop.store.list_tasks(odd)).total == 5


@pytest.mark.parametrize("cursor", ["", "x", "1", "1-2-3", "1--2", "\u0661-1", "9" * 40 + "-1"])
async def test_a_strange_cursor_is_refused(shop: Any, cursor: str) -> None:
    with pytest.raises(Invalid, match="`next` of the page before"):
        await listed(shop, cursor=cursor)


async def test_metadata_finds_tasks(shop: Any) -> None:
    await shop.submit(metadata={"team": "blue", "try": 1, "is_draft": True})
    await shop.start(metadata={"team": "blue", "try": 2, "share": 0.5})
    await shop.submit(metadata={"team": "red", "try": 1}, kind="other")
    await shop.submit(metadata={"nested": {"team": "blue"}, "none": None, "list": ["blue"]})
    await shop.submit()
    await shop.submit(metadata={"team": "blue"}, workspace="wsp_2")
    assert await listed(shop, metadata=(("team", "blue"),)) == [2, 1]
    assert await listed(shop, metadata=(("try", "1"),)) == [3, 1]
    assert await listed(shop, metadata=(("is_draft", "true"),)) == [1]
    assert await listed(shop, metadata=(("share", "0.5"),)) == [2]
    assert await listed(shop, metadata=(("team", "blue"), ("try", "2"))) == [2]
    assert await listed(shop, metadata=(("team", "blue"), ("try", "3"))) == []
    assert await listed(shop, metadata=(("team", "Blue"),)) == []
    assert await listed(shop, metadata=(("try", "1"),), kinds=frozenset({"other"})) == [3]
    assert await listed(shop, metadata=(("try", "1"),), statuses=frozenset({Status.QUEUED})) == [3]
    assert await listed(shop, metadata=(("try", "1"),), is_started=True) == [1]
    assert await listed(shop, metadata=(("team", "blue"),), statuses=frozenset()) == []
    assert await listed(shop, metadata=(("nested", "{}"),)) == []


async def test_pages_and_totals_by_metadata(shop: Any) -> None:
    for n in range(7):
        await shop.submit(metadata={"odd": n % 2})
        shop.later(seconds=n % 3)
    query = TaskQuery(workspace=WORKSPACE, metadata=(("odd", "0"),), limit=2, with_total=True)
    first = await shop.store.list_tasks(query)
    second = await shop.store.list_tasks(replace(query, cursor=first.next))
    assert [task.number for task in (*first.records, *second.records)] == [7, 5, 3, 1]
    assert (first.total, second.next) == (4, None)
    assert await listed(shop, metadata=(("odd", "0"),), created_before=shop.now) == [5, 3, 1]


async def test_a_group_is_listed_alone(shop: Any) -> None:
    group, other = await shop.create_group(), await shop.create_group()
    for made, n in ((group, 3), (other, 2), (group, 1)):
        await shop.add(made, *(shop.new(metadata={"n": n}) for n in range(n)))
    await shop.submit()
    assert await listed(shop, group_id=group.id) == [6, 3, 2, 1]
    assert await listed(shop, group_id=group.id, limit=2, offset=1) == [3, 2]
    assert await listed(shop, group_id=group.id, metadata=(("n", "0"),)) == [6, 1]
    assert await listed(shop, group_id=other.id, statuses=frozenset({Status.COMPLETED})) == []
    assert await listed(shop, group_id="grp_nothing") == []
    page = await shop.store.list_tasks(TaskQuery(workspace="wsp_2", group_id=group.id))
    assert list(page.records) == []


async def test_a_session_is_listed_alone(shop: Any) -> None:
    group = await shop.create_group()
    for n, session in enumerate(("a", "b", "a", None, "a")):
        await shop.submit(session_id=session, metadata={"odd": n % 2}, kind="other" if n == 4 else "test")
    await shop.add(group, shop.new(session_id="a"), shop.new(session_id="b"), shop.new())
    await shop.submit(workspace="wsp_2", session_id="a")
    assert await listed(shop, session_id="a") == [6, 5, 3, 1]
    assert await listed(shop, session_id="a", limit=2, offset=1) == [5, 3]
    assert await listed(shop, session_id="a", metadata=(("odd", "0"),)) == [5, 3, 1]
    assert await listed(shop, session_id="a", kinds=frozenset({"other"})) == [5]
    assert await listed(shop, session_id="a", statuses=frozenset({Status.QUEUED})) == [1]
    assert await listed(shop, session_id="a", group_id=group.id) == [6]
    assert await listed(shop, session_id="c") == []


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"metadata": (("team", "blue"), ("try", "1"))}, "task_metadata USING PRIMARY KEY"),
        ({"group_id": "grp_1"}, "USING INDEX task_of_group_listed"),
        ({"group_id": "grp_1", "session_id": "s"}, "USING INDEX task_of_group_listed"),
        ({"session_id": "s"}, "USING INDEX task_of_session_listed"),
        (
            {"session_id": "s", "statuses": frozenset({Status.QUEUED}), "metadata": (("team", "blue"),)},
            "USING INDEX task_of_session_listed",
        ),
        ({"group_id": "grp_1", "metadata": (("team", "blue"),)}, "USING INDEX task_of_group_listed"),
        ({"statuses": frozenset({Status.QUEUED})}, "USING COVERING INDEX task_by_status"),
        ({}, "USING COVERING INDEX task_listed"),
    ],
)
def test_a_list_is_read_in_the_order_of_an_index(tmp_path: Path, filters: Any, index: str) -> None:
    database = tmp_path / "gnomon.db"
    prepare(database)
    query = TaskQuery(workspace=WORKSPACE, cursor="5-5", created_after=START, **filters)
    told: list[str] = []
    with closing(sqlite3.connect(database)) as connection:
        connection.set_trace_callback(told.append)
        list_tasks(connection, query)
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {told[0]}")]
    assert any(index in step for step in plan), plan
    assert not any("SCAN task" in step for step in plan), plan
    # What is sorted is the page alone: the lanes come in order.
    assert sum("TEMP B-TREE" in step for step in plan) <= 2, plan
