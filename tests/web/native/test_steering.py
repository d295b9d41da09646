"""Steering over the native door: who and why, messages for the work, what it has used, questions that lapse."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from natives import ORDER, client_for, client_with, key_with
from rig import Hands, House, Tenant, open_app

from gnomon.core.access import ALL_SCOPES, KeyRole
from gnomon.core.ports import Holding, Report
from gnomon.core.retry import Asked, Done
from gnomon.core.service.steering import LARGEST_MESSAGE, LONGEST_REASON


@pytest.fixture
async def client(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


async def submit(client: httpx.AsyncClient) -> str:
    answer = await client.post("/tasks", json=ORDER)
    assert answer.status_code == 202, answer.text
    return f"/tasks/{answer.json()['id']}"


async def act(client: httpx.AsyncClient, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await client.post(path, json=body) if body is not None else await client.post(path)
    assert answer.status_code == status, answer.text
    return answer.json()


async def last_event(client: httpx.AsyncClient, path: str) -> Any:
    return (await client.get(f"{path}/events")).json()["events"][-1]


class TestReasons:
    async def test_a_reason_is_shown_with_the_keys_name(self, app: Any, house: House, ours: Tenant) -> None:
        async with client_with(app, await key_with(house, ours, ALL_SCOPES)) as client:
            path = await submit(client)
            paused = await act(client, f"{path}/pause", {"reason": "The price is open."})
            assert paused["pause_told"] == {"by": "test", "reason": "The price is open."}
            assert (await last_event(client, path))["body"]["told"] == paused["pause_told"]
            resumed = await act(client, f"{path}/resume", {"reason": "It is settled."})
            assert resumed["pause_told"] is None
            assert (await last_event(client, path))["body"]["told"]["reason"] == "It is settled."
            cancelled = await act(client, f"{path}/cancel", {"reason": None})
            assert cancelled["cancel_told"] == {"by": "test", "reason": None}
            assert (await client.get(f"{path}?at_event=2")).json() == paused

    async def test_a_key_without_a_name_is_known_by_its_prefix_alone(
        self, client: httpx.AsyncClient, ours: Tenant
    ) -> None:
        paused = await act(client, f"{await submit(client)}/pause")
        text = ours.founded.keys[KeyRole.API]
        assert paused["pause_told"] == {"by": text.rpartition("_")[0], "reason": None}

    async def test_where_no_key_is_needed_nobody_is_named(self, house: House, ours: Tenant) -> None:
        app = open_app(house, ours.id, require_key=False)
        async with client_with(app, "") as client:
            client.base_url = httpx.URL("http://localhost/gnomon/v1")
            path = await submit(client)
            assert (await act(client, f"{path}/pause"))["pause_told"] is None
            told = await act(client, f"{path}/cancel", {"reason": "Enough."})
            assert told["cancel_told"] == {"by": None, "reason": "Enough."}

    @pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
    async def test_a_reason_is_bounded_and_stands_alone(self, client: httpx.AsyncClient, verb: str) -> None:
        path = await submit(client)
        for body in ({"reason": "x" * (LONGEST_REASON + 1)}, {"reason": 7}, {"why": "x"}, ["x"]):
            assert (await act(client, f"{path}/{verb}", body, 422))["errors"]
        assert (await client.get(path)).json()["version"] == 1
        await act(client, f"{path}/{verb}", {"reason": "é" * LONGEST_REASON})

    async def test_a_group_is_cancelled_with_one_reason(self, client: httpx.AsyncClient) -> None:
        group = (await client.post("/groups", json={})).json()
        await act(client, f"/groups/{group['id']}/tasks", {"tasks": [ORDER, ORDER]}, 202)
        await act(client, f"/groups/{group['id']}/cancel", {"reason": "The batch is wrong."})
        for member in (await client.get("/tasks")).json()["tasks"]:
            assert member["cancel_told"]["reason"] == "The batch is wrong."


class TestMessages:
    async def test_a_message_is_kept_and_told(self, client: httpx.AsyncClient) -> None:
        path = await submit(client)
        answer = await client.post(f"{path}/messages", json={"message": {"text": "Hurry."}})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        assert (answer.json()["status"], answer.json()["version"]) == ("queued", 2)
        event = await last_event(client, path)
        assert (event["type"], event["body"]["message"]) == ("task.told", {"text": "Hurry."})
        assert event["body"]["number"] == 1
        assert event["body"]["by"].startswith("gn_live_")

    async def test_what_has_ended_takes_none(self, client: httpx.AsyncClient, hands: Hands) -> None:
        path = await submit(client)
        await hands.end(await hands.claim(), Done(result={}))
        assert (await act(client, f"{path}/messages", {"message": 1}, 409))["code"] == "conflict"

    async def test_a_message_has_a_bound(self, client: httpx.AsyncClient) -> None:
        path = await submit(client)
        for full in ("x" * LARGEST_MESSAGE, '"' * LARGEST_MESSAGE, ["x" * (LARGEST_MESSAGE - 4)]):
            await act(client, f"{path}/messages", {"message": full})
        await act(client, f"{path}/messages", {"message": ["x" * LARGEST_MESSAGE]}, 422)
        problem = await act(client, f"{path}/messages", {"message": "é" * (LARGEST_MESSAGE // 2) + "x"}, 422)
        assert "32768" in problem["errors"][0]["detail"]

    @pytest.mark.parametrize("body", [{}, {"text": "Hurry."}, [], "Hurry.", {"message": 1, "to": "all"}])
    async def test_a_message_says_what_it_is(self, client: httpx.AsyncClient, body: Any) -> None:
        path = await submit(client)
        await act(client, f"{path}/messages", body, 422)
        assert (await client.get(path)).json()["version"] == 1


async def test_what_was_used_is_shown_while_it_runs_and_after(
    client: httpx.AsyncClient, hands: Hands, house: House
) -> None:
    path = await submit(client)
    assert (await client.get(path)).json()["usage"] is None
    task = await hands.claim()
    said = {
        "kind": "usage",
        "engine": "provider:p/m",
        "input_tokens": 70,
        "output_tokens": 8,
        "cost_usd": 0.5,
    }
    holding = Holding(task_id=task.id, fence=task.fence)
    await house.store.report(Report(holding=holding, now=house.clock.now(), messages=(said, said)))
    used = {"calls": 2, "input_tokens": 140, "output_tokens": 16, "cost_usd": 1.0, "engine": "provider:p/m"}
    assert (await client.get(path)).json()["usage"] == used
    await act(client, f"{path}/cancel", status=202)
    assert (await client.get(path)).json()["usage"] == used
    assert (await client.get(f"{path}?at_event=3")).json()["usage"]["calls"] == 1


async def test_a_question_says_when_it_lapses(client: httpx.AsyncClient, hands: Hands, house: House) -> None:
    path = await submit(client)
    await hands.end(await hands.claim(), Asked(key="a", question=1, within=timedelta(minutes=30)))
    asked = (await client.get(path)).json()["question"]
    assert asked["answer_by"] > asked["asked_at"]
    await house.store.sweep(house.clock.now() + timedelta(minutes=31))
    assert (await client.get(path)).json()["status"] == "queued"
    assert (await last_event(client, path))["body"] == {"status": "queued", "key": "a", "lapsed": True}
    problem = await act(client, f"{path}/input", {"key": "a", "answer": "late"}, 409)
    assert "lapsed" in problem["detail"]
