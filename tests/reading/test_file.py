"""Any file gives a document or says why not; what is read twice is the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.reading.document import Document, Unreadable
from gnomon.reading.draft import MOST_CHARACTERS
from gnomon.reading.file import MOST_BYTES, SUFFIXES, read_file
from gnomon.reading.passage import cut
from gnomon.reading.sentence import sentences

from . import made

CODES = {"empty", "encrypted", "too_large", "damaged", "unsupported", "scanned"}
SAMPLES = {
    ".pdf": made.pdf([["Some text here.", "More of it."], ["A second page."]], sections=["Some text here."]),
    ".docx": made.word(),
    ".html": b"<title>T</title><nav>n</nav><h1>Head</h1><p>a <b>b</b><ul><li>c<table><tr><th>d<td>e</table></ul>",
    ".md": b"---\ntitle: T\n---\n# Head\n\n- a\n  1. b\n\n|c|d|\n|-|-|\n|e|f|\n\n```\ncode\n```\n<b>h</b>",
    ".csv": b'name,seats\n"Bern, city",80\nUri,1\n',
    ".txt": "Title\n\nHéad\n----\nText of it.\n\x0cNext page.\n".encode("utf-16"),
}


def read(content: bytes, suffix: str) -> Document | Unreadable:
    """Read a file twice, check what always holds, and return the document, or the cause."""
    first, second = outcome(content, suffix), outcome(content, suffix)
    if isinstance(first, Document):
        assert first == second
        sound(first)
    else:
        assert first.code in CODES
        assert isinstance(second, Unreadable)
        assert (first.code, first.message) == (second.code, second.message)
        assert first.message.endswith(".")
    return first


def outcome(content: bytes, suffix: str) -> Document | Unreadable:
    try:
        return read_file(content, f"folder/a_name{suffix}")
    except Unreadable as cause:
        return cause


def sound(document: Document) -> None:
    """Check what holds of every document."""
    text = document.text
    text.encode()
    assert text == text.strip("\n") != ""
    assert document.title
    assert not re.search("[\x00-\x08\x0b-\x1f]", text)
    assert list(document.pages) == sorted(document.pages)
    assert len(text) <= MOST_CHARACTERS + 2
    for heading in document.headings:
        assert text[heading.start :].startswith(heading.words[:200])
    blank = re.compile(r"\s+")
    for spans in (cut(document), sentences(text)):
        assert blank.sub("", "".join(text[span.start : span.end] for span in spans)) == blank.sub("", text)


@pytest.mark.parametrize("suffix", sorted(SAMPLES))
def test_samples_are_read(suffix: str) -> None:
    assert isinstance(read(SAMPLES[suffix], suffix), Document)


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@given(content=st.binary(max_size=300))
def test_any_bytes_give_a_document_or_a_cause(suffix: str, content: bytes) -> None:
    read(content, suffix)


@pytest.mark.parametrize("suffix", sorted(SAMPLES))
@given(data=st.data())
def test_damaged_files_give_a_document_or_a_cause(suffix: str, data: st.DataObject) -> None:
    content = bytearray(SAMPLES[suffix])
    places = st.integers(0, len(content) - 1)
    for place in data.draw(st.lists(places, max_size=12)):
        content[place] = data.draw(st.integers(0, 255))
    start, end = sorted((data.draw(places), data.draw(places)))
    kept = data.draw(st.sampled_from([content, content[:end], content[:start] + content[end:]]))
    read(bytes(kept), suffix)


@given(st.text(max_size=500), st.sampled_from([".md", ".html", ".csv", ".txt", ".tsv"]))
def test_any_text_gives_a_document_or_a_cause(text: str, suffix: str) -> None:
    read(text.encode(), suffix)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", b"MZ", "unsupported"),
        ("a.doc", b"x", "unsupported"),
        ("README", b"text", "unsupported"),
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\t ", "empty"),
        ("a.html", b"<script>let a = 1</script>", "empty"),
        ("a.md", b"---\ntitle: T\n---\n", "empty"),
        ("a.csv", b",,\n,,\n", "empty"),
        ("a.txt", bytes(range(256)) * 20, "unsupported"),
        ("a.pdf", b"%PDF-1.7 and no more", "damaged"),
        ("a.pdf", b"no PDF at all", "damaged"),
        ("a.docx", b"PK\x03\x04 and no more", "damaged"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted"),
        ("a.html", b"<div>" * 20_000 + b"deep", "damaged"),
        ("a.txt", b"x" * (MOST_BYTES + 1), "too_large"),
    ],
)
def test_what_cannot_be_read_says_why(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_file(content, name)
    assert caught.value.code == code


def test_the_message_names_what_is_read_instead() -> None:
    with pytest.raises(Unreadable, match=r"'old\.doc' are not read.*\.docx"):
        read_file(b"x", "folder/old.doc")


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".csv"])
def test_very_long_text_is_cut_off_and_a_note_says_so(suffix: str) -> None:
    row = "The river rises in the hills, and comes to the sea.\n\n"
    document = read_file((row * (MOST_CHARACTERS // len(row) + 5_000)).encode(), f"long{suffix}")
    assert len(document.text) <= MOST_CHARACTERS + 2
    assert any("left out" in note for note in document.notes)


def test_capitals_in_a_suffix_and_the_paths_of_windows_do_not_matter() -> None:
    assert read_file(b"Some text. Of a file.", "C:\\folder\\My_notes.TXT").title == "My notes"
