"""The vendor's `execute()`: submit and wait in one call, whatever comes between."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from bounds import bounded
from parallel import InternalServerError
from pydantic import BaseModel
from runs_served import OPTIONS, Talk, listening
from server import Serving, serving
from trades_of_runs import TRADES
from waiting import let_go, until

from gnomon.core.task import Status
from gnomon.web.ids import find_task_id

SHORT = 0.2
"""The longest hold of a server whose calls are put off often. [s]"""


class Company(BaseModel):
    name: str
    employees: int


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Serving]:
    """Serve with holds that are much shorter than the runs."""
    options = replace(OPTIONS, longest_hold=SHORT)
    async with serving(tmp_path / "data", *TRADES, is_alone=True, parallel=options) as server:
        yield server


async def test_execute_gives_text(talk: Talk) -> None:
    result = await talk(lambda c: c.task_run.execute(input="x", processor="lite", output="One line."))
    assert (result.output.type, result.output.content) == ("text", "On x")


async def test_execute_gives_json(talk: Talk) -> None:
    schema = {"type": "json", "json_schema": {**Company.model_json_schema(), "additionalProperties": False}}
    result = await talk(lambda c: c.task_run.execute(input="x", processor="lite", output=schema))
    assert result.output.content == {"name": "On x", "employees": 4}


async def test_execute_gives_the_class_that_was_asked_for(talk: Talk) -> None:
    result = await talk(
        lambda c: c.task_run.execute(input="x", processor="lite", output=Company, metadata={"a": "b"})
    )
    assert result.output.parsed == Company(name="On x", employees=4)
    assert result.run.metadata == {"a": "b"}


async def test_execute_gives_what_was_left_to_the_workload(talk: Talk) -> None:
    result = await talk(lambda c: c.task_run.execute(input={"q": "x"}, processor="ultra2x"))
    assert result.output.content == {"answer": "On {'q': 'x'}"}


async def test_execute_outlasts_holds_without_end(hasty: Serving, pipe: Path) -> None:
    async with listening(hasty) as (client, wire):
        running = asyncio.create_task(client.task_run.execute(input={"until": str(pipe)}, processor="core"))
        async with bounded("the client's third request"):
            await wire.third.wait()
        # The third is the client's last: it is held for as long as it takes, beyond the longest hold.
        await asyncio.wait({running}, timeout=4 * SHORT)
        assert not running.done()
        await let_go(pipe, "at last")
        assert (await running).output.content == "at last"
        assert wire.statuses == [408, 408, 200]


@pytest.mark.parametrize("tries", [0, 1, 2])
async def test_execute_times_out_when_it_says(served: Serving, tries: int) -> None:
    async with listening(served, max_retries=tries) as (client, wire):
        begun = time.monotonic()
        with pytest.raises(TimeoutError, match="trun_"):
            async with bounded("execute() to time out"):
                await client.task_run.execute(input="x", processor="core-fast", timeout=2)
        assert time.monotonic() - begun >= 2
        # It hangs up at its deadline, and is told at once when it comes back.
        assert (wire.asked, wire.statuses) == ((2, [408]) if tries else (1, []))


async def test_execute_times_out_when_it_says_in_a_thread_too(talk: Talk) -> None:
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        async with bounded("execute() to time out"):
            await talk(lambda c: c.task_run.execute(input="x", processor="core-fast", timeout=1))
    assert time.monotonic() - begun >= 1


async def test_execute_times_out_after_short_holds(hasty: Serving) -> None:
    async with listening(hasty) as (client, wire):
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            async with bounded("execute() to time out"):
                await client.task_run.execute(input="x", processor="core-fast", timeout=1.5)
        assert time.monotonic() - begun >= 1.5
        assert (wire.asked, wire.statuses[:2]) == (3, [408, 408])


async def test_a_result_that_comes_while_the_client_hangs_up_is_not_lost(served: Serving, pipe: Path) -> None:
    """Between its time-out and its next try the run ends."""

    async def end() -> None:
        await let_go(pipe, "just so")
        task = await served.house.store.get_task_by_number(served.founded.workspace.id, 1)
        await until(served, task.id, Status.COMPLETED)

    async with listening(served) as (client, wire):
        wire.before_second = end
        result = await client.task_run.execute(input={"until": str(pipe)}, processor="core", timeout=2)
        assert result.output.content == "just so"
        assert wire.statuses == [200]


@pytest.mark.parametrize(("headers", "status"), [({}, 503), ({"X-Stainless-Poll-Helper": "true"}, 500)])
async def test_a_server_that_stops_sends_the_client_to_its_successor(
    served: Serving, headers: dict[str, str], status: int
) -> None:
    """The helper breaks on a 503 that it has no try left for."""
    async with listening(served, max_retries=0) as (client, _):
        run = await client.task_run.create(input="x", processor="core-fast")
        served.house.hub.close()
        with pytest.raises(InternalServerError) as refused:
            await client.task_run.result(run.run_id, extra_headers=headers)
        assert refused.value.status_code == status
        told = refused.value.response.headers
        assert (told["x-should-retry"], told["retry-after-ms"]) == ("true", "10000")


async def test_result_puts_off_in_a_loop(hasty: Serving, pipe: Path) -> None:
    async with listening(hasty) as (client, wire):
        run = await client.task_run.create(input={"until": str(pipe)}, processor="core")
        for _ in range(2):
            with pytest.raises(Exception, match="still running") as put_off:
                await client.task_run.result(run.run_id, api_timeout=5)
            assert getattr(put_off.value, "status_code", None) == 408
        assert wire.statuses == [408] * 6
        await let_go(pipe, "go")
        await until(hasty, find_task_id(run.run_id) or "", Status.COMPLETED)
        assert (await client.task_run.result(run.run_id, api_timeout=5)).output.content == "go"


async def test_result_looks_once_without_waiting(served: Serving) -> None:
    async with listening(served) as (client, wire):
        run = await client.task_run.create(input="x", processor="core-fast")
        with pytest.raises(Exception, match="408"):
            await client.task_run.result(run.run_id, api_timeout=0)
        assert wire.statuses == [408]
        done = await client.task_run.create(input="x", processor="lite")
        await client.task_run.result(done.run_id)
        assert (await client.task_run.result(done.run_id, api_timeout=0)).run.status == "completed"


async def test_an_impatient_client_is_told_before_it_gives_up(served: Serving) -> None:
    async with listening(served, max_retries=0, timeout=4) as (client, wire):
        run = await client.task_run.create(input="x", processor="core-fast")
        begun = time.monotonic()
        with pytest.raises(Exception, match="408"):
            await client.task_run.result(run.run_id, api_timeout=600)
        assert time.monotonic() - begun > 3
        assert wire.statuses == [408]
