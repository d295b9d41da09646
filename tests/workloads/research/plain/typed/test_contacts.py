import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.plain.typed.candidate import Kind, Want
from gnomon.workloads.research.plain.typed.contacts import emails, phones, urls
from gnomon.workloads.research.plain.typed.reading import read
from gnomon.workloads.research.plain.typed.want import wants_of
from gnomon.workloads.research.record import Question

TEXT = Want(kind=Kind.TEXT, schema={"type": "string"})
URI = Want(kind=Kind.URL, schema={"type": "string", "format": "uri"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to a.b@c.de, or <x+y@z.co.uk>.", ["a.b@c.de", "x+y@z.co.uk"]),
        ("mailto:info@acme.example", ["info@acme.example"]),
        ("a@b, @c.de, d@, e@f@g.de, h@-i.de", []),
        ("first..last@", []),
    ],
)
def test_emails(text: str, found: list[str]) -> None:
    assert [each.value for each in emails(text, TEXT)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.example/b_(c).", ["https://a.example/b_(c)"]),
        ("(see https://a.example/b?c=1&d=2#e)", ["https://a.example/b?c=1&d=2#e"]),
        ("<http://a.example/>, then", ["http://a.example/"]),
        ("javascript:alert(1) ftp://a.example", []),
    ],
)
def test_urls(text: str, found: list[str]) -> None:
    assert [each.value for each in urls(text, URI)] == found


def test_an_address_without_a_scheme_is_none_where_the_format_wants_one() -> None:
    assert [each.value for each in urls("at www.acme.example today", URI)] == []
    assert [each.value for each in urls("at www.acme.example today", TEXT)] == ["www.acme.example"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tel: 030 1234567", ["030 1234567"]),
        ("call +49 (30) 1234-567 now", ["+49 (30) 1234-567"]),
        ("12345678 units", []),
        ("Tel: 12", []),
    ],
)
def test_phones(text: str, found: list[str]) -> None:
    assert [each.value for each in phones(text, TEXT)] == found


@given(st.emails())
def test_what_is_read_is_valid_for_the_schema(address: str) -> None:
    (want,) = wants_of(Question(path=("email",), query="", schema={"type": "string", "format": "email"}))
    text = f"Write to {address} today."
    for found in read(text, want):
        assert text[found.start : found.end] == found.value
        assert "@" in str(found.value)
