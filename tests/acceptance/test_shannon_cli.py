"""The vendor's command line, unmodified, as a process of its own: what it prints, and its exit codes."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from .server import Server, running

COMMAND = Path(sys.executable).parent / "shannon"
OPTIONS = ("--no-auth", "--workload", "replying_trades", "--mode", "*=test.reply", "--log-level", "warning")
ANSWER = "On What is the capital of France?\n\nSources:\n1. Paris - https://example.com/paris"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server that comes back to the same port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    with running(tmp_path_factory.mktemp("cli") / "data", *OPTIONS, "--port", port) as server:
        yield server


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs the command against a server."""

    server: Server

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        given = {**os.environ, "SHANNON_BASE_URL": self.server.url, "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            [COMMAND, *arguments], env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def say(self, *arguments: str, code: int = 0) -> str:
        """Run it to its end, and return what it has printed."""
        printed, found = self.end(self.start(*arguments))
        assert found == code, printed
        return printed

    def end(self, started: "subprocess.Popen[str]") -> tuple[str, int]:
        """Wait for its end."""
        printed, _ = started.communicate(timeout=90)
        return printed, started.returncode

    def submit(self, query: str) -> str:
        found = re.search(r"Task ID: (task_\S+)", self.say("submit", query))
        assert found is not None
        return found[1]

    def task(self, name: str) -> Any:
        return httpx.get(f"{self.server.url}/api/v1/tasks/{name}").raise_for_status().json()

    def until(self, name: str, is_so: Callable[[Any], Any]) -> Any:
        limit = time.monotonic() + 30
        while not is_so(task := self.task(name)):
            assert time.monotonic() < limit, task
            time.sleep(0.05)
        return task


@pytest.fixture
def shell(server: Server) -> Shell:
    return Shell(server=server)


def is_(word: str) -> Callable[[Any], bool]:
    return lambda task: bool(task["status"] == f"TASK_STATUS_{word}")


def test_who_waits_is_shown_an_answer_with_its_sources(shell: Shell) -> None:
    printed = shell.say("submit", "What is the capital of France?", "--wait")
    assert printed.rstrip().endswith(f"✓ Result: {ANSWER}")


def test_only_what_completed_ends_with_0(shell: Shell) -> None:
    printed = shell.say("submit", "fail now", "--wait", code=1)
    assert printed.rstrip().endswith("✗ FAILED: There was a stone in the way.")
    waiting = shell.start("submit", "muse 5000", "--wait")
    assert waiting.stdout is not None
    found = next(line for line in waiting.stdout if "Task ID" in line).split()[-1]
    shell.until(found, is_("RUNNING"))
    assert "cancelled" in shell.say("cancel", found, "--reason", "enough")
    printed, code = shell.end(waiting)
    assert (code, "✗ CANCELLED" in printed) == (1, True)


def test_a_task_is_looked_at_and_streamed(shell: Shell) -> None:
    name = shell.submit("What is the capital of France?")
    shell.until(name, is_("COMPLETED"))
    printed = shell.say("status", name)
    assert f"Status: COMPLETED\nProgress: 100.0%\nResult: {ANSWER}" in printed
    printed = shell.say("stream", name)
    assert "WORKFLOW_STARTED: " in printed
    assert "WORKFLOW_COMPLETED: " in printed
    printed = shell.say("stream", name, "--types", "WORKFLOW_COMPLETED")
    assert "WORKFLOW_STARTED" not in printed


def test_a_task_is_paused_resumed_and_cancelled(shell: Shell) -> None:
    name = shell.submit("muse 5000")
    shell.until(name, is_("RUNNING"))
    assert "✓ Pause request sent" in shell.say("pause", name, "--reason", "lunch")
    printed = shell.say("control-state", name)
    assert "Paused: True" in printed
    assert "Pause reason: lunch" in printed
    assert "✓ Resume request sent" in shell.say("resume", name)
    assert "Paused: False" in shell.say("control-state", name)
    assert "✓" in shell.say("cancel", name, "--reason", "enough")
    shell.until(name, is_("CANCELLED"))
    assert "Cancel reason: enough" in shell.say("control-state", name)
    assert "409" in shell.say("pause", name, code=1)


def test_an_approval_is_given_and_refused(shell: Shell) -> None:
    for flag, decided in (("--approve", True), ("--reject", False)):
        name = shell.submit("approve it")
        asked = shell.until(name, lambda task: task["metadata"].get("approval"))["metadata"]["approval"]
        shell.say("approve", asked["approval_id"], name, flag, "--feedback", "So be it.")
        task = shell.until(name, is_("COMPLETED"))
        assert task["result"].startswith(f"On approve it: {decided}")
    shell.say("approve", "none:1", name, code=1)


def test_a_plan_is_reviewed(shell: Shell) -> None:
    name = shell.submit("review it")
    shell.until(name, lambda task: task["metadata"].get("approval"))
    assert "Plan 1" in shell.say("review-get", name)
    shell.say("review-feedback", name, "More.", "--version", "1")
    limit = time.monotonic() + 30
    while "Plan 2" not in shell.say("review-get", name):
        assert time.monotonic() < limit
    shell.say("review-approve", name, "--version", "1", code=1)
    assert "✓ Review approved" in shell.say("review-approve", name, "--version", "2")
    assert shell.until(name, is_("COMPLETED"))["result"].startswith("On review it: Plan 2")


def test_what_is_not_there_ends_with_1(shell: Shell) -> None:
    nothing = "task_" + "0" * 26
    for command in ("status", "cancel", "pause", "resume", "control-state", "review-get"):
        shell.say(command, nothing, code=1)


def test_a_killed_server_is_never_taken_for_an_answer(shell: Shell) -> None:
    """The command gives up when it finds the server away, for its client does not try again; the work goes on."""
    waiting = shell.start("submit", "muse 150", "--wait")
    assert waiting.stdout is not None
    name = next(line for line in waiting.stdout if "Task ID" in line).split()[-1]
    shell.until(name, is_("RUNNING"))
    shell.server.kill()
    shell.server.start()
    printed, code = shell.end(waiting)
    assert (code == 0) == ("✓ Result: On muse 150\n\nSources:" in printed)
    assert shell.until(name, is_("COMPLETED"))["result"].startswith("On muse 150\n\nSources:")
    assert shell.say("status", name).startswith(f"Task: {name}\nStatus: COMPLETED")
