"""A group's events and its runs, read by the vendor's client while the group grows, and across a restart."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bounds import LONGEST, bounded
from followed import ANSWER, OPTED_IN, Followed, following, group_path, read, types

from gnomon.core.retry import Failed
from gnomon.core.service import group as service
from gnomon.core.service.group_stream import PAGE
from gnomon.core.task import TaskError
from gnomon.web.ids import group_id, run_id
from gnomon.web.sse import Pace

STRICTNESS = pytest.mark.parametrize("is_strict", [False, True], ids=["loose", "strict"])


@pytest.fixture
async def followed(tmp_path: Path) -> AsyncIterator[Followed]:
    async with following(tmp_path / "data") as followed:
        yield followed


def iterate(followed: Followed, name: str, *, is_strict: bool = False, **given: Any) -> list[Any]:
    """Read a group's events by the synchronous client."""
    with (
        followed.sdk(is_strict=is_strict) as client,
        client.task_group.events(group_id(name), **given) as events,
    ):
        return list(events)


async def aiterate(followed: Followed, name: str, *, is_strict: bool = False, **given: Any) -> list[Any]:
    """Read a group's events by the asynchronous client."""
    async with (
        followed.async_sdk(is_strict=is_strict) as client,
        await client.task_group.events(group_id(name), **given) as events,
    ):
        return [event async for event in events]


async def runs(followed: Followed, name: str, *, is_strict: bool = True, **given: Any) -> list[Any]:
    """Read a group's runs by the asynchronous client."""
    async with (
        followed.async_sdk(is_strict=is_strict) as client,
        await client.task_group.get_runs(group_id(name), **given) as events,
    ):
        return [event async for event in events]


def rests(events: list[Any]) -> list[str]:
    return [event.run.run_id for event in events if event.type == "task_run.state"]


async def end_all(followed: Followed, count: int) -> list[str]:
    """Claim members and end them, and return the names of their runs in that order."""
    claimed = await followed.claim(count)
    for task in claimed:
        await followed.end(task.id)
    return [run_id(task.id) for task in claimed]


@STRICTNESS
async def test_a_group_that_grows_is_told_to_its_end(followed: Followed, is_strict: bool) -> None:
    name = await followed.group(3)
    reading = [
        asyncio.create_task(asyncio.to_thread(iterate, followed, name, is_strict=is_strict)),
        asyncio.create_task(aiterate(followed, name, is_strict=is_strict)),
    ]
    await followed.heard(name, 2)
    ended = await end_all(followed, 2)
    await followed.add(name, 4)
    ended += await end_all(followed, 5)
    for told in await asyncio.wait_for(asyncio.gather(*reading), LONGEST):
        assert told[0].type == told[-1].type == "task_group_status"
        assert (told[0].status.is_active, told[0].event_id) == (True, "0")
        assert rests(told) == ended
        assert told[-1].status.task_run_status_counts == {"completed": 7}
        assert (told[-1].status.num_task_runs, told[-1].status.is_active) == (7, False)
        numbers = [int(event.event_id) for event in told]
        assert numbers == sorted(numbers)
        assert all(event.output is None for event in told if event.type == "task_run.state")


async def test_a_group_is_resumed_after_any_event(followed: Followed) -> None:
    name = await followed.group(5)
    ended = await end_all(followed, 5)
    whole = await aiterate(followed, name)
    assert rests(whole) == ended
    for have in range(len(whole)):
        rest = await aiterate(followed, name, last_event_id=whole[have].event_id)
        assert rests(whole[: have + 1]) + rests(rest) == ended
        assert rest[0].type == rest[-1].type == "task_group_status"
        assert rest[-1].event_id == whole[-1].event_id
    assert types(rest) == ["task_group_status"]


async def test_a_group_is_resumed_after_a_restart(tmp_path: Path) -> None:
    async with following(tmp_path / "data") as followed:
        name = await followed.group(6)
        cut: list[Any] = []

        async def listen() -> None:
            async with followed.async_sdk() as client, await client.task_group.events(group_id(name)) as told:
                async for event in told:
                    cut.append(event)  # noqa: PERF401  what came before the cut is kept

        reading = asyncio.create_task(listen())
        await followed.heard(name)
        ended = await end_all(followed, 2)
        async with bounded("two runs to be told"):
            while len(rests(cut)) < 2:  # noqa: ASYNC110  the client tells nobody
                await asyncio.sleep(0.01)
        key, held = followed.key, followed.held
        founded = followed.founded
    with pytest.raises(httpx.TransportError):
        await reading
    assert rests(cut) == ended
    async with following(tmp_path / "data", identifier="later") as followed:
        followed.founded, followed.held = founded, held
        assert followed.key == key
        last = cut[-1].event_id
        reading_on = asyncio.create_task(aiterate(followed, name, last_event_id=last))
        await followed.heard(name)
        ended += await end_all(followed, 4)
        rest = await reading_on
    assert rests(cut) + rests(rest) == ended


