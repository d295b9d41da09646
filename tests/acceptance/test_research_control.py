"""Research on a real server is steered: cancelled in a slow call, timed out, asked, and out of reach."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from .research_trial import (
    FIELDS,
    brief,
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
from stub_model import Answer, Asked, Behaviour, Hang, Refuse, StubModel  # isort: skip


class Mood:
    """How the model is at present."""

    def __init__(self) -> None:
        self.reader = Reader(values=values())
        self.is_hanging = False
        self.status = 0

    def __call__(self, asked: Asked) -> Behaviour:
        if self.status:
            return Refuse(self.status)
        return Hang() if self.is_hanging else Answer(self.reader.reply(asked))


@pytest.fixture(scope="module")
def mood() -> Mood:
    return Mood()


@pytest.fixture(scope="module")
def stub(mood: Mood) -> Iterator[StubModel]:
    with StubModel(otherwise=mood) as stub:
        yield stub


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, stub: StubModel) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("research")
    options = ("--model", "stub", "--model-url", stub.url)
    server = serving(folder / "data", write_documents(folder / "documents"), *options).start()
    try:
        wait_for_documents(server)
        yield server
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def well(mood: Mood) -> Iterator[None]:
    yield
    mood.reader, mood.is_hanging, mood.status = Reader(values=values()), False, 0


def test_a_cancel_takes_effect_in_the_middle_of_a_slow_call(
    server: Server, stub: StubModel, mood: Mood
) -> None:
    mood.is_hanging = True
    asked, hung_up = len(stub.requests), stub.hang_ups
    with server.native() as client:
        task = submit(client, brief())
        stub.wait_for_requests(asked + 1)
        began = time.monotonic()
        client.post(f"/tasks/{task}/cancel").raise_for_status()
        record = wait_for_end(client, task)
    assert record["status"] == "cancelled"
    assert time.monotonic() - began < 2
    stub.wait_for_hang_up(hung_up + 1)


def test_a_deadline_ends_a_slow_call(server: Server, stub: StubModel, mood: Mood) -> None:
    mood.is_hanging = True
    due = datetime.now(UTC) + timedelta(seconds=1.5)
    with server.native() as client:
        body = {"kind": "research", "input": brief(), "deadline_at": due.isoformat()}
        task = client.post("/tasks", json=body).raise_for_status().json()["id"]
        record = wait_for_end(client, task)
    assert record["status"] == "timed_out"
    assert datetime.fromisoformat(record["finished_at"]) - due < timedelta(seconds=3)


def test_a_budget_of_seconds_ends_with_what_is_settled(server: Server, mood: Mood) -> None:
    mood.is_hanging = True
    with server.native() as client:
        record = wait_for_end(client, submit(client, brief(budget={"seconds": 1})))
    assert record["status"] == "completed"
    assert any("1 seconds was used up" in sentence for sentence in record["result"]["truncated"])
    assert record["result"]["engine"] == "extractive", "the model has not said a word"


def test_a_person_is_asked_and_the_answer_is_used(server: Server, stub: StubModel, mood: Mood) -> None:
    mood.reader = Reader(values=values(), clarification="Which of the two towns?")
    with server.native() as client:
        task = submit(client, brief(may_ask=True))
        question = wait_until(lambda: client.get(f"/tasks/{task}").json()["question"], what="the question")
        assert "Which of the two towns?" in str(question)
        answer = {"key": "clarification", "answer": "Velden on the river"}
        client.post(f"/tasks/{task}/input", json=answer).raise_for_status()
        record = wait_for_end(client, task)
    assert record["status"] == "completed"
    assert record["result"]["content"]["mayor"] == "Mayorson"
    assert "Velden on the river" in stub.requests[-1].prompt
    plans = [key for key in stub.keys if key is not None and key.startswith(f"{task}:plan")]
    assert len(plans) == len(set(plans)) == 2, "planned again with the answer, and paid once each"


def test_a_second_task_asks_the_model_anew(server: Server, stub: StubModel) -> None:
    with server.native() as client:
        tasks = [submit(client, brief()) for _ in range(2)]
        records = [wait_for_end(client, task) for task in tasks]
    assert [record["result"]["usage"]["calls"] for record in records] == [1 + len(FIELDS)] * 2


def test_a_brief_that_cannot_be_answered_is_refused(server: Server) -> None:
    wrong = {"input": "q", "output": {"type": "json", "schema": {"$ref": "https://evil.example/s.json"}}}
    with server.native() as client:
        answer = client.post("/tasks", json={"kind": "research", "input": wrong})
    assert answer.status_code == 422
    assert "$ref" in answer.text


@pytest.mark.slow
def test_a_provider_that_is_down_is_tried_again_and_comes_back(server: Server, mood: Mood) -> None:
    mood.status = 503
    with server.native(timeout=60) as client:
        task = submit(client, brief())

        def is_retrying() -> bool:
            events = client.get(f"/tasks/{task}/events?limit=1000").json()["events"]
            failed = [event["body"] for event in events if event["type"] == "task.retrying"]
            return any(body["error"]["code"] == "provider_unavailable" for body in failed)

        wait_until(is_retrying, 90, "a retry")
        mood.status = 0
        record = wait_for_end(client, task, 180)
    assert record["status"] == "completed"
    assert record["result"]["engine"] == "provider:stub"
