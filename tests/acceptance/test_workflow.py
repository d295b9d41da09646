"""A plugin of two steps: the workflow view shows its children in their order, and inner chunks stay hidden."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .server import Server, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("workflow") / "data", "--workload", "trades") as server:
        yield server


def submit(server: Server, kind: str, task_input: dict[str, Any]) -> dict[str, Any]:
    with server.native() as client:
        headers = {"Prefer": "wait=30"}
        answer = client.post("/tasks", json={"kind": kind, "input": task_input}, headers=headers)
        assert answer.status_code == 200, answer.text
        task: dict[str, Any] = answer.json()
        return task


def test_public_children_stand_in_their_order(server: Server) -> None:
    parent = submit(server, "test.two_steps", {"text": "one two three"})
    assert (parent["status"], parent["result"]) == ("completed", {"words": 3})
    with server.daly() as client:
        flow = client.get(f"/workflows/{parent['number']}").raise_for_status().json()
        assert flow["workflow"]["id"] == parent["number"]
        assert [task["taskType"] for task in flow["tasks"]] == ["test.parse", "test.count"]
        assert [task["status"] for task in flow["tasks"]] == ["completed", "completed"]
        listed = {task["id"] for task in client.get("/tasks").json()["tasks"]}
        assert {task["id"] for task in flow["tasks"]} <= listed


def test_chunks_of_a_fan_out_are_not_shown(server: Server, tmp_path: Path) -> None:
    task_input = {"journal": str(tmp_path), "name": "family", "seconds": 0}
    parent = submit(server, "test.family", task_input)
    assert parent["result"]["children"] == ["family-0", "family-1", "family-2"]
    with server.daly() as client:
        flow = client.get(f"/workflows/{parent['number']}").raise_for_status().json()
        assert flow["tasks"] == []
        listed = [task["id"] for task in client.get("/tasks").json()["tasks"]]
        hidden = range(parent["number"] + 1, parent["number"] + 4)
        assert parent["number"] in listed
        assert not set(hidden) & set(listed)
        assert {client.get(f"/tasks/{number}").status_code for number in hidden} == {404}
