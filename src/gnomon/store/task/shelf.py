"""The shelves of tasks: what clients ask, and what an engine asks; verbs go to the writer, questions to a reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gnomon.core.event import Event
from gnomon.core.ports import (
    Attempt,
    Claim,
    Crowd,
    Finish,
    Given,
    Holding,
    Load,
    Page,
    Report,
    Rerun,
    Reservation,
    Submit,
    Submitted,
    Swept,
    TaskQuery,
)
from gnomon.core.resource import NewResource
from gnomon.core.task import Json, Steering, Task
from gnomon.core.workload import Saved
from gnomon.store.driver import Shelf
from gnomon.store.task import claim, line, listing, load, pause, read, sweep
from gnomon.store.task.cancel import cancel
from gnomon.store.task.finish import finish
from gnomon.store.task.question import answer
from gnomon.store.task.submit import claim_submitted, find_submitted, submit
from gnomon.store.task.tell import tell
from gnomon.store.task.trim import trim_events


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskShelf(Shelf):
    """Tasks as clients know them."""

    async def submit(self, command: Submit) -> Submitted:
        """Store a task, its resource, its first event and its reservation."""
        return await self.writer.run(submit, command)

    async def find_submitted(
        self, workspace: str, reservation: Reservation, now: datetime
    ) -> Submitted | None:
        """Return what the same request has submitted; raises `ReservationReused`."""
        if reservation.tries:
            return await self.writer.run(claim_submitted, workspace, reservation, now)
        return await self.readers.run(find_submitted, workspace, reservation)

    async def rerun(self, command: Rerun) -> Submitted:
        """Continue a line."""
        return await self.writer.run(line.rerun, command)

    async def cancel(
        self,
        workspace: str,
        task_id: str,
        now: datetime,
        within: timedelta | None = None,
        told: Steering | None = None,
    ) -> Task:
        """Ask a task and its descendants to stop; raises `NotFound`."""
        return await self.writer.run(cancel, workspace, task_id, now, within, told)

    async def pause(self, workspace: str, task_id: str, now: datetime, told: Steering | None = None) -> Task:
        """Set a task and its descendants aside; raises `NotFound` and `Conflict`."""
        return await self.writer.run(pause.pause, workspace, task_id, now, told)

    async def resume(self, workspace: str, task_id: str, now: datetime, told: Steering | None = None) -> Task:
        """Make a paused task and its descendants eligible again; raises `NotFound` and `Conflict`."""
        return await self.writer.run(pause.resume, workspace, task_id, now, told)

    async def tell(
        self, workspace: str, task_id: str, message: Json, told: Steering | None, now: datetime
    ) -> Task:
        """Keep a message for the work; raises `NotFound` and `Conflict`."""
        return await self.writer.run(tell, workspace, task_id, message, told, now)

    async def answer(self, workspace: str, task_id: str, key: str, value: Json, now: datetime) -> Task:
        """Answer the question of that key; raises `NotFound` and `Conflict`."""
        return await self.writer.run(answer, workspace, task_id, key, value, now)

    async def get_task(self, workspace: str, task_id: str) -> Task:
        """Return a task with its result; raises `NotFound`."""
        return await self.readers.run(read.read_task, workspace, task_id)

    async def get_task_by_number(self, workspace: str, number: int) -> Task:
        """Return a task by its number; raises `NotFound`."""
        return await self.readers.run(read.read_task_by_number, workspace, number)

    async def get_input(self, workspace: str, task_id: str) -> Json:
        """Return a task's input, or the document that it ran; raises `NotFound`."""
        return await self.readers.run(load.read_input, workspace, task_id)

    async def get_given(self, workspace: str, task_id: str) -> Given:
        """Return what a task was given, with its wording; raises `NotFound`."""
        return await self.readers.run(load.read_given, workspace, task_id)

    async def get_version(self, workspace: str, task_id: str) -> int:
        """Return a task's version; raises `NotFound`."""
        return await self.readers.run(read.read_version, workspace, task_id)

    async def glance(self, workspace: str, task_id: str) -> Task:
        """Return a task without its result; raises `NotFound`."""
        return await self.readers.run(read.glance, workspace, task_id)

    async def excerpt(
        self, workspace: str, task_ids: Sequence[str], members: Sequence[str]
    ) -> Mapping[str, Task]:
        """Return by id the tasks that there are, with no more of their results than these members."""
        return await self.readers.run(read.excerpt, workspace, task_ids, members)

    async def count_tasks(self, workspace: str) -> Sequence[Crowd]:
        """Count the public tasks that have not ended, by kind and status."""
        return await self.readers.run(read.count_tasks, workspace)

    async def list_tasks(self, query: TaskQuery) -> Page[Task]:
        """List tasks, newest first."""
        return await self.readers.run(listing.list_tasks, query)

    async def list_line(self, workspace: str, task_id: str, limit: int) -> Sequence[Task]:
        """List the tasks of a line, newest first; raises `NotFound`."""
        return await self.readers.run(line.list_line, workspace, task_id, limit)

    async def list_children(self, workspace: str, task_id: str) -> Sequence[Task]:
        """List a task's children by position; raises `NotFound`."""
        return await self.readers.run(read.list_children, workspace, task_id)

    async def list_events(self, workspace: str, task_id: str, after: int, limit: int) -> Sequence[Event]:
        """List events numbered above `after`, in order; raises `NotFound` and `Gone`."""
        return await self.readers.run(read.list_events, workspace, task_id, after, limit)

    async def list_attempts(self, workspace: str, task_id: str) -> Sequence[Attempt]:
        """List attempts in order; raises `NotFound`."""
        return await self.readers.run(read.list_attempts, workspace, task_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkShelf(Shelf):
    """Tasks as an engine knows them."""

    async def claim(self, command: Claim) -> Sequence[Task]:
        """Lease eligible tasks, by priority, then oldest first."""
        return await self.writer.run(claim.claim, command)

    async def load(self, holding: Holding) -> Load:
        """Read what a claimed attempt needs; raises `FenceLost`."""
        return await self.readers.run(load.load, holding)

    async def extend(self, holdings: Sequence[Holding], until: datetime) -> Sequence[Holding]:
        """Prolong leases and return those that are still held."""
        return await self.writer.run(claim.extend, holdings, until)

    async def report(self, command: Report) -> Task:
        """Record progress and messages; raises `FenceLost`."""
        return await self.writer.run(claim.report, command)

    async def save_step(self, holding: Holding, key: str, result: Json) -> Json:
        """Store a step's result and return what is stored; raises `FenceLost`."""
        return await self.writer.run(claim.save_step, holding, key, result)

    async def save_resource(self, holding: Holding, resource: NewResource, now: datetime) -> Saved:
        """Store a resource that an attempt made; raises `FenceLost`."""
        return await self.writer.run(claim.save_resource, holding, resource, now)

    async def finish(self, command: Finish) -> Task:
        """Record an attempt's ending and what follows from it; raises `FenceLost`."""
        return await self.writer.run(finish, command)

    async def sweep(self, now: datetime) -> Swept:
        """Do what time asks for."""
        return await self.writer.run(sweep.sweep, now)

    async def recover(self, now: datetime) -> int:
        """Take back every lease at start-up."""
        return await self.writer.run(sweep.recover, now)

    async def trim_events(self, finished_before: datetime, limit: int) -> int:
        """Delete old events of tasks that ended before then; return of how many tasks."""
        return await self.writer.run(trim_events, finished_before, limit)
