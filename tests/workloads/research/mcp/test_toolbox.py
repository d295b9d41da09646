"""Tools of a task: a real MCP server in a process of its own, and servers that mean no good."""

import asyncio
import json
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from tests.workloads.research.web.stub import Asked, Stub, Told, as_json, serving

from gnomon.core.brief import ANSWER
from gnomon.outbound.gate import Gate
from gnomon.workloads.research.mcp.toolbox import MOST_RESULT, MOST_TOOLS, Server, Toolbox, read_servers
from gnomon.workloads.research.web.fetch import WORDING

SECRET = "tok-0123456789-abcdef"
HEADERS = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    made = Gate(allow=[ip_network("127.0.0.1/32")], is_http_allowed=True, timeout=5, wording=WORDING)
    yield made
    await made.close()


@asynccontextmanager
async def real_server(*options: str) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("mcp_process.py")),
        *options,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        await process.communicate()


@pytest.mark.parametrize("options", [(), ("json",)], ids=["events", "json"])
async def test_the_tools_of_a_real_server_are_listed_and_called(gate: Gate, options: tuple[str, ...]) -> None:
    async with real_server(*options) as url:
        server = Server(name="numbers", url=url, headers=HEADERS)
        async with Toolbox([server], gate, timeout=20) as box:
            offered = await box.offered()
            assert {tool.name for tool in offered.tools} == {
                "add",
                "count",
                "fail",
                "long",
                "slow",
                "key",
                "ask",
            }
            assert not offered.notes
            (add,) = [tool for tool in offered.tools if tool.name == "add"]
            assert (add.server, add.description) == ("numbers", "Add two numbers.")
            assert set(add.schema["properties"]) == {"a", "b"}

            call = await box.call("numbers", "add", {"a": 2, "b": 3}, key="t1")
            assert call.json() == {
                "id": "t1",
                "server": "numbers",
                "tool": "add",
                "arguments": '{"a": 2, "b": 3}',
                "content": "5",
                "error": None,
            }
            assert set(call.json()) == set(ANSWER["properties"]["tool_calls"]["items"]["properties"])

            failed = await box.call("numbers", "fail", {}, key="t2")
            assert failed.content is None
            assert failed.error
            assert "moon" in failed.error
            wrong = await box.call("numbers", "add", {"a": "two"}, key="t3")
            assert wrong.error
            asked = await box.call("numbers", "ask", {}, key="t4")
            assert asked.error

            counted = await asyncio.gather(*(box.call("numbers", "count", {}, key=f"c{n}") for n in range(4)))
            assert {each.content for each in counted} == {f"call {n}" for n in range(1, 5)}


async def test_a_result_is_bounded_a_slow_tool_is_left_and_the_next_call_works(gate: Gate) -> None:
    async with real_server() as url, Toolbox([Server(name="n", url=url)], gate, timeout=3) as box:
        long = await box.call("n", "long", {"characters": 200_000}, key="t1")
        assert long.content == "x" * MOST_RESULT
        assert long.is_truncated
        began = time.monotonic()
        slow = await box.call("n", "slow", {}, key="t2")
        assert time.monotonic() - began < 8
        assert slow.error == "n failed: it gave no answer within 3 s."
        assert (await box.call("n", "add", {"a": 1, "b": 1}, key="t3")).content == "2"
        huge = await box.call("n", "long", {"characters": 6_000_000}, key="t4")
        assert huge.error
        assert (await box.call("n", "add", {"a": 1, "b": 2}, key="t5")).content == "3"


async def test_only_what_is_allowed_is_offered_and_called(gate: Gate) -> None:
    async with real_server() as url:
        server = Server(name="n", url=url, allowed=["add", "gone"])
        async with Toolbox([server], gate, timeout=20) as box:
            offered = await box.offered()
            assert [tool.name for tool in offered.tools] == ["add"]
            assert offered.notes == ["n offers no tool gone."]
            refused = await box.call("n", "count", {}, key="t1")
            assert refused.error == "The task names no tool 'count' of a server 'n'."
            assert (await box.call("m", "add", {}, key="t2")).error
        async with Toolbox([Server(name="n", url=url, allowed=[])], gate, timeout=20) as box:
            assert not (await box.offered()).tools


