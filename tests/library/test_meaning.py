"""Vectors beside words: made in the background, fused with what the words find, and never of what is hidden."""

import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from shelves import Room

from gnomon.library.meaning import Meaning
from gnomon.library.search import Candidate, fuse
from gnomon.library.shelf import Shelf
from gnomon.reading.embedding import NAME, find_embedder

if TYPE_CHECKING:
    from gnomon.library.meaning import Vectors

LIKE = {"vehicle": "car", "automobile": "car", "feline": "cat"}


def embed(texts: Sequence[str]) -> "Vectors":
    """Embed a text as its words, each in a direction of its own that it shares with words that mean the like."""
    vectors = np.zeros((len(texts), 1024), dtype=np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for word in text.lower().replace(".", "").split():
            row[zlib.crc32(LIKE.get(word, word).encode()) % 1024] += 1
        row[0] += 1e-3
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@pytest.fixture
def sensing(make_room: Callable[..., Room]) -> Room:
    """A room whose library embeds."""
    room = make_room()
    room.shelf.close()
    room.shelf = open_with(room, "toy")
    return room


def open_with(room: Room, name: str) -> Shelf:
    return Shelf.open(room.file, room.clock, meaning=Meaning(name=name, embed=embed))


def test_a_passage_is_found_by_what_it_means(sensing: Room) -> None:
    sensing.add(a_txt="One car.", b_txt="Two cats.", c_txt="Three trees.")
    sensing.take_in()
    assert sensing.names("automobile") == []
    assert sensing.shelf.search("w", "automobile").engine == "fts5"
    told: list[tuple[int, int]] = []
    assert sensing.shelf.embed_pending(lambda *news: told.append(news)) == 3
    assert told == [(3, 3)]
    assert sensing.shelf.holdings("w").embedded == 3
    found = sensing.shelf.search("w", "automobile", 1)
    assert (found.engine, found.passages[0].text, found.passages[0].score) == ("fts5+toy", "One car.", 0.0)
    assert found.passages[0].similarity == pytest.approx(3**-0.5, abs=0.01)


def test_what_both_find_comes_first(sensing: Room) -> None:
    sensing.add(a_txt="A car here.", b_txt="A vehicle here.", c_txt="Nothing at all.")
    sensing.take_in()
    sensing.shelf.embed_pending()
    assert sensing.names("vehicle") == ["b.txt", "a.txt", "c.txt"]


def test_vectors_follow_their_documents(sensing: Room) -> None:
    folder = sensing.add(**{f"f{n}_txt": f"Car number n{n}." for n in range(9)})
    sensing.take_in()
    sensing.shelf.embed_pending()
    assert len(sensing.names("automobile")) == 9
    for number in range(8):
        (folder.path / f"f{number}.txt").unlink()
    sensing.add(f9_txt="Another vehicle.")
    sensing.take_in()
    assert sensing.names("automobile") == ["f8.txt"]
    assert sensing.shelf.embed_pending() == 1
    assert sorted(sensing.names("automobile")) == ["f8.txt", "f9.txt"]
    assert sensing.shelf.holdings("w").embedded == 2


def test_meaning_knows_no_other_workspaces_passages(sensing: Room) -> None:
    sensing.add("v", "theirs", a_txt="Their car.")
    sensing.add("w", "own", b_txt="Own trees.")
    sensing.add(None, "shared", c_txt="A shared car.")
    sensing.take_in()
    sensing.shelf.embed_pending()
    assert set(sensing.names("automobile", "w")) == {"b.txt", "c.txt"}
    assert set(sensing.names("automobile", "v")) == {"a.txt", "c.txt"}
    assert sensing.shelf.holdings("w").embedded == 2


def test_another_model_makes_all_vectors_anew(sensing: Room) -> None:
    sensing.add(a_txt="One car.", b_txt="Two cats.")
    sensing.take_in()
    assert sensing.shelf.embed_pending() == 2
    assert sensing.shelf.embed_pending() == 0
    with closing(open_with(sensing, "other")) as other:
        assert other.search("w", "automobile").engine == "fts5"  # vectors of another model are not compared
        assert other.embed_pending() == 2
        assert other.search("w", "automobile").engine == "fts5+other"
    assert sensing.shelf.search("w", "automobile").engine == "fts5"


def test_embedding_stops_when_told_and_goes_on_later(sensing: Room) -> None:
    sensing.add(**{f"f{n:03}_txt": f"Car {n}." for n in range(150)})
    sensing.take_in()
    looks = iter([False, True])
    assert sensing.shelf.embed_pending(is_stopped=lambda: next(looks)) == 64
    assert sensing.shelf.embed_pending() == 86


def test_the_scan_in_memory_leaves_hidden_passages_out_and_forgets_them(sensing: Room) -> None:
    """A library that was searched keeps its vectors; what went away since must not crowd out what is there."""
    folder = sensing.add(
        **{f"f{n:03}_txt": f"Car {n}." for n in range(300)}, last_txt="Some vehicle among others."
    )
    sensing.take_in()
    sensing.shelf.embed_pending()
    assert "last.txt" not in sensing.names("automobile car", "w")[:5]
    for number in range(300):
        (folder.path / f"f{number:03}.txt").unlink()
    sensing.take_in()
    assert sensing.names("automobile") == ["last.txt"]


def test_the_lists_are_fused_by_rank() -> None:
    def candidate(seq: int, score: float) -> Candidate:
        return Candidate(seq, f"doc_{seq}", 1, f"{seq}", "", "", "", 0, None, 1, score)

    first, second, third = candidate(1, 9.0), candidate(2, 5.0), candidate(3, 0.0)
    assert [each.seq for each in fuse([first, second], [second, third])] == [2, 1, 3]
    assert fuse([first], []) == [first]


def test_the_real_model_finds_what_no_word_tells(make_room: Callable[..., Room]) -> None:
    embedder = find_embedder()
    if embedder is None:
        pytest.skip("No embedding model is installed: gnomon models pull minilm.")
    room = make_room()
    room.shelf.close()
    room.shelf = Shelf.open(room.file, room.clock, meaning=Meaning(name=NAME, embed=embedder.embed))
    room.add(
        a_txt="The physician prescribed a remedy for her headache.",
        b_txt="The carpenter bought wood for a new table.",
        c_txt="Interest rates rose by half a point in spring.",
    )
    room.take_in()
    room.shelf.embed_pending()
    assert room.names("medicine from a doctor")[0] == "a.txt"
    assert room.names("price of money borrowed from banks")[0] == "c.txt"
