"""A run's events, read to their end by the vendor's client and as bytes."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bounds import LONGEST, bounded
from followed import ANSWER, OPTED_IN, ORIGIN, Followed, following, group_path, read, run_path, types
from parallel import NotFoundError, UnprocessableEntityError

from gnomon.core.access import KeyRole, Limits
from gnomon.core.retry import Divided, Done, Failed
from gnomon.core.service.access import found_workspace, issue_key, revoke_key
from gnomon.core.task import TaskError, Visibility
from gnomon.web.ids import run_id
from gnomon.web.sse import Pace


@pytest.fixture
async def followed(tmp_path: Path) -> AsyncIterator[Followed]:
    async with following(tmp_path / "data") as followed:
        yield followed


STRICTNESS = pytest.mark.parametrize("is_strict", [False, True], ids=["loose", "strict"])
WORDS = (
    {"kind": "plan", "text": "look it up"},
    {"kind": "search", "text": "Objective: why"},
    {"kind": "sources", "considered": 9, "read": 2, "sample": ["https://example.com/a"]},
    "found it",
)
HEARTBEAT = b": hb\n"
SAID = ["msg.plan", "msg.search", "msg.exec_status"]


def iterate(followed: Followed, name: str, *, is_strict: bool = False, **query: str) -> list[Any]:
    """Read a run's events by the synchronous client."""
    with (
        followed.sdk(is_strict=is_strict) as client,
        client.task_run.events(run_id(name), extra_query=dict(query)) as events,
    ):
        return list(events)


async def aiterate(followed: Followed, name: str, *, is_strict: bool = False, **given: Any) -> list[Any]:
    """Read a run's events by the asynchronous client."""
    async with (
        followed.async_sdk(is_strict=is_strict) as client,
        await client.task_run.events(run_id(name), **given) as events,
    ):
        return [event async for event in events]


@STRICTNESS
async def test_an_ended_run_is_told_from_its_start(followed: Followed, is_strict: bool) -> None:
    name = await followed.run(*WORDS)
    told = await asyncio.to_thread(iterate, followed, name, is_strict=is_strict)
    assert types(told) == ["state", *SAID, "stats", "state"]
    first, *_, stats, last = told
    for state in (first, last):
        assert (state.run.run_id, state.run.status) == (run_id(name), "completed")
        assert (state.output.type, state.output.content) == ("text", ANSWER["content"])
    assert [message.message for message in told[1:4]] == ["look it up", "Objective: why", "found it"]
    assert stats.progress_meter == 100
    assert stats.source_stats.num_sources_considered == 9
    assert stats.source_stats.sources_read_sample == ["https://example.com/a"]
    assert await aiterate(followed, name, is_strict=is_strict) == told


@STRICTNESS
async def test_a_live_run_is_told_to_its_end(followed: Followed, is_strict: bool) -> None:
    name = await followed.submit()
    reading = [
        asyncio.create_task(asyncio.to_thread(iterate, followed, name, is_strict=is_strict)),
        asyncio.create_task(aiterate(followed, name, is_strict=is_strict)),
    ]
    await followed.heard(name, 2)
    await followed.claim()
    for number in range(30):
        await followed.say(name, f"word {number}", progress=3.0 * number)
    await followed.end(name)
    for told in await asyncio.gather(*reading):
        assert types(told)[0] == types(told)[-1] == "state"
        assert told[0].run.status in {"queued", "running"}
        assert (told[-1].run.status, told[-1].output.content) == ("completed", ANSWER["content"])
        messages = [event.message for event in told if "progress_msg" in event.type]
        assert messages == [f"word {number}" for number in range(30)]
        meters = [event.progress_meter for event in told if event.type.endswith("stats")]
        assert meters == sorted(set(meters))
        assert meters[-1] == 100
        numbers = [int(event.event_id) for event in told]
        assert numbers == sorted(numbers)


