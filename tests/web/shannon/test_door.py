"""The door without an engine: names, headers, keys, lists, and requests that are sent again."""

import asyncio
import re
import uuid
from dataclasses import replace
from typing import Any

import httpx
import pytest
from natives import client_with, key_with
from rig import Hands, House, Tenant, client_of, open_app

from gnomon.core.access import KeyRole, Limits
from gnomon.core.retry import Done, Failed
from gnomon.core.task import TaskError
from gnomon.web.dialects.shannon.desk import ShannonOptions
from gnomon.web.dialects.shannon.status import WORDS
from gnomon.web.dialects.shannon.wire.listing import NO_SESSION_ID
from gnomon.web.ids import own

TASKS = "/api/v1/tasks"
ASKED = {"query": "What is the capital of France?"}


async def submit(door: httpx.AsyncClient, **members: Any) -> str:
    answered = await door.post(TASKS, json={**ASKED, **members})
    assert answered.status_code == 200, answered.text
    name: str = answered.json()["task_id"]
    return name


async def shown(door: httpx.AsyncClient, name: str, query: str = "") -> Any:
    return (await door.get(f"{TASKS}/{name}{query}")).json()


async def test_a_submission_is_answered_as_the_vendor_does(door: httpx.AsyncClient) -> None:
    answered = await door.post(TASKS, json={**ASKED, "session_id": "user-123"})
    told = answered.json()
    assert (answered.status_code, told["status"]) == (200, "STATUS_CODE_OK")
    assert re.fullmatch("task_[0-9a-z]{26}", told["task_id"])
    assert answered.headers["x-workflow-id"] == told["workflow_id"] == told["task_id"]
    assert answered.headers["x-session-id"] == "user-123"


async def test_a_task_without_a_session_begins_one(door: httpx.AsyncClient) -> None:
    first, second = [await door.post(TASKS, json=ASKED) for _ in range(2)]
    sessions = {uuid.UUID(each.headers["x-session-id"]) for each in (first, second)}
    assert len(sessions) == 2
    assert (await shown(door, first.json()["task_id"]))["session_id"] == first.headers["x-session-id"]


@pytest.mark.parametrize("prefix", ["", "/shannon"])
async def test_a_stream_is_linked(door: httpx.AsyncClient, prefix: str) -> None:
    answered = await door.post(f"{prefix}{TASKS}/stream", json=ASKED)
    told = answered.json()
    url = f"{prefix}/api/v1/stream/sse?workflow_id={told['task_id']}"
    assert (answered.status_code, told["stream_url"]) == (201, url)
    assert answered.headers["link"] == f'<{url}>; rel="stream"'
    sent = await door.get(f"{prefix}{TASKS}/{told['task_id']}/stream?types=LLM_OUTPUT&last_event_id=4-1&x=1")
    assert (sent.status_code, sent.headers["location"]) == (
        307,
        f"{url}&types=LLM_OUTPUT&last_event_id=4-1",
    )


async def test_a_task_is_shown_from_its_queue_to_its_end(
    door: httpx.AsyncClient, hands: Hands, house: House
) -> None:
    name = await submit(door)
    queued = await shown(door, name)
    assert (queued["status"], queued["response"], queued["error"]) == ("TASK_STATUS_QUEUED", None, "")
    assert "result" not in queued
    assert "usage" not in queued
    task = await hands.claim()
    assert (await shown(door, name))["status"] == "TASK_STATUS_RUNNING"
    content = {"type": "text", "content": "Paris.", "basis": []}
    await hands.end(task, Done(result=content))
    answered = await door.get(f"{TASKS}/{name}")
    ended = answered.json()
    assert (ended["status"], ended["result"]) == ("TASK_STATUS_COMPLETED", "Paris.")
    assert ended["response"] == {"result": "Paris.", "citations": []}
    assert ended["created_at"] == queued["created_at"] < ended["updated_at"]
    assert answered.headers["x-workflow-id"] == name
    version = await house.store.get_version(task.workspace, own(name))
    assert answered.headers["etag"] == f'"{version}"'
    assert (await shown(door, name)) == ended


