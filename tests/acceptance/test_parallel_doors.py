"""One run, made with Parallel's client, seen through every door at every change, and cancelled natively."""

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
from shannon import ShannonClient

from .gleaning import sdk
from .server import Server, running

OPTIONS = (
    *("--workload", "steered_trades", "--processor", "*=test.steer", "--cancel-grace", "60"),
    *("--heartbeat", "1", "--log-level", "warning"),
)
OPTED_IN = {"parallel-beta": "action-required"}

# What a task that has started is called: Parallel's, also after opting in, Daly's, Shannon's, also after opting in.
SHOWN = {
    "pending": ("running", "running", "running", "RUNNING", "RUNNING"),
    "queued": ("running", "running", "running", "RUNNING", "RUNNING"),
    "running": ("running", "running", "running", "RUNNING", "RUNNING"),
    "waiting": ("running", "action_required", "running", "RUNNING", "RUNNING"),
    "paused": ("running", "running", "running", "RUNNING", "PAUSED"),
    "cancelling": ("cancelling", "cancelling", "running", "RUNNING", "RUNNING"),
    "completed": ("completed", "completed", "completed", "COMPLETED", "COMPLETED"),
    "cancelled": ("cancelled", "cancelled", "cancelled", "CANCELLED", "CANCELLED"),
}
BEFORE_THE_START = {
    "queued": ("queued", "queued", "queued", "QUEUED", "QUEUED"),
    "pending": ("queued", "queued", "pending", "QUEUED", "QUEUED"),
}


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
    shannon: ShannonClient
    http: httpx.Client
    """Sees what the vendor's client leaves out of Shannon's answers: their version, and what is opted in to."""
    task_id: str
    number: int
    run_id: str
    shannon_id: str
    looks: list[tuple[dict[str, Any], tuple[str, ...]]] = field(default_factory=list)

    def task(self) -> dict[str, Any]:
        task: dict[str, Any] = self.native.get(f"/tasks/{self.task_id}").raise_for_status().json()
        return task

    def look(self) -> dict[str, Any]:
        """Look through every door; keep what was seen if the task was of one version all the while."""
        task = self.task()
        theirs = self.parallel.task_run.retrieve(self.run_id)
        opted_in = self.parallel.task_run.retrieve(self.run_id, extra_headers=OPTED_IN)
        daly = self.daly.tasks.get(self.number)
        shannon = self.shannon.get_status(self.shannon_id)
        paused = self.http.get(f"/api/v1/tasks/{self.shannon_id}", params={"include": "paused"})
        if self.task()["version"] == task["version"]:
            names = (theirs.status, opted_in.status, daly["status"], shannon.status.value)
            self.looks.append((task, (*names, paused.json()["status"].removeprefix("TASK_STATUS_"))))
            assert paused.headers["etag"] == f'"{task["version"]}"'
            assert paused.json()["updated_at"] == task["updated_at"]
            assert self.shannon.get_control_state(self.shannon_id).is_paused == is_pausing(task)
            assert theirs.is_active == task["is_active"]
            assert opted_in.is_active == (task["is_active"] and opted_in.status != "action_required")
        return task

    def look_until(self, status: str) -> None:
        """Look until the task has been seen with that status through all doors at once."""
        limit = time.monotonic() + 60
        while not (self.looks and self.looks[-1][0]["status"] == status):
            self.look()
            assert time.monotonic() < limit, f"never seen {status}; seen {self.looks[-1:]}"


def is_pausing(task: dict[str, Any]) -> bool:
    return task["status"] == "paused" or bool(task.get("pause_requested_at"))


@pytest.fixture
def doors(server: Server, tmp_path: Path, own_loop: None) -> Iterator[Doors]:
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
            shannon=stack.enter_context(ShannonClient(base_url=server.url, api_key=keys["api_key"])),
            http=stack.enter_context(
                httpx.Client(base_url=server.url, headers={"X-API-Key": keys["api_key"]})
            ),
            shannon_id=task["id"].replace("tsk_", "task_"),
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


@dataclass(frozen=True)
class Frame:
    """One of Shannon's server-sent events."""

    id: str
    data: str


def shannon_stream(doors: Doors) -> Iterator[Any]:
    """Read the frames as they are: the vendor's client leaves out their numbers."""
    query = {"workflow_id": doors.shannon_id}
    with doors.http.stream("GET", "/api/v1/stream/sse", params=query, timeout=30) as answer:
        last = ""
        for line in answer.iter_lines():
            if line.startswith("id: "):
                last = line.removeprefix("id: ")
            elif line.startswith("data: "):
                yield Frame(last, line.removeprefix("data: "))


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
    others = Listener(shannon_stream(doors))
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
    *told, done = others.all()
    assert done.data == "[DONE]"
    frames = [tuple(map(int, frame.id.split("-"))) for frame in [*told, done]]
    assert frames == sorted(set(frames))
    assert {number for number, _ in frames} == set(range(1, end["version"] + 1))
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
    shannon = doors.shannon.get_status(doors.shannon_id)
    assert (shannon.status.value, shannon.result.partition("\n")[0]) == ("COMPLETED", "sundials")
    daly = doors.daly.tasks.get(doors.number)
    assert (daly["status"], daly["resultData"]["content"]) == ("completed", "sundials")
    assert task["metadata"] == {"n": 1}
    listed = doors.daly.tasks.list(status="completed")["tasks"]
    assert [record["id"] for record in listed] == [doors.number]
