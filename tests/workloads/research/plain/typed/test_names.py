import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.plain.typed.reading import read
from gnomon.workloads.research.plain.typed.want import wants_of
from gnomon.workloads.research.plain.weighing import aim_of
from gnomon.workloads.research.record import Question


def values(name: str, text: str, about: str = "Acme Corp") -> list[object]:
    question = Question(path=(name,), query=f"{name} {about}", schema={"type": "string"})
    (want,) = wants_of(question)
    return [each.value for each in read(text, want, aim_of(question, want, {}, 10).cues)]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("ceo", "Acme Corp's CEO is Mary Major.", ["Mary Major"]),
        ("ceo", "CEO Mary Major spoke first.", ["Mary Major"]),
        ("ceo", "Mary Major, the chief executive officer of Acme Corp, spoke.", ["Mary Major"]),
        ("ceo", "Mary Major was appointed CEO in 2015.", ["Mary Major"]),
        ("ceo", "The CEO of Acme Corp is Dr. Mary Major.", ["Mary Major"]),
        ("ceo", "CEO: Mary Major", ["Mary Major"]),
        ("ceo", "| CEO | Mary Major |", ["Mary Major"]),
        ("ceo", "company: Acme Corp; ceo: Mary Major; seat: Berlin.", ["Mary Major"]),
        ("ceo", "The CEO said that Berlin is nice.", []),
        ("ceo", "Acme Corp was sold to Globex.", []),
        ("author", "The book was written by Jean-Luc d'Arc.", ["Jean-Luc d'Arc"]),
        ("founder", "Acme Corp was founded in 1998 by Jane Doe.", ["Jane Doe"]),
        ("author", "Acme Corp was founded by Jane Doe.", []),
        ("headquarters_city", "Its headquarters are in Berlin.", ["Berlin"]),
        ("capital", "The capital is Canberra.", ["Canberra"]),
        ("title", "The title of the film is \u201cThe Long Way\u201d.", ["The Long Way"]),
    ],
)
def test_names_are_read_where_a_text_ties_them_to_the_field(name: str, text: str, found: list[str]) -> None:
    assert values(name, text) == found


@given(st.text(alphabet="CEO Mary:|;.,'\n\u201c\u201dis", max_size=60))
def test_a_name_stands_in_the_text(text: str) -> None:
    question = Question(path=("ceo",), query="ceo", schema={"type": "string", "maxLength": 30})
    (want,) = wants_of(question)
    for found in read(text, want, ["ceo"]):
        assert text[found.start : found.end] == found.value
        assert len(str(found.value)) <= 30