async def test_replay_comes_before_what_is_live(followed: Followed) -> None:
    name = await followed.start()
    await followed.say(name, "early", progress=10)
    await followed.say(name, progress=20)
    async with followed.async_sdk() as client, await client.task_run.events(run_id(name)) as events:
        replay = [await anext(events) for _ in range(3)]
        assert types(replay) == ["state", "msg.exec_status", "stats"]
        _, early, stats = replay
        assert stats.progress_meter == 20, "of the replay the newest statistics only"
        log = await followed.house.store.list_events(followed.workspace, name, 0, 100)
        assert early.timestamp == log[2].at.isoformat().replace("+00:00", "Z")
        await followed.say(name, "late", progress=30)
        assert types([await anext(events), await anext(events)]) == ["msg.exec_status", "stats"]


async def test_a_run_is_resumed_after_any_event(followed: Followed) -> None:
    name = await followed.run(*WORDS, *(f"word {number}" for number in range(5)))
    whole = await asyncio.to_thread(iterate, followed, name)
    for have in range(len(whole)):
        cursor = whole[have].event_id
        rest = await asyncio.to_thread(iterate, followed, name, last_event_id=cursor)
        known = [event.message for event in whole[: have + 1] if "msg" in event.type]
        news = [event.message for event in rest if "msg" in event.type]
        assert known + news == [event.message for event in whole if "msg" in event.type]
        assert rest[0].type == rest[-1].type == "task_run.state"
        assert rest[-1].output.content == ANSWER["content"]
        by_header = await followed.events(run_path(name), **{"Last-Event-ID": cursor})
        assert types(by_header) == types(rest)
    assert types(rest) == ["state"], "who has all of it is told how it stands, once"


async def test_statistics_that_a_reader_has_are_not_told_again(followed: Followed) -> None:
    name = await followed.start()
    await followed.say(name, "early")
    await followed.say(name, progress=20)
    async with followed.async_sdk() as client:
        async with await client.task_run.events(run_id(name)) as events:
            have = [await anext(events) for _ in range(3)][-1]
            assert (have.type, have.progress_meter) == ("task_run.progress_stats", 20)
        again = {"last_event_id": have.event_id}
        async with await client.task_run.events(run_id(name), extra_query=again) as events:
            assert (await anext(events)).type == "task_run.state"
            await followed.say(name, "late", progress=30)
            news: list[Any] = [await anext(events) for _ in range(2)]
    assert types(news) == ["msg.exec_status", "stats"]
    assert news[-1].progress_meter == 30


async def test_statistics_of_sources_outlast_a_resumption(followed: Followed) -> None:
    name = await followed.start()
    await followed.say(name, {"kind": "sources", "considered": 4}, "a", "b")
    last = (await followed.say(name, {"kind": "sources", "read": 3}, "c", progress=5)).version
    await followed.end(name)
    told = await followed.events(f"{run_path(name)}?last_event_id={last}")
    (stats,) = (event for event in told if "source_stats" in event)
    assert stats["source_stats"] == {
        "num_sources_considered": 4,
        "num_sources_read": 3,
        "sources_read_sample": None,
    }


async def test_frames_hold_nothing_that_the_vendors_decoder_stumbles_over(followed: Followed) -> None:
    name = await followed.start()
    nasty = "a\r\nid: 7\n\nevent: x\ndata: y\u2028data: z\u2029\x85\x0b\x00 ü"

    async def say_it_and_end() -> None:
        await followed.say(name, {"kind": "plan", "text": nasty}, {nasty: 2**80})
        await followed.end(name)

    answer = await followed.read_until(run_path(name), HEARTBEAT, say_it_and_end)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"
    text = answer.content.decode()
    assert ": hb\n" in text
    assert ": hb\n\n" not in text
    assert text.endswith("}\n\n")
    assert {line.partition(":")[0] for line in text.split("\n")} == {"event", "data", ""}
    assert len(text.splitlines()) == text.count("\n"), "no other line end is left for lax readers"
    plan, other = (event for event in read(text) if "message" in event)
    assert plan["message"] == nasty
    assert json.loads(other["message"]) == {nasty: 2**80}


