"""A repeated request makes one run: their client repeats what it does not know the fate of."""

import asyncio
from typing import Any

import httpx
import pytest
from parallel import AsyncParallel, Parallel, UnprocessableEntityError
from runs_served import listening
from server import Serving

from gnomon.core.access import KeyRole
from gnomon.core.ports import TaskQuery


class Losing(httpx.AsyncHTTPTransport):
    """Loses the first answers to submissions, which have arrived and were worked on."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self._losses = losses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if request.method == "POST" and self._losses:
            self._losses -= 1
            await response.aread()
            await response.aclose()
            raise httpx.ReadError("the answer was lost")
        return response


class LosingInThread(httpx.HTTPTransport):
    """The same for the client that blocks."""

    _has_lost = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.method == "POST" and not self._has_lost:
            self._has_lost = True
            response.read()
            response.close()
            raise httpx.ReadError("the answer was lost")
        return response


async def count(served: Serving) -> int:
    query = TaskQuery(workspace=served.founded.workspace.id, limit=100)
    return len((await served.house.store.list_tasks(query)).records)


@pytest.mark.parametrize("losses", [1, 2])
async def test_lost_answers_make_one_run(served: Serving, losses: int) -> None:
    async with (
        httpx.AsyncClient(transport=Losing(losses)) as http,
        AsyncParallel(
            api_key=served.founded.keys[KeyRole.API], base_url=served.address, http_client=http
        ) as client,
    ):
        raw = await client.task_run.with_raw_response.create(input="x", processor="core-fast")
        run = await raw.parse()
        # As it was at first, although it may have begun meanwhile.
        assert (raw.http_response.status_code, run.status) == (202, "queued")
        assert raw.http_response.headers["Idempotency-Replayed"] == "true"
        assert (await client.task_run.retrieve(run.run_id)).run_id == run.run_id
    assert await count(served) == 1


async def test_a_lost_answer_makes_one_run_for_the_client_that_blocks(served: Serving) -> None:
    def talk() -> Any:
        with (
            httpx.Client(transport=LosingInThread()) as http,
            Parallel(
                api_key=served.founded.keys[KeyRole.API], base_url=served.address, http_client=http
            ) as client,
        ):
            return client.task_run.execute(input="x", processor="lite", output="One line.")

    result = await asyncio.to_thread(talk)
    assert result.output.content == "On x"
    assert await count(served) == 1


async def test_two_that_are_meant_are_two(client: AsyncParallel, served: Serving) -> None:
    runs = [await client.task_run.create(input="x", processor="lite") for _ in range(2)]
    at_once = await asyncio.gather(*(client.task_run.create(input="x", processor="lite") for _ in range(2)))
    assert len({run.run_id for run in (*runs, *at_once)}) == 4
    assert await count(served) == 4


async def test_a_key_makes_one_run_however_often_it_comes(served: Serving) -> None:
    async with listening(served) as (client, wire):
        key = {"Idempotency-Key": "unit-17"}
        first = await client.task_run.create(input="x", processor="lite", extra_headers=key)
        await client.task_run.result(first.run_id)
        raw = await client.task_run.with_raw_response.create(input="x", processor="lite", extra_headers=key)
        assert raw.http_response.status_code == 202
        assert (await raw.parse()) == first
        before = wire.requests
        with pytest.raises(UnprocessableEntityError, match="key was used before"):
            await client.task_run.create(input="y", processor="lite", extra_headers=key)
        assert wire.requests == before + 1
    assert await count(served) == 1


async def test_what_a_retry_names_is_not_looked_at_again(served: Serving) -> None:
    """A refused request leaves nothing behind that its repetition could find."""
    async with listening(served) as (client, _):
        key = {"Idempotency-Key": "unit-18"}
        with pytest.raises(UnprocessableEntityError):
            await client.task_run.create(
                input="x", processor="lite", extra_headers=key, metadata={"k" * 17: "v"}
            )
        run = await client.task_run.create(input="x", processor="lite", extra_headers=key)
        assert run.status == "queued"
