"""Parents and children: split, join, progress, and what a child's failure does."""

from datetime import timedelta
from typing import Any

import pytest

from gnomon.core.ports import Holding
from gnomon.core.retry import Divided
from gnomon.core.task import Phase, Status, Visibility

WORKSPACE = "wsp_1"


async def test_children_inherit_and_are_positioned(shop: Any) -> None:
    deadline = shop.now + timedelta(hours=2)
    parent = await shop.start(priority=4, deadline_at=deadline)
    sooner = shop.now + timedelta(hours=1)
    children = await shop.split(
        parent,
        shop.new(workspace="elsewhere", priority=0, visibility=Visibility.INTERNAL),
        shop.new(deadline_at=sooner),
    )
    assert [(c.workspace, c.priority, c.position, c.parent_id) for c in children] == [
        (WORKSPACE, 4, 0, parent.id),
        (WORKSPACE, 4, 1, parent.id),
    ]
    assert [c.deadline_at for c in children] == [deadline, sooner]
    seen = await shop.get(parent)
    assert (seen.status, seen.phase) == ("running", "children")


async def test_the_last_child_queues_the_join_which_sees_them_all(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new(kind="other"), state={"rows": 2})
    assert await shop.claim("none") == []
    [second] = await shop.claim("other")
    await shop.done(second, "b")
    assert (await shop.get(parent)).phase is Phase.CHILDREN
    [first] = await shop.claim()
    await shop.done(first, "a")
    ready = await shop.get(parent)
    assert (ready.status, ready.phase) == ("running", "join")
    [join] = await shop.claim()
    assert (join.id, join.attempt, join.fence, join.phase) == (parent.id, 2, 2, "join")
    loaded = await shop.store.load(Holding(task_id=join.id, fence=join.fence))
    assert loaded.state == {"rows": 2}
    assert [(c.position, c.kind, c.status, c.result) for c in loaded.children] == [
        (0, "test", "completed", "a"),
        (1, "other", "completed", "b"),
    ]
    assert (await shop.done(join, "ab")).result == "ab"
    assert await shop.types(parent) == ["queued", "started", "split", "queued", "started", "completed"]


async def test_a_task_that_divides_into_nothing_joins_at_once(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent)
    [join] = await shop.claim()
    assert (join.id, join.phase) == (parent.id, "join")


async def test_a_join_cannot_split_again(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent)
    [join] = await shop.claim()
    ended = await shop.finish(join, Divided(children=(shop.new(),)))
    assert (ended.status, ended.error.code) == ("failed", "split_twice")
    assert await shop.store.list_children(WORKSPACE, parent.id) == []


async def test_the_first_failure_stops_the_siblings_and_fails_the_parent(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new(), shop.new())
    first, second = await shop.claim(limit=2)
    await shop.fail(first)
    assert (await shop.get(parent)).status is Status.RUNNING
    states = [child.status for child in await shop.store.list_children(WORKSPACE, parent.id)]
    assert states == ["failed", "cancelling", "cancelled"]
    await shop.done(second)
    ended = await shop.get(parent)
    assert (ended.status, ended.error.code) == ("failed", "boom")


async def test_a_join_that_wants_to_sees_failed_children(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new(), on_child_failure="join")
    first, second = await shop.claim()
    await shop.fail(first)
    await shop.done(second, 2)
    [join] = await shop.claim()
    children = (await shop.store.load(Holding(task_id=join.id, fence=join.fence))).children
    assert [(child.status, child.result) for child in children] == [("failed", None), ("completed", 2)]
    assert children[0].error["code"] == "boom"


async def test_a_child_begins_when_its_predecessor_completes(shop: Any) -> None:
    parent = await shop.start()
    one = shop.new()
    two = shop.new(predecessor_id=one.id)
    children = await shop.split(parent, one, two)
    assert [child.status for child in children] == ["queued", "pending"]
    [first] = await shop.claim()
    await shop.done(first, {"x": 1})
    [second] = await shop.claim()
    loaded = await shop.store.load(Holding(task_id=second.id, fence=second.fence))
    assert (loaded.predecessor.status, loaded.predecessor.result) == ("completed", {"x": 1})


async def test_a_child_fails_with_its_predecessor_and_is_cancelled_with_it(shop: Any) -> None:
    for end, status in ((shop.fail, "failed"), (shop.cancel, "cancelled")):
        parent = await shop.start()
        one = shop.new()
        two = shop.new(predecessor_id=one.id)
        await shop.split(parent, one, two, shop.new(predecessor_id=two.id), on_child_failure="join")
        (first,) = await shop.claim() if end == shop.fail else [one]
        await end(first)
        states = [child.status for child in await shop.store.list_children(WORKSPACE, parent.id)]
        assert states == [status] * 3
        [join] = await shop.claim()
        await shop.done(join)


async def test_a_parents_progress_is_the_mean_and_moves_twice_a_second_at_most(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new())
    first, second = await shop.claim()
    shop.later(seconds=1)
    await shop.report(first, 40)
    assert (await shop.get(parent)).progress == pytest.approx(20)
    shop.later(seconds=0.4)
    await shop.report(first, 80)
    assert (await shop.get(parent)).progress == pytest.approx(20)
    shop.later(seconds=0.2)
    await shop.report(second, 20)
    assert (await shop.get(parent)).progress == pytest.approx(50)
    await shop.done(first)
    await shop.done(second)
    assert (await shop.get(parent)).progress == pytest.approx(99.9)
    assert await shop.types(parent) == ["queued", "started", "split", "progress", "progress", "queued"]


async def test_a_parents_progress_never_falls(shop: Any) -> None:
    parent = await shop.start()
    await shop.report(parent, 70)
    await shop.split(parent, shop.new())
    [child] = await shop.claim()
    shop.later(seconds=1)
    await shop.report(child, 40)
    assert (await shop.get(parent)).progress == 70


async def test_a_thousand_children_are_counted_exactly(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, *(shop.new() for _ in range(1000)))
    children = await shop.claim(limit=1000)
    assert len(children) == 1000
    for child in children[:-1]:
        await shop.done(child)
    assert (await shop.get(parent)).phase is Phase.CHILDREN
    await shop.done(children[-1])
    assert (await shop.get(parent)).phase is Phase.JOIN
