"""The example workload, in memory and in a child."""

import re
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gnomon.core.brief import ANSWER, NOTES, SOURCES, Brief, Wish
from gnomon.core.workload import Failure, Workload
from gnomon.engine.local import Log, run_locally

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "workloads" / "src"))

from engine_shop import open_shop
from gnomon_approval import APPROVAL
from gnomon_approval import WORKLOADS as APPROVALS
from gnomon_transit import TRANSIT, WORKLOADS

from gnomon.core.task import Status


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


OFFER = {
    "customer": "Ada",
    "lines": [
        {"item": "module", "quantity": 20, "unit_price": 89.9},
        {"item": "inverter", "quantity": 1, "unit_price": 1200},
    ],
}


@pytest.mark.parametrize(
    ("answer", "total"),
    [({"approved": True}, 2998.0), ({"approved": True, "discount": 10}, 2698.2), ({"approved": False}, None)],
)
def test_an_offer_is_written_as_it_was_approved(tmp_path, answer, total):
    result = run_locally(APPROVAL, OFFER, blobs=tmp_path, answers={"approval": answer})
    assert (result["approved"], result["total"]) == (answer["approved"], total)
    if total is not None:
        letter = (tmp_path / result["offer"]).read_text()
        assert letter.splitlines()[1:] == [
            "20 x module: 1798.00",
            "1 x inverter: 1200.00",
            f"Total: {total:.2f}",
        ]


@pytest.mark.parametrize("answer", [True, {}, {"approved": "yes"}, {"approved": True, "discount": 41}])
def test_an_unclear_answer_is_refused(tmp_path, answer):
    with pytest.raises(Failure, match="Answer 'approval' with"):
        run_locally(APPROVAL, OFFER, blobs=tmp_path, answers={"approval": answer})


async def test_the_server_asks_and_goes_on_with_the_answer(tmp_path):
    async with open_shop(tmp_path, workloads=APPROVALS) as shop:
        task = await shop.submit("approval", OFFER)
        waiting = await shop.until_it_is(task, Status.WAITING)
        assert waiting.question.body["offer"]["total"] == 2998.0
        assert (waiting.progress, waiting.stage) == (50, "pricing")
        await shop.answer(task, "approval", {"approved": True, "discount": 10})
        done = await shop.until(task)
        assert (done.result["total"], done.attempt) == (2698.2, 2)
        assert b"Total: 2698.20" in await shop.store.get_blob(done.result["offer"])


def test_the_guide_does_what_it_says():
    text = (Path(__file__).parents[2] / "docs" / "workloads.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    known = {}
    for block in blocks:
        exec(block, known)
    assert run_locally(
        known["OFFER"], {"to": "A", "prices": [1]}, blobs=Path(), answers={"approval": "no"}
    ) == {
        "sent": False,
        "to": "A",
        "total": 1,
    }
    adding = Workload(kind="add", run=known["add_up"])
    assert run_locally(adding, {"chunks": [[1, 2], [3]]}, blobs=Path()) == 6
    _ask_for_weekdays(known["WEEKDAY"])


def _ask_for_weekdays(workload: Workload):
    """The brief of the guide is one, its answers are answers, and its notes are known."""
    for wish, asked, content in (
        (Wish(type="text"), "2027-03-28", "Sunday"),
        (Wish(), {"date": "2026-11-23"}, {"weekday": "Monday"}),
    ):
        brief = Brief(input=asked, output=wish, effort=1).json()
        Draft202012Validator(workload.input_schema).validate(brief)
        log = Log()
        result = run_locally(workload, brief, blobs=Path(), log=log)
        Draft202012Validator(ANSWER).validate(result)
        assert result["content"] == content
        assert [message["kind"] in (*NOTES, SOURCES) for message in log.messages] == [True, True]
    with pytest.raises(Failure, match="2027-03-28"):
        run_locally(workload, Brief(input="someday", effort=1).json(), blobs=Path())
