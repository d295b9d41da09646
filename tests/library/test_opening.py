"""A file of another version, or a damaged one, is made anew: ids and editions stay, the rest is read again."""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from shelves import Room

from gnomon.core.errors import Unavailable
from gnomon.library import opening
from gnomon.library.fault import Damaged
from gnomon.library.schema import KEPT, VERSION


def with_editions(room: Room) -> dict[str, str]:
    """Fill a library with two editions, one document that is gone, one that was moved; return the ids."""
    room.add(a_txt="First amber.", b_txt="Birch.", c_txt="Cedar.")
    room.take_in()
    room.add(a_txt="Second amber!")
    (room.place / "docs" / "b.txt").unlink()
    room.take_in()
    gone = [row[0] for row in rows(room.file, "SELECT id FROM document WHERE gone_at IS NOT NULL")]
    return {"gone": gone[0], **{each.name: each.id for each in room.shelf.list_documents("w").records}}


def rows(file: Path, sql: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


def set_version(file: Path, version: int) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def assert_kept(room: Room, ids: dict[str, str]) -> None:
    assert {each.name: each.id for each in room.shelf.list_documents("w").records} == {
        name: known for name, known in ids.items() if name != "gone"
    }
    assert room.shelf.read(ids["a.txt"], 1).text == "First amber."
    assert room.shelf.read(ids["a.txt"]).edition == 2
    assert room.shelf.read(ids["gone"]).text == "Birch."


@pytest.mark.parametrize(
    "version",
    [VERSION - 1, VERSION + 1, VERSION + 1000, 0],
    ids=["older", "newer", "newer tables", "nameless"],
)
def test_a_library_of_another_version_is_read_anew_under_the_same_ids(room: Room, version: int) -> None:
    ids = with_editions(room)
    room.shelf.close()
    set_version(room.file, version)
    room.shelf = room.open()
    assert_kept(room, ids)
    assert room.shelf.search("w", "amber").size == 0
    room.take_in()
    assert sorted(room.names("amber cedar")) == ["a.txt", "c.txt"]
    assert_kept(room, ids)
    aside = list(room.file.parent.glob("*.aside-*"))
    assert bool(aside) == (version // 1000 != KEPT)
    assert opening.find_version(room.file) == VERSION


def test_files_that_went_or_moved_while_a_library_was_made_anew_are_known(room: Room) -> None:
    ids = with_editions(room)
    room.shelf.close()
    set_version(room.file, VERSION + 1)
    docs = room.place / "docs"
    (docs / "c.txt").rename(docs / "d.txt")
    (docs / "a.txt").unlink()
    room.shelf = room.open()
    room.take_in()
    assert [(each.name, each.id) for each in room.shelf.list_documents("w").records] == [
        ("d.txt", ids["c.txt"])
    ]
    assert room.shelf.read(ids["a.txt"]).document.gone_at is not None


def test_a_file_that_is_no_database_is_set_aside(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    room.shelf.close()
    room.file.write_bytes(b"This is no database. " * 300)
    with caplog.at_level(logging.WARNING, "gnomon.library"):
        room.shelf = room.open()
    assert [record.message for record in caplog.records] == ["library.rebuilt"]
    room.add(a_txt="Amber.")
    room.take_in()
    assert room.names("amber") == ["a.txt"]
    (aside,) = room.file.parent.glob("*.aside-1")
    assert aside.read_bytes().startswith(b"This is no")


def damage(file: Path, table: str) -> None:
    """Overwrite the root page of a table."""
    ((page,),) = rows(file, f"SELECT rootpage FROM sqlite_master WHERE name = '{table}'")
    ((size,),) = rows(file, "PRAGMA page_size")
    with file.open("r+b") as content:
        content.seek((int(page) - 1) * int(size))
        content.write(os.urandom(int(size)))


@pytest.mark.parametrize("table", ["words_1_data", "passage", "file", "standing"])
def test_damage_that_shows_later_is_said_once_and_mended(room: Room, table: str) -> None:
    ids = with_editions(room)
    room.shelf.close()
    damage(room.file, table)
    with suppress(Damaged):
        room.shelf = room.open()
        room.take_in()
        room.names("amber")
    room.take_in()
    assert sorted(room.names("amber cedar")) == ["a.txt", "c.txt"]
    assert_kept(room, ids)
    assert list(room.file.parent.glob("*.aside-1"))


def test_what_damage_leaves_of_the_editions_is_carried_over(room: Room) -> None:
    room.add(**{f"f{n:03}_txt": f"Amber {n}. " + os.urandom(1500).hex() for n in range(200)})
    room.take_in()
    ids = {each.name: each.id for each in room.shelf.list_documents("w", limit=500).records}
    room.shelf.close()
    size = room.file.stat().st_size
    pages = [
        int(row[0])
        for row in rows(room.file, "SELECT pageno FROM dbstat WHERE name = 'edition' AND pagetype = 'leaf'")
    ]
    with room.file.open("r+b") as content:
        content.seek((pages[len(pages) // 2] - 1) * 4096)
        content.write(b"\xff" * 4096)
    assert room.file.stat().st_size == size
    opening.rebuild(room.file, "damage")
    room.shelf = room.open()
    assert {each.name: each.id for each in room.shelf.list_documents("w", limit=500).records} == ids
    kept = [name for name, each in ids.items() if has_text(room, each)]
    assert len(kept) > 150
    room.take_in()
    assert all(has_text(room, each) for each in ids.values())
    assert {each.name: each.id for each in room.shelf.list_documents("w", limit=500).records} == ids


def has_text(room: Room, document: str) -> bool:
    try:
        return room.shelf.read(document).text.startswith("Amber")
    except Exception:  # noqa: BLE001 - which one it is, is not the question
        return False


def test_whoever_has_the_library_open_follows_it_when_it_is_made_anew(room: Room) -> None:
    ids = with_editions(room)
    opening.rebuild(room.file, "damage")
    assert_kept(room, ids)
    room.take_in()
    assert room.names("amber") == ["a.txt"]


def test_a_process_of_another_version_is_told_to_start_anew(room: Room, tmp_path: Path) -> None:
    room.add(a_txt="Amber.")
    other = tmp_path / "other.sqlite"
    shutil.copy(room.file, other)
    set_version(other, VERSION + 1)
    room.shelf.writer.forget()
    room.shelf.readers.forget()
    for suffix in ("-wal", "-shm"):
        room.file.with_name(room.file.name + suffix).unlink(missing_ok=True)
    other.replace(room.file)
    with pytest.raises(Unavailable, match="start this process anew"):
        room.shelf.add_folder("w", tmp_path)


def test_a_library_that_is_taken_away_is_said(room: Room) -> None:
    room.file.unlink()
    with pytest.raises(Unavailable, match="not there any more"):
        room.shelf.search("w", "amber")
    with pytest.raises(Unavailable, match="not there any more"):
        room.add(a_txt="Amber.")


def test_a_new_library_is_for_its_owner_alone(make_room: Callable[..., Room], tmp_path: Path) -> None:
    room = make_room(place=tmp_path / "new")
    assert room.file.stat().st_mode & 0o077 == 0
    assert room.file.parent.stat().st_mode & 0o077 == 0
