"""One attempt at a task: load, start, run, judge, record.

Each step takes the attempt's record and returns it with what the step has found. A step that has nothing left to do
because the ending is already known returns the record unchanged.
"""

import asyncio
import itertools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gnomon.core.errors import FenceLost, GnomonError, Unavailable
from gnomon.core.event import Event
from gnomon.core.ports import Clock, Finish, Holding, Library, Load, Store, Vault
from gnomon.core.resource import ResourceKind
from gnomon.core.retry import Done, Ending, Failed, Lost, Stopped, Why
from gnomon.core.task import Json, Phase, Status, Task
from gnomon.core.workload import ChildResult, Pinned, Workload
from gnomon.engine.answer import Desk
from gnomon.engine.child.pipe import Frame
from gnomon.engine.children import Run
from gnomon.engine.ending import disputed, fraction, refused, spoken, vanished
from gnomon.engine.pool import Pool
from gnomon.engine.registry import address_of
from gnomon.engine.staging import clear, prefix

log = logging.getLogger(__name__)

_run_numbers = itertools.count(1)
_LONGEST_PAUSE = 5.0
_KILL_PATIENCE = 2.0
"""Seconds that a kill may take; then whoever should have carried it out is of no use."""


class Stop:
    """Asks an attempt to stop; the first reason stays."""

    def __init__(self) -> None:
        self.why: Why | None = None
        self._asked = asyncio.Event()
        self._revoked = asyncio.Event()

    def ask(self, why: Why) -> None:
        """Ask for it."""
        self.why = self.why or why
        self._asked.set()

    def revoke(self) -> None:
        """End it: another attempt may be on its way."""
        self._revoked.set()
        self.ask(Why.SHUTDOWN)

    @property
    def is_revoked(self) -> bool:
        """Say whether the lease is lost: nothing that the attempt does will be recorded."""
        return self._revoked.is_set()

    async def asked(self) -> None:
        """Wait until somebody asks."""
        await self._asked.wait()

    async def revoked(self) -> None:
        """Wait until the lease is lost."""
        await self._revoked.wait()


class Pause:
    """Tells an attempt whether its next checkpoint shall set it aside; what an older record said does not count."""

    def __init__(self) -> None:
        self._version = 0
        self._is_wanted = False
        self._run: Run | None = None

    def hear(self, task: Task) -> None:
        """Take in a record of the task."""
        if task.version < self._version:
            return
        was_wanted, self._is_wanted = self._is_wanted, task.pause_requested_at is not None
        self._version = task.version
        if self._run is not None and was_wanted != self._is_wanted:
            self._run.send("pause" if self._is_wanted else "resume")

    def reach(self, run: Run) -> None:
        """Pass on what has been heard, and will be, to the function that runs."""
        self._run = run
        if self._is_wanted:
            run.send("pause")


