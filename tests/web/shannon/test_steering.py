"""Control signals, approvals, reviews and messages, through the vendor's clients."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from bounds import bounded
from shannon import errors
from shannon.models import TaskStatusEnum

Talk = Callable[[Callable[[Any], Any]], Awaitable[Any]]
MUSE = "muse for a while"


async def submit(talk: Talk, query: str, **given: Any) -> str:
    handle = await talk(lambda client: client.submit_task(query, **given))
    name: str = handle.task_id
    return name


async def until(http: httpx.AsyncClient, name: str, is_enough: Callable[[Any], bool], query: str = "") -> Any:
    async with bounded("a task that stands as the test wants it"):
        while not is_enough(  # noqa: ASYNC110  clients of this door ask again and again
            shown := (await http.get(f"/api/v1/tasks/{name}{query}")).json()
        ):
            await asyncio.sleep(0.02)
    return shown


def has(status: str) -> Callable[[Any], bool]:
    return lambda shown: bool(shown["status"] == f"TASK_STATUS_{status}")


def asks(shown: Any) -> bool:
    return "approval" in shown["metadata"]


async def ended(talk: Talk, name: str) -> Any:
    return await talk(lambda client: client.wait(name, poll_interval=0.02, timeout=20))


async def test_a_task_is_cancelled(talk: Talk, http: httpx.AsyncClient) -> None:
    name = await submit(talk, MUSE)
    await until(http, name, has("RUNNING"))
    assert await talk(lambda client: client.cancel(name, reason="enough of it"))
    status = await ended(talk, name)
    assert (status.status, status.error_message, status.result) == (TaskStatusEnum.CANCELLED, "", None)
    state = await talk(lambda client: client.get_control_state(name))
    assert (state.is_cancelled, state.cancel_reason, state.is_paused) == (True, "enough of it", False)
    assert state.cancelled_by
    assert await talk(lambda client: client.cancel(name))


async def test_a_task_that_has_ended_is_not_cancelled(talk: Talk, http: httpx.AsyncClient) -> None:
    name = await submit(talk, "quick")
    await ended(talk, name)
    assert await talk(lambda client: client.cancel(name)) is False
    answered = await http.post(f"/api/v1/tasks/{name}/cancel", json={})
    assert answered.status_code == 202
    assert answered.json() == {
        "success": False,
        "message": "Task has already ended: completed",
        "status": "TASK_STATUS_COMPLETED",
        "error": "Task has already ended: completed",
    }


async def test_a_task_is_set_aside_and_goes_on(talk: Talk, http: httpx.AsyncClient) -> None:
    name = await submit(talk, MUSE)
    await until(http, name, has("RUNNING"))
    assert await talk(lambda client: client.pause_task(name, reason="the price is open"))
    await until(http, name, has("PAUSED"), "?include=paused")
    assert has("RUNNING")((await http.get(f"/api/v1/tasks/{name}")).json())
    state = await talk(lambda client: client.get_control_state(name))
    assert (state.is_paused, state.pause_reason, state.is_cancelled) == (True, "the price is open", False)
    assert state.paused_at is not None
    tasks, total = await talk(lambda client: client.list_tasks(status="PAUSED"))
    assert ([task.task_id for task in tasks], tasks[0].status, total) == ([name], "TASK_STATUS_PAUSED", 1)
    with pytest.raises(errors.ConnectionError, match="HTTP 409: Task is already paused"):
        await talk(lambda client: client.pause_task(name))
    assert await talk(lambda client: client.resume_task(name))
    state = await talk(lambda client: client.get_control_state(name))
    assert (state.is_paused, state.pause_reason, state.paused_at) == (False, "", None)
    with pytest.raises(errors.ConnectionError, match="HTTP 409: Task is not paused"):
        await talk(lambda client: client.resume_task(name))
    assert await talk(lambda client: client.cancel(name))


async def test_a_signal_that_was_refused_may_be_sent_again(http: httpx.AsyncClient) -> None:
    path = f"/api/v1/tasks/{(await http.post('/api/v1/tasks', json={'query': MUSE})).json()['task_id']}"
    key = {"Idempotency-Key": "one"}
    await http.post(f"{path}/pause")
    await until(http, path.rpartition("/")[2], has("PAUSED"), "?include=paused")
    assert (await http.post(f"{path}/pause", headers=key)).status_code == 409
    await http.post(f"{path}/resume")
    assert (await http.post(f"{path}/pause", headers=key)).status_code == 202
    assert (await http.get(f"{path}/control-state")).json()["is_paused"] is True
    await http.post(f"{path}/cancel")


@pytest.mark.parametrize("verb", ["pause_task", "resume_task"])
async def test_what_has_ended_takes_no_signal(talk: Talk, verb: str) -> None:
    name = await submit(talk, "quick")
    await ended(talk, name)
    with pytest.raises(errors.ConnectionError, match="HTTP 409: Task is completed and cannot be"):
        await talk(lambda client: getattr(client, verb)(name))


async def test_an_approval_is_found_and_decided(talk: Talk, http: httpx.AsyncClient) -> None:
    name = await submit(talk, "approve this")
    shown = await until(http, name, asks)
    (waiting,) = (await http.get("/api/v1/approvals")).json()["approvals"]
    assert waiting == shown["metadata"]["approval"]
    assert (waiting["approval_id"], waiting["kind"], waiting["message"]) == (
        "deploy:1",
        "approval",
        "Shall I go on?",
    )
    with pytest.raises(errors.ShannonError, match="Workflow or approval not found"):
        await talk(lambda client: client.approve("another", name))
    given = {"approved": True, "feedback": "with care"}
    assert await talk(lambda client: client.approve("deploy:1", name, **given))
    told = (await ended(talk, name)).result
    assert "'approved': True" in told
    assert "'approved_by': '" in told  # the key's name, when the decision names nobody
    assert await talk(lambda client: client.approve("deploy:1", name, **given))
    with pytest.raises(errors.ConnectionError, match="HTTP 409"):
        await talk(lambda client: client.approve("deploy:1", name, approved=False))
    assert (await http.get("/api/v1/approvals")).json() == {"approvals": [], "total_count": 0}


async def test_a_plan_is_reviewed(talk: Talk, http: httpx.AsyncClient) -> None:
    name = await submit(talk, "study it", context={"force_research": True, "require_review": "true"})
    await until(http, name, asks)
    state = await talk(lambda client: client.get_review_state(name))
    assert (state.status, state.round, state.version) == ("reviewing", 1, 1)
    assert (state.current_plan, state.query) == ("Plan 1 for study it", "study it")
    later = await talk(lambda client: client.submit_review_feedback(name, "less of it", version=1))
    assert (later.round, later.version, later.current_plan) == (2, 2, "Plan 2 for study it")
    assert [(each.role, each.message) for each in later.rounds][1] == ("user", "less of it")
    with pytest.raises(errors.ValidationError, match="version 2 by now, not 1") as stale:
        await talk(lambda client: client.approve_review(name, version=1))
    assert stale.value.code == "409"
    told = await talk(lambda client: client.approve_review(name, version=2))
    assert told["status"] == "approved"
    assert (await ended(talk, name)).status is TaskStatusEnum.COMPLETED
    assert (await talk(lambda client: client.approve_review(name)))["status"] == "approved"
    assert (await talk(lambda client: client.get_review_state(name))).status == "approved"
    with pytest.raises(errors.ValidationError, match="approved already"):
        await talk(lambda client: client.submit_review_feedback(name, "more"))


async def test_an_approval_in_other_words_is_one(http: httpx.AsyncClient) -> None:
    body = {"query": "study it", "context": {"review_plan": "manual"}}
    name = (await http.post("/api/v1/tasks", json=body)).json()["task_id"]
    await until(http, name, asks)
    answered = {"key": "plan:1", "answer": {"action": "approve", "by": "the editor"}}
    (await http.post(f"/gnomon/v1/tasks/{name}/input", json=answered)).raise_for_status()
    await until(http, name, has("COMPLETED"))
    assert (await http.get(f"/api/v1/tasks/{name}/review")).json()["status"] == "approved"


async def test_a_plan_is_changed_so_often_and_no_more(http: httpx.AsyncClient) -> None:
    body = {"query": "study it", "context": {"review_plan": "manual"}}
    name = (await http.post("/api/v1/tasks", json=body)).json()["task_id"]
    await until(http, name, asks)
    for version in range(2, 11):
        said = await http.post(f"/api/v1/tasks/{name}/review", json={"action": "feedback", "message": "less"})
        assert said.json()["version"] == version
    refused = await http.post(f"/api/v1/tasks/{name}/review", json={"action": "feedback", "message": "less"})
    assert (refused.status_code, "10 times" in refused.json()["error"]) == (409, True)
    assert (await http.post(f"/api/v1/tasks/{name}/review", json={"action": "approve"})).status_code == 200
    await until(http, name, has("COMPLETED"))


async def test_a_review_shows_the_plan_twice(http: httpx.AsyncClient) -> None:
    body = {"query": "study it", "context": {"review_plan": "manual"}}
    name = (await http.post("/api/v1/tasks", json=body)).json()["task_id"]
    await until(http, name, asks)
    answered = await http.get(f"/api/v1/tasks/{name}/review")
    assert answered.headers["etag"] == "1"
    shown = answered.json()
    assert shown["plan"] == {
        "message": shown["current_plan"],
        "round": 1,
        "version": 1,
        "intent": "ready",
    }
    await http.post(f"/api/v1/tasks/{name}/cancel")
    await until(http, name, has("CANCELLED"))
    gone = await http.get(f"/api/v1/tasks/{name}/review")
    assert (gone.status_code, gone.json()["error"]) == (404, "Review session not found or expired")


async def test_a_task_without_a_plan_has_no_review(talk: Talk) -> None:
    name = await submit(talk, "quick")
    with pytest.raises(errors.TaskNotFoundError, match="Review session not found"):
        await talk(lambda client: client.get_review_state(name))


async def test_a_running_task_is_told_something(talk: Talk, http: httpx.AsyncClient) -> None:
    name = await submit(talk, "listen closely")
    await until(http, name, has("RUNNING"))
    sent = await talk(lambda client: client.send_swarm_message(name, "Leave out the library."))
    assert (sent.success, sent.status) == (True, "sent")
    assert "heard: Leave out the library." in (await ended(talk, name)).result
    with pytest.raises(errors.ConnectionError, match="HTTP 409"):
        await talk(lambda client: client.send_swarm_message(name, "too late"))


async def test_messages_are_checked(http: httpx.AsyncClient) -> None:
    name = (await http.post("/api/v1/tasks", json={"query": "x"})).json()["task_id"]
    place = f"/api/v1/swarm/{name}/message"
    for body, told in (
        ({}, "message is required"),
        ({"message": "x" * 40_000}, "message is longer than 32 KB"),
    ):
        answered = await http.post(place, json=body)
        assert (answered.status_code, answered.json()) == (400, {"error": told})
    unknown = await http.post("/api/v1/swarm/task_none/message", json={"message": "x"})
    assert (unknown.status_code, unknown.json()) == (404, {"error": "Workflow not found"})
