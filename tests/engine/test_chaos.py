"""Whatever is killed, and whenever a cancel comes: every task ends as it may, and no process stays behind."""

import asyncio
import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from engine_shop import gone, is_alive, open_shop

from gnomon.core.task import CancelOutcome, Status

LEGAL = {
    "echo": {Status.COMPLETED, Status.CANCELLED},
    "chatter": {Status.COMPLETED, Status.CANCELLED},
    "fail": {Status.FAILED, Status.CANCELLED},
    "leave": {Status.FAILED, Status.CANCELLED},
    "io_echo": {Status.COMPLETED, Status.CANCELLED},
}


def descendants(pid):
    """Return the process numbers under a process, from what the kernel lists; some may end while we read."""
    try:
        lists = [(thread / "children").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    children = [int(child) for text in lists for child in text.split()]
    return children + [each for child in children for each in descendants(child)]


def kill(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("kind", LEGAL)
async def test_a_cancel_at_any_moment_ends_legally(shop, kind):
    """Submit and cancel after a random number of turns of the loop, many times."""
    chance = random.Random(kind)
    for _ in range(12):
        task = await shop.submit(kind, {"code": 1, "times": 9})
        for _ in range(chance.choice([0, 1, 5, 20, 60])):
            await asyncio.sleep(0)
        await asyncio.sleep(chance.choice([0, 0, 0.002, 0.01, 0.03]))
        await shop.cancel(task)
        task = await shop.until(task)
        assert task.status in LEGAL[kind]
        assert (task.cancel_outcome is None) == (task.status is not Status.CANCELLED) or (
            task.cancel_outcome is CancelOutcome.FINISHED_FIRST
        )
        kinds = [name for name, _ in await shop.events(task)]
        terminal = {"task.completed", "task.failed", "task.cancelled"}
        assert sum(name in terminal for name in kinds) == 1
        assert kinds[-1] in terminal


@pytest.mark.slow
async def test_rounds_of_killed_workers(tmp_path):
    """Kill a random process of the engine again and again, the nursery included, while tasks run."""
    chance = random.Random(7)
    async with open_shop(tmp_path, cpu_slots=2) as shop:
        for _ in range(60):
            tasks = [await shop.submit("echo", max_lost=50) for _ in range(6)]
            tasks += [await shop.submit("io_echo", max_lost=50) for _ in range(3)]
            for _ in range(4):
                await asyncio.sleep(chance.random() * 0.01)
                family = [pid for pid in descendants(os.getpid()) if is_alive(pid)]
                if family:  # there is none while a killed nursery is being replaced
                    kill(chance.choice(family))
            for task in tasks:
                task = await shop.until(task)
                assert task.status is Status.COMPLETED, task.error
                assert (task.failures, task.attempt) == (0, task.losses + 1)
        family = descendants(os.getpid())
    for pid in family:
        assert await gone(pid)
