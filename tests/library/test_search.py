"""The search: words and nothing but words, weighed by BM25 over all that a workspace sees."""

import math
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shelves import Room

from gnomon.core.ports.library import MOST_PASSAGES
from gnomon.library import bm25
from gnomon.library.schema import WEIGHTS
from gnomon.library.search import MOST_TERMS, Query, choose
from gnomon.library.shelf import Limits
from gnomon.reading.terms import tokens

SYNTAX = [
    '"',
    '""',
    "NEAR(a b)",
    "a AND",
    "OR",
    "NOT a",
    "a*",
    "^a",
    "title:a",
    "{a b}: c",
    "(",
    ")",
    "a + b",
    "--",
]
PAGES = {
    "solar_md": "# Solar cells\n\nA solar cell turns light into current. Cells of silicon are the most common.\n",
    "wind_md": "# Wind turbines\n\nA turbine turns wind into current. Its cells are none.\n",
    "heat_md": "# Heat pumps\n\nA pump moves heat. The solar gain of a house helps it.\n",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = Room(tmp_path_factory.mktemp("library"), Limits())
    room.add(**PAGES)
    room.add(None, "shared", rain_md="# Rain\n\nRain falls on solar cells and on turbines.\n")
    room.take_in()
    yield room
    room.shelf.close()


@given(text=st.text(max_size=60))
@example(text="")
@example(text="\0")
@example(text="\ud800 lone")
@example(text="a" * 100_000)
@example(text=" ".join(f"word{n}" for n in range(5_000)))
@example(text="the of and")
def test_no_text_makes_a_search_fail(filled: Room, text: str) -> None:
    found = filled.shelf.search("w", text)
    assert len(found.passages) <= 10
    assert all(0 <= count <= found.size for count in found.frequencies.values())


@pytest.mark.parametrize("text", SYNTAX)
def test_nothing_that_is_written_is_syntax(filled: Room, text: str) -> None:
    plain = filled.shelf.search("w", f"{text} silicon")
    assert filled.names(f"{text} silicon")[0] == "solar.md"
    assert set(plain.frequencies) == {
        *tokens("silicon"),
        *(term for term in plain.frequencies if term in tokens(text)),
    }


def test_words_are_found_in_any_form_and_any_case(filled: Room) -> None:
    assert filled.names("TURBINES")[0] == filled.names("turbine")[0] == "wind.md"
    assert filled.names("Sílicon") == ["solar.md"]


def test_a_word_in_the_title_counts_more_than_one_in_the_text(filled: Room) -> None:
    assert filled.names("heat pump")[0] == "heat.md"
    assert filled.names("solar cells")[0] == "solar.md"


def test_a_passage_needs_not_all_of_the_words(filled: Room) -> None:
    assert filled.names("silicon zeppelin") == ["solar.md"]
    assert filled.shelf.search("w", "silicon zeppelin").frequencies == {"silicon": 1, "zeppelin": 0}


def test_words_of_own_and_of_shared_folders_are_weighed_together(filled: Room) -> None:
    found = filled.shelf.search("w", "rain on turbines")
    assert filled.names("rain on turbines")[0] == "rain.md"
    assert found.frequencies == {"rain": 1, "turbin": 2}
    assert [each.score for each in found.passages] == sorted(
        (each.score for each in found.passages), reverse=True
    )


@pytest.mark.parametrize(
    ("limit", "count"), [(-1, 1), (0, 1), (1, 1), (7, 7), (100, 100), (10**9, MOST_PASSAGES)]
)
def test_the_limit_is_bounded(make_room: Callable[..., Room], limit: int, count: int) -> None:
    room = make_room()
    room.add(**{f"f{n:03}_txt": "Amber." for n in range(120)})
    room.take_in()
    assert len(room.shelf.search("w", "amber", limit).passages) == count


def test_equal_scores_are_ordered_by_name_always(make_room: Callable[..., Room], tmp_path: Path) -> None:
    first, second = make_room(place=tmp_path / "1"), make_room(place=tmp_path / "2")
    names = [f"f{n}_txt" for n in range(9)]
    for room, order in ((first, names), (second, names[::-1])):
        for name in order:
            room.add(**{name: "Amber."})
            room.take_in()
    assert first.names("amber") == second.names("amber") == [name.replace("_", ".") for name in names]


def test_hidden_passages_leave_room_for_others(room: Room) -> None:
    """What is being written or was withdrawn stands in FTS5's table, and takes no place in an answer."""
    room.add(**{f"f{n:03}_txt": "Amber." for n in range(60)}, last_txt="Amber and some more words.")
    room.take_in()
    with sqlite3.connect(room.file) as connection:
        connection.execute("UPDATE document SET gone_at = 1 WHERE name <> 'last.txt'")
    found = room.shelf.search("w", "amber", 1)
    assert [each.text for each in found.passages] == ["Amber and some more words."]


def in_fts5(texts: list[str], query: list[str]) -> list[float]:
    """Return FTS5's own scores."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE f USING fts5(a, b, c, tokenize='porter unicode61 remove_diacritics 2')"
    )
    connection.executemany("INSERT INTO f (a, b, c) VALUES ('', '', ?)", [(text,) for text in texts])
    match = " OR ".join(f'"{word}"' for word in query)
    scores = dict(connection.execute(f"SELECT rowid, -bm25(f, 2.0, 1.5, 1.0) FROM f WHERE f MATCH '{match}'"))
    connection.close()
    return [scores.get(number, 0.0) for number in range(1, len(texts) + 1)]


@given(texts=st.lists(st.lists(st.sampled_from(["amber", "birch", "dune", "ember"]), max_size=9), min_size=9))
def test_bm25_is_fts5s_but_for_the_weight_of_common_words(texts: list[list[str]]) -> None:
    joined = [" ".join(text) for text in texts]
    count = sum("amber" in text for text in texts)
    fts5_weight = math.log((len(texts) - count + 0.5) / (count + 0.5))
    if count == 0 or fts5_weight <= 0:
        return
    statistics = bm25.Statistics(frequencies={"amber": count}, size=len(texts), length=sum(map(len, texts)))
    ours = [bm25.score(statistics, ["amber"], ("", "", text), len(text.split())) for text in joined]
    assert [score / statistics.weigh("amber") for score in ours] == pytest.approx(
        [score / fts5_weight for score in in_fts5(joined, ["amber"])]
    )


def test_a_title_counts_as_its_weight_says() -> None:
    statistics = bm25.Statistics(frequencies={"amber": 1}, size=9, length=90)
    in_title, in_heading, in_text = (
        bm25.score(statistics, ["amber"], tuple("amber" if at == place else "" for at in range(3)), 10)
        for place in range(3)
    )
    assert in_title > in_heading > in_text
    saturated = [bm25.K1 + weight for weight in WEIGHTS]
    assert in_title / in_text == pytest.approx(WEIGHTS[0] * saturated[2] / saturated[0])


@given(counts=st.lists(st.integers(0, 100_000), max_size=50), wanted=st.integers(1, 130))
def test_the_rarest_terms_are_asked_for_and_few_matches_looked_at(counts: list[int], wanted: int) -> None:
    words = {f"t{number}": f"T{number}" for number in range(len(counts))}
    frequencies = dict(zip(words, counts, strict=True))
    statistics = bm25.Statistics(frequencies=frequencies, size=100_000, length=1)
    rare, common = choose(words, statistics, wanted)
    kept = [frequencies[term] for term in rare]
    left = [count for term, count in frequencies.items() if count and term not in rare]
    assert len(kept) <= MOST_TERMS
    assert bool(kept) == any(counts)
    assert not left or max(kept) <= min(left)
    assert sum(kept[:-1]) < max(10_000, wanted) or len(kept) == 1
    assert [frequencies[term] for term in common] == sorted(left)[: len(common)]


def test_common_words_of_a_large_library_count_where_they_meet() -> None:
    frequencies = {"rare": 50, "amber": 9_990, "birch": 20_000, "cedar": 30_000, "dune": 40_000}
    statistics = bm25.Statistics(frequencies=frequencies, size=100_000, length=1)
    query = Query(words={term: term.upper() for term in frequencies}, statistics=statistics, realms=[1])
    assert query.match(40) == ('"RARE" OR ("AMBER" AND ("BIRCH" OR "CEDAR")) OR ("BIRCH" AND ("CEDAR"))')
    assert query.match(60) == (
        '"RARE" OR "AMBER" OR ("BIRCH" AND ("CEDAR" OR "DUNE")) OR ("CEDAR" AND ("DUNE"))'
    )
