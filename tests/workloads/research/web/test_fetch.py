"""Pages: from an address to a source, through the gate and the process that reads them, or to a note."""

import asyncio
import gzip
import io
import json
import os
import time
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from docx import Document as WordDocument
from fpdf import FPDF

from gnomon.outbound.gate import Gate
from gnomon.workloads.research.web.fetch import (
    MOST_BYTES,
    MOST_CHARACTERS,
    WORDING,
    Fetched,
    Pages,
    fetched_json,
    read_fetched,
)
from gnomon.workloads.research.web.hit import Filters
from gnomon.workloads.research.web.parsing import Parser, Unparsed

from .stub import Answer, Asked, Told, html, serving

WORDS = "The telescope on the hill saw first light in the spring of 1987, after nine years of work. "
PAGE = f"""<!doctype html><html><head><title>First light</title>
<meta property="article:published_time" content="2025-03-01T08:00:00Z"></head>
<body><nav><a href="/">Home</a></nav><article><h1>First light</h1><p>{WORDS * 3}</p><p>{WORDS * 2}</p></article>
</body></html>"""


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    gate = Gate(allow=[ip_network("127.0.0.1/32")], is_http_allowed=True, timeout=5, wording=WORDING)
    parser = Parser()
    yield Pages(gate, parser, agent="Gnomon/1.2.3")
    await parser.close()
    await gate.close()


async def fetched(pages: Pages, answer: Answer, path: str = "/a", **options: Any) -> Fetched:
    async with serving(answer) as stub:
        return await pages.fetch(stub.url + path, **options)


def told(body: bytes, content_type: str, **headers: str) -> Told:
    return Told(200, body, {"Content-Type": content_type, **headers})


async def test_a_page_becomes_a_source(pages: Pages) -> None:
    async with serving(html(PAGE)) as stub:
        got = await pages.fetch(f"{stub.url}/a?utm_source=x&b=1#part")
    assert got.note is None
    assert got.source is not None
    assert (got.source.url, got.source.kind) == (f"{stub.url}/a?b=1", "page")
    assert got.source.title == "First light"
    assert got.source.published == "2025-03-01"
    assert "saw first light in the spring of 1987" in got.source.text
    assert "Home" not in got.source.text
    assert not got.source.is_truncated
    assert read_fetched(json.loads(json.dumps(fetched_json(got)))) == got
    (asked,) = stub.asked
    assert asked.headers["user-agent"] == "Gnomon/1.2.3"
    assert asked.headers["host"] == f"127.0.0.1:{stub.port}"
    assert "cookie" not in asked.headers


def pdf() -> bytes:
    made = FPDF()
    made.add_page()
    made.set_font("helvetica", size=12)
    made.multi_cell(0, 8, WORDS * 3)
    return bytes(made.output())


def word() -> bytes:
    made = WordDocument()
    made.add_heading("First light", 1)
    made.add_paragraph(WORDS * 3)
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (pdf(), "application/pdf"),
        (pdf(), "application/octet-stream"),
        (word(), DOCX),
        (f"# First light\n\n{WORDS}".encode(), "text/markdown; charset=utf-8"),
        (WORDS.encode(), "text/plain"),
        (f"name,words\none,{WORDS!r}\n".encode(), "text/csv"),
        (PAGE.encode("utf-16"), "text/html; charset=utf-16"),
        (gzip.compress(PAGE.encode(), mtime=0), "text/html"),
    ],
    ids=["pdf", "untold pdf", "word", "markdown", "text", "csv", "utf-16", "gzip"],
)
async def test_many_kinds_are_read(pages: Pages, body: bytes, content_type: str) -> None:
    headers = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
    got = await fetched(pages, told(body, content_type, **headers), "/first-light")
    assert got.source is not None, got.note
    assert "first light in the spring of 1987" in " ".join(got.source.text.split())


async def test_a_character_set_is_heeded(pages: Pages) -> None:
    for body, content_type in [
        ("Größe und Maß: vierzig Meter".encode("latin-1"), "text/plain; charset=ISO-8859-1"),
        ("Größe und Maß: vierzig Meter".encode(), "text/plain"),
    ]:
        got = await fetched(pages, told(body, content_type))
        assert got.source is not None
        assert "Größe und Maß" in got.source.text


