"""The modes: names for how much an answer may cost, and the kind of task that stands behind each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gnomon.core.workload import Workload
from gnomon.web.assignment import Assignment

EFFORTS: Final[Mapping[str, int]] = {"simple": 1, "standard": 3, "complex": 6, "supervisor": 6}
STRATEGIES: Final[Mapping[str, int]] = {"quick": 2, "standard": 3, "deep": 6, "academic": 7}
"""The effort of a research strategy, which wins over that of the mode."""
USUAL: Final = "standard"


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
        self._assigned = Assignment("mode", tuple(EFFORTS), texts, workloads)

    def find(self, mode: str) -> Assigned | None:
        """Return what stands behind a mode that is one of `EFFORTS`; None when nothing does."""
        workload = self._assigned.find(mode)
        if workload is None:
            return None
        return Assigned(mode=mode, kind=workload.kind, takes_brief=workload.takes_brief)

    def briefed(self) -> list[str]:
        """List the modes behind which stands what takes briefs."""
        found = ((mode, self.find(mode)) for mode in EFFORTS)
        return [mode for mode, assigned in found if assigned is not None and assigned.takes_brief]
