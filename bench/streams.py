"""Streams, waits and polls: what one holds, how soon it hears, beside a bare uvicorn application.

    python bench/streams.py [idle targeted broadcast waits polls churn] [--streams 10000] [--seconds 20]

Without names it measures all but `churn`. Servers and clients are processes of their own on one machine, and share
its clock. An event bears the nanosecond at which it was due, however late the server came to make it, so that what a
stalled loop delays is counted; ours is stored durably before anybody hears of it, the bare one's is not. Compare rows
of one run, not machines.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from statistics import median

import uvloop
from stream_client import (
    SOCKET_HEADERS,
    Asker,
    Seen,
    Served,
    Stream,
    ask_all,
    check_limit,
    close_all,
    open_all,
    percentile,
    refuse,
    served,
)

NAMES = ("gnomon", "bare")
HEARD_BY = 2  # the events that a task has before the first is made: queued, started


class Bench:
    """The options, and the table that grows."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="gnomon-bench-", dir=options.folder))
        self._started = 0

    def served(self, name: str) -> AbstractAsyncContextManager[Served]:
        """Run a server on a folder of its own."""
        self._started += 1
        return served(name, self.folder / str(self._started))


def stream_requests(server: Served, tasks: Sequence[str]) -> list[bytes]:
    return [server.request(f"{task}/stream?after={HEARD_BY}") for task in tasks]


def follow_by_event_stream(server: Served, tasks: Sequence[str]) -> list[bytes]:
    """Follow tasks through the Shannon door."""
    path = "/api/v1/stream/sse?workflow_id=task_{}&last_event_id={}"
    return [server.get(path.format(task[4:], HEARD_BY)) for task in tasks]


def follow_by_socket(server: Served, tasks: Sequence[str]) -> list[bytes]:
    """Follow tasks over web sockets of the Shannon door."""
    path = "/api/v1/stream/ws?workflow_id=task_{}&last_event_id={}"
    return [server.get(path.format(task[4:], HEARD_BY), *SOCKET_HEADERS) for task in tasks]


WAYS: dict[str, tuple[str, Callable[[Served, Sequence[str]], list[bytes]]]] = {
    "gnomon, native": ("gnomon", stream_requests),
    "gnomon, Shannon's events": ("gnomon", follow_by_event_stream),
    "gnomon, Shannon's web sockets": ("gnomon", follow_by_socket),
    "bare": ("bare", stream_requests),
}
"""What is held open: the server, and how its streams are asked for."""


def heading(title: str, *columns: str) -> None:
    print(f"\n{title}\n\n| | {' | '.join(columns)} |\n|{' --- |' * (len(columns) + 1)}")


def row(name: str, *cells: object) -> None:
    print(f"| {name} | {' | '.join(str(cell) for cell in cells)} |", flush=True)


def millis(seconds: Sequence[float]) -> list[str]:
    ordered = sorted(seconds)
    return [f"{percentile(ordered, share):.1f} ms" for share in (0.5, 0.99, 0.999)]


async def idle(bench: Bench) -> None:
    """Open streams on which nothing happens, and look at the server's memory."""
    count = bench.options.streams
    heading(f"{count} idle streams, each on a task of its own", "opened/s", "kB a stream", "of it not files",
            "RSS before", "RSS after", "processor, idle")  # fmt: skip
    for name, (serving, requests) in WAYS.items():
        async with bench.served(serving) as server:
            tasks = (await server.ask("make", count=count + 100))["tasks"]
            # The first hundred pay for what is made once, such as imports and thread stacks.
            close_all(await open_all(server, requests(server, tasks[count:]), Seen()))
            await asyncio.sleep(1)
            before, begin, seen = server.memory(), time.perf_counter(), Seen()
            streams = await open_all(server, requests(server, tasks[:count]), seen)
            rate = count / (time.perf_counter() - begin)
            used = server.seconds()
            await asyncio.sleep(bench.options.seconds)
            busy = (server.seconds() - used) / bench.options.seconds
            after = server.memory()
            each = [(late - early) * 1.024 / count for early, late in zip(before, after, strict=True)]
            row(name, round(rate), f"{each[0]:.1f}", f"{each[1]:.1f}", f"{before[0] // 1000} MB",
                f"{after[0] // 1000} MB", f"{busy:.1%} of a core")  # fmt: skip
            assert not seen.lost, "streams were closed"
            close_all(streams)


