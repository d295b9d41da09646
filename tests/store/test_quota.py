"""How many tasks a workspace has that have not ended: counted, bounded, and counted by kind and status."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.errors import QuotaExceeded
from gnomon.core.ports import Crowd, Reservation
from gnomon.core.task import Visibility
from gnomon.store.counter import count_active
from gnomon.store.migrations.upgrade import upgrade

WORKSPACE = "wsp_1"


async def counted(shop: Any, workspace: str = WORKSPACE) -> int:
    return int(await shop.store.writer.run(count_active, workspace))


async def test_only_so_many_tasks_may_be_active(shop: Any) -> None:
    first = await shop.submit(most_active=2)
    await shop.submit(most_active=2)
    with pytest.raises(QuotaExceeded, match="has 2 tasks") as refused:
        await shop.submit(most_active=2)
    assert refused.value.quota == "active_tasks"
    await shop.submit(workspace="wsp_2", most_active=2)
    await shop.submit()
    assert await counted(shop) == 3
    await shop.cancel(first)
    with pytest.raises(QuotaExceeded):
        await shop.submit(most_active=2)
    await shop.submit(most_active=3)


async def test_submits_at_once_do_not_pass_the_bound(shop: Any) -> None:
    answers = await asyncio.gather(*(shop.submit(most_active=7) for _ in range(40)), return_exceptions=True)
    assert sum(not isinstance(answer, Exception) for answer in answers) == 7
    assert await counted(shop) == 7


async def test_children_do_not_count(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new())
    assert await counted(shop) == 1
    await shop.cancel(parent)
    assert await counted(shop) == 0


async def test_a_replay_needs_no_room(shop: Any) -> None:
    key = Reservation(key="k", fingerprint="f")
    made = await shop.submit(reservation=key, most_active=1)
    assert (await shop.submit(reservation=key, most_active=1)).id == made.id


async def test_tasks_are_counted_by_kind_and_status(shop: Any) -> None:
    assert await shop.store.count_tasks(WORKSPACE) == []
    start = shop.now
    await shop.start(kind="b")
    await shop.submit()
    shop.later(seconds=5)
    await shop.submit()
    await shop.done(await shop.start(kind="c"))
    await shop.submit(visibility=Visibility.INTERNAL)
    await shop.submit(workspace="wsp_2")
    paused = await shop.submit()
    await shop.pause(paused)
    assert await shop.store.count_tasks(WORKSPACE) == [
        Crowd(kind="b", status="running", count=1),
        Crowd(kind="test", status="paused", count=1),
        Crowd(kind="test", status="queued", count=2, oldest=start),
    ]


async def test_a_task_that_is_queued_again_is_as_old_as_that(shop: Any) -> None:
    async def since() -> Any:
        [crowd] = await shop.store.count_tasks(WORKSPACE)
        return crowd.oldest

    task = await shop.start(max_attempts=3)
    answered = shop.later(hours=1)
    await shop.ask(task)
    assert await since() is None
    await shop.answer(task, "red")
    assert await since() == answered
    [task] = await shop.claim()
    await shop.fail(task, retryable=True)
    pending = await shop.get(task)
    retried = shop.later(hours=1)
    await shop.store.sweep(retried)
    assert (pending.status, await since()) == ("pending", retried)


def fill(ledger: Any) -> None:
    """Write a long queue faster than it can be submitted."""
    ledger.execute(
        "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 100000) "
        "INSERT INTO task (id, number, workspace, kind, status, phase, progress, version, visibility, attempt, "
        "fence, failures, losses, max_attempts, max_lost, priority, created_at, updated_at, ready, open_children) "
        "SELECT 'tsk_' || n, n, workspace, kind, status, phase, progress, version, visibility, attempt, "
        "fence, failures, losses, max_attempts, max_lost, priority, created_at, updated_at, ready, open_children "
        "FROM task CROSS JOIN n"
    )


async def test_a_long_queue_is_counted_in_its_index(shop: Any, tmp_path: Path) -> None:
    await shop.submit()
    await shop.store.writer.run(fill)
    [crowd] = await shop.store.count_tasks(WORKSPACE)
    assert crowd.count == 100_000
    with closing(sqlite3.connect(tmp_path / "gnomon.db")) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT kind, status, count(*), min(updated_at) FROM task WHERE workspace = ? "
            "AND visibility = 'public' AND finished_at IS NULL GROUP BY kind, status",
            (WORKSPACE,),
        ).fetchall()
    assert [row[3] for row in plan] == [
        "SEARCH task USING COVERING INDEX task_active (workspace=? AND visibility=?)"
    ]


OLD = """
INSERT INTO task (id, number, workspace, kind, status, phase, progress, version, visibility, parent_id, attempt,
fence, failures, losses, max_attempts, max_lost, priority, created_at, updated_at, finished_at, ready, open_children)
VALUES (?, ?, ?, 'test', ?, 'run', 0, 1, 'public', ?, 0, 0, 0, 0, 1, 1, 0, 0, 0, ?, 0, 0)
"""


async def test_a_database_of_before_is_counted_when_it_is_opened(
    open_shop: Callable[[Path], Any], tmp_path: Path
) -> None:
    upgrade(tmp_path / "gnomon.db", "0001")
    rows = [
        ("tsk_1", 1, WORKSPACE, "queued", None, None),
        ("tsk_2", 2, WORKSPACE, "running", None, None),
        ("tsk_3", 3, WORKSPACE, "queued", "tsk_2", None),
        ("tsk_4", 4, WORKSPACE, "completed", None, 1),
        ("tsk_5", 1, "wsp_2", "completed", None, 1),
    ]
    with closing(sqlite3.connect(tmp_path / "gnomon.db", isolation_level=None)) as connection:
        connection.executemany(OLD, rows)
    shop = open_shop(tmp_path)
    assert (await counted(shop), await counted(shop, "wsp_2")) == (2, 0)
    await shop.store.cancel(WORKSPACE, "tsk_1", shop.now)
    assert await counted(shop) == 1
    await shop.store.close()
