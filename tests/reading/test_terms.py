"""Terms equal those of SQLite's FTS5, since a term that differs is never found."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.reading.terms import STOP_WORDS, spans, terms, tokens

from .fts import terms_of_fts5

VARIED = [
    "The quick brown foxes' jumping; café CAFÉ cafe\u0301 naïve coöperation Ångström Straße STRASSE",
    "İstanbul \u0131spanak \u017ftop Ǆ ǅ ǆ ŉ ﬁnance Ωμέγα ΜΆΙΟΣ Ёлка Привет, мир! 東京都 2026年 ½ ² ① Ⅷ",
    "e-mail a@b.example x_y 3.14 1,000,000 U.S.A. don't it's O'Neill's C++ #tag 100% $5 10°C µm Ω",
    "agreed ied sses ies ing ating izing bling aed ying yying yyed oed hopping falling hissing fizzed",
    "skies ties dies happy sky enjoy relational conditional vileness digitizer radically analogously",
    "probate rate cease controlling roll generalizations oscillators adoption ion sion s ss sss yyy",
    "été étés naïveté ñandúes ééed éing êéèë 1000ed 22ing ab12ing " + "x" * 63 + "s " + "y" * 64 + "s",
    "\u0301a a\u0301 \u0301 a\u0305b नमस्ते สวัสดี ภาษาไทย عَرَبِيّ עִבְרִית 🙂 a🙂b \ue000 \u200b a\u200bb \u00ad a\u00adb",
]
PARTS = (
    *(
        "ational",
        "tional",
        "enci",
        "izer",
        "logi",
        "bli",
        "alli",
        "entli",
        "ousli",
        "ization",
        "ator",
        "alism",
    ),
    *(
        "iveness",
        "fulness",
        "aliti",
        "biliti",
        "icate",
        "iciti",
        "ative",
        "alize",
        "ance",
        "able",
        "ement",
        "ment",
    ),
    *(
        "ent",
        "sion",
        "tion",
        "ism",
        "iti",
        "ous",
        "ive",
        "ed",
        "ing",
        "eed",
        "s",
        "sses",
        "ies",
        "y",
        "ll",
        "e",
    ),
    *("at", "bl", "iz", "a", "e", "io", "b", "tr", "w", "x", "é", "ñ", "9"),
)


def equals(texts: Sequence[str]) -> bool:
    return [list(tokens(text)) for text in texts] == terms_of_fts5(texts)


def code_points(*ranges: tuple[int, int]) -> list[str]:
    """Write every code point of some ranges within, before and behind letters."""
    codes = [code for first, last in ranges for code in range(first, last) if not 0xD800 <= code < 0xE000]
    pieces = [codes[start : start + 2_000] for start in range(0, len(codes), 2_000)]
    return ["".join(f" q{chr(code)}q {chr(code)}x" for code in piece) for piece in pieces]


@pytest.mark.parametrize("text", VARIED)
def test_varied_text_has_the_terms_of_fts5(text: str) -> None:
    assert terms_of_fts5([text])[0]
    assert equals([text])


def test_letters_of_the_world_are_folded_as_by_fts5() -> None:
    assert equals(code_points((1, 0x2200), (0x2C00, 0x3100), (0xA640, 0xA800), (0xFB00, 0x10000)))


@pytest.mark.slow
def test_every_code_point_is_folded_as_by_fts5() -> None:
    assert equals(code_points((1, 0x110000)))


def test_every_pair_and_triple_of_endings_is_stemmed_as_by_fts5() -> None:
    words = ["".join(parts) for count in (1, 2, 3) for parts in itertools.product(PARTS, repeat=count)]
    assert equals([" ".join(words[start : start + 5_000]) for start in range(0, len(words), 5_000)])


@given(st.text(max_size=200).filter(lambda text: "\0" not in text))
def test_any_text_has_the_terms_of_fts5(text: str) -> None:
    assert equals([text])


@given(st.lists(st.sampled_from(PARTS), max_size=40).map("".join))
def test_any_ending_is_stemmed_as_by_fts5(word: str) -> None:
    assert equals([f"{word} z{word}"])


def test_an_encyclopedia_has_the_terms_of_fts5(squad_passages: list[str]) -> None:
    assert equals(squad_passages)


def test_stop_words_are_left_out() -> None:
    assert terms("What is the capital of the Swiss canton?") == ["capit", "swiss", "canton"]
    assert "capital" not in STOP_WORDS


def test_a_question_of_stop_words_alone_keeps_them() -> None:
    assert terms("Who are The Who?") == ["who", "ar", "the", "who"]


@given(st.text(max_size=200))
def test_spans_are_the_terms_with_their_words(text: str) -> None:
    found = spans(text)
    assert [term for term, _, _ in found] == terms(text)
    for term, start, end in found:
        assert list(tokens(text[start:end])) == [term]
    assert all(one[2] <= other[1] for one, other in itertools.pairwise(found))
