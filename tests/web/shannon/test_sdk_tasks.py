"""Tasks through the vendor's clients, sync and async."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from shannon import errors
from shannon.models import TaskStatusEnum

from gnomon.core.session import SESSION_ID

Talk = Callable[[Callable[[Any], Any]], Awaitable[Any]]


async def done(talk: Talk, query: str, **given: Any) -> Any:
    handle = await talk(lambda client: client.submit_task(query, **given))
    return await talk(lambda client: client.wait(handle.task_id, poll_interval=0.02, timeout=20))


async def test_a_task_is_submitted_and_waited_for(talk: Talk) -> None:
    handle = await talk(lambda client: client.submit_task("What is the capital of France?"))
    assert handle.task_id == handle.workflow_id
    assert handle.task_id.startswith("task_")
    assert SESSION_ID.fullmatch(handle.session_id)
    status = await talk(lambda client: client.wait(handle.task_id, poll_interval=0.02, timeout=20))
    assert status.status is TaskStatusEnum.COMPLETED
    assert status.result.startswith(
        "On What is the capital of France?\n\nSources:\n1. A - https://example.com/a"
    )
    assert (status.query, status.session_id) == ("What is the capital of France?", handle.session_id)
    assert (status.mode, status.progress) == ("EXECUTION_MODE_STANDARD", 1.0)
    assert (status.provider, status.model_used) == ("gnomon", "extractive")
    assert [each["url"] for each in status.metadata["citations"]] == [
        "https://example.com/a",
        "https://example.org/b",
    ]
    assert status.created_at <= status.updated_at <= datetime.now(UTC)


async def test_what_was_used_is_counted(talk: Talk) -> None:
    status = await done(talk, "pay for it")
    assert (status.provider, status.model_used) == ("openai", "gpt-5-mini")
    assert status.usage["total_tokens"] == 240
    assert status.usage["estimated_cost"] == status.usage["cost_usd"] == 0.025
    tasks, total = await talk(lambda client: client.list_tasks())
    assert total == 1
    assert (tasks[0].total_token_usage.total_tokens, tasks[0].total_token_usage.cost_usd) == (240, 0.025)


async def test_a_failure_is_told(talk: Talk) -> None:
    status = await done(talk, "fail please")
    assert (status.status, status.error_message) == (TaskStatusEnum.FAILED, "There was a stone in the way.")
    assert status.result is None


async def test_turns_of_a_session_know_each_other(talk: Talk) -> None:
    await done(talk, "first", session_id="user-123")
    status = await done(talk, "second", session_id="user-123")
    assert "On second after 'On first'" in status.result
    tasks, total = await talk(lambda client: client.list_tasks(session_id="user-123"))
    assert ([task.query for task in tasks], total) == (["second", "first"], 2)
    assert await talk(lambda client: client.list_tasks(session_id="another")) == ([], 0)


async def test_a_stream_is_submitted(talk: Talk) -> None:
    handle, url = await talk(lambda client: client.submit_and_stream("How many?"))
    assert url == f"/api/v1/stream/sse?workflow_id={handle.workflow_id}"


async def test_what_is_not_valid_is_named(talk: Talk) -> None:
    with pytest.raises(errors.ValidationError, match=r"Invalid mode \(allowed: simple, standard"):
        await talk(lambda client: client.submit_task("x", mode="fast"))


async def test_an_unknown_task_is_not_found(talk: Talk) -> None:
    with pytest.raises(errors.TaskNotFoundError, match="Task not found"):
        await talk(lambda client: client.get_status("task_unknown"))
