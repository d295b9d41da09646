"""The gate: a POST to a stranger, on a connection that goes to an address which was checked."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

import httpcore

from gnomon.outbound.address import Address, AddressTable, Network
from gnomon.outbound.idle import IdleLines
from gnomon.outbound.line import Line, open_line, read_body
from gnomon.outbound.resolve import Resolve, SystemResolver
from gnomon.outbound.target import OWN_RECEIVERS, BadTarget, Target, read_target

UNREACHABLE = "The receiver could not be reached, or gave no HTTP answer in time."
"""One wording for a name without address, a forbidden address, a refused or lost connection, silence and nonsense: a
sender that told them apart would be a scanner of the network it stands in."""
REFUSED = "Nothing was sent, because this server does not post to such a URL."
"""Before the words of `Gate.check_url`, which says the same to anybody who makes an endpoint."""
UNTRUSTED = "The receiver's TLS certificate is not valid for its name."
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


class Crowded(Exception):
    """So much is on its way to this address that nothing was sent; it says nothing about the receiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the headers by their lower-case names, and the first part of the body."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


class Gate:
    """Posts to public addresses, and to those networks that the operator has opened.

    Redirects are not followed, bodies not decompressed, proxies of the environment not asked. Every post looks the
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
    ) -> None:
        self._table = AddressTable(allow)
        self._is_http_allowed = is_http_allowed
        self._timeout = timeout
        self._resolve = resolve or SystemResolver()
        self._tls = tls or httpcore.default_ssl_context()
        self._idle = IdleLines()
        self._most_per_address = most_per_address
        self._slots: dict[_Place, tuple[asyncio.Semaphore, int]] = {}

    def check_url(self, url: str) -> str | None:
        """Say what is wrong with a URL, as far as it can be known without asking anybody."""
        try:
            self._read(url)
        except BadTarget as error:
            return str(error)
        return None

    def _read(self, url: str) -> Target:
        """Read a URL; raises `BadTarget` for one that cannot be posted to, whatever its name leads to."""
        target = read_target(url, is_http_allowed=self._is_http_allowed)
        named = _LOCAL if target.is_local_name else [target.literal] if target.literal else []
        if named and all(map(self._table.forbids, named)):
            told = f"{target.host} is no public address, and this server sends to no other."
            raise BadTarget(f"{told} {OWN_RECEIVERS}")
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
        try:
            return await self._post(self._read(url), headers, body)
        except BadTarget as error:
            raise NoAnswer(f"{REFUSED} {error}", str(error)) from error
        except TimeoutError as error:
            raise NoAnswer(UNREACHABLE, f"no answer in {self._timeout:g} s") from error
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            is_untrusted = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            detail = f"{type(error).__name__}: {error}"
            raise NoAnswer(UNTRUSTED if is_untrusted else UNREACHABLE, detail) from error

    async def close(self) -> None:
        """Close the connections that lie idle."""
        await self._idle.close()

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        async with asyncio.timeout_at(deadline):
            addresses = await self._addresses(target)
        asked = loop.time()
        async with self._slot(self._place(target, addresses)):
            # Waiting for others' posts to the same address is not the receiver's doing: it has its time in full.
            deadline += loop.time() - asked
            line, response = await self._ask(target, addresses, headers, body, deadline)
            is_kept = False
            try:
                answer, is_whole = await read_body(response, deadline)
                is_kept = is_whole and self._idle.keep(target, line)
            finally:
                if not is_kept:
                    await line.close()
        return Answer(status_code=response.status, headers=_by_name(response.headers), body=answer)

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
        body: bytes,
        deadline: float,
    ) -> tuple[Line, httpcore.Response]:
        """Send over an idle line, or over a new one; return the line with the answer's head."""
        lines = {**headers, "Accept-Encoding": "identity"}.items()
        async with asyncio.timeout_at(deadline):
            idle = await self._idle.take(target, addresses)
            if idle is not None:
                try:
                    return idle, await idle.ask(target, lines, body)
                except (httpcore.NetworkError, httpcore.ProtocolError):
                    if idle.has_heard:
                        raise
                    # The other end closed it in this moment: that says nothing about the receiver.
            line = await open_line(target, addresses, self._tls)
            return line, await line.ask(target, lines, body)


def _by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


async def _enter(places: asyncio.Semaphore) -> None:
    try:
        async with asyncio.timeout(_LONGEST_QUEUE):
            await places.acquire()
    except TimeoutError as error:
        raise Crowded from error
