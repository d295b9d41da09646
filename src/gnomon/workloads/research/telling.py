"""What a task tells of itself while it runs: only of work that is really done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gnomon.core.brief import SOURCES, NoteKind, Purpose
from gnomon.core.event import USAGE
from gnomon.core.task import Json
from gnomon.core.workload import AsyncContext
from gnomon.workloads.research.record import Settled, Usage
from gnomon.workloads.research.turns import answer_text

_LONGEST_NOTE: Final = 500
_SAMPLE: Final = 10
_PLANNED: Final = 5.0
_GATHERED: Final = 50.0
_SETTLED: Final = 90.0
_STAGES: Final[Mapping[str, str]] = {
    "plan": "planning",
    "reflect": "planning",
    "settle": "settling",
    "write": "writing",
}


@dataclass(slots=True)
class Teller:
    """Tells of one attempt: notes, counts of sources, and progress that never goes back."""

    ctx: AsyncContext
    fields: int
    considered: set[str] = field(default_factory=set)
    read: dict[str, None] = field(default_factory=dict)
    _percent: float = 0.0
    _settled: set[tuple[str | int, ...]] = field(default_factory=set)
    _searches: int = 0
    _expected: int = 0
    _counted: tuple[int, int] = (0, 0)

    def note(self, kind: NoteKind, text: str) -> None:
        """Say what was done."""
        self.ctx.emit({"kind": kind, "text": _short(text)})

    def found(self, name: str, text: str) -> None:
        """Say what a field of the answer is to be."""
        self.ctx.emit({"kind": "extract", "text": _short(f"{name}: {text}"), "field": name})

    def expect(self, searches: int) -> None:
        """Take in how many searches the present round has."""
        self._expected += searches
        self.progress(_PLANNED, "searching")

    def take_in(self, considered: Sequence[str], read: Sequence[str]) -> None:
        """Take in the addresses of what was found, and of what was read."""
        self.considered.update(considered)
        self.read.update(dict.fromkeys(read))

    def searched(self) -> None:
        """Take in that a search has ended."""
        self._searches += 1
        share = min(self._searches / max(self._expected, 1), 1.0)
        self.progress(_PLANNED + (_GATHERED - _PLANNED) * share, "reading")

    def count(self) -> None:
        """Say how many sources were considered and read, if that has changed."""
        counted = (len(self.considered | set(self.read)), len(self.read))
        if counted == self._counted:
            return
        self._counted = counted
        body: Mapping[str, Json] = {
            "kind": SOURCES,
            "considered": counted[0],
            "read": counted[1],
            "sample": list(self.read)[:_SAMPLE],
        }
        self.ctx.emit(body)

    def settled(self, path: tuple[str | int, ...]) -> None:
        """Take in that a field is settled."""
        self._settled.add(path)
        share = min(len(self._settled) / max(self.fields, 1), 1.0)
        self.progress(_GATHERED + (_SETTLED - _GATHERED) * share, "settling")

    def asking(self, step: str) -> None:
        """Say for which step the model is being asked; it may take long."""
        self.progress(self._percent, _STAGES.get(step.partition(" ")[0], "reading"))

    def used(self, usage: Usage, engine: str, purpose: Purpose) -> None:
        """Tell what one call of a model has used; the task's record keeps the sum."""
        tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
        told = {"kind": USAGE, "engine": engine, **tokens, "cost_usd": usage.cost_usd, "purpose": purpose}
        self.ctx.emit(told)

    def progress(self, percent: float, stage: str) -> None:
        """Say how much is done; what was said before is never taken back."""
        self._percent = max(self._percent, percent)
        self.ctx.progress(self._percent, stage)


def tell_settled(teller: Teller, settled: Settled) -> None:
    """Tell what was settled, or why nothing was."""
    name = ".".join(map(str, settled.path)) or "output"
    if settled.value is None:
        teller.note("extract", f"{name}: nothing. {settled.gap or ''}".strip())
    else:
        teller.found(name, answer_text(settled.value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NOTE else f"{text[: _LONGEST_NOTE - 1]}…"
