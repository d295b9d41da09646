"""The vendor's clients, both kinds: create, retrieve, input, result."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from parallel import AsyncParallel, NotFoundError
from parallel.types import TaskRun
from runs_served import Talk
from server import Serving
from waiting import let_go, until

from gnomon.core.access import KeyRole
from gnomon.core.task import Status
from gnomon.web.ids import find_task_id


async def test_a_run_from_its_creation_to_its_result(talk: Talk) -> None:
    metadata = {"unit": "a-1", "count": 2, "dry": True}
    raw = await talk(
        lambda c: c.task_run.with_raw_response.create(
            input="What is it?", processor="lite", metadata=metadata, task_spec={"output_schema": "One line."}
        )
    )
    assert raw.http_response.status_code == 202
    run = raw.parse()
    run = await run if asyncio.iscoroutine(run) else run
    assert (run.status, run.is_active, run.processor, run.metadata) == ("queued", True, "lite", metadata)
    assert run.run_id == run.interaction_id
    assert run.run_id.startswith("trun_")
    asked = await talk(lambda c: c.task_run.retrieve_input(run.run_id))
    assert (asked.input, asked.processor, asked.metadata) == ("What is it?", "lite", metadata)
    result = await talk(lambda c: c.task_run.result(run.run_id))
    assert result.output.type == "text"
    assert result.output.content == "On What is it?"
    assert result.output.basis[0].citations[0].url == "https://example.com/a"
    seen = await talk(lambda c: c.task_run.retrieve(run.run_id))
    assert (seen.status, seen.is_active) == ("completed", False)
    assert seen == result.run


_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
    "required": ["name", "size"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("spec", "kind", "content"),
    [
        (None, "json", {"answer": "On x"}),
        ({"output_schema": {"type": "auto"}}, "json", {"answer": "On x"}),
        ({"output_schema": {"type": "json", "json_schema": _SCHEMA}}, "json", {"name": "On x", "size": 4}),
        ({"output_schema": {"json_schema": _SCHEMA}}, "json", {"name": "On x", "size": 4}),
        ({"output_schema": {"type": "text", "description": "Short."}}, "text", "On x"),
        ({"output_schema": {"type": "text"}}, "text", "On x"),
        ({"output_schema": "Short."}, "text", "On x"),
    ],
)
async def test_each_form_of_output(served: Serving, spec: Any, kind: str, content: Any) -> None:
    key = served.founded.keys[KeyRole.API]
    async with AsyncParallel(
        api_key=key, base_url=served.address, _strict_response_validation=True
    ) as client:
        given = {} if spec is None else {"task_spec": spec}
        run = await client.task_run.create(input="x", processor="ultra4x-fast", **given)
        result = await client.task_run.result(run.run_id)
        assert (result.output.type, result.output.content) == (kind, content)
        assert result.output.basis[0].reasoning == "effort 8"
        chosen = getattr(result.output, "output_schema", None)
        assert (chosen is not None) is (spec in (None, {"output_schema": {"type": "auto"}}))


@pytest.mark.parametrize("value", [None, 7, ["a"], {"a": 1}, "text"])
async def test_any_workload_stands_behind_a_processor(client: AsyncParallel, value: Any) -> None:
    run = await client.task_run.create(input={"value": value}, processor="base")
    output = (await client.task_run.result(run.run_id)).output
    assert output.content == (value if isinstance(value, str | dict) else {"output": value})


async def test_an_earlier_interaction_is_gone_on_from(client: AsyncParallel) -> None:
    first = await client.task_run.create(input="a", processor="lite", task_spec={"output_schema": "x"})
    then = await client.task_run.create(
        input="b",
        processor="ultra2x-fast",
        task_spec={"output_schema": "x"},
        previous_interaction_id=first.interaction_id,
    )
    assert (await client.task_run.result(then.run_id)).output.content == "On b after 'On a'"


async def test_older_clients_ask_with_a_query_and_betas(client: AsyncParallel) -> None:
    betas = ["events-sse-2025-07-24", "search-extract-2025-10-10", "anything-at-all"]
    query = {"beta": "true"}
    run = await client.task_run.create(input="x", processor="lite", betas=betas, extra_query=query)
    result = await client.task_run.result(run.run_id, betas=betas, extra_query=query)
    assert result.run.status == "completed"


@pytest.mark.parametrize("prefix", ["/v1beta/tasks", "/parallel/v1/tasks", "/parallel/v1beta/tasks"])
async def test_every_prefix_shows_the_same_run(served: Serving, client: AsyncParallel, prefix: str) -> None:
    run = await client.task_run.create(input="x", processor="lite")
    found = await client.get(f"{prefix}/runs/{run.run_id}", cast_to=TaskRun)
    assert found.run_id == run.run_id
    async with AsyncParallel(api_key=client.api_key, base_url=served.address + "/parallel") as below:
        assert (await below.task_run.result(run.run_id)).run.run_id == run.run_id


async def test_a_failed_run_tells_why_on_its_result_at_once(talk: Talk) -> None:
    run = await talk(lambda c: c.task_run.create(input="x", processor="ultra"))
    with pytest.raises(NotFoundError) as refused:
        await talk(lambda c: c.task_run.result(run.run_id))
    body: Any = refused.value.body
    assert body["type"] == "error"
    shown = body["error"]["detail"]["run"]
    assert (shown["run_id"], shown["status"]) == (run.run_id, "failed")
    assert shown["error"]["message"] == "There was a stone in the way."
    assert refused.value.response.headers["x-should-retry"] == "false"


async def test_a_cancelled_run_has_no_result(served: Serving, client: AsyncParallel) -> None:
    run = await client.task_run.create(input="x", processor="core-fast")
    task_id = find_task_id(run.run_id) or ""
    await until(served, task_id, Status.RUNNING)
    waiting = asyncio.create_task(client.task_run.result(run.run_id))
    cancelling = await client.post(f"/v1/tasks/runs/{run.run_id}/cancel", cast_to=httpx.Response)
    assert cancelling.status_code == 202
    assert (cancelling.json()["status"], cancelling.json()["is_active"]) == ("cancelling", True)
    with pytest.raises(NotFoundError) as refused:
        await waiting
    body: Any = refused.value.body
    assert body["error"]["detail"]["run"]["status"] == "cancelled"
    again = await client.post(f"/v1/tasks/runs/{run.run_id}/cancel", cast_to=httpx.Response)
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")


async def test_a_held_result_comes_when_the_run_ends(client: AsyncParallel, pipe: Path) -> None:
    run = await client.task_run.create(input={"until": str(pipe)}, processor="core")
    waiting = asyncio.create_task(client.task_run.result(run.run_id))
    await let_go(pipe, "go")
    assert (await waiting).output.content == "go"
