"""Groups: members join in order, all or none; their standing is counted where it changes, and followed by version."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.errors import NotFound, QuotaExceeded, ReservationReused
from gnomon.core.group import Group
from gnomon.core.ports import Given, MemberQuery, Reservation, Submit
from gnomon.core.task import Status
from gnomon.store import group as groups
from gnomon.store.ledger import Ledger

WORKSPACE = "wsp_1"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUEUED, RUNNING = (Status.QUEUED, False), (Status.RUNNING, True)


async def members(shop: Any, group: Group, **fields: Any) -> Sequence[Any]:
    query = MemberQuery(workspace=WORKSPACE, group_id=group.id, **fields)
    return list(await shop.store.list_members(query))


async def rested(shop: Any, group: Group, **fields: Any) -> list[tuple[int, str]]:
    query = MemberQuery(workspace=WORKSPACE, group_id=group.id, **fields)
    return [(member.number, member.task.id) for member in await shop.store.list_rested(query)]


async def test_a_group_begins_empty(shop: Any) -> None:
    made = await shop.create_group({"team": "roof"})
    assert (made.metadata, made.version, made.counts, made.size, made.is_active) == (
        {"team": "roof"}, 0, {}, 0, False
    )  # fmt: skip
    assert (made.created_at, made.updated_at) == (shop.now, shop.now)
    assert await shop.get_group(made) == made
    assert await members(shop, made) == []
    assert (await shop.create_group()).metadata is None


async def test_what_another_workspace_has_is_not_there(shop: Any) -> None:
    made = await shop.create_group()
    foreign = MemberQuery(workspace="wsp_2", group_id=made.id)
    asked = [
        shop.store.get_group("wsp_2", made.id),
        shop.store.get_group(WORKSPACE, "grp_nothing"),
        shop.store.list_members(foreign),
        shop.store.list_rested(foreign),
        shop.add(made, shop.new(), workspace="wsp_2"),
        shop.add(replace(made, id="grp_nothing"), shop.new()),
        shop.submit(group_id=made.id, workspace="wsp_2"),
    ]
    for question in asked:
        with pytest.raises(NotFound, match="no group grp_"):
            await question
    assert await shop.get_group(made) == made


async def test_members_join_in_order(shop: Any) -> None:
    group = await shop.create_group()
    first = await shop.add(group, *(new := [shop.new() for _ in range(3)]))
    assert (first.task_ids, first.before, first.is_replay) == ([task.id for task in new], 0, False)
    assert (first.group.version, first.group.counts, first.group.size) == (3, {QUEUED: 3}, 3)
    assert first.group.is_active
    await shop.claim(limit=1)
    shop.later(seconds=5)
    second = await shop.add(group, *(more := [shop.new() for _ in range(2)]))
    assert (second.before, second.group.version, second.group.updated_at) == (4, 6, shop.now)
    assert [member.number for member in await members(shop, group)] == [1, 2, 3, 5, 6]
    batch = await members(shop, group, after=second.before)
    assert [(member.task.id, member.task.group_number) for member in batch] == [
        (more[0].id, 5),
        (more[1].id, 6),
    ]
    assert {member.task.group_id for member in batch} == {group.id}
    assert [member.number for member in await members(shop, group, after=1, limit=2)] == [2, 3]


async def test_a_single_task_can_join(shop: Any) -> None:
    group = await shop.create_group()
    task = await shop.submit(group_id=group.id)
    assert (task.group_id, task.group_number) == (group.id, 1)
    assert (await shop.get_group(group)).counts == {QUEUED: 1}


async def test_a_member_is_counted_where_it_stands(shop: Any) -> None:
    group = await shop.create_group()
    added = await shop.add(group, shop.new(max_attempts=2), shop.new(run_at=shop.now + timedelta(hours=1)))
    name, seen = added.task_ids[0], [dict(added.group.counts)]

    async def look() -> Group:
        seen.append(dict((await shop.get_group(group)).counts))
        return await shop.get_group(group)

    [task] = await shop.claim()
    await look()
    await shop.report(task, 50)
    assert (await look()).version == 3
    await shop.ask(task)
    assert (await look()).version == 4
    assert await rested(shop, group) == [(4, name)]
    await shop.answer(task, "red")
    await look()
    assert await rested(shop, group) == []
    [task] = await shop.claim()
    await shop.fail(task, retryable=True)
    await look()
    await shop.cancel(task)
    ended = await look()
    assert await rested(shop, group) == [(ended.version, name)]
    assert await rested(shop, group, after=ended.version) == []
    late = {(Status.PENDING, False): 1}
    assert seen == [
        {QUEUED: 1} | late,
        {RUNNING: 1} | late,
        {RUNNING: 1} | late,
        {(Status.WAITING, True): 1} | late,
        {(Status.QUEUED, True): 1} | late,
        {(Status.PENDING, True): 1} | late,
        {(Status.CANCELLED, True): 1} | late,
    ]


async def test_a_group_is_active_until_its_last_member_has_ended(shop: Any) -> None:
    group = await shop.create_group()
    await shop.add(group, shop.new(), shop.new())
    first, second = await shop.claim()
    await shop.done(second, {"sum": 3})
    assert (await shop.get_group(group)).is_active
    await shop.fail(first)
    ended = await shop.get_group(group)
    assert (ended.is_active, ended.size) == (False, 2)
    assert ended.counts == {(Status.COMPLETED, True): 1, (Status.FAILED, True): 1}
    assert [name for _, name in await rested(shop, group)] == [second.id, first.id]
    again = await shop.add(group, shop.new())
    assert again.group.is_active


async def test_children_and_reruns_of_a_member_are_no_members(shop: Any) -> None:
    group = await shop.create_group()
    await shop.add(group, shop.new())
    [parent] = await shop.claim()
    await shop.split(parent, shop.new(), shop.new())
    assert (await shop.get_group(group)).counts == {RUNNING: 1}
    await shop.cancel(parent)
    again = await shop.rerun(parent)
    assert (again.group_id, again.group_number) == (None, None)
    assert (await shop.get_group(group)).counts == {(Status.CANCELLED, True): 1}


async def test_a_batch_is_added_whole_or_not_at_all(shop: Any) -> None:
    group = await shop.create_group()
    with pytest.raises(NotFound, match="tsk_nothing to come after"):
        await shop.add(group, shop.new(), shop.new(), shop.new(predecessor_id="tsk_nothing"))
    assert await shop.get_group(group) == group
    assert await members(shop, group) == []
    assert (await shop.submit()).number == 1


async def test_a_batch_needs_room_for_all_of_it(shop: Any) -> None:
    group = await shop.create_group()
    await shop.submit()
    with pytest.raises(
        QuotaExceeded, match="has 1 tasks that have not ended, and may have 3; these would be 3"
    ) as no:
        await shop.add(group, *(shop.new() for _ in range(3)), most_active=3)
    assert no.value.quota == "active_tasks"
    await shop.add(group, *(shop.new() for _ in range(2)), most_active=3)
    await shop.add(group, most_active=3)


async def test_the_same_request_adds_once(shop: Any) -> None:
    group = await shop.create_group()
    await shop.add(group, shop.new())
    kept = Reservation(key="k", fingerprint="f")
    assert await shop.store.find_added(WORKSPACE, kept, shop.now) is None
    added = await shop.add(group, shop.new(), shop.new(), reservation=kept)
    await shop.claim()
    await shop.add(group, shop.new())
    again = await shop.add(group, shop.new(), shop.new(), reservation=kept, most_active=0)
    assert again.is_replay
    assert (again.task_ids, again.before) == (added.task_ids, 1)
    assert again.group == await shop.get_group(group)
    assert again.group.size == 4
    assert await shop.store.find_added(WORKSPACE, kept, shop.now) == again
    for asked in (
        shop.store.find_added(WORKSPACE, replace(kept, fingerprint="g"), shop.now),
        shop.add(group, shop.new(), reservation=replace(kept, fingerprint="g")),
    ):
        with pytest.raises(ReservationReused):
            await asked


async def test_a_guessed_key_adds_once_for_a_retry_alone(shop: Any) -> None:
    group = await shop.create_group()
    first = Reservation(key="guess:1", fingerprint="f", tries=0)
    one = await shop.add(group, shop.new(), reservation=first)
    two = await shop.add(group, shop.new(), reservation=first)
    again = await shop.add(group, shop.new(), reservation=replace(first, tries=1))
    assert (one.task_ids == two.task_ids, again.task_ids, again.is_replay) == (False, two.task_ids, True)
    assert (await shop.get_group(group)).size == 2


async def test_nothing_can_be_added_once_too(shop: Any) -> None:
    group = await shop.create_group()
    kept = Reservation(key="k", fingerprint="f")
    added = await shop.add(group, reservation=kept)
    await shop.add(group, shop.new())
    again = await shop.add(group, reservation=kept)
    assert (added.task_ids, again.task_ids, again.before, again.is_replay) == ([], [], 0, True)


async def test_the_same_request_makes_one_group(shop: Any) -> None:
    kept = Reservation(key="k", fingerprint="f")
    made = await shop.create_group({"a": 1}, kept)
    assert await shop.create_group({"a": 1}, kept) == made
    assert await shop.create_group({"a": 1}) != made
    with pytest.raises(ReservationReused):
        await shop.create_group({"a": 2}, replace(kept, fingerprint="g"))


async def test_members_are_listed_by_how_they_stand(shop: Any) -> None:
    group = await shop.create_group()
    added = await shop.add(group, *(shop.new(max_attempts=2) for _ in range(3)))
    one, two, three = added.task_ids
    first, second = await shop.claim(limit=2)
    await shop.fail(first, retryable=True)
    await shop.done(second, {"sum": 3})

    async def listed(**fields: Any) -> list[str]:
        return [member.task.id for member in await members(shop, group, **fields)]

    assert await listed(statuses=frozenset({Status.PENDING, Status.QUEUED})) == [one, three]
    assert await listed(statuses=frozenset({Status.PENDING, Status.QUEUED}), is_started=False) == [three]
    assert await listed(is_started=True) == [one, two]
    assert await listed(statuses=frozenset()) == []
    assert await rested(shop, group, statuses=frozenset({Status.FAILED})) == []


async def test_input_wording_and_result_come_when_they_are_asked_for(shop: Any) -> None:
    group = await shop.create_group()
    document = shop.document({"a": 1})
    tasks = [shop.new(input={"n": 1}, wording={"words": "n"}), shop.new(input=None)]
    pair = (Submit(task=tasks[0], now=shop.now), Submit(task=tasks[1], now=shop.now, resource=document))
    await shop.add(group, members=pair)
    for task in await shop.claim():
        await shop.done(task, {"sum": 3})
    bare = await members(shop, group)
    assert [(member.given, member.task.result) for member in bare] == [(None, None)] * 2
    whole = await members(shop, group, with_input=True, with_result=True)
    assert [member.given for member in whole] == [
        Given(input={"n": 1}, wording={"words": "n"}),
        Given(input={"a": 1}),
    ]
    assert [member.task.result for member in whole] == [{"sum": 3}] * 2
    query = MemberQuery(workspace=WORKSPACE, group_id=group.id, with_result=True)
    assert [member.task.result for member in await shop.store.list_rested(query)] == [{"sum": 3}] * 2


async def test_who_follows_a_group_is_woken(shop: Any) -> None:
    group = await shop.create_group()
    with shop.hub.subscribe(group.id) as news:
        await shop.add(group, shop.new())
        assert await news.wait(0)
        [task] = await shop.claim()
        assert await news.wait(0)
        await shop.report(task, 50)
        assert not await news.wait(0)
        await shop.done(task)
        assert await news.wait(0)


async def test_batches_at_once_do_not_mix(shop: Any) -> None:
    group = await shop.create_group()
    batches = [[shop.new() for _ in range(20)] for _ in range(10)]
    added = await asyncio.gather(*(shop.add(group, *batch) for batch in batches))
    assert [one.task_ids for one in added] == [[task.id for task in batch] for batch in batches]
    assert sorted(one.before for one in added) == list(range(0, 200, 20))
    for one in added:
        batch = await members(shop, group, after=one.before, limit=20)
        assert [member.task.id for member in batch] == one.task_ids


async def test_a_version_is_never_given_twice(shop: Any) -> None:
    """Joins and rests have numbers of their own, whatever happens in between."""
    group = await shop.create_group()
    for _ in range(5):
        await shop.add(group, *(shop.new() for _ in range(3)))
        for task in await shop.claim(limit=2):
            await shop.done(task)
    joined = [member.number for member in await members(shop, group)]
    resting = [number for number, _ in await rested(shop, group)]
    assert joined == sorted(joined)
    assert resting == sorted(resting)
    assert Counter(joined + resting).most_common(1)[0][1] == 1
    assert max(joined + resting) == (await shop.get_group(group)).version


KEPT = Reservation(key="k", fingerprint="f")
QUESTIONS: dict[str, Callable[..., Any]] = {
    "get_group": lambda connection, query, _: groups.get_group(connection, WORKSPACE, query.group_id),
    "list_members": lambda connection, query, _: groups.list_members(connection, query),
    "list_members whole": lambda connection, query, _: groups.list_members(
        connection, replace(query, with_input=True, with_result=True, statuses=frozenset({Status.QUEUED}))
    ),
    "list_rested": lambda connection, query, _: groups.list_rested(connection, query),
    "list_rested whole": lambda connection, query, _: groups.list_rested(
        connection, replace(query, with_input=True, with_result=True, is_started=True)
    ),
    "find_added": lambda connection, _, key: groups.find_added(connection, WORKSPACE, replace(KEPT, key=key)),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_group_of_thousands_is_read_by_its_indexes(shop: Any, question: str, tmp_path: Path) -> None:
    group = await shop.create_group()
    await shop.add(group, shop.new(), reservation=KEPT)
    query = MemberQuery(workspace=WORKSPACE, group_id=group.id, after=0, limit=10)
    statements: list[str] = []

    def ask(ledger: Ledger) -> None:
        ledger.connection.set_trace_callback(statements.append)
        QUESTIONS[question](ledger.connection, query, KEPT.key)
        ledger.connection.set_trace_callback(None)

    await shop.store.writer.run(ask)
    with closing(sqlite3.connect(tmp_path / "gnomon.db")) as connection:
        for text in filter(lambda text: "SELECT" in text, statements):
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")]
            assert any(step.startswith("SEARCH ") for step in plan), text
            assert [step for step in plan if step.startswith("SCAN task")] == [], text


async def test_a_question_costs_the_same_in_a_group_of_thousands(shop: Any) -> None:
    """Counted in instructions of SQLite's machine, which no other work on the computer changes."""
    costs: dict[str, list[int]] = {question: [] for question in QUESTIONS}
    for kind, size in (("few", 30), ("many", 3030)):
        group = await shop.create_group()
        kept = replace(KEPT, key=kind)
        for count in (30, *[1000] * (size // 1000)):
            await shop.add(group, *(shop.new(kind=kind) for _ in range(count)), reservation=kept)
            kept = None
        done = await shop.claim(kind, limit=size - 10)
        await asyncio.gather(*(shop.done(task) for task in done))
        counts = (await shop.get_group(group)).counts
        assert counts == {QUEUED: 10, (Status.COMPLETED, True): size - 10}
        for question, each in costs.items():
            each.append(await cost(shop, group, question, kind))
    assert {question: many for question, (few, many) in costs.items() if many > 1.2 * few} == {}


async def cost(shop: Any, group: Group, question: str, key: str) -> int:
    query = MemberQuery(workspace=WORKSPACE, group_id=group.id, after=0, limit=10)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def ask(ledger: Ledger) -> None:
        ledger.connection.set_progress_handler(count, 1)
        QUESTIONS[question](ledger.connection, query, key)
        ledger.connection.set_progress_handler(None, 0)

    await shop.store.writer.run(ask)
    assert steps
    return steps
