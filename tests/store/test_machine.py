"""Whatever is asked of a store in whatever order: the laws of the record hold after every step."""

import asyncio
import atexit
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Stage
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from gnomon.core.errors import Conflict, FenceLost, Gone, QuotaExceeded, ReservationReused
from gnomon.core.event import as_of
from gnomon.core.group import Group, is_at_rest
from gnomon.core.ports import (
    GUESS_HOLDS,
    Claim,
    Finish,
    Holding,
    MemberQuery,
    Reservation,
    SessionQuery,
    TaskQuery,
)
from gnomon.core.retry import Asked, Divided, Done, Ending, Failed, Lost, Parked, Stopped, Why
from gnomon.core.task import TRANSITIONS, CancelOutcome, Phase, Status, Steering, Task, TaskError, Visibility
from gnomon.store.counter import count_active

F = TypeVar("F", bound=Callable[..., None])

WORKSPACE = "wsp_1"
# A failing story is short enough to read; making it the shortest takes minutes.
PHASES = (Stage.explicit, Stage.reuse, Stage.generate)
MEMORY = next((folder for folder in ("/dev/shm",) if Path(folder).is_dir()), None)
"""Where stories keep their stores: a crash is a copy of the files at a commit, and needs no disk."""
STORY = 50
"""Steps of one story."""
LOOK_AROUND = 20
"""Every so many steps all tasks are read, not only those that are said to have changed."""

keys = st.sampled_from("ab")
patiences = st.none() | st.integers(1, 120).map(lambda seconds: timedelta(seconds=seconds))
errors = st.builds(TaskError, code=st.just("c"), message=st.just("m"), retryable=st.booleans())
ENDINGS: dict[str, tuple[int, st.SearchStrategy[Any]]] = {
    "done": (4, st.builds(Done, result=st.integers())),
    "failed": (1, st.builds(Failed, error=errors)),
    "lost": (1, st.builds(Lost, reason=st.just("It vanished."))),
    "stopped": (1, st.builds(Stopped, why=st.sampled_from(Why), cooperative=st.booleans())),
    "parked": (2, st.just(Parked())),
    "asked": (2, st.builds(Asked, key=keys, question=st.integers(), within=patiences)),
}
endings = st.sampled_from([name for name, (weight, _) in ENDINGS.items() for _ in range(weight)]).flatmap(
    lambda name: ENDINGS[name][1]
)
steps = st.one_of(st.integers(-10, 60), st.integers(-600, 600)).map(
    lambda seconds: timedelta(seconds=seconds)
)
bounds = st.none() | st.integers(0, 600).map(lambda seconds: timedelta(seconds=seconds))
wishes = st.none() | st.builds(
    Steering, by=st.none() | st.sampled_from(["ann", "bob"]), reason=st.none() | st.just("Costs.")
)
"""Who steers, and why, as far as they say."""
usages = st.fixed_dictionaries(
    {"kind": st.just("usage"), "cost_usd": st.none() | st.floats(0, 1)},
    optional={
        "engine": st.sampled_from(["local:m", "provider:p/m"]),
        "input_tokens": st.integers(0, 1000),
        "output_tokens": st.integers(0, 1000),
    },
)
sessions = st.sampled_from([None, None, "s"])
reservations = st.builds(Reservation, key=keys, fingerprint=st.sampled_from("fg"))


