"""The laws of every door that shows tasks: a new door joins by a row of `DOORS`.

Whether a stream, a wait and a poll of one door agree is told by the version that all of them carry; what is looked at
here is how a door names what the house knows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from gnomon.core.errors import Invalid
from gnomon.core.ports import TaskQuery
from gnomon.core.task import TRANSITIONS, Phase, Status, Task, Visibility
from gnomon.web.dialects.daly.render.task import render_task
from gnomon.web.dialects.daly.wire.tasks import read_task_query
from gnomon.web.dialects.parallel.render.run import run as render_run
from gnomon.web.dialects.parallel.status import WORDS, asked
from gnomon.web.dialects.parallel.wire.listing import read_listing
from gnomon.web.dialects.shannon.render.task import summary
from gnomon.web.dialects.shannon.status import PREFIX, SPELLINGS, find_word
from gnomon.web.dialects.shannon.status import WORDS as SHANNON_WORDS
from gnomon.web.dialects.shannon.status import asked as asked_by_shannon
from gnomon.web.dialects.shannon.wire.listing import read_listing as read_shannon_listing
from gnomon.web.native.render.task import task as render_native
from gnomon.web.native.wire import ask
from gnomon.web.native.wire.tasks import TaskFilters

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KIND = "energy_model"
ACCEPTED, RUNNING, ENDED = range(3)


@dataclass(frozen=True)
class Door:
    """What one door says of a task, and which tasks it lists by a word."""

    words: Sequence[str]
    """The closed set of its statuses."""
    ended: frozenset[str]
    show: Callable[[Task], dict[str, Any]]
    is_begun: Callable[[dict[str, Any]], bool]
    """Whether what it shows says that work has begun."""
    find: Callable[[str], TaskQuery]
    """Its list's query by a status; raises `Invalid`."""
    good: str = "completed"
    """The word of a task that has completed."""


def parallel(*, opted_in: bool) -> Door:
    """Return what the Parallel door says to clients that know what to do with a run that asks, and to others."""

    def find(word: str) -> TaskQuery:
        listed = read_listing(QueryParams({"status": word})).word
        assert listed is not None
        meant = asked(listed, opted_in=opted_in)
        return TaskQuery(workspace="w", statuses=meant.statuses, is_started=meant.is_started)

    return Door(
        words=WORDS,
        ended=frozenset({"completed", "failed", "cancelled"}),
        show=lambda task: render_run(task, opted_in=opted_in),
        is_begun=lambda shown: shown["status"] != "queued",
        find=find,
    )


def find_by_shannon(word: str, *, opted_in: bool = False) -> TaskQuery:
    """Return the Shannon door's query by a status; it takes a blank one for none."""
    listed = read_shannon_listing(QueryParams({"status": word})).word
    assert listed is not None
    meant = asked_by_shannon(listed, opted_in=opted_in)
    return TaskQuery(workspace="w", statuses=meant.statuses, is_started=meant.is_started)


