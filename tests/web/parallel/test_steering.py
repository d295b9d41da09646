"""What the vendor has no path for: list, cancel, set aside, answer a run that asks."""

import asyncio
from typing import Any

import httpx
import pytest
from parallel import APIStatusError, AsyncParallel, NotFoundError
from parallel.types import TaskRun
from runs_served import listening
from server import Serving
from waiting import until

from gnomon.core.task import Status
from gnomon.web.ids import find_task_id

OPTED_IN = {"parallel-beta": "events-sse-2025-07-24, action-required"}


async def asking(served: Serving, client: AsyncParallel) -> TaskRun:
    run = await client.task_run.create(input="x", processor="pro")
    await until(served, find_task_id(run.run_id) or "", Status.WAITING)
    return run


async def tell(client: AsyncParallel, run: TaskRun, body: Any) -> TaskRun:
    return await client.post(f"/v1/tasks/runs/{run.run_id}/answer", cast_to=TaskRun, body=body)


async def test_a_run_that_asks_is_answered_by_a_client_that_opted_in(served: Serving) -> None:
    async with listening(served, default_headers=OPTED_IN) as (client, wire):
        run = await asking(served, client)
        seen = await client.task_run.retrieve(run.run_id)
        assert (seen.status, seen.is_active) == ("action_required", False)
        action: Any = (seen.model_extra or {})["action"]
        assert (action["key"], action["question"]) == ("approve", {"text": "Shall I go on?"})
        with pytest.raises(NotFoundError) as refused:
            await client.task_run.result(run.run_id)
        body: Any = refused.value.body
        assert body["error"]["detail"]["run"]["status"] == "action_required"
        assert wire.statuses == [404]
        told = await tell(client, run, {"answer": {"go": True}})
        assert (told.status, told.is_active) == ("running", True)
        assert (await client.task_run.result(run.run_id)).output.content == {"answered": {"go": True}}


async def test_who_did_not_opt_in_sees_it_running_and_waits(served: Serving) -> None:
    async with listening(served) as (client, _):
        run = await asking(served, client)
        seen = await client.task_run.retrieve(run.run_id)
        assert (seen.status, seen.is_active) == ("running", True)
        assert "action" not in (seen.model_extra or {})
        with pytest.raises(APIStatusError, match="408"):
            await client.task_run.result(run.run_id, api_timeout=0)
        waiting = asyncio.create_task(client.task_run.result(run.run_id))
        await tell(client, run, {"answer": "yes", "key": "approve"})
        assert (await waiting).output.content == {"answered": "yes"}


async def test_a_wait_of_who_opted_in_ends_when_the_run_asks(served: Serving) -> None:
    async with listening(served, default_headers=OPTED_IN) as (client, _):
        run = await client.task_run.create(input="x", processor="pro")
        with pytest.raises(NotFoundError, match="action_required"):
            await client.task_run.result(run.run_id)


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"answer": 1, "key": "other"}, 409, "'approve'"),
        ({}, 422, "'answer' is missing"),
        ({"answer": 1, "key": 7}, 422, "key"),
        ({"answer": 1, "keys": "approve"}, 422, "keys"),
        ([], 422, "object"),
    ],
)
async def test_an_answer_that_is_none_is_refused(served: Serving, body: Any, status: int, told: str) -> None:
    async with listening(served) as (client, wire):
        run = await asking(served, client)
        before = wire.requests
        with pytest.raises(APIStatusError) as refused:
            await tell(client, run, body)
        assert refused.value.status_code == status
        assert told in str(refused.value)
        assert "tsk_" not in str(refused.value)
        assert wire.requests == before + 1


async def test_an_answer_is_given_once(served: Serving, client: AsyncParallel) -> None:
    run = await asking(served, client)
    for _ in range(2):
        await tell(client, run, {"answer": 1, "key": "approve"})
    with pytest.raises(APIStatusError, match="409"):
        await tell(client, run, {"answer": 2, "key": "approve"})
    await client.task_run.result(run.run_id)
    with pytest.raises(APIStatusError, match="asks nothing"):
        await tell(client, run, {"answer": 2})


