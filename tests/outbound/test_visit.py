"""Visits: redirects pass the gate anew, bodies are opened and bounded, and nothing lasts longer than it may."""

import asyncio
import gzip
import time
import zlib
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from gnomon.outbound.address import Address
from gnomon.outbound.gate import Gate, NoAnswer, Wording
from gnomon.outbound.visit import Refused, Visit, Visited, visit

from .sink import Speak, listening

LOCAL = [ip_network("127.0.0.1/32")]
TOLD = Wording(unreachable="unreachable", refused="refused:", untrusted="untrusted", remedy="Open it.")


def gate(**options: Any) -> Gate:
    return Gate(**{"allow": LOCAL, "is_http_allowed": True, "timeout": 5, "wording": TOLD, **options})


async def visited(url: str, through: Gate | None = None, **options: Any) -> Visited:
    given = through or gate()
    try:
        return await visit(
            given, Visit(**{"url": url, "headers": {}, "most": 100_000, "timeout": 5, **options})
        )
    finally:
        await given.close()


def told(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_a_page_is_got() -> None:
    async with listening(told("200 OK", b"<p>hello", "Content-Type: text/html")) as sink:
        page = await visited(sink.url + "?a=b#part", headers={"User-Agent": "Gnomon/1"})
    assert (page.status_code, page.content, page.is_cut) == (200, b"<p>hello", False)
    assert page.headers["content-type"] == "text/html"
    assert page.url == sink.url + "?a=b"
    (heard,) = sink.heard
    assert heard.head.startswith("GET /hook?a=b HTTP/1.1\r\n")
    assert heard.header("content-length") == []
    assert heard.header("accept-encoding") == ["gzip, deflate"]
    assert heard.header("user-agent") == ["Gnomon/1"]


@pytest.mark.parametrize("status", ["301 A", "302 A", "303 A", "307 A", "308 A"])
async def test_redirects_are_followed_to_their_end(status: str) -> None:
    async with (
        listening(told("200 OK", b"there")) as last,
        listening(told(status, b"", f"Location: {last.url}#x")) as first,
    ):
        page = await visited(first.url)
    assert (page.url, page.content) == (last.url, b"there")


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:9000/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:9000/",
        "http://[::ffff:10.0.0.1]/",
        "http://localhost:1/",
        "http://2130706434/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "ftp://example.com/",
        "//user@127.0.0.1/",
        "javascript:alert(1)",
        "http://127.0.0.1:22/",
        "http://[",
    ],
)
async def test_a_redirect_to_what_is_closed_ends_the_visit(location: str) -> None:
    closed = Gate(allow=LOCAL, is_http_allowed=True, timeout=5, wording=TOLD)
    async with listening(told("302 Found", b"", f"Location: {location}")) as sink:
        with pytest.raises((NoAnswer, Refused)):
            await visited(sink.url, closed)
    assert len(sink.heard) == 1


