"""What the Parallel door answers, as JSON Schema with examples: the components of its document."""

from collections.abc import Mapping
from typing import Any

from gnomon.web.dialects.parallel.schema import error, event, group, request, result, run

SCHEMAS: Mapping[str, dict[str, Any]] = {
    **request.SCHEMAS,
    **run.SCHEMAS,
    **result.SCHEMAS,
    **group.SCHEMAS,
    **event.SCHEMAS,
    **error.SCHEMAS,
}
