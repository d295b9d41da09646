"""Plain text in several encodings."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.reading.decoding import decode
from gnomon.reading.file import read_file

TEXT = "Rivers of the land\n\nLengths\n=======\nThe Aare is “long” \u2013 288 km.\n\nZürich"


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("cp1252", b""),
    ],
)
def test_encodings_are_told(encoding: str, mark: bytes) -> None:
    document = read_file(mark + TEXT.encode(encoding), "a.txt")
    assert document.title == "Rivers of the land"
    assert document.text == TEXT.replace("=======\n", "\n")
    assert [(each.depth, each.words) for each in document.headings] == [(1, "Lengths")]
    assert bool(document.notes) == (encoding == "cp1252")


def test_broken_utf8_is_mended_and_noted() -> None:
    text, notes = decode(("ä" * 50).encode() + b"\xff" + "ö".encode())
    assert text == "ä" * 50 + "\ufffdö"
    assert "replacement" in notes[0]


def test_form_feeds_begin_pages() -> None:
    document = read_file(b"One.\n\x0cTwo.\n\x0cThree.", "a.txt")
    assert [document.text[start:].split("\n")[0] for start in document.pages] == ["One.", "Two.", "Three."]


def test_unknown_encodings_are_not_believed() -> None:
    for declared in ("hex", "no-such", "idna", "\0", "unicode_escape", "x" * 500):
        assert decode("Zürich".encode(), declared)[0] == "Zürich"


@given(st.text(st.characters(exclude_categories=["C"]), max_size=100))
def test_utf8_is_read_as_written(text: str) -> None:
    assert decode(text.encode())[0] in (text, text.removeprefix("\ufeff"))
