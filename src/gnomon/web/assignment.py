"""Names of a vendor's, and the kind of task that the operator put behind each: `NAME=KIND`, `*` for all others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gnomon.core.naming import no_such
from gnomon.core.task import Visibility
from gnomon.core.workload import Workload

_ALL_OTHERS: Final = "*"
_USUAL: Final = "research"
"""The kind that stands behind what nothing was assigned to, where it is offered."""


class Assignment:
    """Which kind of task stands behind each name.

    Raises
    ------
    ValueError
        When a text is not `NAME=KIND`, names none of the names or a kind that is not offered, or a name comes twice.
    """

    def __init__(
        self, noun: str, names: Sequence[str], texts: Iterable[str], workloads: Mapping[str, Workload]
    ) -> None:
        self.offered = {w.kind: w for w in workloads.values() if w.visibility is Visibility.PUBLIC}
        self._kinds: dict[str, str] = {}
        for text in texts:
            name, _, kind = text.partition("=")
            self._assign(noun, (*names, _ALL_OTHERS), name, kind)
        if _USUAL in self.offered:
            self._kinds.setdefault(_ALL_OTHERS, _USUAL)

    def find(self, *names: str) -> Workload | None:
        """Return what stands behind the first of the names that was assigned, or behind all others."""
        for name in (*names, _ALL_OTHERS):
            if name in self._kinds:
                return self.offered[self._kinds[name]]
        return None

    def _assign(self, noun: str, names: Sequence[str], name: str, kind: str) -> None:
        complaint = None
        if name not in names:
            complaint = no_such(noun, name, names)
        elif kind not in self.offered:
            complaint = no_such("kind", kind, self.offered)
        elif self._kinds.setdefault(name, kind) != kind:
            complaint = f"This {noun} is assigned twice; give one kind."
        if complaint:
            raise ValueError(f"--{noun} {name}={kind}: {complaint}")
