"""Plugins: the workloads and resource kinds that packages and named modules bring."""

import importlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry

from gnomon.core.errors import Complaint
from gnomon.core.resource import ResourceKind
from gnomon.core.task import Json
from gnomon.core.workload import Workload

_MOST_COMPLAINTS = 20


def load_plugins(modules: Iterable[str]) -> tuple[Mapping[str, Workload], Mapping[str, ResourceKind]]:
    """Gather workloads and resource kinds from the entry-point group and from the modules named.

    Raises
    ------
    ValueError
        When two plugins claim one kind, or a module has no workloads.
    """
    workloads: dict[str, Workload] = {}
    kinds: dict[str, ResourceKind] = {}
    found = {point.module for point in entry_points(group="gnomon.workloads")}
    for name in [*sorted(found), *modules]:
        module = _import(name)
        if not hasattr(module, "WORKLOADS"):
            raise ValueError(f"{name} has no workloads: it needs WORKLOADS = (Workload(...), ...).")
        for workload in module.WORKLOADS:
            _add(workloads, workload.kind, with_schema_check(workload), name)
        for kind in getattr(module, "RESOURCE_KINDS", ()):
            _add(kinds, kind.kind, kind, name)
    return workloads, kinds


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


def with_schema_check(workload: Workload) -> Workload:
    """Let a workload's JSON Schema check its input before its own check does.

    Raises
    ------
    ValueError
        When the schema is no valid JSON Schema.
    """
    try:
        Draft202012Validator.check_schema(dict(workload.input_schema))
    except SchemaError as error:
        raise ValueError(f"The input schema of {workload.kind!r} is not valid: {error.message}") from error
    validator = Draft202012Validator(dict(workload.input_schema), registry=Registry())

    def check(task_input: Json) -> Sequence[Complaint]:
        found = islice(validator.iter_errors(task_input), _MOST_COMPLAINTS)
        complaints = [Complaint(tuple(e.absolute_path), e.message, str(e.validator)) for e in found]
        return complaints or (workload.check(task_input) if workload.check else ())

    return replace(workload, check=check)


def _add(known: dict[str, Any], kind: str, value: Any, module: str) -> None:
    if known.setdefault(kind, value) is not value:
        raise ValueError(f"{module} brings the kind {kind!r}, which another plugin has brought already.")
