"""The most memory that one process holds for energy models of many blocks, and the size of what a task keeps.

    python bench/many_blocks.py [--blocks 100 1000 3000] [--at-inverters] [--folder DIR]

Each number of blocks runs in a process of its own, for a year of hours, with its blobs in a folder. Every eight
blocks have a plane of their own.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

from gnomon.workloads.energy_model import simulation

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/workloads/support"))

import sample  # noqa: E402  # stands beside the tests, which are no package
from in_memory import MemoryContext  # noqa: E402  # likewise

LAYOUT = {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0}


class Folder(dict[str, bytes]):
    """Blobs as files, so that they do not count as memory."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def __setitem__(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def __getitem__(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


def measure(blocks: int, *, at_inverters: bool, folder: Path | None) -> str:
    """Run a model in this process and say what it took."""
    rows = (
        sample.block(name=f"B{i}", layout={**LAYOUT, "tilt": 5 + 40 * (i // 8) * 8 / blocks})
        for i in range(blocks)
    )
    plant = {"poiLimitMW": 0.15 * blocks, "limitAtInverters": True} if at_inverters else {}
    model = sample.energy_model(*rows, plant=plant)
    with tempfile.TemporaryDirectory(dir=folder) as blobs:
        ctx = MemoryContext(references=sample.references(ROOT / "examples/plant"), blobs=Folder(blobs))
        before, begin = _peak(), time.perf_counter()
        result = simulation.run_whole(model, ctx)
        took = time.perf_counter() - begin
        stored = sum(file.stat().st_size for file in Path(blobs).iterdir()) / 1e6
    size = len(json.dumps(result)) / 1e6
    return (
        f"{blocks:6d} blocks: {took:6.1f} s, most memory {_peak():.0f} MB ({before:.0f} before), "
        f"result {size:.2f} MB, blobs {stored:.0f} MB"
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _say(blocks: int, at_inverters: bool, folder: Path | None) -> None:  # noqa: FBT001  # a process takes it so
    print(measure(blocks, at_inverters=at_inverters, folder=folder), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--blocks", type=int, nargs="+", default=[100, 1000, 3000])
    parser.add_argument("--at-inverters", action="store_true", help="let the inverters hold the grid's limit")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    for blocks in options.blocks:
        child = multiprocessing.get_context("spawn").Process(
            target=_say, args=(blocks, options.at_inverters, options.folder)
        )
        child.start()
        child.join()


if __name__ == "__main__":
    main()
