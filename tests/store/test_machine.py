"""Whatever is asked of a store in whatever order: the laws of the record hold after every step."""

import asyncio
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Stage
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gnomon.core.errors import FenceLost
from gnomon.core.ports import Claim, Finish, Holding, TaskQuery
from gnomon.core.retry import Divided, Done, Ending, Failed, Lost, Stopped, Why
from gnomon.core.task import TRANSITIONS, Phase, Status, Task, TaskError, Visibility

WORKSPACE = "wsp_1"
# A failing story is short enough to read; making it the shortest takes minutes.
PHASES = (Stage.explicit, Stage.reuse, Stage.generate)
FOLDED = ("status", "phase", "attempt", "progress", "stage", "error", "cancel_outcome")

endings = st.one_of(
    st.builds(Done, result=st.integers()),
    st.builds(
        Failed, error=st.builds(TaskError, code=st.just("c"), message=st.just("m"), retryable=st.booleans())
    ),
    st.builds(Lost, reason=st.just("It vanished.")),
    st.builds(Stopped, why=st.sampled_from(Why), cooperative=st.booleans()),
)
steps = st.integers(-600, 600).map(lambda seconds: timedelta(seconds=seconds))


class Machine(RuleBasedStateMachine):
    """Asks at random, and keeps no model but what the laws need: what was seen, and which attempts are held."""

    open_shop: Callable[[Path], Any]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.tasks: dict[str, Task] = {}
        self.told: dict[str, Task] = {}
        self.held: dict[str, Holding] = {}
        self.lost: list[Holding] = []
        self.shop: Any = None
        self.open()

    def run(self, ask: Any) -> Any:
        return self.runner.run(ask)

    def open(self) -> None:
        old, self.shop = self.shop, type(self).open_shop(Path(self.folder.name))
        if old is not None:
            self.shop.now, self.shop.made = old.now, old.made
        self.shop.hub.on_change = lambda task: self.told.__setitem__(task.id, task)

    def teardown(self) -> None:
        self.run(self.shop.store.close())
        self.runner.close()
        self.folder.cleanup()

    def at(self, step: timedelta | None) -> datetime | None:
        return None if step is None else self.shop.now + step

    def pick(self, data: Any, records: Any) -> Any:
        return data.draw(st.sampled_from(list(records)))

    def has_tasks(self) -> bool:
        return bool(self.tasks)

    def has_held(self) -> bool:
        return bool(self.held)

    @rule(
        data=st.data(),
        priority=st.integers(0, 1),
        start=st.none() | steps,
        deadline=st.none() | st.none() | steps,
        limits=st.tuples(st.integers(1, 2), st.integers(1, 2)),
        has_predecessor=st.booleans(),
    )
    def submit(
        self, data: Any, priority: int, start: Any, deadline: Any, limits: Any, has_predecessor: bool
    ) -> None:
        before = self.pick(data, self.tasks) if has_predecessor and self.tasks else None
        self.run(
            self.shop.submit(
                priority=priority,
                run_at=self.at(start),
                deadline_at=self.at(deadline),
                max_attempts=limits[0],
                max_lost=limits[1],
                predecessor_id=before,
            )
        )

    @rule(limit=st.integers(1, 5), lease=st.integers(1, 600))
    def claim(self, limit: int, lease: int) -> None:
        now = self.shop.now
        ready = [task for task in self.tasks.values() if self.is_ready(task)]
        ready = [task for task in ready if task.deadline_at is None or task.deadline_at > now]
        ready.sort(key=lambda task: (-task.priority, task.number))
        command = Claim(worker="w", kinds=("test",), limit=limit, now=now, lease=timedelta(seconds=lease))
        claimed = self.run(self.shop.store.claim(command))
        assert [task.id for task in claimed] == [task.id for task in ready[:limit]]
        for task in claimed:
            self.held[task.id] = Holding(task_id=task.id, fence=task.fence)

    def is_ready(self, task: Task) -> bool:
        if task.status is Status.RUNNING and task.phase is Phase.JOIN:
            return task.id not in self.held
        return task.status is Status.QUEUED

    @precondition(has_held)
    @rule(
        data=st.data(), progress=st.none() | st.floats(0, 100), messages=st.lists(st.integers(), max_size=2)
    )
    def report(self, data: Any, progress: float | None, messages: list[int]) -> None:
        task = self.tasks[self.pick(data, self.held)]
        self.run(self.shop.report(task, progress, *messages))

    @precondition(has_held)
    @rule(data=st.data(), ending=endings)
    def finish(self, data: Any, ending: Ending) -> None:
        self.end(self.held.pop(self.pick(data, self.held)), ending)

    @precondition(has_held)
    @rule(
        data=st.data(),
        after=st.lists(st.none() | st.integers(0, 2), max_size=3),
        policy=st.sampled_from(["fail", "join"]),
        deadline=st.none() | steps,
    )
    def split(self, data: Any, after: list[int | None], policy: Any, deadline: Any) -> None:
        children: list[Any] = []
        for sibling in after:
            before = children[sibling].id if sibling is not None and sibling < len(children) else None
            at = self.at(deadline)
            children.append(
                self.shop.new(predecessor_id=before, deadline_at=at, visibility=Visibility.INTERNAL)
            )
        holding = self.held.pop(self.pick(data, self.held))
        self.end(holding, Divided(children=tuple(children), on_child_failure=policy))

    def end(self, holding: Holding, ending: Ending) -> None:
        self.run(self.shop.store.finish(Finish(holding=holding, now=self.shop.now, ending=ending)))
        self.lost.append(holding)

    @precondition(lambda self: bool(self.lost))
    @rule(data=st.data(), ending=endings)
    def finish_too_late(self, data: Any, ending: Ending) -> None:
        with pytest.raises(FenceLost):
            self.end(self.pick(data, self.lost), ending)

    @precondition(has_tasks)
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        task = self.tasks[self.pick(data, self.tasks)]
        answer = self.run(self.shop.cancel(task))
        assert answer.status.is_terminal or answer.status is Status.CANCELLING

    @rule(step=steps)
    def sweep(self, step: timedelta) -> None:
        self.shop.now += step
        swept = self.run(self.shop.store.sweep(self.shop.now))
        assert swept.next_due is None or swept.next_due > self.shop.now
        self.forget_revoked()
        assert {holding.task_id for holding in swept.overdue} <= set(self.held)

    @rule()
    def recover(self) -> None:
        assert self.run(self.shop.store.recover(self.shop.now)) == len(self.held)
        self.lost += self.held.values()
        self.held.clear()

    @rule()
    def reopen(self) -> None:
        self.run(self.shop.store.close())
        self.open()

    def forget_revoked(self) -> None:
        for task_id, holding in list(self.held.items()):
            if self.run(self.shop.store.get_task(WORKSPACE, task_id)).fence != holding.fence:
                self.lost.append(self.held.pop(task_id))

    @invariant()
    def laws(self) -> None:
        query = TaskQuery(workspace=WORKSPACE, visibility=None, limit=10_000, with_result=True)
        page = self.run(self.shop.store.list_tasks(query))
        before, self.tasks = self.tasks, {task.id: task for task in page.records}
        assert set(before) <= set(self.tasks)
        assert sorted(task.number for task in page.records) == list(range(1, len(self.tasks) + 1))
        for task in page.records:
            check_step(before.get(task.id), task)
            self.check_family(task)
            if task != before.get(task.id):
                assert self.told[task.id] == task
                check_log(task, self.run(self.shop.events(task)))
                check_attempts(
                    task,
                    self.run(self.shop.store.list_attempts(WORKSPACE, task.id)),
                    is_held=task.id in self.held,
                )

    def check_family(self, task: Task) -> None:
        children = [child for child in self.tasks.values() if child.parent_id == task.id]
        is_open = any(child.status.is_active for child in children)
        if task.status in {Status.RUNNING, Status.CANCELLING} and task.phase is Phase.CHILDREN:
            assert is_open
        elif task.status is not Status.TIMED_OUT:  # its live children are about to be stopped
            assert not is_open
        before = self.tasks.get(task.predecessor_id or "")
        if task.status is Status.PENDING and task.attempt == 0 and task.run_at is None:
            assert before is not None
            assert before.status.is_active


