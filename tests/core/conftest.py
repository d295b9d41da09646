"""A task record to begin with."""

from datetime import UTC, datetime

import pytest

from gnomon.core.task import Phase, Status, Task, Visibility

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def task() -> Task:
    """Give a running task in its first attempt."""
    return Task(
        id="tsk_1", number=1, workspace="w", kind="k", status=Status.RUNNING, phase=Phase.RUN, stage=None,
        progress=0.0, version=3, visibility=Visibility.PUBLIC, parent_id=None, position=None, predecessor_id=None,
        resource_id=None, resource_revision=None, attempt=1, fence=1, failures=0, losses=0, max_attempts=3,
        max_lost=3, priority=0, created_at=NOW, started_at=NOW, finished_at=None, updated_at=NOW, run_at=None,
        deadline_at=None, cancel_requested_at=None, cancel_outcome=None, error=None, result=None,
    )  # fmt: skip
