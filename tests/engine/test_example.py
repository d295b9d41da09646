"""The example workload, in memory and in a child."""

import sys
from pathlib import Path

import pytest

from gnomon.core.workload import Failure
from gnomon.engine.local import Log, run_locally

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "workloads" / "src"))

from engine_shop import open_shop
from gnomon_transit import TRANSIT, WORKLOADS


def test_the_sun_is_early_in_november_and_late_in_february(tmp_path):
    log = Log()
    result = run_locally(TRANSIT, {"longitude": 0, "year": 2026}, blobs=tmp_path, log=log)
    lines = (tmp_path / result["table"]).read_text().splitlines()
    minutes = [float(line.split(",")[1]) for line in lines[1:]]
    # The extremes of the equation of time: about 16.4 minutes on 3 November, 14.2 on 11 February.
    assert result["earliest"] == pytest.approx(720 - 16.4, abs=0.1)
    assert result["latest"] == pytest.approx(720 + 14.2, abs=0.2)
    assert minutes.index(min(minutes)) + 1 == pytest.approx(307, abs=2)
    assert minutes.index(max(minutes)) + 1 == pytest.approx(42, abs=4)
    assert log.progress[-1] == (95, "writing")


def test_each_degree_east_is_four_minutes_earlier(tmp_path):
    here, there = (run_locally(TRANSIT, {"longitude": lon, "year": 2024}, blobs=tmp_path) for lon in (0, 10))
    assert here["earliest"] - there["earliest"] == pytest.approx(40)
    assert here["days"] == 366


def test_a_year_before_the_calendar_is_refused(tmp_path):
    with pytest.raises(Failure, match="begins with 1583"):
        run_locally(TRANSIT, {"longitude": 0, "year": 1500}, blobs=tmp_path)


async def test_a_child_imports_it_from_the_servers_path(tmp_path):
    order = {"longitude": 11.6, "year": 2026}
    async with open_shop(tmp_path, workloads=WORKLOADS) as shop:
        task = await shop.run("transit", order)
        assert task.result == run_locally(TRANSIT, order, blobs=tmp_path)
        assert await shop.store.get_blob(task.result["table"])
