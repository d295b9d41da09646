"""A session of research on a real server: what a turn goes on from, and turns that are submitted at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import httpx
import pytest

from .research_trial import (
    brief,
    serving,
    values,
    wait_for_documents,
    wait_for_end,
    write_documents,
)
from .server import Server

from scripted_reader import Reader  # isort: skip -- stands where research_trial points to
from stub_model import Answer, Asked, Behaviour, Refuse, StubModel  # isort: skip


class Mood:
    """Whether the model will speak with us."""

    is_refusing = False

    def __call__(self, asked: Asked) -> Behaviour:
        return Refuse(400) if self.is_refusing else Answer(Reader(values=values()).reply(asked))


@pytest.fixture(scope="module")
def mood() -> Mood:
    return Mood()


@pytest.fixture(scope="module")
def stub(mood: Mood) -> Iterator[StubModel]:
    with StubModel(otherwise=mood) as stub:
        yield stub


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, stub: StubModel) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("talk")
    options = ("--model", "stub", "--model-url", stub.url)
    server = serving(folder / "data", write_documents(folder / "documents"), *options).start()
    try:
        wait_for_documents(server)
        yield server
    finally:
        server.stop()


def turn(client: httpx.Client, session: str, task_input: Any) -> dict[str, Any]:
    order = {"kind": "research", "input": task_input, "session_id": session}
    made: dict[str, Any] = client.post("/tasks", json=order).raise_for_status().json()
    return made


def test_a_later_turn_sees_the_turns_before_a_failed_one(server: Server, stub: StubModel, mood: Mood) -> None:
    with server.native() as client:
        first = wait_for_end(client, turn(client, "talk", brief())["id"])
        mood.is_refusing = True
        second = wait_for_end(client, turn(client, "talk", brief())["id"])
        mood.is_refusing = False
        third = wait_for_end(client, turn(client, "talk", brief(input="And who is its mayor?"))["id"])
        session = client.get("/sessions/talk").json()
    assert [one["status"] for one in (first, second, third)] == ["completed", "failed", "completed"]
    assert third["predecessor_id"] == second["id"]
    assert any("Mayorson" in asked.prompt and "And who is" in asked.prompt for asked in stub.requests)
    assert [each["question"] for each in third["result"]["turns"]] == ["Velden", "And who is its mayor?"]
    assert "Mayorson" in third["result"]["turns"][0]["answer"]
    assert (session["counts"]["completed"], session["counts"]["failed"]) == (2, 1)


def test_turns_that_are_submitted_at_once_keep_their_order(server: Server) -> None:
    with server.native() as client, ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda n: turn(client, "rush", brief(input=f"Velden {n}")), range(3)))
        made.sort(key=lambda task: int(task["session_turn"]))
        ended = [wait_for_end(client, task["id"]) for task in made]
    assert [task["session_turn"] for task in ended] == [1, 2, 3]
    assert all(before["finished_at"] <= task["started_at"] for before, task in pairwise(ended))
    assert [len(task["result"]["turns"]) for task in ended] == [1, 2, 3]
