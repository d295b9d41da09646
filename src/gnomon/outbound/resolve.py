"""Names become addresses, off the loop: one dead name server holds up nobody else."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from gnomon.outbound.address import Address

Resolve = Callable[[str], Awaitable[Sequence[Address]]]
"""Gives all addresses of a name, best first; raises OSError when there is none."""

_MOST_AT_ONCE = 64
_HOLDS = 2.0
"""Seconds for which an answer serves again: a burst of posts to one host asks once."""


class SystemResolver:
    """Asks the operating system, each name in a thread of its own that the server's end does not wait for."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Future[Sequence[Address]]] = {}
        self._free = asyncio.Semaphore(_MOST_AT_ONCE)

    async def __call__(self, host: str) -> Sequence[Address]:
        """Return the addresses of the name; raises OSError."""
        asked = self._asked.get(host)
        if asked is None:
            asked = self._asked[host] = asyncio.ensure_future(self._ask(host))
            asked.add_done_callback(lambda done: self._hold(host, done))
        return await asyncio.shield(asked)

    def _hold(self, host: str, done: "asyncio.Future[Sequence[Address]]") -> None:
        if not done.cancelled():
            done.exception()  # whoever asked may have given up
        asyncio.get_running_loop().call_later(_HOLDS, self._asked.pop, host, None)

    async def _ask(self, host: str) -> Sequence[Address]:
        async with self._free:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[Sequence[Address]] = loop.create_future()
            threading.Thread(target=_look_up, args=(host, answer, loop), daemon=True).start()
            return await answer


def _look_up(host: str, answer: "asyncio.Future[Sequence[Address]]", loop: asyncio.AbstractEventLoop) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(ip_address(str(entry[4][0])) for entry in found))
    except (OSError, ValueError) as error:
        cause = error if isinstance(error, OSError) else OSError(str(error))
        _tell(loop, answer, lambda: answer.set_exception(cause))
    else:
        _tell(loop, answer, lambda: answer.set_result(addresses))


def _tell(
    loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[Sequence[Address]]", say: Callable[[], None]
) -> None:
    """Answer on the loop's thread, if somebody still waits there."""
    try:
        loop.call_soon_threadsafe(lambda: None if answer.done() else say())
    except RuntimeError:  # the loop was closed while the name server was silent
        return
