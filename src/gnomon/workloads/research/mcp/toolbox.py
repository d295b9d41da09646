"""Tools that the task brings along: MCP servers, bounded in what they offer, take, give and cost in time."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gnomon.core.task import Json
from gnomon.outbound.gate import Gate
from gnomon.workloads.research.web.letters import sound

if TYPE_CHECKING:
    import mcp_types

    from gnomon.workloads.research.mcp.conversation import Conversation

MOST_SERVERS = 10
MOST_TOOLS = 64
"""Of one server."""
MOST_RESULT = 50_000
"""Characters of a result."""
_MOST_PAGES = 10
_LONGEST_DESCRIPTION = 2_000
_LARGEST_SCHEMA = 20_000
_LARGEST_ARGUMENTS = 100_000
_TIMEOUT = 60.0
_SHORTEST_SECRET = 6
_NOT_INSTALLED = "MCP servers need the extra `web`; pip install '.[web]' in a clone of Gnomon"
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An MCP server of a task."""

    name: str
    url: str
    allowed: Sequence[str] | None = None
    """The tools that may be called; None for all."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as its server describes it: words of a stranger."""

    server: str
    name: str
    description: str
    schema: Mapping[str, Any]
    """Of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The tools that may be called, and what went wrong in asking for them."""

    tools: Sequence[Tool] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call and what came of it, in the words of `core.brief.ANSWER`."""

    id: str
    server: str
    tool: str
    arguments: str
    """JSON, as text."""
    content: str | None = None
    error: str | None = None
    is_truncated: bool = False

    def json(self) -> dict[str, Json]:
        """Write it as one of an answer's `tool_calls`."""
        named = ("id", "server", "tool", "arguments", "content", "error")
        return {name: getattr(self, name) for name in named}


class Toolbox:
    """The servers of one task. No method raises for what a server does."""

    def __init__(self, servers: Sequence[Server], gate: Gate, *, timeout: float = _TIMEOUT) -> None:
        self._servers = {server.name: server for server in servers[:MOST_SERVERS]}
        self._gate = gate
        self._timeout = timeout
        self._open: dict[str, Conversation] = {}
        self._secrets = _secrets(self._servers.values())

    async def __aenter__(self) -> "Toolbox":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Say goodbye to all servers."""
        talks, self._open = self._open, {}
        for talk in talks.values():
            await talk.close()

    async def offered(self) -> Offered:
        """Ask every server for its tools."""
        told = await asyncio.gather(*map(self._tools_of, self._servers.values()))
        tools = [tool for given, _ in told for tool in given]
        return Offered(tools=tools, notes=[note for _, note in told if note])

    async def call(self, server: str, tool: str, arguments: Mapping[str, Any], *, key: str) -> ToolCall:
        """Call a tool; an error is part of what is returned. `key` becomes the call's id."""
        written = json.dumps(arguments, ensure_ascii=False)
        call = ToolCall(
            id=key, server=server, tool=tool, arguments=self._scrubbed(written[:_LARGEST_ARGUMENTS])
        )
        known = self._servers.get(server)
        if known is None or not _is_allowed(known, tool):
            return replace(call, error=f"The task names no tool {tool!r} of a server {server!r}.")
        if len(written) > _LARGEST_ARGUMENTS:
            return replace(call, error=f"The arguments are longer than {_LARGEST_ARGUMENTS} characters.")
        return await self._called(call, known, dict(arguments))

    async def _called(self, call: ToolCall, server: Server, arguments: dict[str, Any]) -> ToolCall:
        talk, why = self._talk(server)
        if talk is None:
            return replace(call, error=why)
        from gnomon.workloads.research.mcp.conversation import Broken

        try:
            result = await talk.call(call.tool, arguments)
        except Broken as error:
            return replace(call, error=self._scrubbed(f"{server.name} failed: {error}."))
        text = self._scrubbed(_text(result))
        cut = replace(call, is_truncated=len(text) > MOST_RESULT)
        if result.is_error:
            return replace(cut, error=text[:MOST_RESULT] or "The tool failed without a word.")
        return replace(cut, content=text[:MOST_RESULT])

    async def _tools_of(self, server: Server) -> tuple[list[Tool], str | None]:
        talk, why = self._talk(server)
        if talk is None:
            return [], why
        from gnomon.workloads.research.mcp.conversation import Broken

        found: list[Tool] = []
        cursor = None
        try:
            for _ in range(_MOST_PAGES):
                page = await talk.list_tools(cursor)
                found.extend(filter(None, (self._tool(server, each) for each in page.tools)))
                cursor = page.next_cursor
                if not cursor or len(found) >= MOST_TOOLS:
                    break
        except Broken as error:
            return found[:MOST_TOOLS], self._scrubbed(f"The tools of {server.name} are not there: {error}.")
        return found[:MOST_TOOLS], _missing(server, found)

    def _tool(self, server: Server, given: "mcp_types.Tool") -> Tool | None:
        if not _is_allowed(server, given.name) or _size(given.input_schema) > _LARGEST_SCHEMA:
            return None
        described = self._scrubbed(given.description or "")[:_LONGEST_DESCRIPTION]
        return Tool(server=server.name, name=given.name, description=described, schema=given.input_schema)

    def _talk(self, server: Server) -> "tuple[Conversation | None, str]":
        """Return the conversation with a server, or why there can be none."""
        if why := self._gate.check_url(server.url):
            return None, f"{server.name} was not asked: {why}"
        try:
            from gnomon.workloads.research.mcp.conversation import Conversation
        except ImportError:
            return None, f"{server.name} was not asked: {_NOT_INSTALLED}."
        if server.name not in self._open:
            self._open[server.name] = Conversation(
                server.url, server.headers, self._gate, timeout=self._timeout
            )
        return self._open[server.name], ""

    def _scrubbed(self, text: str) -> str:
        """Take the task's secrets out of what a server said, which may repeat what it was sent."""
        text = sound(text)
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text


