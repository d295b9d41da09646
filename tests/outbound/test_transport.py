"""Another's client over the gate: nothing of it goes round the guard, and nothing comes back without bound."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from ipaddress import ip_network

import httpx2
import pytest

from gnomon.outbound.gate import Gate
from gnomon.outbound.transport import GateTransport, client

from .sink import listening

LOCAL = [ip_network("127.0.0.1/32")]


def over(gate: Gate, headers: dict[str, str], *, most: int, timeout: float) -> httpx2.AsyncClient:
    return client(GateTransport(gate, most=most, timeout=timeout), headers, timeout=timeout)


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    made = Gate(allow=LOCAL, is_http_allowed=True, timeout=5)
    yield made
    await made.close()


async def test_requests_arrive_and_answers_come_back(gate: Gate) -> None:
    answer = b"HTTP/1.1 201 Made\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 2\r\n\r\nok"
    async with listening(answer) as sink, over(gate, {"X-Key": "secret"}, most=1000, timeout=5) as http:
        got = await http.post(sink.url + "?q=1", json={"a": "ü"})
    assert (got.status_code, got.text, got.headers.get_list("x-a")) == (201, "ok", ["1", "2"])
    (heard,) = sink.heard
    assert heard.head.startswith("POST /hook?q=1 HTTP/1.1\r\n")
    assert heard.body == '{"a":"ü"}'.encode()
    assert heard.header("host") == [f"127.0.0.1:{sink.port}"]
    assert heard.header("x-key") == ["secret"]
    assert heard.header("accept-encoding") == ["identity"]
    assert len(heard.header("content-length")) == 1


async def test_a_body_that_streams_is_read_as_it_comes(gate: Gate) -> None:
    more = asyncio.Event()

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        await more.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async with (
        listening(speak) as sink,
        over(gate, {}, most=1000, timeout=5) as http,
        http.stream("GET", sink.url) as got,
    ):
        pieces = []
        async for piece in got.aiter_bytes():
            pieces.append(piece)
            more.set()
    assert pieces == [b"one", b"two"]


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://169.254.169.254/", "https://[::1]/", "file:///etc/passwd"]
)
async def test_nothing_goes_where_the_gate_is_closed(gate: Gate, url: str) -> None:
    async with over(gate, {}, most=1000, timeout=5) as http:
        with pytest.raises((httpx2.ConnectError, httpx2.UnsupportedProtocol)):
            await http.get(url)


async def test_a_redirect_is_checked_when_it_is_followed(gate: Gate) -> None:
    head = b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.2:9000/\r\nContent-Length: 0\r\n\r\n"
    async with listening(head) as sink, over(gate, {}, most=1000, timeout=5) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get(sink.url, follow_redirects=True)


async def test_too_long_a_body_and_a_compressed_one_are_errors(gate: Gate) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    squeezed = (
        f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode() + bomb
    )
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000
    for answer, error in [(squeezed, httpx2.RemoteProtocolError), (long, httpx2.ReadError)]:
        async with listening(answer) as sink, over(gate, {}, most=1000, timeout=5) as http:
            with pytest.raises(error):
                await http.get(sink.url)


async def test_no_proxy_of_the_environment_is_asked(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as proxy, listening() as sink:
        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with over(gate, {}, most=1000, timeout=5) as http:
            assert (await http.get(sink.url)).status_code == 200
    assert not proxy.heard


async def test_what_may_not_arrive_twice_goes_over_a_line_of_its_own(gate: Gate) -> None:
    async with listening() as sink, over(gate, {}, most=1000, timeout=5) as http:
        for _ in range(2):
            await http.post(sink.url, content=b"x")
        assert sink.connections == 2
        for _ in range(2):
            await http.get(sink.url)
        assert sink.connections == 2
