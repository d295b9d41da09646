"""A run that is killed goes on after its last paid step: calls of the model are counted by their idempotency keys."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
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

STEPS = 1 + len(FIELDS)
"""Calls of the model: the plan, and one for each field."""
BEFORE = 4
"""Fields that are settled when the kill comes."""


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with StubModel(otherwise=Reader(values=values(), pause=0.4)) as stub:
        yield stub


@pytest.fixture
def server(tmp_path: Path, stub: StubModel) -> Iterator[Server]:
    options = ("--model", "stub", "--model-url", stub.url, "--model-concurrency", "1", "--lease", "3")
    server = serving(tmp_path / "data", write_documents(tmp_path / "documents"), *options).start()
    wait_for_documents(server)
    yield server
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


def assert_same_answer(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one["status"] == other["status"] == "completed", (one["error"], other["error"])
    assert one["result"] == other["result"]
    assert one["result"]["usage"]["calls"] == STEPS
    assert one["result"]["content"] == {field: f"{field.title()}son" for field in FIELDS}


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
        assert_same_answer(record, undisturbed(client))
        told = notes(client, task, "extract")
        assert len(told) == len(set(told)) == len(FIELDS), "what was done before is not told again"


def test_a_killed_child_goes_on_after_its_last_paid_step(server: Server, stub: StubModel) -> None:
    task = in_the_middle(server, stub)
    os.kill(resident(server), signal.SIGKILL)
    with server.native() as client:
        record = wait_for_end(client, task)
        assert record["attempt"] == 2
        assert_paid_once(stub, task)
        assert_same_answer(record, undisturbed(client))


def test_a_server_that_is_asked_to_stop_goes_on_when_it_is_started_again(
    server: Server, stub: StubModel
) -> None:
    task = in_the_middle(server, stub)
    assert server.stop() == 0
    server.start()
    with server.native() as client:
        record = wait_for_end(client, task)
        assert_paid_once(stub, task)
        assert_same_answer(record, undisturbed(client))


def test_a_pause_keeps_what_is_paid(server: Server, stub: StubModel) -> None:
    with server.native() as client:
        task = submit(client, brief())
        wait_until(lambda: len(notes(client, task, "extract")) >= 1, what="a field to be settled")
        client.post(f"/tasks/{task}/pause").raise_for_status()
        wait_until(
            lambda: client.get(f"/tasks/{task}").json()["status"] in {"paused", "completed"}, what="the pause"
        )
        client.post(f"/tasks/{task}/resume")
        record = wait_for_end(client, task)
        assert set(keys_of(stub, task).values()) == {1}
        assert_same_answer(record, undisturbed(client))


def resident(server: Server) -> int:
    """Find the process in which waiting work runs: it is connected to the model."""
    candidates = [pid for pid in server.processes() if pid != server.pid and is_resident(pid)]
    assert len(candidates) == 1, candidates
    return candidates[0]


def is_resident(pid: int) -> bool:
    return b"resident" in Path(f"/proc/{pid}/cmdline").read_bytes() or b"io" in name_of(pid)


def name_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/comm").read_bytes()
