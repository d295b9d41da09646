"""A running task is set aside at its next checkpoint, and goes on from its steps when it is resumed."""

import pytest
from engine_shop import gone, is_alive, open_shop

from gnomon.core.errors import Conflict
from gnomon.core.retry import Outcome
from gnomon.core.task import CancelOutcome, Status


@pytest.mark.parametrize("kind", ["loop_politely", "io_park"])
async def test_a_running_task_is_set_aside_at_its_checkpoint(shop, kind):
    task, pid = await shop.begin(kind)
    asked = await shop.pause(task)
    assert (asked.status, asked.pause_requested_at is None) == (Status.RUNNING, False)
    paused = await shop.until_it_is(task, Status.PAUSED)
    assert (paused.failures, paused.losses, paused.pause_requested_at) == (0, 0, None)
    assert shop.engine.running == 0
    assert is_alive(pid)
    [attempt] = await shop.store.list_attempts("w", task.id)
    assert attempt.outcome is Outcome.PARK
    kinds = [kind for kind, _ in await shop.events(task)]
    assert kinds[-2:] == ["task.pausing", "task.paused"]


async def test_a_function_sees_the_pause_and_saves_before_the_checkpoint(shop):
    task, _ = await shop.begin("keep_when_pausing")
    await shop.pause(task)
    await shop.until_it_is(task, Status.PAUSED)
    again = await shop.resume(task)
    assert again.status is Status.QUEUED
    assert (await shop.until(task)).result == {"seen": 1, "attempt": 2}


async def test_a_pause_survives_a_restart(tmp_path):
    async with open_shop(tmp_path) as shop:
        task, _ = await shop.begin("loop_politely")
        await shop.pause(task)
        await shop.until_it_is(task, Status.PAUSED)
    async with open_shop(tmp_path) as shop:
        assert (await shop.run("echo")).status is Status.COMPLETED
        assert (await shop.store.get_task("w", task.id)).status is Status.PAUSED
        assert (await shop.cancel(task)).status is Status.CANCELLED


async def test_a_resume_before_the_checkpoint_takes_the_pause_back(shop):
    task, _ = await shop.begin("finish_when_asked")
    await shop.pause(task)
    resumed = await shop.resume(task)
    assert (resumed.status, resumed.pause_requested_at) == (Status.RUNNING, None)
    await shop.cancel(task)
    done = await shop.until(task)
    assert (done.status, done.cancel_outcome) == (Status.COMPLETED, CancelOutcome.FINISHED_FIRST)


@pytest.mark.parametrize(
    ("kind", "result"), [("never_checkpoint", "to its end"), ("swallow_pause", "went on after Parked")]
)
async def test_a_function_that_does_not_give_way_runs_to_its_end(shop, kind, result):
    task, _ = await shop.begin(kind)
    await shop.pause(task)
    done = await shop.until(task)
    assert (done.status, done.result) == (Status.COMPLETED, result)


class PauseOnClaim:
    """A store in which a pause is committed right after each claim, before the engine knows of the claim."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def claim(self, command):
        tasks = await self._store.claim(command)
        for task in tasks:
            await self._store.pause(task.workspace, task.id, command.now)
        return tasks


@pytest.mark.parametrize("kind", ["loop_politely", "io_park"])
async def test_a_pause_between_claim_and_load_is_seen(tmp_path, kind):
    async with open_shop(tmp_path, between=PauseOnClaim) as shop:
        task, _ = await shop.begin(kind)
        assert (await shop.until_it_is(task, Status.PAUSED)).attempt == 1


@pytest.mark.parametrize("kind", ["loop_busily", "loop_deafly", "io_block", "loop_politely"])
async def test_a_cancel_beats_a_pause(shop, kind):
    task, _ = await shop.begin(kind)
    await shop.pause(task)
    await shop.cancel(task)
    task = await shop.until(task)
    assert task.status is Status.CANCELLED


async def test_a_pause_of_a_family_sets_its_children_aside(shop, tmp_path):
    fifo = str(tmp_path / "mark")
    children = [{"kind": "loop_politely", "input": {"fifo": fifo}}, {"kind": "follow", "input": {"add": 1}}]
    task = await shop.submit("sum_up", {"children": children})
    await shop.until(task, lambda task: task.phase == "children")
    polite, quick = await shop.store.list_children("w", task.id)
    await shop.until(quick)
    assert (await shop.pause(task)).status is Status.PAUSED
    await shop.until_it_is(polite, Status.PAUSED)
    assert (await shop.resume(task)).status is Status.RUNNING
    await shop.until_it_is(polite, Status.RUNNING)
    await shop.cancel(task)
    assert (await shop.until(task)).status is Status.CANCELLED


async def test_a_kind_that_nobody_serves_is_paused_resumed_and_cancelled(shop):
    task = await shop.submit("unheard_of")
    assert (await shop.pause(task)).status is Status.PAUSED
    assert (await shop.resume(task)).status is Status.QUEUED
    assert (await shop.run("echo")).status is Status.COMPLETED
    assert (await shop.store.get_task("w", task.id)).status is Status.QUEUED
    done = await shop.cancel(task)
    assert (done.status, done.cancel_outcome) == (Status.CANCELLED, CancelOutcome.BEFORE_START)
    with pytest.raises(Conflict):
        await shop.pause(task)


async def test_a_worker_killed_on_the_way_to_its_checkpoint_leaves_the_task_paused(shop):
    task, pid = await shop.begin("loop_deafly")
    await shop.pause(task)
    [child] = [child for child in shop.engine._nursery._children.values() if child.pid == pid]
    child.kill()
    assert await gone(pid)
    paused = await shop.until_it_is(task, Status.PAUSED)
    assert (paused.losses, paused.attempt) == (1, 1)
