from collections.abc import Mapping
from typing import Any

import pytest

from gnomon.workloads.research.plain.typed.reading import read
from gnomon.workloads.research.plain.typed.want import wants_of
from gnomon.workloads.research.record import Question


def values(name: str, schema: Mapping[str, Any], text: str) -> list[object]:
    (want,) = wants_of(Question(path=(name,), query=name, schema=schema))
    return [each.value for each in read(text, want)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The company is active.", ["active"]),
        ("It was dissolved in 2019.", ["dissolved"]),
        ("Status: in liquidation", ["in_liquidation"]),
        ("It is not active any more.", []),
        ("It may be dissolved.", []),
        ("It acts.", []),
        ("First active, then dissolved.", ["active", "dissolved"]),
    ],
)
def test_named_values_are_read_by_their_words(text: str, found: list[str]) -> None:
    schema = {"enum": ["active", "dissolved", "in_liquidation", None]}
    assert values("status", schema, text) == found


def test_the_longer_of_two_named_values_wins() -> None:
    assert values("size", {"enum": ["large", "very large"]}, "It is a very large firm.") == ["very large"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Acme is publicly traded.", [True]),
        ("Acme is a publicly traded company.", [True]),
        ("Acme is not publicly traded.", [False]),
        ("Acme has never been publicly traded.", [False]),
        ("Acme isn\u2019t publicly traded.", [False]),
        ("Publicly traded: yes", [True]),
        ("Publicly traded: No", [False]),
        ("Acme may become publicly traded.", []),
        ("Is Acme publicly traded?", []),
        ("If it were publicly traded, it would say so.", []),
        ("Acme is traded.", []),
        ("Acme does well.", []),
    ],
)
def test_yes_and_no_by_cue_and_denial(text: str, found: list[bool]) -> None:
    assert values("is_publicly_traded", {"type": "boolean"}, text) == found
