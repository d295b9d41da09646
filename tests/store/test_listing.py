"""Lists: filters, pages that stay put while tasks are added, and totals."""

from datetime import timedelta
from typing import Any

import pytest

from gnomon.core.errors import Invalid
from gnomon.core.ports import TaskQuery
from gnomon.core.task import Status, Visibility

WORKSPACE = "wsp_1"


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
