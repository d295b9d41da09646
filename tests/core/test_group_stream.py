"""Following a group on a real store: rests in order, each once, the counts after them; and all its members."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gnomon.core.access import ALL_SCOPES, Principal
from gnomon.core.errors import Conflict, Forbidden, NotFound, Unavailable
from gnomon.core.group import NewGroup
from gnomon.core.hub import Hub
from gnomon.core.ports import AddMembers, Claim, Finish, Holding, MemberQuery, Submit
from gnomon.core.retry import Done
from gnomon.core.service import House
from gnomon.core.service.group_stream import (
    PAGE,
    GroupItem,
    GroupOpened,
    Joined,
    Rested,
    Stood,
    follow_group,
    tour_group,
)
from gnomon.core.service.stream import QUIET, Ended, Told, follow
from gnomon.core.task import NewTask, Status, task_id
from gnomon.core.workload import Workload
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

WE = Principal(workspace="w", key_id="k", scopes=ALL_SCOPES, expires_at=datetime.now(UTC) + timedelta(days=1))
GROUP = "grp_1"


@dataclass
class Clock:
    drawn: int = 0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, _: int) -> int:
        self.drawn += 1
        return self.drawn


@dataclass
class Stage:
    house: House

    async def add(self, count: int) -> Sequence[str]:
        now, chance = self.house.clock.now(), self.house.clock.chance
        members = tuple(
            Submit(task=NewTask(id=task_id(now, chance(80)), workspace="w", kind="k"), now=now)
            for _ in range(count)
        )
        added = await self.house.store.add_members(
            AddMembers(workspace="w", group_id=GROUP, members=members, now=now)
        )
        return added.task_ids

    async def end(self, count: int) -> list[str]:
        """Claim and complete members, and return their ids in that order."""
        now = self.house.clock.now()
        claim = Claim(worker="w", kinds=("k",), limit=count, now=now, lease=timedelta(hours=1))
        claimed = await self.house.store.claim(claim)
        for task in claimed:
            holding = Holding(task_id=task.id, fence=task.fence)
            await self.house.store.finish(Finish(holding=holding, now=now, ending=Done(result=1)))
        return [task.id for task in claimed]

    async def follow(self, after: int = 0, *, lasting: float = 0, pause: float = 0) -> list[GroupItem]:
        items = follow_group(self.house, WE, GROUP, after, quiet=9, lasting=lasting, pause=pause)
        return [item async for item in items]

    async def tour(self, query: MemberQuery) -> list[GroupItem]:
        return [item async for item in tour_group(self.house, WE, query)]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    hub = Hub()
    house = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=Clock(),
        kinds={},
        workloads={"k": Workload(kind="k", run=lambda given, _: given)},
        vault=KeyVault(b"v" * 32),
        calendar=CronCalendar(),
        pepper=b"pepper",
    )
    await house.store.create_group(NewGroup(id=GROUP, workspace="w"), house.clock.now())
    yield Stage(house)
    assert house.hub.waiting == 0
    await house.store.close()


def names(items: Sequence[GroupItem], kind: type[Rested | Joined]) -> list[str]:
    return [member.task.id for item in items if isinstance(item, kind) for member in item.members]


async def test_rests_are_told_in_pages_and_the_counts_after_them(stage: Stage) -> None:
    await stage.add(PAGE + 50)
    ended = await stage.end(PAGE + 20)
    items = await stage.follow()
    assert [type(item) for item in items] == [GroupOpened, Rested, Rested, Stood]
    assert names(items, Rested) == ended
    *_, rested, stood = items
    assert isinstance(rested, Rested)
    assert isinstance(stood, Stood)
    assert rested.members[-1].number <= stood.group.version
    assert stood.group.counts == {(Status.COMPLETED, True): PAGE + 20, (Status.QUEUED, False): 30}
    assert names(await stage.follow(rested.members[9].number), Rested) == ended[PAGE + 10 :]


async def test_what_comes_is_told_when_it_has_come(stage: Stage) -> None:
    await stage.add(4)
    told: list[GroupItem] = []
    async with asyncio.timeout(10), aclosing(follow_group(stage.house, WE, GROUP, 0, quiet=9)) as items:
        assert isinstance(await anext(items), GroupOpened)
        assert isinstance(await anext(items), Stood)
        ended = await stage.end(1) + await stage.end(3)
        async for item in items:
            told.append(item)
            if isinstance(item, Stood) and not item.group.is_active:
                break
    assert names(told, Rested) == ended


async def test_members_are_told_as_they_were_when_asked(stage: Stage) -> None:
    first = await stage.add(30)
    query = MemberQuery(workspace="w", group_id=GROUP, limit=10)
    async with aclosing(tour_group(stage.house, WE, query)) as items:
        told = [await anext(items), await anext(items)]
        await stage.add(5)
        told += [item async for item in items]
    assert names(told, Joined) == list(first)
    ended = await stage.end(12)
    of_ended = replace(query, statuses=frozenset({Status.COMPLETED}))
    assert names(await stage.tour(of_ended), Joined) == ended
    last = (await stage.house.store.get_group("w", GROUP)).version
    assert names(await stage.tour(replace(query, after=last)), Joined) == []


@pytest.mark.parametrize(
    ("principal", "group", "after", "error"),
    [
        (replace(WE, workspace="x"), GROUP, 0, NotFound),
        (WE, "grp_none", 0, NotFound),
        (replace(WE, scopes=frozenset({"write"})), GROUP, 0, Forbidden),
        (WE, GROUP, 3, Conflict),
    ],
)
async def test_what_is_wrong_is_said_first(
    stage: Stage, principal: Principal, group: str, after: int, error: type[Exception]
) -> None:
    await stage.add(2)
    query = MemberQuery(workspace=principal.workspace, group_id=group, after=after)
    for items in (
        follow_group(stage.house, principal, group, after, quiet=9),
        tour_group(stage.house, principal, query),
    ):
        with pytest.raises(error):
            await anext(items)


async def test_a_server_that_leaves_ends_streams_and_opens_none(stage: Stage) -> None:
    await stage.add(1)
    following = asyncio.create_task(stage.follow(lasting=60, pause=60))
    while not stage.house.hub.is_heard(GROUP):  # noqa: ASYNC110  the hub tells nobody that somebody came
        await asyncio.sleep(0)
    stage.house.hub.close()
    await asyncio.wait_for(following, 5)
    with pytest.raises(Unavailable):
        await stage.follow()


async def test_without_digests_the_last_item_is_the_end(stage: Stage) -> None:
    (name,) = await stage.add(1)
    await stage.end(1)
    items = [item async for item in follow(stage.house, WE, name, 0, quiet=9)]
    assert isinstance(items[-1], Told)
    assert items[-1].is_end
    assert not [item for item in items if isinstance(item, Ended)]


async def test_the_end_of_the_time_is_no_silence(stage: Stage) -> None:
    await stage.add(1)
    quiet = 0.01
    async with aclosing(follow_group(stage.house, WE, GROUP, 0, quiet=quiet, lasting=quiet)) as items:
        assert QUIET not in [item async for item in items]