async def test_a_redirect_to_a_name_that_now_leads_inside_ends_the_visit() -> None:
    """The first look-up was good: the second one is checked as well."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def names(_: str) -> Sequence[Address]:
        return [ip_address(text) for text in answers.pop(0)]

    async with listening(told("302 Found", b"", "Location: /inside")) as sink:
        with pytest.raises(NoAnswer) as caught:
            await visited(f"http://rebind.example:{sink.port}/", gate(resolve=names))
    assert caught.value.message == "unreachable"
    assert "forbidden" in caught.value.detail
    assert len(sink.heard) == 1


async def test_where_a_redirect_leads_can_be_refused() -> None:
    async with listening(told("302 Found", b"", "Location: /b")) as sink:
        with pytest.raises(Refused, match="not there"):
            await visited(sink.url, may_go=lambda url: "not there" if url.endswith("/b") else None)
    assert len(sink.heard) == 1


async def test_a_body_that_is_not_wanted_is_left_unread() -> None:
    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with listening(flood) as sink:
        page = await visited(
            sink.url, is_wanted=lambda status, headers: headers["content-type"] != "video/mp4"
        )
    assert (page.status_code, page.content, page.is_cut) == (200, b"", True)


async def test_redirects_in_a_circle_end() -> None:
    turn = iter(range(100))

    async def around(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(told("302 Found", b"", f"Location: /{next(turn)}"))

    async with listening(around) as sink:
        with pytest.raises(Refused, match="more than 5"):
            await visited(sink.url)
        assert len(sink.heard) == 6
    async with listening(told("302 Found", b"", "Location: /hook#again")) as sink:
        with pytest.raises(Refused, match="itself"):
            await visited(sink.url)


RAW = zlib.compressobj(wbits=-15)
TEXT = b"words and words " * 1000


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("X-GZIP", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", RAW.compress(TEXT) + RAW.flush()),
        ("identity", TEXT),
        ("", TEXT),
    ],
)
async def test_a_body_is_opened(encoding: str, body: bytes) -> None:
    async with listening(told("200 OK", body, f"Content-Encoding: {encoding}")) as sink:
        page = await visited(sink.url)
    assert (page.content, page.is_cut) == (TEXT, False)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_opened_up_to_the_limit(encoding: str) -> None:
    opened = b"\0" * 200_000_000
    body = gzip.compress(opened, mtime=0) if encoding == "gzip" else zlib.compress(opened)
    assert len(body) > 190_000
    async with listening(told("200 OK", body, f"Content-Encoding: {encoding}")) as sink:
        began = time.monotonic()
        page = await visited(sink.url, most=1_000_000)
    assert page.is_cut
    assert page.content == b"\0" * 1_000_000
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"\x8b\x02\x80hello\x03"),
        ("gzip, gzip", b""),
        ("gzip", b"no gzip"),
        ("deflate", b"\xff\xff\xff"),
    ],
)
async def test_what_cannot_be_opened_is_refused(encoding: str, body: bytes) -> None:
    async with listening(told("200 OK", body or b"x", f"Content-Encoding: {encoding}")) as sink:
        with pytest.raises(Refused, match="cannot be opened"):
            await visited(sink.url)


async def test_an_endless_body_is_cut() -> None:
    sent = 0

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()
            sent += 65536

    async with listening(flood) as sink:
        page = await visited(sink.url, most=500_000)
    assert (len(page.content), page.is_cut) == (500_000, True)
    assert sent < 20_000_000  # what the system's buffers take


def dripping(start: bytes, drop: bytes) -> Speak:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.01)  # the drip itself

    return drip


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["headers", "interim answers", "silence", "body", "chunks"],
)
async def test_what_drips_ends_with_the_time(start: bytes, drop: bytes) -> None:
    async with listening(dripping(start, drop)) as sink:
        began = time.monotonic()
        with pytest.raises(NoAnswer) as caught:
            await visited(sink.url, timeout=0.3)
        assert time.monotonic() - began < 2
    assert caught.value.message == "unreachable"


async def test_redirects_share_one_time() -> None:
    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)  # the server's work
        writer.write(told("302 Found", b"", f"Location: /{time.monotonic()}"))

    async with listening(slow) as sink:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            await visited(sink.url, timeout=0.4, redirects=50)
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "piece", [b"X: " + b"y" * 1000 + b"\r\n", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"]
)
async def test_a_flood_before_the_body_is_cut_however_long_the_body_may_be(piece: bytes) -> None:
    sent = 0

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"" if piece.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(piece * 100)
            await writer.drain()
            sent += len(piece) * 100

    async with listening(flood) as sink:
        with pytest.raises(NoAnswer):
            await visited(sink.url, most=100_000_000, timeout=20)
    assert sent < 20_000_000


async def test_a_chunk_for_each_byte_does_not_outrun_the_limit() -> None:
    """What frames a body costs as much as the body."""

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"0000000001\r\nx\r\n" * 1000)
            await writer.drain()

    async with listening(flood) as sink:
        with pytest.raises(NoAnswer):
            await visited(sink.url, most=50_000)


async def test_a_line_lies_idle_for_the_next_visit_of_the_place() -> None:
    async with listening(told("200 OK", b"x" * 40_000)) as sink:
        open_ = gate()
        for _ in range(3):
            await visit(open_, Visit(url=sink.url, headers={}, most=100_000))
        await open_.close()
    assert sink.connections == 1


async def test_a_page_that_is_closed_says_how_it_is_opened() -> None:
    with pytest.raises(NoAnswer, match=r"refused: Give a URL that begins with https://\..*Open it\."):
        await visited("http://example.com/", gate(is_http_allowed=False))
    with pytest.raises(NoAnswer, match=r"refused: 10\.0\.0\.1 is no public address.*Open it\."):
        await visited("https://10.0.0.1/")
