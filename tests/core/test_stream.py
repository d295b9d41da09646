"""Following a task on a real store: whatever is committed, cut and joined when, the pieces make the log."""

import asyncio
import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.core.access import ALL_SCOPES, Principal
from gnomon.core.errors import Conflict, Forbidden, NotFound, Unavailable
from gnomon.core.event import Event
from gnomon.core.hub import RING, Hub
from gnomon.core.ports import Claim, Finish, Holding, Report, Submit
from gnomon.core.retry import Done
from gnomon.core.service import House
from gnomon.core.service.digest import Digests
from gnomon.core.service.stream import Ended, Gap, Item, Opened, Quiet, Told, follow
from gnomon.core.service.vigil import Vigil
from gnomon.core.task import NewTask, Task
from gnomon.core.workload import Workload
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

WE = Principal(workspace="w", key_id="k", scopes=ALL_SCOPES, expires_at=datetime.now(UTC) + timedelta(days=1))


@dataclass
class Clock:
    shift: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


def line(event: Event) -> bytes:
    return f"{event.number} {event.at} {event.type} {event.body}".encode()


@dataclass
class Set:
    """A house with one task that runs, and what its streams share."""

    house: House
    holding: Holding
    quiet: float = 60
    digests: Digests = field(init=False)

    def __post_init__(self) -> None:
        self.digests = Digests(self.house.store, line)

    def expire(self) -> None:
        assert isinstance(self.house.clock, Clock)
        self.house.clock.shift = timedelta(days=2)

    @property
    def task_id(self) -> str:
        return self.holding.task_id

    async def say(self, words: int) -> None:
        report = Report(holding=self.holding, now=self.house.clock.now(), messages=tuple(range(words)))
        await self.house.store.report(report)

    async def end(self) -> Task:
        finish = Finish(holding=self.holding, now=self.house.clock.now(), ending=Done(result={"n": 1}))
        return await self.house.store.finish(finish)

    async def log(self, after: int = 0) -> list[Event]:
        return list(await self.house.store.list_events("w", self.task_id, after, 100_000))

    def follow(self, after: int = 0, principal: Principal = WE, task_id: str | None = None):
        return follow(
            self.house,
            principal,
            task_id or self.task_id,
            after,
            quiet=self.quiet,
            digests=self.digests,
        )


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Set]:
    hub = Hub()
    house = House(
        store=SqliteStore.open(folder, hub),
        hub=hub,
        clock=Clock(),
        kinds={},
        workloads={"k": Workload(kind="k", run=lambda given, _: given)},
        vault=KeyVault(b"v" * 32),
        calendar=CronCalendar(),
        pepper=b"pepper",
        vigil=Vigil(every=0.02),
    )
    now = house.clock.now()
    await house.store.submit(Submit(task=NewTask(id="tsk_1", workspace="w", kind="k"), now=now))
    claim = Claim(worker="w", kinds=("k",), limit=1, now=now, lease=timedelta(hours=1))
    (task,) = await house.store.claim(claim)
    try:
        yield Set(house, Holding(task_id=task.id, fence=task.fence))
    finally:
        await house.store.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Set]:
    async with opened(tmp_path) as stage:
        yield stage


@dataclass
class Client:
    """Pieces a log together, however often it is cut."""

    stage: Set
    pieces: list[Event] = field(default_factory=list)
    ended: Ended | None = None
    listening: "asyncio.Task[None] | None" = None

    def connect(self) -> None:
        if self.listening is None or self.listening.done():
            self.listening = asyncio.create_task(self._listen())

    async def cut(self) -> None:
        if self.listening is not None:
            self.listening.cancel()
            await asyncio.gather(self.listening, return_exceptions=True)

    async def _listen(self) -> None:
        after = self.pieces[-1].number if self.pieces else 0
        async with aclosing(self.stage.follow(after)) as items:
            async for item in items:
                if isinstance(item, Told):
                    self.pieces += item.events
                elif isinstance(item, Ended):
                    self.ended = item


def digest_of(events: list[Event]) -> str:
    return hashlib.sha256(b"".join(line(event) + b"\n" for event in events)).hexdigest()


