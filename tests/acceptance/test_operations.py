"""What the page on operations says, done: the backup of a running server, and each word of its log."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .server import running

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text()


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the block calls sqlite3")
def test_a_backup_of_a_running_server_is_one_to_start_from(tmp_path: Path) -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    data, backup = tmp_path / "data", tmp_path / "backup"
    with running(data, "--workload", "trades") as server:
        (tmp_path / "journal").mkdir()
        with server.native() as client:
            order = {"kind": "test.calm", "input": {"name": "a", "journal": str(tmp_path / "journal")}}
            made = client.post("/tasks", json=order, headers={"Prefer": "wait=20"}).raise_for_status().json()
            assert made["status"] == "completed"
            environment = {**os.environ, "DATA": str(data), "BACKUP": str(backup)}
            subprocess.run(["sh", "-euc", block], env=environment, check=True)
            late = client.post("/tasks", json=order).raise_for_status().json()
    with running(backup, "--workload", "trades") as server, server.native() as client:
        assert client.get(f"/tasks/{made['id']}").raise_for_status().json() == made
        assert client.get(f"/tasks/{late['id']}").status_code == 404


def test_the_log_has_every_word_that_is_named() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| the log")]
    named = {word for row in rows for word in re.findall(r"`([a-z]+\.[a-z_]+)`", row)}
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    written = set(re.findall(r'log\.(?:log\(\w+, |\w+\()"([a-z]+\.[a-z_]+)"', sources))
    assert named == written - {"request.abandoned", "attendance.lost"}
