"""Options and places that all rooms' tests share."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long round of kills be asked for."""
    parser.addoption("--kill-rounds", type=int, default=12, help="how often the server is killed")


@pytest.fixture
def kill_rounds(request: pytest.FixtureRequest) -> int:
    """Say how often the server is killed."""
    rounds = request.config.getoption("--kill-rounds")
    assert isinstance(rounds, int)
    return rounds
