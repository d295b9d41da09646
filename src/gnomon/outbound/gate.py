"""The gate: a request to a stranger, on a connection that goes to an address which was checked."""

import asyncio
import ssl
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

import httpcore

from gnomon.outbound.address import Address, AddressTable, Network
from gnomon.outbound.idle import IdleLines
from gnomon.outbound.line import MOST_READ, Line, open_line, read_body
from gnomon.outbound.resolve import Resolve, SystemResolver
from gnomon.outbound.target import BadTarget, Target, read_target

UNREACHABLE = "The receiver could not be reached, or gave no HTTP answer in time."
"""One wording for a name without address, a forbidden address, a refused or lost connection, silence and nonsense: a
sender that told them apart would be a scanner of the network it stands in."""
REFUSED = "Nothing was sent, because this server does not post to such a URL."
"""Before the words of `Gate.check_url`, which says the same to anybody who makes an endpoint."""
UNTRUSTED = "The receiver's TLS certificate is not valid for its name."
OWN_RECEIVERS = (
    "Its operator opens it to a receiver on the same machine by --webhook-http --webhook-allow 127.0.0.0/8, "
    "and to another network by that network."
)
_LONGEST_QUEUE = 20.0
"""Seconds that a post waits for a place before it is given back."""
_Place = tuple[Address, int | None]
_LOCAL: Sequence[Address] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))


class NoAnswer(Exception):
    """Nothing came back that counts as an answer; `detail` is for the operator's eyes alone."""

    def __init__(self, message: str, detail: str) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What those are told for whom a gate sends."""

    unreachable: str = UNREACHABLE
    refused: str = REFUSED
    untrusted: str = UNTRUSTED
    remedy: str = OWN_RECEIVERS
    """How the operator opens what is closed."""


class TooLong(Exception):
    """The body goes on after what was to be read of it."""


class Crowded(Exception):
    """So much is on its way to this address that nothing was sent; it says nothing about the receiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the headers by their lower-case names, and the first part of the body."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent by `Gate.open`, and how much may come back."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str]
    body: bytes = b""
    most: int
    """Bytes of the answer's body that are read."""
    timeout: float | None = None
    """Seconds until the end of the answer; the gate's own when None."""
    is_repeatable: bool = False
    """Whether it may arrive twice: only then it goes over a line that lay idle and may be closed in this moment."""


class Reply:
    """An answer whose body is yet to be read; close it."""

    def __init__(self, response: httpcore.Response, most: int, deadline: float, wording: Wording) -> None:
        self.status_code = response.status
        self.lines: Sequence[tuple[bytes, bytes]] = response.headers
        self.headers = _by_name(response.headers)
        self.is_whole = False
        self._response = response
        self._most = most
        self._deadline = deadline
        self._wording = wording
        self._closing = AsyncExitStack()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes.

        Raises
        ------
        NoAnswer
            When it breaks, or does not end within the time.
        TooLong
            When it is longer than was to be read; what may be read was yielded before.
        """
        left = self._most
        stream = self._response.aiter_stream()
        while (piece := await self._next(stream)) is not None:
            if len(piece) > left:
                yield piece[:left]
                raise TooLong
            left -= len(piece)
            yield piece
        with _told(self._wording):
            await self._response.aclose()
        self.is_whole = True

    async def _next(self, stream: AsyncIterator[bytes]) -> bytes | None:
        with _told(self._wording):
            async with asyncio.timeout_at(self._deadline):
                return await anext(stream, None)

    def at_end(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have something done when the reply is closed."""
        self._closing.push_async_callback(close)

    async def close(self) -> None:
        """Give the connection back, or close it when more could come over it."""
        await self._closing.aclose()