@pytest.mark.parametrize(
    ("ending", "status", "message"),
    [
        (Failed(error=TaskError(code="dry", message="No source.")), "failed", "No source."),
        (None, "completed", None),
    ],
)
async def test_the_closing_state_says_how_it_ended(
    followed: Followed, ending: Failed | None, status: str, message: str | None
) -> None:
    name = await followed.start()
    reading = asyncio.create_task(aiterate(followed, name, is_strict=True))
    await followed.heard(name)
    await followed.end(name, ending)
    last = (await reading)[-1]
    assert last.run.status == status
    assert (last.output is None) is (status != "completed")
    assert (last.run.error.message if last.run.error else None) == message


async def test_a_paused_run_is_followed_through_to_its_cancel(followed: Followed) -> None:
    name = await followed.submit()
    await followed.house.store.pause(followed.workspace, name, followed.house.clock.now())

    async def cancel() -> None:
        await followed.house.store.cancel(followed.workspace, name, followed.house.clock.now())

    told = read((await followed.read_until(run_path(name), HEARTBEAT, cancel)).text)
    assert [event["run"]["status"] for event in told if "run" in event] == ["queued", "cancelled"]


async def test_the_meter_of_a_divided_run_moves_with_its_children(followed: Followed) -> None:
    name = await followed.start()
    reading = asyncio.create_task(followed.events(run_path(name)))
    await followed.heard(name)
    hidden = {"visibility": Visibility.INTERNAL, "origin": None, "wording": None}
    children = tuple(followed.new(parent_id=name, position=place, **hidden) for place in range(2))
    await followed.end(name, Divided(children=children))
    for child in await followed.claim(2):
        await followed.say(child.id, "only my own", progress=60)
        await followed.end(child.id, Done(result=1))
        assert (await followed.get(run_path(child.id))).status_code == 404
    await followed.claim()
    await followed.end(name)
    told = await reading
    meters = [event["progress_meter"] for event in told if "progress_meter" in event]
    assert meters == sorted(meters)
    assert any(0 < meter < 100 for meter in meters)
    assert "only my own" not in str(told)
    assert told[-1]["output"]["content"] == ANSWER["content"]


async def test_a_run_that_asks_leaves_the_active_set_for_those_who_know(followed: Followed) -> None:
    name = await followed.start()
    told_all = asyncio.create_task(followed.events(run_path(name)))
    told_some = asyncio.create_task(followed.events(run_path(name), **OPTED_IN))
    await followed.heard(name, 2)
    await followed.say(name, "hm")
    await followed.ask(name)
    first, *_, last = await asyncio.wait_for(told_some, LONGEST)
    assert (first["run"]["status"], first["run"]["is_active"]) == ("running", True)
    assert (last["run"]["status"], last["run"]["is_active"]) == ("action_required", False)
    assert last["run"]["action"]["question"] == {"text": "Which one?"}
    assert not told_all.done()
    # Who comes while it waits is told all, and its end; who has all of it, how it stands.
    again = await followed.events(run_path(name), **OPTED_IN)
    assert types(again) == ["state", "msg.exec_status", "stats", "state"]
    assert types(await followed.events(f"{run_path(name)}?last_event_id={last['event_id']}", **OPTED_IN)) == [
        "state"
    ]
    await followed.answer(name)
    rest = asyncio.create_task(
        followed.events(f"{run_path(name)}?last_event_id={last['event_id']}", **OPTED_IN)
    )
    await followed.claim()
    await followed.say(name, "I see")
    await followed.end(name)
    states = [event["run"]["status"] for event in await told_all if "run" in event]
    assert states == ["running", "completed"]
    assert "I see" in [event.get("message") for event in await rest]


