"""The library in its own processes: answers while it reads, follows its folders, and survives what kills it."""

import asyncio
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from gnomon.core.errors import Invalid, NotFound, Unavailable
from gnomon.library.keeper.opening import find_meaning, open_library

from .kept import (
    PATIENCE,
    family,
    fill,
    is_alive,
    kept,
    texts,
    until,
    until_found,
    until_gone,
    until_lost,
    until_read,
    until_running,
)

SOON = 30.0
"""Seconds within which a change is found also on a busy machine: far fewer than to the next look without a hint."""
PARTING = 20.0
"""Seconds within which the processes end also on a busy machine: far fewer than they would go on for."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "first.md").write_text("# First\n\nThe heron fishes at dawn.\n")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_every_verb_of_the_port_crosses_the_pipe(data: Path, folder: Path) -> None:
    async with kept(data, folder) as library:
        (passage,) = (await until_found(library, "herons")).passages
        assert passage.url.startswith(f"http://host/gnomon/v1/documents/{passage.document}/page?edition=1")
        document = await library.get_document("w", passage.document)
        assert (document.title, document.source, document.edition) == ("First", "docs", 1)
        reading = await library.read(passage.document)
        assert reading.text[passage.start :].startswith(passage.text)
        assert (reading.document, reading.headings) == (document, ((0, 1, "First"),))
        page = await library.list_documents("w", query="FIRST")
        assert page.records == (document,)
        assert (await library.holdings("w")).documents == 1
        with pytest.raises(NotFound, match="doc_none"):
            await library.get_document("w", "doc_none")
        with pytest.raises(NotFound, match="edition 7"):
            await library.read(passage.document, 7)
        with pytest.raises(Invalid) as refused:
            await library.list_documents("w", cursor="nothing")
        assert refused.value.complaints[0].loc == ("cursor",)


async def test_changes_are_found_within_seconds(data: Path, folder: Path) -> None:
    async with kept(data, folder) as library:
        await until_found(library, "heron")
        (folder / "second.md").write_text("The kingfisher dives.")
        await until_found(library, "kingfisher", SOON)
        (folder / "first.md").write_text("# First\n\nThe bittern booms.\n")
        await until_found(library, "bittern", SOON)
        await until_lost(library, "heron", SOON)
        (folder / "deep").mkdir()
        (folder / "second.md").rename(folder / "deep" / "moved.md")
        await until_found(library, "kingfisher", SOON)
        (folder / "deep" / "more.txt").write_text("The dipper walks under water.")
        await until_found(library, "dipper", SOON)
        shutil.rmtree(folder / "deep")
        await until_lost(library, "kingfisher dipper", SOON)


async def test_a_change_that_leaves_size_and_time_as_they_were_is_found(data: Path, folder: Path) -> None:
    async with kept(data, folder) as library:
        path = folder / "second.md"
        path.write_text("The kingfisher dives.")
        await until_found(library, "kingfisher")
        stamps = path.stat()
        path.write_text("The red flamingo eats")
        os.utime(path, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
        assert path.stat().st_size == stamps.st_size
        await until_found(library, "flamingo")


async def test_what_was_read_while_it_was_fresh_is_looked_at_once_more(data: Path, folder: Path) -> None:
    async with kept(data, folder) as library:
        await until_found(library, "heron")
        query = "SELECT count(*) FROM file WHERE is_fresh OR state <> 'read'"

        async def is_settled() -> bool:
            with closing(sqlite3.connect(data / "library.sqlite")) as connection:
                return bool(connection.execute(query).fetchone() == (0,))

        await until(is_settled)


async def test_folders_that_vanish_keep_what_is_known_and_come_back(
    data: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with kept(data, folder) as library:
        await until_found(library, "heron")
        away = folder.with_name("away")
        shutil.move(folder, away)

        async def is_told(word: str) -> bool:
            return word in {record.message for record in caplog.records}

        await until(lambda: is_told("library.folder_missing"))
        assert await texts(library, "heron")
        (away / "second.md").write_text("The kingfisher dives.")
        shutil.move(away, folder)
        await until_found(library, "kingfisher")
        await until(lambda: is_told("library.folder_back"))
        (folder / "third.md").write_text("The bittern booms.")
        await until_found(library, "bittern", SOON)


async def test_a_folder_that_is_not_there_at_the_start_is_read_once_it_is(data: Path, tmp_path: Path) -> None:
    async with kept(data, tmp_path / "later") as library:
        assert not await texts(library, "heron")
        fill(tmp_path / "later", 1)
        await until_found(library, "mark0")


async def test_a_folder_that_is_added_beside_the_server_is_followed(data: Path, tmp_path: Path) -> None:
    async with kept(data) as library:
        assert not await texts(library, "heron")
        other = tmp_path / "other"
        other.mkdir()
        (other / "a.md").write_text("The heron fishes.")
        shelf = open_library(data)
        added = shelf.add_folder("w", other, "Other")
        await until_found(library, "heron", SOON)
        (other / "b.md").write_text("The kingfisher dives.")
        await until_found(library, "kingfisher", SOON)
        shelf.remove_folder(added.seq)
        shelf.close()
        await until_lost(library, "heron kingfisher", SOON)


async def test_by_polling_changes_are_found_too(data: Path, folder: Path) -> None:
    async with kept(data, folder, watching="poll") as library:
        await until_found(library, "heron")
        (folder / "second.md").write_text("The kingfisher dives.")
        await until_found(library, "kingfisher", SOON)


async def test_what_the_server_no_longer_brings_of_its_own_is_taken_out(data: Path, folder: Path) -> None:
    async with kept(data, own=[folder]) as library:
        await until_found(library, "heron")
    async with kept(data) as library:
        await until_lost(library, "heron")
    async with kept(data, folder) as library:
        await until_found(library, "heron")
    async with kept(data) as library:
        assert await texts(library, "heron"), "what was brought for a user stays"


async def test_documents_that_are_gone_are_kept_as_long_as_is_said(data: Path, folder: Path) -> None:
    async with kept(data, folder) as library:
        (passage,) = (await until_found(library, "herons")).passages
        (folder / "first.md").unlink()
        await until_lost(library, "herons")
        assert (await library.read(passage.document)).document.gone_at

    async def is_kept(days: float) -> bool:
        async with kept(data, folder, keep_gone=days) as library:
            (folder / f"{days}.md").write_text(f"mark{days:.0e}")
            await until_found(library, f"mark{days:.0e}")  # what is due at the start is done before
            try:
                return bool(await library.read(passage.document))
            except NotFound:
                return False

    assert await is_kept(0)
    assert await is_kept(1)
    assert not await is_kept(1e-9)


async def test_its_own_documentation_gives_way_to_what_is_added(
    data: Path, folder: Path, tmp_path: Path
) -> None:
    fill(tmp_path / "papers", 1)
    async with kept(data, own=[folder]) as library:
        await until_found(library, "heron")
    async with kept(data, tmp_path / "papers", own=[folder]) as library:
        await until_found(library, "mark0")
        assert not await texts(library, "heron")
    async with kept(data, folder, own=[folder]) as library:
        await until_found(library, "heron")
        assert len(await texts(library, "heron")) == 1, "the same folder may be given as documents"


async def test_a_search_outlives_the_death_of_the_desk(data: Path, folder: Path) -> None:
    async with kept(data, folder) as library:
        await until_found(library, "heron")
        for _ in range(3):
            pid = await until_running(library.desk)
            asking = asyncio.gather(*(texts(library, "heron") for _ in range(20)))
            await asyncio.sleep(0)
            os.kill(pid, signal.SIGKILL)
            answers = await asyncio.wait_for(asking, PATIENCE)
            assert [len(answer) for answer in answers] == [1] * 20


async def test_a_reader_that_is_killed_in_the_middle_is_followed_by_one_that_finishes(
    data: Path, tmp_path: Path
) -> None:
    fill(tmp_path / "many", 600)
    async with kept(data, tmp_path / "many") as library:
        done = 0

        async def is_further() -> int:
            holdings = await library.holdings("w")
            return holdings.documents if holdings.documents > done else 0

        for _ in range(3):
            done = await until(is_further)
            pids = family(await until_running(library.reader))
            os.kill(pids[0], signal.SIGKILL)
            await until_gone(pids)
        assert done < 600
        await until_read(library, 600, 5 * PATIENCE)
        for number in (0, 150, 599):
            (found,) = (await library.search("w", f"mark{number}")).passages
            assert found.title == f"Document {number}"


async def test_stopping_takes_a_moment_and_leaves_nobody(data: Path, tmp_path: Path) -> None:
    fill(tmp_path / "many", 400)
    async with kept(data, tmp_path / "many") as library:

        async def is_reading() -> bool:
            return (await library.holdings("w")).documents > 0

        await until(is_reading)
        pids = family(await until_running(library.reader)) + family(await until_running(library.desk))
        assert len(pids) >= 3
        began = time.monotonic()
        await library.stop()
        assert time.monotonic() - began < PARTING
        await until_gone(pids)


async def test_a_stopped_process_does_not_hold_up_the_end(data: Path, folder: Path) -> None:
    async with kept(data, folder) as library:
        await until_found(library, "heron")
        pids = [await until_running(part) for part in (library.reader, library.desk)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        await library.stop()
        assert time.monotonic() - began < PARTING
        assert not any(map(is_alive, pids))


async def test_a_desk_that_does_not_answer_is_unavailable_and_then_replaced(
    data: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with kept(data, folder, patience=5) as library:

        async def answers() -> bool:
            try:
                return bool(await texts(library, "heron"))
            except Unavailable:
                return False

        await until(answers)
        pid = await until_running(library.desk)
        os.kill(pid, signal.SIGSTOP)
        asking = (library.search("w", "heron") for _ in range(3))
        for refused in await asyncio.gather(*asking, return_exceptions=True):
            assert isinstance(refused, Unavailable)
            assert "does not answer" in refused.message
        await until(answers)
        assert library.desk.pid != pid
        assert "library.deaf" in {record.message for record in caplog.records}


async def test_why_it_cannot_be_opened_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = tmp_path / "data"
    (data / "library.sqlite").mkdir(parents=True)
    async with kept(data) as library:
        for _ in range(2):
            with pytest.raises(Unavailable, match=r"library\.sqlite"):
                await library.search("w", "heron")

        async def is_logged() -> bool:
            causes = [vars(record).get("cause", "") for record in caplog.records]
            return any("library.sqlite" in str(cause) for cause in causes)

        await until(is_logged)


@pytest.mark.slow
@pytest.mark.skipif(find_meaning() is None, reason="no model of meanings is installed (gnomon[semantic])")
async def test_with_a_model_passages_are_found_by_their_meaning(data: Path, folder: Path) -> None:
    (folder / "second.md").write_text("# Second\n\nThe physician examined the patient in the ward.\n")
    async with kept(data, folder, is_semantic=True) as library:

        async def is_embedded() -> bool:
            return (await library.holdings("w")).embedded == 2

        await until(is_embedded)
        found = await library.search("w", "doctor in a hospital")
        assert found.engine.startswith("fts5+")
        assert found.passages[0].title == "Second"
        assert found.passages[0].similarity is not None


def test_the_servers_side_imports_neither_database_nor_parsers() -> None:
    words = (
        "{'sqlite3', 'pypdf', 'docx', 'selectolax', 'markdown_it', 'watchfiles', 'numpy', 'gnomon.reading'}"
    )
    program = f"import sys, gnomon.library.client; sys.exit(bool(print(set(sys.modules) & {words})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
