"""The vendor's command line, unmodified, as a process of its own: two variables point it here."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gnomon.web.ids import run_id

from .gleaning import GLEANER, NOTES
from .server import Server, running

BAD_INPUT, NO_ACCESS, API_ERROR, TIMED_OUT = 2, 3, 4, 5
COMMAND = Path(sys.executable).parent / "parallel-cli"
ROWS = [
    {"instrument": "Taosi", "notes": "Height: 2.5 m"},
    {"instrument": "Augustus", "notes": "Height: 30 m"},
]
COLUMNS = json.dumps([{"name": "height", "description": "How high it is", "type": "str"}])
GIVEN = json.dumps([{"name": name, "description": name} for name in ROWS[0]])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("cli") / "data", *GLEANER, "--workload", "trades") as server:
        yield server


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A folder in which the command is run, and its home."""

    server: Server
    folder: Path

    def run(self, *arguments: str, key: str | None = None) -> "subprocess.CompletedProcess[str]":
        given = {
            "PARALLEL_API_URL": self.server.url,
            "PARALLEL_API_KEY": key or self.server.keys()["api_key"],
            "HOME": str(self.folder),
        }
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def shell(server: Server, tmp_path: Path) -> Shell:
    return Shell(server=server, folder=tmp_path)


def test_research_runs_waits_and_saves(shell: Shell) -> None:
    answer = shell.json("research", "run", f"What is its height?\n{NOTES}", "--poll-interval", "1")
    assert answer["status"] == "completed"
    assert answer["output"]["content"]["quotes"][0] == "Height: 2.5 m"
    assert json.loads((shell.folder / f"parallel-research/{answer['run_id']}.json").read_text())["output"]


def test_a_report_is_saved_as_markdown(shell: Shell) -> None:
    asked = f"What is its height?\n{NOTES}"
    options = ("--text", "-o", "report", "--processor", "lite", "--poll-interval", "1")
    done = shell.run("research", "run", asked, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "> Height: 2.5 m (input)" in (shell.folder / "report.md").read_text()
    assert json.loads((shell.folder / "report.json").read_text())["output"]["basis"]


def test_a_run_is_left_alone_looked_at_and_fetched(shell: Shell) -> None:
    run_id = shell.json("research", "run", f"What is its height?\n{NOTES}", "--no-wait")["run_id"]
    fetched = shell.json("research", "poll", run_id, "--poll-interval", "1")
    assert fetched["output"]["content"]["quotes"][0] == "Height: 2.5 m"
    status = shell.json("research", "status", run_id)
    assert (status["run_id"], status["interaction_id"], status["status"]) == (run_id, run_id, "completed")


def test_a_run_goes_on_from_the_one_before(shell: Shell) -> None:
    first = shell.json("research", "run", f"What is its height?\n{NOTES}", "--poll-interval", "1")
    before = ("--previous-interaction-id", first["interaction_id"])
    second = shell.json("research", "run", "Which height?", *before, "--poll-interval", "1")
    assert "Height: 2.5 m" in second["output"]["content"]["quotes"]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_is_enriched(shell: Shell) -> None:
    with (shell.folder / "given.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ROWS[0].keys())
        writer.writeheader()
        writer.writerows(ROWS)
    files = ("--source-type", "csv", "--source", "given.csv", "--target", "out.csv")
    columns = ("--source-columns", GIVEN, "--enriched-columns", COLUMNS, "--processor", "lite-fast")
    printed = shell.json("enrich", "run", *files, *columns)
    assert [(row["instrument"], row["height"]) for row in printed] == [
        ("Taosi", "2.5 m"),
        ("Augustus", "30 m"),
    ]
    assert rows_of(shell.folder / "out.csv") == printed


def test_rows_come_through_when_all_their_columns_were_found(shell: Shell) -> None:
    """The command asks for texts that are all required, and leaves out the rows that failed."""
    rows = [*ROWS, {"instrument": "Delhi", "notes": "It is large."}]
    inline = ("--data", json.dumps(rows), "--enriched-columns", COLUMNS)
    printed = shell.json("enrich", "run", *inline, "--target", "out.csv")
    assert [(row["instrument"], row["height"]) for row in printed] == [
        ("Taosi", "2.5 m"),
        ("Augustus", "30 m"),
    ]
    assert rows_of(shell.folder / "out.csv") == printed
    made = shell.json("enrich", "run", *inline, "--target", "out.csv", "--no-wait")
    fetched = shell.json("enrich", "poll", made["taskgroup_id"], "--poll-interval", "1")
    assert "'height'" in fetched[2]["error"]


def test_rows_are_given_inline_left_alone_and_fetched(shell: Shell) -> None:
    inline = ("--data", json.dumps(ROWS), "--target", "out.csv", "--enriched-columns", COLUMNS)
    made = shell.json("enrich", "run", *inline, "--no-wait")
    assert made["num_runs"] == 2
    fetched = shell.json("enrich", "poll", made["taskgroup_id"], "--poll-interval", "1")
    assert [row["output"] for row in fetched] == [{"height": "2.5 m"}, {"height": "30 m"}]
    assert [row["input"] for row in fetched] == ROWS
    status = shell.json("enrich", "status", made["taskgroup_id"])
    assert (status["is_active"], status["num_runs"]) == (False, 2)
    assert status["status_counts"]["completed"] == 2


def slow_run(server: Server, seconds: float, journal: Path) -> str:
    """Make a run that takes its time, through the native API; it is a run here too."""
    order = {"kind": "test.busy", "input": {"journal": str(journal), "name": "slow", "seconds": seconds}}
    with server.native() as native:
        return run_id(native.post("/tasks", json=order).raise_for_status().json()["id"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("research", "run"), BAD_INPUT),
        (("research", "status", "trun_" + "0" * 32), API_ERROR),
        (("research", "poll", "trun_" + "0" * 32), API_ERROR),
        (("enrich", "status", "tgrp_" + "0" * 32), API_ERROR),
        (("enrich", "run", "--data", "[]", "--target", "x.csv", "--enriched-columns", COLUMNS), BAD_INPUT),
    ],
)
def test_what_cannot_be_done_has_its_exit_code(shell: Shell, arguments: tuple[str, ...], code: int) -> None:
    assert shell.run(*arguments).returncode == code


def test_a_wrong_key_is_told(shell: Shell) -> None:
    done = shell.run("research", "run", "What is a gnomon?", "--no-wait", "--json", key="wrong")
    assert done.returncode == API_ERROR
    assert json.loads(done.stdout)["error"]["type"] == "AuthenticationError"


def test_its_own_time_out_leaves_the_run_alone(shell: Shell, tmp_path: Path) -> None:
    run_id = slow_run(shell.server, 5, tmp_path)
    done = shell.run("research", "poll", run_id, "--timeout", "1", "--poll-interval", "1")
    assert done.returncode == TIMED_OUT
    assert shell.json("research", "status", run_id)["status"] == "running"