async def test_of_a_trimmed_log_the_rest_is_told(followed: Followed) -> None:
    name = await followed.run(*WORDS, *(f"word {number}" for number in range(250)))
    store = followed.house.store
    await store.trim_events(followed.house.clock.now() + timedelta(days=1), 100)
    kept = (await store.get_task(followed.workspace, name)).events_from
    assert kept > 5
    for query in ("", "?last_event_id=3"):
        told = await followed.events(run_path(name) + query)
        assert types(told)[0] == types(told)[-1] == "state"
        said = [event for event in told if "message" in event]
        log = await store.list_events(followed.workspace, name, kept - 1, 1000)
        assert [int(event["event_id"]) for event in said] == [
            event.number for event in log if event.type == "task.message"
        ]
        assert told[-1]["output"]["content"] == ANSWER["content"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/runs/trun_00000000000000000000000000000000/events", 404),
        ("/runs/nonsense/events", 404),
        ("{run}?last_event_id=x", 422),
        ("{run}?last_event_id=-1", 422),
        ("{run}?last_event_id=99", 422),
        ("{run}?last_event_id=1&last_event_id=2", 422),
    ],
)
async def test_what_is_wrong_is_said_before_the_stream(followed: Followed, path: str, status: int) -> None:
    name = await followed.start()
    answer = await followed.get(path.format(run=run_path(name)))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json()["type"] == "error"
    assert answer.headers["x-should-retry"] == "false"
    assert "tsk_" not in answer.text
    assert followed.house.hub.waiting == 0


async def test_the_sdk_raises_its_own_classes(followed: Followed) -> None:
    name = await followed.start()
    with pytest.raises(NotFoundError):
        await aiterate(followed, name[:-1] + ("0" if name[-1] != "0" else "2"))
    with pytest.raises(UnprocessableEntityError):
        await aiterate(followed, name, extra_query={"last_event_id": "77"})


async def test_an_empty_cursor_is_none_and_both_versions_serve(followed: Followed) -> None:
    name = await followed.run(*WORDS)
    whole = await followed.events(run_path(name))
    assert await followed.events(f"{run_path(name)}?last_event_id=", **{"Last-Event-ID": ""}) == whole
    async with httpx.AsyncClient(base_url=followed.address, headers={"x-api-key": followed.key}) as client:
        for prefix in ("/v1beta/tasks", "/parallel/v1/tasks"):
            assert read((await client.get(prefix + run_path(name))).text) == whole


