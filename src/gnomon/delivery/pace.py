"""How much is sent where at a time: who answers well gets more, and the silent hold up nobody else."""

from collections import Counter
from dataclasses import dataclass, field

SHARE = 4
"""Posts to a receiver of which nothing is known, or nothing good."""
MOST = 64
"""Posts to one receiver at a time, however well it answers."""
_MOST_KNOWN = 1000


@dataclass(slots=True)
class Pace:
    """Counts what is on its way, and names the receivers for which nothing more shall be taken now.

    A receiver is a host and port; several endpoints may share one. It begins with `SHARE` posts at a time. Each quick
    success allows one more, each failure or slow answer halves what was allowed, down to the beginning.
    """

    most: int
    _on_way: Counter[str] = field(default_factory=Counter)
    _count: int = 0
    _failing: int = 0
    _window: dict[str, int] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """How many more posts may begin."""
        return self.most - self._count

    @property
    def room_for_failing(self) -> int:
        """How many of these may go to endpoints that fail at present: half of all is kept for the others."""
        return max(self.most // 2 - self._failing, 0)

    def rooms(self) -> dict[str, int]:
        """Say how many more posts may begin to each receiver that is known; to any other it is `SHARE`."""
        known = dict.fromkeys(self._on_way, SHARE) | self._window
        return {receiver: window - self._on_way.get(receiver, 0) for receiver, window in known.items()}

    def busy(self) -> list[str]:
        """Name the receivers to which no more may begin."""
        return [receiver for receiver in self._on_way if self._is_full(receiver)]

    def begin(self, receiver: str, *, is_failing: bool) -> None:
        """Count a post that begins."""
        self._count += 1
        self._on_way[receiver] += 1
        self._failing += is_failing

    def end(self, receiver: str, *, is_failing: bool, went_well: bool) -> bool:
        """Count a post that has ended; say whether there was no room for more, so that more may wait."""
        was_full = self._is_full(receiver) or self.room <= 0 or (is_failing and self.room_for_failing <= 0)
        self._count -= 1
        self._failing -= is_failing
        self._on_way[receiver] -= 1
        if not self._on_way[receiver]:
            del self._on_way[receiver]
        self._learn(receiver, went_well=went_well)
        return was_full

    def _learn(self, receiver: str, *, went_well: bool) -> None:
        window = self._window.pop(receiver, SHARE)
        window = min(window + 1, MOST) if went_well else window // 2
        if window > SHARE:
            self._window[receiver] = window
        if len(self._window) > _MOST_KNOWN:
            del self._window[next(iter(self._window))]

    def _is_full(self, receiver: str) -> bool:
        return self._on_way[receiver] >= self._window.get(receiver, SHARE)
