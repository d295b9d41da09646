"""`kill -9` at random moments of submissions and runs: nothing acknowledged is lost, nothing runs twice at once."""

import json
import random
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from .plant import example, furnish
from .server import Server

SUBMITTERS = 4
KINDS = {"limit": "200", "kind": "test.busy,test.calm,test.family"}
TERMINAL = {"completed", "failed", "cancelled", "timed_out", "expired"}
pytestmark = pytest.mark.slow


class Modeller:
    """Saves energy models, a small one and one that is shared among children, and remembers what was acknowledged."""

    def __init__(self, server: Server) -> None:
        self.acknowledged: dict[int, int] = {}
        self._server = server
        small = example()
        self._models = [small, {**small, "blocks": small["blocks"] * 130}]

    def furnish(self) -> None:
        self._server.start()
        with self._server.daly() as client:
            furnish(client)
        assert self._server.stop() == 0

    def run(self) -> None:
        try:
            with self._server.daly(timeout=10) as client:
                for model in self._models:
                    answer = client.post("/energymodels?async=true", json={**model, "output": {}})
                    assert answer.status_code == 200, answer.text
                    self.acknowledged[answer.json()["energyModelId"]] = len(model["blocks"])
        except httpx.TransportError:
            return

    def energies(self) -> dict[int, set[float]]:
        """Wait for all and return the energies that were found, by number of blocks."""
        found: dict[int, set[float]] = {}
        limit = time.monotonic() + 120
        with self._server.daly() as client:
            for number, blocks in self.acknowledged.items():
                record = client.get(f"/energymodels/{number}").raise_for_status().json()
                while record["status"] in {"pending", "queued", "running"}:
                    assert time.monotonic() < limit
                    time.sleep(0.1)
                    record = client.get(f"/energymodels/{number}").raise_for_status().json()
                assert record["status"] == "completed", record
                found.setdefault(blocks, set()).add(record["annualProductionMWh"])
        return found


class Submitter:
    """Posts tasks until it is told to stop, and remembers what the server has acknowledged."""

    def __init__(self, server: Server, journal: Path, round_: int) -> None:
        self.acknowledged: dict[str, str] = {}
        self.attempted: set[str] = set()
        self._server = server
        self._journal = journal
        self._round = round_
        self._stop = threading.Event()

    def run(self, number: int) -> None:
        chance = random.Random(f"{self._round}/{number}")
        kinds = ["test.busy"] * 6 + ["test.calm"] * 6 + ["test.family"]
        with self._server.native(timeout=5) as client:
            for count in range(40):
                if self._stop.is_set():
                    return
                name = f"r{self._round}-s{number}-{count}"
                task_input = {"journal": str(self._journal), "name": name, "seconds": chance.uniform(0, 0.05)}
                self.attempted.add(name)
                try:
                    answer = client.post("/tasks", json={"kind": chance.choice(kinds), "input": task_input})
                except httpx.TransportError:
                    return
                assert answer.status_code == 202, answer.text
                self.acknowledged[name] = answer.json()["id"]

    def stop(self) -> None:
        self._stop.set()


def test_kill_rounds(tmp_path: Path, kill_rounds: int, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "journal"
    journal.mkdir()
    chance = random.Random(20261121)
    server = Server(tmp_path / "data", "--workload", "trades", "--cpu-slots", "2", "--log-level", "warning")
    acknowledged: dict[str, str] = {}
    attempted: set[str] = set()
    modeller = Modeller(server)
    modeller.furnish()
    for round_ in range(kill_rounds):
        server.start()
        submitter = Submitter(server, journal, round_)
        with ThreadPoolExecutor(SUBMITTERS + 1) as pool:
            posts = [pool.submit(submitter.run, number) for number in range(SUBMITTERS)]
            posts += [pool.submit(modeller.run)] if round_ % 4 == 0 else []
            time.sleep(chance.uniform(0.02, 1.0))  # the moment of the kill is the one thing left to chance
            server.kill()
            submitter.stop()
            for post in posts:
                post.result()
        acknowledged |= submitter.acknowledged
        attempted |= submitter.attempted
        assert_no_orphans(server)
    server.start()
    try:
        records = wait_for_all(server, acknowledged)
        energies = modeller.energies()
        names = Counter(name for name in names_of_all(server) if name is not None)
    finally:
        assert server.stop() == 0
    assert_no_orphans(server)
    assert {record["status"] for record in records.values()} == {"completed"}
    assert all(len(values) == 1 for values in energies.values()), "one input gave two results"
    assert not list(journal.glob("*.twice"))
    assert all(count == 1 for count in names.values()), "a submission was stored twice"
    assert set(acknowledged) <= set(names) <= attempted
    with capsys.disabled():
        sys.stdout.write(
            f"\n{kill_rounds} kills, {len(acknowledged)} acknowledged tasks, {attempts_in(journal)}; "
            f"{len(modeller.acknowledged)} energy models\n"
        )


def assert_no_orphans(server: Server) -> None:
    limit = time.monotonic() + 3
    while alive := server.processes():
        assert time.monotonic() < limit, f"processes outlived their server: {alive}"
        time.sleep(0.02)


def wait_for_all(server: Server, acknowledged: dict[str, str]) -> dict[str, dict[str, object]]:
    records = {}
    limit = time.monotonic() + 120 + len(acknowledged) / 10
    with server.native() as client:
        for name, task in acknowledged.items():
            record = client.get(f"/tasks/{task}").raise_for_status().json()
            while record["status"] not in TERMINAL:
                assert time.monotonic() < limit, f"{name} never ended: {json.dumps(record)}"
                time.sleep(0.05)
                record = client.get(f"/tasks/{task}").raise_for_status().json()
            events = client.get(f"/tasks/{task}/events?limit=1000").raise_for_status().json()["events"]
            assert [event["number"] for event in events] == list(range(1, record["version"] + 1))
            records[name] = record
    return records


def names_of_all(server: Server) -> list[str | None]:
    names, cursor = [], ""
    with server.native() as client:
        while cursor is not None:
            page = client.get("/tasks", params={**KINDS, "cursor": cursor} if cursor else KINDS).json()
            names += [record["result"] and record["result"]["name"] for record in page["tasks"]]
            cursor = page["next"]
    return names


def attempts_in(journal: Path) -> str:
    begun = sum(log.read_text().count("begin") for log in journal.glob("*.log"))
    ended = sum(log.read_text().count("end") for log in journal.glob("*.log"))
    return f"{begun} attempts begun, {ended} ended"
