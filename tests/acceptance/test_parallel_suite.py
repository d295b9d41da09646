"""The vendor's own published tests, unmodified, against a real server."""

import os
import re
import subprocess
import sys
import tarfile
import venv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from .gleaning import GLEANER
from .parallel_front import standing_before
from .server import Server, running

VERSION = "1.3.7"
TESTS = ("tests/api_resources/test_task_run.py", "tests/api_resources/test_task_group.py")
OLD_VERSION = "0.6.0"
OLD_TESTS = (
    *TESTS,
    "tests/api_resources/beta/test_task_run.py",
    "tests/api_resources/beta/test_task_group.py",
)
LENIENT = ("--no-auth", "--parallel-validation", "lenient")

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test of theirs, and what it said when it failed."""

    name: str
    failure: str | None


def fetch(version: str, folder: Path) -> Path:
    """Unpack the source distribution as it was published; skip when it cannot be had."""
    package = ("--no-deps", "--no-binary", "parallel-web", f"parallel-web=={version}")
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
    done = subprocess.run(
        [*pip, "--dest", str(folder), *package], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        pytest.skip(
            f"parallel-web {version} cannot be fetched from the registry: {done.stderr.strip()[-300:]}"
        )
    with tarfile.open(folder / f"parallel_web-{version}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / f"parallel_web-{version}"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetch(VERSION, tmp_path_factory.mktemp("sdist"))


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(tmp_path / "data", *GLEANER, *request.param) as server:
        yield server


@pytest.fixture
def old_source(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    if not request.config.getoption("--old-suite"):
        pytest.skip(f"ask for it with --old-suite: it makes an environment for parallel-web {OLD_VERSION}")
    return fetch(OLD_VERSION, tmp_path)


def furnish(server: Server) -> dict[str, str]:
    """Make a group with a completed run, and say what their literal names stand for."""
    with httpx.Client(base_url=server.url + "/v1/tasks", timeout=60) as client:
        group = client.post("/groups", json={}).raise_for_status().json()["taskgroup_id"]
        runs = {"inputs": [{"input": "What is a gnomon?", "processor": "lite"}]}
        (run,) = client.post(f"/groups/{group}/runs", json=runs).raise_for_status().json()["run_ids"]
        client.get(f"/runs/{run}/result").raise_for_status()
    return {"run_id": run, "taskgroup_id": group, "last_event_id": "1"}


def run_theirs(python: str, source: Path, url: str, tests: tuple[str, ...]) -> list[Case]:
    """Run their tests in a process of their own and read its report."""
    report = source / "report.xml"
    done = subprocess.run(
        [python, "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=", f"--junitxml={report}", *tests],
        cwd=source,
        env={**os.environ, "TEST_API_BASE_URL": url, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    return [read_case(case) for case in ET.parse(report).iter("testcase")]


def read_case(case: ET.Element) -> Case:
    """Read what a test said; one that was skipped has not passed either."""
    tags = ("failure", "error", "skipped")
    failed = next((case.find(tag) for tag in tags if case.find(tag) is not None), None)
    said = None if failed is None else f"{failed.get('message')}\n{failed.text}"
    return Case(name=f"{case.get('classname')}.{case.get('name')}", failure=said)


def tell(cases: list[Case], title: str) -> dict[str, str]:
    """Print how many passed, and what the others were told; `make parallel-suite` shows it."""
    failed = {case.name: case.failure for case in cases if case.failure is not None}
    lines = [f"\n{title}: {len(cases) - len(failed)} of {len(cases)} passed"]
    reasons = Counter(reason for said in failed.values() for reason in reasons_of(said))
    lines += [f"  {count} x {reason}" for reason, count in sorted(reasons.items())]
    sys.stdout.write("\n".join(lines) + "\n")
    return failed


def reasons_of(said: str) -> list[str]:
    """Read each place that the server complained of, with the complaint; else the first line."""
    found = re.findall(r"'loc': \[([^]]*)\], 'msg': (['\"])(.*?)\2, 'type'", said)
    places = (".".join(re.findall(r"[\w]+", place)) for place, _, _ in found)
    reasons = [f"{place}: {message}" for place, (_, _, message) in zip(places, found, strict=True)]
    return list(dict.fromkeys(reasons)) or said.strip().splitlines()[:1]


@pytest.mark.parametrize("server", [LENIENT], ids=["lenient"], indirect=True)
def test_all_of_theirs_pass_when_validation_is_lenient(server: Server, source: Path) -> None:
    with standing_before(server.url, furnish(server)) as url:
        cases = run_theirs(sys.executable, source, url, TESTS)
    failed = tell(cases, f"parallel-web {VERSION}, lenient")
    assert len(cases) == 240
    assert not failed


@pytest.mark.parametrize("server", [LENIENT[:1]], ids=["strict"], indirect=True)
def test_the_strict_server_refuses_only_their_nonsense(server: Server, source: Path) -> None:
    """Their generated bodies hold a schema whose type is "bar", and runs and sources that do not exist."""
    with standing_before(server.url, furnish(server)) as url:
        cases = run_theirs(sys.executable, source, url, TESTS)
    failed = tell(cases, f"parallel-web {VERSION}, strict")
    assert len(cases) == 240
    assert len(failed) == 10
    assert all("UnprocessableEntityError" in said for said in failed.values())
    assert {name.partition("[")[0].rpartition(".")[2] for name in failed} == {
        "test_method_create_with_all_params",
        "test_method_add_runs_with_all_params",
    }


@pytest.mark.parametrize("server", [LENIENT], ids=["lenient"], indirect=True)
def test_the_older_clients_pass_too(old_source: Path, server: Server, tmp_path: Path) -> None:
    """Its 420 tests call the `/v1beta` paths as well; it needs an environment of its own."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    needs = [f"parallel-web[aiohttp]=={OLD_VERSION}", "pytest", "pytest-asyncio", "respx"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *needs], check=True, timeout=600)
    with standing_before(server.url, furnish(server)) as url:
        cases = run_theirs(python, old_source, url, OLD_TESTS)
    failed = tell(cases, f"parallel-web {OLD_VERSION}, lenient")
    assert len(cases) == 420
    assert not failed
