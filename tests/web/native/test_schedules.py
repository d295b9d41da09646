"""Schedules over the native door: made, changed, set aside, fired, listed; and the page about them runs."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from natives import ORDER, client_for
from rig import ROOT, Hands, ShiftedClock, Tenant
from server import serving
from toys import TOYS

from gnomon.core.access import KeyRole
from gnomon.core.retry import Done
from gnomon.core.service.schedule import fire_due

PAGE = (ROOT / "docs" / "schedules.md").read_text()
WANTED: dict[str, Any] = {
    "name": "Mornings",
    "description": "All of them.",
    "cron": "*/10 * * * *",
    "timezone": "Europe/Berlin",
    "task": {**ORDER, "timeout_seconds": 7200, "session_id": "talk", "metadata": {"team": "roof"}},
}


@pytest.fixture
async def client(ours: Tenant, app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


async def post(client: httpx.AsyncClient, key: str | None = None, **more: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await client.post("/schedules", json=WANTED | more, headers=headers)


async def fire(hands: Hands, **later: float) -> None:
    """Let time pass, and do what upkeep would."""
    clock = hands.house.clock
    assert isinstance(clock, ShiftedClock)
    clock.shift += timedelta(**later)
    await fire_due(hands.house)


async def test_a_schedule_is_made_once_and_read(client: httpx.AsyncClient) -> None:
    made, again = await post(client, "k"), await post(client, "k")
    assert (made.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    record = made.json()
    assert made.headers["Location"] == f"/gnomon/v1/schedules/{record['id']}"
    assert again.json() == record == (await client.get(f"/schedules/{record['id']}")).json()
    assert record | WANTED == record
    assert (record["status"], record["runs"], record["skipped"], record["last_at"]) == ("active", 0, 0, None)
    next_at = datetime.fromisoformat(record["next_at"])
    assert timedelta() < next_at - datetime.now(UTC) < timedelta(minutes=10, seconds=1)
    kept = (await client.get("/idempotency-keys/k")).json()
    assert (kept["schedule_id"], kept["resource_id"], kept["task_id"]) == (record["id"], None, None)
    assert (await post(client, "k", name="Other")).status_code == 422


async def test_each_time_makes_a_task_that_is_shown_everywhere(
    client: httpx.AsyncClient, hands: Hands
) -> None:
    record = (await post(client)).json()
    await fire(hands, minutes=10)
    runs = (await client.get(f"/schedules/{record['id']}/runs")).json()
    assert (runs["schedule_id"], runs["total"], runs["next"]) == (record["id"], 1, None)
    (task,) = runs["tasks"]
    assert task == (await client.get(f"/tasks/{task['id']}")).json()
    assert (task["schedule_id"], task["scheduled_for"]) == (record["id"], record["next_at"])
    assert (task["session_id"], task["session_turn"], task["metadata"]) == ("talk", 1, {"team": "roof"})
    await fire(hands, minutes=10)
    await hands.end(await hands.claim(), Done(result={"text": "HELLO"}))
    await fire(hands, minutes=10)
    after = (await client.get(f"/schedules/{record['id']}")).json()
    assert (after["runs"], after["succeeded"], after["failed"], after["skipped"]) == (2, 1, 0, 1)
    first = (await client.get(f"/schedules/{record['id']}/runs?limit=1&offset=1")).json()
    assert (first["tasks"][0]["result"], first["next"], first["total"]) == ({"text": "HELLO"}, None, 2)
    assert (await client.get(f"/schedules/{record['id']}/runs?limit=1")).json()["next"] == 1


async def test_lists_come_in_pages_and_by_status(client: httpx.AsyncClient) -> None:
    made = [(await post(client, name=str(n))).json()["id"] for n in range(3)]
    await client.post(f"/schedules/{made[1]}/pause")
    page = (await client.get("/schedules?limit=2")).json()
    assert ([one["id"] for one in page["schedules"]], page["total"], page["next"]) == (made[:0:-1], 3, 2)
    page = (await client.get("/schedules?limit=2&offset=2")).json()
    assert ([one["id"] for one in page["schedules"]], page["next"]) == (made[:1], None)
    page = (await client.get("/schedules?status=paused")).json()
    assert [one["id"] for one in page["schedules"]] == [made[1]]
    assert (await client.get("/schedules?status=off")).status_code == 422


async def test_a_schedule_is_changed_set_aside_and_deleted(client: httpx.AsyncClient) -> None:
    record = (await post(client)).json()
    place = f"/schedules/{record['id']}"
    changed = (await client.patch(place, json={"cron": "0 0 1 1 *", "timezone": "UTC"})).json()
    assert (changed["cron"], changed["name"], changed["task"]) == ("0 0 1 1 *", "Mornings", record["task"])
    assert changed["next_at"][5:] == "01-01T00:00:00.000000Z"
    other = (await client.patch(place, json={"description": "", "task": ORDER})).json()
    assert (other["description"], other["task"]["session_id"], other["cron"]) == ("", None, "0 0 1 1 *")
    for _ in range(2):
        paused = (await client.post(f"{place}/pause", json={"reason": "Holidays."})).json()
        assert (paused["status"], paused["next_at"]) == ("paused", None)
        assert paused["pause_told"]["reason"] == "Holidays."
    for _ in range(2):
        active = (await client.post(f"{place}/resume")).json()
        assert (active["status"], active["next_at"], active["pause_told"]) == (
            "active",
            changed["next_at"],
            None,
        )
    assert (await client.delete(place)).status_code == 204
    for method, path in (
        ("GET", place),
        ("DELETE", place),
        ("GET", f"{place}/runs"),
        ("POST", f"{place}/pause"),
    ):
        assert (await client.request(method, path)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"cron": "at noon"}, "/cron"),
        ({"timezone": "Mars"}, "/timezone"),
        ({"task": {"kind": "song"}}, "/task/kind"),
        ({"task": {**ORDER, "input": {"$blob": "a"}}}, "/task/input/$blob"),
        ({"task": {**ORDER, "timeout_seconds": 0}}, "/task/timeout_seconds"),
        ({"task": {**ORDER, "session_id": "a b"}}, "/task/session_id"),
        ({"task": {**ORDER, "run_at": "2099-01-01T00:00:00Z"}}, "/task/run_at"),
        ({"zone": "UTC"}, "/zone"),
    ],
)
async def test_what_is_wrong_is_told_where_it_stands(
    client: httpx.AsyncClient, wrong: dict[str, Any], pointer: str
) -> None:
    record = (await post(client)).json()
    for refused in (
        await post(client, **wrong),
        await client.patch(f"/schedules/{record['id']}", json=wrong),
    ):
        assert refused.status_code == 422
        assert pointer in [error["pointer"] for error in refused.json()["errors"]]
    assert (await client.get("/schedules")).json()["schedules"] == [record]


async def test_nothing_is_taken_away_by_null(client: httpx.AsyncClient) -> None:
    record = (await post(client)).json()
    refused = await client.patch(f"/schedules/{record['id']}", json={"timezone": None})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/timezone")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the example calls curl")
async def test_the_example_works(tmp_path: Path) -> None:
    script = "set -eo pipefail\n" + "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    async with serving(tmp_path / "data", *TOYS, is_alone=True) as served:
        names = {"GNOMON": served.address, "KEY": served.founded.keys[KeyRole.API]}
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=tmp_path, env={**os.environ, **names},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
    told = out.decode()
    assert process.returncode == 0, told + err.decode()
    assert '"reason":"Holidays."' in told
    assert '"cron":"0 8 * * 1-5"' in told
