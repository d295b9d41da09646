"""How much is sent where at a time: who answers well gets more, and the silent hold up nobody else."""

from collections import Counter
from dataclasses import dataclass, field

SHARE = 4
"""Posts to an endpoint of which nothing is known, or nothing good; and what one claim takes of an endpoint."""
_MOST_PER_ENDPOINT = 32
_MOST_PER_HOST = 64


@dataclass(slots=True)
class Pace:
    """Counts what is on its way, and names the endpoints for which nothing more shall be taken now.

    An endpoint begins with `SHARE` posts at a time. Each quick success allows one more, each failure or slow answer
    leads back to the beginning. All endpoints of one host share its cap.
    """

    most: int
    _on_way: Counter[str] = field(default_factory=Counter)
    _to_host: Counter[str] = field(default_factory=Counter)
    _failing: int = 0
    _window: dict[str, int] = field(default_factory=dict)
    _host: dict[str, str] = field(default_factory=dict)
    """The hosts of endpoints that have something on its way."""

    @property
    def room(self) -> int:
        """How many more posts may begin."""
        return self.most - self._on_way.total()

    @property
    def room_for_failing(self) -> int:
        """How many of these may go to endpoints that fail at present: half of all is kept for the others."""
        return max(self.most // 2 - self._failing, 0)

    def busy(self) -> list[str]:
        """Name the endpoints, and those of the hosts, that have as much on its way as they may."""
        return [endpoint for endpoint in self._on_way if self._is_full(endpoint)]

    def begin(self, endpoint: str, host: str, *, is_failing: bool) -> None:
        """Count a post that begins."""
        self._on_way[endpoint] += 1
        self._to_host[host] += 1
        self._host[endpoint] = host
        self._failing += is_failing

    def end(self, endpoint: str, *, is_failing: bool, went_well: bool) -> bool:
        """Count a post that has ended; say whether its endpoint was busy, so that more may wait there."""
        was_full = self._is_full(endpoint) or self.room <= 0
        host = self._host[endpoint]
        _take_one(self._on_way, endpoint)
        _take_one(self._to_host, host)
        self._failing -= is_failing
        if endpoint not in self._on_way:
            del self._host[endpoint]
        self._learn(endpoint, went_well=went_well)
        return was_full

    def _learn(self, endpoint: str, *, went_well: bool) -> None:
        if went_well:
            self._window[endpoint] = min(self._window.get(endpoint, SHARE) + 1, _MOST_PER_ENDPOINT)
        else:
            self._window.pop(endpoint, None)

    def _is_full(self, endpoint: str) -> bool:
        """Say whether another share would be too much."""
        window = self._window.get(endpoint, SHARE)
        return (
            self._on_way[endpoint] + SHARE > window
            or self._to_host[self._host[endpoint]] + SHARE > _MOST_PER_HOST
        )


def _take_one(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
