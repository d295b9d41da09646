"""Lines that lie idle for a few seconds, in case that more is to be said to the same receiver."""

import asyncio
from collections.abc import Sequence

from gnomon.outbound.address import Address
from gnomon.outbound.line import Line
from gnomon.outbound.target import Target

_Origin = tuple[str, str, int]
_MOST = 64
"""Lines kept for one origin."""
_LIVES = 30.0
_LIES = 5.0
"""Seconds that a line may live, and lie idle."""


class IdleLines:
    """Keeps lines by scheme, name and port."""

    def __init__(self) -> None:
        self._lines: dict[_Origin, list[Line]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def take(self, target: Target, addresses: Sequence[Address]) -> Line | None:
        """Take a line to one of the addresses which the name has now, and which were just checked."""
        lines = self._lines.get(_origin(target), [])
        while lines:
            line = lines.pop()
            if line.address in addresses and line.is_usable:
                return line
            await line.close()
        return None

    def keep(self, target: Target, line: Line) -> bool:
        """Keep a line for a few seconds; say whether it was kept."""
        lines = self._lines.setdefault(_origin(target), [])
        if len(lines) >= _MOST or line.age > _LIVES or not line.is_usable:
            return False
        lines.append(line)
        asyncio.get_running_loop().call_later(_LIES + 0.1, self._tidy, _origin(target))
        return True

    async def close(self) -> None:
        """Close all of them."""
        kept, self._lines = self._lines, {}
        for lines in kept.values():
            for line in lines:
                await line.close()

    def _tidy(self, origin: _Origin) -> None:
        """Let go what lay too long."""
        lines = self._lines.get(origin, [])
        for line in [line for line in lines if not line.is_usable]:
            lines.remove(line)
            closing = asyncio.ensure_future(line.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        if not lines:
            self._lines.pop(origin, None)


def _origin(target: Target) -> _Origin:
    return target.scheme, target.host, target.port
