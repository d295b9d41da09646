"""Streams cut anywhere and resumed: read by the vendor's decoder, the pieces tell each thing once and in order."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bounds import LONGEST
from followed import ANSWER, Followed, worked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parallel._streaming import SSEDecoder

from gnomon.core.brief import NOTES
from gnomon.core.event import EventType
from gnomon.core.service.stream import PAGE, Quiet
from gnomon.core.task import Json
from gnomon.web.dialects.parallel.framing import MANNERS
from gnomon.web.dialects.parallel.group_stream import tell_group
from gnomon.web.dialects.parallel.render.event import is_message
from gnomon.web.dialects.parallel.stream import Endings, Items, Reading, excused, tell_run
from gnomon.web.ids import run_id
from gnomon.web.sse import Begin, Frames, Last, Pace

PACE = Pace(heartbeat=0.02)


@asynccontextmanager
async def opened() -> AsyncIterator[Followed]:
    with tempfile.TemporaryDirectory() as folder:
        async with worked(Path(folder)) as followed:
            yield followed


def reading(followed: Followed) -> Reading:
    return Reading(
        house=followed.house,
        principal=followed.principal,
        pace=PACE,
        endings=Endings(followed.house),
        opted_in=False,
        request_id="req_1",
    )


@dataclass
class Client:
    """Takes bytes, loses some at each cut, and comes back with the last `event_id` that it has read."""

    connect_to: Callable[[int], Items]
    events: list[Any] = field(default_factory=list)
    is_told_all: bool = False
    _last: int = 0
    _bytes: bytearray = field(default_factory=bytearray)
    _listening: "asyncio.Task[None] | None" = None

    def connect(self) -> None:
        if self._listening is None:
            self._bytes.clear()
            self._listening = asyncio.create_task(self._listen())

    async def cut(self, share: float = 1.0, chunk: int = 7) -> None:
        """Lose the connection when so much of what was sent has arrived, in chunks of any size."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
            self._take(bytes(self._bytes[: int(share * len(self._bytes))]), chunk)
            self._listening = None

    async def read_to_the_end(self) -> None:
        await self.cut()
        self.connect()
        assert self._listening is not None
        await asyncio.wait_for(self._listening, LONGEST)
        self._take(bytes(self._bytes), 65536)
        self._listening = None

    async def _listen(self) -> None:
        async with aclosing(self.connect_to(self._last)) as items:
            assert isinstance(await anext(items), Begin)
            async for item in items:
                self.is_told_all = isinstance(item, Last)
                parts = item.parts if isinstance(item, Frames) else (MANNERS.heartbeat,)
                assert isinstance(item, Frames | Quiet)
                self._bytes += b"".join(parts)

    def _take(self, sent: bytes, chunk: int) -> None:
        chunks: Iterator[bytes] = (sent[at : at + chunk] for at in range(0, len(sent), chunk))
        told = [event.json() for event in SSEDecoder().iter_bytes(chunks)]
        if told:
            assert told[0]["type"] in {"task_run.state", "task_group_status"}
            assert told[0]["event_id"] == str(self._last)
            self._last = int(told[-1]["event_id"])
        self.events += told


WORDS: st.SearchStrategy[Json] = st.one_of(
    st.text(max_size=40),
    st.fixed_dictionaries(
        {"kind": st.sampled_from([*NOTES, "sources", "odd"]), "text": st.text(max_size=20)}
    ),
    st.fixed_dictionaries({"kind": st.just("sources"), "read": st.integers(0, 9)}),
)
CUT = st.tuples(st.just("cut"), st.tuples(st.floats(0, 1), st.integers(1, 400)))
CONNECT = st.tuples(st.just("connect"), st.none())
BREATHE = st.tuples(st.just("breathe"), st.integers(1, 12) | st.just(0))
RUN_STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("say"), st.tuples(st.lists(WORDS, max_size=4), st.none() | st.integers(0, 99).map(float))
        ),
        st.tuples(st.just("say much"), st.sampled_from([PAGE - 1, PAGE + 30, 2 * PAGE])),
        st.tuples(st.just("ask"), st.none()),
        *(CUT, CONNECT, BREATHE),
    ),
    max_size=20,
)


async def breathe(times: int) -> None:
    """Let others go on for so many turns; 0 is long enough for the store to answer them."""
    for _ in range(times):
        await asyncio.sleep(0)
    if not times:
        await asyncio.sleep(0.005)


