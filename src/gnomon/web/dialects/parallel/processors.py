"""The processors: names for how much an answer may cost, and the kind of task that stands behind each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gnomon.core.errors import Complaint, Forbidden
from gnomon.core.naming import no_such
from gnomon.core.workload import Workload
from gnomon.web.assignment import Assignment

EFFORTS: Final[Mapping[str, int]] = {
    "lite": 1,
    "base": 2,
    "core": 3,
    "core2x": 4,
    "pro": 5,
    "ultra": 6,
    "ultra2x": 7,
    "ultra4x": 8,
    "ultra8x": 9,
}
"""The effort that each name stands for; every name has a twin that is rather soon than thorough."""
_FAST: Final = "-fast"
PROCESSORS: Final = (*EFFORTS, *(name + _FAST for name in EFFORTS))
_TELLS_EVENTS_FROM: Final = EFFORTS["pro"]


class UnknownProcessor(Forbidden):
    """There are no such processors, or nothing runs behind them."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__("; ".join(complaint.message for complaint in complaints))
        self.complaints = tuple(complaints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """What stands behind a processor's name."""

    name: str
    kind: str
    effort: int
    is_fast: bool
    takes_brief: bool

    @property
    def tells_events(self) -> bool:
        """Say whether its runs tell of their progress in full unless the client says otherwise."""
        return self.effort >= _TELLS_EVENTS_FROM


class Processors:
    """Which kind of task each processor runs.

    Raises
    ------
    ValueError
        When a text is not `NAME=KIND`, names no processor or a kind that is not offered, or a name comes twice.
    """

    def __init__(self, texts: Iterable[str], workloads: Mapping[str, Workload]) -> None:
        self._assigned = Assignment("processor", PROCESSORS, texts, workloads)

    @property
    def usable(self) -> tuple[str, ...]:
        """List the names behind which something runs."""
        return tuple(name for name in PROCESSORS if self._behind(name) is not None)

    def find(self, name: str) -> Assigned:
        """Return what stands behind a name; a fast twin runs what its plain name runs, unless it has its own.

        Raises
        ------
        UnknownProcessor
            When the name is not known, or nothing was assigned to it.
        """
        if name not in PROCESSORS:
            raise _unknown(no_such("processor", name, self.usable or PROCESSORS))
        workload = self._behind(name)
        if workload is None:
            text = f"No workload stands behind the processor '{name}' on this server. {self._remedy()}"
            raise _unknown(text)
        return Assigned(
            name=name,
            kind=workload.kind,
            effort=EFFORTS[name.removesuffix(_FAST)],
            is_fast=name.endswith(_FAST),
            takes_brief=workload.takes_brief,
        )

    def _behind(self, name: str) -> Workload | None:
        return self._assigned.find(name, name.removesuffix(_FAST))

    def _remedy(self) -> str:
        if self.usable:
            return f"Use one of: {', '.join(self.usable)}."
        return "Its operator assigns one at the start: gnomon serve --processor '*=KIND'."


def _unknown(text: str) -> UnknownProcessor:
    return UnknownProcessor([Complaint(("processor",), text, "unknown_processor")])
