"""Documents beside a real server: found by work, followed while it runs, added beside it, left at its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .server import Server, running

SOON = 2.0
PATIENCE = 20.0


def look_up(server: Server, query: str) -> dict[str, Any]:
    with server.native() as client:
        order = {"kind": "test.look_up", "input": {"query": query}}
        made = client.post("/tasks", json=order, headers={"Prefer": "wait=20"}).raise_for_status().json()
        assert made["status"] == "completed", made
        found: dict[str, Any] = made["result"]
        return found


def titles(server: Server, query: str, patience: float = PATIENCE) -> list[str]:
    """Look until something is found; each look is a whole task."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if passages := look_up(server, query)["passages"]:
            return [passage["title"] for passage in passages]
    return []


def gnomon(*words: object) -> str:
    command = [sys.executable, "-m", "gnomon.cli.main", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "heron.md").write_text("# Herons\n\nThe heron nests in tall trees.\n")
    return tmp_path / "papers"


def test_work_finds_what_folders_hold_and_what_is_added_meanwhile(tmp_path: Path, papers: Path) -> None:
    data = tmp_path / "data"
    with running(data, "--workload", "searching_trades", "--documents", str(papers)) as server:
        assert titles(server, "where herons nest") == ["Herons"]
        (passage,) = look_up(server, "herons")["passages"]
        assert passage["url"].startswith(f"{server.url}/gnomon/v1/documents/{passage['document']}/page?")
        (papers / "wren.txt").write_text("The wren sings at dawn.")
        assert titles(server, "wren", SOON + 1)
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "dipper.html").write_text("<h1>Dippers</h1><p>The dipper walks under water.</p>")
        told = gnomon("documents", "add", tmp_path / "more", "--data", data)
        assert "1 document can be found now." in told
        assert titles(server, "dipper", SOON)
        told = gnomon("documents", "list", "--data", data)
        assert f"{papers.name}" in told
        began = time.monotonic()
        processes = server.processes()
        assert server.stop() == 0
        assert time.monotonic() - began < 10
        assert server.processes() == []
        assert len(processes) >= 4


def test_its_own_documentation_is_there_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNOMON_NO_OWN_DOCUMENTS", "0")
    with running(tmp_path / "data", "--workload", "searching_trades") as server:
        assert titles(server, "watches folders of documents webhook retention", 30)


def test_a_server_that_is_killed_leaves_none_of_the_librarys_processes(tmp_path: Path, papers: Path) -> None:
    with running(tmp_path / "data", "--workload", "searching_trades", "--documents", str(papers)) as server:
        assert titles(server, "heron")
        server.kill()
        until = time.monotonic() + 5
        while server.processes() and time.monotonic() < until:
            os.sched_yield()
        assert server.processes() == []


def test_ctrl_c_to_the_whole_group_ends_it_cleanly(tmp_path: Path, papers: Path) -> None:
    with running(tmp_path / "data", "--workload", "searching_trades", "--documents", str(papers)) as server:
        assert titles(server, "heron")
        group = os.getpgid(server.pid)
        os.killpg(group, signal.SIGINT)
        assert server.stop() == 0
    assert "Traceback" not in (tmp_path / "data" / "stderr.log").read_text()
