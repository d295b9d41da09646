"""The engine as a whole: splitting, waiting work, restarts, fences, and a loop that stays free."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import uvloop
from engine_shop import GRACE, PATIENCE, gone, is_alive, open_shop

from gnomon.core.task import Status
from gnomon.engine.children import Nursery
from gnomon.engine.embedded import STOP_MARGIN
from gnomon.engine.pool import MEMORY_LIMIT, Pool


async def test_children_do_the_work_and_a_join_makes_the_result(shop):
    children = [{"kind": "follow", "input": {"add": n}} for n in range(5)]
    task = await shop.run("sum_up", {"children": children, "start": 7})
    assert task.result == {"from": 7, "children": [[n, "completed", n] for n in range(5)]}


async def test_a_hash_of_something_else_is_no_blob(shop):
    task = await shop.run("fingerprint")
    assert (task.error, task.result) == (None, [hashlib.sha256(b"no blob").hexdigest()] * 2)


async def test_a_chain_runs_in_order_and_hands_its_results_on(shop):
    children = [{"kind": "follow", "input": {"add": 10**n}, "after": n - 1 if n else None} for n in range(4)]
    task = await shop.run("sum_up", {"children": children})
    assert [result for _, _, result in task.result["children"]] == [1, 11, 111, 1111]


async def test_a_join_sees_a_failed_child_when_it_wants_to(shop):
    children = [{"kind": "fail", "input": {"retryable": False}}, {"kind": "follow", "input": {"add": 1}}]
    task = await shop.run("sum_up", {"children": children, "on": "join"})
    assert task.result["children"] == [[0, "failed", None], [1, "completed", 1]]


async def test_a_failed_child_fails_its_parent_and_stops_its_siblings(shop):
    children = [
        {"kind": "loop_deafly", "input": {"fifo": os.devnull}},
        {"kind": "fail", "input": {"retryable": False}},
    ]
    task = await shop.run("sum_up", {"children": children})
    assert task.status is Status.FAILED
    siblings = await shop.store.list_children("w", task.id)
    assert [child.status for child in siblings] == [Status.CANCELLED, Status.FAILED]


async def test_a_cancel_reaches_the_children(shop):
    task = await shop.submit(
        "sum_up", {"children": [{"kind": "loop_busily", "input": {"fifo": os.devnull}}] * 3}
    )
    await shop.until(task, lambda task: task.phase == "children")
    await shop.cancel(task)
    assert (await shop.until(task)).status is Status.CANCELLED
    children = await shop.store.list_children("w", task.id)
    assert {child.status for child in children} == {Status.CANCELLED}


@pytest.mark.parametrize(
    ("children", "words"),
    [
        ([], "without children"),
        ([{"kind": "unheard", "input": {}}], "no workload of that kind"),
        ([{"kind": "echo", "input": {}, "after": 0}], "earlier position"),
    ],
)
async def test_a_wrong_split_is_refused(shop, children, words):
    task = await shop.run("sum_up", {"children": children})
    assert (task.status, task.error.code) == (Status.FAILED, "invalid_split")
    assert words in task.error.message


async def test_waiting_work_shares_one_process_at_the_same_time(shop):
    tasks = [await shop.submit("io_meet", {"all": 50}) for _ in range(50)]
    ended = [await shop.until(task) for task in tasks]
    assert {task.status for task in ended} == {Status.COMPLETED}
    assert len({task.result for task in ended}) == 1


async def test_waiting_work_has_the_whole_context(shop):
    task = await shop.run("io_echo", {"a": 1})
    assert (task.status, task.result["step"], task.result["kept"]) == (Status.COMPLETED, {"a": 1}, "kept")
    assert (await shop.run("io_fail", max_attempts=1)).error.code == "broken"


async def test_more_tasks_than_slots_all_end(shop):
    tasks = [await shop.submit("echo", {"n": n}) for n in range(40)]
    results = [(await shop.until(task)).result for task in tasks]
    assert [result["input"]["n"] for result in results] == list(range(40))
    assert len({result["pid"] for result in results}) <= 2


async def test_a_stopped_engine_gives_its_tasks_back_and_the_next_resumes_them(tmp_path):
    async with open_shop(tmp_path) as shop:
        task, pid = await shop.begin("io_wait_once")
        other, deaf = await shop.begin("loop_deafly")
    assert await gone(pid)
    assert await gone(deaf)
    async with open_shop(tmp_path) as shop:
        task = await shop.until(task)
        assert (task.status, task.result, task.failures, task.losses) == (Status.COMPLETED, 2, 0, 0)
        await shop.cancel(other)
        assert (await shop.until(other)).status is Status.CANCELLED


class Deaf:
    """A store that is never done with recording an end."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def finish(self, command):
        await asyncio.Event().wait()


