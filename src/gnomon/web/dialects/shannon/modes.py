"""The modes: names for how much an answer may cost, and the kind of task that stands behind each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gnomon.core.naming import no_such
from gnomon.core.task import Visibility
from gnomon.core.workload import Workload

EFFORTS: Final[Mapping[str, int]] = {"simple": 1, "standard": 3, "complex": 6, "supervisor": 6}
STRATEGIES: Final[Mapping[str, int]] = {"quick": 2, "standard": 3, "deep": 6, "academic": 7}
"""The effort of a research strategy, which wins over that of the mode."""
USUAL: Final = "standard"
_ALL_OTHERS: Final = "*"
_DEFAULT_KIND: Final = "research"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """What stands behind a mode."""

    mode: str
    kind: str
    takes_brief: bool


class Modes:
    """Which kind of task each mode runs.

    Raises
    ------
    ValueError
        When a text is not `NAME=KIND`, names no mode or a kind that is not offered, or a name comes twice.
    """

    def __init__(self, texts: Iterable[str], workloads: Mapping[str, Workload]) -> None:
        self._offered = {w.kind: w for w in workloads.values() if w.visibility is Visibility.PUBLIC}
        self._kinds: dict[str, str] = {}
        for text in texts:
            self._assign(*text.partition("=")[::2])
        if _DEFAULT_KIND in self._offered:
            self._kinds.setdefault(_ALL_OTHERS, _DEFAULT_KIND)

    def find(self, mode: str) -> Assigned | None:
        """Return what stands behind a mode that is one of `EFFORTS`; None when nothing does."""
        kind = self._kinds.get(mode, self._kinds.get(_ALL_OTHERS))
        if kind is None:
            return None
        return Assigned(mode=mode, kind=kind, takes_brief=self._offered[kind].takes_brief)

    def briefed(self) -> list[str]:
        """List the modes behind which stands what takes briefs."""
        found = ((mode, self.find(mode)) for mode in EFFORTS)
        return [mode for mode, assigned in found if assigned is not None and assigned.takes_brief]

    def _assign(self, name: str, kind: str) -> None:
        complaint = None
        if name not in (*EFFORTS, _ALL_OTHERS):
            complaint = no_such("mode", name, (*EFFORTS, _ALL_OTHERS))
        elif kind not in self._offered:
            complaint = no_such("kind", kind, self._offered)
        elif self._kinds.setdefault(name, kind) != kind:
            complaint = "This mode is assigned twice; give one kind."
        if complaint:
            raise ValueError(f"--mode {name}={kind}: {complaint}")
