"""A conversation with one MCP server, in a task of its own: whatever the server does ends that task alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any, TypeVar

import httpx2
import mcp_types
from mcp import MCPError
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from gnomon.outbound.gate import Gate
from gnomon.outbound.transport import GateTransport
from gnomon.outbound.transport import client as client_over

T = TypeVar("T")

_MOST_BYTES = 4 * 2**20
"""Of one answer, events and notifications included."""
_LONGEST_STREAM = 300.0
_LONGEST_ERROR = 500
_MOST_REQUESTS = 500
"""Of one conversation."""
_GOODBYE = 2.0

for _name in ("mcp", "httpx2"):
    # They log what servers say and what addresses hold; what of it matters stands in the task's own record.
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Broken(Exception):
    """The conversation came to nothing; the text says what is known of it."""


class Conversation:
    """Is opened by its first question, and once more by the next one after it broke."""

    def __init__(self, url: str, headers: Mapping[str, str], gate: Gate, *, timeout: float) -> None:
        self._url = url
        self._headers = dict(headers)
        self._gate = gate
        self._timeout = timeout
        self._end = asyncio.Event()
        self._held: asyncio.Task[None] | None = None
        self._client: asyncio.Future[Client] | None = None

    async def list_tools(self, cursor: str | None) -> mcp_types.ListToolsResult:
        """Ask for a page of the server's tools; raises `Broken`."""
        params = mcp_types.PaginatedRequestParams(cursor=cursor) if cursor else None
        return await self._ask(lambda client: client.session.list_tools(params=params))

    async def call(self, tool: str, arguments: dict[str, Any]) -> mcp_types.CallToolResult:
        """Call a tool; raises `Broken`.

        The client's own `call_tool` judges results by the schema that the server gives: its patterns could hold up
        the whole process, its references lead elsewhere. So the result is taken as it is.
        """
        params = mcp_types.CallToolRequestParams(name=tool, arguments=arguments)
        request = mcp_types.CallToolRequest(params=params)
        return await self._ask(lambda client: client.session.send_request(request, mcp_types.CallToolResult))

    async def close(self) -> None:
        """Say goodbye, within a few seconds."""
        self._end.set()
        if self._held is not None:
            await asyncio.wait({self._held}, timeout=_GOODBYE)
            await _end(self._held)

    async def _ask(self, ask: Callable[[Client], Awaitable[T]]) -> T:
        """Await the answer, or the end of the conversation, or of the time."""
        held, client = self._open()
        question = asyncio.ensure_future(_put(client, ask))
        try:
            await asyncio.wait({question, held}, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(question)
        if not question.cancelled():
            if error := question.exception():
                if not isinstance(error, MCPError) or error.error.code == mcp_types.CONNECTION_CLOSED:
                    await _end(held)  # so that the next question opens another one
                raise Broken(_described(error))
            return question.result()
        if held.done():
            raise Broken(_described(held.exception()) if not held.cancelled() else "it was ended")
        await _end(held)
        raise Broken(f"it gave no answer within {self._timeout:g} s")

    def _open(self) -> "tuple[asyncio.Task[None], asyncio.Future[Client]]":
        if self._held is None or self._client is None or self._held.done():
            self._client = asyncio.get_running_loop().create_future()
            self._held = asyncio.ensure_future(self._hold(self._client))
        return self._held, self._client

    async def _hold(self, opened: "asyncio.Future[Client]") -> None:
        """Keep the client open in this task, since it must be closed by the task that opened it."""
        transport = _Thrifty(self._gate, most=_MOST_BYTES, timeout=_LONGEST_STREAM)
        http = client_over(transport, self._headers, timeout=_LONGEST_STREAM)
        async with http, self._talk(http) as client:
            opened.set_result(client)
            await self._end.wait()

    def _talk(self, http: httpx2.AsyncClient) -> Client:
        return Client(
            streamable_http_client(self._url, http_client=http, max_sse_event_size=_MOST_BYTES),
            client_info=mcp_types.Implementation(name="gnomon", version=version("gnomon")),
            read_timeout_seconds=self._timeout + _GOODBYE,  # ours comes first
            cache=None,
        )


class _Thrifty(GateTransport):
    """Carries what a question needs and no more.

    The stream on which a server speaks unasked is not opened: the client opens it anew whenever it ends, as soon as
    the server says.
    """

    _left = _MOST_REQUESTS

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET" and "last-event-id" not in request.headers:
            return httpx2.Response(405, request=request)
        self._left -= 1
        if self._left < 0:
            raise httpx2.ConnectError(f"it led to more than {_MOST_REQUESTS} requests", request=request)
        return await super().handle_async_request(request)


async def _put(client: "asyncio.Future[Client]", ask: Callable[[Client], Awaitable[T]]) -> T:
    return await ask(await asyncio.shield(client))


async def _end(task: "asyncio.Future[Any]") -> None:
    """Cancel a task and wait for its end; what it raises is looked at elsewhere, or by nobody."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


def _described(error: BaseException | None) -> str:
    """Say what went wrong without a word of the request, which holds the task's secrets."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, MCPError):
        return f"it answered with the error {error.error.code}: {error.error.message[:_LONGEST_ERROR]}"
    if isinstance(error, httpx2.HTTPStatusError):
        return f"it answered {error.response.status_code}"
    if isinstance(error, httpx2.ConnectError | httpx2.ReadError | httpx2.RemoteProtocolError):
        return str(error)[:_LONGEST_ERROR].rstrip(".")
    return (
        "it ended the conversation"
        if error is None
        else f"its answer could not be read ({type(error).__name__})"
    )
