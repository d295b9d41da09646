"""The examples of the page about this door, run as they stand."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from parallel.types import TaskRunResult

from .gleaning import GLEANER
from .server import Server, running

PAGE = (Path(__file__).parents[2] / "docs/reference/parallel.md").read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("page") / "data", *GLEANER) as server:
        yield server


def run(server: Server, *command: str) -> str:
    given = {"GNOMON": server.url, "PARALLEL_API_KEY": server.keys()["api_key"]}
    done = subprocess.run(
        command, env={**os.environ, **given}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the example calls curl")
def test_a_run_with_curl(server: Server) -> None:
    said = run(server, "bash", "-eo", "pipefail", "-c", block("sh"))
    result, _, stream = said.partition("event:")
    output = TaskRunResult.model_validate_json(result).output
    assert str(output.content).startswith("> Height: 2.5 m (input)")
    assert "event: task_run.progress_msg.plan" in stream
    assert stream.rstrip("\n").rpartition("event: ")[2].startswith("task_run.state")


def test_a_run_with_their_sdk(server: Server) -> None:
    said = run(server, sys.executable, "-c", block("python"))
    assert said == "name='the gnomon of Taosi' height=2.5 ['Height: 2.5 m']\n"
