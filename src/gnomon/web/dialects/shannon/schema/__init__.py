"""The components of the door's OpenAPI document, as JSON Schema with examples."""

from collections.abc import Mapping
from typing import Any

from gnomon.web.dialects.shannon.schema import control, error, event, task

SCHEMAS: Mapping[str, dict[str, Any]] = {**task.SCHEMAS, **control.SCHEMAS, **event.SCHEMAS, **error.SCHEMAS}
