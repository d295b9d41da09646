"""The events of a task page by page, and its timeline."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fixed_records import task
from followed import Followed, following
from golden import check
from shannon_events import EVENTS, NOW, event

from gnomon.core.event import Event, EventType
from gnomon.core.ports import Attempt
from gnomon.core.retry import Asked, Done, Failed, Outcome
from gnomon.core.task import Json, Status, TaskError
from gnomon.web.dialects.shannon.render.timeline import timeline
from gnomon.web.ids import shannon_id

GOLDEN = Path(__file__).parent / "golden"
TYPES = {
    *("WF_STARTED", "WF_COMPLETED", "WF_FAILED", "WF_TIMEOUT", "WF_CANCELLED"),
    *("ACT_COMPLETED", "ACT_FAILED", "ACT_TIMEOUT", "ACT_CANCEL_REQUESTED", "ACT_CANCELLED"),
    *("ACT_SCHEDULED", "ACT_STARTED", "TIMER_FIRED", "TIMER_STARTED", "SIG_RECEIVED"),
    *("CHILD_STARTED", "CHILD_COMPLETED", "MARKER_RECORDED", "EVENT"),
}
"""Words of the vendor's that a task here can come to."""


@pytest.fixture
async def followed(tmp_path: Path) -> AsyncIterator[Followed]:
    async with following(tmp_path / "data") as followed:
        yield followed


async def get(followed: Followed, name: str, noun: str, **query: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=followed.address, headers={"x-api-key": followed.key}) as client:
        return await client.get(f"/api/v1/tasks/{shannon_id(name)}/{noun}", params=query, timeout=30)


async def events(followed: Followed, name: str, **query: str) -> list[Any]:
    answer = await get(followed, name, "events", **query)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["count"] == len(shown["events"])
    return list(shown["events"])


async def test_events_are_paged_without_a_gap_and_without_pieces(followed: Followed) -> None:
    name = await followed.start()
    await followed.say(name, *(f"word {n}" for n in range(70)), progress=50)
    await followed.end(name, Done(result={"type": "text", "content": "Because. " * 100}))
    whole = await events(followed, name, limit="200")
    assert "LLM_PARTIAL" not in {one["type"] for one in whole}
    assert [one["type"] for one in whole[-4:]] == [
        *("LLM_OUTPUT", "AGENT_COMPLETED", "WORKFLOW_COMPLETED", "STREAM_END")
    ]
    assert whole[-4]["message"] == "Because. " * 100
    assert await events(followed, name) == whole[:50]
    for size in (1, 3, 7, 49):
        pages = range(0, len(whole) + size, size)
        found = [await events(followed, name, limit=str(size), offset=str(start)) for start in pages]
        assert [one for page in found for one in page] == whole
    assert await events(followed, name, offset="9999") == []


async def test_of_a_trimmed_log_the_rest_is_listed(followed: Followed) -> None:
    name = await followed.run("Hm.")
    whole = await events(followed, name)
    await followed.house.store.trim_events(followed.house.clock.now() + timedelta(days=1), 100)
    warning, *rest = await events(followed, name)
    assert warning["type"] == "WARNING"
    assert rest == whole[-len(rest) :] != []
    assert await events(followed, name, offset="1") == rest
    assert await events(followed, name, limit="1") == [warning]
    shown = (await get(followed, name, "timeline")).json()
    assert [one["type"] for one in shown["events"]] == ["ACT_COMPLETED", "WF_COMPLETED"]


@pytest.mark.parametrize(
    ("noun", "query", "error"),
    [
        ("events", {"limit": "0"}, "Invalid limit parameter: it must be a whole number, 1 to 200"),
        ("events", {"limit": "201"}, "Invalid limit parameter: it must be a whole number, 1 to 200"),
        ("events", {"limit": "x"}, "Invalid limit parameter: it must be a whole number, 1 to 200"),
        ("events", {"offset": "-1"}, "Invalid offset parameter: it must be a whole number, 0 or more"),
        ("timeline", {"mode": "brief"}, "Invalid mode parameter (allowed: summary, full)"),
        ("timeline", {"persist": "maybe"}, "Invalid persist parameter (allowed: true, false)"),
    ],
)
async def test_what_is_wrong_is_refused(
    followed: Followed, noun: str, query: dict[str, str], error: str
) -> None:
    answer = await get(followed, await followed.run("Hm."), noun, **query)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize("noun", ["events", "timeline"])
