"""The page of a document: every word of the text, exactly the cited places marked, nothing that runs or loads."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from gnomon.core.library import Document, Reading
from gnomon.web.native.render.page import MOST_SHOWN, document_page, merge, plain_page

TEXT = "Grid\n\nThe field was connected in June. It rained.\n\nCosts\n\nIt cost <3 million> & more."
HEADINGS = ((0, 1, "Grid"), (TEXT.index("Costs"), 2, "Costs"))


def reading(text: str = TEXT, edition: int = 2, **given: object) -> Reading:
    document = Document(
        id="doc_1",
        title="North <field>",
        name="2026/north.md",
        edition=2,
        characters=len(text),
        passages=1,
        read_at=datetime(2026, 1, 31, tzinfo=UTC),
        media_type="text/markdown",
        source="handbook",
        origin_url=given.pop("origin_url", None),  # type: ignore[arg-type]
    )
    headings = given.pop("headings", HEADINGS if text is TEXT else ())
    return Reading(document=document, edition=edition, text=text, headings=headings)  # type: ignore[arg-type]


def tree(page: str) -> LexborHTMLParser:
    return LexborHTMLParser(page)


def words(text: str) -> str:
    return "".join(text.split())


def test_headings_paragraphs_and_the_marked_passage() -> None:
    start = TEXT.index("It cost")
    page = tree(document_page(reading(), [(start, start + 20)]))
    assert [node.text() for node in page.css("main h2, main h3")] == ["Grid", "Costs"]
    assert [node.text() for node in page.css("main p")] == [
        "The field was connected in June. It rained.",
        "It cost <3 million> & more.",
    ]
    (mark,) = page.css("mark#passage")
    assert mark.text() == TEXT[start : start + 20]


def test_a_place_over_several_blocks_is_marked_in_each_and_named_once() -> None:
    page = tree(document_page(reading(), [(20, len(TEXT))]))
    assert words("".join(node.text() for node in page.css("mark"))) == words(TEXT[20:])
    assert len(page.css("#passage")) == 1


def test_later_passages_have_links_of_their_own() -> None:
    page = tree(document_page(reading(), [(6, 9), (20, 29)]))
    assert [node.attributes["href"] for node in page.css("header a")] == ["#passage", "#passage-2"]
    assert page.css_first("#passage-2").text() == TEXT[20:29]


def test_an_old_edition_says_so_and_leads_to_the_present_one() -> None:
    page = tree(document_page(reading(edition=1), []))
    assert "This is edition 1" in page.css_first("header").text()
    assert page.css_first("header a").attributes["href"] == "?"


@pytest.mark.parametrize(("origin", "links"), [("https://a.example/x", 1), ("javascript:alert(1)", 0)])
def test_only_addresses_of_the_web_become_links(origin: str, links: int) -> None:
    page = tree(document_page(reading(origin_url=origin), []))
    assert len(page.css("header a")) == links


def test_a_long_text_is_shown_around_its_first_passage() -> None:
    text = "word " * MOST_SHOWN
    page = tree(document_page(reading(text), [(1_500_000, 1_500_004)]))
    assert page.css_first("#passage").text() == "word"
    assert len(page.css(".gap")) == 2
    assert len(page.css_first("main").text()) < MOST_SHOWN + 200


def test_a_page_of_an_error_escapes_what_it_is_told() -> None:
    assert "<script>" not in plain_page("<script>", "<script>alert(1)</script>")


SPANS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 40)).map(lambda pair: (pair[0], sum(pair))), max_size=6
)
MARKUP = st.text(st.sampled_from(" \n<>&\"'abc…é"), max_size=80) | st.text(max_size=80)


@given(text=MARKUP, spans=SPANS)
def test_every_word_is_shown_and_exactly_the_places_are_marked(
    text: str, spans: list[tuple[int, int]]
) -> None:
    plain = "".join(character for character in text if character.isprintable() or character in " \n")
    page = tree(document_page(reading(plain), spans))
    assert words(page.css_first("main").text()) == words(plain)
    inside = {place for start, end in spans for place in range(start, end)}
    marked = "".join(character for place, character in enumerate(plain) if place in inside)
    assert words("".join(node.text() for node in page.css("mark"))) == words(marked)
    assert not page.css("script, img, iframe, link, object")


@given(spans=SPANS, length=st.integers(0, 100))
def test_merged_places_lie_in_order_apart_and_inside(spans: list[tuple[int, int]], length: int) -> None:
    merged = merge(spans, length)
    assert {p for a, b in merged for p in range(a, b)} == {
        p for a, b in spans for p in range(a, min(b, length))
    }
    assert all(before[1] < after[0] for before, after in pairwise(merged))
    assert all(0 <= a < b <= length for a, b in merged)