@pytest.mark.parametrize("trouble", ["the store hangs", "the nursery hangs"])
async def test_stopping_has_a_bound(tmp_path, trouble):
    between = Deaf if trouble == "the store hangs" else (lambda store: store)
    async with open_shop(tmp_path, between=between) as shop:
        _, pid = await shop.begin("loop_deafly")
        if trouble == "the nursery hangs":
            os.kill(shop.engine._nursery.pid, signal.SIGSTOP)
        began = time.monotonic()
        await shop.engine.stop()
        assert time.monotonic() - began < GRACE + STOP_MARGIN + 3
        assert await gone(pid)


async def test_a_task_longer_than_its_lease_runs_once(tmp_path):
    async with open_shop(tmp_path, lease=timedelta(seconds=0.3)) as shop:
        task, _ = await shop.begin("loop_politely", deadline=1.5)
        task = await shop.until(task)
        assert (task.status, task.attempt) == (Status.TIMED_OUT, 1)


async def test_an_attempt_whose_lease_was_taken_is_killed_and_records_nothing(tmp_path):
    async with open_shop(tmp_path, lease=timedelta(seconds=0.9)) as shop:
        task, pid = await shop.begin("loop_deafly", max_lost=1)
        os.kill(pid, signal.SIGSTOP)
        await shop.store.sweep(shop.clock.now() + timedelta(seconds=1))
        assert (await shop.until(task)).status is Status.FAILED
        assert await gone(pid)
        kinds = [kind for kind, _ in await shop.events(task)]
        assert kinds.count("task.failed") == 1
        assert kinds[-1] == "task.failed"


async def test_a_killed_nursery_takes_its_children_along_and_is_replaced(shop):
    _, pid = await shop.begin("loop_deafly")
    os.kill(shop.engine._nursery.pid, signal.SIGKILL)
    assert await gone(pid)
    assert (await shop.run("echo")).status is Status.COMPLETED


async def test_the_loop_stays_free_beside_hungry_work(shop):
    tasks = [(await shop.begin(kind))[0] for kind in ("loop_deafly", "multiply")]
    io, _ = await shop.begin("io_block")
    lags = []
    for _ in range(100):
        before = time.perf_counter()
        await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - before - 0.01)
    for task in (*tasks, io):
        await shop.cancel(task)
        await shop.until(task)
    assert sorted(lags)[95] < 0.05


SERVER = """
import asyncio, sys
from pathlib import Path
from engine_shop import open_shop

async def serve():
    async with open_shop(Path(sys.argv[1])) as shop:
        pids = [(await shop.begin(kind))[1] for kind in ("loop_deafly", "block_in_c", "io_block")]
        print(*pids, shop.engine._nursery.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(serve())
"""


async def test_nobody_outlives_a_killed_server(tmp_path):
    path = os.pathsep.join([str(Path(__file__).parent / "trades"), *filter(None, sys.path)])
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVER,
        str(tmp_path),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    async with asyncio.timeout(PATIENCE):
        pids = [int(word) for word in (await server.stdout.readline()).split()]
    assert len(pids) == 4
    assert all(map(is_alive, pids))
    server.kill()
    await server.wait()
    for pid in pids:
        assert await gone(pid)
    async with open_shop(tmp_path, cpu_slots=3) as shop:
        assert (await shop.run("echo")).status is Status.COMPLETED


def test_it_runs_on_the_servers_own_kind_of_loop(tmp_path):
    async def work():
        async with open_shop(tmp_path) as shop:
            assert (await shop.run("keep", {"pages": 20_000})).result["same"]
            assert (await shop.run("leave", {"code": 3}, max_lost=1)).error.code == "worker_lost"
            task, pid = await shop.begin("loop_deafly")
            await shop.cancel(task)
            assert (await shop.until(task)).status is Status.CANCELLED
            assert await gone(pid)
            assert (await shop.run("io_echo")).status is Status.COMPLETED

    uvloop.run(work())


async def test_a_child_that_grew_too_large_is_replaced():
    nursery = Nursery()
    pool = Pool(nursery)
    first = await pool.take("cpu")
    pool.give_back(first, peak=MEMORY_LIMIT)
    assert await pool.take("cpu") is first
    pool.give_back(first, peak=MEMORY_LIMIT + 1)
    assert await gone(first.pid)
    assert await pool.take("cpu") is not first
    await nursery.stop()
