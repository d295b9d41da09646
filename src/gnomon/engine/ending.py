"""From a child's last words to how the attempt ended: pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from gnomon.core.errors import Complaint
from gnomon.core.ports import Clock, Load
from gnomon.core.retry import Asked, Divided, Done, Ending, Failed, Lost, Parked, Stopped, Why
from gnomon.core.task import Json, NewTask, Phase, Pin, TaskError, Visibility, task_id
from gnomon.core.workload import Workload
from gnomon.engine.child.pipe import Frame

_MOST_TOLD = 5


def vanished(obituary: str, why: Why | None, *, was_sacrificed: bool) -> Ending:
    """Judge a child that ended without last words: killed on request, along with another attempt, or on its own."""
    if why is not None:
        return Stopped(why=why, cooperative=False)
    return Stopped(why=Why.SHUTDOWN, cooperative=False) if was_sacrificed else Lost(reason=obituary)


def spoken(
    frame: Frame, why: Why | None, load: Load, workloads: Mapping[str, Workload], clock: Clock
) -> Ending:
    """Judge an attempt by the last words of its child; a result stands even when a stop was asked for."""
    message, blobs = frame.message, tuple(frame.content.decode().split())
    if message["how"] == "done":
        return Done(result=message["result"], blobs=blobs)
    if why is not None or message["how"] == "cancelled":
        return Stopped(why=why or Why.SHUTDOWN, cooperative=True)
    if message["how"] == "failed":
        return refused(message["code"], message["message"], retryable=message["retryable"])
    if message["how"] == "parked":
        return Parked(blobs=tuple(message["blobs"]))
    if message["how"] == "asked":
        within = message["within"]
        return Asked(
            key=message["key"],
            question=message["question"],
            within=None if within is None else timedelta(seconds=within),
            blobs=tuple(message["blobs"]),
        )
    return _divide(message, blobs, load, workloads, clock)


def disputed(complaints: Sequence[Complaint], why: Why | None) -> Ending:
    """Judge a result that is not what was asked for; another try may do better."""
    if why is not None:
        return Stopped(why=why, cooperative=True)
    return refused("invalid_answer", dispute(complaints), retryable=True)


def dispute(complaints: Sequence[Complaint]) -> str:
    """Say what is wrong with a result, by its fields."""
    told = [f"{'.'.join(map(str, each.loc)) or 'result'}: {each.message}" for each in complaints[:_MOST_TOLD]]
    more = f"; and {len(complaints) - _MOST_TOLD} more" if len(complaints) > _MOST_TOLD else ""
    return f"The result is not what was asked for. {'; '.join(told)}{more}."


def refused(code: str, message: str, *, retryable: bool = False) -> Failed:
    """Say that an attempt failed."""
    return Failed(error=TaskError(code=code, message=message, retryable=retryable))


def _divide(
    message: Mapping[str, Json],
    blobs: tuple[str, ...],
    load: Load,
    workloads: Mapping[str, Workload],
    clock: Clock,
) -> Ending:
    complaint = _split_complaint(message["children"], load, workloads)
    if complaint:
        return refused("invalid_split", complaint)
    now = clock.now()
    ids = [task_id(now, clock.chance(80)) for _ in message["children"]]
    children = tuple(
        _child(position, child, ids, load, workloads[child["kind"]], now)
        for position, child in enumerate(message["children"])
    )
    return Divided(
        children=children,
        state=message["state"],
        blobs=blobs,
        on_child_failure=message["on_child_failure"],
    )


def _child(
    position: int,
    child: Mapping[str, Json],
    ids: Sequence[str],
    load: Load,
    workload: Workload,
    now: datetime,
) -> NewTask:
    own = now + workload.deadline if workload.deadline is not None else None
    return NewTask(
        id=ids[position],
        workspace=load.task.workspace,
        kind=workload.kind,
        input=child["input"],
        max_attempts=workload.retry.max_attempts,
        max_lost=workload.retry.max_lost,
        deadline_at=min(filter(None, (own, load.task.deadline_at)), default=None),
        priority=load.task.priority,
        parent_id=load.task.id,
        position=position,
        predecessor_id=None if child["after"] is None else ids[child["after"]],
        visibility=Visibility(child["visibility"]),
        pins=_pins(load),
        blobs=tuple(child["blobs"]),
        sealed=load.sealed,
    )


def _split_complaint(children: Sequence[Json], load: Load, workloads: Mapping[str, Workload]) -> str:
    kind = load.task.kind
    if load.task.phase is Phase.JOIN:
        return f"The join of {kind!r} returned another Split; let a child split instead."
    if workloads[kind].join is None:
        return f"{kind!r} returned a Split and has no join; give the Workload one."
    if not children:
        return f"{kind!r} returned a Split without children; return the result instead."
    for position, child in enumerate(children):
        if child["kind"] not in workloads:
            return f"Child {position} is of the kind {child['kind']!r}, and no workload of that kind is installed."
        if child["after"] is not None and not 0 <= child["after"] < position:
            return f"Child {position} comes after child {child['after']}; it must name an earlier position."
    return ""


def _pins(load: Load) -> tuple[Pin, ...]:
    """Let a child see the references that its parent saw."""
    return tuple(
        Pin(
            kind=pinned.kind,
            number=pinned.number,
            resource_id=pinned.id,
            revision=pinned.revision,
            task_id=pinned.task_id,
        )
        for pinned in load.references
    )


def fraction(clock: Clock) -> float:
    """Draw a number in [0, 1)."""
    return clock.chance(53) / (1 << 53)
