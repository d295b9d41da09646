"""The course of a task with a model: plan, look, read, think what is missing, look again, and settle or write."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from gnomon.workloads.research.agent.hearing import hear, widened
from gnomon.workloads.research.agent.plan import Line, Plan, dotted
from gnomon.workloads.research.agent.read import read
from gnomon.workloads.research.agent.reflect import reflect
from gnomon.workloads.research.agent.settle import Picked, pick
from gnomon.workloads.research.agent.verdict import settled_text, weigh
from gnomon.workloads.research.agent.write import write
from gnomon.workloads.research.budget import Spent
from gnomon.workloads.research.gather import Finds, merge, together
from gnomon.workloads.research.plain.second import read_alone
from gnomon.workloads.research.record import Path, Question, Settled, Source
from gnomon.workloads.research.search import Searching
from gnomon.workloads.research.study import Study, Unusable, cut_short
from gnomon.workloads.research.telling import tell_settled

T = TypeVar("T")

_SOURCES_FOR_TEXT: Final = 30
_READS_FROM: Final = 3
"""The effort from which on the parts of a text are read one by one before it is written."""
_UNREAD: Final = 3
"""Sources of a part that are written from although the model did not get to reading them."""


@dataclass(slots=True, kw_only=True)
class Course:
    """How far a task with a model has come."""

    study: Study
    searching: Searching
    finds: dict[Path | str, Finds] = field(default_factory=dict)
    settled: dict[Path, list[Settled]] = field(default_factory=dict)
    useful: dict[Path | str, Sequence[Source]] = field(default_factory=dict)
    """Of each part of a text, the sources to write from."""

    async def fields(self, plan: Plan) -> list[Settled]:
        """Settle the fields of a schema."""
        plan = await self._in_rounds(
            plan, plan.lines, self._settle, lambda line: self._is_open(line.question)
        )
        return [each for line in plan.lines for each in self.settled[line.question.path]]

    async def text(self, plan: Plan) -> list[Settled]:
        """Write a text, and write it again when something was added to the task meanwhile."""
        lines: Sequence[Line] = plan.lines
        written: Settled | None = None
        while lines:
            plan = await self._in_rounds(plan, lines, self._read, lambda line: not self.useful[_name(line)])
            written = await self._write(plan) or written
            plan, lines = widened(plan, await hear(self.study))
        return [written or await self._alone(plan)]

    async def _in_rounds(
        self,
        plan: Plan,
        lines: Sequence[Line],
        work: Callable[[Sequence[Line]], Awaitable[None]],
        is_open: Callable[[Line], bool],
    ) -> Plan:
        """Look and work, and look again in other words for what is still open, as often as the budget has rounds.

        What is added to the task on the way is looked for in a round more; the plan that comes back has it.
        """
        rounds_left = self.study.meter.budget.rounds
        while lines:
            await self._look(lines)
            await work(lines)
            rounds_left -= 1
            plan, added = widened(plan.gathered(), await hear(self.study))
            missing = [line.gathered() for line in lines if is_open(line)] if rounds_left > 0 else []
            lines = _joined(await self._further(missing) if missing else (), added)
        return plan

    async def _read(self, lines: Sequence[Line]) -> None:
        """Choose what to write from: what is found, or from a certain effort on what the model marks of it."""
        if self.study.brief.effort < _READS_FROM or self.study.is_small:
            self.useful |= {_name(line): self.finds[_name(line)].sources for line in lines}
            return
        marked = await self._all([partial(self._mark, line) for line in lines])
        self.useful |= {_name(line): sources for line, sources in zip(lines, marked, strict=True)}

    async def _mark(self, line: Line) -> Sequence[Source]:
        sources = self.finds[_name(line)].sources
        try:
            marks = await read(self.study, line.question.query, sources)
        except Spent as spent:
            cut_short(self.study, spent, [line.name])
            return sources[:_UNREAD]
        except Unusable as error:
            self.study.cut(f"{line.name}: not read by the model: {error}")
            return sources[:_UNREAD]
        self.study.teller.settled((line.question.query,))
        return list({_place(each.source): each.source for each in marks}.values())

    async def _all(self, works: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Do all works, some at once; when a pause is asked for, no more are begun, and it takes effect."""
        done: dict[int, T] = {}

        async def one(place: int) -> None:
            if not self.study.ctx.is_pausing():
                done[place] = await works[place]()

        while len(done) < len(works):
            await together([partial(one, place) for place in range(len(works)) if place not in done])
            await self.study.ctx.checkpoint()
        return [done[place] for place in range(len(works))]

    async def _look(self, lines: Sequence[Line]) -> None:
        """Put the fresh queries of all lines."""
        found = await self.searching.look([line.fresh for line in lines])
        for line, finds in zip(lines, found, strict=True):
            before = self.finds.get(_name(line))
            self.finds[_name(line)] = merge([before, finds]) if before else finds

    async def _settle(self, lines: Sequence[Line]) -> None:
        """Have the model settle what is found, some fields at a time, several calls at once."""
        size = 1 if self.study.is_small else self.study.meter.budget.fields_per_call
        batches = [lines[place : place + size] for place in range(0, len(lines), size)]
        for done in await self._all([partial(self._settle_some, batch) for batch in batches]):
            self.settled.update(done)

    async def _settle_some(self, lines: Sequence[Line]) -> dict[Path, list[Settled]]:
        batch = [(line.question, self.finds[_name(line)]) for line in lines]
        picked = await self._pick(batch)
        settled: dict[Path, list[Settled]] = {}
        for (question, finds), found in zip(batch, picked, strict=True):
            alone = await read_alone(self.study, question, finds)
            settled[question.path] = weigh(self.study, question, found, alone)
            self.study.teller.settled(question.path)
            if found is None or found.is_new:
                tell_settled(self.study.teller, settled[question.path][0])
        return settled

    async def _pick(self, batch: Sequence[tuple[Question, Finds]]) -> Sequence[Picked | None]:
        names = [dotted(question.path) for question, _ in batch]
        try:
            return await pick(self.study, batch)
        except Spent as spent:
            cut_short(self.study, spent, names)
        except Unusable as error:
            self.study.cut(f"{', '.join(names)}: not settled by the model: {error}")
        return [None] * len(batch)

    async def _further(self, lines: Sequence[Line]) -> Sequence[Line]:
        if self.study.is_small:
            return []
        settled = [each for some in self.settled.values() for each in some if each.value is not None]
        try:
            return await reflect(self.study, lines, settled, is_web=self.searching.is_web)
        except Spent as spent:
            names = ", ".join(line.name for line in lines[:5])
            self.study.cut(f"It was not looked again for {names}, because {spent} was used up.")
        except Unusable as error:
            self.study.cut(f"It was not looked again: {error}")
        return []

    async def _alone(self, plan: Plan) -> Settled:
        question = plan.lines[0].question
        return (await read_alone(self.study, question, merge([*self.finds.values()])))[0]

    async def _write(self, plan: Plan) -> Settled | None:
        """Have the text written; None when the model does not get to it."""
        sources = _interleaved([self.useful[_name(line)] for line in plan.lines])
        if not sources:
            return None
        try:
            written = await write(self.study, sources, plan.parts)
        except Spent as spent:
            cut_short(self.study, spent, ["The answer"])
            return None
        except Unusable as error:
            self.study.cut(f"The text is not the model's: {error}")
            return None
        self.study.teller.settled(())
        return settled_text(self.study, written, plan.parts, await self._alone(plan))

    def _is_open(self, question: Question) -> bool:
        return all(each.value is None for each in self.settled[question.path])


def _name(line: Line) -> Path | str:
    return line.question.path or line.question.query


def _joined(further: Sequence[Line], added: Sequence[Line]) -> list[Line]:
    """Put the lines that are followed further and those that were added together, each once."""
    lines = {_name(line): line for line in added}
    for line in further:
        known = lines.get(_name(line))
        lines[_name(line)] = line if known is None else line.widened(known.fresh)
    return list(lines.values())


def _place(source: Source) -> tuple[str, int, str]:
    return source.url, source.start, source.text


def _interleaved(lists: Sequence[Sequence[Source]]) -> list[Source]:
    """Take the best of each in turn, each passage once."""
    ranks = range(max(map(len, lists), default=0))
    best = (each[rank] for rank in ranks for each in lists if rank < len(each))
    return list({_place(source): source for source in best}.values())[:_SOURCES_FOR_TEXT]
