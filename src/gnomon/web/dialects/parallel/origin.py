"""What a run keeps beside its task: how it was asked for, and what was found doubtful in that."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from gnomon.core.task import Json, Task

_DOOR = "parallel"

Form = Literal["auto", "text", "json"]
WarningType = Literal["spec_validation_warning", "input_validation_warning", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWarning:
    """Something doubtful in a request that was accepted all the same."""

    type: WarningType = "warning"
    message: str
    detail: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How a run was asked for."""

    processor: str
    output: Form = "auto"
    """The form of output that was asked for."""
    enable_events: bool = True
    warnings: tuple[RunWarning, ...] = ()
    is_brief: bool = False
    """Whether the task was given the whole brief, rather than the run's input alone."""

    def write(self) -> Json:
        """Write what `Task.origin` keeps; `read_origin` reads it."""
        named = {"door": _DOOR, **asdict(self)}
        return {**named, "warnings": list(named["warnings"])}


def read_origin(task: Task) -> Origin:
    """Read how a task was asked for; one of another door is shown as if its kind were the processor."""
    kept = task.origin
    if not isinstance(kept, Mapping) or kept.get("door") != _DOOR:
        return Origin(processor=task.kind)
    named = {name: value for name, value in kept.items() if name != "door"}
    return Origin(**{**named, "warnings": tuple(RunWarning(**warning) for warning in named["warnings"])})
