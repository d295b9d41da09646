"""What the native API answers, as JSON Schema with examples: the components of its document."""

from collections.abc import Mapping
from typing import Any

from gnomon.web.native.schema import (
    access,
    document,
    group,
    hook,
    idempotency,
    problem,
    queue,
    schedule,
    session,
    task,
)

SCHEMAS: Mapping[str, dict[str, Any]] = {
    **task.SCHEMAS,
    **group.SCHEMAS,
    **session.SCHEMAS,
    **schedule.SCHEMAS,
    **queue.SCHEMAS,
    **hook.SCHEMAS,
    **access.SCHEMAS,
    **document.SCHEMAS,
    **idempotency.SCHEMAS,
    **problem.SCHEMAS,
}
