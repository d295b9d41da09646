"""What the shelf promises: ids that stay, editions that stay readable, and what is gone is found no longer."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from shelves import Room, write

from gnomon.core.errors import Invalid, NotFound
from gnomon.library.folder import Rules
from gnomon.library.shelf import Limits


def only(room: Room, workspace: str = "w") -> Any:
    """Return the one document that is listed."""
    (document,) = room.shelf.list_documents(workspace).records
    return document


def test_a_passage_is_a_slice_of_its_document_at_the_address_that_is_cited(room: Room) -> None:
    room.add(a_md="# Sun\n\nThe sun is a star.\n\n## Mass\n\nIts mass is 2e30 kg.\n")
    room.take_in()
    found = room.shelf.search("w", "what is the mass of the sun?")
    for passage in found.passages:
        reading = room.shelf.read(passage.document)
        assert reading.text[passage.start : passage.start + len(passage.text)] == passage.text
        assert (
            passage.url
            == f"http://host/gnomon/v1/documents/{passage.document}/page?edition={reading.edition}"
        )
    assert found.passages[0].heading == "Sun > Mass"
    assert (found.size, found.engine, found.pending) == (2, "fts5", 0)
    assert found.frequencies == {"mass": 1, "sun": 2}


def test_an_id_holds_more_than_128_bits_of_chance(room: Room) -> None:
    room.add(a_txt="Alpha.")
    room.take_in()
    document = only(room)
    assert document.id.startswith("doc_")
    assert len(document.id) == 30
    assert len(set("ilou") & set(document.id[4:])) == 0


def test_a_changed_file_is_a_new_edition_of_the_same_document_and_the_old_one_stays(room: Room) -> None:
    room.add(a_txt="The red house.")
    room.take_in()
    before = only(room)
    room.add(a_txt="The blue house!")
    room.take_in()
    after = only(room)
    assert (after.id, after.edition) == (before.id, 2)
    assert room.names("red") == []
    assert room.names("blue") == ["a.txt"]
    assert room.shelf.read(before.id, 1).text == "The red house."
    assert room.shelf.read(before.id).text == "The blue house!"


def test_a_touched_file_is_not_read_again(room: Room) -> None:
    room.add(a_txt="Alpha.")
    room.take_in()
    write(room.place / "docs" / "a.txt", "Alpha.", back=60)
    (folder,) = room.shelf.folders()
    assert room.shelf.scan(folder.seq).changed == 1
    taken = room.shelf.read_in()
    assert (taken.read, taken.unchanged) == (0, 1)
    assert only(room).edition == 1


def test_a_young_file_is_looked_at_once_more_and_then_rests(room: Room) -> None:
    folder = room.add(a_txt="one")
    write(folder.path / "a.txt", "one", back=0)
    room.take_in()
    room.clock.moment += timedelta(seconds=3)
    assert room.shelf.scan(folder.seq).changed == 1
    assert room.shelf.read_in().unchanged == 1
    assert room.shelf.scan(folder.seq).changed == 0
    assert room.shelf.search("w", "one").pending == 0


def test_a_file_that_may_not_be_opened_is_listed_and_rests_until_it_may(room: Room) -> None:
    folder = room.add(a_txt="Alpha.", b_txt="Beta.")
    (folder.path / "a.txt").unlink()
    room.shelf.scan(folder.seq)
    write(folder.path / "a.txt", "Alpha.")
    room.shelf.scan(folder.seq)
    (folder.path / "a.txt").unlink()
    (folder.path / "a.txt").symlink_to(folder.path / "b.txt")  # since the walk: it will not be followed
    assert room.shelf.read_in().unreadable == 1
    (refused,) = room.shelf.refused("w")
    assert (refused.name, refused.code) == ("a.txt", "no_access")
    assert room.shelf.scan(folder.seq).gone == 1


def test_a_file_changed_within_its_stamps_is_noticed(room: Room) -> None:
    path = room.place / "docs" / "a.txt"
    room.add(a_txt="one")
    write(path, "one", back=0)
    room.take_in()
    write(path, "two", back=0)
    room.take_in()
    assert room.shelf.read(only(room).id).text == "two"


def test_a_moved_file_keeps_its_id_and_its_edition(room: Room) -> None:
    room.add(a_txt="Alpha beta.", b_txt="Gamma.")
    room.take_in()
    known = {each.name: each.id for each in room.shelf.list_documents("w").records}
    docs = room.place / "docs"
    (docs / "new").mkdir()
    (docs / "a.txt").rename(docs / "new" / "c.txt")
    room.take_in()
    moved = {each.name: (each.id, each.edition) for each in room.shelf.list_documents("w").records}
    assert moved == {"new/c.txt": (known["a.txt"], 1), "b.txt": (known["b.txt"], 1)}
    assert room.names("alpha") == ["new/c.txt"]


def test_a_file_moved_to_another_folder_of_the_workspace_keeps_its_id(room: Room) -> None:
    room.add(name="one", a_txt="Alpha.")
    room.add(name="two", b_txt="Beta.")
    room.take_in()
    known = {each.name: each.id for each in room.shelf.list_documents("w").records}
    (room.place / "one" / "a.txt").rename(room.place / "two" / "a.txt")
    second = room.shelf.folders()[1]
    room.shelf.scan(second.seq)  # the folder it was moved away from has not been looked at
    room.shelf.read_in()
    documents = room.shelf.list_documents("w").records
    assert {each.name: each.id for each in documents} == known
    assert {each.source for each in documents} == {"two"}


def test_a_file_moved_to_another_workspace_is_another_document(room: Room) -> None:
    room.add("w", "one", a_txt="Alpha.")
    room.add("v", "two", b_txt="Beta.")
    room.take_in()
    before = only(room, "w").id
    (room.place / "one" / "a.txt").rename(room.place / "two" / "a.txt")
    room.take_in()
    assert room.shelf.list_documents("w").records == []
    assert before not in {each.id for each in room.shelf.list_documents("v").records}


def test_a_deleted_file_is_found_no_longer_and_its_editions_say_so(room: Room) -> None:
    room.add(a_txt="Alpha.", b_txt="Beta alpha.")
    room.take_in()
    gone = next(each for each in room.shelf.list_documents("w").records if each.name == "a.txt")
    (room.place / "docs" / "a.txt").unlink()
    (folder,) = room.shelf.folders()
    assert room.shelf.scan(folder.seq).gone == 1
    assert room.names("alpha") == ["b.txt"]
    assert room.shelf.search("w", "alpha").frequencies == {"alpha": 1}
    assert room.shelf.holdings("w").documents == 1
    with pytest.raises(NotFound):
        room.shelf.get_document("w", gone.id)
    reading = room.shelf.read(gone.id)
    assert reading.text == "Alpha."
    assert reading.document.gone_at == room.clock.moment


def test_a_file_that_comes_back_is_the_same_document(room: Room) -> None:
    room.add(a_txt="Alpha.")
    room.take_in()
    before = only(room).id
    path = room.place / "docs" / "a.txt"
    path.unlink()
    room.take_in()
    write(path, "Another text.")
    room.take_in()
    document = only(room)
    assert (document.id, document.edition, document.gone_at) == (before, 2, None)


def test_twenty_editions_are_kept_or_as_many_as_are_asked_for(make_room: Callable[..., Room]) -> None:
    room = make_room(Limits(editions=3))
    for number in range(5):
        room.add(a_txt=f"Number {number}{'.' * number}")
        room.take_in()
    document = only(room)
    assert document.edition == 5
    assert room.shelf.read(document.id, 3).text == "Number 2.."
    with pytest.raises(NotFound, match="Editions 3 to 5 are kept"):
        room.shelf.read(document.id, 2)
    with pytest.raises(NotFound):
        room.shelf.read(document.id, 1 << 80)


def test_what_is_gone_is_forgotten_after_the_time_that_is_set(make_room: Callable[..., Room]) -> None:
    room = make_room(Limits(keep_gone=timedelta(days=1)))
    room.add(a_txt="Alpha.", b_txt="Beta.")
    room.take_in()
    gone = room.shelf.list_documents("w").records[0]
    (room.place / "docs" / "a.txt").unlink()
    room.take_in()
    assert room.shelf.sweep() == 0
    assert room.shelf.read(gone.id).text == "Alpha."
    room.clock.moment += timedelta(days=2)
    assert room.shelf.sweep() == 1
    with pytest.raises(NotFound):
        room.shelf.read(gone.id)
    assert only(room).name == "b.txt"


def test_an_unreadable_file_is_listed_with_its_reason_and_its_old_text_is_not_found(room: Room) -> None:
    room.add(a_txt="Alpha.")
    room.take_in()
    room.add(a_txt="   ")
    room.take_in()
    assert room.names("alpha") == []
    (refused,) = room.shelf.refused("w")
    assert (refused.name, refused.source, refused.code) == ("a.txt", "docs", "empty")
    assert room.shelf.holdings("w").unreadable == 1
    room.add(a_txt="Alpha again.")
    room.take_in()
    assert room.names("alpha") == ["a.txt"]
    assert (room.shelf.refused("w"), only(room).edition) == ([], 2)


def test_a_folder_that_is_not_there_keeps_its_documents_and_says_what_is_wrong(room: Room) -> None:
    folder = room.add(a_txt="Alpha.")
    room.take_in()
    folder.path.rename(room.place / "elsewhere")
    scanned = room.shelf.scan(folder.seq)
    assert "No such file" in (scanned.problem or "")
    assert room.names("alpha") == ["a.txt"]
    assert room.shelf.folders()[0].problem == scanned.problem


def test_a_single_file_can_be_added_and_goes_with_its_deletion(room: Room) -> None:
    path = room.place / "lone.txt"
    write(path, "Alpha.")
    room.shelf.add_folder("w", path)
    room.take_in()
    assert (only(room).name, only(room).source) == ("lone.txt", "lone.txt")
    path.unlink()
    room.take_in()
    assert room.names("alpha") == []


def test_a_folder_that_is_taken_out_takes_its_documents_along_and_brings_them_back(room: Room) -> None:
    folder = room.add(a_txt="Alpha.")
    room.take_in()
    before = only(room).id
    room.shelf.remove_folder(folder.seq)
    assert (room.shelf.folders(), room.names("alpha"), room.shelf.holdings("w").passages) == ([], [], 0)
    assert room.shelf.read(before).text == "Alpha."
    with pytest.raises(NotFound):
        room.shelf.remove_folder(folder.seq)
    room.shelf.add_folder("w", folder.path)
    room.take_in()
    assert only(room).id == before


def test_a_folder_is_added_once_and_only_if_it_is_there(room: Room) -> None:
    first = room.add(a_txt="Alpha.")
    again = room.shelf.add_folder("w", room.place / "docs" / ".." / "docs", "renamed")
    assert (again.seq, again.label) == (first.seq, "renamed")
    with pytest.raises(Invalid, match="no folder or file"):
        room.shelf.add_folder("w", room.place / "nothing")


def test_a_list_goes_on_where_the_page_before_ended(room: Room) -> None:
    room.add(None, "shared", **{f"s{n}_txt": f"Shared {n}." for n in range(4)})
    room.add("w", "own", **{f"o{n}_txt": f"Own {n}." for n in range(3)})
    room.take_in()
    seen, cursor = [], None
    while True:
        page = room.shelf.list_documents("w", cursor=cursor, limit=2)
        seen += [each.name for each in page.records]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["o0.txt", "o1.txt", "o2.txt", "s0.txt", "s1.txt", "s2.txt", "s3.txt"]
    assert [each.name for each in room.shelf.list_documents("w", query="S1").records] == ["s1.txt"]
    with pytest.raises(Invalid):
        room.shelf.list_documents("w", cursor="doc_nothing")


def test_progress_counts_up_to_all_of_the_files(room: Room) -> None:
    room.add(**{f"f{n:03}_txt": f"Text {n}." for n in range(150)})
    (folder,) = room.shelf.folders()
    room.shelf.scan(folder.seq)
    assert room.shelf.search("w", "text").pending == 150
    told: list[tuple[int, int, str]] = []
    room.shelf.read_in(lambda *news: told.append(news))
    assert told[-1] == (150, 150, "f149.txt")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)


def test_reading_stops_when_it_is_told_to_and_goes_on_later(room: Room) -> None:
    room.add(**{f"f{n:03}_txt": f"Text {n}." for n in range(10)})
    (folder,) = room.shelf.folders()
    room.shelf.scan(folder.seq)
    looks = iter([False] * 5 + [True] * 100)
    assert room.shelf.read_in(is_stopped=lambda: next(looks)).read == 5
    assert room.shelf.holdings("w").pending == 5
    assert room.shelf.read_in().read == 5


def test_a_large_document_is_searched_whole_or_not_at_all(room: Room) -> None:
    text = "\n\n".join(
        f"Paragraph {n} tells of bird{n} and of tree{n % 7}. " + "Words follow. " * 60 for n in range(300)
    )
    room.add(a_txt=text)
    room.take_in()
    assert only(room).passages >= 250
    assert len(room.shelf.search("w", "bird7").passages) == 1
    room.add(a_txt=text.replace("bird", "fish") + "!")
    room.take_in()
    found = room.shelf.search("w", "bird7 fish7")
    assert found.frequencies == {"bird7": 0, "fish7": 1}
    assert found.size == only(room).passages == room.shelf.holdings("w").passages


@pytest.mark.parametrize("size", [10, 11])
def test_a_file_over_the_limit_is_left_out_and_counted(make_room: Callable[..., Room], size: int) -> None:
    room = make_room(Limits(rules=Rules(suffixes=frozenset({".txt"}), max_bytes=10)))
    folder = room.add(a_txt="a" * size, b_md="b")
    scanned = room.shelf.scan(folder.seq)
    assert scanned.skipped == ({"format": 1} if size == 10 else {"format": 1, "too_large": 1})
    assert room.shelf.folders()[0].skipped == scanned.skipped


async def test_threads_search_while_another_reads_in(room: Room) -> None:
    room.add(**{f"f{n:03}_txt": f"Alpha text {n}." for n in range(200)})
    (folder,) = room.shelf.folders()
    room.shelf.scan(folder.seq)
    reading = asyncio.create_task(asyncio.to_thread(room.shelf.read_in))
    sizes = []
    while not reading.done():
        found = await asyncio.to_thread(room.shelf.search, "w", "alpha", 5)
        assert found.frequencies["alpha"] == found.size
        sizes.append(found.size)
    assert (await reading).read == 200
    assert sizes == sorted(sizes)
