"""One run, made with the vendor's client, seen through every door at every change, and cancelled natively."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dalysdk.client
import httpx
import pytest
from dalysdk import DalyClient
from parallel import Parallel

from .gleaning import sdk
from .server import Server, running

OPTIONS = (
    *("--workload", "steered_trades", "--processor", "*=test.steer", "--cancel-grace", "60"),
    *("--heartbeat", "1", "--log-level", "warning"),
)
OPTED_IN = {"parallel-beta": "action-required"}

# What a task that has started is called: theirs, theirs after opting in, Daly's, and Daly's stage.
SHOWN = {
    "pending": ("running", "running", "running"),
    "queued": ("running", "running", "running"),
    "running": ("running", "running", "running"),
    "waiting": ("running", "action_required", "running"),
    "paused": ("running", "running", "running"),
    "cancelling": ("cancelling", "cancelling", "running"),
    "completed": ("completed", "completed", "completed"),
    "cancelled": ("cancelled", "cancelled", "cancelled"),
}
BEFORE_THE_START = {"queued": ("queued", "queued", "queued"), "pending": ("queued", "queued", "pending")}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "data", *OPTIONS) as server:
        yield server


@dataclass
class Doors:
    """Clients of every door that look at one task."""

    native: httpx.Client
    parallel: Parallel
    daly: DalyClient
    task_id: str
    number: int
    run_id: str
    looks: list[tuple[dict[str, Any], tuple[str, str, str]]] = field(default_factory=list)

    def task(self) -> dict[str, Any]:
        task: dict[str, Any] = self.native.get(f"/tasks/{self.task_id}").raise_for_status().json()
        return task

    def look(self) -> dict[str, Any]:
        """Look through every door; keep what was seen if the task was of one version all the while."""
        task = self.task()
        theirs = self.parallel.task_run.retrieve(self.run_id)
        opted_in = self.parallel.task_run.retrieve(self.run_id, extra_headers=OPTED_IN)
        daly = self.daly.tasks.get(self.number)
        if self.task()["version"] == task["version"]:
            self.looks.append((task, (theirs.status, opted_in.status, daly["status"])))
            assert theirs.is_active == task["is_active"]
            assert opted_in.is_active == (task["is_active"] and opted_in.status != "action_required")
        return task

    def look_until(self, status: str) -> None:
        """Look until the task has been seen with that status through all doors at once."""
        limit = time.monotonic() + 60
        while not (self.looks and self.looks[-1][0]["status"] == status):
            self.look()
            assert time.monotonic() < limit, f"never seen {status}; seen {self.looks[-1:]}"


@pytest.fixture
def doors(server: Server, tmp_path: Path) -> Iterator[Doors]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(dalysdk.client, "DEFAULT_BASE_URL", server.url)
        keys = server.keys()
        client = stack.enter_context(sdk(server, max_retries=0))
        run = client.task_run.create(input={"folder": str(tmp_path)}, processor="pro", metadata={"n": 1})
        native = stack.enter_context(server.native())
        (task,) = native.get("/tasks").raise_for_status().json()["tasks"]
        yield Doors(
            native=native,
            parallel=client,
            daly=stack.enter_context(DalyClient(keys["workspace_api_key"], keys["user_api_key"])),
            task_id=task["id"],
            number=task["number"],
            run_id=run.run_id,
        )


@dataclass
class Listener:
    """Follows the run's stream to its end, on a thread of its own."""

    lines: Iterator[Any]
    seen: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=lambda: self.seen.extend(self.lines))
        self.thread.start()

    def all(self) -> list[Any]:
        self.thread.join(30)
        assert not self.thread.is_alive()
        return self.seen


def native_stream(doors: Doors) -> Iterator[Any]:
    with doors.native.stream("GET", f"/tasks/{doors.task_id}/stream", timeout=30) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def post(doors: Doors, verb: str, body: Any = None) -> None:
    assert doors.native.post(f"/tasks/{doors.task_id}/{verb}", json=body).status_code in {200, 202}


def walk(doors: Doors, folder: Path) -> None:
    """Take the task through its statuses, and look at each through all doors."""
    doors.look_until("running")
    (folder / "ask").touch()
    doors.look_until("waiting")
    post(doors, "input", {"key": "topic", "answer": "sundials"})
    doors.look_until("running")
    post(doors, "pause")
    doors.look_until("paused")
    post(doors, "resume")
    doors.look_until("running")


def test_the_doors_agree_at_every_moment_until_a_native_cancel(doors: Doors, tmp_path: Path) -> None:
    theirs = Listener(iter(doors.parallel.task_run.events(doors.run_id)))
    ours = Listener(native_stream(doors))
    walk(doors, tmp_path)
    post(doors, "cancel")
    doors.look_until("cancelling")
    (tmp_path / "let_go").touch()
    doors.look_until("cancelled")

    verify(doors)
    assert theirs.all()[-1].run.status == "cancelled"
    assert [event.message for event in theirs.seen if "progress_msg" in event.type][:1] == [
        "Wait for whoever steers."
    ]
    *events, end = ours.all()
    assert (end["status"], end["version"]) == ("cancelled", doors.task()["version"])
    assert [event["number"] for event in events] == list(range(1, end["version"] + 1))
    numbers = [int(event["event_id"]) for event in map(as_json, theirs.seen)]
    assert numbers == sorted(numbers)
    assert {*numbers} <= {*range(end["version"] + 1)}


def as_json(event: Any) -> dict[str, Any]:
    written: dict[str, Any] = event.to_dict()
    return written


def verify(doors: Doors) -> None:
    """Compare what each door showed with the table, and see that nothing ever went backwards."""
    for task, shown in doors.looks:
        table = SHOWN if task["started_at"] else BEFORE_THE_START
        assert shown == table[task["status"]], task
    statuses = {task["status"] for task, _ in doors.looks}
    assert statuses >= {"running", "waiting", "paused", "cancelling", "cancelled"}
    order = ["queued", "running", "cancelling", "cancelled"]
    places = [order.index(shown[0]) for _, shown in doors.looks]
    assert places == sorted(places)


def test_the_answer_and_the_result_are_the_same_at_every_door(doors: Doors, tmp_path: Path) -> None:
    walk(doors, tmp_path)
    (tmp_path / "finish").touch()
    result = doors.parallel.task_run.result(doors.run_id)
    assert (result.output.type, result.output.content) == ("text", "sundials")
    task = doors.task()
    assert (task["status"], task["result"]["content"]) == ("completed", "sundials")
    daly = doors.daly.tasks.get(doors.number)
    assert (daly["status"], daly["resultData"]["content"]) == ("completed", "sundials")
    assert task["metadata"] == {"n": 1}
    listed = doors.daly.tasks.list(status="completed")["tasks"]
    assert [record["id"] for record in listed] == [doors.number]
