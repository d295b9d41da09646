"""Cancel of a task that is at work in a child process: bounded, and the record says how it ended."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from .server import Server, running

GRACE = 1.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    data = tmp_path_factory.mktemp("cancel") / "data"
    with running(data, "--workload", "trades", "--cancel-grace", str(GRACE), "--cpu-slots", "2") as server:
        yield server


def start(client: httpx.Client, kind: str, started: Path) -> str:
    answer = client.post("/tasks", json={"kind": kind, "input": {"started": str(started)}})
    limit = time.monotonic() + 20
    while not started.exists():
        assert time.monotonic() < limit
        time.sleep(0.01)
    task: str = answer.raise_for_status().json()["id"]
    return task


def ended(client: httpx.Client, task: str) -> dict[str, Any]:
    limit = time.monotonic() + GRACE + 1
    while True:
        record: dict[str, Any] = client.get(f"/tasks/{task}").raise_for_status().json()
        if record["status"] not in {"running", "cancelling"}:
            return record
        assert time.monotonic() < limit, record
        time.sleep(0.01)


@pytest.mark.parametrize(("kind", "outcome"), [("test.stubborn", "killed"), ("test.willing", "cooperative")])
def test_a_cpu_bound_child_ends_within_grace_plus_one_second(
    server: Server, tmp_path: Path, kind: str, outcome: str
) -> None:
    with server.native() as client:
        task = start(client, kind, tmp_path / "started")
        assert client.post(f"/tasks/{task}/cancel").status_code in {200, 202}
        record = ended(client, task)
    assert record["status"] == "cancelled"
    assert record["cancel_outcome"] == outcome


def test_dalys_cancel_answers_when_the_cancel_has_ended(server: Server, tmp_path: Path) -> None:
    with server.native() as native, server.daly() as daly:
        task = start(native, "test.stubborn", tmp_path / "started")
        number = native.get(f"/tasks/{task}").json()["number"]
        record = daly.post(f"/tasks/{number}/cancel").raise_for_status().json()
        assert record["status"] == "cancelled"
        assert daly.post(f"/tasks/{number}/cancel").status_code == 409
