"""What the tests of the wire share: processors, and how a body is read."""

from typing import Any

import pytest

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.workload import Workload
from gnomon.web.dialects.parallel.processors import Processors
from gnomon.web.dialects.parallel.wire.run import RunOrder, read_run


def never(*_: Any) -> None:
    raise AssertionError


WORKLOADS = {
    one.kind: one
    for one in (Workload(kind="research", run=never, takes_brief=True), Workload(kind="echo", run=never))
}
PROCESSORS = Processors(["lite=echo"], WORKLOADS)
"""`lite` runs a plain function, all others take briefs."""
PREVIOUS = "trun_0197d132f07b4d057274ec3683803d0e"


def run_with(**members: Any) -> dict[str, Any]:
    return {"input": "How many?", "processor": "base", **members}


SCHEMA = {
    "type": "object",
    "properties": {"ceo": {"type": "string"}},
    "required": ["ceo"],
    "additionalProperties": False,
}
FULL: dict[str, Any] = run_with(
    input={"company": "Gnomon"},
    processor="pro",
    task_spec={"output_schema": {"type": "json", "json_schema": SCHEMA}, "input_schema": "a company"},
    metadata={"unit": "a-1", "share": 0.5, "count": 3, "final": True},
    source_policy={"include_domains": ["Example.COM/a/../b/"], "after_date": "2026-01-31"},
    advanced_settings={"location": "US", "data_sources": {"free": ["pubmed"], "pay_per_use": ["carbonarc"]}},
    previous_interaction_id=PREVIOUS,
    mcp_servers=[
        {
            "name": "files",
            "url": "https://mcp.example.com/mcp",
            "headers": {"Authorization": "Bearer s3cret"},
            "allowed_tools": ["read"],
        }
    ],
    enable_events=False,
    webhook={"url": "https://example.com/h", "event_types": ["task_run.status"]},
    webhook_url="https://example.com/old",
    memory_scope_key="team_1",
)
# What the vendor's published test-suite sends to see whether all parameters are taken.
PUBLISHED: dict[str, Any] = {
    "input": "What was the GDP of France in 2023?",
    "processor": "base",
    "advanced_settings": {
        "data_sources": {"free": ["string"], "pay_per_use": ["string"]},
        "location": "us",
    },
    "enable_events": True,
    "mcp_servers": [
        {
            "name": "name",
            "url": "url",
            "allowed_tools": ["string"],
            "headers": {"foo": "string"},
            "type": "url",
        }
    ],
    "memory_scope_key": "memory_scope_key",
    "metadata": {"foo": "string"},
    "previous_interaction_id": "previous_interaction_id",
    "source_policy": {
        "after_date": "2024-01-01",
        "exclude_domains": ["reddit.com", "youtube.com/shorts", ".ai"],
        "include_domains": ["wikipedia.org", "docs.python.org/3", ".edu"],
    },
    "task_spec": {
        "output_schema": {
            "json_schema": {
                "additionalProperties": "bar",
                "properties": "bar",
                "required": "bar",
                "type": "bar",
            },
            "type": "json",
        },
        "input_schema": "string",
    },
    "webhook": {"url": "url", "event_types": ["task_run.status"]},
}


def taken(body: Any, *, is_lenient: bool = False) -> RunOrder:
    return read_run(body, processors=PROCESSORS, is_lenient=is_lenient)


def refused(body: Any, *, is_lenient: bool = False) -> list[Complaint]:
    with pytest.raises(Invalid) as caught:
        taken(body, is_lenient=is_lenient)
    return list(caught.value.complaints)


def told(order: RunOrder) -> list[str]:
    return [warning.message for warning in order.origin.warnings]