async def test_an_unknown_task_is_none(followed: Followed, noun: str) -> None:
    answer = await get(followed, "tsk_00000000000000000000000000", noun)
    assert (answer.status_code, answer.json()) == (404, {"error": "Task not found"})


async def test_a_timeline_tells_attempts_and_signals(followed: Followed) -> None:
    name, store, clock = await followed.start(), followed.house.store, followed.house.clock
    await followed.say(name, "Hm.", progress=20)
    await followed.end(name, Asked(key="which", question={"text": "Which one?"}))
    await followed.answer(name)
    await store.pause(followed.workspace, name, clock.now())
    await store.resume(followed.workspace, name, clock.now())
    await followed.claim()
    await followed.end(name, Failed(error=TaskError(code="stumbled", message="x" * 300)))
    shown = (await get(followed, name, "timeline")).json()
    assert [one["type"] for one in shown["events"]] == [
        *("WF_STARTED", "ACT_COMPLETED", "MARKER_RECORDED", "SIG_RECEIVED", "MARKER_RECORDED"),
        *("SIG_RECEIVED", "ACT_FAILED", "WF_FAILED"),
    ]
    assert shown["stats"] == {"total": 8, "mode": "summary"}
    assert [len(one["message"]) for one in shown["events"]][-2:] == [200, 200]
    full = (await get(followed, name, "timeline", mode="full", include_payloads="true")).json()
    assert full["stats"]["total"] == 12
    assert full["events"][-1]["payload"]["error"]["code"] == "stumbled"
    assert full["events"][-1]["message"] == "x" * 300
    stored = await get(followed, name, "timeline", persist="true")
    assert (stored.status_code, stored.json()) == (
        202,
        {"status": "accepted", "workflow_id": shannon_id(name), "count": 8},
    )


async def test_a_timeline_has_its_bounds_and_its_summary_stays_small(followed: Followed) -> None:
    name = await followed.start()
    await followed.say(name, *range(5001))
    await followed.end(name)
    refused = await get(followed, name, "timeline", mode="full")
    assert refused.status_code == 413
    assert "events" in refused.json()["error"]
    assert (await get(followed, name, "timeline")).json()["stats"]["total"] == 3


def attempt(number: int, outcome: Outcome, error: Json = None) -> Attempt:
    at = datetime(2026, 6, 1, 12, 0, number, tzinfo=UTC)
    return Attempt(
        task_id="t",
        number=number,
        fence=number,
        worker="w",
        started_at=NOW,
        finished_at=at,
        outcome=outcome,
        error=error,
    )


ATTEMPTS = [attempt(number, outcome) for number, outcome in enumerate(Outcome, 1)]
LOG: Sequence[Event] = [event(one.type, one.body, number) for number, one in enumerate(EVENTS.values(), 1)]


@pytest.mark.parametrize("is_full", [False, True], ids=["summary", "full"])
def test_timelines_are_as_they_were(is_full: bool, request: pytest.FixtureRequest) -> None:
    told = timeline(task(Status.COMPLETED), LOG, ATTEMPTS, is_full=is_full, with_payloads=is_full)
    assert {one["type"] for one in told} <= TYPES
    assert [one["seq"] for one in told] == list(range(1, len(told) + 1))
    check(GOLDEN / f"timeline-{'full' if is_full else 'summary'}.json", told, request)


def test_a_full_timeline_leaves_nothing_out() -> None:
    for type_ in EventType:
        (happened,) = [one for one in LOG if one.type is type_][:1]
        told = timeline(task(Status.COMPLETED), [event(type_, happened.body, 2)], [], is_full=True)
        assert len(told) == 1, type_
