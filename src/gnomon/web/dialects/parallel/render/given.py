"""The request for a run, as it was submitted."""

from collections.abc import Mapping

from gnomon.core.ports import Given
from gnomon.core.task import Json, Task
from gnomon.web.dialects.parallel.origin import read_origin


def run_input(task: Task, given: Given) -> dict[str, Json]:
    """Write what a run was asked for: what the client left out is left out; of another door's task, its input."""
    origin = read_origin(task)
    asked = given.input
    if origin.is_brief and isinstance(asked, Mapping):
        asked = asked.get("input", asked)  # a rerun may have been given something else
    if not isinstance(asked, str | Mapping):
        asked = {"input": asked}
    wording = given.wording if isinstance(given.wording, Mapping) else {}
    return {"processor": origin.processor, **wording, "input": asked}
