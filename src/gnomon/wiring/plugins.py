"""Plugins: the workloads and resource kinds that packages and named modules bring."""

import importlib
import sys
import traceback
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from gnomon.core.resource import ResourceKind
from gnomon.core.workload import Workload
from gnomon.engine.registry import refuse_functions
from gnomon.wiring.schemas import with_schema_check


def load_plugins(modules: Iterable[str]) -> tuple[Mapping[str, Workload], Mapping[str, ResourceKind]]:
    """Gather workloads and resource kinds from the entry-point group and from the modules named.

    Raises
    ------
    ValueError
        When two plugins claim one kind, or a module has no workloads, or one that cannot work.
    """
    workloads: dict[str, Workload] = {}
    kinds: dict[str, ResourceKind] = {}
    found = {point.module for point in entry_points(group="gnomon.workloads")}
    for name in [*sorted(found), *modules]:
        module = _import(name)
        for workload in _workloads(module, name):
            refuse_functions(workload)
            _add(workloads, workload.kind, with_schema_check(workload), name)
        for kind in getattr(module, "RESOURCE_KINDS", ()):
            _add(kinds, kind.kind, kind, name)
    return workloads, kinds


def _workloads(module: ModuleType, name: str) -> tuple[Workload, ...]:
    found = getattr(module, "WORKLOADS", None)
    if doubt := _doubt(found):
        raise ValueError(f"{name} {doubt}")
    return tuple(found or ())


def _doubt(found: object) -> str:
    """Say what is wrong with a module's WORKLOADS."""
    if found is None:
        return "has no workloads: it needs WORKLOADS = (Workload(...), ...)."
    if not isinstance(found, list | tuple):
        kind = type(found).__name__
        return f"says WORKLOADS = a {kind}; write a tuple, also of one: WORKLOADS = (Workload(...),)."
    strange = (place for place, each in enumerate(found) if not isinstance(each, Workload))
    if (place := next(strange, None)) is None:
        return ""
    return f"has a {type(found[place]).__name__} in WORKLOADS[{place}]; it must be a Workload."


def _import(name: str) -> ModuleType:
    """Import a plugin; modules in the folder where the server was started are found too."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise ValueError(f"{name} cannot be imported: it needs the module {error.name!r}.") from error
        raise ValueError(
            f"There is no module {name!r}. Start the server in its folder, or name the folder in PYTHONPATH."
        ) from error
    # A plugin may raise anything while it is imported, or leave by `exit`.
    except (Exception, SystemExit) as error:
        raise ValueError(f"{name} cannot be imported: {_fault(error, name)}") from error


def _fault(error: BaseException, name: str) -> str:
    """Say on one line what went wrong while a module was imported, and where."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} ({error.filename}, line {error.lineno})."
    places = [
        f" ({frame.f_code.co_filename}, line {line})"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] == name.partition(".")[0]
    ]
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{''.join(places[-1:])}."


def _add(known: dict[str, Any], kind: str, value: Any, module: str) -> None:
    if known.setdefault(kind, value) is not value:
        raise ValueError(f"{module} brings the kind {kind!r}, which another plugin has brought already.")