class Letters:
    """Hands an attempt the messages for its work: each once, in their order, those of its beginning left out."""

    def __init__(self) -> None:
        self._waiting: list[Event] = []
        self._version = 0
        self._run: Run | None = None

    def hear(self, event: Event) -> None:
        """Take in a message; as long as nothing runs, it is kept."""
        if self._run is None:
            self._waiting.append(event)
        elif event.number > self._version:
            # One that was read at the beginning may be told of only now.
            self._run.send("tell", message=event.body["message"])

    def reach(self, run: Run, version: int) -> None:
        """Pass on what is newer than that version of the task, and what will come, to the function that runs."""
        self._run, self._version = run, version
        for event in self._waiting:
            self.hear(event)
        self._waiting.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reins:
    """What an attempt is steered by while it runs."""

    stop: Stop = field(default_factory=Stop)
    pause: Pause = field(default_factory=Pause)
    letters: Letters = field(default_factory=Letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every attempt works with."""

    store: Store
    pool: Pool
    clock: Clock
    workloads: Mapping[str, Workload]
    kinds: Mapping[str, ResourceKind]
    grace: float
    """Seconds between a request to stop and the kill."""
    vault: Vault = field(repr=False)
    """Opens the secrets that came with a task."""
    library: Library | None = None
    settings: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """What the operator has set, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt, as far as it has come."""

    task: Task
    reins: Reins
    load: Load | None = None
    secrets: bytes = field(default=b"", repr=False)
    """Those for the function, opened: JSON, or nothing."""
    run: Run | None = None
    last: Frame | None = None
    """The child's last words; None when it went without."""
    obituary: str = ""
    ending: Ending | None = None

    @property
    def stop(self) -> Stop:
        """Give what asks it to stop."""
        return self.reins.stop

    @property
    def holding(self) -> Holding:
        """Name the task and the fence."""
        return Holding(task_id=self.task.id, fence=self.task.fence)


async def perform(bench: Bench, task: Task, reins: Reins) -> None:
    """Take one attempt from its claim to its record."""
    attempt = Attempt(task=task, reins=reins)
    try:
        attempt = await load(bench, attempt)
        attempt = unseal(bench, attempt)
        attempt = await start(bench, attempt)
        attempt = await run(bench, attempt)
        attempt = await judge(bench, attempt)
    except FenceLost:
        log.warning("attempt.fenced", extra={"task_id": task.id, "fence": task.fence})
        return
    # Whatever goes wrong between claim and record must end in a record, or the task would hang until its lease ends.
    except Exception:
        log.exception("attempt.broke", extra={"task_id": task.id})
        broke = refused("internal_error", "The server failed to run the task; see its log.", retryable=True)
        attempt = replace(attempt, ending=broke)
    _log_failure(attempt)
    await record(bench, attempt)


def _log_failure(attempt: Attempt) -> None:
    cause = {}
    match attempt.ending:
        case Failed(error=error, outcome=outcome):
            code = error.code
            # Of the surroundings; any other failing speaks of the input, which is no matter of the log.
            cause = {"cause": error.message} if error.retryable else {}
        case Lost(outcome=outcome):
            code = "worker_lost"
        case _:
            return
    task = attempt.task
    told = {"task_id": task.id, "kind": task.kind, "attempt": task.attempt, "outcome": outcome, "code": code}
    log.warning("attempt.failed", extra={**told, **cause})


async def load(bench: Bench, attempt: Attempt) -> Attempt:
    """Read what the attempt needs; a cancel or a pause that came before this read is seen in it."""
    found = await bench.store.load(attempt.holding)
    attempt.reins.pause.hear(found.task)
    if found.task.status is Status.CANCELLING:
        attempt.stop.ask(Why.CANCEL)
    return replace(attempt, load=found)


def unseal(bench: Bench, attempt: Attempt) -> Attempt:
    """Open the secrets for the function; what cannot be opened now no other try on this server will open."""
    if attempt.load is None or attempt.load.sealed is None:
        return attempt
    try:
        return replace(attempt, secrets=bench.vault.open(attempt.load.sealed))
    except (GnomonError, ValueError):
        message = (
            "The secrets sent with the task cannot be opened: they were sealed under another secret.key. "
        )
        remedy = "Put the right one back, or submit the task anew with its secrets."
        return replace(attempt, ending=refused("secrets_unreadable", message + remedy))


async def start(bench: Bench, attempt: Attempt) -> Attempt:
    """Take a child, unless there is already a reason not to begin."""
    if attempt.ending is not None:
        return attempt
    if attempt.stop.why is not None:
        return replace(attempt, ending=Stopped(why=attempt.stop.why, cooperative=True))
    try:
        child = await bench.pool.take(bench.workloads[attempt.task.kind].where)
    except Unavailable as error:
        return replace(attempt, ending=Lost(reason=error.message))
    return replace(attempt, run=child.begin(next(_run_numbers)))


async def run(bench: Bench, attempt: Attempt) -> Attempt:
    """Have the child run the function, and answer it until it ends."""
    if attempt.run is None or attempt.load is None:
        return attempt
    ladder = asyncio.create_task(_descend(attempt.run, attempt.stop, bench.grace))
    eviction = asyncio.create_task(_evict(attempt.run, attempt.stop))
    last: Frame | None = None
    try:
        order = _order(bench, attempt.load)
        attempt.run.send("run", attempt.secrets, **order, staging=prefix(bench.store, attempt.holding))
        attempt.reins.pause.reach(attempt.run)
        attempt.reins.letters.reach(attempt.run, attempt.load.task.version)
        last = await _converse(bench, attempt, attempt.run)
        obituary = await attempt.run.child.obituary() if last is None else ""
    finally:
        ladder.cancel()
        eviction.cancel()
        _leave(bench.pool, attempt.run, last)
        if last is None or attempt.stop.why is not None:
            clear(bench.store, attempt.holding)
    if attempt.stop.is_revoked:
        raise FenceLost
    return replace(attempt, last=last, obituary=obituary)


async def judge(bench: Bench, attempt: Attempt) -> Attempt:
    """Say how it ended; a result that the workload's check complains about is none."""
    if attempt.ending is not None or attempt.run is None or attempt.load is None:
        return attempt
    why = attempt.stop.why
    if attempt.last is None:
        was_sacrificed = attempt.run.child.killed_for is not None
        return replace(attempt, ending=vanished(attempt.obituary, why, was_sacrificed=was_sacrificed))
    ending = spoken(attempt.last, why, attempt.load, bench.workloads, bench.clock)
    check = bench.workloads[attempt.task.kind].check_result
    if isinstance(ending, Done) and check is not None:
        complaints = await asyncio.to_thread(check, attempt.load.input, ending.result)
        ending = disputed(complaints, attempt.stop.why) if complaints else ending
    return replace(attempt, ending=ending)


async def record(bench: Bench, attempt: Attempt) -> None:
    """Store the ending; while nothing can be stored, try again for as long as the lease is held."""
    pause = 0.1
    while attempt.ending is not None and not attempt.stop.is_revoked:
        try:
            await bench.store.finish(_finish(bench, attempt, attempt.ending))
        except FenceLost:
            log.warning("attempt.fenced", extra={"task_id": attempt.task.id, "fence": attempt.task.fence})
        except Unavailable:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            continue
        except GnomonError as error:
            failure = refused("store_refused", error.message)
            await bench.store.finish(_finish(bench, attempt, failure))
        return


def _finish(bench: Bench, attempt: Attempt, ending: Ending) -> Finish:
    return Finish(
        holding=attempt.holding,
        now=bench.clock.now(),
        ending=ending,
        policy=bench.workloads[attempt.task.kind].retry,
        chance=fraction(bench.clock),
    )


async def _converse(bench: Bench, attempt: Attempt, run: Run) -> Frame | None:
    desk = Desk(bench.store, bench.clock, bench.kinds, attempt.task, run, bench.library)
    try:
        return await desk.converse()
    except FenceLost:
        attempt.stop.revoke()
        await run.is_over.wait()
        raise


async def _descend(run: Run, stop: Stop, grace: float) -> None:
    """Go down the ladder once a stop is asked for: a word, for computing children SIGTERM, in the end SIGKILL."""
    await stop.asked()
    child = run.child
    run.send("cancel")
    if await _ends(run, grace / 2):
        return
    if child.role == "cpu":
        child.give_way()
    if await _ends(run, grace / 2):
        return
    child.kill(run)
    if not await _ends(run, _KILL_PATIENCE):
        child.orphan()


async def _evict(run: Run, stop: Stop) -> None:
    """Kill what runs alone as soon as its lease is lost, on whichever rung of the ladder it stands."""
    await stop.revoked()
    if run.child.role == "cpu":
        run.child.kill(run)


async def _ends(run: Run, patience: float) -> bool:
    try:
        # Not `wait_for`: in Python 3.11 it loses a cancellation that comes together with the event.
        async with asyncio.timeout(patience):
            await run.is_over.wait()
    except TimeoutError:
        return False
    return True


def _leave(pool: Pool, run: Run, last: Frame | None) -> None:
    if not run.is_over.is_set():
        run.send("cancel")
        if run.child.role == "cpu":
            run.child.kill(run)
    run.child.end(run)
    pool.give_back(run.child, peak=last.message["peak"] if last else 0)


def _order(bench: Bench, load: Load) -> dict[str, Json]:
    workload = bench.workloads[load.task.kind]
    is_join = load.task.phase is Phase.JOIN
    function = workload.join if is_join and workload.join is not None else workload.run
    return {
        "function": address_of(function),
        "task_id": load.task.id,
        "kind": load.task.kind,
        "attempt": load.task.attempt,
        "input": load.input,
        "references": [_fields(pinned) for pinned in load.references],
        "steps": dict(load.steps),
        "predecessor": _fields(load.predecessor) if load.predecessor else None,
        "is_join": is_join,
        "children": [_fields(child) for child in load.children],
        "state": load.state,
        "settings": dict(bench.settings.get(load.task.kind, {})),
        "told": list(load.told),
    }


def _fields(record: Pinned | ChildResult) -> dict[str, Json]:
    return {name: getattr(record, name) for name in type(record).__slots__}