CLIENTS = 3
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from([1, 2, 7, RING + 10, 150])),
        st.tuples(st.just("connect"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("cut"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("breathe"), st.integers(1, 12)),
        st.tuples(st.just("say and go on"), st.sampled_from([1, 3, RING + 10])),
    ),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_pieces_make_the_log(steps: list[tuple[str, int]]) -> None:
    asyncio.run(_play(steps))


async def _play(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as stage:
            clients, saying = [Client(stage) for _ in range(CLIENTS)], []
            for word, number in steps:
                if word == "say":
                    await stage.say(number)
                elif word == "say and go on":
                    saying.append(asyncio.create_task(stage.say(number)))
                elif word == "connect":
                    clients[number].connect()
                elif word == "cut":
                    await clients[number].cut()
                else:
                    for _ in range(number):
                        await asyncio.sleep(0)
            await asyncio.gather(*saying)
            task = await stage.end()
            log = await stage.log()
            assert [event.number for event in log] == list(range(1, task.version + 1))
            for client in clients:
                client.connect()
                assert client.listening is not None
                await client.listening
                if client.ended is None:
                    client.connect()
                    await client.listening
                assert client.pieces == log
                assert client.ended is not None
                digest = client.ended.digest
                assert (digest.first, digest.count, digest.sha256) == (1, task.version, digest_of(log))
            assert stage.house.hub.waiting == 0


async def collect(stage: Set, after: int = 0) -> list[Item]:
    return [item async for item in stage.follow(after)]


async def test_an_end_that_is_read_before_it_is_published_is_told_whole(
    stage: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with aclosing(stage.follow()) as items:
        opened = await anext(items)
        assert isinstance(opened, Opened)
        assert opened.task.version == 2
        monkeypatch.setattr(stage.house.hub, "publish", lambda *_, **__: None)
        task = await stage.end()
        *_, ended = [item async for item in items]
    assert isinstance(ended, Ended)
    assert (ended.task, ended.digest.count) == (await stage.house.store.get_task("w", task.id), 3)


async def test_trimmed_events_are_an_announced_gap(stage: Set) -> None:
    await stage.say(20)
    task = await stage.end()
    await stage.house.store.trim_events(stage.house.clock.now() + timedelta(days=1), 1000)
    task = await stage.house.store.get_task("w", task.id)
    assert task.events_from > 1
    first, gap, *rest, end = await collect(stage)
    assert isinstance(first, Opened)
    assert isinstance(gap, Gap)
    assert (gap.first, gap.last, gap.task) == (1, task.events_from - 1, task)
    told = [event for item in rest if isinstance(item, Told) for event in item.events]
    assert told == await stage.log(task.events_from - 1)
    assert isinstance(end, Ended)
    assert (end.digest.first, end.digest.count) == (task.events_from, len(told))
    assert end.digest.sha256 == digest_of(told)


async def test_who_knows_all_is_told_the_end(stage: Set) -> None:
    task = await stage.end()
    first, end = await collect(stage, task.version)
    assert isinstance(first, Opened)
    assert first.is_told
    assert isinstance(end, Ended)


async def test_a_cursor_beyond_the_tail_is_refused(stage: Set) -> None:
    with pytest.raises(Conflict, match="its last one is 2"):
        await anext(stage.follow(3))
    assert stage.house.hub.waiting == 0


@pytest.mark.parametrize(
    ("principal", "task_id", "error"),
    [
        (replace(WE, workspace="x"), "tsk_1", NotFound),
        (WE, "tsk_none", NotFound),
        (replace(WE, scopes=frozenset({"write"})), "tsk_1", Forbidden),
    ],
)
async def test_a_strangers_task_is_no_task(
    stage: Set, principal: Principal, task_id: str, error: type[Exception]
) -> None:
    async with aclosing(stage.follow()) as ours:
        await anext(ours)  # the channel knows the task now, and still tells it to its own workspace only
        with pytest.raises(error):
            await anext(stage.follow(0, principal, task_id))


async def test_silence_is_told(stage: Set) -> None:
    stage.quiet = 0.01
    async with aclosing(stage.follow(2)) as items:
        assert isinstance(await anext(items), Opened)
        assert isinstance(await anext(items), Quiet)


async def test_a_stream_ends_with_the_right_to_listen(stage: Set) -> None:
    async with aclosing(stage.follow()) as items:
        assert isinstance(await anext(items), Opened)
        stage.expire()
        stage.house.hub.access_changed()
        async with asyncio.timeout(5):
            assert not [item async for item in items if isinstance(item, Ended)]
    assert stage.house.hub.waiting == 0


async def test_expiry_is_noticed_though_nobody_tells(stage: Set) -> None:
    async with aclosing(stage.follow(2)) as items:
        assert isinstance(await anext(items), Opened)
        stage.expire()
        async with asyncio.timeout(5):
            assert [item async for item in items] == []


async def test_a_server_that_leaves_ends_streams_and_opens_none(stage: Set) -> None:
    listening = asyncio.create_task(collect(stage))
    while not stage.house.hub.is_heard("tsk_1"):  # noqa: ASYNC110  the hub tells nobody that somebody came
        await asyncio.sleep(0)
    stage.house.hub.close()
    assert not [item for item in await listening if isinstance(item, Ended)]
    with pytest.raises(Unavailable):
        await anext(stage.follow())


async def test_a_crowd_at_the_end_costs_one_reading(stage: Set) -> None:
    calls, line_ = [], stage.digests._line
    stage.digests._line = lambda event: calls.append(event.number) or line_(event)
    crowd = [asyncio.create_task(collect(stage)) for _ in range(50)]
    task = await stage.end()
    ends = [items[-1] for items in await asyncio.gather(*crowd)]
    assert {end.digest.sha256 for end in ends if isinstance(end, Ended)} == {digest_of(await stage.log())}
    assert calls == list(range(1, task.version + 1))
