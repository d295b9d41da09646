"""The vendor's error classes: each refusal has its own, says why in their envelope, and is tried again or not."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import parallel
import pytest
from natives import key_with
from parallel import APIStatusError, AsyncParallel
from rig import Tenant, client_of
from runs_served import OPTIONS, listening
from server import Serving, serving
from trades_of_runs import TRADES, research

from gnomon.core.access import Limits
from gnomon.core.errors import Unavailable
from gnomon.core.workload import Workload
from gnomon.outbound.gate import Gate
from gnomon.web.dialects.parallel.desk import ParallelOptions
from gnomon.web.dialects.parallel.door import PREFIXES

Call = Callable[[AsyncParallel], Coroutine[Any, Any, Any]]
CHECK_TARGET = Gate(allow=(), is_http_allowed=True, timeout=1).check_url
"""The check of webhooks' targets that a server has."""
NOBODYS = "trun_" + "0" * 32


def create(**given: Any) -> Call:
    return lambda c: c.task_run.create(**{"input": "x", "processor": "lite", **given})


def result(run_id: str = NOBODYS, **given: Any) -> Call:
    return lambda c: c.task_run.result(run_id, **given)


def retrieve(run_id: str) -> Call:
    return lambda c: c.task_run.retrieve(run_id)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    given: Any = {"is_alone": True, "parallel": OPTIONS, "check_target": CHECK_TARGET}
    async with serving(tmp_path / "data", *TRADES, **given) as server:
        yield server


@pytest.mark.parametrize(
    ("call", "kind", "status", "told"),
    [
        (create(processor="enormous"), parallel.PermissionDeniedError, 403, "enormous"),
        (retrieve(NOBODYS), parallel.NotFoundError, 404, "no such run"),
        (retrieve("run_id"), parallel.NotFoundError, 404, "no such run"),
        (retrieve("trun_%2e%2e"), parallel.NotFoundError, 404, "no such run"),
        (retrieve("trun_" + "F" * 32), parallel.NotFoundError, 404, "no such run"),
        (retrieve("tsk_00000000000000000000000000"), parallel.NotFoundError, 404, "no such run"),
        (lambda c: c.task_run.retrieve_input(NOBODYS), parallel.NotFoundError, 404, "no such run"),
        (result(), parallel.NotFoundError, 404, "no such run"),
        (result(api_timeout=-1), parallel.UnprocessableEntityError, 422, "query.timeout"),
        (result(extra_query={"timeout": "soon"}), parallel.UnprocessableEntityError, 422, "query.timeout"),
        (create(metadata={"k" * 17: "v"}), parallel.UnprocessableEntityError, 422, "metadata"),
        (create(input=7), parallel.UnprocessableEntityError, 422, "input"),
        (create(previous_interaction_id=NOBODYS), parallel.UnprocessableEntityError, 422, "previous_inter"),
        (create(previous_interaction_id="x"), parallel.UnprocessableEntityError, 422, "previous_inter"),
        (create(webhook={"url": "http://10.0.0.1/"}), parallel.UnprocessableEntityError, 422, "webhook.url"),
        (
            create(extra_body={"webhook_url": "http://localhost/"}),
            parallel.UnprocessableEntityError,
            422,
            "webhook_url",
        ),
        (lambda c: c.get("/v1/tasks/nowhere", cast_to=object), parallel.NotFoundError, 404, "no path"),
        (lambda c: c.delete("/v1/tasks/runs", cast_to=object), APIStatusError, 405, "GET, POST"),
    ],
)
async def test_what_is_wrong_is_refused_once_and_says_why(
    served: Serving, call: Call, kind: type[APIStatusError], status: int, told: str
) -> None:
    async with listening(served) as (client, wire):
        with pytest.raises(kind) as refused:
            await call(client)
    assert refused.value.status_code == status
    _require_envelope(refused.value, told)
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert wire.requests == 1


def _require_envelope(error: APIStatusError, told: str) -> None:
    body: Any = error.body
    assert body["type"] == "error"
    assert str(uuid.UUID(body["error"]["ref_id"])) == body["error"]["ref_id"]
    assert told in body["error"]["message"]
    assert set(body["error"]) == {"ref_id", "message", "detail"}


@pytest.mark.parametrize("key", ["", "nonsense", "gn_live_000000000000_" + "0" * 46])
async def test_a_key_that_is_none_is_refused_once(served: Serving, key: str) -> None:
    async with AsyncParallel(api_key=key, base_url=served.address) as client:
        with pytest.raises(parallel.AuthenticationError) as refused:
            await client.task_run.create(input="x", processor="lite")
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert "key" in str(refused.value) or "token" in str(refused.value)


@pytest.mark.parametrize(
    ("scopes", "call"),
    [
        ({"write"}, result()),
        ({"write"}, retrieve(NOBODYS)),
        ({"read"}, create()),
        ({"read", "write"}, lambda c: c.post(f"/v1/tasks/runs/{NOBODYS}/cancel", cast_to=object)),
        ({"read"}, lambda c: c.post(f"/v1/tasks/runs/{NOBODYS}/pause", cast_to=object)),
        ({"read", "write"}, create(webhook={"url": "https://example.com/"})),
    ],
)
async def test_a_key_without_the_scope_may_not(served: Serving, scopes: set[str], call: Call) -> None:
    tenant = Tenant(founded=served.founded, client=httpx.AsyncClient())
    key = await key_with(served.house, tenant, frozenset(scopes))
    await tenant.client.aclose()
    async with AsyncParallel(api_key=key, base_url=served.address) as client:
        with pytest.raises(parallel.PermissionDeniedError, match="scope"):
            await call(client)


