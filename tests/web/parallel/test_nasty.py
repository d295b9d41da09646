"""What no client of good will sends: bodies, paths and methods, each refused in the envelope and with a reason."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from rig import Tenant, client_of, open_app
from runs_served import OPTIONS
from trades_of_runs import TRADES

from gnomon.core.access import KeyRole
from gnomon.core.service import House


@pytest.fixture
def app(house: House) -> Any:
    house.workloads.update({workload.kind: workload for workload in TRADES})  # type: ignore[attr-defined]  # the rig's is a dict
    origins = ("https://app.example.com",)
    return open_app(house, parallel=OPTIONS, max_body=20_000, origins=origins)


@pytest.fixture
async def client(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, **{"x-api-key": ours.founded.keys[KeyRole.API]}) as client:
        yield client


def require_refusal(answered: httpx.Response, status: int, told: str = "") -> None:
    assert answered.status_code == status, answered.text
    assert answered.headers["content-type"] == "application/json"
    assert answered.headers["x-should-retry"] == "false"
    body = answered.json()
    assert (body["type"], set(body)) == ("error", {"type", "error"})
    assert str(uuid.UUID(body["error"]["ref_id"])) == body["error"]["ref_id"]
    assert told in body["error"]["message"]


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b"", 400, "empty"),
        (b"{", 400, "not JSON"),
        (b"\xff\xfe", 400, "UTF-8"),
        (b'{"input": NaN, "processor": "base"}', 400, "NaN"),
        (b'{"input": "a", "input": "b", "processor": "base"}', 400, "repeats"),
        (b'{"input": {"a": 1e400}, "processor": "base"}', 400, "too large"),
        (b'{"input": {"a": 99999999999999999999}, "processor": "base"}', 400, "64 bits"),
        (b'{"input": "\\ud800", "processor": "base"}', 400, "surrogate"),
        (b'{"input": "\\u0000", "processor": "base"}', 400, "NUL"),
        (b"[" * 100_0, 400, "nested"),
        (b"[]", 422, "object"),
        (b"7", 422, "object"),
        (b"null", 422, "object"),
        (b"{}", 422, "'input' is missing"),
        (b'{"input": "x"}', 422, "'processor' is missing"),
        (b'{"input": null, "processor": "base"}', 422, "input"),
        (b'{"input": ["x"], "processor": "base"}', 422, "input"),
        (b'{"input": "x", "processor": null}', 422, "processor"),
        (b'{"input": "x", "processor": 5}', 422, "processor"),
        (b'{"input": "x", "processor": "BASE"}', 403, "base"),
        (b'{"input": "x", "processor": ""}', 403, "processor"),
        (b'{"input": "x", "processor": "base", "metadata": {"a": null}}', 422, "metadata"),
        (b'{"input": "x", "processor": "base", "metadata": {"a": {}}}', 422, "metadata"),
        (b'{"input": "x", "processor": "base", "webhook": {"url": "ftp://a.b/"}}', 422, "webhook.url"),
        (b'{"input": "x", "processor": "base", "webhook_url": 5}', 422, "webhook_url"),
        (b'{"input": "' + b"x" * 30_000 + b'", "processor": "base"}', 413, "20000 bytes"),
    ],
)
async def test_a_body_that_is_none(client: httpx.AsyncClient, content: bytes, status: int, told: str) -> None:
    given: Any = {"content": content, "headers": {"content-type": "application/json"}}
    require_refusal(await client.post("/v1/tasks/runs", **given), status, told)
    assert (await client.get("/v1/tasks/runs")).json()["runs"] == []


async def test_a_body_of_another_kind(client: httpx.AsyncClient) -> None:
    require_refusal(await client.post("/v1/tasks/runs", data={"input": "x"}), 415, "application/json")
    given: Any = {"content": b"x", "headers": {"content-encoding": "gzip"}}
    require_refusal(await client.post("/v1/tasks/runs", **given), 415, "ompressed")


@pytest.mark.parametrize(
    "prefix", ["/v1/tasks", "/v1beta/tasks", "/parallel/v1/tasks", "/parallel/v1beta/tasks"]
)
@pytest.mark.parametrize("path", ["", "/", "/nowhere", "/runs/", "/runs/a/b/c", "/groups/x/y", "/run"])
async def test_a_path_that_is_none(client: httpx.AsyncClient, prefix: str, path: str) -> None:
    require_refusal(await client.get(prefix + path), 404, "no path")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/runs", "GET, POST"),
        ("DELETE", "/runs", "GET, POST"),
        ("POST", "/runs/trun_x", "GET"),
        ("DELETE", "/runs/trun_x", "GET"),
        ("POST", "/runs/trun_x/result", "GET"),
        ("GET", "/runs/trun_x/cancel", "POST"),
        ("PATCH", "/runs/trun_x/input", "GET"),
    ],
)
async def test_a_method_that_a_path_does_not_take(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answered = await client.request(method, "/v1/tasks" + path)
    require_refusal(answered, 405, allowed)
    assert answered.headers["allow"] == allowed


@pytest.mark.parametrize(
    "name",
    [
        "run_id",
        "trun_",
        "trun_" + "g" * 32,
        "trun_" + "0" * 31,
        "trun_" + "0" * 33,
        "trun_" + "F" * 32,
        "trun_" + "0" * 32 + "%0a",
        "tgrp_" + "0" * 32,
        "%00",
        "%F0%9F%92%A9",
        "..",
        "%2e%2e",
        "a" * 3000,
        "' OR 1=1 --",
    ],
)
async def test_a_name_that_no_run_can_have(client: httpx.AsyncClient, name: str) -> None:
    for path in ("", "/input", "/result", "/events"):
        answered = await client.get(f"/v1/tasks/runs/{name}{path}")
        require_refusal(answered, 404)


async def test_two_credentials_are_one_too_many(client: httpx.AsyncClient) -> None:
    answered = await client.get("/v1/tasks/runs", headers={"Authorization": "Bearer other"})
    require_refusal(answered, 400, "two different credentials")


async def test_a_bearer_token_is_as_good_as_a_key(app: Any, ours: Tenant) -> None:
    async with client_of(app, Authorization=f"Bearer {ours.founded.keys[KeyRole.API]}") as client:
        assert (await client.get("/v1/tasks/runs")).status_code == 200


async def test_pages_of_allowed_sites_may_ask(client: httpx.AsyncClient) -> None:
    site = {"Origin": "https://app.example.com"}
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key, content-type, x-stainless-lang",
    }
    agreed = await client.options("/v1/tasks/runs", headers={**site, **preflight})
    assert agreed.status_code == 204
    assert agreed.headers["access-control-allow-headers"] == preflight["Access-Control-Request-Headers"]
    body = {"input": "x", "processor": "base"}
    answered = await client.post("/v1/tasks/runs", json=body, headers=site)
    assert answered.status_code == 202
    assert answered.headers["access-control-allow-origin"] == site["Origin"]
    assert "retry-after-ms" in answered.headers["access-control-expose-headers"]


@pytest.mark.parametrize("count", ["", "x", "-1", "9" * 40, "0x1", "1, 2"])
async def test_a_count_of_tries_that_is_none_is_the_first_try(client: httpx.AsyncClient, count: str) -> None:
    for _ in range(2):
        headers = {"x-stainless-retry-count": count}
        answered = await client.post(
            "/v1/tasks/runs", json={"input": "x", "processor": "base"}, headers=headers
        )
        assert answered.status_code == 202
    assert len((await client.get("/v1/tasks/runs")).json()["runs"]) == 2
