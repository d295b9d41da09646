import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from gnomon.web.presence import while_present


def request_of(*messages: dict[str, Any]) -> Request:
    """Return a request whose client sends these messages, then nothing more."""
    left = list(messages)

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_gives_what_was_waited_for() -> None:
    async def soon() -> int:
        return 7

    body = {"type": "http.request", "body": b"", "more_body": False}
    assert await while_present(request_of(body), soon()) == 7


async def test_drops_the_wait_of_a_client_that_leaves() -> None:
    dropped = asyncio.Event()

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            dropped.set()

    with pytest.raises(ClientDisconnect):
        await while_present(request_of({"type": "http.disconnect"}), never())
    assert dropped.is_set()


async def test_passes_failures_on() -> None:
    async def fails() -> None:
        raise KeyError("k")

    with pytest.raises(KeyError):
        await while_present(request_of(), fails())
