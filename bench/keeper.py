"""Searches, and the server's loop, while a folder of many documents is read in beside them.

    python bench/keeper.py [--documents 4000]

It keeps a library as the server does, in its own processes, and searches three times every 20 ms from an event loop
whose lateness is measured all the while; then it searches with nothing else to do, and waits for a new file.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from gnomon.library.client import KeptLibrary, Order, Provided

TICK = 0.005
QUERIES = ("mark7 word3", "word1 stands here", "herons fish at dawn")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--documents", type=int, default=4000)
    count = options.parse_args().documents
    with tempfile.TemporaryDirectory() as place:
        fill(Path(place) / "documents", count)
        asyncio.run(measure(Path(place), count))


def fill(folder: Path, count: int) -> None:
    folder.mkdir()
    dice = random.Random(7)
    for number in range(count):
        words = (f"word{dice.randrange(3000)} stands here." for _ in range(60))
        (folder / f"{number:06}.md").write_text(f"# Document {number}\n\nmark{number} {' '.join(words)}\n")


async def measure(place: Path, count: int) -> None:
    folder = place / "documents"
    brought = (Provided(path=str(folder), label="documents"),)
    order = Order(data=str(place / "data"), public_url="http://host", folders=brought, is_semantic=False)
    library = KeptLibrary(order, delay=0)
    await library.start()
    try:
        await library.search("w", "warm")
        lags: list[float] = []
        ticking = asyncio.create_task(tick(lags))
        began = time.monotonic()
        waits = await search_while_reading(library, count)
        seconds = time.monotonic() - began
        ticking.cancel()
        print(f"read {count} documents in {seconds:.1f} s ({count / seconds:.0f} a second)")
        tell("search meanwhile", waits)
        tell("lateness of the loop", lags)
        tell("search alone", [await timed(library, QUERIES[0]) for _ in range(200)])
        print(f"a new file is found after {await time_to_find(library, folder):.2f} s")
    finally:
        await library.stop()


async def search_while_reading(library: KeptLibrary, count: int) -> list[float]:
    waits: list[float] = []
    while True:
        waits += [await timed(library, query) for query in QUERIES]
        holdings = await library.holdings("w")
        if holdings.documents == count and not holdings.pending:
            return waits
        await asyncio.sleep(0.02)


async def timed(library: KeptLibrary, query: str) -> float:
    began = time.perf_counter()
    await library.search("w", query)
    return time.perf_counter() - began


async def time_to_find(library: KeptLibrary, folder: Path) -> float:
    await asyncio.to_thread((folder / "new.md").write_text, "Kingfishers dive.")
    began = time.monotonic()
    while True:
        if (await library.search("w", "kingfisher")).passages:
            return time.monotonic() - began
        await asyncio.sleep(TICK)


async def tick(lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TICK)
        lags.append(time.perf_counter() - began - TICK)


def tell(name: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    shares = {share: 1000 * ordered[int(len(ordered) * share / 100)] for share in (50, 95, 99)}
    told = ", ".join(f"{share} % {wait:.1f}" for share, wait in shares.items())
    print(f"{name}, ms of {len(ordered)}: {told}, most {1000 * ordered[-1]:.1f}")


if __name__ == "__main__":
    main()
