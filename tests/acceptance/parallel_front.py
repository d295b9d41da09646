"""A front that gives literal ids a meaning: the vendor's published tests ask for `run_id` and `taskgroup_id`."""

import asyncio
import contextlib
import re
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Passes requests on with their names replaced, one a connection, and the answers as they come."""

    host: str
    port: int
    names: Mapping[str, str]

    def rename(self, head: bytes) -> bytes:
        """Replace whole path segments and query values, and ask for the connection's end."""
        line, *fields = head.decode("latin-1").split("\r\n")
        pattern = rf"(?<=[/=])({'|'.join(map(re.escape, self.names))})(?=[/?& ])"
        line = re.sub(pattern, lambda match: self.names[match[1]], line)
        kept = [field for field in fields if not field.lower().startswith("connection:")]
        return "\r\n".join([line, "Connection: close", *kept]).encode("latin-1")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Stand between the two until one of them leaves."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            from_server, to_server = await asyncio.open_connection(self.host, self.port)
            to_server.write(self.rename(head))
            await stand_between(reader, writer, from_server, to_server)
        writer.close()


async def stand_between(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    from_server: asyncio.StreamReader,
    to_server: asyncio.StreamWriter,
) -> None:
    """Pass on both ways until one side leaves."""
    ways = [
        asyncio.create_task(pass_on(reader, to_server)),
        asyncio.create_task(pass_on(from_server, writer)),
    ]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()
    to_server.close()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Write what is read until the end."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()


@contextmanager
def standing_before(url: str, names: Mapping[str, str]) -> Iterator[str]:
    """Run a front on a thread of its own and give its address."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    front = Front(host=host, port=int(port), names=names)
    with listening(front.serve) as own_port:
        yield f"http://127.0.0.1:{own_port}"


@contextmanager
def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answer connections on a thread of its own and give the port."""
    opened: Future[tuple[int, Callable[[], object]]] = Future()

    async def stand() -> None:
        over = asyncio.Event()
        async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) as server:
            end = partial(asyncio.get_running_loop().call_soon_threadsafe, over.set)
            opened.set_result((server.sockets[0].getsockname()[1], end))
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(stand(),))
    thread.start()
    port, end = opened.result(timeout=10)
    try:
        yield port
    finally:
        end()
        thread.join()
