"""Metadata is shown and found; secrets reach the function and nothing else."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from natives import BASE, ORDER, client_for, key_with
from rig import House, Tenant
from sent import energy_model
from server import serving
from trades_of_doors import QUIET

from gnomon.core.access import KeyRole

METADATA = {"team": "blue", "line": 7, "share": 0.5, "is_draft": True, "empty": ""}
SECRETS = {"token": "tr0ub4dor-and-3", "tools": {"jira": {"Authorization": "Bearer c0rrect-h0rse"}}}
TELLTALES = ("tr0ub4dor", "c0rrect-h0rse")


@pytest.fixture
async def client(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


async def submit(client: httpx.AsyncClient, **terms: Any) -> Any:
    answer = await client.post("/tasks", json={**ORDER, **terms})
    assert answer.status_code == 202, answer.text
    return answer.json()


async def found(client: httpx.AsyncClient, query: str) -> list[int]:
    answer = await client.get(f"/tasks?{query}")
    assert answer.status_code == 200, answer.text
    return [task["number"] for task in answer.json()["tasks"]]


async def refused(client: httpx.AsyncClient, **terms: Any) -> list[str]:
    answer = await client.post("/tasks", json={**ORDER, **terms})
    assert answer.status_code == 422, answer.text
    return [fault["pointer"] for fault in answer.json()["errors"]]


async def test_metadata_is_shown_as_it_was_sent(client: httpx.AsyncClient) -> None:
    task = await submit(client, metadata=METADATA)
    assert task["metadata"] == METADATA
    read = (await client.get(f"/tasks/{task['id']}")).json()
    (listed,) = (await client.get("/tasks")).json()["tasks"]
    assert read["metadata"] == listed["metadata"] == METADATA
    assert (await submit(client))["metadata"] is None
    assert (await submit(client, metadata={}))["metadata"] == {}


async def test_metadata_finds_tasks(client: httpx.AsyncClient) -> None:
    await submit(client, metadata=METADATA)
    await submit(client, metadata={"team": "blue", "line": 8})
    await submit(client, metadata={"team": "red", "line": "7", "a b.c": "d&e"})
    assert await found(client, "metadata.team=blue") == [2, 1]
    assert await found(client, "metadata.line=7") == [3, 1]
    assert await found(client, "metadata.share=0.5&metadata.is_draft=true") == [1]
    assert await found(client, "metadata.team=blue&metadata.line=8&status=queued&kind=pvsyst_component") == [
        2
    ]
    assert await found(client, "metadata.empty=") == [1]
    assert await found(client, "metadata.a%20b.c=d%26e") == [3]
    assert await found(client, "metadata.team=green") == []
    first = (await client.get("/tasks?metadata.team=blue&limit=1")).json()
    assert await found(client, f"metadata.team=blue&cursor={first['next']}") == [1]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("metadata.a=1&metadata.a=2", "metadata.a"),
        ("metadata.=1", "metadata."),
        ("&".join(f"metadata.{n}=1" for n in range(11)), "metadata.10"),
        ("metadata=1", "metadata"),
    ],
)
async def test_a_wrong_filter_is_refused(client: httpx.AsyncClient, query: str, name: str) -> None:
    answer = await client.get(f"/tasks?{query}")
    assert answer.status_code == 422
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [name]


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        ("words", "/metadata"),
        (["a"], "/metadata"),
        ({"a": None}, "/metadata/a"),
        ({"a": {"b": 1}}, "/metadata/a"),
        ({"a": [1]}, "/metadata/a"),
        ({"a": "x" * 513}, "/metadata/a"),
        ({str(n): n for n in range(51)}, "/metadata"),
    ],
)
async def test_metadata_are_plain_and_few(client: httpx.AsyncClient, metadata: Any, pointer: str) -> None:
    assert await refused(client, metadata=metadata) == [pointer]


async def test_metadata_of_the_largest_size_are_taken(client: httpx.AsyncClient) -> None:
    largest = {f"{n:064d}": "ü" * 512 for n in range(50)}
    assert (await submit(client, metadata=largest))["metadata"] == largest
    for name in ("", "x" * 65):
        (pointer,) = await refused(client, metadata={name: 1})
        assert pointer.startswith("/metadata/")


@pytest.mark.parametrize(
    ("secrets", "pointer"),
    [
        ("words", "/secrets"),
        ({"tr0ub4dor": "x" * 65_536}, "/secrets"),
        ({f"tr0ub4dor{n}": n for n in range(51)}, "/secrets"),
    ],
)
async def test_secrets_are_bounded(client: httpx.AsyncClient, secrets: Any, pointer: str) -> None:
    assert await refused(client, secrets=secrets) == [pointer]


async def test_a_refusal_repeats_no_secret(client: httpx.AsyncClient) -> None:
    for body in (
        {**ORDER, "secrets": {"token": "x" * 70_000 + "tr0ub4dor"}},
        {**ORDER, "secrets": "tr0ub4dor"},
        {**ORDER, "secrets": SECRETS, "priority": "high"},
        {"kind": "none", "secrets": SECRETS},
    ):
        answer = await client.post("/tasks", json=body)
        assert answer.status_code == 422
        assert not any(word in answer.text for word in TELLTALES)


async def test_a_rerun_keeps_the_metadata_unless_it_brings_its_own(client: httpx.AsyncClient) -> None:
    task = await submit(client, metadata={"team": "blue"})
    await client.post(f"/tasks/{task['id']}/cancel")
    told = []
    for body in ({}, {"metadata": {"team": "red"}}, {"metadata": {}}):
        again = await client.post(f"/tasks/{task['id']}/rerun", json={**body, "on_active": "replace"})
        assert again.status_code == 202, again.text
        told.append(again.json()["metadata"])
    assert told == [{"team": "blue"}, {"team": "red"}, {}]
    assert await found(client, "metadata.team=blue") == [2, 1]


async def test_what_ran_a_saved_resource_is_run_again_without_new_ones(site: Tenant, app: Any) -> None:
    made = await site.client.post("/energymodels?async=true", json=energy_model())
    assert made.status_code < 300, made.text
    async with client_for(app, site) as client:
        (task,) = (await client.get("/tasks")).json()["tasks"]
        again = await client.post(
            f"/tasks/{task['id']}/rerun", json={"metadata": {"a": 1}, "secrets": {"b": 2}}
        )
    assert again.status_code == 422
    assert [fault["pointer"] for fault in again.json()["errors"]] == ["/metadata", "/secrets"]


async def test_secrets_reach_the_function_and_no_answer(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", QUIET) as served:
        key = {"X-API-Key": served.founded.keys[KeyRole.API]}
        base = BASE.replace("http://gnomon.test", served.address)
        async with httpx.AsyncClient(base_url=base, headers=key, timeout=30) as client:
            told = await _use_secrets(client)
            again = await _use_secrets(client)
            assert told[-1].json()["result"] == again[-1].json()["result"]
    used = {name: hashlib.sha256(str(value).encode()).hexdigest()[:16] for name, value in SECRETS.items()}
    assert told[-1].json()["result"] == used
    assert not [answer.text for answer in told if any(word in answer.text for word in TELLTALES)]
    kept = [file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file()]
    assert kept
    assert not any(word.encode() in content for content in kept for word in TELLTALES)


async def _use_secrets(client: httpx.AsyncClient) -> list[httpx.Response]:
    """Submit with secrets, run again without any, and look at every side of the task."""
    made = await client.post(
        "/tasks", json={"kind": "quiet", "secrets": SECRETS}, headers={"Prefer": "wait=20"}
    )
    place = f"/tasks/{made.json()['id']}"
    again = await client.post(f"{place}/rerun", json={}, headers={"Prefer": "wait=20"})
    edited = await client.post(f"{place}/rerun", json={"input": {"to": "me"}}, headers={"Prefer": "wait=20"})
    assert (edited.status_code, edited.json()["result"]) == (200, {})
    sides = ("", "/input", "/events", "/attempts", "/children", "/revisions", "/diff", "/result")
    answers = [made, again, *[await client.get(place + side) for side in sides]]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert again.json()["result"] == made.json()["result"]
    return answers


async def test_secrets_need_no_more_than_the_scope_to_write(app: Any, house: House, ours: Tenant) -> None:
    key = await key_with(house, ours, frozenset({"write"}))
    async with client_for(app, ours) as client:
        client.headers["X-API-Key"] = key
        await submit(client, secrets=SECRETS)
