import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.wanted.pattern import MOST_WAYS, Costly, matches, weigh


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{4}-\d{2}$",
        r"^[A-Z]{2,5}$",
        r"(\d{3})+",
        r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$",  # what pydantic writes for a Decimal
        r"^(foo|bar)$",
        r"^https?://[^\s]+$",
        r"[\]\[()*+]",
        r"\(a\+\)\+",
    ],
)
def test_usual_patterns_are_read(pattern: str) -> None:
    weigh(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(a+)+$",
        "[]||",
        r"(a|a)*$",
        r"(a*)*",
        r"(a?){50}",
        r"((a+)b)+",
        r"(.*)\1",
        r"[",
        r"(",
        r"a{2000}",
        "a" * 400,
        "a?" * 40,
    ],
)
def test_patterns_that_may_take_for_ever_are_refused(pattern: str) -> None:
    with pytest.raises(Costly):
        weigh(pattern)
    assert not matches(pattern, "aaaa")


def test_a_pattern_is_searched_as_json_schema_wants_it() -> None:
    assert matches("b", "abc")
    assert not matches("^b", "abc")


def test_too_long_a_text_matches_nothing() -> None:
    assert not matches("a", "a" * 10_000)
    assert not matches("^a*a*a*$", "a" * 1_000)


@given(st.text(alphabet="ab()|*+?{}1,2^$.[]", max_size=20), st.integers(1, 60))
def test_what_is_read_is_quick(pattern: str, length: int) -> None:
    started = time.process_time()
    found = matches(pattern, "a" * length + "!")
    assert time.process_time() - started < 2
    if found:
        assert re.search(pattern, "a" * length + "!")


def test_the_costliest_pattern_that_is_tried_takes_about_a_second() -> None:
    length = int((MOST_WAYS / 1.0) ** (1 / 4))
    started = time.process_time()
    assert not matches("^a*a*a*a*b", "a" * length)
    assert time.process_time() - started < 2
