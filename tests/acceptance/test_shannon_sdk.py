"""The vendor's SDK against `gnomon serve --no-auth`, unmodified, sync and async: each of its methods once."""

import asyncio
import inspect
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from shannon import AsyncShannonClient, ShannonClient, TaskStatusEnum, errors

from .replying_trades import STEP
from .server import Server
from .shannon_house import shannon_house

SCRIPT = Path(os.environ.get("GNOMON_SHANNON_TESTS", "/nowhere")) / "e2e_verify.py"
OPTIONS = ("--workload", "replying_trades", "--mode", "simple=test.reply")
SKILL = "---\nname: brevity\ndescription: Be short.\n---\nAnswer in one sentence.\n"
SIMPLE = {"mode": "simple"}
FIRM = 1.0
"""Seconds after which a steered task has obeyed; its steps are short."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sdk")
    (folder / "skills").mkdir()
    (folder / "skills" / "brevity.md").write_text(SKILL)
    options = (*OPTIONS, "--skills", str(folder / "skills"))
    with shannon_house(folder / "data", *options, pause=0.3) as house:
        yield house


@dataclass
class Say:
    """Lets each of the two clients do the same."""

    client: Any
    aside: ThreadPoolExecutor | None = None

    async def __call__(self, method: str, *given: Any, **named: Any) -> Any:
        call = getattr(self.client, method)
        if self.aside is None:
            asked = call(*given, **named)
            return [item async for item in asked] if inspect.isasyncgen(asked) else await asked

        def on_its_thread() -> Any:
            asked = call(*given, **named)
            return list(asked) if inspect.isgenerator(asked) else asked

        return await asyncio.get_running_loop().run_in_executor(self.aside, on_its_thread)

    async def done(self, query: str, **named: Any) -> Any:
        """Submit a task and wait for its end."""
        handle = await self("submit_task", query, **named)
        return await self("wait", handle.task_id, poll_interval=0.1, timeout=60)

    async def until(self, task_id: str, method: str, name: str, value: Any) -> Any:
        """Look until a member of what a method returns has a value, for as long as a steered task may take."""
        limit = time.monotonic() + 30
        while getattr(seen := await self(method, task_id), name) != value:
            assert time.monotonic() < limit, seen
            await asyncio.sleep(0.02)
        return seen


@pytest.fixture(params=["sync", "async"])
async def say(request: pytest.FixtureRequest, server: Server) -> AsyncIterator[Say]:
    if request.param == "async":
        async with AsyncShannonClient(base_url=server.url) as client:
            yield Say(client)
        return
    # The plain client runs the event loop that it finds on its thread, and leaves it open.
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1, initializer=asyncio.set_event_loop, initargs=(loop,)) as aside:
        plain = Say(ShannonClient(base_url=server.url), aside)
        yield plain
        await plain("close")
    loop.close()


async def test_health(say: Say) -> None:
    assert (await say("health"))["status"] == "healthy"
    assert (await say("readiness"))["status"] == "ready"
    paths = (await say("get_openapi_spec"))["paths"]
    assert {"/api/v1/tasks", "/api/v1/tasks/{task_id}", "/v1/chat/completions"} <= paths.keys()


async def test_a_task_from_its_submission_to_its_result(say: Say) -> None:
    handle = await say("submit_task", "What is the capital of France?")
    final = await say("wait", handle.task_id, poll_interval=0.1, timeout=60)
    assert final.status is TaskStatusEnum.COMPLETED
    assert "Paris is the capital of France." in final.result
    assert "\n\nSources:\n1. " in final.result
    assert final.model_used == "scholar"
    assert final.usage["total_tokens"] == final.usage["input_tokens"] + final.usage["output_tokens"] > 0
    assert (await say("get_status", handle.task_id)).result == final.result
    tasks, total = await say("list_tasks", limit=5, status="COMPLETED")
    assert handle.task_id in [task.task_id for task in tasks]
    assert total >= 1
    events = await say("get_task_events", handle.task_id)
    assert [event.type for event in events][-2:] == ["WORKFLOW_COMPLETED", "STREAM_END"]
    assert (await say("get_task_timeline", handle.task_id)).get("events")


async def test_a_stream_tells_the_whole_task(say: Say) -> None:
    handle, url = await say("submit_and_stream", "muse 20", **SIMPLE)
    assert handle.workflow_id in url
    events = await say("stream", handle.workflow_id, timeout=60)
    assert {"WORKFLOW_STARTED", "PROGRESS", "WORKFLOW_COMPLETED"} <= {event.type for event in events}
    assert events[-1].type == "done"
    middle = events[len(events) // 2]
    rest = await say("stream", handle.workflow_id, last_event_id=middle.stream_id, timeout=60)
    assert [event.stream_id for event in rest] == [
        event.stream_id for event in events[events.index(middle) + 1 :]
    ]
    few = await say("stream", handle.workflow_id, types=["WORKFLOW_COMPLETED"], timeout=60)
    assert [event.type for event in few] == ["WORKFLOW_COMPLETED", "done"]


async def test_the_web_socket_tells_the_same(say: Say) -> None:
    final = await say.done("What?", **SIMPLE)
    told = await say("stream_ws", final.task_id)
    assert [event.type for event in told][-2:] == ["WORKFLOW_COMPLETED", "STREAM_END"]


async def test_a_pause_a_resume_and_a_cancel_take_effect_within_a_second(say: Say) -> None:
    handle = await say("submit_task", "muse 3000", **SIMPLE)
    await say.until(handle.task_id, "get_status", "status", TaskStatusEnum.RUNNING)
    begun = time.monotonic()
    assert await say("pause_task", handle.task_id, reason="lunch") is True
    await paused(say, handle.task_id)
    assert time.monotonic() - begun < FIRM + STEP
    state = await say("get_control_state", handle.task_id)
    assert (state.is_paused, state.pause_reason, state.is_cancelled) == (True, "lunch", False)
    before = (await say("get_status", handle.task_id)).progress
    begun = time.monotonic()
    assert await say("resume_task", handle.task_id, reason="done") is True
    while (await say("get_status", handle.task_id)).progress <= before:
        assert time.monotonic() - begun < FIRM + STEP
    assert (await say("get_control_state", handle.task_id)).is_paused is False
    begun = time.monotonic()
    assert await say("cancel", handle.task_id, reason="enough") is True
    await say.until(handle.task_id, "get_status", "status", TaskStatusEnum.CANCELLED)
    assert time.monotonic() - begun < FIRM + STEP
    state = await say("get_control_state", handle.task_id)
    assert (state.is_cancelled, state.cancel_reason) == (True, "enough")
    ended = await say.done("What?", **SIMPLE)
    assert await say("cancel", ended.task_id) is False


async def paused(say: Say, task_id: str) -> None:
    """Wait until the pause is done: its event is there."""
    limit = time.monotonic() + 30
    while "WORKFLOW_PAUSED" not in {event.type for event in await say("get_task_events", task_id)}:
        assert time.monotonic() < limit
        await asyncio.sleep(0.01)


async def test_an_approval_is_found_and_given(say: Say) -> None:
    handle = await say("submit_task", "approve it", **SIMPLE)
    limit = time.monotonic() + 30
    while not (asked := ((await say("get_status", handle.task_id)).metadata or {}).get("approval")):
        assert time.monotonic() < limit
        await asyncio.sleep(0.05)
    assert asked["message"] == "Shall I go on?"
    assert (
        await say("approve", asked["approval_id"], handle.workflow_id, approved=False, feedback="No.") is True
    )
    final = await say("wait", handle.task_id, poll_interval=0.1, timeout=30)
    assert final.result.startswith("On approve it: False")


async def test_a_plan_is_reviewed(say: Say) -> None:
    handle = await say("submit_task", "review it", **SIMPLE)
    limit = time.monotonic() + 30
    while True:
        try:
            state = await say("get_review_state", handle.workflow_id)
            break
        except errors.ShannonError:
            assert time.monotonic() < limit
            await asyncio.sleep(0.05)
    assert (state.status, state.current_plan, state.version) == ("reviewing", "Plan 1", 1)
    fed = await say("submit_review_feedback", handle.workflow_id, "More.", version=1)
    assert fed.status == "reviewing"
    while (state := await say("get_review_state", handle.workflow_id)).version != 2:
        assert time.monotonic() < limit
        await asyncio.sleep(0.05)
    assert [turn.message for turn in state.rounds] == ["Plan 1", "More.", "Plan 2"]
    await say("approve_review", handle.workflow_id, version=2)
    final = await say("wait", handle.task_id, poll_interval=0.1, timeout=30)
    assert final.result.startswith("On review it: Plan 2")


async def test_a_session_goes_on_is_named_and_deleted(say: Say) -> None:
    session = f"sdk-{time.monotonic_ns()}"
    for query in ("first", "second"):
        final = await say.done(query, session_id=session, **SIMPLE)
    assert final.result.startswith("On second after On first")
    listed, _ = await say("list_sessions")
    assert session in [each.session_id for each in listed]
    await say("update_session_title", session, "A title")
    shown = await say("get_session", session)
    assert (shown.session_id, shown.title) == (session, "A title")
    assert [item.query for item in await say("get_session_history", session)] == ["first", "second"]
    turns, total = await say("get_session_events", session)
    assert ([turn.user_query for turn in turns], total) == (["first", "second"], 2)
    files = await say("list_session_files", session)
    for file in [each for each in files if not each.is_dir][:1]:
        assert (await say("download_session_file", session, file.path)).content
    assert await say("delete_session", session) is True
    with pytest.raises(errors.SessionNotFoundError):
        await say("get_session", session)


async def test_memory_files_are_a_list(say: Say) -> None:
    files = await say("list_memory_files")
    assert isinstance(files, list)
    with pytest.raises(errors.ShannonError):
        await say("download_memory_file", "none.md")


async def test_agents_tools_and_skills(say: Say) -> None:
    agents = await say("list_agents")
    assert "test.reply" in [agent.id for agent in agents]
    assert (await say("get_agent", "test.reply")).id == "test.reply"
    execution = await say("execute_agent", "test.reply", {"input": "What?"})
    final = await say("wait", execution.task_id, poll_interval=0.1, timeout=30)
    assert final.result.startswith("On What?")
    tools = await say("list_tools")
    names = [tool.name for tool in tools]
    assert "document_search" in names
    assert (await say("get_tool", names[0])).name == names[0]
    executed = await say("execute_tool", "web_search", arguments={"query": "Claude Shannon"})
    assert executed.success
    assert "brevity" in [skill.name for skill in await say("list_skills")]
    assert (await say("get_skill", "brevity")).content
    assert await say("get_skill_versions", "brevity")


async def test_a_message_reaches_a_running_task(say: Say) -> None:
    handle = await say("submit_task", "muse 3000", **SIMPLE)
    await say.until(handle.task_id, "get_status", "status", TaskStatusEnum.RUNNING)
    sent = await say("send_swarm_message", handle.workflow_id, "Think of the cost.")
    assert (sent.success, sent.status) == (True, "sent")
    await say("cancel", handle.task_id)


async def test_schedules(say: Say) -> None:
    made = await say("create_schedule", "daily", "0 9 * * *", "What is new?", timezone="Europe/Berlin")
    name = made["schedule_id"] if isinstance(made, dict) else made.schedule_id
    shown = await say("get_schedule", name)
    assert (shown.name, shown.cron_expression, shown.status) == ("daily", "0 9 * * *", "ACTIVE")
    listed, _ = await say("list_schedules")
    assert name in [each.schedule_id for each in listed]
    await say("update_schedule", name, description="each morning")
    await say("pause_schedule", name, reason="holidays")
    assert (await say("get_schedule", name)).status == "PAUSED"
    await say("resume_schedule", name)
    assert (await say("get_schedule", name)).status == "ACTIVE"
    runs, total = await say("get_schedule_runs", name)
    assert (runs, total) == ([], 0)
    await say("delete_schedule", name)
    with pytest.raises(errors.ShannonError):
        await say("get_schedule", name)


async def test_chats(say: Say) -> None:
    models = await say("list_openai_models")
    assert models[0].id == (await say("get_openai_model", models[0].id)).id == "shannon-chat"
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    asked = {"model": "shannon-standard-research"}
    completion = await say("create_chat_completion", messages, **asked)
    assert "Paris is the capital of France." in completion.choices[0].message.content
    assert completion.usage.total_tokens > 0
    chunks = await say("stream_chat_completion", messages, include_usage=True, **asked)
    said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices[:1])
    assert "Paris is the capital of France." in said
    assert any(chunk.shannon_events for chunk in chunks)
    whole = await say("create_completion", {"prompt": "What?"})
    assert whole["choices"][0]["text"].startswith("On What?")
    pieces = await say("stream_completion", {"prompt": "What?"})
    assert "".join(piece["choices"][0].get("text", "") for piece in pieces).startswith("On What?")


async def test_what_cannot_be_done_raises_the_clients_own_errors(say: Say) -> None:
    nothing = "task_" + "0" * 26
    for method in ("get_status", "cancel", "pause_task", "resume_task", "get_control_state"):
        with pytest.raises(errors.TaskNotFoundError):
            await say(method, nothing)
    with pytest.raises(errors.ValidationError):
        await say("submit_task", "What?", model_tier="huge")
    final = await say.done("fail now", **SIMPLE)
    assert (final.status, final.error_message) == (TaskStatusEnum.FAILED, "There was a stone in the way.")
    with pytest.raises(errors.ConnectionError, match="409"):
        await say("pause_task", final.task_id)


@pytest.mark.slow
@pytest.mark.skipif(
    not SCRIPT.exists(), reason="GNOMON_SHANNON_TESTS does not name the vendor's folder of tests"
)
def test_the_vendors_own_script_finds_no_failure(tmp_path: Path) -> None:
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills" / "brevity.md").write_text(SKILL)
    with shannon_house(tmp_path / "data", "--skills", str(tmp_path / "skills"), pause=2) as house:
        done = subprocess.run(
            [sys.executable, str(SCRIPT)],
            env={**os.environ, "SHANNON_BASE_URL": house.url},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    assert "FATAL" not in done.stdout
    assert " 0 failed, 0 skipped" in done.stdout
