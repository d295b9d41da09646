"""The vendor's TypeScript client, unmodified, on a Node that comes with the environment of the tests."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .gleaning import GLEANER, NOTES
from .node import ENVIRONMENT, install
from .server import Server, running

PACKAGE = "parallel-web@1.3.3"
SCRIPT = Path(__file__).parent / "parallel_main_path.mjs"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the client; nothing of that stays in the repository."""
    folder = tmp_path_factory.mktemp("node")
    install(PACKAGE, folder)
    shutil.copy(SCRIPT, folder)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("typescript") / "data", *GLEANER) as server:
        yield server


@pytest.fixture(scope="module")
def seen(server: Server, folder: Path) -> Any:
    given = {"BASE_URL": server.url, "API_KEY": server.keys()["api_key"], "NOTES": NOTES}
    done = subprocess.run(
        ["node", SCRIPT.name],
        cwd=folder,
        env={**ENVIRONMENT, **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_run_from_its_creation_to_its_result(seen: Any) -> None:
    assert seen["run"]["status"] in {"queued", "running"}
    assert seen["retrieved"]["status"] == seen["result"]["run"]["status"] == "completed"
    assert seen["result"]["output"]["content"].startswith("> Height: 2.5 m")
    assert seen["input"]["task_spec"] == {"output_schema": {"type": "text"}}


def test_the_events_of_a_run(seen: Any) -> None:
    events = seen["events"]
    assert events[0]["type"] == events[-1]["type"] == "task_run.state"
    assert {event["run"]["run_id"] for event in (events[0], events[-1])} == {seen["run"]["run_id"]}
    assert "task_run.progress_msg.plan" in {event["type"] for event in events}
    assert events[-1]["output"] == seen["result"]["output"]


def test_a_group(seen: Any) -> None:
    run_ids = seen["added"]["run_ids"]
    assert [event["run"]["run_id"] for event in seen["runs"]] == run_ids
    assert [event["input"]["metadata"] for event in seen["runs"]] == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert [event["output"]["content"] for event in seen["runs"]] == [{"height": 2.5}] * 3
    assert [event["run"]["run_id"] for event in seen["rest"]] == run_ids[1:]
    assert seen["live"][0]["type"] == seen["live"][-1]["type"] == "task_group_status"
    ended = {event["run"]["run_id"] for event in seen["live"] if event["type"] == "task_run.state"}
    assert ended == set(run_ids)
    assert seen["after"]["status"]["task_run_status_counts"]["completed"] == 3
    assert not seen["after"]["status"]["is_active"]


def test_errors_are_the_clients_own(seen: Any) -> None:
    assert seen["names"] == [["NotFoundError", 404, "error"], ["PermissionDeniedError", 403, "error"]]
