"""Sessions: lists, one of them, what was asked and answered, titles, an end; through the door and its clients."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from rig import Hands, House, Tenant, client_of, open_app
from shannon import errors

from gnomon.core.access import KeyRole
from gnomon.core.retry import Done, Failed
from gnomon.core.task import TaskError
from gnomon.web.dialects.shannon.desk import ShannonOptions
from gnomon.web.dialects.shannon.wire.listing import NO_SESSION_ID

Talk = Callable[[Callable[[Any], Any]], Awaitable[Any]]
ANSWER = {
    "type": "text",
    "content": "In Gaylord.",
    "basis": [
        {"field": "output", "reasoning": "", "citations": [{"url": "https://example.com/a", "title": "A"}]}
    ],
    "tool_calls": [{"id": "1", "server": "s", "tool": "look", "arguments": "{}"}] * 2,
}


async def submit(door: httpx.AsyncClient, query: str, session: str = "chat", **more: Any) -> str:
    told = (
        await door.post("/api/v1/tasks", json={"query": query, "session_id": session, **more})
    ).raise_for_status()
    return str(told.json()["task_id"])


async def complete(door: httpx.AsyncClient, hands: Hands, query: str, **more: Any) -> str:
    name = await submit(door, query, **more)
    await hands.end(await hands.claim(), Done(result=ANSWER))
    return name


async def got(door: httpx.AsyncClient, path: str, /, **query: Any) -> Any:
    return (await door.get(f"/api/v1{path}", params=query)).raise_for_status().json()


async def test_a_list_tells_what_the_tasks_come_to(door: httpx.AsyncClient, hands: Hands) -> None:
    await complete(door, hands, "Where was he born?", mode="complex", context={"tone": "dry"})
    await submit(door, "And when?")
    await hands.end(await hands.claim(), Failed(error=TaskError(code="none", message="No source.")))
    await submit(door, "Another", session="other")
    told = await got(door, "/sessions")
    assert told["total_count"] == 2
    assert [each["session_id"] for each in told["sessions"]] == ["other", "chat"]
    _, chat = told["sessions"]
    assert {name: chat[name] for name in ("task_count", "successful_tasks", "failed_tasks")} == {
        "task_count": 2,
        "successful_tasks": 1,
        "failed_tasks": 1,
    }
    assert (chat["success_rate"], chat["is_active"], chat["tokens_used"]) == (0.5, True, 0)
    assert (chat["latest_task_query"], chat["latest_task_status"]) == ("And when?", "FAILED")
    assert (chat["first_task_mode"], chat["is_research_session"]) == ("complex", False)
    assert chat["context"] == {"tone": "dry"}


async def test_a_list_comes_in_pages(door: httpx.AsyncClient) -> None:
    for name in "abc":
        await submit(door, "x", session=name)
    told = await got(door, "/sessions", limit=2, offset=1)
    assert (told["total_count"], [each["session_id"] for each in told["sessions"]]) == (3, ["b", "a"])


async def test_an_old_session_is_active_no_more(door: httpx.AsyncClient, hands: Hands, house: House) -> None:
    await complete(door, hands, "x")
    house.clock.shift = timedelta(hours=25)  # type: ignore[attr-defined]  # the rig's clock
    (chat,) = (await got(door, "/sessions"))["sessions"]
    assert chat["is_active"] is False


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/sessions?limit=0", "Invalid limit parameter: it must be a whole number, 1 to 100"),
        ("/sessions?limit=101", "Invalid limit parameter: it must be a whole number, 1 to 100"),
        ("/sessions?offset=-1", "Invalid offset parameter: it must be a whole number, 0 or more"),
        ("/sessions/chat/events?limit=101", "Invalid limit parameter: it must be a whole number, 1 to 100"),
        ("/sessions/chat/events?include_payload=maybe", "Invalid include_payload parameter"),
        ("/sessions/a%20b", NO_SESSION_ID),
    ],
)
async def test_what_cannot_be_read_is_refused(door: httpx.AsyncClient, path: str, message: str) -> None:
    await submit(door, "x")
    refused = await door.get(f"/api/v1{path}")
    assert (refused.status_code, refused.json()) == (400, {"error": message})


@pytest.mark.parametrize("path", ["", "/history", "/events", "/files", "/files/conversation.md"])
async def test_an_unknown_session_is_not_found(door: httpx.AsyncClient, path: str) -> None:
    refused = await door.get(f"/api/v1/sessions/nobody{path}")
    assert (refused.status_code, refused.json()) == (404, {"error": "Session not found"})


async def test_a_session_tells_its_strategy(door: httpx.AsyncClient) -> None:
    await submit(door, "x", context={"force_research": True, "research_strategy": "deep"})
    told = await got(door, "/sessions/chat")
    assert (told["is_research_session"], told["research_strategy"]) == (True, "deep")
    assert (told["task_count"], told["cost_usd"]) == (1, 0.0)


async def test_history_names_tasks_as_all_other_places_do(door: httpx.AsyncClient, hands: Hands) -> None:
    first = await complete(door, hands, "Where was he born?")
    second = await submit(door, "And when?")
    told = await got(door, "/sessions/chat/history")
    assert (told["session_id"], told["total"]) == ("chat", 2)
    done, waits = told["tasks"]
    assert [done["task_id"], waits["task_id"]] == [first, second]
    assert done["task_id"] == done["workflow_id"]
    assert done["result"] == "In Gaylord.\n\nSources:\n1. A - https://example.com/a"
    assert (done["status"], done["mode"], done["query"]) == ("COMPLETED", "standard", "Where was he born?")
    assert (done["agents_used"], done["tools_invoked"]) == (["research"], ["look"])
    assert done["duration_ms"] >= 0
    assert (waits["status"], waits["agents_used"], waits["tools_invoked"]) == ("QUEUED", [], [])
    assert not {"result", "completed_at", "duration_ms"} & waits.keys()


async def test_events_come_by_turns_without_pieces(door: httpx.AsyncClient, hands: Hands) -> None:
    name = await complete(door, hands, "Where was he born?")
    await submit(door, "And when?")
    told = await got(door, "/sessions/chat/events")
    assert (told["session_id"], told["count"]) == ("chat", 2)
    first, second = told["turns"]
    assert (first["turn"], first["task_id"], first["user_query"]) == (1, name, "Where was he born?")
    assert first["final_output"].startswith("In Gaylord.")
    types = [event["type"] for event in first["events"]]
    assert types[-1] == "STREAM_END"
    assert "WORKFLOW_COMPLETED" in types
    assert "LLM_PARTIAL" not in types
    assert (second["turn"], second["final_output"]) == (2, "")
    assert all(isinstance(turn["events"], list) for turn in told["turns"])
    bare = await got(door, "/sessions/chat/events", include_payload="false", limit=1, offset=1)
    assert [turn["turn"] for turn in bare["turns"]] == [2]
    assert not any("payload" in event for event in bare["turns"][0]["events"])


class Slow:
    """A shelf of sessions beside which a task completes as soon as its turn was read."""

    def __init__(self, shelf: Any, complete: Callable[[], Awaitable[Any]]) -> None:
        self.shelf = shelf
        self.complete = complete

    def __getattr__(self, name: str) -> Any:
        return getattr(self.shelf, name)

    async def list_turns(self, *given: Any, **named: Any) -> Any:
        found = await self.shelf.list_turns(*given, **named)
        await self.complete()
        return found


async def test_an_end_that_comes_meanwhile_is_not_told_without_its_answer(
    door: httpx.AsyncClient, hands: Hands, house: House, ours: Tenant
) -> None:
    await submit(door, "Where was he born?")
    task = await hands.claim()
    store: Any = house.store
    slow = Slow(store.sessions, lambda: hands.end(task, Done(result=ANSWER)))
    late = open_app(
        replace(house, store=replace(store, sessions=slow)), shannon=ShannonOptions(modes=("simple=give",))
    )
    async with client_of(late, **{"X-API-Key": ours.founded.keys[KeyRole.API]}) as client:
        (told,) = (await got(client, "/sessions/chat/events"))["turns"]
    (then,) = (await got(door, "/sessions/chat/events"))["turns"]
    assert told["final_output"] == ""
    assert [event["type"] for event in told["events"]][-1] == "AGENT_STARTED"
    assert [event["type"] for event in then["events"]][-1] == "STREAM_END"


async def test_too_many_events_are_too_many(
    door: httpx.AsyncClient, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gnomon.web.dialects.shannon.routes.sessions.MOST_EVENTS", 2)
    await complete(door, hands, "x")
    refused = await door.get("/api/v1/sessions/chat/events")
    assert refused.status_code == 413
    assert "ask for fewer turns" in refused.json()["error"]


@pytest.mark.parametrize(
    ("title", "shown"), [("Notes", "Notes"), ("  Heat\x07 pumps\n", "Heat pumps"), ("é" * 60, "é" * 60)]
)
async def test_a_title_is_given(door: httpx.AsyncClient, title: str, shown: str) -> None:
    await submit(door, "x")
    told = await door.patch("/api/v1/sessions/chat", json={"title": title})
    assert (told.status_code, told.json()) == (200, {"session_id": "chat", "title": shown})
    one = await got(door, "/sessions/chat")
    assert one["title"] == one["context"]["title"] == shown


async def test_a_title_takes_the_right_to_write_alone(
    app: Any, door: httpx.AsyncClient, ours: Tenant
) -> None:
    await submit(door, "x")
    made = await door.post("/gnomon/v1/keys", json={"name": "w", "scopes": ["write"]})
    async with client_of(app, **{"X-API-Key": made.raise_for_status().json()["secret"]}) as writer:
        told = await writer.patch("/api/v1/sessions/chat", json={"title": "Notes"})
        assert (told.status_code, told.json()) == (200, {"session_id": "chat", "title": "Notes"})
        assert (await writer.get("/api/v1/sessions/chat")).status_code == 403


@pytest.mark.parametrize(
    "body", [{}, {"title": " "}, {"title": "x" * 61}, {"title": 1}, [], {"title": "\x07"}]
)
async def test_a_title_that_is_none_is_refused(door: httpx.AsyncClient, body: Any) -> None:
    await submit(door, "x")
    refused = await door.patch("/api/v1/sessions/chat", json=body)
    assert refused.status_code == 400
    assert refused.json()["error"]


async def test_a_deleted_session_is_gone_and_its_name_free(door: httpx.AsyncClient, hands: Hands) -> None:
    name = await complete(door, hands, "first")
    for _ in range(2):
        deleted = await door.delete("/api/v1/sessions/chat")
        assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await door.get("/api/v1/sessions/chat")).status_code == 404
    assert (await door.delete("/api/v1/sessions/nobody")).status_code == 404
    assert (await got(door, f"/tasks/{name}"))["status"] == "TASK_STATUS_COMPLETED"
    again = await submit(door, "second")
    told = await got(door, "/sessions/chat/events")
    assert [(turn["turn"], turn["task_id"]) for turn in told["turns"]] == [(1, again)]


async def test_the_answers_are_files(door: httpx.AsyncClient, hands: Hands) -> None:
    name = await complete(door, hands, "Where was he born?")
    await submit(door, "And when?")
    root = await got(door, "/sessions/chat/files")
    assert root["success"] is True
    assert [(each["path"], each["is_dir"]) for each in root["files"]] == [
        ("answers", True),
        ("conversation.md", False),
    ]
    inside = (await got(door, "/sessions/chat/files", path="answers"))["files"]
    assert [each["name"] for each in inside] == [f"0001-{name}.json", f"0001-{name}.md"]
    for entry in (*inside, root["files"][1]):
        file = await got(door, f"/sessions/chat/files/{entry['path']}")
        assert file["success"] is True
        assert file["size_bytes"] == entry["size_bytes"] == len(file["content"].encode())
    text = await got(door, f"/sessions/chat/files/answers/0001-{name}.md")
    assert text["content"] == (
        "# Where was he born?\n\nIn Gaylord.\n\nSources:\n1. A - https://example.com/a\n"
    )
    assert text["content_type"] == "text/markdown; charset=utf-8"
    whole = await got(door, "/sessions/chat/files/conversation.md")
    assert "## 2. And when?\n\n*QUEUED*" in whole["content"]


@pytest.mark.parametrize("path", ["..", "../x", "answers/../..", "/etc/passwd", "a\\b", "answers//x"])
async def test_no_path_leads_out(door: httpx.AsyncClient, path: str) -> None:
    await submit(door, "x")
    listed = await door.get("/api/v1/sessions/chat/files", params={"path": path})
    assert (listed.status_code, listed.json()) == (400, {"error": "Invalid path"})
    quoted = path.replace("..", "%2e%2e").replace("\\", "%5c")
    read = await door.get(f"/api/v1/sessions/chat/files/{quoted}")
    assert (read.status_code, read.json()) == (400, {"error": "Invalid path"})


@pytest.mark.parametrize(
    "path", ["x.md", "answers", "answers/0001-task_00000000000000000000000000.md", "answers/0000-x.md"]
)
async def test_a_file_that_is_not_there_is_not_found(
    door: httpx.AsyncClient, hands: Hands, path: str
) -> None:
    await complete(door, hands, "x")
    refused = await door.get(f"/api/v1/sessions/chat/files/{path}")
    assert (refused.status_code, refused.json()) == (404, {"error": "File not found"})


async def test_without_documents_memory_is_empty(door: httpx.AsyncClient) -> None:
    assert await got(door, "/memory/files") == {"success": True, "files": []}
    assert (await door.get("/api/v1/memory/files/doc_1/x.md")).status_code == 404


async def test_the_clients_know_sessions(talk: Talk) -> None:
    handle = await talk(lambda client: client.submit_task("pay for it", session_id="user-123"))
    await talk(lambda client: client.wait(handle.task_id, poll_interval=0.02, timeout=20))
    sessions, total = await talk(lambda client: client.list_sessions())
    assert (total, sessions[0].session_id, sessions[0].message_count) == (1, "user-123", 1)
    assert (sessions[0].total_tokens_used, sessions[0].total_cost_usd) == (240, 0.025)
    assert (sessions[0].average_cost_per_task, sessions[0].success_rate) == (0.025, 1.0)
    one = await talk(lambda client: client.get_session("user-123"))
    assert (one.session_id, one.total_tokens_used, one.total_cost_usd) == ("user-123", 240, 0.025)
    (item,) = await talk(lambda client: client.get_session_history("user-123"))
    assert (item.task_id, item.status, item.tokens_used) == (handle.task_id, "COMPLETED", 240)
    (turn,), count = await talk(lambda client: client.get_session_events("user-123"))
    assert (turn.turn, turn.task_id, count) == (1, handle.task_id, 1)
    assert turn.metadata["tokens_used"] == 240
    assert await talk(lambda client: client.update_session_title("user-123", "Costs"))
    assert (await talk(lambda client: client.get_session("user-123"))).title == "Costs"
    folder, whole = await talk(lambda client: client.list_session_files("user-123"))
    assert (folder.is_dir, whole.path) == (True, "conversation.md")
    entries = await talk(lambda client: client.list_session_files("user-123", path="answers"))
    for entry in (whole, *entries):
        file = await talk(lambda client, path=entry.path: client.download_session_file("user-123", path))
        assert file.size_bytes == entry.size_bytes
    assert await talk(lambda client: client.list_memory_files()) == []
    assert await talk(lambda client: client.delete_session("user-123"))
    with pytest.raises(errors.SessionNotFoundError, match="Session not found"):
        await talk(lambda client: client.get_session("user-123"))


async def test_two_at_once_keep_their_order(door: httpx.AsyncClient) -> None:
    names = await asyncio.gather(*(submit(door, f"turn {number}") for number in range(5)))
    told = await got(door, "/sessions/chat/events")
    assert sorted(names) == sorted(turn["task_id"] for turn in told["turns"])
    assert [turn["turn"] for turn in told["turns"]] == [1, 2, 3, 4, 5]