async def targeted(bench: Bench) -> None:
    """Make events of random tasks at a fixed rate and time each until its one client has read it."""
    seconds, rate = bench.options.seconds, bench.options.rate
    heading(f"{rate:g} events a second on random ones of many streams, for {seconds:g} s", "streams", "p50",
            "p99", "p99.9", "stored, p99", "heard")  # fmt: skip
    for count in sorted({min(size, bench.options.streams) for size in (1000, 5000)}):
        for name in NAMES:
            async with bench.served(name) as server:
                tasks, seen = (await server.ask("make", count=count))["tasks"], Seen()
                streams = await open_all(server, stream_requests(server, tasks), seen)
                told = await server.ask("events", rate=rate, seconds=seconds)
                await _heard(seen, told["count"])
                row(name, count, *millis(seen.latencies), f"{told['stored'] * 1e3:.1f} ms",
                    f"{len(seen.latencies)} of {told['count']}")  # fmt: skip
                close_all(streams)


async def broadcast(bench: Bench) -> None:
    """Make single events of one task that all streams follow."""
    count = min(5000, bench.options.streams)
    heading(f"one event to {count} streams of one task", "first half, median", "last, median", "last, worst",
            "times bare")  # fmt: skip
    lasts: dict[str, float] = {}
    for name in reversed(NAMES):
        async with bench.served(name) as server:
            tasks, seen = (await server.ask("make", count=1))["tasks"], Seen()
            streams = await open_all(server, stream_requests(server, tasks * count), seen)
            halves, last = [], []
            for _ in range(max(round(bench.options.seconds / 2), 3)):
                seen.latencies.clear()
                await server.ask("one", task=tasks[0])
                await _heard(seen, count)
                assert len(seen.latencies) == count, f"{len(seen.latencies)} of {count} heard it"
                halves.append(sorted(seen.latencies)[count // 2])
                last.append(max(seen.latencies))
                await asyncio.sleep(1)
            lasts[name] = median(last)
            row(name, *(f"{value * 1e3:.0f} ms" for value in (median(halves), median(last), max(last))),
                f"{lasts[name] / lasts['bare']:.2f}")  # fmt: skip
            close_all(streams)


async def _heard(seen: Seen, count: int, patience: float = 30) -> None:
    end = time.perf_counter() + patience
    while len(seen.latencies) < count and time.perf_counter() < end:  # noqa: ASYNC110  protocols are no coroutines
        await asyncio.sleep(0.02)


WAITS: Sequence[tuple[str, Callable[[str], str]]] = (
    ("GET task, after_version", lambda task: f"{task}?after_version={HEARD_BY}&wait=50"),
    ("GET result, wait", lambda task: f"{task}/result?wait=50"),
)


async def waits(bench: Bench) -> None:
    """Block waits, each on a task of its own, and end single tasks."""
    count, rate = min(5000, bench.options.streams), bench.options.rate / 10
    heading(f"{count} blocked waits, {rate:g} of their tasks end a second", "p50", "p99", "p99.9",
            "stored, p99", "kB a wait", "heard")  # fmt: skip
    for name, path in WAITS:
        async with bench.served("gnomon") as server:
            tasks, seen = (await server.ask("make", count=count))["tasks"], Seen()
            before = server.memory()[0]
            requests = [server.request(path(task)) for task in tasks]
            askers = await ask_all(server, requests, seen, lambda answer: b'"due_ns"' not in answer)
            await asyncio.sleep(2 + count / 1000)
            held = server.memory()[0] - before
            told = await server.ask("ends", rate=rate, seconds=min(bench.options.seconds, count / rate / 2))
            await _heard(seen, told["count"])
            refuse(server, seen)
            row(name, *millis(seen.latencies), f"{told['stored'] * 1e3:.1f} ms", f"{held * 1.024 / count:.1f}",
                f"{len(seen.latencies)} of {told['count']}")  # fmt: skip
            close_all(askers)


async def polls(bench: Bench) -> None:
    """Ask again and again for a task that has not changed."""
    seconds = min(bench.options.seconds, 5)
    heading("polls answered 304, over kept connections", "connections", "polls/s", "of bare")
    rates: dict[tuple[str, int], float] = {}
    for name in reversed(NAMES):
        async with bench.served(name) as server:
            tasks = (await server.ask("make", count=64))["tasks"]
            for connections in (1, 16, 64):
                rate = await _poll(server, tasks[:connections], seconds)
                rates[name, connections] = rate
                row(name, connections, round(rate), f"{rate / rates['bare', connections]:.2f}")


async def _poll(server: Served, tasks: Sequence[str], seconds: float) -> float:
    seen, end = Seen(), time.perf_counter() + seconds

    def again(answer: bytes) -> bool:
        assert answer.startswith(b"HTTP/1.1 304"), answer[:600]
        return time.perf_counter() < end

    requests = [server.request(task, f'If-None-Match: "{HEARD_BY}"') for task in tasks]
    begin = time.perf_counter()
    askers: list[Asker] = await ask_all(server, requests, seen, again)
    await asyncio.sleep(seconds)
    count, took = sum(asker.answers for asker in askers), time.perf_counter() - begin
    close_all(askers)
    return count / took


async def churn(bench: Bench) -> None:
    """Let streams come and go while events are made, and watch the server's memory and descriptors."""
    minutes, count = bench.options.minutes, min(1000, bench.options.streams)
    heading(f"{count} streams that come and go for {minutes:g} minutes, 50 events a second", "opened",
            "RSS, first tenth", "RSS, last tenth", "slope", "not files, slope",
            "descriptors first, last")  # fmt: skip
    async with bench.served("gnomon") as server:
        await server.ask("fill", megabytes=100)
        tasks, seen = (await server.ask("make", count=count))["tasks"], Seen()
        begin = time.perf_counter()
        end = begin + 60 * minutes
        clients = [asyncio.create_task(_come_and_go(server, tasks, seen, end)) for _ in range(count)]
        telling = asyncio.create_task(server.ask("events", rate=50, seconds=60 * minutes))
        samples = await _watch(server, begin, end, bench.options.show)
        opened = sum(await asyncio.gather(*clients))
        await telling
        refuse(server, seen)
        await asyncio.sleep(2)
        tenth = max(len(samples) // 10, 1)
        rss = [sample[1] for sample in samples]
        slopes = (f"{_slope(samples[tenth:], column) * 3.6:+.1f} MB/h" for column in (1, 2))
        row("gnomon", opened, f"{median(rss[:tenth]) / 1000:.0f} MB", f"{median(rss[-tenth:]) / 1000:.0f} MB",
            *slopes, f"{samples[0][3]:.0f}, {server.descriptors()}")  # fmt: skip


async def _come_and_go(server: Served, tasks: Sequence[str], seen: Seen, end: float) -> int:
    """Follow random tasks from random cursors for random times, cutting or closing; return how often."""
    opened = 0
    while (left := end - time.perf_counter()) > 0:
        request = server.request(
            f"{random.choice(tasks)}/stream", f"Last-Event-ID: {random.choice((0, 1, 2))}"
        )
        try:
            (stream,) = await open_all(server, [request], seen)
        except ConnectionError:
            continue
        opened += 1
        await asyncio.sleep(min(random.expovariate(1 / 10), left))
        _leave(stream)
    return opened


def _leave(stream: Stream) -> None:
    (stream.transport.abort if random.random() < 0.5 else stream.transport.close)()


async def _watch(server: Served, begin: float, end: float, show: float) -> list[tuple[float, ...]]:
    """Sample seconds, RSS, RSS without files and descriptors."""
    samples: list[tuple[float, ...]] = []
    shown = begin
    every = max((end - begin) / 720, 0.5)
    while (now := time.perf_counter()) < end:
        samples.append((now - begin, *server.memory(), server.descriptors()))
        if show and now - shown >= show:
            shown = now
            print(
                f"    {now - begin:6.0f} s  {samples[-1][1] / 1000:.1f} MB  {samples[-1][3]} descriptors",
                flush=True,
            )
        await asyncio.sleep(every)
    return samples


def _slope(samples: Sequence[tuple[float, ...]], column: int) -> float:
    """Return the least squares slope of a column over the seconds."""
    n = len(samples)
    if n < 2:
        return 0.0
    mean_t, mean_y = sum(s[0] for s in samples) / n, sum(s[column] for s in samples) / n
    above = sum((s[0] - mean_t) * (s[column] - mean_y) for s in samples)
    return above / sum((s[0] - mean_t) ** 2 for s in samples)


ROWS: dict[str, Callable[[Bench], Awaitable[None]]] = {
    each.__name__: each for each in (idle, targeted, broadcast, waits, polls, churn)
}


async def measure(options: argparse.Namespace) -> None:
    check_limit(options.streams)
    bench = Bench(options)
    for name in options.rows or [name for name in ROWS if name != "churn"]:
        await ROWS[name](bench)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", choices=[[], *ROWS], help="what to measure")
    parser.add_argument(
        "--streams", type=int, default=10_000, help="idle streams; the others take 5000 at most"
    )
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=500, help="targeted events a second")
    parser.add_argument("--minutes", type=float, default=60, help="how long `churn` lasts")
    parser.add_argument(
        "--show", type=float, default=0, help="print a sample of `churn` every so many seconds"
    )
    parser.add_argument("--folder", type=Path)
    with asyncio.Runner(loop_factory=uvloop.Loop) as runner:
        runner.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
