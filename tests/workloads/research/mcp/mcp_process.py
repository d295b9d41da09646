"""A real MCP server over streamable HTTP, for the tests of tools: it tells its port, and serves until it is ended."""

import asyncio
import socket
import sys

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel

server = MCPServer("numbers", log_level="CRITICAL")
calls = 0


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def count() -> str:
    """Count the calls of this tool."""
    global calls  # the server's one memory
    calls += 1
    return f"call {calls}"


@server.tool()
def fail() -> str:
    """Fail."""
    raise ToolError("the moon is in the way")


@server.tool()
def long(characters: int) -> str:
    """Say much."""
    return "x" * characters


@server.tool()
async def slow() -> str:
    """Take its time."""
    await asyncio.sleep(30)
    return "at last"


@server.tool()
def key(ctx: Context) -> str:
    """Repeat the key that came with the request."""
    headers = ctx.headers or {}
    return f"You sent {headers.get('authorization')}."


class Answer(BaseModel):
    words: str


@server.tool()
async def ask(ctx: Context) -> str:
    """Ask the person who is not there."""
    asked = await ctx.elicit("Who are you?", Answer)
    return f"You are {asked}."


def main() -> None:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    print(listening.getsockname()[1], flush=True)  # noqa: T201  # what the test waits for
    app = server.streamable_http_app(json_response="json" in sys.argv)
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main()
