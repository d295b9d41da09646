"""Workloads that keep a journal outside the server, so that a test can see what really ran, and when."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gnomon.core.task import Visibility
from gnomon.core.workload import AsyncContext, Child, Context, Split, Workload


@contextmanager
def alone(task_input: dict[str, Any], attempt: int) -> Iterator[None]:
    """Hold a lock that the system frees when the process dies; note it when another process holds it."""
    journal = Path(task_input["journal"])
    name = task_input["name"]
    with (journal / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            (journal / f"{name}.twice").write_text(f"attempt {attempt}\n")
        with (journal / f"{name}.log").open("a") as log:
            log.write(f"begin {attempt}\n")
        yield
        with (journal / f"{name}.log").open("a") as log:
            log.write(f"end {attempt}\n")


def busy(task_input: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Use the processor for as long as the input says."""
    with alone(task_input, ctx.attempt):
        end = time.monotonic() + task_input["seconds"]
        while time.monotonic() < end:
            ctx.progress(50, "working")
    return {"name": task_input["name"]}


async def calm(task_input: dict[str, Any], ctx: AsyncContext) -> dict[str, Any]:
    """Do a step that is never done twice, on the shared child."""
    with alone(task_input, ctx.attempt):
        await ctx.step("only", _step)
    return {"name": task_input["name"]}


async def _step() -> int:
    return 1


def family(task_input: dict[str, Any], _: Context) -> Split:
    """Hand the work to three children."""
    names = [f"{task_input['name']}-{position}" for position in range(3)]
    return Split(
        children=tuple(Child(kind="test.busy", input={**task_input, "name": name}) for name in names)
    )


def gather(task_input: dict[str, Any], children: Any, _state: Any, _ctx: Context) -> dict[str, Any]:
    """Put the children's results in order."""
    return {"name": task_input["name"], "children": [child.result["name"] for child in children]}


def two_steps(task_input: dict[str, Any], _: Context) -> Split:
    """Hand the work to two children that the doors show, one after the other."""
    first = Child(kind="test.parse", input=task_input, visibility=Visibility.PUBLIC)
    second = Child(kind="test.count", input={}, after=0, visibility=Visibility.PUBLIC)
    return Split(children=(first, second))


def parse(task_input: dict[str, Any], _: Context) -> list[str]:
    """Take a text apart."""
    return str(task_input["text"]).split()


def count(_: dict[str, Any], ctx: Context) -> dict[str, int]:
    """Count what the step before has found."""
    assert ctx.predecessor is not None
    return {"words": len(ctx.predecessor.result)}


def last_result(_input: Any, children: Any, _state: Any, _ctx: Context) -> Any:
    """Give the last step's result as the whole's."""
    return children[-1].result


def stubborn(task_input: dict[str, Any], ctx: Context) -> None:
    """Never give way: catch whatever comes and go on."""
    Path(task_input["started"]).write_text("yes")
    while True:
        try:
            while True:
                ctx.is_cancelled()
        except BaseException:  # noqa: BLE001 - this is what it is for
            pass


def willing(task_input: dict[str, Any], ctx: Context) -> None:
    """Compute without end, and give way when asked."""
    Path(task_input["started"]).write_text("yes")
    while True:
        ctx.checkpoint()


WORKLOADS = (
    Workload(kind="test.busy", run=busy),
    Workload(kind="test.calm", run=calm, where="io"),
    Workload(kind="test.family", run=family, join=gather),
    Workload(kind="test.two_steps", run=two_steps, join=last_result),
    Workload(kind="test.parse", run=parse),
    Workload(kind="test.count", run=count),
    Workload(kind="test.stubborn", run=stubborn),
    Workload(kind="test.willing", run=willing),
)
