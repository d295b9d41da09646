"""A receiver with 30 % faults, and a server that is killed at random: every event arrives, none is reordered."""

import json
import random
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import standardwebhooks

from .server import Server

EVENTS = ["task.queued", "task.started", "task.completed"]
OPTIONS = [
    *("--workload", "trades", "--cpu-slots", "2", "--log-level", "warning"),
    *("--webhook-http", "--webhook-allow", "127.0.0.1/32", "--webhook-timeout", "1"),
    *("--webhook-schedule", " ".join(["0.2"] * 32)),
]


@dataclass
class Came:
    """One POST, and whether the receiver took it."""

    id: str
    path: str
    body: bytes
    headers: dict[str, str]
    at: float
    was_taken: bool


@dataclass
class Sink:
    """A receiver that resets, stalls, redirects and refuses three of ten posts."""

    seed: int
    url: str = ""
    came: list[Came] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._lock = threading.Lock()

    def fault(self) -> str | None:
        with self._lock:
            if self._chance.random() >= 0.3:
                return None
            return self._chance.choice(
                ["500", "503", "301", "429", "reset", "silence", "nonsense", "lost answer"]
            )

    def note(self, came: Came) -> None:
        with self._lock:
            self.came.append(came)


def handler(sink: Sink) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - many small methods
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # the sender was killed between two writes: no message has come
                self.close_connection = True
                return
            fault = sink.fault()
            headers = {name.lower(): value for name, value in self.headers.items()}
            # Its answer may be lost after the receiver has taken the message.
            taken = fault in (None, "lost answer")
            sink.note(Came(headers["webhook-id"], self.path, body, headers, time.monotonic(), taken))
            self.answer(fault)

        def answer(self, fault: str | None) -> None:
            if fault in ("reset", "lost answer"):
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
            elif fault == "silence":
                time.sleep(1.2)  # longer than the sender waits
                self.close_connection = True
            elif fault == "nonsense":
                self.wfile.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
                self.close_connection = True
            else:
                self.send_response(int(fault or 204))
                if fault == "301":
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                return

    return Handler


@contextmanager
def sinking(seed: int) -> Iterator[Sink]:
    sink = Sink(seed)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(sink))
    server.daemon_threads = True
    sink.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("kills", "tasks"), [(3, 30), pytest.param(20, 400, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_each_due_event_arrives_and_none_is_reordered(tmp_path: Path, kills: int, tasks: int) -> None:
    chance = random.Random(kills)
    server = Server(tmp_path / "data", *OPTIONS)
    (tmp_path / "journal").mkdir()
    with sinking(seed=kills) as sink:
        server.start()
        secrets = open_endpoints(server, sink)
        submitted: list[str] = []
        for round_ in range(kills):
            submitted += submit(server, tmp_path / "journal", f"r{round_}", tasks // kills)
            time.sleep(chance.uniform(0.05, 0.8))  # the moment of the kill is the one thing left to chance
            server.kill()
            server.start()
        try:
            deliveries = wait_until_delivered(server, list(secrets), limit=60 + tasks / 2)
        finally:
            assert server.stop() == 0
    check(sink, deliveries, submitted, secrets)


def open_endpoints(server: Server, sink: Sink) -> dict[str, str]:
    secrets = {}
    with server.native() as client:
        for path in ("/a", "/b"):
            made = client.post("/webhook-endpoints", json={"url": sink.url + path, "event_types": EVENTS})
            assert made.status_code == 201, made.text
            secrets[made.json()["id"]] = made.json()["secret"]
    return secrets


def submit(server: Server, journal: Path, name: str, count: int) -> list[str]:
    with server.native() as client:
        made = [
            client.post(
                "/tasks",
                json={
                    "kind": "test.busy",
                    "input": {
                        "journal": str(journal),
                        "name": f"{name}-{number}",
                        "seconds": 0.0,
                        "ü": "é😀",
                    },
                },
            )
            for number in range(count)
        ]
    assert {answer.status_code for answer in made} <= {202}
    return [answer.json()["id"] for answer in made]


def wait_until_delivered(server: Server, endpoints: list[str], limit: float) -> list[dict[str, Any]]:
    end = time.monotonic() + limit
    with server.native() as client:
        while True:
            queue = [
                client.get("/tasks", params={"status": s}).json() for s in ("queued", "running", "pending")
            ]
            found = [delivery for endpoint in endpoints for delivery in deliveries_of(client, endpoint)]
            is_over = not any(page["tasks"] for page in queue)
            if is_over and {delivery["status"] for delivery in found} == {"delivered"}:
                return found
            assert time.monotonic() < end, [d for d in found if d["status"] != "delivered"][:5]
            time.sleep(0.2)


def deliveries_of(client: httpx.Client, endpoint: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        page = client.get(f"/webhook-endpoints/{endpoint}/deliveries", params={"after": after, "limit": 100})
        assert page.status_code == 200, page.text
        records = page.json()["deliveries"]
        found += records
        if len(records) < 100:
            return found
        after = records[-1]["number"]


def check(
    sink: Sink, deliveries: list[dict[str, Any]], submitted: list[str], secrets: dict[str, str]
) -> None:
    taken = {came.id for came in sink.came if came.was_taken}
    assert {delivery["id"] for delivery in deliveries} == taken
    told = defaultdict(set)
    for delivery in deliveries:
        told[delivery["endpoint_id"]].add((delivery["task_id"], delivery["event_type"]))
    for endpoint in secrets:
        assert {(task, event) for task in submitted for event in EVENTS} <= told[endpoint]
    bodies: dict[str, set[bytes]] = defaultdict(set)
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    endpoint_of = {delivery["id"]: delivery["endpoint_id"] for delivery in deliveries}
    for came in sink.came:
        bodies[came.id].add(came.body)
        body = json.loads(came.body)
        numbers[came.path, body["task_id"]].append(body["event_number"])
        verify(secrets[endpoint_of[came.id]], came)
    assert all(len(same) == 1 for same in bodies.values()), "a repeat had other bytes"
    assert all(sequence == sorted(sequence) for sequence in numbers.values()), "events were reordered"
    assert len(sink.came) > len(taken), "there were no repeats: the faults did not work"


def verify(secret: str, came: Came) -> None:
    """Check the signature with the library of others."""
    standardwebhooks.Webhook(secret).verify(came.body, came.headers)
