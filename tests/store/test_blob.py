"""Blobs: stored before they are referred to, kept while they are, swept when nothing does."""

import asyncio
import hashlib
import os
import resource
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.blob import Blob
from gnomon.core.errors import NotFound, Unavailable
from gnomon.core.retry import Divided, Done
from gnomon.store.folder import BlobFolder

WORKSPACE = "wsp_1"
LATER = datetime.now(UTC) + timedelta(days=1)


async def test_bytes_come_back_under_their_name(shop: Any) -> None:
    blob = await shop.store.put_blob(b"rows")
    assert (blob.sha256, blob.size) == (hashlib.sha256(b"rows").hexdigest(), 4)
    assert await shop.store.put_blob(b"rows") == blob
    assert await shop.store.get_blob(blob.sha256) == b"rows"
    assert await shop.store.get_blob((await shop.store.put_blob(b"")).sha256) == b""


@pytest.mark.parametrize("name", ["0" * 64, "../gnomon.db", "", "A" * 64, "/etc/passwd"])
async def test_other_names_are_not_found(shop: Any, name: str) -> None:
    with pytest.raises(NotFound):
        await shop.store.get_blob(name)
    with pytest.raises(NotFound):
        await shop.submit(blobs=(name,))


async def test_only_what_nothing_refers_to_is_swept(shop: Any) -> None:
    names = [(await shop.store.put_blob(str(n).encode())).sha256 for n in range(6)]
    await shop.store.resources.create(shop.document({}, blobs=(names[0],)), shop.now)
    task = await shop.start(blobs=(names[1],))
    await shop.finish(task, Done(result=1, blobs=(names[2],)))
    other = await shop.start()
    await shop.finish(other, Divided(children=(shop.new(blobs=(names[3],)),), blobs=(names[4],)))
    assert await shop.store.sweep_blobs(datetime.now(UTC) - timedelta(days=1)) == 0
    assert await shop.store.sweep_blobs(LATER) == 1
    for name in names[:5]:
        await shop.store.get_blob(name)
    with pytest.raises(NotFound):
        await shop.store.get_blob(names[5])
    assert await shop.store.sweep_blobs(LATER) == 0


async def test_a_refused_submit_refers_to_nothing(shop: Any) -> None:
    blob = await shop.store.put_blob(b"rows")
    with pytest.raises(NotFound):
        await shop.submit(blobs=(blob.sha256, "0" * 64))
    assert await shop.store.sweep_blobs(LATER) == 1


async def test_puts_and_sweeps_at_once_lose_nothing_that_is_referred_to(shop: Any) -> None:
    async def put_and_refer(n: int) -> str | None:
        try:
            blob = await shop.store.put_blob(f"{n % 5}".encode())
            await shop.submit(blobs=(blob.sha256,))
        except (NotFound, Unavailable):  # swept before it was referred to, or while it was being written
            return None
        return blob.sha256

    sweeps = [shop.store.sweep_blobs(LATER) for _ in range(20)]
    made = await asyncio.gather(*(put_and_refer(n) for n in range(40)), *sweeps)
    for name in {name for name in made[:40] if name}:
        await shop.store.get_blob(name)


def test_unfinished_files_of_a_killed_server_are_removed(tmp_path: Path) -> None:
    blob = BlobFolder(tmp_path).put(b"rows")
    unfinished = tmp_path / "unfinished" / "0123"
    unfinished.write_bytes(b"ro")
    folder = BlobFolder(tmp_path)
    assert not unfinished.exists()
    assert folder.get(blob.sha256) == b"rows"


