"""Writing a new task: a client's, or a child of a task that has divided."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import NamedTuple

from gnomon.core.errors import NotFound
from gnomon.core.event import EventType, write_time
from gnomon.core.task import Json, NewTask, Phase, Pin, Status, Task
from gnomon.store.blob import link_blobs
from gnomon.store.counter import count_opened, next_number, next_numbers
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, Value, dump, find_micros, micros
from gnomon.store.tally import take_versions
from gnomon.store.task.follow import find_blocker, follow
from gnomon.store.task.tag import tag
from gnomon.store.task.turn import Place, join


class Seat(NamedTuple):
    """What a batch takes for all its tasks at once: of each the number, and the version of the group it joins at."""

    number: int
    group_number: int | None


def insert(
    ledger: Ledger,
    new: NewTask,
    now: datetime,
    resource: tuple[str, int] | None = None,
    seat: Seat | None = None,
) -> Entry:
    """Write a task, its input and its first event; it waits when its time or its predecessor has not come.

    Its predecessor and its group must be stored already; a predecessor that has ended settles at once what follows
    from its end. A session's task comes after the turn before, unless it names another predecessor.
    """
    place = join(ledger, new, now)
    if place is not None and new.predecessor_id is None:
        new = replace(new, predecessor_id=place.task_before)
    predecessor = _predecessor(ledger, new)
    is_blocked = predecessor is not None and find_blocker(ledger, predecessor.task) is not None
    is_early = new.run_at is not None and new.run_at > now
    must_wait = is_early or predecessor is not None
    number, group_number = seat or _take_seat(ledger, new, now)
    columns = _columns(new, number, micros(now))
    columns["resource_id"], columns["resource_revision"] = resource or (None, None)
    if new.group_id is not None:
        columns["group_id"], columns["group_number"] = new.group_id, group_number
    columns |= _columns_of_session(new, place)
    columns["status"] = (Status.PENDING if must_wait else Status.QUEUED).value
    columns["ready"] = int(not must_wait)
    columns["due_at"] = find_micros(new.run_at) if is_early and not is_blocked else None
    told = {} if new.run_at is None else {"run_at": write_time(new.run_at)}
    entry = ledger.open(columns, EventType.SUBMITTED if must_wait else EventType.QUEUED, told)
    ledger.execute(
        "INSERT INTO task_input (task, input, pins, wording, sealed) VALUES (?, ?, ?, ?, ?)",
        (entry.seq, _dump(new.input), _dump_pins(new.pins), _dump(new.wording), new.sealed),
    )
    link_blobs(ledger, new.id, new.blobs)
    _hold_results(ledger, new)
    tag(ledger, entry)
    if predecessor is not None and not is_blocked:
        return follow(ledger, entry, predecessor.task, now)
    return entry


def _hold_results(ledger: Ledger, new: NewTask) -> None:
    """Keep the blobs of the results that go along with what the input refers to."""
    for pin in new.pins:
        if pin.task_id is not None:
            ledger.execute(
                "INSERT OR IGNORE INTO blob_link (sha256, owner_id) "
                "SELECT sha256, ? FROM blob_link WHERE owner_id = ?",
                (new.id, pin.task_id),
            )


def _take_seat(ledger: Ledger, new: NewTask, now: datetime) -> Seat:
    """Count a task that comes alone; a child is no task of the workspace's."""
    if new.parent_id is None:
        return take_seats(ledger, new.workspace, new.group_id, now, 1)[0]
    return Seat(next_number(ledger, new.workspace, "task"), None)


def take_seats(
    ledger: Ledger, workspace: str, group_id: str | None, now: datetime, count: int
) -> Sequence[Seat]:
    """Count so many new tasks, of a group if it is named, and give each its numbers; raises `NotFound`."""
    number = next_numbers(ledger, workspace, "task", count)
    count_opened(ledger, workspace, count)
    if group_id is None:
        return [Seat(number + place, None) for place in range(count)]
    first = take_versions(ledger.connection, group_id, workspace, micros(now), count)
    return [Seat(number + place, first + place) for place in range(count)]


def _predecessor(ledger: Ledger, new: NewTask) -> Entry | None:
    if new.predecessor_id is None:
        return None
    found = ledger.find("id = ? AND workspace = ?", new.predecessor_id, new.workspace)
    if found is None:
        raise NotFound(f"There is no task {new.predecessor_id} to come after.")
    return found


def _columns_of_session(new: NewTask, place: Place | None) -> dict[str, Value]:
    if place is None:
        return {}
    return {"session_id": new.session_id, "session_turn": place.turn, "session_first": place.first_turn}


def _columns(new: NewTask, number: int, at: int) -> dict[str, Value]:
    return {
        "id": new.id,
        "number": number,
        "workspace": new.workspace,
        "kind": new.kind,
        "status": None,
        "phase": Phase.RUN.value,
        "progress": 0.0,
        "version": 1,
        "visibility": new.visibility.value,
        "parent_id": new.parent_id,
        "position": new.position,
        "predecessor_id": new.predecessor_id,
        "resource_id": None,
        "resource_revision": None,
        "attempt": 0,
        "fence": 0,
        "failures": 0,
        "losses": 0,
        "max_attempts": new.max_attempts,
        "max_lost": new.max_lost,
        "priority": new.priority,
        "created_at": at,
        "updated_at": at,
        "run_at": find_micros(new.run_at),
        "deadline_at": find_micros(new.deadline_at),
        "ready": 0,
        "due_at": None,
        "open_children": 0,
        "line_id": new.line_id,
        "revision": new.revision,
        "metadata": _dump(new.metadata),
        "origin": _dump(new.origin),
        "schedule_id": new.schedule_id,
        "scheduled_for": find_micros(new.scheduled_for),
    }


def _dump(value: Json) -> str | None:
    return None if value is None else dump(value)


def _dump_pins(pins: Sequence[Pin]) -> str | None:
    return dump([asdict(pin) for pin in pins]) if pins else None


def child_of(parent: Task, child: NewTask, position: int) -> NewTask:
    """Return the child as its parent's: same workspace and priority, and no later deadline."""
    deadlines = [at for at in (parent.deadline_at, child.deadline_at) if at is not None]
    return replace(
        child,
        workspace=parent.workspace,
        parent_id=parent.id,
        position=position,
        priority=parent.priority,
        deadline_at=min(deadlines, default=None),
    )
