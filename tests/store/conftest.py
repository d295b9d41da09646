"""Any store can take these tests: add its factory to `STORES`, and they ask the same of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.event import Event
from gnomon.core.group import Group, NewGroup, group_id
from gnomon.core.hub import Hub
from gnomon.core.ports import (
    Added,
    AddMembers,
    Claim,
    Finish,
    Holding,
    Report,
    Rerun,
    Reservation,
    Store,
    Submit,
    Submitted,
)
from gnomon.core.resource import NewResource, resource_id
from gnomon.core.retry import Asked, Divided, Done, Ending, Failed, RetryPolicy
from gnomon.core.schedule import Due, NewSchedule, Schedule, Template, schedule_id
from gnomon.core.task import NewTask, Steering, Task, TaskError, task_id
from gnomon.store.sqlite import SqliteStore

STORES: dict[str, Callable[[Path, Hub], Store]] = {"sqlite": SqliteStore.open}
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORKSPACE = "wsp_1"


@dataclass
class Shop:
    """A store with a clock that the test moves, and short words for the long commands."""

    store: Store
    hub: Hub
    now: datetime = START
    made: int = 0
    policy: RetryPolicy = field(default_factory=RetryPolicy)

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now

    def new(self, **fields: Any) -> NewTask:
        self.made += 1
        standard = {
            "id": task_id(START, self.made),
            "workspace": WORKSPACE,
            "kind": "test",
            "input": {"n": self.made},
        }
        return NewTask(**(standard | fields))

    def document(self, document: Any, **fields: Any) -> NewResource:
        self.made += 1
        standard = {"id": resource_id(START, self.made), "workspace": WORKSPACE, "kind": "model"}
        return NewResource(document=document, **(standard | fields))

    async def offer(self, **fields: Any) -> Submitted:
        """Submit a task; fields of the command are told from those of the new task by their names."""
        told = {name: fields.pop(name) for name in list(fields) if name in Submit.__dataclass_fields__}
        return await self.store.submit(Submit(task=self.new(**fields), now=self.now, **told))

    async def submit(self, **fields: Any) -> Task:
        return (await self.offer(**fields)).task

    async def claim(self, *kinds: str, limit: int = 100, lease: float = 60) -> list[Task]:
        command = Claim(
            worker="w1", kinds=kinds or ("test",), limit=limit, now=self.now, lease=timedelta(seconds=lease)
        )
        return list(await self.store.claim(command))

    async def start(self, **fields: Any) -> Task:
        """Submit a task and claim it."""
        made = await self.submit(**fields)
        [task] = [task for task in await self.claim(made.kind) if task.id == made.id]
        return task

    async def finish(self, task: Task, ending: Ending) -> Task:
        return await self.store.finish(
            Finish(holding=holding(task), now=self.now, ending=ending, policy=self.policy)
        )

    async def done(self, task: Task, result: Any = None) -> Task:
        return await self.finish(task, Done(result=result))

    async def fail(self, task: Task, *, retryable: bool = False) -> Task:
        return await self.finish(
            task, Failed(error=TaskError(code="boom", message="It broke.", retryable=retryable))
        )

    async def split(self, task: Task, *children: NewTask, **fields: Any) -> list[Task]:
        await self.finish(task, Divided(children=children, **fields))
        return list(await self.store.list_children(WORKSPACE, task.id))

    async def report(
        self, task: Task, progress: float | None = None, *messages: Any, stage: str | None = None
    ) -> Task:
        command = Report(
            holding=holding(task), now=self.now, progress=progress, stage=stage, messages=messages
        )
        return await self.store.report(command)

    async def cancel(self, task: Task, within: timedelta | None = None, told: Steering | None = None) -> Task:
        return await self.store.cancel(WORKSPACE, task.id, self.now, within, told)

    async def pause(self, task: Task, told: Steering | None = None) -> Task:
        return await self.store.pause(WORKSPACE, task.id, self.now, told)

    async def resume(self, task: Task, told: Steering | None = None) -> Task:
        return await self.store.resume(WORKSPACE, task.id, self.now, told)

    async def tell(self, task: Task, message: Any, told: Steering | None = None) -> Task:
        return await self.store.tell(WORKSPACE, task.id, message, told, self.now)

    async def ask(
        self, task: Task, key: str = "color", question: Any = "Which color?", within: float | None = None
    ) -> Task:
        patience = None if within is None else timedelta(seconds=within)
        return await self.finish(task, Asked(key=key, question=question, within=patience))

    async def answer(self, task: Task, value: Any, key: str = "color") -> Task:
        return await self.store.answer(WORKSPACE, task.id, key, value, self.now)

    async def continue_line(self, of: Task, **fields: Any) -> Submitted:
        """Rerun a task; fields of the command are told from those of the new task by their names."""
        told = {name: fields.pop(name) for name in list(fields) if name in Rerun.__dataclass_fields__}
        new = self.new(**({"input": None, "kind": of.kind} | fields))
        return await self.store.rerun(Rerun(task=new, of=of.id, now=self.now, **told))

    async def rerun(self, of: Task, **fields: Any) -> Task:
        return (await self.continue_line(of, **fields)).task

    async def create_group(self, metadata: Any = None, reservation: Reservation | None = None) -> Group:
        self.made += 1
        new = NewGroup(id=group_id(START, self.made), workspace=WORKSPACE, metadata=metadata)
        return await self.store.create_group(new, self.now, reservation)

    async def add(self, group: Group, *tasks: NewTask, **fields: Any) -> Added:
        """Add tasks to a group; the fields are those of the command."""
        members = tuple(Submit(task=task, now=self.now) for task in tasks)
        standard = {"workspace": WORKSPACE, "group_id": group.id, "members": members, "now": self.now}
        return await self.store.add_members(AddMembers(**(standard | fields)))

    async def schedule(self, **fields: Any) -> Schedule:
        """Store a schedule that fires in a minute; fields of its template are told from its own by their names."""
        self.made += 1
        told = {name: fields.pop(name) for name in list(fields) if name in Template.__dataclass_fields__}
        most, kept = fields.pop("most", None), fields.pop("reservation", None)
        standard = {
            "id": schedule_id(START, self.made),
            "workspace": WORKSPACE,
            "name": f"schedule {self.made}",
            "cron": "* * * * *",
            "template": Template(**({"kind": "test", "input": {"n": 1}} | told)),
            "next_at": self.now + timedelta(minutes=1),
        }
        new = NewSchedule(**(standard | fields))
        return await self.store.schedules.create_schedule(new, self.now, most=most, reservation=kept)

    def due(self, schedule: Schedule, missed: int = 0) -> Due:
        """Say that a schedule's time has come, and that it comes again a minute later."""
        assert schedule.next_at is not None
        at = schedule.next_at + missed * timedelta(minutes=1)
        return Due(schedule=schedule, at=at, missed=missed, next_at=at + timedelta(minutes=1))

    async def fire(self, due: Due, **fields: Any) -> Task | None:
        return await self.store.schedules.fire(due, self.new(), self.now, **fields)

    async def get_schedule(self, schedule: Schedule) -> Schedule:
        return await self.store.schedules.get_schedule(WORKSPACE, schedule.id)

    async def get_group(self, group: Group) -> Group:
        return await self.store.get_group(WORKSPACE, group.id)

    async def get(self, task: Task) -> Task:
        return await self.store.get_task(WORKSPACE, task.id)

    async def events(self, task: Task) -> list[Event]:
        return list(await self.store.list_events(WORKSPACE, task.id, 0, 10_000))

    async def types(self, task: Task) -> list[str]:
        return [event.type.removeprefix("task.") for event in await self.events(task)]


def holding(task: Task) -> Holding:
    return Holding(task_id=task.id, fence=task.fence)


@pytest.fixture(params=STORES)
def open_shop(request: pytest.FixtureRequest) -> Callable[[Path], Shop]:
    def open_shop(folder: Path) -> Shop:
        hub = Hub()
        return Shop(STORES[request.param](folder, hub), hub)

    return open_shop


@pytest.fixture
async def shop(open_shop: Callable[[Path], Shop], tmp_path: Path) -> AsyncIterator[Shop]:
    shop = open_shop(tmp_path)
    yield shop
    await asyncio.wait_for(shop.store.close(), 30)
