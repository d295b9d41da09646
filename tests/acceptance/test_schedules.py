"""Schedules over `kill -9` at random moments around their times: each time once, or counted as skipped."""

import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .server import Server, running

MINUTE = timedelta(minutes=1)
BEGIN = datetime(2027, 5, 3, 9, 0, tzinfo=UTC)
WANTED = {"name": "plods", "cron": "* * * * *", "task": {"kind": "plod", "input": {"seconds": 0.4}}}
BEFORE = 2.5
"""Seconds before a time at which a server begins; it listens after about two."""

pytestmark = pytest.mark.slow


class ShiftedServer(Server):
    """A server that is told what time it is when it begins."""

    entry = "shifted_main"

    def begin(self, at: datetime) -> "ShiftedServer":
        os.environ["SHIFTED_NOW"] = str(at.timestamp())
        self.start()
        return self


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SHIFTED_NOW", "")
    server = ShiftedServer(tmp_path / "data", "--workload", "plodding")
    yield server
    if server.is_running:
        server.kill()


def make(server: Server) -> dict[str, Any]:
    with server.native() as client:
        made: dict[str, Any] = client.post("/schedules", json=WANTED).raise_for_status().json()
    return made


def read(server: Server, schedule: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    place = f"/schedules/{schedule['id']}"
    with server.native() as client:
        found = client.get(place).raise_for_status().json()
        return found, client.get(f"{place}/runs?limit=100").raise_for_status().json()["tasks"]


def until(is_so: Callable[[], bool], patience: float) -> None:
    limit = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < limit, "nothing happened in time"
        time.sleep(0.05)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_each_time_makes_one_run_or_is_counted_however_often_the_server_is_killed(
    server: ShiftedServer, kill_rounds: int
) -> None:
    chance, at = random.Random(7), BEGIN
    schedule = make(server.begin(at - timedelta(seconds=20)))
    server.kill()
    for _ in range(kill_rounds):
        server.begin(at - timedelta(seconds=BEFORE + chance.uniform(0, 0.8)))
        time.sleep(chance.uniform(0, 1.8))
        server.kill()
        at += chance.choice([1, 1, 1, 3]) * MINUTE
    server.begin(at + timedelta(seconds=5))
    until(lambda: all(not run["is_active"] for run in read(server, schedule)[1]), 20)
    found, runs = read(server, schedule)
    times = [moment(run["scheduled_for"]) for run in runs]
    assert len(set(times)) == len(times) == found["runs"] == found["succeeded"]
    assert times == sorted(times, reverse=True)
    assert all(moment(run["created_at"]) >= moment(run["scheduled_for"]) for run in runs)
    passed = (moment(found["last_at"]) - moment(schedule["next_at"])) // MINUTE + 1
    assert moment(schedule["next_at"]) == BEGIN
    assert moment(found["last_at"]) == at
    assert found["runs"] + found["skipped"] == passed
    assert found["runs"] >= kill_rounds // 2


def test_a_server_that_was_away_makes_up_one_time(server: ShiftedServer) -> None:
    schedule = make(server.begin(BEGIN - timedelta(seconds=30)))
    assert server.stop() == 0
    server.begin(BEGIN + timedelta(hours=2, seconds=10))
    until(lambda: bool(read(server, schedule)[0]["succeeded"]), 20)
    found, (run,) = read(server, schedule)
    assert moment(run["scheduled_for"]) == moment(found["last_at"]) == BEGIN + timedelta(hours=2)
    assert (found["runs"], found["skipped"], found["skip_cause"]) == (1, 120, None)
    assert moment(found["next_at"]) == BEGIN + timedelta(hours=2, minutes=1)


def test_a_time_makes_its_run_when_it_comes_not_at_the_next_sweep(server: ShiftedServer) -> None:
    schedule = make(server.begin(BEGIN - timedelta(seconds=6)))
    until(lambda: bool(read(server, schedule)[1]), 15)
    (run,) = read(server, schedule)[1]
    assert moment(run["created_at"]) - moment(run["scheduled_for"]) < timedelta(seconds=1)


def test_a_real_minute(tmp_path: Path) -> None:
    with running(tmp_path / "data", "--workload", "plodding") as server:
        schedule = make(server)
        until(lambda: read(server, schedule)[0]["succeeded"] == 1, 70)
        found, (run,) = read(server, schedule)
        assert run["scheduled_for"] == schedule["next_at"] == found["last_at"]
        assert moment(run["created_at"]) - moment(run["scheduled_for"]) < timedelta(seconds=2)