async def test_a_failure_is_shown_with_its_cause(door: httpx.AsyncClient, hands: Hands) -> None:
    name = await submit(door)
    error = TaskError(code="gone", message="LLM service unavailable: connection timeout")
    await hands.end(await hands.claim(), Failed(error=error))
    ended = await shown(door, name)
    assert (ended["status"], ended["error"]) == ("TASK_STATUS_FAILED", error.message)
    assert (ended["response"], ended["unified_response"]["error"]) == (None, error.message)


async def test_a_workload_without_briefs_is_given_query_and_context(
    door: httpx.AsyncClient, hands: Hands, house: House
) -> None:
    name = await submit(door, mode="simple", context={"unit": "m"})
    task = await hands.claim()
    assert task.kind == "give"
    assert await house.store.get_input(task.workspace, own(name)) == {**ASKED, "context": {"unit": "m"}}
    told = await shown(door, name)
    assert (told["mode"], told["context"]) == ("EXECUTION_MODE_SIMPLE", {"unit": "m"})


@pytest.mark.parametrize("spelling", ["QUEUED", "queued", "task_status_queued", "PENDING"])
async def test_a_list_takes_all_spellings(door: httpx.AsyncClient, hands: Hands, spelling: str) -> None:
    first, second = await submit(door), await submit(door)
    await hands.claim()
    page = (await door.get(TASKS, params={"status": spelling})).json()
    assert ([each["task_id"] for each in page["tasks"]], page["total_count"]) == ([second], 1)
    running = (await door.get(TASKS, params={"status": "in_progress"})).json()
    assert [each["task_id"] for each in running["tasks"]] == [first]


async def test_a_list_is_read_page_by_page(door: httpx.AsyncClient) -> None:
    names = [await submit(door, session_id=f"s{number % 2}") for number in range(5)]
    page = (await door.get(TASKS, params={"limit": 2, "offset": 1})).json()
    assert ([each["task_id"] for each in page["tasks"]], page["total_count"]) == (
        [names[3], names[2]],
        5,
    )
    page = (await door.get(TASKS, params={"session_id": "s1"})).json()
    assert ([each["task_id"] for each in page["tasks"]], page["total_count"]) == (
        [names[3], names[1]],
        2,
    )


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limit=0", "Invalid limit parameter: it must be a whole number, 1 to 100"),
        ("limit=101", "Invalid limit parameter: it must be a whole number, 1 to 100"),
        ("limit=many", "Invalid limit parameter: it must be a whole number, 1 to 100"),
        ("offset=-1", "Invalid offset parameter: it must be a whole number, 0 or more"),
        ("session_id=a%20b", NO_SESSION_ID),
        ("session_id=%20", NO_SESSION_ID),
        ("session_id=a%0A", NO_SESSION_ID),
        ("status=DONE", f"Invalid status value: use one of {', '.join(WORDS)}"),
        ("status=DONE&status=QUEUED", "Invalid status parameter: it is given twice"),
    ],
)
async def test_parameters_are_checked(door: httpx.AsyncClient, query: str, told: str) -> None:
    answered = await door.get(f"{TASKS}?{query}")
    assert (answered.status_code, answered.json()) == (400, {"error": told})


async def test_an_empty_filter_leaves_out_nothing(door: httpx.AsyncClient) -> None:
    name = await submit(door)
    page = (await door.get(f"{TASKS}?session_id=&status=")).json()
    assert [each["task_id"] for each in page["tasks"]] == [name]


