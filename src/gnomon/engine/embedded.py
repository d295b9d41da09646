"""The engine for one machine: a dispatcher woken by the hub, and the attempts it has begun.

Nothing polls: the dispatcher sleeps until the hub says that work is ready, the heartbeat while nothing runs, upkeep
until the next due moment.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from gnomon.core.errors import Unavailable
from gnomon.core.event import Event
from gnomon.core.hub import Hub
from gnomon.core.ports import Claim, Clock, Holding, Library, Store, Vault
from gnomon.core.resource import ResourceKind
from gnomon.core.retry import Why
from gnomon.core.task import Json, Status, Task
from gnomon.core.workload import Workload
from gnomon.engine.attempt import Bench, Reins, Stop, perform
from gnomon.engine.children import Nursery, Role
from gnomon.engine.pool import Pool
from gnomon.engine.upkeep import Errand, Retention, Upkeep

log = logging.getLogger(__name__)

STOP_MARGIN = 3.0
"""Seconds beyond the grace that attempts have for their last words to be recorded when the engine stops."""
_NO_KINDS: Mapping[str, ResourceKind] = MappingProxyType({})
_NO_SETTINGS: Mapping[str, Mapping[str, Json]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An attempt that this engine has begun."""

    holding: Holding
    role: Role
    reins: Reins
    work: "asyncio.Task[None]"

    @property
    def stop(self) -> Stop:
        """Give what asks it to stop."""
        return self.reins.stop