async def test_an_idle_group_is_told_once(followed: Followed) -> None:
    for name in (await followed.group(), await followed.group(2)):
        await end_all(followed, 2)
        told = await aiterate(followed, name, is_strict=True)
        assert told[-1].status.is_active is False
    empty = await aiterate(followed, await followed.group(), is_strict=True)
    assert types(empty) == ["task_group_status"]
    assert (empty[0].status.num_task_runs, empty[0].status.task_run_status_counts) == (0, {})


async def test_the_time_that_was_asked_for_is_kept(tmp_path: Path) -> None:
    async with following(tmp_path / "data", pace=Pace(heartbeat=600)) as followed:
        name = await followed.group(2)
        for timeout, least in ((0, 0.0), (0.3, 0.3)):
            begun = time.monotonic()
            async with bounded("the stream to end"):
                told = await aiterate(followed, name, api_timeout=timeout)
            assert types(told) == ["task_group_status"] * 2
            assert time.monotonic() - begun >= least
            assert told[-1].status.is_active is True
        assert told[-1].event_id == "2"


async def test_a_life_that_is_over_ends_cleanly(tmp_path: Path) -> None:
    async with following(tmp_path / "data", pace=Pace(heartbeat=60, longest=0.2)) as followed:
        name = await followed.group(1)
        assert types(await aiterate(followed, name)) == ["task_group_status"] * 2


async def test_a_run_that_asks_is_at_rest_for_those_who_know(followed: Followed) -> None:
    name = await followed.group(1)
    (task,) = await followed.claim()
    await followed.ask(task.id)
    told = await aiterate(followed, name, extra_headers=OPTED_IN, is_strict=True)
    assert types(told) == ["task_group_status", "state", "task_group_status"]
    assert told[1].run.status == "action_required"
    assert told[-1].status.task_run_status_counts == {"action_required": 1}
    reading = asyncio.create_task(aiterate(followed, name, is_strict=True))
    await followed.heard(name)
    await followed.answer(task.id)
    await end_all(followed, 1)
    others = await reading
    assert others[0].status.task_run_status_counts == {"running": 1}
    states = [event.run.status for event in others if event.type == "task_run.state"]
    assert states == ["completed"]
    again = await aiterate(
        followed, name, extra_headers=OPTED_IN, last_event_id=told[-1].event_id, is_strict=True
    )
    assert [event.run.status for event in again if event.type == "task_run.state"] == ["completed"]


async def test_status_is_told_at_most_five_times_a_second(followed: Followed) -> None:
    name = await followed.group(300)
    reading = asyncio.create_task(aiterate(followed, name))
    await followed.heard(name)
    begun = time.monotonic()
    ended = await end_all(followed, 300)
    told = await reading
    took = time.monotonic() - begun
    assert rests(told) == ended
    assert len([event for event in told if event.type == "task_group_status"]) <= 5 * took + 4


@pytest.mark.parametrize(
    "path",
    [
        "events?last_event_id=last_event_id",
        "events?last_event_id=9",
        "events?timeout=-1",
        "events?timeout=soon",
        "runs?last_event_id=last_event_id",
        "runs?last_event_id=9",
        "runs?status=odd",
        "runs?include_input=perhaps",
    ],
)
async def test_what_is_wrong_is_said_before_the_stream(followed: Followed, path: str) -> None:
    name = await followed.group(2)
    answer = await followed.get(group_path(name, path))
    assert (answer.status_code, answer.json()["type"]) == (422, "error")
    assert answer.headers["x-should-retry"] == "false"
    assert followed.house.hub.waiting == 0


@pytest.mark.parametrize("noun", ["events", "runs"])
async def test_an_unknown_group_is_none(followed: Followed, noun: str) -> None:
    for name in ("tgrp_" + "0" * 32, "nonsense"):
        answer = await followed.get(f"/groups/{name}/{noun}")
        assert (answer.status_code, answer.json()["type"]) == (404, "error")
        assert "grp_" not in answer.text


async def test_frames_hold_nothing_that_the_vendors_decoder_stumbles_over(followed: Followed) -> None:
    name = await followed.group(1)
    answer = await followed.read_until(group_path(name), b": hb\n", lambda: end_all(followed, 1))
    text = answer.text
    assert ": hb\n" in text
    assert ": hb\n\n" not in text
    assert text.endswith("}\n\n")
    assert {line.partition(":")[0] for line in text.split("\n")} == {"event", "data", ""}
    assert types(read(text))[0] == "task_group_status"


@pytest.mark.parametrize(("heartbeat", "has_comments"), [(0.02, True), (9.0, False)])
async def test_a_stream_whose_time_is_up_ends_with_a_blank_line(
    tmp_path: Path, heartbeat: float, has_comments: bool
) -> None:
    async with following(tmp_path / "data", pace=Pace(heartbeat=heartbeat)) as followed:
        name = await followed.group(1)
        text = (await followed.get(f"{group_path(name)}?timeout=0.3")).text
    assert text.endswith("}\n\n")
    assert (": hb\n" in text) is has_comments
    told = read(text)
    assert types(told) == ["task_group_status"] * (2 + has_comments)
    assert {event["status"]["is_active"] for event in told} == {True}