async def test_a_redirect_is_followed_and_the_last_address_is_the_sources(pages: Pages) -> None:
    def answer(asked: Asked) -> Told:
        return html(PAGE) if asked.path == "/there" else Told(301, b"", {"Location": "/there#x"})

    async with serving(answer) as stub:
        got = await pages.fetch(f"{stub.url}/a")
    assert got.source is not None
    assert got.source.url == f"{stub.url}/there"
    assert got.url == f"{stub.url}/a"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Told(404, b"no"), "no such page (404)"),
        (Told(403, b"no"), "(403)"),
        (Told(429, b"no", {"Retry-After": "5"}), "too often (429)"),
        (Told(500, b"no"), "no page to give (500)"),
        (Told(204), "(204)"),
        (told(b"\x89PNG", "image/png"), "image/png"),
        (told(b"\0\1\2\3" * 100, "application/zip"), "not read"),
        (told(b"", "text/html"), "empty"),
        (told(b"%PDF-1.7 nothing", "application/pdf"), "was not read"),
        (told(b"PK\3\4 nothing", DOCX), "was not read"),
        (told(b"x", "text/html", **{"Content-Encoding": "br"}), "cannot be opened"),
        (Told(302, b"", {"Location": "file:///etc/passwd"}), "begins with https://"),
        (Told(302, b"", {"Location": "http://10.0.0.1/"}), "--fetch-allow"),
        (Told(302, b"", {"Location": "http://169.254.169.254/latest/"}), "no public address"),
        (Told(302, b"", {"Location": "http://localhost:9/"}), "port"),
        (Told(302, b"", {"Location": "gopher://127.0.0.1:70/"}), "begins with https://"),
    ],
)
async def test_what_cannot_be_read_is_a_note_that_names_the_page(
    pages: Pages, answer: Told, words: str
) -> None:
    async with serving(answer) as stub:
        got = await pages.fetch(f"{stub.url}/a?token=secret")
    assert got.source is None
    assert got.note is not None
    assert got.note.startswith(f"{stub.url}/a was not read: ")
    assert words in got.note
    assert "secret" not in got.note


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://user:pw@127.0.0.1/",
        "http://10.0.0.1/",
        "http://0x7f000002/",
        "http://2130706434/",
        "http://127.2/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/",
        "http://127.0.0.2/",
        "http://127.0.0.1:22/",
        "not an address",
        "",
    ],
)
async def test_no_address_inside_is_asked(pages: Pages, url: str) -> None:
    got = await pages.fetch(url)
    assert got.source is None
    assert got.note


async def test_the_tasks_filters_hold_for_the_page_and_where_it_redirects_to(pages: Pages) -> None:
    kept = Filters(exclude=("127.0.0.1",))
    async with serving(html(PAGE)) as stub:
        got = await pages.fetch(stub.url, kept)
        assert not stub.asked
    assert "leaves 127.0.0.1 out" in str(got.note)
    moved = Told(302, b"", {"Location": "https://other.example/"})
    got = await fetched(pages, moved, filters=Filters(include=("127.0.0.1",)))
    assert "other.example is not among the domains" in str(got.note)
    old = await fetched(pages, html(PAGE), filters=Filters(after=date(2025, 3, 2)))
    assert "it is of 2025-03-01, and the task counts pages from 2025-03-02 on" in str(old.note)
    new = await fetched(pages, html(PAGE), filters=Filters(after=date(2025, 3, 1)))
    assert new.source is not None
    undated = await fetched(
        pages, told(WORDS.encode(), "text/plain"), filters=Filters(after=date(2025, 3, 1))
    )
    assert undated.source is not None


async def test_a_long_text_is_cut_and_it_is_said(pages: Pages) -> None:
    got = await fetched(pages, told(b"many words " * 100_000, "text/plain"))
    assert got.source is not None
    assert len(got.source.text) == MOST_CHARACTERS
    assert got.source.is_truncated
    assert f"up to character {MOST_CHARACTERS}" in str(got.note)


async def test_bombs_are_cut(pages: Pages) -> None:
    began = time.monotonic()
    body = gzip.compress(b"many words " * 10_000_000)
    text = await fetched(pages, told(body, "text/plain", **{"Content-Encoding": "gzip"}))
    assert text.source is not None
    assert text.source.is_truncated
    long = pdf() + b"\0" * MOST_BYTES
    assert "larger than 10 MB" in str((await fetched(pages, told(long, "application/pdf"))).note)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("word/document.xml", b"<w>" + b" " * 300_000_000)
    assert (await fetched(pages, told(packed.getvalue(), DOCX))).source is None
    assert time.monotonic() - began < 30


