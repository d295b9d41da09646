"""The library of a data folder: what the server brings to it, and that an installed one brings the same."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gnomon.settings import Settings
from gnomon.wiring.documents import excerpt
from gnomon.wiring.library import OWN_LABEL, build_library, own_documents

ROOT = Path(__file__).parents[2]


def test_the_source_tree_brings_its_documentation() -> None:
    assert own_documents() == [ROOT / "docs", ROOT / "README.md"]


def test_a_wheel_brings_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    pages = [path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md")]
    assert {f"gnomon/documentation/{page}" for page in (*pages, "README.md")} <= names


def test_what_the_server_is_told_reaches_the_processes(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, documents=(Path("papers"),), semantic="off", document_watch="poll")
    order = build_library(settings, "http://127.0.0.1:1").order
    assert [(each.path, each.label, each.is_own) for each in order.folders] == [
        (str(Path.cwd() / "papers"), "papers", False),
        (str(ROOT / "docs"), OWN_LABEL, True),
        (str(ROOT / "README.md"), OWN_LABEL, True),
    ]
    assert (order.public_url, order.is_semantic, order.watching) == ("http://127.0.0.1:1", False, "poll")
    assert order.data == str(tmp_path)


def test_its_own_documentation_may_be_left_out(tmp_path: Path) -> None:
    assert build_library(Settings(data=tmp_path, no_own_documents=True)).order.folders == ()


TEXT = "Herons fish at dawn. " * 20 + "They nest in tall trees near water. " + "Nobody knows why. " * 20


@pytest.mark.parametrize(
    ("text", "query", "told"),
    [
        (TEXT, "where do herons nest in trees", "They nest in tall trees near water."),
        ("One sentence alone", "other words", "One sentence alone"),
        ("", "anything", ""),
    ],
)
def test_an_excerpt_is_a_slice_around_what_was_asked(text: str, query: str, told: str) -> None:
    found = excerpt(text, query)
    assert told in text[found.start : found.end]
    assert found.end - found.start < 600
    assert all(found.start <= start < end <= found.end for start, end in found.marks)


def test_the_words_that_were_asked_for_are_marked() -> None:
    found = excerpt("The nesting heron waits.", "herons nest")
    assert ["The nesting heron waits."[start:end] for start, end in found.marks] == ["nesting", "heron"]
