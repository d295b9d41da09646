"""Groups as doors ask for them, on a real store: scopes, batches, references, cancelling piece by piece."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.access import ALL_SCOPES, Limits, Principal
from gnomon.core.delivery import NewEndpoint
from gnomon.core.errors import Complaint, Forbidden, Invalid, NotFound, QuotaExceeded
from gnomon.core.hub import Hub
from gnomon.core.ports import Claim, Holding, MemberQuery, Reservation
from gnomon.core.resource import ResourceKind
from gnomon.core.service import House, group
from gnomon.core.service import resource as shelf
from gnomon.core.service.group import Order
from gnomon.core.service.task import Terms
from gnomon.core.task import Json, Status, Task
from gnomon.core.workload import Reference, Workload
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

WE = Principal(workspace="w", key_id="k", scopes=ALL_SCOPES)
THEY = replace(WE, workspace="v")


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


def needs_title(document: Json) -> Sequence[Complaint]:
    return () if "title" in document else [Complaint(("title",), "Give a title.", "missing")]


def of_shelf(document: Json) -> Sequence[Reference]:
    return [Reference(kind="shelf", number=document["on"], loc=("on",))] if "on" in document else ()


def read_aloud(given: Json, _: Any) -> Json:
    return given


NOTE = Workload(kind="note", run=read_aloud, check=needs_title, references=of_shelf)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    hub = Hub()
    opened = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=SystemClock(),
        kinds={"shelf": ResourceKind(kind="shelf")},
        workloads={"note": NOTE},
        vault=KeyVault(b"v" * 32),
        calendar=CronCalendar(),
        pepper=b"pepper",
    )
    yield opened
    await opened.store.close()


def order(**terms: Any) -> Order:
    return Order(kind="note", input={"title": "Light"}, terms=Terms(**terms))


async def claim(house: House, limit: int = 1) -> Sequence[Task]:
    minute = timedelta(minutes=1)
    command = Claim(worker="t", kinds=("note",), limit=limit, now=house.clock.now(), lease=minute)
    return await house.store.claim(command)


async def test_orders_become_members_on_their_terms(house: House) -> None:
    made = (await group.create(house, WE, metadata={"team": "roof"})).group
    hook = NewEndpoint(id=f"whe_{1:026}", workspace="w", url=None, sealed="s")
    orders = [
        order(metadata={"row": 1}, origin={"door": "x"}, wording={"words": 1}, secrets={"key": "s3cret"}),
        order(priority=5, hooks=(hook,)),
    ]
    added = await group.add(house, WE, made.id, orders)
    query = MemberQuery(workspace="", group_id=made.id, with_input=True)
    first, second = await group.list_members(house, WE, query)
    assert [first.task.id, second.task.id] == added.task_ids
    assert (first.task.metadata, first.task.origin) == ({"row": 1}, {"door": "x"})
    assert first.given is not None
    assert (first.given.input, first.given.wording) == ({"title": "Light"}, {"words": 1})
    [taken] = await claim(house)
    assert taken.id == second.task.id
    assert [e.id for e in (await house.store.list_endpoints("w", task_id=taken.id)).records] == [hook.id]
    [taken] = await claim(house)
    load = await house.store.load(Holding(task_id=taken.id, fence=taken.fence))
    assert load.sealed is not None
    assert b"s3cret" in house.vault.open(load.sealed)


async def test_what_a_member_refers_to_is_pinned(house: House) -> None:
    saved = (await shelf.create_resource(house, WE, "shelf", {"wood": "oak"})).resource
    made = (await group.create(house, WE)).group
    referring = Order(kind="note", input={"title": "Light", "on": saved.number})
    await group.add(house, WE, made.id, [referring])
    [taken] = await claim(house)
    load = await house.store.load(Holding(task_id=taken.id, fence=taken.fence))
    assert [pinned.document for pinned in load.references] == [{"wood": "oak"}]


async def test_a_batch_with_a_wrong_order_adds_nothing_and_names_each_place(house: House) -> None:
    made = (await group.create(house, WE)).group
    wrong = [
        order(),
        Order(kind="note", input={}),
        Order(kind="note", input={"title": "Light", "on": 7}),
        order(priority=1000),
        Order(kind="nothing", input={}),
    ]
    with pytest.raises(Invalid) as refused:
        await group.add(house, WE, made.id, wrong)
    assert [complaint.loc for complaint in refused.value.complaints] == [
        (1, "input", "title"),
        (2, "input", "on"),
        (3, "priority"),
        (4, "kind"),
    ]
    assert await group.get(house, WE, made.id) == made


async def test_a_thousand_may_be_added_at_once(house: House) -> None:
    made = (await group.create(house, WE)).group
    with pytest.raises(Invalid, match="at most 1000 tasks in one call"):
        await group.add(house, WE, made.id, [order()] * 1001)
    added = await group.add(house, WE, made.id, [order()] * 1000)
    assert added.group.counts == {(Status.QUEUED, False): 1000}


async def test_a_member_may_come_after_another_task(house: House) -> None:
    made = (await group.create(house, WE)).group
    first = await group.add(house, WE, made.id, [order()])
    second = await group.add(house, WE, made.id, [order(predecessor_id=first.task_ids[0])])
    assert second.group.counts == {(Status.QUEUED, False): 1, (Status.PENDING, False): 1}


async def test_the_quota_counts_the_whole_batch(house: House) -> None:
    house = replace(house, limits=Limits(active_tasks=3))
    made = (await group.create(house, WE)).group
    await group.add(house, WE, made.id, [order()] * 2)
    with pytest.raises(QuotaExceeded):
        await group.add(house, WE, made.id, [order()] * 2)
    assert (await group.get(house, WE, made.id)).size == 2


async def test_the_same_request_is_not_checked_again(house: House) -> None:
    saved = (await shelf.create_resource(house, WE, "shelf", {"wood": "oak"})).resource
    made = (await group.create(house, WE)).group
    kept = Reservation(key="k", fingerprint="f")
    orders = [Order(kind="note", input={"title": "Light", "on": saved.number})]
    added = await group.add(house, WE, made.id, orders, reservation=kept)
    await shelf.delete_resource(house, WE, "shelf", saved.number)
    again = await group.add(house, WE, made.id, orders, reservation=kept)
    assert (again.task_ids, again.is_replay) == (added.task_ids, True)


async def test_the_same_request_twice_at_once_adds_once(house: House) -> None:
    made = (await group.create(house, WE)).group
    first = Reservation(key="k", fingerprint="f", tries=0)
    retry = replace(first, tries=1)
    one, two = await asyncio.gather(
        *(group.add(house, WE, made.id, [order()] * 100, reservation=kept) for kept in (first, retry))
    )
    assert one.task_ids == two.task_ids
    assert (await group.get(house, WE, made.id)).size == 100


async def test_only_a_key_that_was_sent_finds_a_group(house: House) -> None:
    guess = Reservation(key="g", fingerprint="f", tries=0)
    kept = Reservation(key="k", fingerprint="f")
    made = [await group.create(house, WE, reservation=key) for key in (guess, replace(guess, tries=1))]
    assert made[0].group.id != made[1].group.id
    assert [one.is_replay for one in made] == [False, False]
    made = [await group.create(house, WE, reservation=kept) for _ in range(2)]
    assert made[0].group == made[1].group
    assert [one.is_replay for one in made] == [False, True]


async def test_a_member_is_found_in_its_own_group_alone(house: House) -> None:
    made, other = [(await group.create(house, WE)).group for _ in range(2)]
    added = await group.add(house, WE, made.id, [order()])
    [name] = added.task_ids
    assert (await group.find_member(house, WE, made.id, name)).id == name
    for principal, place in ((WE, other.id), (WE, "grp_nothing"), (THEY, made.id)):
        with pytest.raises(NotFound):
            await group.find_member(house, principal, place, name)


async def test_cancelling_reaches_every_member_that_is_there(house: House) -> None:
    made = (await group.create(house, WE)).group
    await group.add(house, WE, made.id, [order()] * 1000)
    await group.add(house, WE, made.id, [order()] * 200)
    running = await claim(house, 30)
    after = await group.cancel(house, WE, made.id)
    assert after.counts == {(Status.CANCELLED, False): 1170, (Status.CANCELLING, True): 30}
    for task in running:
        assert (await house.store.get_task("w", task.id)).cancel_by is not None
    later = await group.add(house, WE, made.id, [order()])
    assert later.group.counts[Status.QUEUED, False] == 1
    assert (await group.cancel(house, WE, made.id)).counts[Status.CANCELLED, False] == 1171


async def test_cancelling_holds_the_writer_in_pieces(house: House) -> None:
    """Somebody else's task is stored long before the last member is cancelled."""
    made = (await group.create(house, WE)).group
    await group.add(house, WE, made.id, [order()] * 600)
    cancelling = asyncio.ensure_future(group.cancel(house, WE, made.id))
    for _ in range(3):
        await group.create(house, WE)
    assert not cancelling.done()
    assert (await cancelling).counts == {(Status.CANCELLED, False): 600}


async def test_each_use_asks_for_its_scope(house: House) -> None:
    made = (await group.create(house, WE)).group
    reader = replace(WE, scopes=frozenset({"read"}))
    nobody = replace(WE, scopes=frozenset())
    query = MemberQuery(workspace="w", group_id=made.id)
    for refused in (
        group.create(house, reader),
        group.add(house, reader, made.id, [order()]),
        group.cancel(house, reader, made.id),
        group.get(house, nobody, made.id),
        group.find_member(house, nobody, made.id, "tsk_1"),
        group.list_members(house, nobody, query),
        group.list_rested(house, nobody, query),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_another_workspace_finds_nothing(house: House) -> None:
    made = (await group.create(house, WE)).group
    query = MemberQuery(workspace="w", group_id=made.id)
    for refused in (
        group.add(house, THEY, made.id, [order()]),
        group.cancel(house, THEY, made.id),
        group.get(house, THEY, made.id),
        group.list_members(house, THEY, query),
        group.list_rested(house, THEY, query),
    ):
        with pytest.raises(NotFound, match="no group"):
            await refused