async def test_a_key_arrives_and_is_told_to_nobody(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with real_server() as url:
        server = Server(name="n", url=url, headers=HEADERS)
        async with Toolbox([server], gate, timeout=20) as box:
            offered = await box.offered()
            call = await box.call("n", "key", {}, key="t1")
            leaked = await box.call("n", "add", {"a": SECRET, "b": 1}, key="t2")
    assert call.content == "You sent [secret]."
    said = [
        repr(server),
        repr(box),
        repr(offered),
        repr(call),
        json.dumps(call.json()),
        repr(leaked),
        caplog.text,
    ]
    assert SECRET not in " ".join(said)


def rpc(asked: Asked, result: object) -> Told:
    return as_json({"jsonrpc": "2.0", "id": asked.json["id"], "result": result})


def hostile(**methods: Callable[[Asked], Told]) -> Callable[[Asked], Told]:
    """Speak as a server does, but for some methods (`tools_list`, `tools_call`)."""

    def answer(asked: Asked) -> Told:
        if asked.method != "POST":
            return Told(405)
        method = asked.json.get("method", "")
        if named := methods.get(method.replace("/", "_")):
            return named(asked)
        if method == "initialize":
            version = asked.json["params"]["protocolVersion"]
            info = {"name": "h", "version": "1"}
            return rpc(asked, {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info})
        if "id" not in asked.json:
            return Told(202)
        if method == "tools/list":
            return rpc(asked, {"tools": [tool("t")]})
        error = {"code": -32601, "message": f"no {method}; you sent {asked.headers.get('authorization')}"}
        return as_json({"jsonrpc": "2.0", "id": asked.json["id"], "error": error})

    return answer


def tool(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "description": "d", "inputSchema": {"type": "object"}, **more}


async def tried(gate: Gate, answer: Any, timeout: float = 5) -> tuple[Any, Any, Stub]:
    async with serving(answer) as stub:
        server = Server(name="h", url=f"{stub.url}/mcp", headers=HEADERS)
        async with Toolbox([server], gate, timeout=timeout) as box:
            return await box.offered(), await box.call("h", "t", {"a": 1}, key="t1"), stub


async def test_the_stub_of_these_tests_is_a_server(gate: Gate) -> None:
    text = {"content": [{"type": "text", "text": "hello"}]}
    offered, call, _ = await tried(gate, hostile(tools_call=lambda asked: rpc(asked, text)))
    assert [each.name for each in offered.tools] == ["t"]
    assert call.content == "hello"


def event(message: object) -> str:
    return f"event: message\ndata: {json.dumps(message)}\n\n"


def flood(asked: Asked) -> Told:
    note = {
        "jsonrpc": "2.0",
        "method": "notifications/message",
        "params": {"level": "info", "data": "x" * 1000},
    }
    events = event(note) * 8000
    return Told(200, events.encode(), {"Content-Type": "text/event-stream"})


def redirect(_: Asked) -> Told:
    return Told(307, b"", {"Location": "http://10.0.0.1/mcp"})


def huge(asked: Asked) -> Told:
    return rpc(asked, {"content": [{"type": "text", "text": "x" * 6_000_000}]})


@pytest.mark.parametrize(
    "answer",
    [
        Told(401, b"who are you"),
        Told(500, b"oh"),
        Told(200, b"<html>", {"Content-Type": "text/html"}),
        Told(200, b"{", {"Content-Type": "application/json"}),
        Told(200, b"[" * 50_000, {"Content-Type": "application/json"}),
        Told(200, b'{"jsonrpc": "2.0", "id": 99, "result": {}}', {"Content-Type": "application/json"}),
        redirect,
        hostile(tools_call=redirect),
        hostile(tools_call=flood),
        hostile(tools_call=huge),
        hostile(tools_call=lambda asked: rpc(asked, {"content": 5})),
        hostile(tools_call=lambda asked: rpc(asked, None)),
        hostile(),
    ],
    ids=[
        "401",
        "500",
        "html",
        "cut",
        "deep",
        "no answer",
        "redirect",
        "late redirect",
        "flood",
        "huge",
        "form",
        "null",
        "error",
    ],
)
async def test_a_server_that_means_no_good_is_a_note(
    gate: Gate, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    began = time.monotonic()
    offered, call, _ = await tried(gate, answer, timeout=2)
    assert time.monotonic() - began < 15
    assert call.content is None
    assert call.error
    assert call.error.startswith("h failed: ")
    assert len(call.error) < 1000
    assert SECRET not in f"{offered!r} {call!r} {caplog.text}"


async def test_a_server_that_says_nothing_or_is_not_there_is_a_note(gate: Gate) -> None:
    async def silent(_: Asked) -> Told:
        await asyncio.sleep(60)
        return Told()

    offered, call, _ = await tried(gate, silent, timeout=0.3)
    assert offered.notes == ["The tools of h are not there: it gave no answer within 0.3 s."]
    assert call.error == "h failed: it gave no answer within 0.3 s."
    async with serving(Told()) as gone:
        pass
    async with Toolbox([Server(name="h", url=gone.url)], gate) as box:
        assert "could not be reached" in str((await box.call("h", "t", {}, key="t1")).error)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/mcp", "http://169.254.169.254/", "file:///etc/passwd", "http://[::1]/"]
)
async def test_an_address_that_is_closed_is_not_asked(gate: Gate, url: str) -> None:
    async with Toolbox([Server(name="h", url=url)], gate) as box:
        offered = await box.offered()
        call = await box.call("h", "t", {}, key="t1")
    assert offered.notes[0].startswith("h was not asked: ")
    assert str(call.error).startswith("h was not asked: ")


async def test_what_a_server_offers_is_bounded(gate: Gate) -> None:
    def endless(asked: Asked) -> Told:
        large = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(2000)}}
        tools = [tool(f"t{n}", description=f"long {SECRET} " * 1000) for n in range(30)]
        return rpc(asked, {"tools": [tool("large", inputSchema=large), *tools], "nextCursor": "more"})

    async with serving(hostile(tools_list=endless)) as stub:
        box = Toolbox([Server(name="h", url=stub.url, headers=HEADERS)], gate, timeout=5)
        offered = await box.offered()
        await box.close()
    assert len(offered.tools) == MOST_TOOLS
    assert "large" not in {each.name for each in offered.tools}
    assert all(len(each.description) <= 2000 for each in offered.tools)
    assert SECRET not in repr(offered)


