"""Large blobs pass the server by: a child writes and reads them itself, and leaves nothing behind."""

import asyncio
import hashlib
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from engine_shop import gone, open_shop

from gnomon.core.hub import Hub
from gnomon.core.task import CancelOutcome, Status
from gnomon.engine.child.staging import LEAST_STAGED
from gnomon.store.folder import BlobFolder
from gnomon.store.sqlite import SqliteStore

SIZES = [1, LEAST_STAGED - 1, LEAST_STAGED, 5_000_000]


class Around:
    """A store with some of its verbs changed."""

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        return getattr(self.inner, name)


class WithoutPipe(Around):
    """A store that takes and gives no bytes that come through the server."""

    async def put_blob(self, content):
        raise AssertionError(f"{len(content)} octets came through the pipe")

    async def get_blob(self, sha256):
        raise AssertionError(f"{sha256} went through the pipe")


class WithoutFiles(Around):
    """A store whose blobs are no files, as in a database."""

    staging = None

    async def find_blob_file(self, sha256):
        return None

    async def adopt_blob(self, name, blob):
        raise AssertionError("there is nothing to adopt")


def name_of(content):
    return hashlib.sha256(content).hexdigest()


def staged(store):
    return list(store.staging.iterdir())


@pytest.mark.parametrize("between", [WithoutPipe, WithoutFiles])
async def test_large_bytes_travel_only_where_there_are_no_files(tmp_path, between):
    async with open_shop(tmp_path, between=between) as shop:
        task = await shop.run("keep", {"pages": 10_000})
        assert task.status is Status.COMPLETED, task.error
        assert await shop.store.get_blob(task.result["file"]) == bytes(range(256)) * 10_000
        task = await shop.run("io_keep", {"size": LEAST_STAGED, "times": 3})
        assert task.result == [name_of(bytes([n]) * LEAST_STAGED) for n in range(3)]
        assert not staged(shop.store)


@pytest.mark.parametrize("size", SIZES)
async def test_bytes_of_any_size_are_kept_by_both_kinds_of_child(shop, size):
    task = await shop.run("io_keep", {"size": size, "times": 2})
    assert task.result == [name_of(bytes([n]) * size) for n in range(2)]
    again = await shop.run("break_off", {"size": size, "limit": size + 1})
    assert await shop.store.get_blob(again.result) == bytes(size)
    assert not staged(shop.store)


async def test_a_child_killed_in_the_middle_of_a_write_leaves_nothing(shop):
    task = await shop.run("break_off", {"size": 3_000_000, "limit": 1_000_000})
    assert (task.status, task.attempt, task.losses) == (Status.COMPLETED, 2, 1)
    [_, (_, lost), *_] = [each for each in await shop.events(task) if each[0] != "task.progress"]
    assert task.result == name_of(bytes(3_000_000)), lost
    assert not staged(shop.store)


async def test_a_full_disk_is_said_to_the_function_and_leaves_nothing(shop):
    task = await shop.run("overflow", {"size": 3_000_000, "limit": 1_000_000})
    assert task.result == ["store_refused", True, name_of(bytes(1_000_000))]
    assert not staged(shop.store)
    assert {blob.stat().st_size for blob in _blobs(shop.store.blobs)} == {1_000_000}


async def test_an_attempt_whose_last_bytes_found_no_room_fails(shop):
    order = {"size": 3_000_000, "limit": 1_000_000}
    task = await shop.run("overflow_unnoticed", order, max_attempts=1)
    assert (task.status, task.error.code) == (Status.FAILED, "store_refused")
    assert not staged(shop.store)
    assert not _blobs(shop.store.blobs)


@pytest.mark.parametrize(
    ("deaf", "outcome"), [(False, CancelOutcome.COOPERATIVE), (True, CancelOutcome.KILLED)]
)
async def test_a_child_cancelled_while_it_stores_leaves_nothing(shop, deaf, outcome):
    for _ in range(3):
        task, _ = await shop.begin("keep_on", {"size": 1_000_000, "deaf": deaf})
        await shop.cancel(task)
        task = await shop.until(task)
        assert (task.status, task.cancel_outcome) == (Status.CANCELLED, outcome)
        assert not staged(shop.store)
    assert all(blob.stat().st_size == 1_000_000 for blob in _blobs(shop.store.blobs))


async def test_an_attempt_cancelled_on_the_loop_leaves_nothing_for_long(tmp_path):
    async with open_shop(tmp_path) as shop:
        for _ in range(3):
            task, _ = await shop.begin("io_keep_on", {"size": 1_000_000})
            await shop.cancel(task)
            assert (await shop.until(task)).cancel_outcome is CancelOutcome.COOPERATIVE
        assert (await shop.run("io_echo")).status is Status.COMPLETED
    store = SqliteStore.open(tmp_path / "gnomon-data", Hub())
    assert not staged(store)
    await store.close()


_SERVER = """
import asyncio, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from engine_shop import open_shop

async def main():
    async with open_shop(Path(sys.argv[2])) as shop:
        for n in range(10_000):
            task = await shop.run("keep", {"pages": 1000 + n})
            print(os.getpid() if n == 0 else "", task.result["file"], flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("answers", [1, 4, 9])
async def test_a_killed_server_loses_nothing_that_it_has_acknowledged(tmp_path, answers):
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SERVER, str(Path(__file__).parent / "trades"), str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        names = [(await server.stdout.readline()).decode().split()[-1] for _ in range(answers)]
    family = _children(server.pid)
    os.kill(server.pid, signal.SIGKILL)
    await server.wait()
    assert all([await gone(pid) for pid in family])
    store = SqliteStore.open(tmp_path / "gnomon-data", Hub())
    assert not staged(store)
    await store.sweep_blobs(datetime.now(UTC) + timedelta(days=1))
    for name in names:
        assert name_of(await store.get_blob(name)) == name
    for blob in _blobs(store.blobs):
        assert name_of(blob.read_bytes()) == blob.parent.name + blob.name
    await store.close()


def _children(pid):
    """Return the process numbers under a process, its nursery's children included; some end while we read."""
    try:
        lists = [(thread / "children").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    children = [int(child) for text in lists for child in text.split()]
    return children + [each for child in children for each in _children(child)]


def _blobs(folder: BlobFolder):
    return list(folder.root.glob("[0-9a-f][0-9a-f]/*"))