class Gate:
    """Asks public addresses, and those networks that the operator has opened.

    Redirects are not followed, bodies not decompressed, proxies of the environment not asked. Every request looks the
    name up and checks all of its addresses; the connection it takes goes to one of just these.
    """

    def __init__(
        self,
        *,
        allow: Iterable[Network] = (),
        is_http_allowed: bool = False,
        timeout: float = 15.0,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        most_per_address: int = 64,
        wording: Wording | None = None,
    ) -> None:
        self._table = AddressTable(allow)
        self._is_http_allowed = is_http_allowed
        self._timeout = timeout
        self._resolve = resolve or SystemResolver()
        self._tls = tls or httpcore.default_ssl_context()
        self._idle = IdleLines()
        self._most_per_address = most_per_address
        self._wording = wording or Wording()
        self._slots: dict[_Place, tuple[asyncio.Semaphore, int]] = {}

    def check_url(self, url: str) -> str | None:
        """Say what is wrong with a URL, as far as it can be known without asking anybody."""
        try:
            self._read(url)
        except BadTarget as error:
            return str(error)
        return None

    def _read(self, url: str) -> Target:
        """Read a URL; raises `BadTarget` for one that cannot be asked, whatever its name leads to."""
        target = read_target(url, is_http_allowed=self._is_http_allowed, remedy=self._wording.remedy)
        named = _LOCAL if target.is_local_name else [target.literal] if target.literal else []
        if named and all(map(self._table.forbids, named)):
            told = f"{target.host} is no public address, and this server sends to no other."
            raise BadTarget(f"{told} {self._wording.remedy}")
        return target

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a POST and return what came back; it ends within the time-out, whoever answers.

        Raises
        ------
        NoAnswer
            When nothing came back that counts as one.
        Crowded
            When it could not be sent for a while, because others' posts to the same address were on their way.
        """
        request = Request(
            url=url, method="POST", headers=headers, body=body, most=MOST_READ, is_repeatable=True
        )
        with _told(self._wording):
            reply, response, deadline = await self._send({**headers, "Accept-Encoding": "identity"}, request)
            try:
                answer, reply.is_whole = await read_body(response, deadline)
            finally:
                await reply.close()
        return Answer(status_code=reply.status_code, headers=reply.headers, body=answer)

    async def open(self, request: Request) -> Reply:
        """Send a request and return the answer's head; its body is read by `Reply.pieces`.

        Raises
        ------
        NoAnswer
            When nothing came back that counts as an answer.
        Crowded
            When it could not be sent for a while, because others' requests to the same address were on their way.
        """
        with _told(self._wording):
            reply, _, _ = await self._send(request.headers, request)
        return reply

    async def close(self) -> None:
        """Close the connections that lie idle."""
        await self._idle.close()

    async def _send(
        self, headers: Mapping[str, str], request: Request
    ) -> tuple[Reply, httpcore.Response, float]:
        target = self._read(request.url)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (self._timeout if request.timeout is None else request.timeout)
        async with asyncio.timeout_at(deadline):
            addresses = await self._addresses(target)
        asked = loop.time()
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._slot(self._place(target, addresses)))
            # Waiting for others' requests to the same address is not the receiver's doing: it has its time in full.
            deadline += loop.time() - asked
            line, response = await self._ask(target, addresses, headers, request, deadline)
            reply = Reply(response, request.most, deadline, self._wording)
            reply.at_end(held.pop_all().aclose)
        reply.at_end(lambda: self._give_back(reply, target, line))
        return reply, response, deadline

    async def _give_back(self, reply: Reply, target: Target, line: Line) -> None:
        if not (reply.is_whole and self._idle.keep(target, line)):
            await line.close()

    async def _addresses(self, target: Target) -> Sequence[Address]:
        """Return the addresses of the target; raises when a single one of them is forbidden."""
        found = [target.literal] if target.literal else await self._resolve(target.host)
        for address in found:
            if why := self._table.forbids(address):
                raise OSError(f"{target.host} is {address}, which is forbidden ({why})")
        if not found:
            raise OSError(f"{target.host} has no address")
        return found

    def _place(self, target: Target, addresses: Sequence[Address]) -> _Place:
        """Return what posts are counted by: a stranger's address, or a port where the operator is at home."""
        address = min(addresses, key=lambda address: (address.version, int(address)))
        return address, target.port if self._table.opens(address) else None

    @asynccontextmanager
    async def _slot(self, place: _Place) -> AsyncIterator[None]:
        """Hold one of the places for posts to an address, over all names and workspaces."""
        places, users = self._slots.get(place) or (asyncio.Semaphore(self._most_per_address), 0)
        self._slots[place] = places, users + 1
        try:
            await _enter(places)
            try:
                yield
            finally:
                places.release()
        finally:
            users = self._slots[place][1] - 1
            self._slots[place] = places, users
            if not users:
                del self._slots[place]

    async def _ask(
        self,
        target: Target,
        addresses: Sequence[Address],
        headers: Mapping[str, str],
        request: Request,
        deadline: float,
    ) -> tuple[Line, httpcore.Response]:
        """Send over an idle line, or over a new one; return the line with the answer's head."""

        async def ask(line: Line) -> httpcore.Response:
            try:
                return await line.ask(
                    target, headers.items(), request.body, method=request.method, most=request.most
                )
            except BaseException:
                await line.close()
                raise

        async with asyncio.timeout_at(deadline):
            idle = await self._idle.take(target, addresses) if request.is_repeatable else None
            if idle is not None:
                try:
                    return idle, await ask(idle)
                except (httpcore.NetworkError, httpcore.ProtocolError):
                    if idle.has_heard:
                        raise
                    # The other end closed it in this moment: that says nothing about the receiver.
            line = await open_line(target, addresses, self._tls)
            return line, await ask(line)


@contextmanager
def _told(wording: Wording) -> Iterator[None]:
    """Turn what can go wrong on the way into `NoAnswer`."""
    try:
        yield
    except BadTarget as error:
        raise NoAnswer(f"{wording.refused} {error}", str(error)) from error
    except TimeoutError as error:
        raise NoAnswer(wording.unreachable, "no answer in time") from error
    except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        is_untrusted = isinstance(error.__cause__, ssl.SSLCertVerificationError)
        detail = f"{type(error).__name__}: {error}"
        raise NoAnswer(wording.untrusted if is_untrusted else wording.unreachable, detail) from error


def _by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


async def _enter(places: asyncio.Semaphore) -> None:
    try:
        async with asyncio.timeout(_LONGEST_QUEUE):
            await places.acquire()
    except TimeoutError as error:
        raise Crowded from error
