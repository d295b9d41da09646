"""The vendor's packages with nothing in them touched: reached by the vendor's own name, over TLS and a proxy."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .own_name import called
from .plant import COMPONENTS, example, year
from .server import Server, running

NAME = "api.dalyenergy.com"
HERE = Path(__file__).parent
PINNED = HERE.parents[1] / "requirements" / "daly-first.txt"
PLACE = {"name": "Somewhere", "latitude": 40.0, "longitude": -105.0, "elevation": 1600}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("unmodified") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def way(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with called(NAME, server.url, tmp_path_factory.mktemp("trust")) as variables:
        yield variables


@pytest.fixture(scope="module")
def first_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the SDK's 1.0.0 beside the 2.0.0 of the environment; nothing of it stays in the repository."""
    folder = tmp_path_factory.mktemp("first")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    done = subprocess.run(
        [*command, "--target", str(folder), "-r", str(PINNED)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and "connection" in done.stderr.lower():
        pytest.skip(f"the first release cannot be fetched: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
    return folder


def ran(server: Server, variables: dict[str, str], script: str) -> Any:
    """Run a script with the server's keys and read what it prints."""
    keys = server.keys()
    order = {"location": PLACE, "weather": {"name": "Clear days", **year()}, "model": example()}
    files = [str(next(COMPONENTS.glob(pattern))) for pattern in ("*.PAN", "*.OND")]
    done = subprocess.run(
        [sys.executable, str(HERE / script), keys["workspace_api_key"], keys["user_api_key"], *files],
        input=json.dumps(order),
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_vendors_name_leads_here(server: Server, way: dict[str, str]) -> None:
    said = ran(server, way, "daly_script.py")
    assert said["asked"] == f"https://{NAME}"
    assert said["status"] == "completed"
    assert said["found"]["annualProductionMWh"] > 0


def test_the_first_release_too(server: Server, way: dict[str, str], first_release: Path) -> None:
    said = ran(server, {**way, "PYTHONPATH": str(first_release)}, "daly_first_script.py")
    assert said["version"] == "1.0.0"
    assert said["waited"]["result"] == "success"
    assert said["waited"]["energyYieldSummary"]["annualProductionMWh"] > 0
    assert said["queued"]["taskDetails"]["executionMode"] == "async_queued"
    assert set(said["block"]["blockTimeSeries"]) == {"0"}
    assert said["batch"] == {"total": 2, "completed": 2, "failed": 0, "pending": 0}
    assert said["legacy"] is True