@pytest.mark.parametrize("prefix", ["", "/shannon"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_is_called_stream(door: httpx.AsyncClient, prefix: str, method: str) -> None:
    refused = await door.request(method, f"{prefix}{TASKS}/stream")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert refused.json()["error"].endswith(f"/api/v1/tasks/stream does not take {method}; use POST.")
    named = await door.request("OPTIONS", f"{prefix}{TASKS}/{await submit(door)}")
    assert named.headers["allow"] == "GET"


@pytest.mark.parametrize("name", ["a b", "x" * 129, "a%2Fb"])
async def test_what_cannot_be_a_name_is_told(door: httpx.AsyncClient, name: str) -> None:
    answered = await door.get(f"{TASKS}/{name}")
    assert answered.status_code in (400, 404)
    assert set(answered.json()) == {"error"}


async def test_paused_tasks_are_shown_to_whom_wants_it(house: House, app: Any, ours: Tenant) -> None:
    key = {"X-API-Key": ours.founded.keys[KeyRole.API]}
    async with client_of(app, **key) as door:
        name = await submit(door)
        assert (await door.post(f"{TASKS}/{name}/pause")).status_code == 202
        assert (await shown(door, name))["status"] == "TASK_STATUS_QUEUED"
        assert (await shown(door, name, "?include=paused"))["status"] == "TASK_STATUS_PAUSED"
    told = open_app(house, shannon=ShannonOptions(is_paused_shown=True))
    async with client_of(told, **key) as door:
        assert (await shown(door, name))["status"] == "TASK_STATUS_PAUSED"


async def test_tasks_of_other_doors_are_shown(door: httpx.AsyncClient, app: Any, ours: Tenant) -> None:
    async with client_with(app, ours.founded.keys[KeyRole.API]) as native:
        order = {"kind": "research", "input": {"input": "How many?"}}
        made = (await native.post("/tasks", json=order)).json()
    page = (await door.get(TASKS)).json()
    told = await shown(door, made["id"])
    assert page["tasks"][0]["task_id"] == told["task_id"] == f"task_{made['id'][4:]}"
    assert page["tasks"][0]["query"] == told["query"] == "How many?"
    assert (told["mode"], told["session_id"]) == ("EXECUTION_MODE_UNSPECIFIED", "")


async def test_the_same_request_again_is_one_task(door: httpx.AsyncClient, hands: Hands) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await door.post(TASKS, json=ASKED, headers=key)
    await hands.claim()
    again = await door.post(TASKS, json=ASKED, headers=key)
    assert first.json() == again.json()
    assert first.headers["x-session-id"] == again.headers["x-session-id"]
    assert "x-idempotency-cached" not in first.headers
    assert (again.headers["x-idempotency-cached"], again.headers["x-idempotency-key"]) == ("true", "k-1")
    other = await door.post(TASKS, json={"query": "Another?"}, headers=key)
    stream = await door.post(f"{TASKS}/stream", json=ASKED, headers=key)
    names = {each.json()["task_id"] for each in (first, other, stream)}
    assert len(names) == 3


async def test_equal_requests_at_once_are_one_task(door: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k-1"}
    answers = await asyncio.gather(*(door.post(TASKS, json=ASKED, headers=key) for _ in range(8)))
    assert len({answer.json()["task_id"] for answer in answers}) == 1
    assert sum("x-idempotency-cached" in answer.headers for answer in answers) == 7


async def test_a_signal_that_is_sent_again_is_given_once(door: httpx.AsyncClient) -> None:
    name, key = await submit(door), {"Idempotency-Key": "k-1"}
    first = await door.post(f"{TASKS}/{name}/pause", json={}, headers=key)
    assert (await door.post(f"{TASKS}/{name}/resume", json={}, headers=key)).status_code == 202
    again = await door.post(f"{TASKS}/{name}/pause", json={}, headers=key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["x-idempotency-cached"] == "true"
    assert (await shown(door, name, "?include=paused"))["status"] == "TASK_STATUS_QUEUED"


async def test_a_refusal_is_not_kept(door: httpx.AsyncClient) -> None:
    name, key = await submit(door), {"Idempotency-Key": "k-1"}
    assert (await door.post(f"{TASKS}/{name}/resume", headers=key)).status_code == 409
    assert (await door.post(f"{TASKS}/{name}/pause")).status_code == 202
    assert (await door.post(f"{TASKS}/{name}/resume", headers=key)).status_code == 202


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, "Send a key of this server in the header 'x-api-key'"),
        ({"X-API-Key": "sk_test_123456"}, "send a key of this server, which begins with 'gn_'"),
        ({"Authorization": "Bearer sk-shannon-1"}, "send a key of this server, which begins with 'gn_'"),
        ({"X-API-Key": "gn_nobody"}, "The key is not valid. The first one is 'api_key' in keys.json"),
        ({"Authorization": "Basic x"}, "Bearer"),
    ],
)
async def test_a_key_is_needed(app: Any, headers: dict[str, str], told: str) -> None:
    async with client_of(app, **headers) as nobody:
        answered = await nobody.get(f"{TASKS}/task_x")
    assert (answered.status_code, answered.json()["error"]) == (401, "Unauthorized")
    assert told in answered.json()["message"]
    assert answered.headers["www-authenticate"] == 'Bearer realm="Shannon API"'


@pytest.mark.parametrize("key", ["sk_test_123456", "gn_nobody", "nothing"])
async def test_chats_say_the_same_of_a_key(app: Any, key: str) -> None:
    async with client_of(app, **{"X-API-Key": key}) as nobody:
        told = (await nobody.get(TASKS)).json()["message"]
        answered = await nobody.post("/v1/chat/completions", json={"messages": []})
    assert (answered.status_code, answered.json()["error"]["message"]) == (401, told)
    assert "'api_key' in keys.json" in told


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
async def test_a_key_may_stand_in_either_header(app: Any, ours: Tenant, header: str) -> None:
    key = ours.founded.keys[KeyRole.API]
    value = key if header == "X-API-Key" else f"bearer {key}"
    async with client_of(app, **{header: value}) as client:
        assert (await client.get(TASKS)).status_code == 200


async def test_a_reader_may_not_write(house: House, app: Any, ours: Tenant) -> None:
    key = await key_with(house, ours, frozenset({"read"}))
    async with client_of(app, **{"X-API-Key": key}) as reader:
        assert (await reader.get(TASKS)).status_code == 200
        answered = await reader.post(TASKS, json=ASKED)
    assert (answered.status_code, set(answered.json())) == (403, {"error"})


async def test_a_limit_is_told_and_kept(house: House, ours: Tenant) -> None:
    app = open_app(replace(house, limits=Limits(requests=2)))
    async with client_of(app, **{"X-API-Key": ours.founded.keys[KeyRole.API]}) as client:
        answers = [await client.get(TASKS) for _ in range(3)]
    assert [answer.headers["x-ratelimit-remaining-minute"] for answer in answers] == ["1", "0", "0"]
    assert answers[0].headers["x-ratelimit-limit-minute"] == "2"
    assert int(answers[0].headers["x-ratelimit-reset"]) > house.clock.now().timestamp()
    refused = answers[2]
    assert (refused.status_code, refused.json()["error"]) == (429, "Rate limit exceeded")
    assert refused.json()["window"] == "minute"
    assert int(refused.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "X-Trace-ID": "mine"}, "a" * 32),
        ({"traceparent": "nonsense", "X-Trace-ID": "mine"}, "mine"),
        ({"X-Request-ID": "asked-1"}, "asked-1"),
        ({"X-Trace-ID": "no good"}, None),
        ({}, None),
    ],
)
async def test_an_answer_names_its_trace(
    door: httpx.AsyncClient, headers: dict[str, str], trace: str | None
) -> None:
    for path in (TASKS, f"{TASKS}/task_none", "/api/v1/nothing"):
        told = (await door.get(path, headers=headers)).headers
        assert told["x-trace-id"] == trace if trace else re.fullmatch("[0-9a-f]{32}", told["x-trace-id"])
        assert re.fullmatch("[0-9a-f]{16}", told["x-span-id"])


