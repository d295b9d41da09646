"""What is cut off goes on where it stopped: kill -9, a full disk, two processes at once."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from reading_in import Clock, text
from shelves import Room, write

from gnomon.core.errors import Unavailable
from gnomon.library.shelf import Limits, Shelf
from gnomon.library.turn import Turn, try_lock

COUNT = 250
CHILD = Path(__file__).parent / "support" / "reading_in.py"


def start(file: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, CHILD, file, folder], stdout=subprocess.PIPE, text=True)


def fill(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        (folder / f"f{number:04}.txt").write_text(text(number))


def assert_sound(shelf: Shelf, count: int) -> None:
    """Check each document, the counts, and FTS5's own idea of its index."""
    documents = shelf.list_documents("w", limit=500).records
    assert [each.name for each in documents] == [f"f{number:04}.txt" for number in range(count)]
    for document in documents:
        number = int(document.name[1:5])
        assert shelf.read(document.id).text == text(number)
        found = shelf.search("w", f"n{number}")
        assert [each.document for each in found.passages] == [document.id]
        assert found.frequencies == {f"n{number}": 1}
    holdings = shelf.holdings("w")
    assert (holdings.documents, holdings.pending) == (count, 0)
    assert holdings.passages == sum(each.passages for each in documents)
    with shelf.readers.snapshot() as connection:
        (passages,) = connection.execute("SELECT count(*) FROM passage").fetchone()
        assert passages == holdings.passages
        assert connection.execute("SELECT count(*) FROM leftover").fetchone() == (0,)
    shelf.writer.run(
        lambda writing: writing.execute("INSERT INTO words_1 (words_1) VALUES ('integrity-check')")
    )
    shelf.writer.run(
        lambda writing: writing.execute("PRAGMA integrity_check").fetchall() == [("ok",)] or 1 / 0
    )


def read_until_killed(file: Path, folder: Path, dice: random.Random) -> bool:
    """Let a process read for a while, then kill it; say whether it was over before."""
    with start(file, folder) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        time.sleep(dice.random() * 0.1)  # a moment within a transaction, or between two
        child.kill()
        rest = child.stdout.read()
    return "over" in line + rest


@pytest.mark.slow
def test_a_reading_that_is_killed_again_and_again_comes_to_its_end(tmp_path: Path) -> None:
    dice = random.Random(5)
    folder, file = tmp_path / "docs", tmp_path / "library.sqlite"
    fill(folder, COUNT)
    known: dict[str, str] = {}
    for kills in range(60):
        is_over = read_until_killed(file, folder, dice)
        shelf = Shelf.open(file, Clock())
        listed = {each.name: each.id for each in shelf.list_documents("w", limit=500).records}
        assert listed.items() >= known.items()
        known = listed
        if is_over:
            shelf.read_in()
            assert_sound(shelf, COUNT)
        shelf.close()
        if is_over:
            assert kills > 1
            return
    raise AssertionError(f"Sixty processes did not read {COUNT} files.")


def test_a_killed_change_leaves_the_old_text_whole(room: Room) -> None:
    """A process that dies within a long document's new edition leaves its old one in the search."""
    long = "\n\n".join(
        f"Paragraph p{number} of the old text. " + "More words. " * 50 for number in range(400)
    )
    folder = room.add(a_txt=long)
    room.take_in()
    passages = room.shelf.holdings("w").passages
    write(folder.path / "a.txt", long.replace("old", "new") + "?")
    room.shelf.scan(folder.seq)
    room.shelf.writer.run(lambda writing: _leave_half(writing))
    room.reopen()
    found = room.shelf.search("w", "p399", 100)
    assert [("old" in each.text, found.size) for each in found.passages] == [(True, passages)]
    room.shelf.read_in()
    assert "new" in room.shelf.search("w", "p399").passages[0].text
    with room.shelf.readers.snapshot() as connection:
        assert connection.execute("SELECT count(*) FROM passage").fetchone() == (
            room.shelf.holdings("w").passages,
        )


def _leave_half(writing: object) -> None:
    """Write a first piece of the next cut, as a process does that is then killed."""
    execute = writing.execute  # type: ignore[attr-defined]  # any connection
    execute("INSERT INTO leftover VALUES (1)")
    row = ("t", "", "half p399")
    seq = execute(
        "INSERT INTO passage (document, cut, start, length, title, heading, text) VALUES (1, 2, 0, 9, ?, ?, ?)",
        row,
    ).lastrowid
    execute("INSERT INTO words_1 (rowid, title, heading, text) VALUES (?, ?, ?, ?)", (seq, *row))


def test_a_full_disk_is_said_and_nothing_is_lost(make_room: Callable[..., Room], tmp_path: Path) -> None:
    room = make_room(Limits(max_bytes=1_000_000))
    room.add(a_txt="The very first.")
    room.take_in()
    room.add(**{f"f{number:03}_txt": text(number) for number in range(50)})
    with pytest.raises(Unavailable, match="no room left"):
        room.take_in()
    assert room.names("first") == ["a.txt"]
    before = {each.name: each.id for each in room.shelf.list_documents("w").records}
    assert room.shelf.holdings("w").pending > 0
    room.shelf.close()
    larger = make_room()
    larger.clock.dice.seed(9)
    larger.shelf.read_in()
    after = {each.name: each.id for each in larger.shelf.list_documents("w", limit=500).records}
    assert len(after) == 51
    assert after.items() >= before.items()


def test_two_processes_that_read_the_same_folder_make_each_document_once(tmp_path: Path) -> None:
    folder, file = tmp_path / "docs", tmp_path / "library.sqlite"
    fill(folder, 60)
    Shelf.open(file, Clock()).close()
    with start(file, folder) as first, start(file, folder) as second:
        outputs = [first.communicate()[0], second.communicate()[0]]
    assert all(output.endswith("over\n") for output in outputs)
    shelf = Shelf.open(file, Clock())
    assert_sound(shelf, 60)
    shelf.close()


def test_whoever_writes_lets_others_in_soon(tmp_path: Path) -> None:
    """Beside a process that reads in, a folder is added within a fraction of a second, each time."""
    folder, file = tmp_path / "docs", tmp_path / "library.sqlite"
    fill(folder, 300)
    shelf = Shelf.open(file, Clock())
    other = tmp_path / "other"
    other.mkdir()
    waits: list[float] = []
    with start(file, folder) as child:
        assert child.stdout is not None
        child.stdout.readline()
        while child.poll() is None and len(waits) < 50:
            began = time.monotonic()
            shelf.add_folder("v", other)
            waits.append(time.monotonic() - began)
        child.kill()
    shelf.close()
    assert sorted(waits)[len(waits) // 2] < 0.3  # on a machine that does much else


def test_a_turn_that_is_not_given_up_is_said(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite"
    lock = try_lock(file, "turn")
    assert lock is not None
    with (
        pytest.raises(Unavailable, match="Another process has been writing"),
        Turn(file, patience=0.05).take(),
    ):
        raise AssertionError
