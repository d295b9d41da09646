"""The server that tests run in their own process."""

import signal
from typing import Any

import httpx
from loopback import on_loopback


async def test_a_server_in_the_process_leaves_its_signals_alone(app: Any) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with on_loopback(app) as address, httpx.AsyncClient() as client:
        assert (await client.get(address)).status_code == 200
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
