"""The vendor's `execute()` waits for a run that outlasts every hold, and the server that began it; all scaled."""

from pathlib import Path

import pytest

from .long_execute import measure


@pytest.mark.slow
def test_a_run_outlasts_three_holds(tmp_path: Path) -> None:
    found = measure(tmp_path / "data", minutes=8 / 60, max_hold=1)
    assert found.output == {"seconds": 8.0, "steps": 8, "attempts": [1]}
    assert [one.status for one in found.exchanges] == [408, 408, 200]
    assert found.late < 1


@pytest.mark.slow
def test_a_run_outlasts_its_server(tmp_path: Path) -> None:
    found = measure(tmp_path / "data", minutes=12 / 60, max_hold=3600, restarts=1)
    assert found.output == {"seconds": 12.0, "steps": 12, "attempts": [1, 2]}
    assert [one.status for one in found.exchanges[:-1]] in ([500], [500, 0])
    assert found.exchanges[-1].status == 200
