"""The gate against receivers that behave and receivers that do not."""

import asyncio
import gzip
import socket
import ssl
import time
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest
import trustme

from gnomon.outbound.address import Address
from gnomon.outbound.gate import REFUSED, UNREACHABLE, UNTRUSTED, Gate, NoAnswer
from gnomon.outbound.line import MOST_READ
from gnomon.outbound.resolve import SystemResolver

from .sink import OK, Speak, listening, read_request

LOCAL = [ip_network("127.0.0.1/32")]


def gate(timeout: float = 5, **options: object) -> Gate:
    return Gate(**{"allow": LOCAL, "is_http_allowed": True, "timeout": timeout, **options})  # type: ignore[arg-type]  # options of a test


class Names:
    """A resolver that gives one answer after the other, and the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str) -> Sequence[Address]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ip_address(text) for text in answer]


async def refused(gate: Gate, url: str) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        await gate.post(url, {}, b"{}")
    return caught.value


async def test_a_post_arrives_as_it_was_given() -> None:
    async with listening() as sink:
        open_ = gate()
        answer = await open_.post(sink.url + "?a=b", {"webhook-id": "msg_1"}, '{"ü": 1}'.encode())
        await open_.close()
    assert (answer.status_code, answer.body) == (200, b"ok")
    (heard,) = sink.heard
    assert heard.head.startswith("POST /hook?a=b HTTP/1.1\r\n")
    assert heard.body == '{"ü": 1}'.encode()
    assert heard.header("host") == [f"127.0.0.1:{sink.port}"]
    assert heard.header("webhook-id") == ["msg_1"]
    assert heard.header("accept-encoding") == ["identity"]


async def test_a_line_serves_again_as_long_as_the_name_still_leads_to_it() -> None:
    async with listening() as sink:
        names = Names(["127.0.0.1"])
        open_ = gate(resolve=names)
        for _ in range(3):
            await open_.post(f"http://a.example:{sink.port}/", {}, b"{}")
        assert (sink.connections, names.asked) == (1, 3)
        names.answers = [["127.0.0.2"]]
        assert (await refused(open_, f"http://a.example:{sink.port}/")).message == UNREACHABLE
        await open_.close()
    assert len(sink.heard) == 3


async def test_a_line_that_was_closed_meanwhile_is_replaced() -> None:
    async def answer_and_leave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        writer.close()

    async with listening(answer_and_leave) as sink:
        open_ = gate()
        for _ in range(3):
            assert (await open_.post(sink.url, {}, b"{}")).status_code == 200
        await open_.close()
    assert sink.connections == 3


async def test_rebinding_meets_the_check_of_each_post() -> None:
    async with listening() as sink:
        names = Names(["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1", "10.0.0.1"], ["127.0.0.1", "::1"])
        open_ = gate(resolve=names)
        url = f"http://rebind.example:{sink.port}/"
        assert (await open_.post(url, {}, b"{}")).status_code == 200
        for _ in range(3):  # one forbidden answer among good ones refuses the name
            assert "forbidden" in (await refused(open_, url)).detail
        assert names.asked == 4
        await open_.close()
    assert len(sink.heard) == 1


async def test_a_name_is_looked_up_once_for_a_connection_and_never_by_anything_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Public first, private second: there is no second look-up that could be fooled."""
    looked_up: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: looked_up.append(host))
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    async with listening() as sink:
        open_ = gate(resolve=names)
        answer = await open_.post(f"http://rebind.example:{sink.port}/", {}, b"{}")
        await open_.close()
    assert answer.status_code == 200
    assert sink.heard[0].header("host") == [f"rebind.example:{sink.port}"]
    assert names.asked == 1
    assert "rebind.example" not in looked_up


async def test_the_systems_resolver_meets_the_check_too() -> None:
    assert await SystemResolver()("localhost")
    closed = Gate(
        is_http_allowed=True, allow=[ip_network("::1/128")]
    )  # so that the name itself is not refused
    assert "forbidden" in (await refused(closed, "http://localhost:9000/")).detail


async def test_spellings_that_the_system_resolves_to_loopback_are_refused_by_name() -> None:
    closed = Gate(is_http_allowed=True, resolve=SystemResolver())
    for host in (
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "017700000001",
        "①②⑦.0.0.1",
        "[::ffff:127.0.0.1]",
    ):
        url = f"http://{host}:9000/"
        assert (await refused(closed, url)).message == f"{REFUSED} {closed.check_url(url)}"


async def test_many_posts_ask_for_a_name_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look_up(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    resolve = SystemResolver()
    found = await asyncio.gather(*(resolve("a.example") for _ in range(20)))
    assert found == [[ip_address("192.0.2.1")]] * 20
    assert asked == ["a.example"]


async def test_a_name_without_address_looks_like_a_closed_port_and_a_forbidden_one() -> None:
    async def nowhere(_: str) -> Sequence[Address]:
        raise socket.gaierror(-2, "Name or service not known")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = [
        await refused(gate(resolve=nowhere), "http://nowhere.example/"),
        await refused(gate(resolve=Names([])), "http://empty.example/"),
        await refused(gate(), f"http://127.0.0.1:{port}/"),
        await refused(gate(resolve=Names(["10.0.0.1"])), "http://inside.example/"),
    ]
    assert {error.message for error in told} == {UNREACHABLE}
    assert len({error.detail for error in told}) == 4


async def test_a_url_that_names_what_is_refused_is_told_so_in_the_words_of_its_creation() -> None:
    for url in ("http://10.0.0.1/", "http://user@127.0.0.1/", "http://a.example:22/"):
        assert (await refused(gate(), url)).message == f"{REFUSED} {gate().check_url(url)}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    async with listening() as elsewhere:
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        async with listening(head.encode()) as sink:
            open_ = gate()
            answer = await open_.post(sink.url, {}, b"{}")
            await open_.close()
    assert answer.status_code == status
    assert answer.headers["location"] == elsewhere.url
    assert not elsewhere.heard


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as proxy, listening() as sink:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        open_ = gate()
        assert (await open_.post(sink.url, {}, b"{}")).status_code == 200
        await open_.close()
    assert not proxy.heard


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
    [(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), (b"", b"")],
    ids=["headers", "interim answers", "silence"],
)
async def test_a_dripping_head_ends_with_the_deadline(start: bytes, drop: bytes) -> None:
    async with listening(dripping(start, drop)) as sink:
        began = time.monotonic()
        error = await refused(gate(timeout=0.3), sink.url)
        assert time.monotonic() - began < 2
    assert error.message == UNREACHABLE