@cache
def template(open_shop: Callable[[Path], Any]) -> Path:
    """Prepare an empty store once; a story begins with a copy of it."""
    folder = Path(tempfile.mkdtemp(prefix="gnomon-template-", dir=MEMORY))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    asyncio.run(open_shop(folder).store.close())
    return folder


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to do: how often beside the others, whether it is possible now, and what it needs drawn."""

    name: str
    weight: int
    is_possible: Callable[[Any], bool]
    draws: dict[str, Any]


VERBS: list[Verb] = []


def verb(weight: int, is_possible: Callable[[Any], bool] = lambda _: True, **draws: Any) -> Callable[[F], F]:
    """Make a method a verb of the machine.

    Hypothesis gives every rule the same weight and leaves rules out of a story at random; most stories would never
    end an attempt. Verbs are drawn by their weights, by the machine's one rule.
    """

    def register(method: F) -> F:
        VERBS.append(Verb(method.__name__, weight, is_possible, draws))
        return method

    return register


def _has_held(machine: Any) -> bool:
    return bool(machine.held)


def _has_lost(machine: Any) -> bool:
    return bool(machine.lost)


class Machine(RuleBasedStateMachine):
    """Asks at random, and keeps no model but what the laws need: what was seen, and which attempts are held."""

    open_shop: Callable[[Path], Any]
    template: Path
    done = 0

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folders = Path(tempfile.mkdtemp(prefix="gnomon-story-", dir=MEMORY))
        self.folder = self.folders / "0"
        shutil.copytree(type(self).template, self.folder)
        self.tasks: dict[str, Task] = {}
        self.events: dict[str, list[Any]] = defaultdict(list)
        self.children: dict[str, list[str]] = defaultdict(list)
        self.followers: dict[str, list[str]] = defaultdict(list)
        self.told: dict[str, Task] = {}
        self.held: dict[str, Holding] = {}
        self.lost: list[Holding] = []
        self.messages: dict[str, list[int]] = defaultdict(list)
        self.known_steps: dict[tuple[str, str], Any] = {}
        self.made: dict[str, tuple[Reservation, str, datetime]] = {}
        self.guessed: dict[str, tuple[int, datetime]] = {}
        self.policies: dict[str, str] = {}
        self.first_turns: dict[str, int] = {}
        self.began_at: dict[str, int] = {}
        self.forgotten: set[str] = set()
        self.groups: dict[str, Group] = {}
        self.rested: dict[str, dict[str, int]] = defaultdict(dict)
        self.age = 0
        self.verb = ""
        self.shop: Any = None
        self.open()

    @initialize()
    def begin(self) -> None:
        self.run(self.shop.submit())
        self.create_group()

    def run(self, ask: Any) -> Any:
        return self.runner.run(ask)

    def open(self) -> None:
        old, self.shop = self.shop, type(self).open_shop(self.folder)
        if old is not None:
            self.shop.now, self.shop.made = old.now, old.made
        self.shop.hub.on_change = lambda task: self.told.__setitem__(task.id, task)

    def teardown(self) -> None:
        self.run(self.look_at_everything())
        self.run(self.shop.store.close())
        self.runner.close()
        shutil.rmtree(self.folders)

    def at(self, step: timedelta | None) -> datetime | None:
        return None if step is None else self.shop.now + step

    def pick(self, data: Any, records: Any) -> Any:
        return data.draw(st.sampled_from(list(records)))

    def pick_task(self, data: Any) -> Task:
        """Choose a task; mostly one that has not ended, and often one that has children at work."""
        active = [task for task in self.tasks.values() if task.status.is_active]
        parents = [task for task in active if task.phase is Phase.CHILDREN]
        choices = (parents, active, active, self.tasks.values())
        return self.pick(data, choices[data.draw(st.integers(0, 3))] or self.tasks.values())

    @rule(data=st.data())
    def step(self, data: Any) -> None:
        possible = {verb.name: verb for verb in VERBS if verb.is_possible(self)}
        weighted = [name for name, verb in possible.items() for _ in range(verb.weight)]
        chosen = possible[data.draw(st.sampled_from(weighted))]
        self.verb = chosen.name
        getattr(self, chosen.name)(**{name: data.draw(draw) for name, draw in chosen.draws.items()})

    def count_active(self) -> int:
        return sum(task.status.is_active and task.parent_id is None for task in self.tasks.values())

    @verb(
        2,
        data=st.data(),
        priority=st.integers(0, 1),
        start=st.none() | steps,
        deadline=st.none() | st.none() | st.none() | steps,
        limits=st.tuples(st.integers(1, 2), st.integers(1, 2)),
        has_predecessor=st.sampled_from([True, False, False]),
        session=sessions,
        most=st.none() | st.integers(1, 8),
    )
    def submit(
        self,
        data: Any,
        priority: int,
        start: Any,
        deadline: Any,
        limits: Any,
        has_predecessor: bool,
        session: str | None,
        most: Any,
    ) -> None:
        asked = self.shop.submit(
            priority=priority,
            run_at=self.at(start),
            deadline_at=self.at(deadline),
            max_attempts=limits[0],
            max_lost=limits[1],
            predecessor_id=self.pick(data, self.tasks) if has_predecessor and self.tasks else None,
            session_id=session,
            most_active=most,
        )
        if most is not None and self.count_active() >= most:
            with pytest.raises(QuotaExceeded):
                self.run(asked)
        else:
            self.run(asked)

    @verb(1, tries=st.integers(0, 3))
    def submit_by_guess(self, tries: int) -> None:
        kept = Reservation(key="guess", fingerprint="f", tries=tries)
        answer = self.run(self.shop.offer(reservation=kept))
        young = [name for name, (_, at) in self.guessed.items() if self.shop.now - at <= GUESS_HOLDS]
        lower = [name for name in young if self.guessed[name][0] < tries]
        assert answer.is_replay == bool(lower)
        at = self.shop.now
        if lower:
            newest = max(lower, key=lambda name: (*self.guessed[name], name))
            assert answer.task == self.tasks[newest]
            at = self.guessed[newest][1]
        self.guessed[answer.task.id] = (tries, at)

    @verb(1, kept=reservations)
    def submit_once(self, kept: Reservation) -> None:
        known = self.made.get(kept.key)
        asked = self.shop.offer(reservation=kept)
        if known is not None and known[0].fingerprint != kept.fingerprint:
            with pytest.raises(ReservationReused):
                self.run(asked)
            return
        answer = self.run(asked)
        assert answer.is_replay == (known is not None)
        assert known is None or answer.task == self.tasks[known[1]]
        if known is None:
            self.made[kept.key] = (kept, answer.task.id, self.shop.now)

    @verb(1, lambda machine: len(machine.groups) < 3)
    def create_group(self) -> None:
        made = self.run(self.shop.create_group())
        self.groups[made.id] = made

    @verb(
        3,
        data=st.data(),
        starts=st.lists(st.none() | st.none() | steps, max_size=3),
        has_predecessor=st.sampled_from([True, False, False]),
        session=sessions,
        most=st.none() | st.none() | st.integers(1, 8),
    )
    def add(
        self, data: Any, starts: list[Any], has_predecessor: bool, session: str | None, most: Any
    ) -> None:
        group = self.pick(data, self.groups.values())
        before = self.pick(data, self.tasks) if has_predecessor else None
        more = {"predecessor_id": before, "session_id": session}
        new = [self.shop.new(run_at=self.at(start), **more) for start in starts]
        asked = self.shop.add(group, *new, most_active=most)
        if most is not None and self.count_active() + len(new) > most:
            with pytest.raises(QuotaExceeded):
                self.run(asked)
            return
        added = self.run(asked)
        assert (added.before, added.task_ids) == (group.version, [task.id for task in new])

    @verb(1, lambda machine: machine.first_turns, data=st.data())
    def forget_session(self, data: Any) -> None:
        name = self.pick(data, self.first_turns)
        self.run(self.shop.store.sessions.delete_session(WORKSPACE, name, self.shop.now))
        self.forgotten.add(name)

    def check_next_due(self, due: datetime | None) -> None:
        """Find the end of every cancel, whatever its lease was prolonged to, and of every question's patience."""
        ends = [self.tasks[name].cancel_by for name in self.held]
        ends = [end for end in ends if end is not None and end > self.shop.now]
        questions = [task.question for task in self.tasks.values() if task.question is not None]
        ends += [question.answer_by for question in questions if question.answer_by is not None]
        assert not ends or (due is not None and due <= min(ends))

    @verb(1, age=steps)
    def forget_reservations(self, age: timedelta) -> None:
        before = self.shop.now - abs(age)
        times = {key: known[-1] for record in (self.made, self.guessed) for key, known in record.items()}
        old = [key for key, at in times.items() if at < before]
        assert self.run(self.shop.store.sweep_reservations(before, 100)) == len(old)
        for key in old:
            self.made.pop(key, None)
            self.guessed.pop(key, None)

    @verb(6, limit=st.integers(1, 5), lease=st.integers(1, 600))
    def claim(self, limit: int, lease: int) -> None:
        now = self.shop.now
        ready = [task for task in self.tasks.values() if self.is_ready(task)]
        ready = [task for task in ready if task.deadline_at is None or task.deadline_at > now]
        ready.sort(key=lambda task: (-task.priority, task.number))
        command = Claim(worker="w", kinds=("test",), limit=limit, now=now, lease=timedelta(seconds=lease))
        claimed = self.run(self.shop.store.claim(command))
        assert [task.id for task in claimed] == [task.id for task in ready[:limit]]
        for task in claimed:
            self.held[task.id] = holding = Holding(task_id=task.id, fence=task.fence)
            loaded = self.run(self.shop.store.load(holding))
            assert list(loaded.told) == self.messages[task.id]
            self.check_what_it_goes_on_from(task, loaded.predecessor)

    def check_what_it_goes_on_from(self, task: Task, found: Any) -> None:
        """Find the newest completed turn of its session's life, or the predecessor that it named."""
        turns = {known.session_turn: known for known in self.turns(task.session_id)}
        before = turns.get((task.session_turn or 0) - 1)
        is_named = task.predecessor_id is not None and (before is None or task.predecessor_id != before.id)
        expected = self.tasks[task.predecessor_id] if task.predecessor_id else None
        if task.session_turn is not None and not is_named:
            earlier = range(task.session_turn - 1, self.began_at[task.id] - 1, -1)
            completed = [turns[turn] for turn in earlier if turns[turn].status is Status.COMPLETED]
            expected = completed[0] if completed else None
        assert (found is None) == (expected is None)
        if expected is not None:
            assert (found.status, found.result) == (expected.status, expected.result)

    def turns(self, session_id: str | None) -> list[Task]:
        return [task for task in self.tasks.values() if session_id and task.session_id == session_id]

    def is_ready(self, task: Task) -> bool:
        if task.status is Status.RUNNING and task.phase is Phase.JOIN:
            return task.id not in self.held
        return task.status is Status.QUEUED

    @verb(2, _has_held, data=st.data(), lease=st.integers(1, 1200))
    def extend(self, data: Any, lease: int) -> None:
        stopping = [name for name in self.held if self.tasks[name].cancel_by is not None]
        ours = [self.held[self.pick(data, stopping or self.held)], *self.lost[-1:]]
        until = self.shop.now + timedelta(seconds=lease)
        assert self.run(self.shop.store.extend(ours, until)) == ours[:1]
        self.run(self.look_at_changes())
        self.sweep(timedelta(0))

    @verb(
        2,
        _has_held,
        data=st.data(),
        progress=st.none() | st.floats(0, 100),
        messages=st.lists(st.integers() | usages, max_size=3),
    )
    def report(self, data: Any, progress: float | None, messages: list[Any]) -> None:
        task = self.tasks[self.pick(data, self.held)]
        self.run(self.shop.report(task, progress, *messages))

    @verb(1, _has_held, data=st.data(), key=keys, value=st.integers(0, 9))
    def save_step(self, data: Any, key: str, value: int) -> None:
        holding = self.held[self.pick(data, self.held)]
        kept = self.known_steps.setdefault((holding.task_id, key), value)
        assert self.run(self.shop.store.save_step(holding, key, value)) == kept

    @verb(7, _has_held, data=st.data(), ending=endings)
    def finish(self, data: Any, ending: Ending) -> None:
        self.end(self.held.pop(self.pick(data, self.held)), ending)

    @verb(
        4,
        _has_held,
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
        if self.tasks[holding.task_id].phase is Phase.RUN:
            self.policies[holding.task_id] = policy
        self.end(holding, Divided(children=tuple(children), on_child_failure=policy))

    def end(self, holding: Holding, ending: Ending) -> None:
        self.run(self.shop.store.finish(Finish(holding=holding, now=self.shop.now, ending=ending)))
        self.lost.append(holding)

    @verb(1, _has_lost, data=st.data(), ending=endings)
    def finish_too_late(self, data: Any, ending: Ending) -> None:
        with pytest.raises(FenceLost):
            self.end(self.pick(data, self.lost), ending)

    @verb(2, data=st.data(), within=bounds, told=wishes)
    def cancel(self, data: Any, within: timedelta | None, told: Steering | None) -> None:
        task = self.pick_task(data)
        answer = self.run(self.shop.cancel(task, within, told))
        assert answer.status.is_terminal or answer.status is Status.CANCELLING
        assert answer.status.is_terminal or within is None or answer.cancel_by is not None
        if task.status is not Status.CANCELLING and not task.status.is_terminal:
            assert answer.cancel_told == as_kept(told)

    @verb(3, data=st.data(), told=wishes)
    def pause(self, data: Any, told: Steering | None) -> None:
        task = self.pick_task(data)
        if task.status.is_terminal or task.status is Status.CANCELLING:
            with pytest.raises(Conflict):
                self.run(self.shop.pause(task, told))
        else:
            answer = self.run(self.shop.pause(task, told))
            assert (answer.status is Status.PAUSED) == (answer.pause_requested_at is None)
            was_asked = task.status is Status.PAUSED or task.pause_requested_at is not None
            assert answer.pause_told == (task.pause_told if was_asked else as_kept(told))

    @verb(2, data=st.data(), message=st.integers(0, 9), told=wishes)
    def tell(self, data: Any, message: int, told: Steering | None) -> None:
        task = self.pick_task(data)
        if task.status.is_terminal or task.status is Status.CANCELLING:
            with pytest.raises(Conflict):
                self.run(self.shop.tell(task, message, told))
        else:
            answer = self.run(self.shop.tell(task, message, told))
            assert (answer.status, answer.version) == (task.status, task.version + 1)
            self.messages[task.id].append(message)

    @verb(4, data=st.data(), told=wishes)
    def resume(self, data: Any, told: Steering | None) -> None:
        task = self.pick_task(data)
        if task.status.is_terminal:
            with pytest.raises(Conflict):
                self.run(self.shop.resume(task, told))
        else:
            answer = self.run(self.shop.resume(task, told))
            assert answer.status is not Status.PAUSED
            assert answer.pause_requested_at is None
            assert answer.pause_told is None
            assert answer == task or task.status is Status.PAUSED or task.pause_requested_at

    @verb(5, data=st.data(), key=keys, value=st.integers(0, 2))
    def answer(self, data: Any, key: str, value: int) -> None:
        waiting = [task for task in self.tasks.values() if task.status is Status.WAITING]
        task = self.pick(data, waiting) if waiting else self.pick_task(data)
        known = self.known_steps.get((task.id, key))
        is_open = task.question is not None and task.question.key == key
        if known is None and is_open:
            answered = self.run(self.shop.answer(task, value, key))
            assert answered.status is (Status.PAUSED if task.pause_requested_at else Status.QUEUED)
            self.known_steps[task.id, key] = value
        elif known is not None and known == value:
            assert self.run(self.shop.answer(task, value, key)) == task
        else:
            with pytest.raises(Conflict):
                self.run(self.shop.answer(task, value, key))

    @verb(
        3,
        data=st.data(),
        on_active=st.sampled_from(["reject", "enqueue", "replace"]),
        within=bounds,
        start=st.none() | st.none() | steps,
    )
    def rerun(self, data: Any, on_active: str, within: Any, start: Any) -> None:
        lines = [task for task in self.tasks.values() if task.line_id and task.status.is_active]
        of = self.pick(data, lines) if lines and data.draw(st.booleans()) else self.pick_task(data)
        line = self.line(of)
        asked = self.shop.rerun(of, on_active=on_active, cancel_within=within, run_at=self.at(start))
        is_busy = on_active == "reject" and any(task.status.is_active for task in line)
        if of.parent_id is not None or is_busy:
            with pytest.raises(Conflict):
                self.run(asked)
            return
        made = self.run(asked)
        assert (made.line_id, made.revision) == (of.line_id or of.id, len(line) + 1)
        listed = self.run(self.shop.store.list_line(WORKSPACE, of.id, 100))
        assert [task.revision for task in listed] == list(range(made.revision, 0, -1))

    def line(self, task: Task) -> list[Task]:
        first = task.line_id or task.id
        return [known for known in self.tasks.values() if first in {known.id, known.line_id}]

    @verb(3, step=steps)
    def sweep(self, step: timedelta) -> None:
        self.shop.now += step
        lapsing = [task for task in self.tasks.values() if self.is_lapsing(task)]
        swept = self.run(self.shop.store.sweep(self.shop.now))
        assert swept.next_due is None or swept.next_due > self.shop.now
        self.forget_revoked()
        assert {holding.task_id for holding in swept.overdue} <= set(self.held)
        for task in lapsing:
            assert task.question is not None
            self.known_steps[task.id, task.question.key] = None
        self.run(self.look_at_changes())
        for task in lapsing:
            is_paused = task.pause_requested_at is not None
            assert self.tasks[task.id].status is (Status.PAUSED if is_paused else Status.QUEUED)
            assert self.tasks[task.id].pause_told == task.pause_told
        late = [task.id for task in self.tasks.values() if task.cancel_by and task.cancel_by <= self.shop.now]
        assert not [name for name in late if self.tasks[name].status.is_active]
        self.check_next_due(swept.next_due)

    def is_lapsing(self, task: Task) -> bool:
        """Say whether a question has been open for too long, in a task that may still go on."""
        now, question = self.shop.now, task.question
        is_late = task.deadline_at is not None and task.deadline_at <= now
        has_end = question is not None and question.answer_by is not None
        return has_end and question.answer_by <= now and not is_late

    @verb(1, step=steps)
    def trim(self, step: timedelta) -> None:
        before = self.shop.now + step
        old = [
            task
            for task in self.tasks.values()
            if task.finished_at is not None and task.finished_at < before and task.events_from < task.version
        ]
        assert self.run(self.shop.store.trim_events(before, 1000)) == len(old)
        for task in old:
            self.tasks[task.id] = trimmed = self.run(self.shop.get(task))
            assert trimmed.events_from == trimmed.version
            with pytest.raises(Gone):
                self.run(self.shop.store.list_events(WORKSPACE, task.id, task.version - 2, 10))
            assert self.kept_events(task) == self.events[task.id][-1:]

    def kept_events(self, task: Task) -> list[Any]:
        return list(self.run(self.shop.store.list_events(WORKSPACE, task.id, task.version - 1, 10)))

    @verb(1)
    def recover(self) -> None:
        assert self.run(self.shop.store.recover(self.shop.now)) == len(self.held)
        self.lost += self.held.values()
        self.held.clear()

    @verb(1)
    def restart(self) -> None:
        self.run(self.shop.store.close())
        self.open()
        self.recover()
        self.run(self.look_at_everything())

    @verb(1, data=st.data(), is_late=st.booleans())
    def crash(self, data: Any, is_late: bool) -> None:
        """Go on with the files as a kill at a commit leaves them: with nothing of the verb, or with all of it."""
        task = self.pick_task(data)
        group = self.pick(data, self.groups.values())
        verbs = [
            self.shop.submit,
            lambda: self.shop.submit(session_id="s"),
            self.shop.claim,
            lambda: self.shop.cancel(task),
            lambda: self.shop.add(group, self.shop.new(), self.shop.new()),
        ]
        verb = self.pick(data, verbs)
        copy = self.folders / str(int(self.folder.name) + 1)
        if not is_late:
            self.run(self.copy_before_commit(copy))
        claimed = self.run(verb())
        if is_late:
            self.copy(copy)
            if verb == self.shop.claim:
                self.held |= {task.id: Holding(task_id=task.id, fence=task.fence) for task in claimed}
        else:
            self.told.clear()
        self.run(self.shop.store.close())
        shutil.rmtree(self.folder)
        self.folder = copy
        self.open()
        self.run(self.look_at_everything())

    def copy(self, target: Path) -> None:
        target.mkdir(exist_ok=True)
        for name in ("gnomon.db", "gnomon.db-wal"):
            if (self.folder / name).exists():
                shutil.copy(self.folder / name, target / name)

    async def copy_before_commit(self, target: Path) -> None:
        def trace(statement: str) -> None:
            if statement == "COMMIT" and not target.exists():
                self.copy(target)

        await self.shop.store.writer.run(lambda ledger: ledger.connection.set_trace_callback(trace))
        shutil.rmtree(target, ignore_errors=True)  # of the commit that has just set the trace

    def forget_revoked(self) -> None:
        for task_id, holding in list(self.held.items()):
            if self.run(self.shop.store.get_task(WORKSPACE, task_id)).fence != holding.fence:
                self.lost.append(self.held.pop(task_id))

    @invariant()
    def laws(self) -> None:
        self.age += 1
        type(self).done += 1
        self.run(self.look_at_changes())
        if self.age % LOOK_AROUND == 0:
            self.run(self.look_at_everything())

    async def look_at_changes(self) -> None:
        told, self.told = self.told, {}
        before = {task_id: self.tasks.get(task_id) for task_id in told}
        for task_id, task in told.items():
            await self.look_at(task, before[task_id])
        near = {name for task in told.values() for name in (task.id, task.parent_id) if name}
        near |= {name for task_id in told for name in self.followers[task_id]}
        for task_id in near:
            self.check_family(self.tasks[task_id])
        for task in told.values():
            self.check_line(task)
        for name in {task.group_id for task in told.values() if task.group_id is not None}:
            await self.check_group(name)
        assert await self.shop.store.writer.run(count_active, WORKSPACE) == self.count_active()

    async def look_at(self, told: Task, before: Task | None) -> None:
        task = await self.shop.get(told)
        assert told == task
        if before is None:
            self.children[task.parent_id or ""].append(task.id)
            self.followers[task.predecessor_id or ""].append(task.id)
            if task.session_id is not None:
                self.see_turn(task, task.session_id)
        self.tasks[task.id] = task
        check_step(before, task)
        if before is not None and before.status is Status.PAUSED and task.status is not Status.PAUSED:
            assert self.verb == "resume" or task.status.is_terminal or task.status is Status.CANCELLING
        known = self.events[task.id]
        known += await self.shop.store.list_events(WORKSPACE, task.id, len(known), 1000)
        check_log(task, known)
        attempts = await self.shop.store.list_attempts(WORKSPACE, task.id)
        check_attempts(task, attempts, is_held=task.id in self.held)
        check_standing(task, is_held=task.id in self.held)
        messages = [event.body["message"] for event in known if event.type == "task.told"]
        assert messages == self.messages[task.id]

    def see_turn(self, task: Task, name: str) -> None:
        """Find a new turn behind all others, and after the one before it unless it names another."""
        turns = sorted(known.session_turn or 0 for known in self.turns(name))
        assert task.session_turn == len(turns) + 1 == (turns[-1] if turns else 0) + 1
        if name in self.forgotten or name not in self.first_turns:
            self.first_turns[name] = task.session_turn
            self.forgotten.discard(name)
        self.began_at[task.id] = self.first_turns[name]
        assert task.predecessor_id is not None or task.session_turn == self.first_turns[name]

    async def check_sessions(self) -> None:
        """Find each session as its turns say, and none that was deleted."""
        page = await self.shop.store.sessions.list_sessions(SessionQuery(workspace=WORKSPACE))
        assert {session.id for session in page.records} == set(self.first_turns) - self.forgotten
        names = [session.id for session in page.records]
        totals = await self.shop.store.sessions.total_sessions(WORKSPACE, names)
        for session, total in zip(page.records, totals, strict=True):
            known = [t for t in self.turns(session.id) if (t.session_turn or 0) >= session.first_turn]
            assert session.first_turn == self.first_turns[session.id]
            assert session.turns == max(task.session_turn or 0 for task in known)
            assert total.counts == Counter(task.status for task in known)
            used = [task.usage for task in known if task.usage is not None]
            assert total.usage.calls == sum(usage.calls for usage in used)
            assert (total.usage.cost_usd is None) == any(usage.cost_usd is None for usage in used)

    async def look_at_everything(self) -> None:
        """Find that nothing has changed without being told."""
        await self.look_at_changes()
        await self.check_sessions()
        query = TaskQuery(workspace=WORKSPACE, visibility=None, limit=10_000, with_result=True)
        page = await self.shop.store.list_tasks(query)
        assert {task.id: task for task in page.records} == self.tasks
        assert sorted(task.number for task in page.records) == list(range(1, len(self.tasks) + 1))
        public = [
            task for task in page.records if task.visibility is Visibility.PUBLIC and task.status.is_active
        ]
        for name, before in dict(self.groups).items():
            await self.check_group(name)
            assert self.groups[name] == before
        crowds = await self.shop.store.count_tasks(WORKSPACE)
        assert sum(crowd.count for crowd in crowds) == len(public)

    def check_family(self, task: Task) -> None:
        children = [self.tasks[child] for child in self.children[task.id]]
        is_open = any(child.status.is_active for child in children)
        if task.phase is Phase.CHILDREN and task.status in {Status.RUNNING, Status.CANCELLING}:
            assert is_open
        elif task.status not in {Status.TIMED_OUT, Status.PAUSED}:
            # The live children of a late task are about to be stopped; those of a paused one may have ended.
            assert not is_open
        if self.policies.get(task.id) == "fail" and task.status.is_active:
            has_failed = any(c.status.is_terminal and c.status is not Status.COMPLETED for c in children)
            assert not has_failed or task.phase is Phase.CHILDREN
            assert not has_failed or all(
                c.status.is_terminal or c.status is Status.CANCELLING for c in children
            )
        before = self.tasks.get(task.predecessor_id or "")
        assert task.started_at is None or self.find_blocker(before) is None
        if task.status is Status.PENDING and task.attempt == 0 and task.run_at is None:
            assert self.find_blocker(before) is not None

    def find_blocker(self, before: Task | None) -> Task | None:
        while before is not None and before.status.is_terminal and before.started_at is None:
            before = self.tasks.get(before.predecessor_id or "")
        return before if before is not None and before.status.is_active else None

    def check_line(self, task: Task) -> None:
        """Find one task of a line at work at most."""
        if task.line_id is not None:
            line = self.line(task)
            assert sorted(known.revision for known in line) == list(range(1, len(line) + 1))
            assert sum(is_in_play(known) for known in line) <= 1

    async def check_group(self, name: str) -> None:
        """Recount the members, and find each by the number at which it joined, and at which it came to rest."""
        before, group = self.groups[name], await self.shop.get_group(self.groups[name])
        assert group == before or group.version > before.version
        self.groups[name] = group
        known = [task for task in self.tasks.values() if task.group_id == name]
        assert group.counts == Counter((task.status, task.started_at is not None) for task in known)
        query = MemberQuery(workspace=WORKSPACE, group_id=name, limit=1000)
        members = await self.shop.store.list_members(query)
        assert [member.task.id for member in members] == [
            task.id for task in sorted(known, key=lambda task: task.group_number)
        ]
        rested = await self.shop.store.list_rested(query)
        assert {member.task.id for member in rested} == {task.id for task in known if is_at_rest(task.status)}
        numbers = [member.number for member in rested]
        assert numbers == sorted(numbers)
        given = [*numbers, *(member.number for member in members)]
        assert len(set(given)) == len(given)
        assert max(given, default=0) <= group.version
        # Who had read all of the group is told of each member that has come to rest since, and of no other.
        seen = {member.task.id: member.number for member in rested}
        new = {task_id for task_id, number in seen.items() if self.rested[name].get(task_id) != number}
        assert new == {task_id for task_id, number in seen.items() if number > before.version}
        self.rested[name] = seen


def is_in_play(task: Task) -> bool:
    """Say whether a task has had its turn and not ended."""
    if task.status in {Status.PENDING, Status.PAUSED}:
        return task.started_at is not None
    return task.status.is_active


def as_kept(told: Steering | None) -> Steering | None:
    """Return who steers as a record has it: nobody who says nothing."""
    return None if told == Steering() else told


def check_step(before: Task | None, after: Task) -> None:
    """Hold one task's record against the one seen a step ago."""
    if before is None:
        return
    assert before.status.is_active
    assert after.version > before.version
    assert after.fence >= before.fence
    assert after.attempt >= before.attempt
    if after.attempt == before.attempt:
        assert after.progress >= before.progress
    assert (after.progress == 100) == (after.status is Status.COMPLETED)
    assert (after.finished_at is not None) == after.status.is_terminal


def check_standing(task: Task, *, is_held: bool) -> None:
    """Find that the parts of a record agree."""
    assert task.pause_told is None or task.status is Status.PAUSED or task.pause_requested_at is not None
    assert task.cancel_told is None or task.cancel_requested_at is not None
    assert (task.question is not None) == (task.status is Status.WAITING)
    if task.pause_requested_at is not None:
        assert task.status is Status.WAITING or (task.status is Status.RUNNING and is_held)
    if task.status in {Status.PENDING, Status.QUEUED, Status.WAITING, Status.PAUSED}:
        assert not is_held
    if task.status is Status.CANCELLING:
        assert is_held or task.phase is Phase.CHILDREN
    was_cancelled = task.cancel_requested_at is not None
    assert (task.cancel_outcome is not None) == (was_cancelled and task.status.is_terminal)
    if task.cancel_outcome is not None:
        finished_first = task.cancel_outcome is CancelOutcome.FINISHED_FIRST
        assert task.status is (Status.COMPLETED if finished_first else Status.CANCELLED)


def check_log(task: Task, events: list[Any]) -> None:
    """Fold the events, and find the record; see that each status may follow the one before."""
    assert [event.number for event in events] == list(range(1, task.version + 1))
    assert as_of(task, events) == task
    was = None
    for event in events:
        if event.type != "task.message":
            now = Status(event.body["status"])
            assert was in {None, now} or now in TRANSITIONS[was]
            was = now


def check_attempts(task: Task, attempts: Any, *, is_held: bool) -> None:
    """Find every attempt numbered, fenced and ended, but the one that is held."""
    assert [attempt.number for attempt in attempts] == list(range(1, task.attempt + 1))
    fences = [attempt.fence for attempt in attempts]
    assert fences == sorted(set(fences))
    assert all(attempt.outcome is not None for attempt in attempts[: -1 if is_held else None])
    assert not is_held or attempts[-1].outcome is None


def explore(open_shop: Callable[[Path], Any], count: int) -> int:
    """Tell stories of so many steps in all, or a few more; return how many it were."""
    parts = {"open_shop": staticmethod(open_shop), "template": template(open_shop), "done": 0}
    machine: Any = type("Machine", (Machine,), parts)
    while machine.done < count:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=min(-(-(count - machine.done) // STORY), 2000),
                stateful_step_count=STORY,
                deadline=None,
                phases=PHASES,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            ),
        )
    return int(machine.done)


def test_the_laws_hold(open_shop: Callable[[Path], Any]) -> None:
    assert explore(open_shop, 1_000) >= 1_000


@pytest.mark.slow
def test_the_laws_hold_for_long(open_shop: Callable[[Path], Any], machine_steps: int) -> None:
    assert explore(open_shop, machine_steps) >= machine_steps