async def test_a_server_that_leaves_cuts_the_stream(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with following(tmp_path / "data") as followed:
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
        name = await followed.group(1)
        reading = asyncio.create_task(aiterate(followed, name))
        await followed.heard(name)
        followed.house.hub.close()
        with pytest.raises(httpx.TransportError):
            await reading
        assert (await followed.get(group_path(name, "runs"))).status_code == 503
    logging.getLogger("uvicorn.error").removeHandler(caplog.handler)
    assert [record.message for record in caplog.records if record.name == "uvicorn.error"] == []


async def test_all_runs_of_a_group_are_shown_in_their_order(followed: Followed) -> None:
    name = await followed.group()
    names = [run_id(each) for each in await followed.add(name, 230)]
    first, second, third = await followed.claim(3)
    await followed.end(first.id)
    await followed.end(second.id, Failed(error=TaskError(code="dry", message="No source.")))
    told = await runs(followed, name)
    assert rests(told) == names
    assert [event.run.status for event in told[:4]] == ["completed", "failed", "running", "queued"]
    assert {(event.input, event.output) for event in told} == {(None, None)}
    assert {event.run.task_group_id for event in told} == {group_id(name)}
    for status, expected in (
        ("completed", [first]),
        ("failed", [second]),
        ("running", [third]),
        ("action_required", []),
        ("cancelled", []),
    ):
        found = await runs(followed, name, status=status)
        assert rests(found) == [run_id(task.id) for task in expected]
    assert rests(await runs(followed, name, status="queued")) == names[3:]
    # The number of a run is a cursor for what was added later.
    assert rests(await runs(followed, name, last_event_id=told[99].event_id)) == names[100:]
    assert await runs(followed, name, last_event_id=str((await followed.look(name)).version)) == []
    assert await followed.events(group_path(name, "runs")) == await followed.events(
        f"{group_path(name, 'runs')}?status="
    )


async def test_runs_are_shown_with_what_was_asked_and_what_they_gave(followed: Followed) -> None:
    name = await followed.group()
    await followed.add(name, 45, input="Why?", wording={"processor": "pro", "metadata": {"n": 1}})
    await end_all(followed, 30)
    told = await runs(followed, name, include_input=True, include_output=True)
    assert len(told) == 45
    assert {event.input.input for event in told} == {"Why?"}
    assert {event.input.processor for event in told} == {"pro"}
    assert [event.output and event.output.content for event in told] == [ANSWER["content"]] * 30 + [None] * 15
    assert {event.output for event in await runs(followed, name, include_input=True)} == {None}
    assert {event.input for event in await runs(followed, name, include_output=True)} == {None}


async def test_a_group_that_grows_is_shown_as_it_was_when_asked(followed: Followed) -> None:
    name = await followed.group(2 * PAGE)
    async with followed.async_sdk() as client, await client.task_group.get_runs(group_id(name)) as events:
        told = [await anext(events)]
        await followed.add(name, 50)
        told += [event async for event in events]
    assert len(told) == 2 * PAGE
    assert len(await runs(followed, name, last_event_id=told[-1].event_id)) == 50


async def test_a_cancelled_group_comes_to_its_end(followed: Followed) -> None:
    name = await followed.group(8)
    reading = asyncio.create_task(aiterate(followed, name))
    await followed.heard(name)
    await service.cancel(followed.house, followed.principal, name)
    told = await reading
    assert len(rests(told)) == 8
    assert told[-1].status.task_run_status_counts == {"cancelled": 8}


async def test_the_v1beta_twins_tell_the_same(followed: Followed) -> None:
    name = await followed.group(2)
    await end_all(followed, 2)
    async with httpx.AsyncClient(base_url=followed.address, headers={"x-api-key": followed.key}) as client:
        for noun in ("events", "runs"):
            whole = await followed.events(group_path(name, noun))
            assert read((await client.get(f"/v1beta/tasks{group_path(name, noun)}")).text) == whole


async def test_thousands_of_runs_are_told_to_the_sdk(tmp_path: Path) -> None:
    async with following(tmp_path / "data", pace=Pace(heartbeat=10)) as followed:
        name = await followed.group(3000)
        reading = asyncio.create_task(aiterate(followed, name))
        await followed.heard(name)
        claimed = [task.id for task in await followed.claim(3000)]
        await asyncio.gather(*map(followed.end, claimed))
        told = await reading
        assert sorted(rests(told)) == sorted(map(run_id, claimed))
        assert told[-1].status.task_run_status_counts == {"completed": 3000}
        assert len(await runs(followed, name, status="completed")) == 3000
