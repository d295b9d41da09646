"""The native door on a real store: submit, read, wait, cancel; problems as RFC 9457 says; nothing foreign is seen."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from rig import Hands, Tenant, client_of

from gnomon.core.access import KeyRole
from gnomon.core.retry import Done

ORDER = {"kind": "pvsyst_component", "input": {"blob": "0" * 64, "filename": "a.pan", "as": "module"}}


def client_for(app: Any, tenant: Tenant) -> httpx.AsyncClient:
    client = client_of(app, **{"X-API-Key": tenant.founded.keys[KeyRole.API]})
    client.base_url = httpx.URL("http://gnomon.test/gnomon/v1")
    return client


@pytest.fixture
async def client(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


async def submit(client: httpx.AsyncClient, **headers: str) -> dict[str, Any]:
    answer = await client.post("/tasks", json=ORDER, headers=headers)
    assert answer.status_code == 202, answer.text
    task: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/gnomon/v1/tasks/{task['id']}"
    return task


async def test_a_task_is_found_where_the_answer_says(client: httpx.AsyncClient) -> None:
    task = await submit(client)
    assert (task["status"], task["version"], task["result"]) == ("queued", 1, None)
    assert (await client.get(f"/tasks/{task['id']}")).json() == task


async def test_events_attempts_and_the_result_follow_the_work(
    client: httpx.AsyncClient, hands: Hands
) -> None:
    task = await submit(client)
    claimed = await hands.claim()
    await hands.report(claimed, 50, "half")
    await hands.end(claimed, Done(result={"n": 1}))
    done = (await client.get(f"/tasks/{task['id']}")).json()
    assert (done["status"], done["result"], done["progress"]) == ("completed", {"n": 1}, 100.0)
    events = (await client.get(f"/tasks/{task['id']}/events")).json()["events"]
    words = ["task.queued", "task.started", "task.progress", "task.completed"]
    assert [event["type"] for event in events] == words
    assert [event["number"] for event in events] == [1, 2, 3, 4]
    later = (await client.get(f"/tasks/{task['id']}/events?after=3")).json()
    assert later == {"events": events[3:], "next": 4, "version": 4}
    (attempt,) = (await client.get(f"/tasks/{task['id']}/attempts")).json()["attempts"]
    assert (attempt["number"], attempt["outcome"]) == (1, "done")
    assert (await client.get(f"/tasks/{task['id']}/children")).json() == {
        "task_id": task["id"],
        "version": 4,
        "tasks": [],
    }


async def test_a_preference_to_wait_is_applied(client: httpx.AsyncClient) -> None:
    answer = await client.post("/tasks", json=ORDER, headers={"Prefer": "wait=0"})
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=0"


async def test_one_key_makes_one_task(client: httpx.AsyncClient) -> None:
    first = await client.post("/tasks", json=ORDER, headers={"Idempotency-Key": "k"})
    again = await client.post("/tasks", json=ORDER, headers={"Idempotency-Key": "k"})
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await client.post("/tasks", json={**ORDER, "input": {}}, headers={"Idempotency-Key": "k"})
    assert other.status_code == 422


async def test_a_queued_task_is_cancelled_at_once(client: httpx.AsyncClient) -> None:
    task = await submit(client)
    answer = await client.post(f"/tasks/{task['id']}/cancel")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["cancel_outcome"]) == ("cancelled", "before_start")
    again = await client.post(f"/tasks/{task['id']}/cancel")
    assert (again.status_code, again.json()) == (200, answer.json())


async def test_pages_are_walked_by_cursor(client: httpx.AsyncClient) -> None:
    made = [(await submit(client))["id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = (
            await client.get("/tasks", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        seen += [task["id"] for task in page["tasks"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("content", "status", "pointer"),
    [
        (b"{", 400, None),
        (b'{"kind": "a", "kind": "b"}', 400, None),
        (b'{"kind": NaN}', 400, None),
        (b"[]", 422, ""),
        (b'{"kind": "nothing"}', 422, "/kind"),
        (b'{"kind": "energy_model", "input": {"blocks": []}}', 422, "/input/blocks"),
        (
            b'{"kind": "energy_model", "input": {"weatherData": {"$blob": "0"}}}',
            422,
            "/input/weatherData/$blob",
        ),
    ],
)
async def test_what_is_wrong_is_a_problem_that_says_where(
    client: httpx.AsyncClient, content: bytes, status: int, pointer: str | None
) -> None:
    answer = await client.post("/tasks", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert (problem["retryable"], problem["request_id"]) == (False, answer.headers["x-request-id"])
    assert problem["type"] == f"urn:gnomon:problem:{problem['code']}"
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem["errors"]]


async def test_paths_that_are_not_there_are_problems_too(client: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/tasks/"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_no_key_is_a_problem(app: Any) -> None:
    async with client_of(app) as nobody:
        answer = await nobody.get("/gnomon/v1/tasks")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/gnomon/v1", "/gnomon/v1/"])
async def test_the_doors_own_address_says_where_to_go_on(app: Any, path: str) -> None:
    stranger = client_of(app)
    links = (await stranger.get(path)).json()["links"]
    assert {*links} == {"openapi", "tasks", "workloads", "documents", "queue", "health"}
    statuses = {name: (await stranger.get(link)).status_code for name, link in links.items()}
    assert {name for name, status in statuses.items() if status == 200} == {"openapi", "health"}
    assert {status for name, status in statuses.items() if name not in ("openapi", "health")} == {401}
    refused = await stranger.post(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


async def test_what_is_not_there_is_named_with_a_way_to_what_is(client: httpx.AsyncClient) -> None:
    lost = (await client.get("/taks")).json()
    told = "There is no path /gnomon/v1/taks; GET /gnomon/v1/openapi.json lists the paths."
    assert (lost["code"], lost["detail"]) == ("no_such_path", told)
    wrong = await client.put("/tasks")
    assert wrong.json()["detail"] == "/gnomon/v1/tasks does not take PUT; use GET, POST."
    assert wrong.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("cursor=x", "'cursor': Send the `next` of the page before, as it was given."),
        ("kind=pvsyst_componet", "Did you mean 'pvsyst_component'?"),
        ("statu=running", "Did you mean 'status'?"),
        ("status=running,nope,no", "'status': input should be 'pending'"),
    ],
)
async def test_a_wrong_parameter_is_told_once_and_what_to_send(
    client: httpx.AsyncClient, query: str, detail: str
) -> None:
    answer = await client.get(f"/tasks?{query}")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert detail in fault["detail"]
    assert fault["parameter"] == query.partition("=")[0]
