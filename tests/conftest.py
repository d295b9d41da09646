"""Options and places that all rooms' tests share."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What tests of several rooms share stands in modules beside them, and tests are no package.
sys.path.insert(0, str(Path(__file__).parent / "support"))

# No test is a stopwatch: what is slow may be another process on this machine.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long round of kills, and the long walk of the state machine, be asked for."""
    parser.addoption("--kill-rounds", type=int, default=12, help="how often the server is killed")
    parser.addoption("--update-golden", action="store_true", help="write golden files of the project anew")
    parser.addoption(
        "--old-suite", action="store_true", help="run the published tests of an older client too"
    )
    parser.addoption("--machine-steps", type=int, default=20_000, help="steps of the store's state machine")


@pytest.fixture
def kill_rounds(request: pytest.FixtureRequest) -> int:
    """Say how often the server is killed."""
    rounds = request.config.getoption("--kill-rounds")
    assert isinstance(rounds, int)
    return rounds


@pytest.fixture
def machine_steps(request: pytest.FixtureRequest) -> int:
    """Say how many steps the store's state machine takes."""
    count = request.config.getoption("--machine-steps")
    assert isinstance(count, int)
    return count
