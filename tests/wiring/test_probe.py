"""What is told at the start of servers that research shall ask and that are not there."""

import asyncio
import logging

import pytest

from gnomon.settings import Settings
from gnomon.wiring.probe import warn_of_absent


async def test_what_does_not_answer_is_warned_of_and_what_answers_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    there = Settings(model="m", model_url=f"http://127.0.0.1:{port}/v1")
    gone = Settings(
        model="m",
        model_url="http://nowhere.invalid/v1",
        search=("brave", f"searxng=http://127.0.0.1:{port}"),
    )
    with caplog.at_level(logging.WARNING):
        async with server:
            await warn_of_absent(there)
            await warn_of_absent(gone)
        await warn_of_absent(there)
    told = [(record.message, record.asked_for, record.address) for record in caplog.records]  # type: ignore[attr-defined]  # of `extra`
    assert told == [
        ("server.absent", "model", "http://nowhere.invalid/v1"),
        ("server.absent", "model", there.model_url),
    ]
