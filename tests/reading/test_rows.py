"""Rows of values: each a line that can be read alone."""

import pytest

from gnomon.reading.file import read_file


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("name,seats\nBern,80\nUri,1\n", ["name: Bern; seats: 80.", "name: Uri; seats: 1."]),
        ("name;seats\n'Bern';8,5\nUri;1,0\n", ["name: 'Bern'; seats: 8,5.", "name: Uri; seats: 1,0."]),
        ("name\tseats\nBern, city\t80\n", ["name: Bern, city; seats: 80."]),
        ('name,note\n"Bern, city","a\nb ""c"""\n', ['name: Bern, city; note: a b "c".']),
        ("name,seats\nBern,\n,\n\nUri,1,more\n", ["name: Bern.", "name: Uri; seats: 1; more."]),
        ("1,2\n3,4\n", ["1 | 2", "3 | 4"]),
        ("only\nlines\n", ["only", "lines"]),
        ("name,seats\n", ["name | seats"]),
        ("\ufeffname,seats\r\nBern,80\r\n", ["name: Bern; seats: 80."]),
    ],
)
def test_rows_become_lines(content: str, lines: list[str]) -> None:
    assert read_file(content.encode(), "a.csv").text.split("\n") == lines


def test_the_title_is_the_name() -> None:
    assert read_file(b"a,b\n1,2", "seats_of_cantons.csv").title == "seats of cantons"


def test_a_quote_that_never_ends_loses_nothing() -> None:
    content = 'name,seats\nBern,"80\n' + "Uri,1\n" * 50_000
    text = read_file(content.encode(), "a.csv").text
    assert text.count("Uri") == 50_000
