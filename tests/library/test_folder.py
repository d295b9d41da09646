"""Walking a folder: what is a document, what is left out and why, and nothing outside of it, ever."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelves import Room, write

from gnomon.library.folder import Rules, Seen, Skip, Stamps, Walk, is_there, open_below
from gnomon.library.scan import Known, Missing, compare

RULES = Rules(suffixes=frozenset({".txt", ".md"}), max_bytes=100)


def walk(root: Path) -> tuple[list[str], dict[Skip, int]]:
    walked = Walk(root, RULES)
    return [seen.name for seen in walked.files()], walked.skipped


def test_files_are_seen_in_the_order_of_their_names(tmp_path: Path) -> None:
    names = ["a.txt", "a/b.txt", "a/c/d.txt", "a-b.txt", "a0/x.txt", "B.txt", "é/z.TXT", "\U0001f600.md"]
    for name in names:
        write(tmp_path / name, "x")
    assert walk(tmp_path) == (sorted(names, key=lambda name: name.encode()), {})


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (".hidden.txt", Skip.HIDDEN),
        (".git/config.txt", Skip.HIDDEN),
        ("deep/.secret/a.txt", Skip.HIDDEN),
        ("node_modules/package/readme.md", Skip.LEFT_OUT),
        ("deep/__pycache__/a.txt", Skip.LEFT_OUT),
        ("picture.png", Skip.FORMAT),
        ("README", Skip.FORMAT),
        ("large.txt", Skip.TOO_LARGE),
    ],
)
def test_what_is_no_document_is_counted_by_reason(tmp_path: Path, name: str, why: Skip) -> None:
    write(tmp_path / name, "x" * (101 if why is Skip.TOO_LARGE else 1))
    write(tmp_path / "a.txt", "x")
    assert walk(tmp_path) == (["a.txt"], {why: 1})


def test_a_file_named_as_a_folder_of_tools_is_a_file(tmp_path: Path) -> None:
    write(tmp_path / "node_modules.txt", "x")
    write(tmp_path / "node_modules", "x")
    assert walk(tmp_path) == (["node_modules.txt"], {Skip.FORMAT: 1})


def test_no_link_is_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "root-outside"
    write(root / "a.txt", "x")
    write(outside / "secret.txt", "secret")
    (root / "loop").symlink_to(root)
    (root / "again.txt").symlink_to(root / "a.txt")
    (root / "nowhere.txt").symlink_to(root / "nothing.txt")
    (root / "itself.txt").symlink_to(root / "itself.txt")
    (root / "out.txt").symlink_to(outside / "secret.txt")
    (root / "out").symlink_to(outside)
    (root / "up").symlink_to("..")
    assert walk(root) == (["a.txt"], {Skip.LINK: 4, Skip.LINK_OUT: 3})


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert walk(tmp_path) == ([], {Skip.NO_FILE: 1})
    with pytest.raises(OSError, match="no file"):
        open_below(tmp_path, "pipe.txt")


def test_a_name_that_is_no_text_is_left_out(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")).touch()
    assert walk(tmp_path) == ([], {Skip.NAME: 1})


@pytest.mark.parametrize("place", ["link.txt", "link/a.txt", "deep/link/a.txt", "../outside/a.txt"])
def test_a_file_that_became_a_link_since_the_walk_is_not_read(tmp_path: Path, place: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    write(outside / "a.txt", "secret")
    (root / "deep").mkdir(parents=True)
    (root / "link.txt").symlink_to(outside / "a.txt")
    (root / "link").symlink_to(outside)
    (root / "deep" / "link").symlink_to(outside)
    if place.startswith(".."):
        assert [name for name in walk(root)[0] if ".." in name] == []  # such a name is never seen
        return
    with pytest.raises(OSError, match=r"symbolic links|Not a directory"):
        open_below(root, place)


def test_a_file_is_read_with_its_stamps(tmp_path: Path) -> None:
    write(tmp_path / "deep/a.txt", "text")
    content = open_below(tmp_path, "deep/a.txt")
    assert content is not None
    found = (tmp_path / "deep/a.txt").stat()
    assert (content.bytes, content.stamps) == (b"text", Stamps(4, found.st_mtime_ns, found.st_ctime_ns))
    assert is_there(tmp_path, "deep/a.txt")
    assert not is_there(tmp_path, "deep/b.txt")


def test_a_folder_that_may_not_be_listed_keeps_what_is_known_of_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who runs the tests may list everything, so the system's refusal is put in its place."""
    folder = room.add(a_txt="Amber.", closed__b_txt="Amber too.", open__c_txt="Amber three.")
    room.take_in()
    (folder.path / "open" / "c.txt").unlink()
    scandir = os.scandir
    monkeypatch.setattr(
        os, "scandir", lambda path: scandir("/nothing" if str(path).endswith("closed") else path)
    )
    assert room.shelf.scan(folder.seq).gone == 2  # a folder that is gone is gone
    monkeypatch.undo()
    room.take_in()

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    scanned = room.shelf.scan(folder.seq)
    assert (scanned.gone, scanned.skipped) == (0, {"no_access": 1})
    monkeypatch.undo()
    assert sorted(room.names("amber")) == ["a.txt", "closed/b.txt"]


names = st.lists(st.sampled_from([f"{letter}.txt" for letter in "abcdef"]), unique=True).map(sorted)


@given(before=names, after=names, changed=names)
def test_two_lists_are_merged(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], after: list[str], changed: list[str]
) -> None:
    class Still(Walk):
        def files(self):  # type: ignore[no-untyped-def]  # a walk without a disk
            return iter([Seen(name=name, stamps=Stamps(2 if name in changed else 1, 0, 0)) for name in after])

    known = iter([Known(name, Stamps(1, 0, 0), is_fresh=False) for name in before])
    found = list(compare(Still(Path(), RULES), known))
    missing = [each.name for each in found if isinstance(each, Missing)]
    noted = {each[0].name: each[1] is not None for each in found if not isinstance(each, Missing)}
    assert missing == [name for name in before if name not in after]
    assert noted == {name: name in before for name in after if name not in before or name in changed}
