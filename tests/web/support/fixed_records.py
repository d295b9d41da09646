"""Tasks and groups that never change, for what is kept as golden files."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gnomon.core.group import Group, Standing
from gnomon.core.task import Json, Phase, Question, Status, Task, TaskError, Visibility
from gnomon.web.dialects.parallel.origin import Form, Origin, RunWarning

NOW = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
TASK_ID = "tsk_01jz8k5w3v9m2q4x7c6t1r0f8e"
GROUP_ID = "grp_01jz8k5w0000000000000000g7"
ALWAYS_STARTED = {Status.RUNNING, Status.WAITING, Status.CANCELLING, Status.COMPLETED, Status.TIMED_OUT}
NEVER_STARTED = {Status.EXPIRED}
STANDINGS = [
    (status, has_begun)
    for status in Status
    for has_begun in (False, True)
    if status not in (ALWAYS_STARTED if not has_begun else NEVER_STARTED)
]
"""All statuses, with and without a start, that a task can have."""

WARNING = RunWarning(
    type="spec_validation_warning",
    message="task_spec.output_schema: 'ceo' is not among the required properties.",
    detail={"loc": ["task_spec", "output_schema", "ceo"]},
)
ERRORS = {
    Status.FAILED: TaskError(code="no_sources", message="Nothing was found that answers this."),
    Status.TIMED_OUT: TaskError(code="timeout", message="The deadline passed while the task was running."),
    Status.EXPIRED: TaskError(code="expired", message="The deadline passed before the task had started."),
}
QUESTION = Question(key="which", body={"text": "Which Mercury: planet or metal?"}, asked_at=NOW)
ANSWER = {
    "type": "json",
    "content": {"ceos": ["Ada King"], "founded": 1843},
    "schema": {"type": "object", "properties": {"ceos": {"type": "array"}, "founded": {"type": "integer"}}},
    "basis": [
        {
            "field": "ceos",
            "reasoning": "The register and the firm's own page agree.",
            "confidence": "high",
            "citations": [
                {"url": "https://example.com/about", "title": "About us", "excerpts": ["Ada King leads us."]},
                {"url": "https://example.org/register"},
            ],
        },
        {"field": "ceos.0", "reasoning": "Named so in the register.", "confidence": None},
        {"field": "founded", "reasoning": "Only one source says so.", "confidence": "low", "citations": []},
    ],
    "tool_calls": [
        {
            "id": "call_1",
            "server": "registry",
            "tool": "find_firm",
            "arguments": '{"name": "Example"}',
            "content": "Example Ltd",
        },
        {"id": "call_2", "server": "registry", "tool": "find_firm", "arguments": "{}", "error": "No name."},
    ],
}
REPORT = {
    "type": "text",
    "content": "# Example\n\nFounded in 1843.",
    "basis": [{"field": "output", "reasoning": "The register says so.", "confidence": "medium"}],
}
MADE_BY = {
    "engine": "provider:openai/gpt-5-mini",
    "usage": {"calls": 3, "input_tokens": 5210, "output_tokens": 640, "cost_usd": 0.0026},
    "truncated": ["founded: not looked at by the model, because the budget of 0.02 USD was used up."],
}


def origin(output: Form = "auto", **fields: Any) -> Origin:
    return Origin(processor="pro-fast", output=output, is_brief=True, **fields)


def task(
    status: Status = Status.COMPLETED,
    *,
    has_begun: bool = True,
    asked: Origin | None = origin(),  # noqa: B008  # frozen
    **fields: Any,
) -> Task:
    """Make a task of this door; of another one when nothing was asked here."""
    ended = NOW + timedelta(minutes=3) if status.is_terminal else None
    standard: dict[str, Any] = {
        "id": TASK_ID, "number": 7, "workspace": "w", "kind": "research", "phase": Phase.RUN, "stage": None,
        "progress": 40.0, "version": 3, "visibility": Visibility.PUBLIC, "parent_id": None, "position": None,
        "predecessor_id": None, "resource_id": None, "resource_revision": None, "attempt": 1, "fence": 1,
        "failures": 0, "losses": 0, "max_attempts": 3, "max_lost": 3, "priority": 0, "created_at": NOW,
        "started_at": NOW + timedelta(seconds=2) if has_begun else None, "finished_at": ended,
        "updated_at": ended or NOW + timedelta(seconds=42, microseconds=-123456), "run_at": None,
        "deadline_at": None, "cancel_requested_at": None, "cancel_outcome": None, "error": ERRORS.get(status),
        "question": QUESTION if status is Status.WAITING else None, "result": None,
        "origin": None if asked is None else asked.write(),
    }  # fmt: skip
    return Task(status=status, **(standard | fields))


def group(counts: Mapping[Standing, int], **fields: Any) -> Group:
    standard: dict[str, Any] = {
        "id": GROUP_ID, "workspace": "w", "metadata": {"batch": "june", "size": 3},
        "version": 2 * sum(counts.values()), "created_at": NOW, "updated_at": NOW + timedelta(minutes=1),
    }  # fmt: skip
    return Group(counts=counts, **(standard | fields))


def failed(**fields: Any) -> Task:
    return task(Status.FAILED, **fields)


def completed(result: Json, asked: Origin | None) -> Task:
    return task(Status.COMPLETED, asked=asked, result=result)
