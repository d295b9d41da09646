"""docs/research.md keeps its promises: its example gives what it says, its table is the budget."""

import json
import re
from pathlib import Path

from gnomon.core.brief import EFFORTS, Brief
from gnomon.web.dialects.parallel.processors import EFFORTS as PROCESSORS
from gnomon.workloads.research.budget import budget_of

from .research_trial import submit, wait_for_documents, wait_for_end
from .server import running

PAGE = (Path(__file__).parents[2] / "docs/research.md").read_text()
BLOCKS = dict(enumerate(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.M | re.S)))


def test_the_example_gives_what_it_says(tmp_path: Path) -> None:
    documents, question, content = (text for kind, text in BLOCKS.values() if kind in ("markdown", "json"))
    town = tmp_path / "town"
    town.mkdir()
    (town / "velden.md").write_text(documents)
    order = json.loads(question)
    with running(tmp_path / "data", "--documents", str(town), "--no-own-documents") as server:
        wait_for_documents(server, 1)
        with server.native() as client:
            record = wait_for_end(client, submit(client, order["input"]))
    assert order["kind"] == "research"
    assert record["result"]["content"] == json.loads(content)
    cited = {entry["field"]: bool(entry["citations"]) for entry in record["result"]["basis"]}
    assert cited == {"length_m": True, "opened": True, "email": True, "architect": False}


def test_the_table_is_the_budget() -> None:
    for effort in EFFORTS:
        budget = budget_of(Brief(input="q", effort=effort), {})
        row = (
            f"| {effort} | {budget.rounds} | {budget.queries} | {budget.searches} | {budget.sources:,} | "
            f"{budget.tokens:,} | {budget.cost_usd:.2f} | {budget.seconds:g} | {budget.fields_per_call} |"
        )
        assert row in PAGE, row


def test_the_processors_are_named_with_their_efforts() -> None:
    words = " ".join(PAGE.split())
    assert all(f"`{name}` {effort}" in words for name, effort in PROCESSORS.items())
