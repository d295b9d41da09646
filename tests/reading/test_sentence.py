"""Sentences: where they end, and that none of the words is lost."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.reading.sentence import LONGEST, sentences

WRITTEN = st.text(
    alphabet=st.sampled_from("aB .!?\n\t|-;:1…\"'()\u201d\u3002é") | st.characters(codec="utf-8"),
    max_size=400,
)


def found(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["It rains.", "We stay in."],
        ["Mr. J. A. Smith met Dr. Brown at 5 p.m. on Monday.", "He left."],
        ["The U.S. Senate voted 3.5 to 2.", "It was late."],
        ["He lived in the U.S.", "The house is gone."],
        ["Acme Inc. sold 1,000.5 tons.", "Acme Inc.", "The firm grew."],
        ["See Fig. 3 and no. 5.", "The answer is no.", "Really?"],
        ['He said "Why?" and left...', "Then he came back!"],
        ["(It does.)", '"So it does."', "\u201cQuoted.\u201d", "Next\u2026", "Another."],
        ["On 12 Jan. 2020 it rained, e.g. in Bern, i.e. the capital."],
        ["Vitamin C.", "It helps."],
        ["Pi is 3.14159.", "E is 2.71."],
        ["Kimura et al. found it.", "Others (cf. Table 2) did not."],
        ["It fell.[1][2]", "It was ended.[citation needed]", "Then peace came."],
        ["Node.js and example.com are names."],
        ["Er wohnt z.B. in Bern.", "Dort regnet es."],
        ["\u6771\u4eac\u306f\u9996\u90fd\u3067\u3059\u3002", "\u4eba\u53e3\u306f\u591a\u3044\u3002"],
    ],
)
def test_prose_is_parted_at_its_sentences(parts: list[str]) -> None:
    assert found(" ".join(parts)) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("A heading\n\nIts text. More.", ["A heading", "Its text.", "More."]),
        ("1. Introduction\n2. Methods\n3. The end", ["1. Introduction", "2. Methods", "3. The end"]),
        ("- one item\n- two items\n* three", ["- one item", "- two items", "* three"]),
        ("Name: Bern\nPopulation: 134591", ["Name: Bern", "Population: 134591"]),
        ("name: Bern; seats: 80.\nname: Uri; seats: 1.", ["name: Bern; seats: 80.", "name: Uri; seats: 1."]),
        ("Bern | 134591\nBasel | 171000", ["Bern | 134591", "Basel | 171000"]),
        (
            "The Normans were the people who in the tenth and\nEleventh century came from the North. They\nstayed.",
            [
                "The Normans were the people who in the tenth and\nEleventh century came from the North.",
                "They\nstayed.",
            ],
        ),
    ],
)
def test_lines_end_items_and_rows_but_not_wrapped_sentences(text: str, parts: list[str]) -> None:
    assert found(text) == parts


def test_what_runs_on_is_cut_at_a_blank() -> None:
    pieces = found("word " * 1_000)
    assert max(map(len, pieces)) <= LONGEST
    assert "".join(pieces).replace(" ", "") == "word" * 1_000
    assert all(piece.startswith("word") and piece.endswith("word") for piece in pieces)


def test_a_word_without_end_is_cut() -> None:
    assert [len(piece) for piece in found("x" * 2_500)] == [LONGEST, LONGEST, 500]


@given(WRITTEN)
def test_spans_cover_all_that_is_not_blank_and_do_not_overlap(text: str) -> None:
    spans = sentences(text)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    assert all(text[span.start : span.end].strip() == text[span.start : span.end] != "" for span in spans)
    assert "".join("".join(piece.split()) for piece in found(text)) == "".join(text.split())
    assert all(span.end - span.start <= LONGEST for span in spans)


@pytest.mark.parametrize(
    "piece", [".", "a. ", ". ", "e.g. ", "\n", "\n ", " ", "J. ", '."', "1. ", "a\n", "|\n"]
)
def test_time_grows_with_length_alone(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    assert "".join("".join(each.split()) for each in found(text)) == "".join(text.split())
