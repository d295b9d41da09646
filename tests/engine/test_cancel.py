"""Cancel is bounded: whatever the function does, the task ends within the grace, and says how."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from conftest import GRACE, open_shop

from gnomon.core.task import CancelOutcome, Status

BOUND = GRACE + 1


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


async def gone(pid, patience=5.0):
    """Wait until the process has ended; the kernel tells through a descriptor of the process."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    loop.add_reader(fd, lambda: ended.done() or ended.set_result(True))
    try:
        async with asyncio.timeout(patience):
            return await ended
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(fd)
        os.close(fd)


@pytest.mark.parametrize(
    ("kind", "outcome", "ends_child"),
    [
        ("loop_politely", CancelOutcome.COOPERATIVE, False),
        ("loop_busily", CancelOutcome.COOPERATIVE, True),
        ("block_in_select", CancelOutcome.COOPERATIVE, True),
        ("multiply", CancelOutcome.COOPERATIVE, True),
        ("loop_deafly", CancelOutcome.KILLED, True),
        ("block_in_c", CancelOutcome.KILLED, True),
        ("io_wait", CancelOutcome.COOPERATIVE, False),
        ("io_block", CancelOutcome.KILLED, True),
    ],
)
async def test_cancel_ends_within_the_grace(shop, kind, outcome, ends_child):
    task, pid = await shop.begin(kind)
    began = time.monotonic()
    assert (await shop.cancel(task)).status is Status.CANCELLING
    task = await shop.until(task)
    assert time.monotonic() - began < BOUND
    assert (task.status, task.cancel_outcome) == (Status.CANCELLED, outcome)
    assert await gone(pid) if ends_child else is_alive(pid)
    assert (await shop.run("echo")).status is Status.COMPLETED
    assert (await shop.run("io_echo")).status is Status.COMPLETED


async def test_a_result_that_came_first_stays(shop):
    task, _ = await shop.begin("finish_when_asked")
    await shop.cancel(task)
    task = await shop.until(task)
    assert (task.status, task.cancel_outcome) == (Status.COMPLETED, CancelOutcome.FINISHED_FIRST)
    assert task.result == "finished anyway"


@pytest.mark.parametrize("kind", ["loop_politely", "loop_busily", "loop_deafly", "io_wait", "io_block"])
async def test_a_deadline_stops_what_runs(shop, kind):
    task, _ = await shop.begin(kind, deadline=0.5)
    task = await shop.until(task)
    assert (task.status, task.error.code) == (Status.TIMED_OUT, "timeout")
    assert (task.finished_at or task.updated_at) - task.deadline_at < (task.deadline_at - task.created_at) * 4


async def test_what_a_workload_starts_dies_with_it(shop):
    task, grandchild = await shop.begin("spawn_family")
    await shop.cancel(task)
    await shop.until(task)
    assert await gone(grandchild)


async def test_a_stubborn_neighbour_costs_no_attempt(shop):
    bystander, _ = await shop.begin("io_wait_once")
    stubborn, _ = await shop.begin("io_block")
    await shop.cancel(stubborn)
    bystander = await shop.until(bystander)
    assert (bystander.status, bystander.result) == (Status.COMPLETED, 2)
    assert (bystander.failures, bystander.losses) == (0, 0)


async def test_a_cancel_between_claim_and_load_is_seen(tmp_path):
    async with open_shop(tmp_path, cpu_slots=1) as shop:
        claim = shop.store.claim

        async def claim_and_be_late(command):
            tasks = await claim(command)
            for task in tasks:
                await shop.cancel(task)
            return tasks

        shop.store.claim = claim_and_be_late
        task = await shop.run("loop_deafly")
        assert (task.status, task.cancel_outcome) == (Status.CANCELLED, CancelOutcome.COOPERATIVE)
