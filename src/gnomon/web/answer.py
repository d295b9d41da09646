"""JSON answers, encoded once and by the fast encoder."""

import json
from collections.abc import Mapping

import orjson
from starlette.responses import Response

from gnomon.core.task import Json


def answer(value: Json, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a JSON document."""
    return Response(encode(value), status, dict(headers) if headers else None, media_type="application/json")


def encode(value: Json) -> bytes:
    """Write JSON; integers beyond 64 bits, which results may hold, stay exact."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
