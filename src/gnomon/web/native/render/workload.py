"""Workloads."""

from gnomon.core.task import Json
from gnomon.core.workload import Workload


def workload(value: Workload) -> Json:
    """Write what a kind takes and gives."""
    return {
        "kind": value.kind,
        "title": value.title,
        "where": value.where,
        "input_schema": dict(value.input_schema),
        "output_schema": dict(value.output_schema),
    }
