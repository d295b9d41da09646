"""What signals, decisions and messages may say, and which keys may ask for what."""

import httpx
import pytest
from rig import Tenant, client_of

from gnomon.core.access import ALL_SCOPES, Principal
from gnomon.core.service import House
from gnomon.core.service.access import issue_key
from gnomon.core.text import clean


async def submit(door: httpx.AsyncClient, query: str = "x", **more: object) -> str:
    made = await door.post("/api/v1/tasks", json={"query": query, **more})
    return str(made.raise_for_status().json()["task_id"])


@pytest.mark.parametrize("value", [None, "", "1", "true", 0, 1, 1.0, []])
async def test_a_decision_is_true_or_false(door: httpx.AsyncClient, value: object) -> None:
    asked = {"workflow_id": await submit(door), "approval_id": "deploy:1", "approved": value}
    answered = await door.post("/api/v1/approvals/decision", json=asked)
    assert (answered.status_code, answered.json()) == (400, {"error": "approved must be true or false"})


@pytest.mark.parametrize("given", [{}, {"approved": True}, {"approved": False}])
async def test_a_decision_that_can_be_read_is_looked_up(door: httpx.AsyncClient, given: object) -> None:
    asked = {"workflow_id": await submit(door), "approval_id": "deploy:1", **dict(given)}  # type: ignore[call-overload]  # a table
    assert (await door.post("/api/v1/approvals/decision", json=asked)).status_code == 404


async def test_a_reason_is_clean_text(door: httpx.AsyncClient) -> None:
    name = await submit(door)
    told = {"reason": " no\u202e longer\x1b[31m\nneeded\u2069\x07 "}
    (await door.post(f"/api/v1/tasks/{name}/pause", json=told)).raise_for_status()
    state = (await door.get(f"/api/v1/tasks/{name}/control-state")).json()
    assert state["pause_reason"] == "no longer[31m needed"


def test_letters_that_join_stay() -> None:
    assert (
        clean("\U0001f469\u200d\U0001f52c \u0645\u06cc\u200c\u0631")
        == "\U0001f469\u200d\U0001f52c \u0645\u06cc\u200c\u0631"
    )


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ('"' * 32_768, 200),
        ("é" * 16_384, 200),
        ("x" * 32_769, 400),
        ("é" * 16_384 + "x", 400),
    ],
)
async def test_a_messages_own_bytes_count(door: httpx.AsyncClient, message: str, status: int) -> None:
    place = f"/api/v1/swarm/{await submit(door)}/message"
    assert (await door.post(place, json={"message": message})).status_code == status


async def test_a_message_that_is_sent_again_is_told_once(door: httpx.AsyncClient) -> None:
    name = await submit(door)
    place, key = f"/api/v1/swarm/{name}/message", {"Idempotency-Key": "k"}
    first = await door.post(place, json={"message": "Hurry."}, headers=key)
    again = await door.post(place, json={"message": "Hurry."}, headers=key)
    assert first.json() == again.json() == {"success": True, "status": "sent"}
    assert ("x-idempotency-cached" in first.headers, again.headers["x-idempotency-cached"]) == (False, "true")
    await door.post(place, json={"message": "Slower."}, headers=key)
    events = (await door.get(f"/api/v1/tasks/{name}/events")).json()["events"]
    assert [each["message"] for each in events if each["type"] == "MESSAGE_RECEIVED"] == ["Hurry.", "Slower."]


async def test_an_empty_key_is_none(door: httpx.AsyncClient) -> None:
    made = [
        await door.post("/api/v1/tasks", json={"query": "x"}, headers={"Idempotency-Key": ""}) for _ in "12"
    ]
    assert [each.status_code for each in made] == [200, 200]
    assert len({each.json()["task_id"] for each in made}) == 2


async def test_the_tasks_of_a_session_are_those_of_its_present_life(door: httpx.AsyncClient) -> None:
    listed = {"session_id": "chat"}
    old = await submit(door, session_id="chat")
    assert (await door.get("/api/v1/tasks", params=listed)).json()["total_count"] == 1
    (await door.delete("/api/v1/sessions/chat")).raise_for_status()
    assert (await door.get("/api/v1/tasks", params=listed)).json() == {"tasks": [], "total_count": 0}
    new = await submit(door, session_id="chat")
    page = (await door.get("/api/v1/tasks", params=listed)).json()
    assert ([each["task_id"] for each in page["tasks"]], page["total_count"]) == ([new], 1)
    assert (await door.get(f"/api/v1/tasks/{old}")).status_code == 200


async def test_long_queries_are_cut_in_lists(door: httpx.AsyncClient) -> None:
    name = await submit(door, "x" * 500_000, session_id="chat")
    for path in ("sessions", "sessions/chat/history", "sessions/chat/events", "tasks"):
        assert len((await door.get(f"/api/v1/{path}")).content) < 50_000
    assert len((await door.get(f"/api/v1/tasks/{name}")).json()["query"]) == 500_000


SHOWING = ["/api/v1/tools/word_search/execute", "/v1/chat/completions", "/v1/completions"]


@pytest.mark.parametrize("path", SHOWING)
@pytest.mark.parametrize("scope", ["read", "write"])
async def test_who_is_shown_results_reads_and_writes(
    app: object, house: House, ours: Tenant, path: str, scope: str
) -> None:
    issuer = Principal(workspace=ours.founded.workspace.id, key_id="issuer", scopes=ALL_SCOPES)
    key = (await issue_key(house, issuer, name="half", scopes=frozenset({scope}))).text
    async with client_of(app, **{"X-API-Key": key}) as half:
        refused = await half.post(path, json={})
    assert refused.status_code == 403
    lacks = {"read": "write", "write": "read"}[scope]
    assert lacks in str(refused.json()["error"])


async def test_the_document_names_both_scopes(door: httpx.AsyncClient) -> None:
    paths = (await door.get("/openapi.json")).json()["paths"]
    for path in (each.replace("word_search", "{name}") for each in SHOWING):
        operation = paths[path]["post"]
        assert operation["security"] == [{"bearer": ["write", "read"]}, {"api_key": ["write", "read"]}]
        assert operation["description"].endswith("Scopes: `write` and `read`.")


async def test_the_vendors_models_are_told_of(door: httpx.AsyncClient) -> None:
    told = await door.get("/v1/llm-models")
    assert told.status_code == 404
    error = told.json()["error"]
    assert (error["code"], "/v1/models" in error["message"], "--model" in error["message"]) == (
        "not_found",
        True,
        True,
    )
