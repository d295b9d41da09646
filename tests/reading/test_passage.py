"""Passages: about as long as wished, ended where something ends, and together the whole text."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gnomon.reading.document import Document
from gnomon.reading.draft import Draft
from gnomon.reading.file import read_file
from gnomon.reading.passage import SIZE, cut

PROSE = "The river rises in the hills and is joined by many streams before it comes to the sea. "


def written(*parts: str | tuple[int, str] | None) -> Document:
    """Write a document of paragraphs, headings (depth, words) and new pages (None)."""
    draft = Draft(media_type="text/plain")
    for part in parts:
        if part is None:
            draft.page()
        elif isinstance(part, tuple):
            draft.heading(part[1], part[0])
        else:
            draft.paragraph(part)
    return draft.finish("name")


def test_a_short_document_is_one_passage() -> None:
    document = written("One. Two.", "Three.")
    assert [(each.start, each.end) for each in cut(document)] == [(0, len(document.text))]


def test_a_long_one_is_cut_at_sentences_into_pieces_of_about_a_thousand_characters() -> None:
    document = written(PROSE * 60)
    passages = cut(document)
    assert all(0.7 * SIZE <= each.end - each.start <= 1.3 * SIZE for each in passages[:-1])
    assert all(document.text[each.start : each.end].endswith("sea.") for each in passages)
    assert all(document.text[each.start : each.end].startswith("The river") for each in passages)


def test_a_paragraph_ends_a_passage_that_is_long_enough() -> None:
    document = written(PROSE * 9, PROSE * 9)
    assert [document.text[each.start : each.end].count("\n\n") for each in cut(document)] == [0, 0]


def test_passages_begin_at_headings_and_know_those_above() -> None:
    document = written(
        "Before.", (1, "Rivers"), (2, "The Aare"), PROSE, (2, "The Rhine"), PROSE, (1, "Lakes"), PROSE
    )
    assert [(each.heading, document.text[each.start :].split("\n")[0]) for each in cut(document)] == [
        ("", "Before."),
        ("Rivers > The Aare", "Rivers"),
        ("Rivers > The Rhine", "The Rhine"),
        ("Lakes", "Lakes"),
    ]


def test_passages_know_their_page() -> None:
    document = written(None, PROSE * 12, None, None, PROSE * 12)
    assert [each.page for each in cut(document)] == [1, 3]


def test_without_pages_there_is_none() -> None:
    assert cut(written("Text."))[0].page is None


def test_a_short_rest_goes_with_what_is_before() -> None:
    sentence = "x" * 199 + ". "
    document = written(sentence * 5 + "End.")
    assert len(cut(document)) == 1


PARTS = st.one_of(
    st.none(),
    st.text(max_size=80),
    st.tuples(st.integers(1, 6), st.text(max_size=30)),
    st.integers(1, 40).map(lambda count: PROSE * count),
)


@given(st.lists(PARTS, max_size=12))
def test_passages_are_the_whole_text_once(parts: list[str | tuple[int, str] | None]) -> None:
    document = written("Start.", *parts)
    passages = cut(document)
    assert all(one.end <= other.start for one, other in itertools.pairwise(passages))
    joined = "".join(document.text[each.start : each.end] for each in passages)
    assert "".join(joined.split()) == "".join(document.text.split())
    assert passages == cut(document)


@given(st.text(max_size=2_000))
def test_passages_of_markdown_are_the_whole_text_once(text: str) -> None:
    document = read_file(f"# Head\n\nWords.\n\n{text}".encode(), "a.md")
    joined = "".join(document.text[each.start : each.end] for each in cut(document))
    assert "".join(joined.split()) == "".join(document.text.split())
    for heading in document.headings:
        assert document.text[heading.start : heading.start + len(heading.words)] == heading.words
