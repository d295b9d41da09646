"""The vendor's own Python client, answered by bodies that a test has made."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
from parallel import Parallel
from parallel._models import BaseModel

Json = Any


def client(status: int, body: Json, headers: Mapping[str, str] = {}, *, is_strict: bool) -> Parallel:
    """Make a client whose every request has the same answer."""

    def give(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body, headers=headers, request=request)

    return Parallel(
        api_key="key",
        base_url="http://server",
        max_retries=0,
        http_client=httpx.Client(transport=httpx.MockTransport(give)),
        _strict_response_validation=is_strict,
    )


def written(model: BaseModel) -> Json:
    """Write what a model has read, in the names of the wire."""
    return json.loads(model.to_json(use_api_names=True, exclude_unset=True))
