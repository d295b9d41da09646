"""The page says what a run may be, in the numbers that are held to."""

import pytest
from rig import ROOT

from gnomon.web.dialects.parallel.wire import matching, references, schema_rules, sources, spec, words

PAGE = (ROOT / "docs/reference/parallel.md").read_text()
LIMITS = PAGE.partition("## What a run may be")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (words.MOST_PAIRS, "{} pairs"),
        (words.LONGEST_KEY, "keys of up to {} characters"),
        (words.LONGEST_VALUE, "texts of up to {}"),
        (spec.LONGEST_SPEC, "{} characters as compact JSON"),
        (spec.LONGEST_SPEC_AND_INPUT, "{} together with the input"),
        (schema_rules.DEEPEST, "{} objects within each other"),
        (schema_rules.MOST_PROPERTIES, "{} properties"),
        (schema_rules.MOST_ENUM_VALUES, "{} enum values"),
        (schema_rules.LONGEST_ENUM_TEXT, "{} characters in an enum"),
        (schema_rules.LONG_ENUM, "of more than {}"),
        (references.MOST_UNFOLDED, "more than {} schemas"),
        (words.MOST_DOMAINS, "{} entries"),
        (words.MOST_SERVERS, "{}, each with a name"),
        (sources.MOST_SOURCES, "{} data sources"),
    ],
)
def test_limits_are_told(count: int, told: str) -> None:
    assert told.format(f"{count:,}".replace(",", " ")) in LIMITS


def test_a_comparison_that_a_schema_allows_is_made_for_some_input() -> None:
    assert references.MOST_UNFOLDED < matching.MOST_COMPARISONS < matching.MOST_OF_BATCH


@pytest.mark.parametrize(
    "word", sorted(w for w in schema_rules.UNSUPPORTED if not w.startswith(("min", "max", "excl")))
)
def test_unsupported_words_are_told(word: str) -> None:
    assert f"`{word}`" in LIMITS
