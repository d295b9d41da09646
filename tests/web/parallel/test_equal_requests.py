"""Equal requests of several clients at once, whose first tries or answers are lost: each has what it asked for."""

import asyncio
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from parallel import AsyncParallel
from server import Serving

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.service.access import issue_key

CROWD = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """Which tries never arrive, and which are answered in vain."""

    unsent: Set[int] = field(default_factory=frozenset)
    lost: Set[int] = field(default_factory=frozenset)


MISHAPS = [
    Mishap(),
    Mishap(unsent={0}),
    Mishap(unsent={0, 1}),
    Mishap(lost={0}),
    Mishap(lost={0, 1}),
    Mishap(unsent={0}, lost={1}),
    Mishap(lost={0}, unsent={1}),
]


class Unlucky(httpx.AsyncBaseTransport):
    """Has the same mishap with every request."""

    def __init__(self, mishap: Mishap) -> None:
        self._mishap = mishap
        self._wire = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        tries = int(request.headers["x-stainless-retry-count"])
        if tries in self._mishap.unsent:
            raise httpx.ConnectError("Nobody is there.")
        response = await self._wire.handle_async_request(request)
        if tries in self._mishap.lost:
            await response.aclose()
            raise httpx.ReadError("The answer was lost.")
        return response

    async def aclose(self) -> None:
        await self._wire.aclose()


@asynccontextmanager
async def unlucky(served: Serving, mishap: Mishap, key: str | None = None) -> AsyncIterator[AsyncParallel]:
    given: dict[str, Any] = {
        "api_key": key or served.founded.keys[KeyRole.API],
        "base_url": served.address,
    }
    async with httpx.AsyncClient(transport=Unlucky(mishap)) as plain:
        yield AsyncParallel(http_client=plain, **given)


async def list_runs(client: AsyncParallel) -> set[str]:
    answer = await client.get("/v1/tasks/runs", cast_to=httpx.Response)
    return {run["run_id"] for run in answer.json()["runs"]}


@pytest.mark.parametrize("mishap", MISHAPS, ids=str)
async def test_equal_creates_make_a_run_each(served: Serving, client: AsyncParallel, mishap: Mishap) -> None:
    async with unlucky(served, mishap) as crowd:
        creates = (crowd.task_run.create(input="the same", processor="lite") for _ in range(CROWD))
        runs = await asyncio.gather(*creates)
    given = {run.run_id for run in runs}
    assert len(given) == CROWD
    assert await list_runs(client) == given
    assert len(served.house.in_flight) == 0


@pytest.mark.parametrize("mishap", MISHAPS, ids=str)
async def test_equal_batches_are_all_added(served: Serving, client: AsyncParallel, mishap: Mishap) -> None:
    group_id = (await client.task_group.create()).task_group_id
    inputs: Any = [{"input": f"row {n}", "processor": "lite"} for n in range(3)]
    async with unlucky(served, mishap) as crowd:
        adds = (crowd.task_group.add_runs(group_id, inputs=inputs) for _ in range(CROWD))
        added = await asyncio.gather(*adds)
    assert len({run_id for batch in added for run_id in batch.run_ids}) == CROWD * 3
    assert (await client.task_group.retrieve(group_id)).status.num_task_runs == CROWD * 3


@pytest.mark.parametrize("mishap", [Mishap(unsent={0}), Mishap(lost={0})], ids=str)
async def test_another_key_is_given_nothing_of_the_first_ones(
    served: Serving, client: AsyncParallel, mishap: Mishap
) -> None:
    workspace = served.founded.workspace.id
    issuer = Principal(workspace=workspace, key_id="issuer", scopes=ALL_SCOPES)
    other = (await issue_key(served.house, issuer, name="other", scopes=ALL_SCOPES)).text
    first = await client.task_run.create(input="the same", processor="lite")
    async with unlucky(served, mishap, key=other) as second:
        then = await second.task_run.create(input="the same", processor="lite")
    assert then.run_id != first.run_id
    assert await list_runs(client) == {first.run_id, then.run_id}
