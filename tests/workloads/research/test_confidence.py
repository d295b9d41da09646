import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.brief import CONFIDENCES
from gnomon.workloads.research.confidence import LIKELY, confidence, reasoning

ORDER = {None: -1, "low": 0, "medium": 1, "high": 2}
chances = st.none() | st.floats(0.0, 1.0)
models = st.none() | st.just("provider:openai/some-model")


@pytest.mark.parametrize(
    ("probability", "works", "verified_by", "grade"),
    [
        (None, 1, None, None),
        (0.2, 1, None, "low"),
        (0.99, 1, None, "medium"),
        (1.0, 1, None, "medium"),
        (0.2, 2, None, "medium"),
        (0.2, 1, "local:some-model", "medium"),
        (None, 1, "local:some-model", "medium"),
        (0.99, 2, None, "high"),
        (0.99, 1, "local:some-model", "high"),
        (0.2, 2, "local:some-model", "high"),
    ],
)
def test_each_witness_is_worth_a_grade(
    probability: float | None, works: int, verified_by: str | None, grade: str | None
) -> None:
    assert confidence(probability, works, verified_by) == grade


@given(probability=chances)
def test_words_alone_are_never_high(probability: float | None) -> None:
    assert confidence(probability) != "high"


@given(probability=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0), works=st.integers(1, 5), model=models)
def test_more_evidence_never_lowers_a_grade(
    probability: float, more: float, works: int, model: str | None
) -> None:
    base = ORDER[confidence(probability, works, model)]
    assert ORDER[confidence(max(probability, more), works, model)] >= base
    assert ORDER[confidence(probability, works + 1, model)] >= base
    assert ORDER[confidence(probability, works, "local:some-model")] >= base


@given(probability=st.floats(0.0, 1.0), works=st.integers(1, 5), model=models)
def test_grades_are_those_of_the_doors(probability: float, works: int, model: str | None) -> None:
    assert confidence(probability, works, model) in CONFIDENCES


def test_likely_is_where_the_words_begin_to_count() -> None:
    assert confidence(LIKELY) == "medium"
    assert confidence(LIKELY - 1e-9) == "low"


@pytest.mark.parametrize(
    ("works", "verified_by", "words"),
    [
        (1, None, "The best sentence and its heading cover 4 of 5 words of the question."),
        (
            2,
            None,
            "The best sentence and its heading cover 4 of 5 words of the question; a second source agrees.",
        ),
        (
            3,
            None,
            "The best sentence and its heading cover 4 of 5 words of the question; 3 independent sources agree.",
        ),
        (
            1,
            "M",
            "The best sentence and its heading cover 4 of 5 words of the question; M picked the same words.",
        ),
        (
            2,
            "M",
            (
                "The best sentence and its heading cover 4 of 5 words of the question; a second source agrees; "
                "M picked the same words."
            ),
        ),
    ],
)
def test_the_reasoning_says_what_happened(works: int, verified_by: str | None, words: str) -> None:
    assert reasoning(4, 5, works, verified_by) == words


def test_one_word_is_one_word() -> None:
    assert reasoning(1, 1) == "The best sentence and its heading cover 1 of 1 word of the question."
