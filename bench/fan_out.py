"""Energy models of many blocks through the embedded engine: in one process, and shared among children.

    python bench/fan_out.py [--seconds 1 3 6 12] [--repeats 3] [--slots 2] [--folder DIR]

Both ways run the same blocks, every one on a plane of its own, through the same store, pipe and blob folder; what
counts is the wall time from submit to done. Beside them stand two runs of half the blocks each, at once and knowing
nothing of each other: the least that two cores can give at that moment.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import randbits
from statistics import median
from typing import Any

import numpy as np

from gnomon.core.hub import Hub
from gnomon.core.ports import Submit
from gnomon.core.task import NewTask, Status, task_id
from gnomon.core.workload import ChildResult, Context, Pinned, Workload
from gnomon.engine.embedded import EmbeddedEngine
from gnomon.engine.registry import gather
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault
from gnomon.workloads.energy_model import WORKLOADS, share, simulation

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/workloads/support"))

import sample  # noqa: E402  # stands beside the tests, which are no package

ROWS = 4 * 8760
# Quarters of hours: models of many seconds whose results, a few kilobytes a block, fit in a task.
QUARTERS = {
    **{name: np.repeat(hours, 4).tolist() for name, hours in sample.weather().items()},
    "date": (1_483_225_200_000 + 900_000 * np.arange(ROWS)).tolist(),
}


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return randbits(bits)


@dataclass(frozen=True, slots=True)
class WithReferences:
    """An attempt's context that has the documents its input refers to, as if they had been posted before."""

    inner: Context
    references: tuple[Pinned, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def _with_references(order: Mapping[str, Any], ctx: Context) -> Any:
    return WithReferences(ctx, tuple(Pinned(**each) for each in order["references"]))


def in_one(order: Mapping[str, Any], ctx: Context) -> Any:
    return simulation.run_whole(order["model"], _with_references(order, ctx))


def shared(order: Mapping[str, Any], ctx: Context) -> Any:
    return simulation.run(order["model"], _with_references(order, ctx))


def join_shared(order: Mapping[str, Any], children: list[ChildResult], state: Any, ctx: Context) -> Any:
    return simulation.join(order["model"], children, state, _with_references(order, ctx))


KINDS = [
    Workload(kind="in_one", run=in_one),
    Workload(kind="shared", run=shared, join=join_shared),
    *(workload for workload in WORKLOADS if workload.kind == simulation.BLOCKS_KIND),
]


def order_of(blocks: int) -> dict[str, Any]:
    """Return an order no other equals: bytes that are stored already would be stored again for nothing."""
    turned = randbits(20) / 2**20
    layout = {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0}
    model = sample.energy_model(
        *(
            sample.block(name=f"B{i}", layout={**layout, "tilt": 5 + 40 * (i + turned) / blocks})
            for i in range(blocks)
        )
    )
    pins = sample.references(ROOT / "examples/plant", **QUARTERS)
    names = ("kind", "number", "id", "revision", "document")
    return {"model": model, "references": [{name: getattr(pin, name) for name in names} for pin in pins]}


@dataclass(slots=True)
class House:
    store: SqliteStore
    hub: Hub

    async def run(self, kind: str, order: dict[str, Any]) -> float:
        """Return the seconds from submit to done."""
        now = datetime.now(UTC)
        task = NewTask(id=task_id(now, randbits(80)), workspace="bench", kind=kind, input=order)
        with self.hub.subscribe(task.id) as news:
            begin = time.perf_counter()
            await self.store.submit(Submit(task=task, now=now))
            while (seen := await news.next(600)) is not None and not seen.status.is_terminal:
                pass
            took = time.perf_counter() - begin
        done = await self.store.get_task("bench", task.id)
        if done.status is not Status.COMPLETED:
            raise RuntimeError(f"{kind}: {done.status}, {done.error}")
        return took


async def measure(folder: Path, seconds: list[float], repeats: int, slots: int) -> None:
    hub = Hub()
    store = SqliteStore.open(folder / "store", hub)
    engine = EmbeddedEngine(
        store,
        hub,
        gather(KINDS),
        WallClock(),
        worker="bench",
        vault=KeyVault(bytes(32)),
        cpu_slots=slots,
        lease=timedelta(seconds=30),
    )
    await engine.start()
    house = House(store, hub)
    await house.run("in_one", order_of(8))
    begin = spent()
    took = min([await house.run("in_one", order_of(40)) for _ in range(2)])
    per_block = (spent() - begin) / 80
    print(
        f"one process, 40 blocks: {took:.2f} s, {per_block / ROWS:.1e} s of CPU a row; {slots} slots, load {_load()}"
    )
    for target in seconds:
        await _compare(house, max(1, round(target / per_block)), repeats)
    await engine.stop()
    await store.close()
    print(f"largest child {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")


def _burn(rounds: int) -> None:
    total = 0
    for i in range(rounds):
        total += i


def two_cores() -> float:
    """Return the wall time of two busy processes at once over that of the same work in one: 0.5 if idle."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(2) as pool:
        pool.map(_burn, [1, 1])
        begin = time.perf_counter()
        pool.apply(_burn, (20_000_000,))
        alone = time.perf_counter() - begin
        begin = time.perf_counter()
        pool.map(_burn, [10_000_000, 10_000_000], chunksize=1)
        return (time.perf_counter() - begin) / alone


async def _compare(house: House, blocks: int, repeats: int) -> None:
    alone, apart, halves, cpu = [], [], [], []
    for _ in range(repeats):
        begin = spent()
        alone.append(await house.run("in_one", order_of(blocks)))
        cpu.append(spent() - begin)
        apart.append(await house.run("shared", order_of(blocks)))
        half = [order_of(blocks // 2), order_of(blocks - blocks // 2)]
        halves.append(max(await asyncio.gather(*(house.run("in_one", order) for order in half))))
    cores = await asyncio.to_thread(two_cores)
    children, one = len(share.share_out(blocks, ROWS)), median(alone)
    print(
        f"{blocks:6d} blocks: one process {one:6.2f} s ({median(cpu):.2f} of CPU), {children} children "
        f"{median(apart):6.2f} s, ratio {_ratio(apart, alone)}; two halves {_ratio(halves, alone)}, "
        f"pure computing {cores:.2f}"
    )


def _ratio(times: list[float], others: list[float]) -> str:
    each = [time / other for time, other in zip(times, others, strict=True)]
    return f"{median(each):.2f} ({min(each):.2f} to {max(each):.2f})"


def spent(pid: int | None = None) -> float:
    """Return the CPU seconds of this process and of those under it, as the kernel counts them."""
    pid = pid or os.getpid()
    process = Path(f"/proc/{pid}")
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        below = [
            each for task in (process / "task").iterdir() for each in (task / "children").read_text().split()
        ]
    except OSError:  # it has ended since
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(
        spent(int(each)) for each in below
    )


def _load() -> str:
    return Path("/proc/loadavg").read_text().split()[0] if Path("/proc/loadavg").exists() else "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, nargs="+", default=[1, 3, 6, 12])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        asyncio.run(measure(Path(folder), options.seconds, options.repeats, options.slots))


if __name__ == "__main__":
    from fan_out import main as importable_main  # children import this module by its name

    importable_main()
