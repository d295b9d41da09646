"""The components of the door's OpenAPI document, as JSON Schema with examples."""

from collections.abc import Mapping
from typing import Any

from gnomon.web.dialects.shannon.schema import chat, control, error, event, schedule, session, task, trade

SCHEMAS: Mapping[str, dict[str, Any]] = {
    **task.SCHEMAS,
    **control.SCHEMAS,
    **event.SCHEMAS,
    **session.SCHEMAS,
    **schedule.SCHEMAS,
    **trade.SCHEMAS,
    **chat.SCHEMAS,
    **error.SCHEMAS,
}