async def test_another_workspaces_run_is_no_run(followed: Followed) -> None:
    name = await followed.start()
    key = (await found_workspace(followed.house, "theirs")).keys[KeyRole.API]
    async with httpx.AsyncClient(base_url=followed.address) as client:
        for headers, status in (({"x-api-key": key}, 404), ({}, 401), ({"x-api-key": "none"}, 401)):
            answer = await client.get(f"/v1/tasks{run_path(name)}", headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (status, "error")


async def test_a_server_that_leaves_cuts_its_streams(tmp_path: Path) -> None:
    async with following(tmp_path / "data") as followed:
        name = await followed.start()
        by_sdk = asyncio.create_task(aiterate(followed, name))
        in_thread = asyncio.create_task(asyncio.to_thread(iterate, followed, name))
        await followed.heard(name, 2)
        followed.house.hub.close()
        for reading in (by_sdk, in_thread):
            with pytest.raises(httpx.TransportError):
                await reading
        refused = await followed.get(run_path(name))
        assert (refused.status_code, refused.headers["x-should-retry"]) == (503, "true")


async def test_a_revoked_key_ends_its_streams(followed: Followed) -> None:
    name, keeper = await followed.start(), followed.principal
    made = await issue_key(followed.house, keeper, name="short", scopes=frozenset({"read"}))

    async def listen() -> str:
        headers = {"x-api-key": made.text}
        async with httpx.AsyncClient(base_url=followed.address, headers=headers) as client:
            return (await client.get(f"/v1/tasks{run_path(name)}")).text

    reading = asyncio.create_task(listen())
    await followed.heard(name)
    await revoke_key(followed.house, keeper, made.key.public_id)
    with pytest.raises(httpx.TransportError):
        await asyncio.wait_for(reading, LONGEST)
    assert followed.house.hub.waiting == 0


async def test_a_stream_whose_life_is_over_ends_with_the_state(tmp_path: Path) -> None:
    async with following(tmp_path / "data", pace=Pace(heartbeat=0.02, longest=0.15)) as followed:
        name = await followed.start()
        await followed.say(name, "one", progress=7)
        told = await aiterate(followed, name, is_strict=True)
        assert types(told) == ["state", "msg.exec_status", "stats", "state"]
        assert (told[-1].run.status, told[-1].output) == ("running", None)
        rest = await followed.events(f"{run_path(name)}?last_event_id={told[-1].event_id}")
        assert types(rest) == ["state", "stats", "state"]


async def test_a_run_without_events_has_rare_statistics(followed: Followed) -> None:
    name = await followed.start(origin=replace(ORIGIN, enable_events=False).write())
    reading = asyncio.create_task(followed.events(run_path(name)))
    await followed.heard(name)
    for percent in range(1, 90):
        await followed.say(name, f"at {percent}", progress=percent)
    await followed.end(name)
    told = await reading
    assert len([event for event in told if "message" in event]) == 89
    meters = [event["progress_meter"] for event in told if "progress_meter" in event]
    assert len(meters) == 2
    assert meters[-1] == 100


async def test_what_fails_in_the_stream_is_told_as_an_error(tmp_path: Path) -> None:
    async with following(tmp_path / "data", pace=Pace(heartbeat=10)) as followed:
        name = await followed.start()
        for _ in range(20):
            await followed.say(name, *("x" * 100_000 for _ in range(10)))
        headers, parts = {"x-api-key": followed.key}, []
        async with (
            httpx.AsyncClient(base_url=followed.address, headers=headers) as client,
            client.stream("GET", f"/v1/tasks{run_path(name)}") as answer,
        ):
            async for part in answer.aiter_bytes():
                followed.house.store.readers.stop()
                parts.append(part)
        *told, error = read(b"".join(parts).decode())
        assert len(told) < 201
        assert error["type"] == "error"
        assert set(error["error"]) == {"ref_id", "message", "detail"}


async def test_a_reader_that_takes_nothing_is_cut(followed: Followed) -> None:
    name = await followed.start()
    for _ in range(20):
        await followed.say(name, *("x" * 200_000 for _ in range(10)))
    port = int(followed.address.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    asked = f"GET /v1/tasks{run_path(name)} HTTP/1.1\r\nHost: x\r\nx-api-key: {followed.key}\r\n\r\n"
    writer.write(asked.encode())
    await followed.heard(name)
    async with bounded("the stream to be let go of"):
        while followed.house.hub.waiting:  # noqa: ASYNC110  the hub tells nobody that somebody left
            await asyncio.sleep(0.01)
    writer.close()


async def test_a_client_that_leaves_holds_nothing(followed: Followed) -> None:
    name = await followed.start()
    async with followed.async_sdk() as client:
        events = await client.task_run.events(run_id(name))
        assert (await anext(events)).type == "task_run.state"
        await events.close()
    async with bounded("the stream to be let go of"):
        while followed.house.hub.waiting:  # noqa: ASYNC110  the hub tells nobody that somebody left
            await asyncio.sleep(0.01)


async def test_a_key_has_only_so_many_streams_open(tmp_path: Path) -> None:
    async with following(tmp_path / "data", limits=Limits(streams=1)) as followed:
        name = await followed.start()
        async with followed.async_sdk() as client, await client.task_run.events(run_id(name)) as events:
            assert (await anext(events)).type == "task_run.state"
            for path in (run_path(name), group_path(await followed.group(1))):
                refused = await followed.get(path)
                assert (refused.status_code, refused.json()["type"]) == (429, "error")
                assert refused.headers["x-should-retry"] == "true"
                assert int(refused.headers["retry-after-ms"]) > 0