def check_step(before: Task | None, after: Task) -> None:
    """Hold one task's record against the one seen a step ago."""
    if before is None:
        return
    assert before == after or not before.status.is_terminal
    assert after.version > before.version or before == after
    assert after.fence >= before.fence
    assert after.attempt >= before.attempt
    if after.attempt == before.attempt:
        assert after.progress >= before.progress
    assert (after.progress == 100) == (after.status is Status.COMPLETED)
    assert (after.finished_at is not None) == after.status.is_terminal


def check_log(task: Task, events: list[Any]) -> None:
    """Fold the events, and find the record."""
    assert [event.number for event in events] == list(range(1, task.version + 1))
    state: dict[str, Any] = dict.fromkeys(FOLDED) | {"phase": "run", "attempt": 0, "progress": 0}
    for event in events:
        if event.type == "task.message":
            continue
        was, now = state["status"], Status(event.body["status"])
        assert was is None or now is was or now in TRANSITIONS[was]
        assert was is None or was.is_active
        state |= {"error": None} if event.type == "task.started" else {}
        state |= event.body
        state["status"] = now
    error = task.error and {
        "code": task.error.code,
        "message": task.error.message,
        "retryable": task.error.retryable,
    }
    seen = {name: getattr(task, name) for name in FOLDED} | {"error": error}
    assert {name: state[name] for name in FOLDED} == seen


def check_attempts(task: Task, attempts: Any, *, is_held: bool) -> None:
    """Find every attempt numbered, fenced and ended, but the one that is held."""
    assert [attempt.number for attempt in attempts] == list(range(1, task.attempt + 1))
    fences = [attempt.fence for attempt in attempts]
    assert fences == sorted(set(fences))
    assert all(attempt.outcome is not None for attempt in attempts[: -1 if is_held else None])
    assert not is_held or attempts[-1].outcome is None


def explore(open_shop: Callable[[Path], Any], examples: int, length: int) -> None:
    machine = type("Machine", (Machine,), {"open_shop": staticmethod(open_shop)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=length,
            deadline=None,
            phases=PHASES,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_the_laws_hold(open_shop: Callable[[Path], Any]) -> None:
    explore(open_shop, 12, 40)


@pytest.mark.slow
def test_the_laws_hold_for_long(open_shop: Callable[[Path], Any]) -> None:
    explore(open_shop, 100, 60)
