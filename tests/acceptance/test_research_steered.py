"""Research is steered: paused in a slow call, told something, its plan reviewed; and what it looks with is called."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from .research_trial import TERMINAL, notes, serving, submit, wait_for_documents, wait_for_end, wait_until
from .shannon_house import DOCUMENTS, House, shannon_house

from stub_model import StubModel  # isort: skip -- stands where research_trial points to

PAUSE = 1.5
"""Seconds of each call of the model."""
WITHIN = 1.0
QUESTION = "What does the service contract of the plant say?"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with shannon_house(tmp_path_factory.mktemp("steered") / "data", pause=PAUSE) as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[httpx.Client]:
    with house.native() as client:
        yield client


def calls_of(model: StubModel, task: str) -> Counter[str]:
    return Counter(key for key in model.keys if key is not None and key.startswith(f"{task}:"))


def in_a_call(client: httpx.Client, model: StubModel, **brief: Any) -> str:
    """Submit a piece of research, and wait until it waits for the model."""
    task = submit(client, {"input": QUESTION, "effort": 3, **brief})
    wait_until(lambda: calls_of(model, task), what="a call of the model")
    return task


def status_of(client: httpx.Client, task: str) -> str:
    return str(client.get(f"/tasks/{task}").raise_for_status().json()["status"])


def seconds_until(is_so: Callable[[], Any]) -> float:
    began = time.monotonic()
    wait_until(is_so, 10)
    return time.monotonic() - began


@pytest.mark.slow
def test_a_pause_takes_effect_in_the_middle_of_a_call_and_nothing_is_paid_twice(
    house: House, client: httpx.Client
) -> None:
    task = in_a_call(client, house.model)
    hang_ups = house.model.hang_ups
    client.post(f"/tasks/{task}/pause").raise_for_status()
    assert seconds_until(lambda: status_of(client, task) == "paused") < WITHIN
    client.post(f"/tasks/{task}/resume").raise_for_status()
    record = wait_for_end(client, task)
    assert record["status"] == "completed", record["error"]
    assert set(calls_of(house.model, task).values()) == {1}
    assert house.model.hang_ups == hang_ups
    assert record["usage"]["calls"] == record["result"]["usage"]["calls"] == len(calls_of(house.model, task))


@pytest.mark.slow
def test_a_pause_between_several_calls_at_once_keeps_all_of_them(house: House, client: httpx.Client) -> None:
    task = in_a_call(client, house.model)
    wait_until(lambda: len(calls_of(house.model, task)) >= 4, what="several calls at once")
    client.post(f"/tasks/{task}/pause").raise_for_status()
    assert seconds_until(lambda: status_of(client, task) == "paused") < WITHIN
    client.post(f"/tasks/{task}/resume").raise_for_status()
    record = wait_for_end(client, task)
    assert set(calls_of(house.model, task).values()) == {1}
    assert record["usage"]["calls"] == len(calls_of(house.model, task))


def test_a_cancel_takes_effect_in_the_middle_of_a_call(house: House, client: httpx.Client) -> None:
    task = in_a_call(client, house.model)
    client.post(f"/tasks/{task}/cancel").raise_for_status()
    assert seconds_until(lambda: status_of(client, task) == "cancelled") < WITHIN


@pytest.mark.slow
def test_a_paused_task_is_cancelled(house: House, client: httpx.Client) -> None:
    task = in_a_call(client, house.model)
    client.post(f"/tasks/{task}/pause").raise_for_status()
    wait_until(lambda: status_of(client, task) == "paused")
    client.post(f"/tasks/{task}/cancel").raise_for_status()
    assert wait_for_end(client, task)["status"] == "cancelled"


@pytest.mark.slow
def test_a_message_changes_the_answer_of_the_running_task(house: House, client: httpx.Client) -> None:
    told = "Which inverters are in the plant?"
    task = in_a_call(client, house.model, effort=1)
    client.post(f"/tasks/{task}/messages", json={"message": told}).raise_for_status()
    record = wait_for_end(client, task)
    assert record["status"] == "completed", record["error"]
    assert record["result"]["heard"] == [told]
    assert f"Taken in: {told}" in notes(client, task, "plan")
    prompts = [asked.prompt for asked in house.model.requests if asked.key and asked.key.startswith(task)]
    assert told not in prompts[0]
    assert told in prompts[-1]
    assert any(told in query for query in notes(client, task, "search"))


@pytest.mark.slow
def test_a_plan_is_reviewed(house: House, client: httpx.Client) -> None:
    task = submit(client, {"input": QUESTION, "effort": 1, "review": True, "review_seconds": 60})
    first = question_of(client, task)
    assert (first["kind"], first["round"]) == ("review", 1)
    said = {"action": "feedback", "message": "Look for the response time, too."}
    client.post(f"/tasks/{task}/input", json={"key": "plan:1", "answer": said}).raise_for_status()
    second = question_of(client, task, "plan:2")
    assert [each["role"] for each in second["rounds"]] == ["assistant", "user", "assistant"]
    client.post(
        f"/tasks/{task}/input", json={"key": "plan:2", "answer": {"action": "approve"}}
    ).raise_for_status()
    record = wait_for_end(client, task)
    assert record["status"] == "completed", record["error"]
    plans = [key for key in calls_of(house.model, task) if ":plan" in key]
    assert len(plans) == 2
    assert set(calls_of(house.model, task).values()) == {1}


def test_a_plan_that_nobody_looks_at_fails_the_task(client: httpx.Client) -> None:
    task = submit(client, {"input": QUESTION, "effort": 1, "review": True, "review_seconds": 1})
    record = wait_for_end(client, task)
    assert (record["status"], record["error"]["code"]) == ("failed", "review_expired")


def question_of(client: httpx.Client, task: str, key: str = "plan:1") -> dict[str, Any]:
    def asked() -> dict[str, Any] | None:
        record = client.get(f"/tasks/{task}").json()
        assert record["status"] not in TERMINAL, record
        question = record["question"]
        return question if question and question["key"] == key else None

    body: dict[str, Any] = wait_until(asked, what="the question")["body"]
    return body


def test_the_tools_are_kinds_that_can_be_called(client: httpx.Client, house: House) -> None:
    listed = {each["kind"]: each for each in client.get("/workloads").json()["workloads"]}
    tools = {kind for kind, each in listed.items() if each["is_tool"]}
    assert tools == {"document_search", "web_search", "web_fetch"}
    found = called(client, "document_search", {"query": "service contract", "limit": 3})
    assert 0 < len(found["passages"]) <= 3
    assert httpx.get(found["passages"][0]["url"]).status_code == 200
    hits = called(client, "web_search", {"query": "Shannon", "limit": 1})["results"]
    assert len(hits) == 1
    page = called(client, "web_fetch", {"url": hits[0]["url"]})
    assert "Claude Shannon" in page["text"]
    assert page["title"] == "Shannon"


def called(client: httpx.Client, kind: str, task_input: dict[str, Any]) -> dict[str, Any]:
    body = {"kind": kind, "input": task_input}
    record = client.post("/tasks", json=body, headers={"Prefer": "wait=20"}).raise_for_status().json()
    assert record["status"] == "completed", record["error"]
    result: dict[str, Any] = record["result"]
    return result


@pytest.mark.parametrize(
    ("kind", "task_input", "place"),
    [
        ("document_search", {"query": ""}, "query"),
        ("document_search", {"query": "q", "limit": 0}, "limit"),
        ("web_search", {"limit": 3}, "query"),
        ("web_fetch", {"url": "https://a.example", "depth": 2}, "depth"),
    ],
)
def test_what_a_tool_cannot_take_is_refused(
    client: httpx.Client, kind: str, task_input: dict[str, Any], place: str
) -> None:
    answer = client.post("/tasks", json={"kind": kind, "input": task_input})
    assert answer.status_code == 422
    assert place in answer.text


def test_a_page_is_read_past_the_guard_alone(client: httpx.Client) -> None:
    body = {"kind": "web_fetch", "input": {"url": "http://169.254.169.254/latest"}}
    record = client.post("/tasks", json=body, headers={"Prefer": "wait=20"}).json()
    assert (record["status"], record["error"]["code"]) == ("failed", "not_read")
    assert "--fetch-allow" in record["error"]["message"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server without a model and without the web."""
    server = serving(tmp_path_factory.mktemp("plain") / "data", DOCUMENTS).start()
    try:
        wait_for_documents(server, len(list(DOCUMENTS.iterdir())))
        with server.native() as client:
            yield client
    finally:
        server.stop()


