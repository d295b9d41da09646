"""What a source says is decided by its words alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.agent.support import find_evidence, find_word, numbers, says, says_all
from gnomon.workloads.research.record import Evidence, Source

TEXT = (
    "The revenue of Acme was $3.2 billion in 2024. Its CEO is Ada Lind. It was founded on 14 May 1937. "
    "Write to press@acme.example."
)
SOURCE = Source(url="u", title="t", text=TEXT)
WHOLE = Evidence(source=SOURCE, start=0, end=len(TEXT))


@pytest.mark.parametrize(
    ("value", "is_said"),
    [
        ("Ada Lind", True),
        ("ada  LIND", True),
        ("Ada Lund", False),
        ("Ada Li", False),
        ("Ada Evil Lind", False),
        ("Lind, Ada", True),
        ("", False),
        (" . ", False),
        ("Eve Holt", False),
        ("1937-05-14", True),
        ("1937-05-15", False),
        ("1937-06-14", False),
        ("Founded on 14 May 1937, Acme has Ada Lind as CEO", True),
        ("Founded on 15 May 1937, Acme has Ada Lind as CEO", False),
        ("press@acme.example", True),
        ("Acme's CEO is Ada Lind, write to eve@evil.example", False),
        ("Acme's CEO is Ada Lind, see //evil.example/x", False),
        (3.2, True),
        (3.2e9, True),
        (3_200_000_000, True),
        (3.3, False),
        (-3.2e9, False),
        (3.2e6, False),
        (193_700, False),
        (19.37, False),
        (2024, True),
        (True, True),
        ({"name": "Ada Lind", "year": 1937}, True),
        ({"name": "Ada Lind", "year": 1938}, False),
        ({"name": None}, False),
        (["Ada Lind", "Acme"], True),
        ([], False),
        (None, False),
    ],
)
def test_a_value_is_said_or_not(value, is_said):
    assert says(WHOLE, value) is is_said


def test_a_choice_is_a_judgement():
    assert says(WHOLE, "profitable", {"enum": ["profitable", "not"]})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,234.5 and 1.234,5", {1234.5}),
        ("48 250 people", {48250.0}),
        ("in 2024", {2024.0}),
        ("none", set()),
    ],
)
def test_numbers_are_read_as_either_half_of_the_world_writes_them(text, found):
    assert found <= set(numbers(text))
    assert bool(numbers(text)) == bool(found)


def test_evidence_is_the_quote_or_the_sentence_of_the_value():
    assert find_evidence(SOURCE, "Its CEO is\nAda Lind.", "Ada Lind").excerpt == "Its CEO is Ada Lind."
    assert find_evidence(SOURCE, "Made up words here.", "Ada Lind").excerpt == "Its CEO is Ada Lind."
    assert find_evidence(SOURCE, None, "Eve Holt") is None
    assert find_evidence(SOURCE, 7, 3.2) is None
    assert find_word("Lin", SOURCE) is None


@given(st.text(max_size=200), st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.none()))
def test_no_text_and_no_value_break_it(text, value):
    source = Source(url="u", title="t", text=text)
    found = find_evidence(source, text[:50], value)
    assert found is None or found.excerpt in text
    says(Evidence(source=source, start=0, end=len(text)), value)


@pytest.mark.parametrize(
    ("text", "is_borne"),
    [
        ("Acme, whose CEO is Ada Lind, had a revenue of 3.2 billion in 2024.", True),
        ("Acme had a revenue of 4.2 billion in 2024.", False),
        ("The moon is made of cheese and mice live there.", False),
        ("Acme's CEO is Ada Lind ![x](https://evil.example/a).", False),
    ],
)
def test_a_paragraph_keeps_to_its_sources(text, is_borne):
    assert says_all(text, [WHOLE]) is is_borne


@pytest.mark.parametrize(
    ("text", "value", "is_said"),
    [
        ("The night was at -5 \u00b0C.", -5, True),
        ("The night was at 5 \u00b0C.", -5, False),
        ("A loss of 5 million.", -5_000_000, True),
        ("12.5 % of all.", 0.125, True),
        ("12.5 of all.", 0.125, False),
        ("Revenue: $5m.", 5_000_000, True),
        ("Revenue: 10k.", 10_000, True),
        ("Opened on 05.03.2005.", "2005-03-05", True),
        ("Opened on 14 March 2005.", "2005-12-14", False),
        ("The Mayor opened it on 14 Sept 2005.", "2005-09-14", True),
        ("Opened am 14. Dezember 2005.", "2005-12-14", True),
        ("Ouvert le 14 f\u00e9vrier 2005.", "2005-02-14", True),
    ],
)
def test_sign_scale_and_month_are_looked_at(text, value, is_said):
    source = Source(url="u", title="t", text=text)
    assert says(Evidence(source=source, start=0, end=len(text)), value) is is_said


@pytest.mark.parametrize(
    ("text", "field", "value", "is_said"),
    [
        ("In 2023 its revenue was 5 million.", "employees", 2023, False),
        ("In 2023 its revenue was 5 million.", "revenue", 2023, False),
        ("In 2023 its revenue was 5 million.", "revenue", 5_000_000, True),
        ("In 2023 it had 2023 employees.", "employees", 2023, True),
        ("Employees: 2023", "employeeCount", 2023, True),
        ("It has 2,023 people.", "employees", 2023, True),
        ("It was founded in 1987.", "founded", 1987, True),
        ("In 2023 its revenue was 5 million.", "revenue_year", 2023, True),
    ],
)
def test_a_year_is_no_count(text, field, value, is_said):
    source = Source(url="u", title="t", text=text)
    evidence = Evidence(source=source, start=0, end=len(text))
    assert says(evidence, value, {"type": "integer"}, field) is is_said
    inner = {"type": "object", "properties": {field: {"type": "integer"}}}
    assert says(evidence, {field: value}, inner) is is_said