async def test_a_dripping_body_ends_with_the_deadline_and_the_head_counts() -> None:
    async with listening(dripping(b"HTTP/1.1 503 Busy\r\nContent-Length: 99999\r\n\r\n", b"x")) as sink:
        began = time.monotonic()
        answer = await gate(timeout=0.3).post(sink.url, {}, b"{}")
        assert time.monotonic() - began < 2
    assert answer.status_code == 503
    assert set(answer.body) == {ord("x")}


async def test_of_a_long_body_only_the_first_part_is_read() -> None:
    sent = 0

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with listening(flood) as sink:
        answer = await gate().post(sink.url, {}, b"{}")
    assert answer.body == b"x" * MOST_READ
    assert sent < 20_000_000  # what the system's buffers take, not what was offered


@pytest.mark.parametrize(
    "piece", [b"X: " + b"y" * 1000 + b"\r\n", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", b"x" * 1000]
)
async def test_a_flood_before_the_body_is_cut(piece: bytes) -> None:
    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"" if piece.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(piece)
            await writer.drain()

    async with listening(flood) as sink:
        assert (await refused(gate(timeout=20), sink.url)).message == UNREACHABLE


async def test_nothing_is_decompressed() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)[:8000]
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    async with listening(head + bomb) as sink:
        open_ = gate()
        answer = await open_.post(sink.url, {}, b"{}")
        await open_.close()
    assert answer.body == bomb


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n", b"\0\0\0\0\r\n\r\n"]
)
async def test_what_is_no_http_is_no_answer(said: bytes) -> None:
    async with listening(said) as sink:
        assert (await refused(gate(), sink.url)).message == UNREACHABLE


async def test_an_answer_that_switches_protocols_is_no_success() -> None:
    said = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    async with listening(said) as sink:
        try:
            answer = await gate().post(sink.url, {}, b"{}")
        except NoAnswer:
            return
    assert answer.status_code == 101


async def test_posts_to_one_address_are_capped_over_all_names() -> None:
    most = now = 0

    async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)  # the receiver's work
        now -= 1
        writer.write(OK)

    async with listening(count) as sink:
        open_ = gate(resolve=Names(["127.0.0.1"]), most_per_address=3)
        urls = [f"http://{name}.example:{sink.port}/" for name in "abcdefghijkl"]
        answers = await asyncio.gather(*(open_.post(url, {}, b"{}") for url in urls))
        await open_.close()
    assert {answer.status_code for answer in answers} == {200}
    assert most == 3
    assert not open_._slots


AUTHORITY = trustme.CA()


def tls_sides(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(server)
    client = ssl.create_default_context()
    AUTHORITY.configure_trust(client)
    return server, client


async def test_certificate_and_server_name_go_by_the_hosts_name() -> None:
    server, client = tls_sides("hooks.example")
    asked: list[str] = []
    server.sni_callback = lambda _, name, __: asked.append(name)
    async with listening(tls=server) as sink:
        open_ = gate(resolve=Names(["127.0.0.1"]), tls=client, is_http_allowed=False)
        for _ in range(2):
            answer = await open_.post(f"https://hooks.example:{sink.port}/x", {}, b"{}")
            assert answer.status_code == 200
        await open_.close()
    assert asked == ["hooks.example"]
    assert sink.heard[0].header("host") == [f"hooks.example:{sink.port}"]


async def test_a_certificate_of_another_name_is_refused() -> None:
    server, client = tls_sides("other.example")
    async with listening(tls=server) as sink:
        error = await refused(
            gate(resolve=Names(["127.0.0.1"]), tls=client), f"https://hooks.example:{sink.port}/"
        )
    assert error.message == UNTRUSTED
    assert "other.example" in error.detail or "mismatch" in error.detail
    assert not sink.heard


async def test_a_certificate_of_an_unknown_authority_is_refused() -> None:
    server, _ = tls_sides("hooks.example")
    async with listening(tls=server) as sink:
        error = await refused(gate(resolve=Names(["127.0.0.1"])), f"https://hooks.example:{sink.port}/")
    assert error.message == UNTRUSTED


async def test_the_first_address_that_accepts_is_taken() -> None:
    async with listening() as sink:
        names = Names(["127.0.0.3", "127.0.0.1"])  # nobody listens on the first
        open_ = gate(resolve=names, allow=[ip_network("127.0.0.0/8")])
        assert (await open_.post(f"http://a.example:{sink.port}/", {}, b"{}")).status_code == 200
        await open_.close()


async def test_read_request_reads_what_the_gate_sends() -> None:
    """The receiver of these tests is tried itself."""
    reader = asyncio.StreamReader()
    reader.feed_data(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab")
    assert (await read_request(reader)).body == b"ab"