async def test_an_endless_page_is_cut() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        try:
            while True:
                writer.write(b"many words " * 10_000)
                await writer.drain()
        except OSError:
            writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    gate = Gate(allow=[ip_network("127.0.0.1/32")], is_http_allowed=True, timeout=5, wording=WORDING)
    parser = Parser()
    got = await Pages(gate, parser).fetch(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert got.source is not None
    assert got.source.is_truncated
    await parser.close()
    await gate.close()
    server.close()


async def test_two_pages_of_a_host_are_read_at_once(pages: Pages) -> None:
    async def slow(_: Asked) -> Told:
        await asyncio.sleep(0.02)  # the server's work
        return html(PAGE)

    async with serving(slow) as stub:
        got = await asyncio.gather(*(pages.fetch(f"{stub.url}/{n}") for n in range(8)))
    assert all(each.source for each in got)
    assert stub.most == 2
    assert not pages._hosts


HANGS = """
import time
import gnomon.reading.page as page
from gnomon.reading.document import Document

def read_page(content, content_type, url):
    if content == b"hang":
        while True:
            pass
    if content == b"fill":
        raise SystemExit(len(bytearray(3 * 2**30)))
    if content == b"die":
        import os
        os._exit(1)
    if content == b"keys":
        import os
        return Document(title="", text=" ".join(sorted(os.environ)), media_type="text/plain")
    return Document(title="t", text=content.decode("utf-8", "surrogatepass"), media_type="text/plain")

page.read_page = read_page
"""


@pytest.fixture
def odd_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that does what a hostile file could bring a real one to: put in its place as its process starts."""
    (tmp_path / "sitecustomize.py").write_text(HANGS)
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), before]))


TASK = {"content_type": "text/plain", "url": "https://a.example/", "most": 1000, "most_title": 10}


@pytest.mark.usefixtures("odd_reader")
async def test_a_reader_that_hangs_or_dies_is_ended_and_the_next_page_is_read() -> None:
    parser = Parser(processes=1, timeout=1.0)
    for content in (b"hang", b"die", b"fill"):
        began = time.monotonic()
        with pytest.raises(Unparsed):
            await parser.parse(TASK, content)
        assert time.monotonic() - began < 10
        assert (await parser.parse(TASK, b"words")).text == "words"
    await parser.close()


@pytest.mark.usefixtures("odd_reader")
async def test_a_process_that_has_nothing_to_do_is_ended() -> None:
    parser = Parser(idle=0.05)
    await parser.parse(TASK, b"words")
    (process,) = parser._free
    async with asyncio.timeout(5):
        await process.wait()
    assert not parser._free
    assert (await parser.parse(TASK, "ha\ud800lf".encode("utf-8", "surrogatepass"))).text == "ha?lf"
    await parser.close()


@pytest.mark.usefixtures("odd_reader")
async def test_the_process_that_reads_has_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAVE_API_KEY", "secret")
    parser = Parser()
    names = (await parser.parse(TASK, b"keys")).text.split()
    await parser.close()
    assert "PATH" in names
    assert not [name for name in names if "KEY" in name]


@pytest.mark.usefixtures("odd_reader")
async def test_a_cancelled_reading_leaves_no_process() -> None:
    parser = Parser(processes=1, timeout=30)
    await parser.parse(TASK, b"words")
    (process,) = parser._free
    reading = asyncio.ensure_future(parser.parse(TASK, b"hang"))
    await asyncio.wait({reading}, timeout=0.1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert process.returncode is not None
    await parser.close()


async def test_the_loop_turns_while_a_page_is_read(pages: Pages) -> None:
    lag = 0.0

    async def watch() -> None:
        nonlocal lag
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)  # what is measured
            lag = max(lag, time.monotonic() - before - 0.01)

    watching = asyncio.ensure_future(watch())
    big = "<html><body>" + f"<p>{WORDS}</p>" * 20_000 + "</body></html>"
    got = await fetched(pages, html(big))
    watching.cancel()
    assert got.source is not None
    assert lag < 0.25
