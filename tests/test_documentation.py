"""What a user can meet is written down."""

import dataclasses
import re
from pathlib import Path

import pytest

from gnomon.cli.commands import gnomon
from gnomon.core.event import EventType
from gnomon.core.task import TRANSITIONS, CancelOutcome, Status
from gnomon.settings import Settings

ROOT = Path(__file__).parents[1]
SETTINGS = (ROOT / "docs/reference/settings.md").read_text()
TASK = (ROOT / "docs/reference/task.md").read_text()


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_documented_as_flag_and_variable(name: str) -> None:
    assert f"`--{name.replace('_', '-')}` | `GNOMON_{name.upper()}`" in SETTINGS


@pytest.mark.parametrize("command", list(gnomon.commands))
def test_every_command_is_documented(command: str) -> None:
    assert f"gnomon {command}" in (ROOT / "README.md").read_text() + SETTINGS


@pytest.mark.parametrize("word", [*Status, *EventType, *CancelOutcome])
def test_every_word_of_a_task_is_documented(word: str) -> None:
    assert f"`{word}`" in TASK


@pytest.mark.parametrize("status", Status)
def test_the_table_of_statuses_is_the_codes(status: Status) -> None:
    row = next(line for line in TASK.splitlines() if line.startswith(f"| `{status}` |"))
    assert set(re.findall("`([a-z_]+)`", row.rsplit("|", 2)[1])) == TRANSITIONS[status]


def test_links_in_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target