def test_a_server_without_the_web_offers_no_tools_for_it(plain: httpx.Client) -> None:
    listed = {each["kind"] for each in plain.get("/workloads").json()["workloads"]}
    answer = plain.post("/tasks", json={"kind": "web_search", "input": {"query": "q"}})
    assert "document_search" in listed
    assert not {"web_search", "web_fetch"} & listed
    assert answer.status_code == 422


def test_without_a_model_a_plan_is_reviewed_and_a_message_is_taken_in(plain: httpx.Client) -> None:
    brief = {"input": "Which availability is guaranteed?", "review": True}
    alone = wait_for_end(plain, submit(plain, {"input": brief["input"]}))["result"]
    task = submit(plain, brief)
    assert brief["input"] in question_of(plain, task)["plan"]
    told = "Which inverter was commissioned?"
    plain.post(f"/tasks/{task}/messages", json={"message": told}).raise_for_status()
    answer = {"key": "plan:1", "answer": {"action": "approve"}}
    plain.post(f"/tasks/{task}/input", json=answer).raise_for_status()
    result = wait_for_end(plain, task)["result"]
    assert result["heard"] == [told]
    assert "heard" not in alone
    first = alone["content"].partition("\u201d")[0]
    assert result["content"].startswith(first)
    cited = [citation["title"] for citation in result["basis"][0]["citations"]]
    assert [each["title"] for each in alone["basis"][0]["citations"]] == cited[:1]
    assert result["content"].endswith("\n".join(f"[{n}] {title}" for n, title in enumerate(cited, 1)))
    assert len(cited) > 1