async def test_bodies_that_cannot_be_read_are_refused(door: httpx.AsyncClient) -> None:
    for content, status in ((b"{", 400), (b"", 400), (b"\xff", 400)):
        answered = await door.post(TASKS, content=content, headers={"Content-Type": "application/json"})
        assert (answered.status_code, set(answered.json())) == (status, {"error"})
    told = await door.post(TASKS, content=b"query=x", headers={"Content-Type": "text/plain"})
    assert told.status_code == 415


async def test_a_skill_that_is_not_there_is_named(door: httpx.AsyncClient) -> None:
    answered = await door.post(TASKS, json={**ASKED, "skill": "nobodys"})
    told = "Unknown skill: nobodys: this server has none; its operator adds them with --skills DIR."
    assert (answered.status_code, answered.json()) == (400, {"error": told})


@pytest.mark.parametrize("prefix", ["", "/shannon"])
async def test_health_and_document_need_no_key(app: Any, prefix: str) -> None:
    async with client_of(app) as nobody:
        health = (await nobody.get(f"{prefix}/health")).json()
        ready = (await nobody.get(f"{prefix}/readiness")).json()
        document = (await nobody.get(f"{prefix}/openapi.json")).json()
    assert (health["status"], health["checks"]) == ("healthy", {"gateway": "ok"})
    assert (ready["status"], ready["checks"]) == ("ready", {"orchestrator": "ok"})
    assert health["version"] == ready["version"]
    assert document["openapi"].startswith("3.")
