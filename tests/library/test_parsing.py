"""What is parsed may hang, swell, or end the process: the file is refused with the reason; the next one is read."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gnomon.library.keeper.parsing import SECONDS, Parser
from gnomon.reading.document import Unreadable

BOMB = """
import sys
from gnomon.library import read as reading
whole = reading.parse
def parse(content, name):
    word = content.partition(b" ")[0]
    if word == b"hang":
        import re; re.match(r"(a+)+$", "a" * 64 + "!")
    if word == b"swell":
        return whole(b"x" * (1 << 33), name)
    if word == b"leak":
        import gnomon; gnomon.leak = bytearray(500 << 20); gnomon.leak[::4096] = b"x" * len(gnomon.leak[::4096])
    if word == b"die":
        import os, signal; os.kill(os.getpid(), signal.SIGSEGV)
    if word == b"leave":
        import os; os._exit(0)
    if word == b"nest":
        return parse(content, name)
    return whole(content, name)
reading.parse = parse
"""


@pytest.fixture
def make_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Parser]]:
    """Make parsers whose processes do as a file's first word says, as hostile files make real ones do."""
    made: list[Parser] = []

    def make(seconds: float = SECONDS) -> Parser:
        made.append(Parser(seconds=seconds))
        return made[-1]

    (tmp_path / "sitecustomize.py").write_text(BOMB)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    yield make
    for parser in made:
        parser.close()


@pytest.fixture
def parser(make_parser: Callable[[], Parser]) -> Parser:
    """Give a parser with all the patience that a server has."""
    return make_parser()


def text_of(parser: Parser, content: bytes) -> str:
    return parser.read(content, "a.txt").document.text


def test_a_file_is_parsed_as_it_would_be_here(parser: Parser) -> None:
    parsed = parser.read("# Tïtle\n\nWörds 🙂 stand here.\n\n## Below\n\nMore.".encode(), "a.md")
    assert parsed.document.title == "Tïtle"
    assert [(each.depth, each.words) for each in parsed.document.headings] == [(1, "Tïtle"), (2, "Below")]
    assert "Wörds 🙂 stand here." in parsed.document.text
    assert parsed.cuts[-1].end == len(parsed.document.text.rstrip())


def test_the_process_is_told_no_keys(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3same")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3same")
    text_of(parser, b"first")
    environment = Path(f"/proc/{parser.pid}/environ").read_bytes()
    assert b"s3same" not in environment
    assert b"PATH=" in environment


def test_files_get_each_their_own_answer(parser: Parser) -> None:
    assert [text_of(parser, f"text {n}".encode()) for n in range(20)] == [f"text {n}" for n in range(20)]


@pytest.mark.parametrize(
    ("word", "code", "told"),
    [
        ("swell", "too_large", "memory"),
        ("die", "damaged", "ended the process"),
        ("leave", "damaged", "ended the process"),
        ("nest", "damaged", "nested too deeply"),
    ],
)
def test_what_breaks_the_parser_is_refused_and_the_next_is_read(
    parser: Parser, word: str, code: str, told: str
) -> None:
    with pytest.raises(Unreadable, match=told) as refused:
        text_of(parser, f"{word} a".encode())
    assert refused.value.code == code
    assert text_of(parser, b"good words") == "good words"


def test_what_takes_too_long_is_refused_and_the_next_is_read(make_parser: Callable[..., Parser]) -> None:
    parser = make_parser(seconds=2.0)
    with pytest.raises(Unreadable, match="more than 2 s") as refused:
        text_of(parser, b"hang a")
    assert refused.value.code == "too_large"
    assert text_of(parser, b"good words") == "good words"


def test_the_parsers_own_reason_is_told(parser: Parser) -> None:
    with pytest.raises(Unreadable) as refused:
        text_of(parser, b"  ")
    assert refused.value.code == "empty"


def test_a_process_that_has_grown_is_replaced(parser: Parser) -> None:
    text_of(parser, b"first")
    before = parser.pid
    assert text_of(parser, b"leak much") == "leak much"
    assert text_of(parser, b"next") == "next"
    assert parser.pid not in (None, before)


def test_a_process_that_is_killed_meanwhile_costs_the_file_at_most(parser: Parser) -> None:
    text_of(parser, b"first")
    assert parser.pid is not None
    threading.Timer(0.1, os.kill, (parser.pid, signal.SIGKILL)).start()
    with pytest.raises(Unreadable):
        text_of(parser, b"hang a")
    assert text_of(parser, b"next") == "next"
