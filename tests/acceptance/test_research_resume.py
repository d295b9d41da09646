"""A run that is killed goes on after its last paid step: calls of the model are counted by their idempotency keys."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from .research_trial import (
    FIELDS,
    brief,
    notes,
    serving,
    submit,
    values,
    wait_for_documents,
    wait_for_end,
    wait_until,
    write_documents,
)
from .server import Server

from scripted_reader import Reader  # isort: skip -- stands where research_trial points to
from stub_model import StubModel  # isort: skip

pytestmark = pytest.mark.slow
STEPS = 1 + len(FIELDS)
"""Calls of the model: the plan, and one for each field."""
BEFORE = 4
"""Fields that are settled when the kill comes."""


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with StubModel(otherwise=Reader(values=values(), pause=0.2)) as stub:
        yield stub


@pytest.fixture
def server(tmp_path: Path, stub: StubModel) -> Iterator[Server]:
    # A server that is started again has another port, and citations shall stay the same.
    address = ("--public-url", "https://gnomon.example.com")
    options = ("--model", "stub", "--model-url", stub.url, "--model-concurrency", "1", *address)
    server = serving(tmp_path / "data", write_documents(tmp_path / "documents"), *options).start()
    try:
        wait_for_documents(server)
        yield server
    finally:
        if server.is_running:
            server.stop()


def in_the_middle(server: Server, stub: StubModel) -> str:
    """Submit a run, and wait until some of its fields are settled and the next call is under way."""
    before = len(stub.requests)
    with server.native() as client:
        task = submit(client, brief())
        wait_until(lambda: len(notes(client, task, "extract")) == BEFORE, what="some fields to be settled")
        stub.wait_for_requests(before + 1 + BEFORE + 1)
    return task


def keys_of(stub: StubModel, task: str) -> Counter[str]:
    return Counter(key for key in stub.keys if key is not None and key.startswith(f"{task}:"))


def undisturbed(client: httpx.Client) -> dict[str, Any]:
    return wait_for_end(client, submit(client, brief()))


def assert_paid_once(stub: StubModel, task: str) -> None:
    counts = keys_of(stub, task)
    assert len(counts) == STEPS
    assert sorted(counts.values())[:-1] == [1] * (STEPS - 1), "a finished step was paid for twice"
    assert max(counts.values()) <= 2


def assert_whole(record: dict[str, Any]) -> None:
    assert record["status"] == "completed", record["error"]
    assert record["result"]["usage"]["calls"] == STEPS
    assert record["result"]["content"] == {field: f"{field.title()}son" for field in FIELDS}


def test_a_killed_server_goes_on_after_its_last_paid_step(server: Server, stub: StubModel) -> None:
    task = in_the_middle(server, stub)
    server.kill()
    paid = keys_of(stub, task)
    server.start()
    with server.native() as client:
        record = wait_for_end(client, task)
        assert record["attempt"] == 2
        assert_paid_once(stub, task)
        assert set(paid) <= set(keys_of(stub, task)), "the same steps have the same keys"
        assert_whole(record)
        assert record["result"] == undisturbed(client)["result"]
        told = notes(client, task, "extract")
        assert len(told) == len(set(told)) == len(FIELDS), "what was done before is not told again"


def test_a_killed_child_goes_on_after_its_last_paid_step(server: Server, stub: StubModel) -> None:
    task = in_the_middle(server, stub)
    os.kill(resident(server, stub), signal.SIGKILL)
    with server.native() as client:
        record = wait_for_end(client, task)
        assert record["attempt"] == 2
        assert_paid_once(stub, task)
        assert_whole(record)


def test_a_server_that_is_asked_to_stop_goes_on_when_it_is_started_again(
    server: Server, stub: StubModel
) -> None:
    task = in_the_middle(server, stub)
    assert server.stop() == 0
    server.start()
    with server.native() as client:
        record = wait_for_end(client, task)
        assert_paid_once(stub, task)
        assert_whole(record)


def test_a_pause_keeps_what_is_paid(server: Server, stub: StubModel) -> None:
    with server.native() as client:
        task = submit(client, brief())
        wait_until(lambda: len(notes(client, task, "extract")) >= 1, what="a field to be settled")
        client.post(f"/tasks/{task}/pause").raise_for_status()
        wait_until(lambda: client.get(f"/tasks/{task}").json()["status"] == "paused", what="the pause")
        paid = len(keys_of(stub, task))
        assert paid < STEPS, "it took effect in the middle"
        client.post(f"/tasks/{task}/resume").raise_for_status()
        record = wait_for_end(client, task)
        assert set(keys_of(stub, task).values()) == {1}
        assert_whole(record)


def resident(server: Server, stub: StubModel) -> int:
    """Find the process that is connected to the model: there lives what waits."""
    port = f":{int(stub.root.rpartition(':')[2]):04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{line[9]}]" for line in lines if line[2].endswith(port)}
    found = [pid for pid in server.processes() if sockets & set(descriptors(pid))]
    assert len(found) == 1, found
    return found[0]


def descriptors(pid: int) -> Iterator[str]:
    """Name what a process has open."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            yield str(entry.readlink())
