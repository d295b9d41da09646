"""Requests that are sent again to a real server: at the same time, after `kill -9`, and by a client without keys."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from .server import Server

ROUNDS = 6


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", "--workload", "trades").start()
    yield server
    if server.is_running:
        server.stop()


def order(tmp_path: Path, name: str) -> dict[str, Any]:
    return {"kind": "test.calm", "input": {"journal": str(tmp_path), "name": name}}


def tasks(client: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/tasks?limit=200").raise_for_status().json()["tasks"]
    return found


def test_sixty_four_at_once_over_the_wire_make_one_task(server: Server, tmp_path: Path) -> None:
    key, body = {"Idempotency-Key": "k"}, order(tmp_path, "one")
    with server.native() as client, ThreadPoolExecutor(64) as crowd:
        answers = list(crowd.map(lambda _: client.post("/tasks", json=body, headers=key), range(64)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotency-replayed" in answer.headers for answer in answers) == 63
        assert len(tasks(client)) == 1


def test_a_replay_survives_a_kill_and_a_restart(server: Server, tmp_path: Path) -> None:
    key, body = {"Idempotency-Key": "k"}, order(tmp_path, "one")
    with server.native() as client:
        first = client.post("/tasks", json=body, headers=key)
    server.kill()
    server.start()
    with server.native() as client:
        again = client.post("/tasks", json=body, headers=key)
        assert (again.status_code, again.content) == (202, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        assert client.post("/tasks", json=order(tmp_path, "two"), headers=key).status_code == 422
        assert client.get("/idempotency-keys/k").json()["task_id"] == first.json()["id"]
        assert len(tasks(client)) == 1


def test_a_client_without_keys_repeats_what_was_lost_and_makes_nothing_twice(
    server: Server, tmp_path: Path
) -> None:
    """The answer is thrown away as a broken connection would; the retry comes after a restart, too."""
    body, tries = order(tmp_path, "one"), ["0", "1", "2"]
    made = []
    for count in tries:
        with server.native() as client:
            made.append(client.post("/tasks", json=body, headers={"x-stainless-retry-count": count}))
        if count == "1":
            server.kill()
            server.start()
    with server.native() as client:
        assert len({answer.content for answer in made}) == 1
        assert len(tasks(client)) == 1


class Sender:
    """Sends numbered requests one after another, and remembers what was acknowledged."""

    def __init__(self, server: Server, tmp_path: Path, round_: int) -> None:
        self.sent: dict[str, dict[str, Any]] = {}
        self.acknowledged: dict[str, str] = {}
        self._server, self._tmp_path, self._round = server, tmp_path, round_

    def run(self) -> None:
        try:
            with self._server.native(timeout=5) as client:
                for number in range(10_000):
                    key = f"{self._round}-{number}"
                    self.sent[key] = order(self._tmp_path, key)
                    answer = client.post("/tasks", json=self.sent[key], headers={"Idempotency-Key": key})
                    self.acknowledged[key] = answer.raise_for_status().json()["id"]
        except httpx.TransportError:
            return


def test_a_request_that_was_cut_off_by_a_kill_lands_once(server: Server, tmp_path: Path) -> None:
    chance = random.Random(7)
    in_all = 0
    for round_ in range(ROUNDS):
        sender = Sender(server, tmp_path, round_)
        thread = threading.Thread(target=sender.run)
        thread.start()
        time.sleep(chance.uniform(0.05, 0.3))
        server.kill()
        thread.join()
        server.start()
        cut_off = sender.sent.keys() - sender.acknowledged.keys()
        assert len(cut_off) <= 1
        with server.native() as client:
            for key in [*cut_off, *list(sender.acknowledged)[-3:]]:
                landed = client.get(f"/idempotency-keys/{key}")
                answer = client.post("/tasks", json=sender.sent[key], headers={"Idempotency-Key": key})
                made = answer.raise_for_status().json()["id"]
                if landed.status_code == 200:
                    assert landed.json()["task_id"] == made
                    assert answer.headers["idempotency-replayed"] == "true"
                else:
                    assert landed.status_code == 404
                    assert key in cut_off
                assert sender.acknowledged.get(key, made) == made
            in_all += len(sender.sent)
            assert _count(client) == in_all


def _count(client: httpx.Client) -> int:
    found, cursor = 0, None
    while True:
        page = client.get("/tasks", params={"limit": 200, **({"cursor": cursor} if cursor else {})}).json()
        found, cursor = found + len(page["tasks"]), page["next"]
        if cursor is None:
            return found
