"""The workloads by kind, checked once at start-up."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gnomon.core.workload import Failure, Workload
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
        refuse_functions(workload)
        found[workload.kind] = workload
    return found


def address_of(function: Callable[..., Any]) -> str:
    """Return the `module:NAME` under which a child imports the function."""
    return f"{function.__module__}:{function.__qualname__}"


def refuse_functions(workload: Workload) -> None:
    """Refuse a workload whose functions could not be called.

    Raises
    ------
    ValueError
        When a child could not import one, or it is of the other sort, or takes other arguments.
    """
    if workload.where not in ("cpu", "io"):
        raise ValueError(f"{workload.kind!r} says where={workload.where!r}; use 'cpu' or 'io'.")
    _refuse(workload, workload.run, "run", ("input", "ctx"))
    if workload.join is not None:
        _refuse(workload, workload.join, "join", ("input", "children", "state", "ctx"))


def _refuse(workload: Workload, function: Callable[..., Any], role: str, arguments: Sequence[str]) -> None:
    if not _is_importable(function):
        raise ValueError(
            f"The {role} of the workload {workload.kind!r}, {_name(function)}, cannot be imported by a child "
            "process; define it by name (def, no lambda) at the top level of a module."
        )
    address = address_of(function)
    is_coroutine = inspect.iscoroutinefunction(function)
    if is_coroutine and workload.where == "cpu":
        raise ValueError(
            f"{address} must be a plain function (def), because {workload.kind!r} says where='cpu', the default; "
            "or say where='io'."
        )
    if not is_coroutine and workload.where == "io":
        raise ValueError(
            f"{address} must be a coroutine function (async def), because {workload.kind!r} says where='io'; "
            "leave that out to run a plain function."
        )
    if not _takes(function, len(arguments)):
        raise ValueError(
            f"{address} cannot be called as the {role} of {workload.kind!r} is: {role}({', '.join(arguments)})."
        )


def _is_importable(function: Callable[..., Any]) -> bool:
    if not (hasattr(function, "__module__") and hasattr(function, "__qualname__")):
        return False
    if "<" in function.__qualname__ or function.__module__ == "__main__":
        return False
    try:
        return find_function(address_of(function)) == function
    except Failure:
        return False


def _name(function: Callable[..., Any]) -> str:
    return address_of(function) if hasattr(function, "__qualname__") else repr(function)[:200]


def _takes(function: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        # Some functions written in C tell no signature.
        return True
    return True
