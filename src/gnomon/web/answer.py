"""JSON answers, encoded once and by the fast encoder."""

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from gnomon.core.task import Json


def answer(value: Json, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a JSON document."""
    return Response(
        orjson.dumps(value), status, dict(headers) if headers else None, media_type="application/json"
    )
