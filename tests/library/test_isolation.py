"""No workspace learns anything of another one's documents, by any query: no passage, no count, no weight."""

import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelves import Room

from gnomon.core.errors import Invalid, NotFound
from gnomon.library.catalogue import Own
from gnomon.library.shelf import Limits

WORDS = ("amber", "birch", "cedar", "dune", "ember", "the")
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
shelves = st.lists(texts, max_size=6)
MEMORY = next((folder for folder in ("/dev/shm",) if Path(folder).is_dir()), None)
"""Where the libraries stand that are compared: they need no disk."""


def told(room: Room, query: str) -> Mapping[str, Any]:
    """Return all that a workspace is told, but for ids."""
    found = room.shelf.search("w", query, 20)
    names = {each.id: each.name for each in room.shelf.list_documents("w").records}
    return {
        "passages": [(names[each.document], each.text, each.score) for each in found.passages],
        "frequencies": found.frequencies,
        "size": found.size,
        "pending": found.pending,
        "holdings": room.shelf.holdings("w"),
        "list": [each.name for each in room.shelf.list_documents("w", query="a").records],
    }


def fill(place: Path, realms: Mapping[str | None, list[str]], documentation: list[str] | None = None) -> Room:
    room = Room(place, Limits())
    if documentation is not None:
        room.add_own(**{f"o{n}_txt": text for n, text in enumerate(documentation)})
    for realm, held in realms.items():
        files = {f"{realm}{number}_txt": text for number, text in enumerate(held)}
        room.add(realm, f"of_{realm}", **files)
    room.take_in()
    return room


@settings(max_examples=20)
@given(own=shelves, shared=shelves, others=shelves, query=st.one_of(texts, st.text(max_size=20)))
def test_what_others_hold_changes_nothing(
    own: list[str], shared: list[str], others: list[str], query: str
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        alone = fill(Path(folder, "alone"), {"w": own, None: shared})
        among = fill(Path(folder, "among"), {"v": others, "w": own, None: shared, "w2": others})
        with closing(alone.shelf), closing(among.shelf):
            assert told(alone, query) == told(among, query)


@settings(max_examples=20)
@given(held=shelves, shared=shelves, others=shelves, documentation=shelves, query=texts)
def test_its_own_documentation_counts_only_where_there_is_nothing_else(
    held: list[str], shared: list[str], others: list[str], documentation: list[str], query: str
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        plain = fill(Path(folder, "plain"), {"v": others, "w": held, None: shared})
        among = fill(Path(folder, "among"), {"v": others, "w": held, None: shared}, documentation)
        trial = fill(Path(folder, "trial"), {}, documentation)
        with closing(plain.shelf), closing(among.shelf), closing(trial.shelf):
            expected = plain if held or shared else trial
            assert told(among, query) == told(expected, query)


def test_documents_that_are_not_read_yet_take_its_own_documentations_place(room: Room) -> None:
    room.add_own(a_txt="Amber.")
    room.take_in()
    (own,) = room.shelf.list_documents("w").records
    folder = room.add("w", b_txt="Birch.")
    for step in (lambda: None, lambda: room.shelf.scan(folder.seq), room.take_in):
        step()
        assert room.names("amber") == []
        assert room.names("amber", "v") == ["a.txt"]
    assert room.shelf.own_documents("w") == Own(documents=1, is_drawn_on=False)
    assert room.shelf.own_documents("v") == Own(documents=1, is_drawn_on=True)
    assert room.shelf.get_document("w", own.id) == own, "what was cited before still opens"
    room.shelf.remove_folder(folder.seq)
    assert room.names("amber") == ["a.txt"]


def test_another_workspaces_document_is_not_there(room: Room) -> None:
    room.add("v", "theirs", a_txt="Secret amber.", broken_txt=" ")
    room.add(None, "shared", b_txt="Open amber.")
    room.take_in()
    (theirs,) = [each for each in room.shelf.list_documents("v").records if each.name == "a.txt"]
    assert room.names("secret amber", "v") == ["a.txt", "b.txt"]
    assert room.names("secret amber", "w") == ["b.txt"]
    assert room.shelf.search("w", "secret").frequencies == {"secret": 0}
    assert room.shelf.refused("w") == []
    with pytest.raises(NotFound):
        room.shelf.get_document("w", theirs.id)
    with pytest.raises(Invalid):
        room.shelf.list_documents("w", cursor=theirs.id)


def test_no_workspace_is_the_shared_one_and_names_are_no_patterns(room: Room) -> None:
    room.add("w", a_txt="Amber.")
    room.take_in()
    for stranger in ("", "%", "W", "w ", "'", "w\0", "words_1", "\0own"):
        assert room.shelf.search(stranger, "amber").size == 0


def test_the_shared_folders_are_found_by_all(room: Room) -> None:
    room.add(None, a_txt="Amber.")
    room.take_in()
    assert [room.names("amber", workspace) for workspace in ("w", "v", "")] == [["a.txt"]] * 3