async def test_a_servers_schema_is_neither_followed_nor_tried(gate: Gate) -> None:
    """A client that judged results by it could be led elsewhere, or held up by a pattern for years."""
    async with serving(as_json({"type": "object"})) as elsewhere:
        schema = {
            "type": "object",
            "properties": {
                "a": {"type": "string", "pattern": "^(a+)+$"},
                "b": {"$ref": f"{elsewhere.url}/b"},
            },
        }
        given = {"a": "a" * 60 + "!", "b": "ü"}
        listed = hostile(
            tools_list=lambda asked: rpc(asked, {"tools": [tool("t", outputSchema=schema)]}),
            tools_call=lambda asked: rpc(asked, {"content": [], "structuredContent": given}),
        )
        began = time.monotonic()
        _, call, _ = await tried(gate, listed)
    assert call.content == json.dumps(given, ensure_ascii=False)
    assert time.monotonic() - began < 5
    assert not elsewhere.asked


async def test_a_server_cannot_make_the_client_ask_without_end(gate: Gate) -> None:
    """A stream that ends at once, and is to be opened anew at once: for what is said unasked, and for an answer."""
    again = Told(200, b"id: 1\nretry: 0\ndata: \n\n", {"Content-Type": "text/event-stream"})
    usual = hostile(tools_call=lambda _: again)

    def answer(asked: Asked) -> Told:
        return again if asked.method == "GET" else usual(asked)

    async with serving(answer) as stub:
        box = Toolbox([Server(name="h", url=stub.url)], gate, timeout=2)
        await box.offered()
        call = await box.call("h", "t", {}, key="t1")
        await box.close()
    assert call.error
    assert len(stub.asked) <= 510
    gets = [asked for asked in stub.asked if asked.method == "GET"]
    assert gets
    assert all("last-event-id" in asked.headers for asked in gets)


async def test_what_is_no_text_is_named(gate: Gate) -> None:
    blocks = [
        {"type": "image", "data": "AAAA", "mimeType": "image/png"},
        {"type": "resource_link", "name": "n", "uri": "https://a.example/"},
        {"type": "resource", "resource": {"uri": "a://b", "text": "inside"}},
        {"type": "text", "text": "last"},
    ]
    _, call, _ = await tried(gate, hostile(tools_call=lambda asked: rpc(asked, {"content": blocks})))
    assert call.content == "[image, not read]\n[n: https://a.example/]\ninside\nlast"


BARE = """
import asyncio, sys
for name in ("mcp", "mcp_types", "httpx2", "trafilatura"):
    sys.modules[name] = None
from gnomon.workloads.research.mcp.toolbox import Server, Toolbox
from gnomon.workloads.research.web.reach import open_reach

async def main():
    reach = open_reach({"search": ["searxng=http://127.0.0.1:1"]}, {})
    box = Toolbox([Server(name="h", url="https://h.example/mcp")], reach.gate)
    print((await box.offered()).notes[0])
    print((await box.call("h", "t", {}, key="1")).error)
    await box.close()
    await reach.close()

asyncio.run(main())
"""


def test_without_the_extra_it_is_said_what_to_install() -> None:
    told = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=True)
    assert (
        told.stdout.splitlines()
        == ["h was not asked: MCP servers need the extra `web`; pip install '.[web]' in a clone of Gnomon."]
        * 2
    )


def test_servers_are_read_of_a_brief_with_their_headers() -> None:
    tools: list[dict[str, Any]] = [
        {"name": "a", "url": "https://a.example/mcp", "allowed": ["x"]},
        {"name": "b", "url": "https://b.example"},
    ]
    secrets = {"tools": {"a": {"X-Key": "one", "Bad\r\nName": "x", "Cut": "a\r\nb"}}}
    one, other = read_servers(tools, secrets)
    assert (one.name, one.allowed, one.headers) == ("a", ["x"], {"X-Key": "one"})
    assert (other.allowed, other.headers) == (None, {})
    assert read_servers(tools, {})[0].headers == {}


async def test_cancelling_a_call_ends_it_at_once(gate: Gate) -> None:
    async with real_server() as url, Toolbox([Server(name="n", url=url)], gate, timeout=30) as box:
        await box.offered()
        call = asyncio.ensure_future(box.call("n", "slow", {}, key="t1"))
        done, _ = await asyncio.wait({call}, timeout=0.2)
        assert not done
        began = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert time.monotonic() - began < 2
