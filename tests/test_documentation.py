"""What a user can meet is written down."""

import dataclasses
import re
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from gnomon.cli.commands import gnomon
from gnomon.core.delivery import SCHEDULE
from gnomon.core.event import EventType
from gnomon.core.retry import Outcome, Why
from gnomon.core.task import TRANSITIONS, CancelOutcome, Status
from gnomon.pv.loss import CAPTIONS
from gnomon.settings import Settings
from gnomon.workloads.energy_model import document, options
from gnomon.workloads.energy_model.record import Record

ROOT = Path(__file__).parents[1]
SETTINGS = (ROOT / "docs/reference/settings.md").read_text()
TASK = (ROOT / "docs/reference/task.md").read_text()
MODEL = (ROOT / "docs/energy-model.md").read_text()
PHYSICS: tuple[type[Record], ...] = (
    *(document.Weather, document.Place, document.Block, document.DcInput, document.Layout, document.Shading),
    *(document.DcLosses, document.AcSystem, document.AcLosses, document.Transformer),
    *(document.MediumVoltageLosses, options.PlantOptions, options.Settings),
)
# Records within these, and what names things or is read elsewhere, change nothing by themselves.
NO_PHYSICS = {
    *("layout", "shading", "losses", "acSystem", "mvLosses", "transformer", "array", "dcInputs"),
    *("name", "dcInputId", "locationId", "globalLocationId", "weatherDataSource", "date", "provenance"),
    *("layoutRef", "advancedNearShadingLosses", "timeZoneName", "weatherData"),
}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_documented_as_flag_and_variable(name: str) -> None:
    assert f"`--{name.replace('_', '-')}` | `GNOMON_{name.upper()}`" in SETTINGS


@pytest.mark.parametrize("command", list(gnomon.commands))
def test_every_command_is_documented(command: str) -> None:
    assert f"gnomon {command}" in (ROOT / "README.md").read_text() + SETTINGS


@pytest.mark.parametrize("word", [*Status, *EventType, *CancelOutcome])
def test_every_word_of_a_task_is_documented(word: str) -> None:
    assert f"`{word}`" in TASK


def error_codes() -> set[str]:
    """Find the codes of errors that the server itself writes into tasks and attempts."""
    source = ROOT / "src/gnomon"
    local = {source / "engine/local.py"}  # what only a run in memory says is no task's error
    files = {
        *source.glob("engine/**/*.py"),
        *source.glob("store/task/*.py"),
        source / "core/retry.py",
    } - local
    text = "\n".join(file.read_text() for file in files)
    made = re.findall(r'(?:Failure|_failed|refused)\(\s*"([a-z_]+)"', text)
    return {*made, *re.findall(r'code="([a-z_]+)"', text), *re.findall(r'"code": "([a-z_]+)"', text)}


def test_every_error_of_a_task_is_documented() -> None:
    codes = error_codes()
    assert {"workload_error", "asked_twice", "internal_error", "timeout", "stopped"} <= codes
    undocumented = {code for code in codes if f"| `{code}` |" not in TASK}
    assert not undocumented


@pytest.mark.parametrize("word", [*Outcome, *Why])
def test_every_outcome_of_an_attempt_is_documented(word: str) -> None:
    assert f"`{word}`" in TASK.partition("## Outcomes of attempts")[2]


@pytest.mark.parametrize("status", Status)
def test_the_table_of_statuses_is_the_codes(status: Status) -> None:
    row = next(line for line in TASK.splitlines() if line.startswith(f"| `{status}` |"))
    assert set(re.findall("`([a-z_]+)`", row.rsplit("|", 2)[1])) == TRANSITIONS[status]


def test_links_in_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target


def script(name: str) -> Any:
    """Import a script of the documentation."""
    spec = spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def figures() -> Any:
    """Give the script that draws the pages' pictures."""
    return script("figures")


MEASURED = {"refusal.svg"}
"""Pictures of measurements, which are drawn by the bench that makes them."""


@pytest.mark.parametrize(
    "name", sorted({path.name for path in (ROOT / "docs/figures").glob("*.svg")} - MEASURED)
)
def test_pictures_are_what_the_model_draws(figures: Any, name: str) -> None:
    """If not: `python docs/figures.py`, and look at what changed."""
    assert figures.PICTURES[name]() == (ROOT / "docs/figures" / name).read_text()


def test_the_pages_loss_tree_is_the_models(figures: Any) -> None:
    """If not: `python docs/figures.py`, and look at what changed."""
    assert figures.page(MODEL) == MODEL


def _rows(heading: str) -> list[str]:
    section = MODEL.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")]


def test_the_pages_ledger_is_the_codes() -> None:
    steps = [step for row in _rows("The ledger") for step in re.findall(r"`(\w+)`", row)]
    assert steps == list(CAPTIONS)


def test_the_page_tells_what_every_field_does() -> None:
    told = {name for row in _rows("What each field does physically") for name in re.findall(r"`(\w+)`", row)}
    known = {field.alias or name for record in PHYSICS for name, field in record.model_fields.items()}
    assert sorted(told - known) == ["farShadingElevationAngles"]
    assert sorted(known - told - NO_PHYSICS) == []


def test_every_file_of_the_laboratory_stands_in_the_architecture() -> None:
    table = (ROOT / "docs/architecture.md").read_text().split("## The laboratory\n")[1].split("\n## ")[0]
    named = {
        name for line in table.splitlines() if line.startswith("| `") for name in re.findall("`(\\w+)`", line)
    }
    files = {path.stem for path in (ROOT / "src/gnomon/pv").glob("*.py")} - {"__init__"}
    assert named == files


def test_every_file_of_research_stands_in_the_architecture() -> None:
    section = (ROOT / "docs/architecture.md").read_text().split("## A question's way\n")[1].split("\n## ")[0]
    rows = [line.split("|")[2] for line in section.splitlines() if line.startswith("| ")][2:]
    room = ROOT / "src/gnomon/workloads/research"
    files = {path.stem for path in room.glob("*.py")} | {
        f"{path.parent.name}/" for path in room.glob("*/__init__.py")
    }
    named = {name for row in rows for name in re.findall("`([a-z/]+)`", row)}
    parts = {name for name in named if "/" in name.removesuffix("/")}
    assert all((room / f"{name}.py").exists() for name in parts)
    assert named - parts | {f"{name.partition('/')[0]}/" for name in parts} == files - {"__init__"}


@pytest.mark.parametrize("name", script("quotes").PAGES)
def test_quoted_code_is_the_examples(name: str) -> None:
    """If not: `python docs/quotes.py`, and look at what changed."""
    page = (ROOT / "docs" / name).read_text()
    assert "<!-- from examples/" in page
    assert script("quotes").quoted(page) == page


def test_a_page_in_a_browser_listens_to_every_type_of_event() -> None:
    listened = re.search("TYPES = `([^`]*)`", (ROOT / "examples/browser/follow.js").read_text())
    assert listened is not None
    assert {f"task.{word}" for word in listened[1].split()} == set(EventType)


def test_the_page_tells_the_schedule_of_deliveries() -> None:
    page = (ROOT / "docs/delivery-patterns.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| after the one before |"))
    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    told = [timedelta(**{units[unit]: int(n)}) for n, unit in re.findall(r"(\d+) (s|min|h)\b", row)]
    assert told == list(SCHEDULE)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_links_in_the_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target