def read_servers(tools: Sequence[Mapping[str, Any]], secrets: Mapping[str, Any]) -> list[Server]:
    """Read the `tools` of a brief, with the headers that `ctx.secrets` holds for them."""
    headers = secrets.get("tools")
    of = headers if isinstance(headers, Mapping) else {}
    return [
        Server(
            name=tool["name"],
            url=tool["url"],
            allowed=tool.get("allowed"),
            headers=_headers(of.get(tool["name"])),
        )
        for tool in tools
    ]


def _headers(given: object) -> dict[str, str]:
    """Keep what can be sent as a header."""
    if not isinstance(given, Mapping):
        return {}
    return {
        name: str(value)
        for name, value in given.items()
        if _HEADER.fullmatch(str(name)) and str(value).isprintable() and str(value).isascii()
    }


def _secrets(servers: Sequence[Server] | Any) -> list[str]:
    """Return what must not be told: the headers' values, and their parts such as the token after `Bearer`."""
    values = [value for server in servers for value in server.headers.values()]
    parts = [part for value in values for part in (value, *value.split())]
    return sorted({part for part in parts if len(part) >= _SHORTEST_SECRET}, key=len, reverse=True)


def _is_allowed(server: Server, tool: str) -> bool:
    return server.allowed is None or tool in server.allowed


def _missing(server: Server, found: Sequence[Tool]) -> str | None:
    absent = sorted(set(server.allowed or ()) - {tool.name for tool in found})
    if absent:
        return f"{server.name} offers no tool {', '.join(absent)[:_LONGEST_DESCRIPTION]}."
    return None if found else f"{server.name} offers no tools."


def _size(schema: object) -> int:
    try:
        return len(json.dumps(schema))
    except (ValueError, RecursionError):
        return _LARGEST_SCHEMA + 1


def _text(result: "mcp_types.CallToolResult") -> str:
    """Write a result as text; pictures and sounds are named alone."""
    parts = [_part(block) for block in result.content]
    if not any(parts) and result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(filter(None, parts))


def _part(block: Any) -> str:
    if block.type == "text":
        return str(block.text)
    if block.type == "resource" and getattr(block.resource, "text", None) is not None:
        return str(block.resource.text)
    if block.type == "resource_link":
        return f"[{block.name}: {block.uri}]"
    return f"[{block.type}, not read]"
