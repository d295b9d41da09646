"""The workloads by kind, checked once at start-up."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gnomon.core.workload import Workload
from gnomon.engine.child.context import find_function


def gather(workloads: Iterable[Workload]) -> Mapping[str, Workload]:
    """Return the workloads by kind.

    Raises
    ------
    ValueError
        When two have the same kind, or when a child could not import a function.
    """
    found: dict[str, Workload] = {}
    for workload in workloads:
        if workload.kind in found:
            other = address_of(found[workload.kind].run)
            raise ValueError(
                f"Two workloads have the kind {workload.kind!r}: {other} and {address_of(workload.run)}."
            )
        for function in filter(None, (workload.run, workload.join)):
            _check(workload, function)
        found[workload.kind] = workload
    return found


def address_of(function: Callable[..., Any]) -> str:
    """Return the `module:NAME` under which a child imports the function."""
    return f"{function.__module__}:{function.__qualname__}"


def _check(workload: Workload, function: Callable[..., Any]) -> None:
    address = address_of(function)
    if "<" in address or function.__module__ == "__main__" or find_function(address) is not function:
        raise ValueError(
            f"{address} of the workload {workload.kind!r} cannot be imported by a child process; "
            "define it by name at the top level of a module."
        )
    if inspect.iscoroutinefunction(function) != (workload.where == "io"):
        wanted = "a coroutine function" if workload.where == "io" else "a plain function"
        raise ValueError(
            f"{address} must be {wanted}, because {workload.kind!r} runs where={workload.where!r}."
        )