def test_a_full_disk_refuses_bytes_and_leaves_nothing(tmp_path: Path) -> None:
    folder = BlobFolder(tmp_path / "blobs")
    blob = folder.put(b"rows")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        with pytest.raises(Unavailable):
            folder.put(bytes(2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert folder.list_old(LATER) == [blob.sha256]
    assert folder.put(bytes(2000)).size == 2000


async def test_a_deleted_resource_lets_go_of_its_blobs_and_a_task_does_not(shop: Any) -> None:
    names = [(await shop.store.put_blob(str(n).encode())).sha256 for n in range(2)]
    await shop.store.resources.create(shop.document({}, blobs=tuple(names)), shop.now)
    await shop.submit(blobs=(names[1],))
    assert await shop.store.sweep_blobs(LATER) == 0
    await shop.store.resources.delete(WORKSPACE, "model", 1, shop.now)
    assert await shop.store.sweep_blobs(LATER) == 1
    assert await shop.store.get_blob(names[1]) == b"1"


async def _leave(shop: Any, content: bytes, name: str = "t.1.1") -> Blob:
    """Leave a file to be adopted, as another process would, and say what it is."""
    (shop.store.staging / name).write_bytes(content)
    return Blob(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


async def test_an_adopted_file_is_a_blob_as_if_it_had_been_put(shop: Any) -> None:
    blob = await _leave(shop, b"rows")
    assert await shop.store.adopt_blob("t.1.1", blob) == blob
    assert await shop.store.get_blob(blob.sha256) == b"rows"
    assert (await shop.store.find_blob_file(blob.sha256)).read_bytes() == b"rows"
    assert not list(shop.store.staging.iterdir())
    await shop.submit(blobs=(blob.sha256,))
    assert await shop.store.sweep_blobs(LATER) == 0


async def test_adopting_twice_with_a_file_or_without_changes_nothing(shop: Any) -> None:
    blob = await shop.store.put_blob(b"rows")
    for name in ("t.1.1", "t.1.2"):
        assert await _leave(shop, b"rows", name) == blob
        assert await shop.store.adopt_blob(name, blob) == blob
        assert await shop.store.adopt_blob(name, blob) == blob
        assert not list(shop.store.staging.iterdir())
    assert await shop.store.get_blob(blob.sha256) == b"rows"
    assert await shop.store.sweep_blobs(LATER) == 1


async def test_adopting_makes_a_known_blob_young_again(shop: Any) -> None:
    blob = await shop.store.put_blob(b"rows")
    os.utime(await shop.store.find_blob_file(blob.sha256), (0, 0))
    await shop.store.adopt_blob("t.1.1", await _leave(shop, b"rows"))
    assert await shop.store.sweep_blobs(datetime.now(UTC) - timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("name", "size"), [("t.1.1", 3), ("t.1.1", 5), ("absent", 4), ("link", 4), ("../outside", 4), ("..", 4)]
)
async def test_what_is_no_whole_staged_file_is_not_adopted(shop: Any, name: str, size: int) -> None:
    blob = replace(await _leave(shop, b"rows"), size=size)
    outside = shop.store.staging.parent / "outside"
    outside.write_bytes(b"rows")
    (shop.store.staging / "link").symlink_to(outside)
    with pytest.raises(Unavailable):
        await shop.store.adopt_blob(name, blob)
    with pytest.raises(NotFound):
        await shop.store.get_blob(blob.sha256)
    assert outside.read_bytes() == b"rows"


async def test_a_blob_that_is_not_there_has_no_file(shop: Any) -> None:
    for name in ("0" * 64, "../gnomon.db"):
        with pytest.raises(NotFound):
            await shop.store.find_blob_file(name)


async def test_only_old_staged_files_are_swept(shop: Any) -> None:
    blob = await _leave(shop, b"rows")
    assert await shop.store.sweep_blobs(datetime.now(UTC) - timedelta(days=1)) == 0
    assert await shop.store.adopt_blob("t.1.1", blob) == blob
    await _leave(shop, b"more", "t.1.2")
    assert await shop.store.sweep_blobs(LATER) == 1
    assert not list(shop.store.staging.iterdir())


async def test_adoptions_and_sweeps_at_once_lose_nothing_that_is_referred_to(shop: Any) -> None:
    async def adopt_and_refer(n: int) -> str | None:
        try:
            blob = await shop.store.adopt_blob(f"t.{n}", await _leave(shop, f"{n % 5}".encode(), f"t.{n}"))
            await shop.submit(blobs=(blob.sha256,))
        except (NotFound, Unavailable):
            return None
        return str(blob.sha256)

    sweeps = [shop.store.sweep_blobs(LATER) for _ in range(20)]
    made = await asyncio.gather(*(adopt_and_refer(n) for n in range(40)), *sweeps)
    for name in {name for name in made[:40] if name}:
        await shop.store.get_blob(name)