async def test_a_key_with_the_one_scope_may(served: Serving, client: AsyncParallel) -> None:
    """What is steered or gone on from need not be readable."""
    run = await client.task_run.create(input="x", processor="core-fast")
    tenant = Tenant(founded=served.founded, client=httpx.AsyncClient())
    writer, canceller = [await key_with(served.house, tenant, frozenset({s})) for s in ("write", "cancel")]
    await tenant.client.aclose()
    async with AsyncParallel(api_key=writer, base_url=served.address) as client:
        await create(previous_interaction_id=run.run_id)(client)
        group = await client.task_group.create()
        await client.task_group.add_runs(group.task_group_id, inputs=[{"input": "x", "processor": "base"}])
    async with AsyncParallel(api_key=canceller, base_url=served.address) as client:
        await client.post(f"/v1/tasks/runs/{run.run_id}/cancel", cast_to=object)
        await client.post(f"/v1/tasks/groups/{group.task_group_id}/cancel", cast_to=object)


@asynccontextmanager
async def limited(folder: Path, **limits: int) -> AsyncIterator[Serving]:
    given: Any = {"is_alone": True, "parallel": OPTIONS, "limits": replace(Limits(), **limits)}
    async with serving(folder, *TRADES, **given) as server:
        yield server


async def test_a_workspace_that_is_full_has_to_pay(tmp_path: Path) -> None:
    async with limited(tmp_path / "data", active_tasks=1) as served, listening(served) as (client, _):
        await client.task_run.create(input="x", processor="core-fast")
        with pytest.raises(APIStatusError) as refused:
            await client.task_run.create(input="x", processor="core-fast")
    assert refused.value.status_code == 402
    assert refused.value.response.headers["x-should-retry"] == "false"
    _require_envelope(refused.value, "cancel some")


async def test_too_many_requests_are_told_when_to_come_again(tmp_path: Path) -> None:
    async with (
        limited(tmp_path / "data", requests=2) as served,
        listening(served, max_retries=0) as (client, _),
    ):
        run = await client.task_run.create(input="x", processor="lite")
        await client.task_run.retrieve(run.run_id)
        with pytest.raises(parallel.RateLimitError) as refused:
            await client.task_run.retrieve(run.run_id)
    headers = refused.value.response.headers
    assert headers["x-should-retry"] == "true"
    assert 0 < int(headers["retry-after-ms"]) <= 60_000
    _require_envelope(refused.value, "2 requests")


async def test_too_many_waits_are_refused_and_looks_are_not(tmp_path: Path) -> None:
    async with limited(tmp_path / "data", waits=1) as served, listening(served, max_retries=0) as (client, _):
        run = await client.task_run.create(input="x", processor="core-fast")
        waits = [asyncio.create_task(client.task_run.result(run.run_id)) for _ in range(2)]
        (refused,), (held,) = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        error = refused.exception()
        assert isinstance(error, parallel.RateLimitError)
        assert error.response.headers["x-should-retry"] == "true"
        with pytest.raises(APIStatusError, match="408"):
            await client.task_run.result(run.run_id, api_timeout=0)
        held.cancel()
        await asyncio.wait([held])


def _break(_: Any) -> Any:
    raise RuntimeError("a workload's check that raises")


async def test_what_breaks_in_the_server_is_tried_again(tmp_path: Path) -> None:
    brittle = Workload(kind="brittle", run=research, input_schema={}, check=_break)
    options = ParallelOptions(processors=("*=brittle",))
    async with (
        serving(tmp_path / "data", brittle, is_alone=True, parallel=options) as served,
        listening(served) as (client, wire),
    ):
        with pytest.raises(parallel.InternalServerError) as refused:
            await client.task_run.create(input="x", processor="lite")
        assert wire.requests == 3
    assert refused.value.response.headers["x-should-retry"] == "true"
    _require_envelope(refused.value, "its log names this request")
    assert "raises" not in str(refused.value)


@pytest.mark.parametrize(("headers", "status"), [({}, 503), ({"X-Stainless-Poll-Helper": "true"}, 500)])
async def test_a_server_that_cannot_answer_says_so(headers: dict[str, str], status: int, app: Any) -> None:
    """Their `execute()` breaks on a 503 that it has no try left for; a 500 it shows to its user."""

    async def stumble() -> None:
        raise Unavailable("The disk is full.")

    mounted = app._app._app._doors[PREFIXES[0]]
    mounted.add_api_route("/stumble", stumble)
    async with client_of(app, **headers) as client:
        answered = await client.get("/v1/tasks/stumble")
    assert answered.status_code == status
    assert answered.json()["error"]["message"] == "The disk is full."
    assert (answered.headers["x-should-retry"], answered.headers["retry-after-ms"]) == ("true", "1000")


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"previous_interaction_id": NOBODYS}, ["previous_interaction_id"]),
        ({"webhook": {"url": "http://10.0.0.1/"}}, ["webhook", "url"]),
        ({"extra_body": {"webhook_url": "http://localhost/"}}, ["webhook_url"]),
    ],
)
async def test_a_lenient_server_warns_and_leaves_out(tmp_path: Path, given: Any, place: list[str]) -> None:
    options = replace(OPTIONS, is_lenient=True)
    told: Any = {"is_alone": True, "parallel": options, "check_target": CHECK_TARGET}
    async with serving(tmp_path / "data", *TRADES, **told) as served, listening(served) as (client, _):
        run = await client.task_run.create(input="x", processor="lite", **given)
        (warning,) = run.warnings or []
        assert (warning.detail or {})["loc"] == place
        assert "left out" in warning.message
        assert (await client.task_run.result(run.run_id)).run.warnings == run.warnings
