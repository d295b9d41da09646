"""Schedules: made, read, changed, set aside, fired and deleted, through the door and its clients."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from rig import Hands, House, Tenant, client_of, open_app
from server import Serving
from shannon import errors

from gnomon.core.access import KeyRole, Limits
from gnomon.core.retry import Done
from gnomon.core.service.schedule import fire_due

Talk = Callable[[Callable[[Any], Any]], Awaitable[Any]]
DAILY = {"name": "News", "cron_expression": "0 9 * * *", "task_query": "What is new?"}
ANSWER = {"type": "text", "content": "Nothing.", "basis": [], "engine": "extractive"}


async def create(door: httpx.AsyncClient, **more: Any) -> str:
    made = await door.post("/api/v1/schedules", json={**DAILY, **more})
    assert made.status_code == 201, made.text
    return str(made.json()["schedule_id"])


async def got(door: httpx.AsyncClient, path: str, /, **query: Any) -> Any:
    return (await door.get(f"/api/v1/schedules{path}", params=query)).raise_for_status().json()


async def fire(house: House, days: float = 1) -> None:
    """Let time pass until a daily schedule fires."""
    house.clock.shift += timedelta(days=days)  # type: ignore[attr-defined]  # the rig's clock
    await fire_due(house)


async def test_a_schedule_is_made_and_shown(door: httpx.AsyncClient) -> None:
    context = {"force_research": "true", "research_strategy": "deep", "tone": "dry"}
    more = {"description": "Each day", "timezone": "Europe/Zurich", "task_context": context}
    made = await door.post(
        "/api/v1/schedules", json={**DAILY, **more, "max_budget_per_run_usd": 0.5, "timeout_seconds": 900}
    )
    told = made.json()
    assert (made.status_code, told["success"], told["message"]) == (
        201,
        True,
        "Schedule created successfully",
    )
    shown = await got(door, f"/{told['schedule_id']}")
    assert shown["next_run_at"] == told["next_run_at"]
    assert shown.items() >= {**DAILY, **more, "max_budget_per_run_usd": 0.5, "timeout_seconds": 900}.items()
    assert (shown["status"], shown["total_runs"], shown["successful_runs"], shown["failed_runs"]) == (
        "ACTIVE",
        0,
        0,
        0,
    )
    assert "last_run_at" not in shown
    assert datetime.fromisoformat(shown["next_run_at"]) > datetime.now(UTC)


async def test_what_is_left_out_is_usual(door: httpx.AsyncClient) -> None:
    shown = await got(door, f"/{await create(door)}")
    assert (shown["timezone"], shown["timeout_seconds"], shown["task_context"]) == ("UTC", 3600, {})
    assert "max_budget_per_run_usd" not in shown


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"name": " "}, "name is required"),
        ({"cron_expression": None}, "cron_expression is required"),
        ({"task_query": None}, "task_query is required"),
        ({"name": 3}, "Invalid request body: 'name' must be a string."),
        ({"cron_expression": "often"}, "Invalid cron_expression: "),
        ({"cron_expression": "61 * * * *"}, "Invalid cron_expression: "),
        ({"timezone": "Mars/Olympus"}, "Invalid timezone: "),
        ({"max_budget_per_run_usd": 10.5}, "max_budget_per_run_usd must be 0 to 10 US dollars"),
        ({"max_budget_per_run_usd": -1}, "max_budget_per_run_usd must be 0 to 10 US dollars"),
        ({"timeout_seconds": 0}, "timeout_seconds must be 1 to "),
        ({"timeout_seconds": "soon"}, "Invalid request body: 'timeout_seconds' must be a whole number."),
        ({"task_context": "x"}, "Invalid request body: 'task_context' must be an object."),
        ({"task_context": {"research_strategy": "odd"}}, "Invalid research_strategy (allowed: "),
        ({"task_context": {"skill": "none"}}, "Unknown skill: none"),
        ({"name": "x" * 201}, "Give a name of 1 to 200 characters."),
    ],
)
async def test_what_is_wrong_is_named(door: httpx.AsyncClient, more: Any, message: str) -> None:
    refused = await door.post("/api/v1/schedules", json={**DAILY, **more})
    assert refused.status_code == 400
    assert refused.json()["error"].startswith(message)


async def test_times_that_lie_too_close_are_refused(house: House, app: Any, ours: Tenant) -> None:
    sparse = replace(house, limits=Limits(schedule_spacing=timedelta(hours=1)))
    async with client_of(open_app(sparse), **{"X-API-Key": ours.founded.keys[KeyRole.API]}) as client:
        refused = await client.post("/api/v1/schedules", json={**DAILY, "cron_expression": "*/5 * * * *"})
    assert refused.status_code == 400
    assert "here a schedule fires every 60 minutes at most" in refused.json()["error"]


async def test_a_workspace_has_so_many_and_no_more(house: House, app: Any, ours: Tenant) -> None:
    few = replace(house, limits=Limits(schedules=1))
    async with client_of(open_app(few), **{"X-API-Key": ours.founded.keys[KeyRole.API]}) as client:
        assert (await client.post("/api/v1/schedules", json=DAILY)).status_code == 201
        refused = await client.post("/api/v1/schedules", json=DAILY)
    assert refused.status_code == 429
    assert "schedule" in refused.json()["message"]


async def test_a_list_is_filtered_and_comes_in_pages(door: httpx.AsyncClient) -> None:
    names = [await create(door, name=name) for name in "abc"]
    await door.post(f"/api/v1/schedules/{names[1]}/pause")
    told = await got(door, "", page=2, page_size=2)
    assert (told["total_count"], told["page"], told["page_size"]) == (3, 2, 2)
    assert [each["name"] for each in told["schedules"]] == ["a"]
    for word, expected in {"ACTIVE": "ca", "paused": "b", "ALL": "cba"}.items():
        shown = await got(door, "", status=word)
        assert "".join(each["name"] for each in shown["schedules"]) == expected


@pytest.mark.parametrize("query", ["status=DELETED", "page=0", "page_size=101", "page=x"])
async def test_a_wrong_filter_is_refused(door: httpx.AsyncClient, query: str) -> None:
    refused = await door.get(f"/api/v1/schedules?{query}")
    assert refused.status_code == 400
    assert refused.json()["error"].startswith(f"Invalid {query.partition('=')[0]}")


@pytest.mark.parametrize("name", ["nothing", "sch_00000000000000000000000000", "a%20b"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/runs"), ("POST", "/pause"), ("POST", "/resume")],
)
async def test_what_is_not_there_is_not_found(
    door: httpx.AsyncClient, method: str, path: str, name: str
) -> None:
    given = {"json": {}} if method == "PUT" else {}
    refused = await door.request(method, f"/api/v1/schedules/{name}{path}", **given)
    assert (refused.status_code, refused.json()) == (404, {"error": "Schedule not found"})


async def test_a_change_leaves_the_rest(door: httpx.AsyncClient) -> None:
    name = await create(door, task_context={"tone": "dry"}, max_budget_per_run_usd=1)
    before = await got(door, f"/{name}")
    changed = await door.put(f"/api/v1/schedules/{name}", json={"task_query": "What else?"})
    assert (changed.status_code, changed.json()["message"]) == (200, "Schedule updated successfully")
    after = await got(door, f"/{name}")
    assert {**before, "task_query": "What else?", "updated_at": after["updated_at"]} == after
    await door.put(f"/api/v1/schedules/{name}", json={"clear_task_context": True, "description": "x"})
    cleared = await got(door, f"/{name}")
    assert (cleared["task_context"], cleared["description"]) == ({}, "x")
    assert cleared["task_query"] == "What else?"
    await door.put(f"/api/v1/schedules/{name}", json={"description": "", "cron_expression": "0 10 * * *"})
    moved = await got(door, f"/{name}")
    assert moved["description"] == ""
    assert datetime.fromisoformat(moved["next_run_at"]).hour == 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timezone": ""}, "timezone must not be empty; leave it out to keep it as it is"),
        ({"cron_expression": "x"}, "Invalid cron_expression: "),
        ({"max_budget_per_run_usd": 11}, "max_budget_per_run_usd must be 0 to 10 US dollars"),
        ([], "Invalid request body: send a JSON object."),
    ],
)
async def test_a_wrong_change_changes_nothing(door: httpx.AsyncClient, change: Any, message: str) -> None:
    name = await create(door)
    before = await got(door, f"/{name}")
    refused = await door.put(f"/api/v1/schedules/{name}", json=change)
    assert refused.status_code == 400
    assert refused.json()["error"].startswith(message)
    assert await got(door, f"/{name}") == before


async def test_a_pause_keeps_it_from_firing(door: httpx.AsyncClient, house: House) -> None:
    name = await create(door)
    for _ in range(2):
        paused = await door.post(f"/api/v1/schedules/{name}/pause", json={"reason": "holidays"})
        assert (paused.status_code, paused.json()) == (
            200,
            {"success": True, "message": "Schedule paused successfully"},
        )
    shown = await got(door, f"/{name}")
    assert (shown["status"], shown["pause_reason"]) == ("PAUSED", "holidays")
    assert "next_run_at" not in shown
    await fire(house, 2)
    assert (await got(door, f"/{name}/runs"))["total_count"] == 0
    resumed = (await door.post(f"/api/v1/schedules/{name}/resume")).json()
    assert (resumed["success"], resumed["message"]) == (True, "Schedule resumed successfully")
    shown = await got(door, f"/{name}")
    assert (shown["status"], shown["next_run_at"]) == ("ACTIVE", resumed["next_run_at"])
    assert "pause_reason" not in shown


async def test_a_run_is_a_task_of_a_session_of_its_own(
    door: httpx.AsyncClient, house: House, hands: Hands
) -> None:
    name = await create(door, task_context={"tone": "dry"})
    await fire(house)
    (waits,) = (await got(door, f"/{name}/runs"))["runs"]
    assert (waits["status"], waits["query"], waits["total_tokens"]) == ("QUEUED", "What is new?", 0)
    await hands.end(await hands.claim(), Done(result=ANSWER))
    told = await got(door, f"/{name}/runs")
    (run,) = told["runs"]
    assert (told["total_count"], told["page"], told["page_size"]) == (1, 1, 20)
    assert (run["status"], run["result"]) == ("COMPLETED", "Nothing.")
    assert (run["provider"], run["model_used"]) == ("gnomon", "extractive")
    assert {"triggered_at", "started_at", "completed_at", "duration_ms"} <= run.keys()
    shown = await got(door, f"/{name}")
    assert (shown["total_runs"], shown["successful_runs"], shown["failed_runs"]) == (1, 1, 0)
    assert shown["last_run_at"] == run["scheduled_for"]
    task = (await door.get(f"/api/v1/tasks/{run['workflow_id']}")).json()
    assert (task["query"], task["session_id"]) == ("What is new?", shown["session_id"])
    assert (task["context"], task["mode"]) == ({"tone": "dry"}, "EXECUTION_MODE_STANDARD")
    await fire(house)
    history = (await door.get(f"/api/v1/sessions/{shown['session_id']}/history")).json()
    assert [each["query"] for each in history["tasks"]] == ["What is new?"] * 2


async def test_a_skipped_time_is_no_run(door: httpx.AsyncClient, house: House) -> None:
    name = await create(door)
    await fire(house)
    ran_at = (await got(door, f"/{name}"))["last_run_at"]
    await fire(house)
    shown = await got(door, f"/{name}")
    assert (shown["total_runs"], shown["skipped_runs"], shown["last_run_at"]) == (1, 1, ran_at)
    assert shown["skip_reason"]


async def test_a_deleted_schedule_is_gone_and_its_runs_are_not(door: httpx.AsyncClient, house: House) -> None:
    name = await create(door)
    await fire(house)
    run = (await got(door, f"/{name}/runs"))["runs"][0]["workflow_id"]
    deleted = await door.delete(f"/api/v1/schedules/{name}")
    assert (deleted.status_code, deleted.json()) == (
        200,
        {"success": True, "message": "Schedule deleted successfully"},
    )
    assert (await door.get(f"/api/v1/schedules/{name}")).status_code == 404
    assert (await door.get(f"/api/v1/tasks/{run}")).status_code == 200


async def test_the_same_request_makes_one_schedule(door: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k1"}
    asked = [door.post("/api/v1/schedules", json=DAILY, headers=key) for _ in range(4)]
    made = await asyncio.gather(*asked)
    assert {each.status_code for each in made} == {201}
    assert len({each.json()["schedule_id"] for each in made}) == 1
    again = await door.post("/api/v1/schedules", json=DAILY, headers=key)
    assert (again.headers["x-idempotency-cached"], again.headers["x-idempotency-key"]) == ("true", "k1")
    other = await door.post("/api/v1/schedules", json={**DAILY, "name": "Else"}, headers=key)
    assert "x-idempotency-cached" not in other.headers
    assert (await got(door, ""))["total_count"] == 2


@pytest.mark.parametrize("act", ["pause", "resume"])
async def test_a_reason_is_not_too_long(door: httpx.AsyncClient, act: str) -> None:
    path = f"/api/v1/schedules/{await create(door)}/{act}"
    refused = await door.post(path, json={"reason": "x" * 1001})
    assert (refused.status_code, "'reason' has 1001 characters" in refused.json()["error"]) == (400, True)
    assert (await door.post(path, json={"reason": "x" * 1000})).status_code == 200


@pytest.mark.parametrize(("flag", "is_kept"), [("false", True), (0, True), ("yes", False), (1, False)])
async def test_a_flag_may_be_a_word_or_a_number(door: httpx.AsyncClient, flag: object, is_kept: bool) -> None:
    name = await create(door, task_context={"tone": "dry"})
    changed = await door.put(f"/api/v1/schedules/{name}", json={"clear_task_context": flag})
    assert changed.status_code == 200
    assert (await got(door, f"/{name}"))["task_context"] == ({"tone": "dry"} if is_kept else {})


async def test_a_pause_that_is_sent_again_does_not_undo_a_resume(door: httpx.AsyncClient) -> None:
    name = await create(door)
    key = {"Idempotency-Key": "k1"}
    await door.post(f"/api/v1/schedules/{name}/pause", headers=key)
    await door.post(f"/api/v1/schedules/{name}/resume", headers=key)
    again = await door.post(f"/api/v1/schedules/{name}/pause", headers=key)
    assert (again.status_code, again.headers["x-idempotency-cached"]) == (200, "true")
    assert (await got(door, f"/{name}"))["status"] == "ACTIVE"


async def test_the_clients_know_schedules(talk: Talk, served: Serving) -> None:
    house = served.house
    given = {"task_context": {"tone": "dry"}, "max_budget_per_run_usd": 0.5, "timeout_seconds": 60}
    made = await talk(lambda client: client.create_schedule("News", "0 9 * * *", "What is new?", **given))
    name = made["schedule_id"]
    one = await talk(lambda client: client.get_schedule(name))
    assert (one.name, one.cron_expression, one.timezone, one.status) == ("News", "0 9 * * *", "UTC", "ACTIVE")
    assert (one.task_context, one.max_budget_per_run_usd, one.timeout_seconds) == tuple(given.values())
    assert await talk(lambda client: client.pause_schedule(name, reason="holidays"))
    paused = await talk(lambda client: client.get_schedule(name))
    assert (paused.status, paused.pause_reason, paused.next_run_at) == ("PAUSED", "holidays", None)
    assert await talk(lambda client: client.resume_schedule(name))
    changed = await talk(lambda client: client.update_schedule(name, name="Olds", clear_task_context=True))
    assert changed["success"] is True
    (listed,), total = await talk(lambda client: client.list_schedules(status="ACTIVE"))
    assert (listed.schedule_id, listed.name, total) == (name, "Olds", 1)
    await fire(house)
    (run,), total = await talk(lambda client: client.get_schedule_runs(name))
    assert (run.query, total) == ("What is new?", 1)
    assert run.workflow_id.startswith("task_")
    await talk(lambda client: client.wait(run.workflow_id, poll_interval=0.02, timeout=20))
    (run,), _ = await talk(lambda client: client.get_schedule_runs(name))
    assert run.status == "COMPLETED"
    assert run.result.startswith("On What is new?")
    assert await talk(lambda client: client.delete_schedule(name))
    with pytest.raises(errors.ShannonError, match="Schedule not found"):
        await talk(lambda client: client.get_schedule(name))
    with pytest.raises(errors.ValidationError, match="Invalid cron_expression"):
        await talk(lambda client: client.create_schedule("x", "often", "y"))
