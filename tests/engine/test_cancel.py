"""Cancel is bounded: whatever the function does, the task ends within the grace, and says how."""

import asyncio
import os
import random
import signal
import time
from datetime import timedelta

import pytest
from engine_shop import GRACE, gone, is_alive, open_shop

from gnomon.core.errors import Conflict
from gnomon.core.task import CancelOutcome, Status

BOUND = GRACE + 1


@pytest.mark.parametrize(
    ("kind", "outcome", "ends_child"),
    [
        ("loop_politely", CancelOutcome.COOPERATIVE, False),
        ("loop_busily", CancelOutcome.COOPERATIVE, True),
        ("block_in_select", CancelOutcome.COOPERATIVE, True),
        ("multiply", CancelOutcome.COOPERATIVE, True),
        ("loop_deafly", CancelOutcome.KILLED, True),
        ("block_in_c", CancelOutcome.KILLED, True),
        ("work_deafly", CancelOutcome.KILLED, True),
        ("derive_keys", CancelOutcome.KILLED, True),
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


class CancelOnClaim:
    """A store in which a cancel is committed right after each claim, before the engine knows of the claim."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def claim(self, command):
        tasks = await self._store.claim(command)
        for task in tasks:
            await self._store.cancel(task.workspace, task.id, command.now)
        return tasks


async def test_a_cancel_between_claim_and_load_is_seen(tmp_path):
    async with open_shop(tmp_path, between=CancelOnClaim) as shop:
        task = await shop.run("loop_deafly")
        assert (task.status, task.cancel_outcome) == (Status.CANCELLED, CancelOutcome.COOPERATIVE)


LEGAL = {
    Status.COMPLETED: {CancelOutcome.FINISHED_FIRST, None},
    Status.CANCELLED: {CancelOutcome.BEFORE_START, CancelOutcome.COOPERATIVE},
    Status.FAILED: {None},
}
WAYS = [
    {"how": "done"},
    {"how": "ask"},
    {"how": "fail", "retryable": True},
    {"how": "fail", "retryable": False},
]


@pytest.mark.parametrize("seed", range(4))
async def test_a_cancel_at_any_moment_has_a_legal_end(tmp_path, seed):
    """Race cancels, and pauses and resumes before them, with attempts that complete, ask, fail and are retried."""
    chance = random.Random(seed)
    async with open_shop(tmp_path, cpu_slots=3) as shop:
        orders = [{**chance.choice(WAYS), "seconds": chance.uniform(0, 0.05)} for _ in range(25)]
        tasks = [await shop.submit("end_at_random", order) for order in orders]
        await asyncio.gather(*(_harass(shop, task, chance.uniform(0, 0.4), chance) for task in tasks))
        for task in tasks:
            ended = await shop.until(task)
            assert ended.cancel_outcome in LEGAL[ended.status]
            assert (ended.finished_at - task.created_at).total_seconds() < 0.4 + GRACE + 5
            log = await shop.events(task)
            assert sum(Status(body["status"]).is_terminal for kind, body in log if "status" in body) == 1
        assert shop.engine.running == 0
        assert (await shop.run("echo")).status is Status.COMPLETED


async def _harass(shop, task, delay, chance):
    loop = asyncio.get_running_loop()
    for at, verb in sorted((chance.uniform(0, delay), verb) for verb in (shop.pause, shop.resume)):
        await asyncio.sleep(max(0, at - (loop.time() % 0.001)))
        try:
            await verb(task)
        except Conflict:
            return
    await asyncio.sleep(delay / 2)
    await shop.cancel(task)


async def test_a_cancel_has_a_bound_even_when_nobody_carries_it_out(tmp_path):
    """The process that should kill hangs: the store's own bound ends the task, and the ladder the hanging process."""
    async with open_shop(tmp_path, lease=timedelta(seconds=0.9)) as shop:
        task, pid = await shop.begin("loop_deafly")
        os.kill(shop.engine._nursery.pid, signal.SIGSTOP)
        asked = await shop.store.cancel("w", task.id, shop.clock.now(), timedelta(seconds=1))
        assert asked.status is Status.CANCELLING
        ended = await shop.until(task)
        assert (ended.status, ended.cancel_outcome) == (Status.CANCELLED, CancelOutcome.KILLED)
        assert ended.finished_at - asked.cancel_by < timedelta(seconds=1)
        assert await gone(pid)
        assert (await shop.run("echo")).status is Status.COMPLETED


async def test_an_attempt_that_lost_its_lease_while_cancelled_is_killed(tmp_path):
    async with open_shop(tmp_path, lease=timedelta(seconds=0.9), grace=timedelta(seconds=30)) as shop:
        task, pid = await shop.begin("loop_deafly")
        await shop.store.cancel("w", task.id, shop.clock.now(), timedelta(seconds=0.3))
        ended = await shop.until(task)
        assert (ended.status, ended.cancel_outcome) == (Status.CANCELLED, CancelOutcome.KILLED)
        assert await gone(pid)
