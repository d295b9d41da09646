"""The context of a workload, in memory: real bytes, real records, nothing patched."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gnomon.core.task import Json
from gnomon.core.workload import Cancelled, ChildResult, Pinned, Saved, Split, Workload

T = TypeVar("T")


@dataclass
class MemoryContext:
    references: Sequence[Pinned] = ()
    task_id: str = "tsk_memory"
    attempt: int = 1
    blobs: dict[str, bytes] = field(default_factory=dict)
    saved: dict[str, tuple[str, Json]] = field(default_factory=dict)
    steps: dict[str, Json] = field(default_factory=dict)
    seen: list[tuple[float, str | None]] = field(default_factory=list)
    messages: list[Mapping[str, Json]] = field(default_factory=list)
    checkpoints_left: int | None = None

    def progress(self, percent: float, stage: str | None = None) -> None:
        self.seen.append((percent, stage))

    def emit(self, body: Mapping[str, Json]) -> None:
        self.messages.append(body)

    def step(self, key: str, function: Callable[[], T]) -> T:
        if key not in self.steps:
            self.steps[key] = json.loads(json.dumps(function()))
        found: T = self.steps[key]
        return found

    def checkpoint(self) -> None:
        if self.is_cancelled():
            raise Cancelled
        if self.checkpoints_left is not None:
            self.checkpoints_left -= 1

    def is_cancelled(self) -> bool:
        return self.checkpoints_left == 0

    def save(self, kind: str, document: Json, *, key: str, is_draft: bool = False) -> Saved:
        self.saved.setdefault(key, (kind, document))
        return Saved(kind=kind, number=list(self.saved).index(key) + 1, id="1")

    def put(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        self.blobs[name] = content
        return name

    def get(self, sha256: str) -> bytes:
        return self.blobs[sha256]


def finish(workloads: Sequence[Workload], kind: str, given: Json, ctx: MemoryContext) -> Any:
    """Run a task to its result, its children one after another, everything through JSON as on the wire."""
    by_kind = {workload.kind: workload for workload in workloads}
    outcome = by_kind[kind].run(_wire(given), ctx)
    if not isinstance(outcome, Split):
        return _wire(outcome)
    children = []
    for position, child in enumerate(outcome.children):
        inside = MemoryContext(blobs=ctx.blobs)
        result = _wire(by_kind[child.kind].run(_wire(child.input), inside))
        children.append(
            ChildResult(position=position, kind=child.kind, status="completed", result=result, error=None)
        )
    join = by_kind[kind].join
    assert join is not None
    return _wire(join(_wire(given), children, _wire(outcome.state), ctx))


def _wire(value: Json) -> Json:
    return json.loads(json.dumps(value, allow_nan=False))
