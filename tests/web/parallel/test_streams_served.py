"""Runs and groups made, followed and read by the vendor's client alone, worked on by the engine."""

import asyncio
from typing import Any

import pytest
from followed import OPTED_IN, types
from parallel import AsyncParallel, Parallel
from runs_served import Talk
from server import Serving

from gnomon.core.access import KeyRole

TEXT: Any = {"output_schema": {"type": "text", "description": "Words."}}


def follow(served: Serving, *, is_strict: bool) -> list[Any]:
    """Make a run and read its events to their end by the synchronous client."""
    key = served.founded.keys[KeyRole.API]
    given: dict[str, Any] = {"api_key": key, "base_url": served.address}
    with Parallel(**given, _strict_response_validation=is_strict) as client:
        run = client.task_run.create(input="Why?", processor="ultra8x", task_spec=TEXT)
        with client.task_run.events(run.run_id) as events:
            told: list[Any] = list(events)
        assert client.task_run.result(run.run_id).output == told[-1].output
    return told


@pytest.mark.parametrize("is_strict", [False, True], ids=["loose", "strict"])
async def test_a_run_is_followed_to_its_result(served: Serving, is_strict: bool) -> None:
    told = await asyncio.to_thread(follow, served, is_strict=is_strict)
    assert types(told)[0] == types(told)[-1] == "state"
    assert [event.message for event in told if "msg.search" in event.type] == ["Query: Why?"]
    assert [event.progress_meter for event in told if "stats" in event.type][-1] == 100
    assert (told[-1].run.status, told[-1].output.content) == ("completed", "On Why?")


async def test_a_run_that_fails_is_followed_to_its_error(client: AsyncParallel) -> None:
    run = await client.task_run.create(input="Why?", processor="ultra")
    async with await client.task_run.events(run.run_id) as events:
        last: Any = [event async for event in events][-1]
    assert last.type == "task_run.state"
    assert last.run.status == "failed"
    assert last.run.error is not None
    assert last.run.error.message == "There was a stone in the way."
    assert last.output is None


async def test_a_run_that_asks_is_left_answered_and_followed_on(client: AsyncParallel) -> None:
    run = await client.task_run.create(input="Why?", processor="pro")
    async with await client.task_run.events(run.run_id, extra_headers=OPTED_IN) as events:
        last: Any = [event async for event in events][-1]
    assert last.type == "task_run.state"
    assert last.run.status == "action_required"
    path = f"/v1/tasks/runs/{run.run_id}/answer"
    await client.post(path, body={"key": last.run.action["key"], "answer": "yes"}, cast_to=object)
    cursor = {"last_event_id": last.event_id}
    async with await client.task_run.events(run.run_id, extra_query=cursor) as events:
        last = [event async for event in events][-1]
    assert last.type == "task_run.state"
    assert last.output is not None
    assert last.output.content == {"answered": "yes"}


async def test_a_group_is_filled_followed_and_read(talk: Talk) -> None:
    inputs: Any = [{"input": {"n": n, "value": f"value {n}"}, "processor": "base"} for n in range(60)]
    group = await talk(lambda vendor: vendor.task_group.create(metadata={"batch": "june"}))
    name = group.task_group_id
    first = await talk(lambda vendor: vendor.task_group.add_runs(name, inputs=inputs[:40]))
    events = await talk(lambda vendor: vendor.task_group.events(name))
    more = await talk(lambda vendor: vendor.task_group.add_runs(name, inputs=inputs[40:]))
    told = await read(events)
    ended = [event.run.run_id for event in told if event.type == "task_run.state"]
    if len(ended) < len(inputs):  # the first had ended before the others came
        last = told[-1].event_id
        told = await read(await talk(lambda vendor: vendor.task_group.events(name, last_event_id=last)))
        ended += [event.run.run_id for event in told if event.type == "task_run.state"]
    assert sorted(ended) == sorted([*first.run_ids, *more.run_ids])
    assert told[-1].status.task_run_status_counts == {"completed": 60}
    shown = await read(
        await talk(lambda vendor: vendor.task_group.get_runs(name, include_input=True, include_output=True))
    )
    assert [event.run.run_id for event in shown] == [*first.run_ids, *more.run_ids]
    assert [event.input.input["n"] for event in shown] == list(range(60))
    assert [event.output.content for event in shown] == [f"value {n}" for n in range(60)]
    later = await read(
        await talk(lambda vendor: vendor.task_group.get_runs(name, last_event_id=more.run_cursor))
    )
    assert [event.run.run_id for event in later] == more.run_ids


async def read(events: Any) -> list[Any]:
    """Read a stream of either client to its end."""
    if hasattr(events, "__aiter__"):
        return [event async for event in events]
    return await asyncio.to_thread(list, events)