async def test_a_run_is_set_aside_and_goes_on(served: Serving, client: AsyncParallel) -> None:
    run = await client.task_run.create(input="x", processor="core-fast")
    task_id = find_task_id(run.run_id) or ""
    await until(served, task_id, Status.RUNNING)
    place = f"/v1/tasks/runs/{run.run_id}"
    pausing = await client.post(f"{place}/pause", cast_to=httpx.Response)
    assert (pausing.status_code, pausing.json()["status"]) == (202, "running")
    await until(served, task_id, Status.PAUSED)
    # It has begun: no step back is shown.
    assert (await client.task_run.retrieve(run.run_id)).status == "running"
    with pytest.raises(APIStatusError, match=r"The run is paused.*resume"):
        await client.task_run.result(run.run_id, api_timeout=0)
    assert (await client.post(f"{place}/pause", cast_to=httpx.Response)).status_code == 200
    assert (await client.post(f"{place}/resume", cast_to=httpx.Response)).status_code == 200
    await until(served, task_id, Status.RUNNING)
    await client.post(f"{place}/cancel", cast_to=httpx.Response)
    await until(served, task_id, Status.CANCELLED)
    with pytest.raises(APIStatusError) as refused:
        await client.post(f"{place}/pause", cast_to=httpx.Response)
    assert refused.value.status_code == 409
    assert run.run_id in str(refused.value)


async def listed(client: AsyncParallel, **query: Any) -> Any:
    return await client.get("/v1/tasks/runs", cast_to=object, options={"params": query})


async def test_runs_are_listed_page_by_page(served: Serving, client: AsyncParallel) -> None:
    made = [await client.task_run.create(input="x", processor="base") for _ in range(5)]
    names = [run.run_id for run in reversed(made)]
    seen, cursor = [], None
    while True:
        page = await listed(client, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [TaskRun.model_validate(run).run_id for run in page["runs"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == names


async def test_runs_are_listed_by_status_and_processor(served: Serving, client: AsyncParallel) -> None:
    done = await client.task_run.create(input="x", processor="lite")
    twin = await client.task_run.create(input="x", processor="lite-fast")
    failed = await client.task_run.create(input="x", processor="ultra")
    asks = await asking(served, client)
    for run in (done, twin):
        await client.task_run.result(run.run_id)
    await until(served, find_task_id(failed.run_id) or "", Status.FAILED)

    async def names(**query: Any) -> list[str]:
        return [run["run_id"] for run in (await listed(client, **query))["runs"]]

    assert await names(status="completed") == [twin.run_id, done.run_id]
    assert await names(status="completed", processor="lite") == [done.run_id]
    assert await names(processor="lite-fast", limit=1) == [twin.run_id]
    assert await names(status="failed") == [failed.run_id]
    assert await names(status="running") == [asks.run_id]
    assert await names(status="action_required") == [asks.run_id], "who asks for that word knows it"
    (shown,) = (await listed(client, status="action_required"))["runs"]
    assert (shown["status"], shown["action"]["key"]) == ("action_required", "approve")
    assert await names(processor="nobody's") == []
    async with listening(served, default_headers=OPTED_IN) as (opted, _):
        page = await listed(opted, status="action_required")
        assert [run["run_id"] for run in page["runs"]] == [asks.run_id]
        assert (await listed(opted, status="running"))["runs"] == []


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"status": "done"}, "status"),
        ({"limit": 0}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": 201}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "9" * 30 + "-1"}, "cursor"),
    ],
)
async def test_a_list_that_cannot_be_is_refused(client: AsyncParallel, query: Any, place: str) -> None:
    with pytest.raises(APIStatusError) as refused:
        await listed(client, **query)
    assert refused.value.status_code == 422
    body: Any = refused.value.body
    assert body["error"]["detail"]["errors"][0]["loc"] == ["query", place]


async def test_an_answer_in_other_words_is_refused_in_the_runs_name(
    served: Serving, client: AsyncParallel
) -> None:
    run = await asking(served, client)
    await tell(client, run, {"answer": 1, "key": "approve"})
    with pytest.raises(APIStatusError, match=f"of run {run.run_id} was answered otherwise") as refused:
        await tell(client, run, {"answer": 2, "key": "approve"})
    assert refused.value.status_code == 409
    assert "tsk_" not in str(refused.value)
    with pytest.raises(APIStatusError, match=r"There is no member 'answr'\. .* Did you mean 'answer'\?"):
        await tell(client, run, {"answr": 2, "answer": 1})
