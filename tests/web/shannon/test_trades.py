"""Agents, tools and skills: listed, shown, called; through the door and its clients."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from rig import House, Tenant, client_of, open_app
from shannon import errors
from trades_of_tasks import TASK_TRADES

from gnomon.core.access import KeyRole
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.desk import ShannonOptions
from gnomon.web.dialects.shannon.wire.listing import NO_SESSION_ID
from gnomon.wiring.skills import SkillFolders

Talk = Callable[[Callable[[Any], Any]], Awaitable[Any]]
SKILLS = Path(__file__).parents[3] / "examples" / "skills"
DANGEROUS = "---\ndescription: Breaks things.\ndangerous: true\n---\nBreak it.\n"
DISABLED = "---\ndescription: Rests.\nenabled: false\n---\nRest.\n"


async def got(door: httpx.AsyncClient, path: str, /, **query: Any) -> Any:
    return (await door.get(f"/api/v1{path}", params=query)).raise_for_status().json()


async def test_agents_are_the_kinds_that_are_no_tools(door: httpx.AsyncClient, house: House) -> None:
    told = await got(door, "/agents")
    kinds = {
        each.kind for each in house.workloads.values() if each.visibility == "public" and not each.is_tool
    }
    assert told["count"] == len(kinds)
    assert {each["id"] for each in told["agents"]} == kinds
    first = told["agents"][0]
    assert (first["id"], first["input_schema"]["required"]) == ("research", ["input"])
    assert await got(door, "/agents/research") == first
    for each in told["agents"]:
        assert each["name"]
        assert each["description"]
        assert isinstance(each["input_schema"], dict)


@pytest.mark.parametrize("name", ["nobody", "word_search", "energy_model_blocks"])
async def test_an_unknown_agent_is_not_found(door: httpx.AsyncClient, name: str) -> None:
    for refused in (
        await door.get(f"/api/v1/agents/{name}"),
        await door.post(f"/api/v1/agents/{name}", json={"input": {}}),
    ):
        assert (refused.status_code, refused.json()) == (404, {"error": f"Agent not found: {name}"})


async def test_an_agent_runs_as_a_turn_of_a_session(door: httpx.AsyncClient) -> None:
    order = {"input": {"value": 1}, "session_id": "chat", "stream": True}
    made = await door.post("/api/v1/agents/give", json=order)
    told = made.json()
    assert made.status_code == 202
    assert made.headers["x-workflow-id"] == told["task_id"] == told["workflow_id"]
    assert made.headers["x-session-id"] == "chat"
    assert told["stream_url"] == f"/api/v1/stream/sse?workflow_id={told['task_id']}"
    assert (told["agent_id"], told["status"]) == ("give", "STATUS_CODE_OK")
    task = await got(door, f"/tasks/{told['task_id']}")
    assert (task["created_at"], task["session_id"]) == (told["created_at"], "chat")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"input": {}}, "input: The workload 'research' takes an object with 'input'"),
        ({}, "input: The workload 'research' takes an object with 'input'"),
        ({"input": {"input": "x", "effort": "much"}}, "input.effort: "),
        ({"input": []}, "Invalid request body: 'input' must be an object."),
        ({"input": {"input": "x"}, "session_id": "a b"}, NO_SESSION_ID),
        ([], "Invalid request body: send a JSON object."),
    ],
)
async def test_what_an_agent_does_not_take_is_named(
    door: httpx.AsyncClient, body: Json, message: str
) -> None:
    refused = await door.post("/api/v1/agents/research", json=body)
    assert refused.status_code == 400
    assert refused.json()["error"].startswith(message)


@pytest.mark.parametrize("path", ["/agents/give", "/tools/word_search/execute"])
async def test_the_same_call_is_one_task(served: Any, http: httpx.AsyncClient, path: str) -> None:
    body = {"input": {"value": 1}, "arguments": {"word": "a"}}
    key = {"Idempotency-Key": "k1"}
    first, again = [await http.post(f"/api/v1{path}", json=body, headers=key) for _ in range(2)]
    assert first.headers["x-workflow-id"] == again.headers["x-workflow-id"]
    assert first.json() == again.json()
    assert "x-idempotency-cached" not in first.headers
    assert again.headers["x-idempotency-cached"] == "true"


async def test_the_clients_know_agents(talk: Talk) -> None:
    agents = await talk(lambda client: client.list_agents())
    assert [each.id for each in agents] == ["research", "give"]
    agent = await talk(lambda client: client.get_agent("research"))
    assert agent == agents[0]
    execution = await talk(lambda client: client.execute_agent("research", {"input": "Who?"}, session_id="c"))
    assert (execution.agent_id, execution.session_id) == ("research", "c")
    assert execution.task_id == execution.workflow_id
    status = await talk(lambda client: client.wait(execution.task_id, poll_interval=0.02, timeout=20))
    assert status.result.startswith("On Who?")
    assert status.query == "Who?"
    with pytest.raises(errors.ShannonError, match="Agent not found: nobody"):
        await talk(lambda client: client.get_agent("nobody"))
    with pytest.raises(errors.ValidationError, match="'input' is required"):
        await talk(lambda client: client.execute_agent("research", {}))


async def test_tools_are_listed_by_category(door: httpx.AsyncClient) -> None:
    (tool,) = await got(door, "/tools")
    assert (tool["name"], tool["description"]) == ("word_search", "Look a word up.")
    assert tool["parameters"]["required"] == ["word"]
    assert await got(door, "/tools", category="search") == [tool]
    assert await got(door, "/tools", category="else") == []
    detail = await got(door, "/tools/word_search")
    assert detail.items() >= {**tool, "timeout_seconds": 28}.items()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("nothing", "there are word_search."),
        ("research", "there are word_search."),
        ("web_search", "this server does not search the web; its operator starts it with --search PROVIDER."),
    ],
)
async def test_an_unknown_tool_is_not_found(door: httpx.AsyncClient, name: str, remedy: str) -> None:
    for refused in (
        await door.get(f"/api/v1/tools/{name}"),
        await door.post(f"/api/v1/tools/{name}/execute", json={}),
    ):
        assert (refused.status_code, refused.json()) == (404, {"error": f"Tool '{name}' not found: {remedy}"})


async def test_the_clients_call_tools(talk: Talk) -> None:
    (tool,) = await talk(lambda client: client.list_tools())
    detail = await talk(lambda client: client.get_tool(tool.name))
    assert (detail.category, detail.parameters) == ("search", tool.parameters)
    told = await talk(lambda client: client.execute_tool("word_search", arguments={"word": "gnomon"}))
    assert (told.success, told.output, told.error) == (True, {"found": ["GNOMON"]}, None)
    assert told.text == '{"found": ["GNOMON"]}'
    assert told.execution_time_ms >= 0
    assert (told.usage.tokens, told.metadata["status"]) == (0, "TASK_STATUS_COMPLETED")
    task = await talk(lambda client: client.get_status(told.metadata["task_id"]))
    assert task.status == "COMPLETED"
    failed = await talk(lambda client: client.execute_tool("word_search", arguments={"word": "stone"}))
    assert (failed.success, failed.output, failed.error) == (False, None, "There was a stone in the way.")
    with pytest.raises(errors.ValidationError, match=r"arguments"):
        await talk(lambda client: client.execute_tool("word_search"))


async def test_a_tool_that_takes_long_goes_on_as_a_task(house: House, app: Any, ours: Tenant) -> None:
    hasty = open_app(house, shannon=ShannonOptions(tool_wait=0.05))
    async with client_of(hasty, **{"X-API-Key": ours.founded.keys[KeyRole.API]}) as client:
        order = {"arguments": {"word": "ever"}, "session_id": "chat"}
        told = (await client.post("/api/v1/tools/word_search/execute", json=order)).json()
        name = told["metadata"]["task_id"]
        assert (told["success"], told["output"]) == (False, None)
        assert told["error"] == f"The tool has not ended yet; GET /api/v1/tasks/{name} says how it stands."
        assert (await client.get(f"/api/v1/tasks/{name}")).json()["status"] == "TASK_STATUS_QUEUED"
        assert (await client.get("/api/v1/sessions")).json()["total_count"] == 0


@pytest.fixture
def skilled(house: House, tmp_path: Path) -> Any:
    house.workloads.update({workload.kind: workload for workload in TASK_TRADES})  # type: ignore[attr-defined]  # the rig's is a dict
    (tmp_path / "danger.md").write_text(DANGEROUS)
    (tmp_path / "rest.md").write_text(DISABLED)
    return open_app(house, shannon=ShannonOptions(skills=SkillFolders([SKILLS, tmp_path])))


@pytest.fixture
def keyed(skilled: Any, ours: Tenant) -> httpx.AsyncClient:
    return client_of(skilled, **{"X-API-Key": ours.founded.keys[KeyRole.API]})


async def test_a_server_without_skills_lists_none(door: httpx.AsyncClient) -> None:
    assert await got(door, "/skills") == {"skills": [], "count": 0, "categories": []}
    refused = await door.get("/api/v1/skills/plain-brief")
    assert (refused.status_code, refused.json()) == (404, {"error": "Skill not found"})


async def test_skills_are_listed_and_shown(keyed: httpx.AsyncClient) -> None:
    told = await got(keyed, "/skills")
    assert [each["name"] for each in told["skills"]] == ["danger", "plain-brief", "rest", "source-review"]
    assert (told["count"], told["categories"]) == (4, ["general", "research", "writing"])
    assert [each["dangerous"] for each in told["skills"]] == [True, False, False, False]
    (review,) = (await got(keyed, "/skills", category="research"))["skills"]
    assert review["requires_tools"] == ["document_search"]
    shown = await got(keyed, "/skills/source-review")
    assert shown["skill"].items() >= review.items()
    assert shown["skill"]["content"].startswith("Before you answer")
    assert "/" not in str(shown["metadata"])
    versions = await got(keyed, "/skills/source-review/versions")
    assert versions == {"name": "source-review", "versions": [review], "count": 1}


async def test_a_task_is_told_its_skill(keyed: httpx.AsyncClient, house: House, ours: Tenant) -> None:
    for where in ({"skill": "plain-brief"}, {"context": {"skill": "plain-brief"}}):
        made = await keyed.post("/api/v1/tasks", json={"query": "x", **where})
        name = made.raise_for_status().json()["task_id"]
        given = await house.store.get_input(ours.id, name.replace("task_", "tsk_"))
        assert given["guidance"].startswith("Write for a reader who has one minute.")
        assert (await got(keyed, f"/tasks/{name}"))["metadata"]["skill"] == "plain-brief"


@pytest.mark.parametrize(
    ("skill", "status", "message"),
    [
        ("none", 400, "Unknown skill: none: there are danger, plain-brief, source-review"),
        ("rest", 400, "Skill rest is disabled"),
        ("danger", 403, "Skill danger is marked as dangerous: it takes a key with the scope 'ops'."),
    ],
)
async def test_a_skill_that_may_not_be_used_is_refused(
    skilled: Any, ours: Tenant, theirs: Tenant, skill: str, status: int, message: str
) -> None:
    # Only keys of the first workspace, which is ours, carry the operator's scope.
    async with client_of(skilled, **{"X-API-Key": theirs.founded.keys[KeyRole.API]}) as client:
        refused = await client.post("/api/v1/tasks", json={"query": "x", "skill": skill})
    assert (refused.status_code, refused.json()) == (status, {"error": message})


async def test_an_operator_may_use_a_dangerous_skill(keyed: httpx.AsyncClient) -> None:
    assert (await keyed.post("/api/v1/tasks", json={"query": "x", "skill": "danger"})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("POST", "/auth/register", "/gnomon/v1/keys"),
        ("GET", "/auth/api-keys", "/gnomon/v1/keys"),
        ("GET", "/daemon/status", "webhooks"),
        ("GET", "/channels", "webhooks"),
        ("GET", "/templates/x", "/api/v1/skills"),
    ],
)
async def test_what_is_not_here_says_what_is(
    door: httpx.AsyncClient, method: str, path: str, word: str
) -> None:
    refused = await door.request(method, f"/api/v1{path}")
    assert refused.status_code == 404
    assert word in refused.json()["error"]