class EmbeddedEngine:
    """Claims tasks, has children run them, and records what became of them."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        workloads: Mapping[str, Workload],
        clock: Clock,
        *,
        worker: str,
        vault: Vault,
        cpu_slots: int = 2,
        io_slots: int = 100,
        lease: timedelta = timedelta(seconds=30),
        grace: timedelta = timedelta(seconds=4),
        nursery: Nursery | None = None,
        kinds: Mapping[str, ResourceKind] = _NO_KINDS,
        retention: Retention | None = None,
        library: Library | None = None,
        settings: Mapping[str, Mapping[str, Json]] = _NO_SETTINGS,
        errands: Sequence[Errand] = (),
    ) -> None:
        self._store = store
        self._hub = hub
        self._clock = clock
        self._worker = worker
        self._lease = lease
        self._slots: dict[Role, int] = {"cpu": cpu_slots, "io": io_slots}
        self._kinds: dict[Role, tuple[str, ...]] = {
            role: tuple(w.kind for w in workloads.values() if w.where == role) for role in self._slots
        }
        self._nursery = nursery or Nursery()
        pool = Pool(self._nursery)
        self._pool = pool
        self._bench = Bench(
            store=store,
            pool=pool,
            clock=clock,
            workloads=workloads,
            kinds=kinds,
            grace=grace.total_seconds(),
            vault=vault,
            library=library,
            settings=settings,
        )
        self._upkeep = Upkeep(
            store,
            clock,
            on_overdue=partial(self._ask, why=Why.DEADLINE),
            before=self._extend,
            retention=retention,
            errands=errands,
        )
        self._held: dict[Holding, Held] = {}
        self._is_holding = asyncio.Event()
        self._may_have_more: set[Role] = set()
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take back what an earlier process left, then begin to work."""
        await self._nursery.start()
        if self._kinds["cpu"]:
            await self._pool.warm()
        recovered = await self._store.recover(self._clock.now())
        log.info("engine.started", extra={"recovered": recovered})
        self._hub.on_change = self._notice
        self._hub.on_due = self._upkeep.expect
        self._hub.on_told = self._pass_on
        self._hub.work_bell.ring()
        loops = (self._dispatch, self._upkeep.run, self._heartbeat)
        self._loops = [_spawn(loop(), loop.__qualname__) for loop in loops]

    async def stop(self) -> None:
        """Claim no more, end what runs so that the next start resumes it, and end all children.

        It returns within the grace and a few seconds, whatever the children, the nursery or the store do: what could
        not be recorded by then is taken back by the next start.
        """
        for loop in self._loops[:2]:
            loop.cancel()
        await asyncio.gather(*self._loops[:2], return_exceptions=True)
        for held in self._held.values():
            held.stop.ask(Why.SHUTDOWN)
        await self._part_with(held.work for held in self._held.values())
        for loop in self._loops[2:]:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._hub.on_change = self._hub.on_told = None
        await self._nursery.stop()
        log.info("engine.stopped")

    async def _part_with(self, works: "Iterable[asyncio.Task[None]]") -> None:
        """Wait for what runs to end, and give it up when it does not."""
        if not (waiting := set(works)):
            return
        _, late = await asyncio.wait(waiting, timeout=self._bench.grace + STOP_MARGIN)
        for work in late:
            log.warning("attempt.abandoned", extra={"task_id": work.get_name()})
            work.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    @property
    def running(self) -> int:
        """Count the attempts that run."""
        return len(self._held)

    def _notice(self, task: Task) -> None:
        if task.status is Status.CANCELLING:
            self._ask(Holding(task_id=task.id, fence=task.fence), Why.CANCEL)
        elif (held := self._held.get(Holding(task_id=task.id, fence=task.fence))) is not None:
            held.reins.pause.hear(task)
        self._upkeep.notice(task)

    def _pass_on(self, event: Event) -> None:
        """Hand a message to the attempts at its task; one that has lost its lease does no harm with it."""
        for held in self._held.values():
            if held.holding.task_id == event.task_id:
                held.reins.letters.hear(event)

    async def _dispatch(self) -> None:
        while await self._hub.work_bell.wait(None):
            self._may_have_more = {role for role, kinds in self._kinds.items() if kinds}
            try:
                while self._has_room():
                    await self._claim()
            except Unavailable as error:
                log.warning("claim.failed", extra={"cause": error.message})
                asyncio.get_running_loop().call_later(1, self._hub.work_bell.ring)

    def _has_room(self) -> bool:
        return any(self._free(role) for role in self._may_have_more)

    def _free(self, role: Role) -> int:
        return self._slots[role] - Counter(held.role for held in self._held.values())[role]

    async def _claim(self) -> None:
        for role in sorted(self._may_have_more):
            free = self._free(role)
            if not free:
                continue
            claim = Claim(
                worker=self._worker,
                kinds=self._kinds[role],
                limit=free,
                now=self._clock.now(),
                lease=self._lease,
            )
            tasks = await self._store.claim(claim)
            self._begin(tasks, role)
            if len(tasks) < free:
                self._may_have_more.discard(role)

    def _begin(self, tasks: Iterable[Task], role: Role) -> None:
        for task in tasks:
            reins = Reins()
            work = _spawn(perform(self._bench, task, reins), task.id)
            holding = Holding(task_id=task.id, fence=task.fence)
            held = Held(holding=holding, role=role, reins=reins, work=work)
            self._held[held.holding] = held
            self._is_holding.set()
            work.add_done_callback(partial(self._release, held))

    def _release(self, held: Held, _: "asyncio.Task[None]") -> None:
        del self._held[held.holding]
        if not self._held:
            self._is_holding.clear()
        if held.role in self._may_have_more:
            self._hub.work_bell.ring()

    async def _heartbeat(self) -> None:
        while await self._is_holding.wait():
            await asyncio.sleep(self._lease.total_seconds() / 3)
            try:
                await self._extend()
            except Unavailable as error:
                log.warning("heartbeat.failed", extra={"cause": error.message})

    async def _extend(self) -> None:
        held = list(self._held.values())
        if not held:
            return
        until = self._clock.now() + self._lease
        kept = set(await self._store.extend([each.holding for each in held], until))
        for each in held:
            if each.holding not in kept and not (each.work.done() or each.stop.is_revoked):
                log.warning("lease.lost", extra={"task_id": each.holding.task_id})
                each.stop.revoke()

    def _ask(self, holding: Holding, why: Why) -> None:
        held = self._held.get(holding)
        if held is not None:
            held.stop.ask(why)


def _spawn(work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
    """Start a task whose failure is told, not swallowed."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_tell_failure)
    return task


def _tell_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("engine.broke", exc_info=error, extra={"part": task.get_name()})