SHANNON = Door(
    words=[PREFIX + word for word in SHANNON_WORDS if word != "PAUSED"],
    ended=frozenset(PREFIX + word for word in ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT")),
    show=lambda task: summary(task, "Why?"),
    is_begun=lambda shown: shown["status"] != PREFIX + "QUEUED",
    find=find_by_shannon,
    good=PREFIX + "COMPLETED",
)

DOORS = {
    "shannon": SHANNON,
    "parallel": parallel(opted_in=False),
    "parallel, opted in": parallel(opted_in=True),
    "native": Door(
        words=[str(status) for status in Status],
        ended=frozenset({"completed", "failed", "cancelled", "timed_out", "expired"}),
        show=render_native,
        is_begun=lambda shown: shown["started_at"] is not None,
        find=lambda word: ask(TaskFilters, QueryParams({"status": word})).query("w", [KIND]),
    ),
    "daly": Door(
        words=["pending", "queued", "running", "completed", "failed", "cancelled"],
        ended=frozenset({"completed", "failed", "cancelled"}),
        show=render_task,
        is_begun=lambda shown: shown["status"] == "running",
        find=lambda word: read_task_query(
            status=word,
            task_type=None,
            created_after=None,
            created_before=None,
            page=1,
            page_size=10,
            offered=frozenset({KIND}),
        ),
    ),
}
BEGUN = {Status.RUNNING, Status.WAITING, Status.CANCELLING, Status.COMPLETED, Status.TIMED_OUT}
"""No task has one of these that has not started."""
FIRST = Task(
    id="tsk_" + 26 * "1",
    number=1,
    workspace="w",
    kind=KIND,
    status=Status.PENDING,
    phase=Phase.RUN,
    stage=None,
    progress=0.0,
    version=1,
    visibility=Visibility.PUBLIC,
    parent_id=None,
    position=None,
    predecessor_id=None,
    resource_id=None,
    resource_revision=None,
    attempt=0,
    fence=0,
    failures=0,
    losses=0,
    max_attempts=3,
    max_lost=3,
    priority=0,
    created_at=NOW,
    started_at=None,
    finished_at=None,
    updated_at=NOW,
    run_at=None,
    deadline_at=None,
    cancel_requested_at=None,
    cancel_outcome=None,
    error=None,
    result=None,
)


def step(task: Task, status: Status) -> Task:
    """Move on; what has started stays so."""
    begins = status in BEGUN or task.started_at is not None
    # The one way around the tables: a task that never started does not time out.
    return replace(task, status=status, version=task.version + 1, started_at=NOW if begins else None)


@st.composite
def lives(draw: st.DrawFn) -> list[Task]:
    """Draw the versions of a task's life, in order."""
    life = [replace(FIRST, status=draw(st.sampled_from([Status.PENDING, Status.QUEUED])))]
    for _ in range(draw(st.integers(0, 12))):
        following = sorted(TRANSITIONS[life[-1].status])
        if not following:
            break
        life.append(step(life[-1], draw(st.sampled_from(following))))
    return life


def every_task() -> list[Task]:
    unstarted = [replace(FIRST, status=status) for status in Status if status not in BEGUN]
    return unstarted + [replace(FIRST, status=status, started_at=NOW) for status in Status]


doors = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


def rank(door: Door, task: Task) -> int:
    shown = door.show(task)
    if shown["status"] in door.ended:
        return ENDED
    return RUNNING if door.is_begun(shown) else ACCEPTED


@doors
def test_m1_every_task_has_a_word(door: Door) -> None:
    assert all(door.show(task)["status"] for task in every_task())


@doors
def test_m2_a_door_shows_an_end_exactly_when_there_is_one(door: Door) -> None:
    for task in every_task():
        assert (door.show(task)["status"] in door.ended) == task.status.is_terminal, task.status


@doors
@given(life=lives())
def test_m3_what_is_shown_never_goes_backwards(door: Door, life: list[Task]) -> None:
    ranks = [rank(door, task) for task in life]
    assert ranks == sorted(ranks), [task.status for task in life]


def test_all_doors_agree_how_far_a_task_has_come() -> None:
    for task in every_task():
        ranks = {name: rank(door, task) for name, door in DOORS.items()}
        assert len(set(ranks.values())) == 1, (task.status, ranks)
        good = {name for name, door in DOORS.items() if door.show(task)["status"] == door.good}
        assert good == (set(DOORS) if task.status is Status.COMPLETED else set())


@doors
def test_m4_only_words_of_the_closed_set(door: Door) -> None:
    shown = {door.show(task)["status"] for task in every_task()}
    assert shown <= set(door.words)
    assert door.ended <= set(door.words)


@doors
def test_m5_a_filter_finds_exactly_what_is_shown_by_its_word(door: Door) -> None:
    for word in door.words:
        query = door.find(word)
        for task in every_task():
            begun = task.started_at is not None
            is_found = query.statuses is None or task.status in query.statuses
            is_found = is_found and query.is_started in (None, begun)
            assert is_found == (door.show(task)["status"] == word), (word, task.status, begun)


@doors
@given(word=st.text(min_size=1))
def test_m6_an_unknown_word_is_refused_never_ignored(door: Door, word: str) -> None:
    if word.lower() in door.words or set(word.split(",")) <= set(door.words):
        return
    if door is SHANNON and (not word.strip() or find_word(word) is not None):
        return
    with pytest.raises(Invalid):
        door.find(word)


def spellings(word: str) -> set[str]:
    """Return all ways in which clients write a word: the vendor's synonyms, with and without prefix, in any case."""
    known = {spelling for spelling, meant in SPELLINGS.items() if meant == word}
    prefixed = {PREFIX + spelling for spelling in known}
    return {way(spelling) for spelling in known | prefixed for way in (str.upper, str.lower, str.title)}


@pytest.mark.parametrize("opted_in", [False, True], ids=["older clients", "opted in"])
@pytest.mark.parametrize("word", SHANNON_WORDS)
def test_m7_every_spelling_of_a_status_means_the_same(word: str, opted_in: bool) -> None:
    meant = find_by_shannon(word, opted_in=opted_in)
    for spelling in spellings(word):
        assert find_by_shannon(spelling, opted_in=opted_in) == meant, spelling


def test_m7_both_spellings_of_a_cancel_are_there() -> None:
    assert {"cancelled", "CANCELED", "task_status_canceled", "running", "TASK_STATUS_RUNNING"} <= {
        *spellings("CANCELLED"),
        *spellings("RUNNING"),
    }


def test_m5_holds_for_clients_that_opted_in_to_paused_tasks() -> None:
    for word in SHANNON_WORDS:
        query = find_by_shannon(word, opted_in=True)
        for task in every_task():
            is_found = query.statuses is not None and task.status in query.statuses
            is_found = is_found and query.is_started in (None, task.started_at is not None)
            shown = summary(task, "Why?", opted_in=True)["status"]
            assert is_found == (shown == PREFIX + word), (word, task.status)