async def ask_and_answer(followed: Followed, name: str, key: str) -> None:
    """Let a run ask, and answer it a little later."""
    await followed.ask(name, key)
    await breathe(3)
    await followed.answer(name, key)


@given(RUN_STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_message_of_a_run_is_told_once_and_in_order(steps: list[tuple[str, Any]]) -> None:
    asyncio.run(_play_run(steps))


async def _play_run(steps: list[tuple[str, Any]]) -> None:
    async with opened() as followed:
        name = await followed.start()
        client = Client(lambda after: excused(reading(followed), tell_run(reading(followed), name, after)))
        for number, (word, given_) in enumerate(steps):
            if word == "say":
                words, progress = given_
                await followed.say(name, *words, progress=progress)
            elif word == "say much":
                await followed.say(name, *range(given_))
            elif word == "ask":
                await ask_and_answer(followed, name, f"question {number}")
                await followed.claim()
            elif word == "cut":
                await client.cut(*given_)
            elif word == "connect":
                client.connect()
            else:
                await breathe(given_)
        await followed.end(name)
        await client.read_to_the_end()
        log = await followed.house.store.list_events(followed.workspace, name, 0, 100_000)
        told = [int(event["event_id"]) for event in client.events if "message" in event]
        assert told == [event.number for event in log if is_message(event)]
        assert client.events[-1]["run"]["status"] == "completed"
        assert client.events[-1]["output"]["content"] == ANSWER["content"]
        assert client.is_told_all
        assert [event for event in log if event.type is EventType.COMPLETED][-1].number == client._last
        assert followed.house.hub.waiting == 0


GROUP_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 4)),
        st.tuples(st.just("end"), st.integers(1, 3)),
        st.tuples(st.just("ask"), st.none()),
        *(CUT, CONNECT, BREATHE),
    ),
    max_size=20,
)


@given(GROUP_STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_end_of_a_groups_run_is_told_once_and_in_order(steps: list[tuple[str, Any]]) -> None:
    asyncio.run(_play_group(steps))


async def _play_group(steps: list[tuple[str, Any]]) -> None:
    async with opened() as followed:
        name, ended = await followed.group(1), list[str]()

        async def end(count: int) -> None:
            for task in await followed.claim(count):
                await followed.end(task.id)
                ended.append(run_id(task.id))

        client = Client(
            lambda after: excused(
                reading(followed), tell_group(reading(followed), name, after, None, pause=0)
            )
        )
        for number, (word, given_) in enumerate(steps):
            if word == "add":
                await followed.add(name, given_)
            elif word == "end":
                await end(given_)
            elif word == "ask":
                for task in await followed.claim():
                    await ask_and_answer(followed, task.id, f"question {number}")
            elif word == "cut":
                await client.cut(*given_)
            elif word == "connect":
                client.connect()
            else:
                await breathe(given_)
        await end(100)
        await client.read_to_the_end()
        assert [event["run"]["run_id"] for event in client.events if "run" in event] == ended
        last = [event for event in client.events if event["type"] == "task_group_status"][-1]
        assert last["status"]["task_run_status_counts"] == {"completed": len(ended)}
        assert client.is_told_all
        assert followed.house.hub.waiting == 0


async def test_a_long_log_is_told_page_by_page(tmp_path: Path) -> None:
    async with worked(tmp_path / "data") as followed:
        name = await followed.start()
        for _ in range(20):
            await followed.say(name, *range(1000))
        await followed.end(name)
        told = 0
        async with aclosing(tell_run(reading(followed), name, 0)) as items:
            async for item in items:
                parts = list(item.parts) if isinstance(item, Frames) else []
                assert len(parts) <= PAGE + 2
                told += sum(b"progress_msg" in part for part in parts)
        assert told == 20_000


async def test_a_crowd_at_the_end_shares_the_closing_state(tmp_path: Path) -> None:
    async with worked(tmp_path / "data") as followed:
        name, endings = await followed.run("one"), Endings(followed.house)
        task = await followed.house.store.glance(followed.workspace, name)
        first, *others = await asyncio.gather(*(endings.state(task, task.version) for _ in range(50)))
        assert all(frame is first for frame in others)
        assert ANSWER["content"].encode() in first
        # One that leaves takes nothing from the others.
        leaving, staying = (asyncio.create_task(endings.state(task, 1)) for _ in range(2))
        await breathe(2)
        leaving.cancel()
        assert b'"event_id":"1"' in await staying
