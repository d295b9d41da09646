"""Plants of thousands of blocks: what a task keeps of them stays small, and says the same however it was made."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from in_memory import MemoryContext, finish
from sample import block, energy_model, references

from gnomon.core.workload import Pinned, Split
from gnomon.engine.child.ending import JSON_LIMIT
from gnomon.workloads.energy_model import WORKLOADS, sheet
from gnomon.workloads.energy_model.notes import MOST_ALIKE
from gnomon.workloads.energy_model.share import groups, sheets
from gnomon.workloads.energy_model.simulation import run, run_whole

LAYOUT = {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0}


def plant(blocks: int, **changes: Any) -> dict[str, Any]:
    """Return blocks on a few planes."""
    return energy_model(
        *(block(name=f"B{i}", layout={**LAYOUT, "tilt": 10 + i * 20 // blocks}) for i in range(blocks)),
        **changes,
    )


def few(folder: Path, rows: int) -> list[Pinned]:
    """Return the sample's references with the first hours of a summer's day for weather."""
    date = [1_750_032_000_000 + 3_600_000 * row for row in range(rows)]
    return references(folder, rows=rows, date=date)


def test_thousands_of_blocks_fit_in_a_task(example_plant: Path) -> None:
    ctx = MemoryContext(references=few(example_plant, 48))
    got = finish(WORKLOADS, "energy_model", plant(2000), ctx)
    assert len(json.dumps(got)) < JSON_LIMIT / 3
    told = [each for name in got["block_details"] for each in sheet.load(ctx.get(name))]
    assert [each["index"] for each in told] == list(range(2000))
    of_blocks = sum(each["losses"]["energy"]["closing"]["value"] for each in told)
    (to_grid,) = (sum(figures["annual_energy_mwh"] for figures in got["blocks"]),)
    assert of_blocks == pytest.approx(1e3 * to_grid)
    assert got["losses"]["energy"]["closing"]["value"] == pytest.approx(
        1e3 * got["summary"]["annual_energy_mwh"]
    )
    nominal = sum(each["losses"]["energy"]["opening"]["value"] for each in told)
    assert got["losses"]["energy"]["opening"]["value"] == pytest.approx(nominal)


def test_what_a_shared_run_hands_on_is_small(example_plant: Path) -> None:
    ctx = MemoryContext(references=references(example_plant))
    split = run(plant(1000), ctx)
    assert isinstance(split, Split)
    assert len(json.dumps([child.input for child in split.children])) < 2000
    (share, *_) = split.children
    of_blocks = {each.kind: each for each in WORKLOADS}[share.kind]
    few = {
        **share.input,
        "groups": [[0, 8]],
        "work": ctx.put(json.dumps(_first(ctx, share.input, 8)).encode()),
    }
    given = of_blocks.run(few, MemoryContext(blobs=ctx.blobs))
    assert len(json.dumps(given)) < 1000


def _first(ctx: MemoryContext, given: dict[str, Any], count: int) -> dict[str, Any]:
    work: dict[str, Any] = json.loads(ctx.get(given["work"]))
    return {**work, "blocks": work["blocks"][:count]}


def test_memory_hardly_grows_with_the_blocks(example_plant: Path) -> None:
    """A block's tree alone takes some fifty kilobytes of objects, its series more than a megabyte."""

    def peak(blocks: int) -> int:
        given = plant(blocks)
        ctx = MemoryContext(references=few(example_plant, 240), blobs=Forgetful())
        tracemalloc.start()
        run_whole(given, ctx)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert (peak(500) - peak(100)) / 400 < 30e3


class Forgetful(dict[str, bytes]):
    """A shelf that keeps nothing: what is stored is no longer in memory."""

    def __setitem__(self, name: str, content: bytes) -> None:
        """Forget it."""


def test_alike_warnings_are_told_once_there_are_many(example_plant: Path) -> None:
    ctx = MemoryContext(references=few(example_plant, 48))
    got = finish(WORKLOADS, "energy_model", plant(MOST_ALIKE + 30), ctx)
    told = [note for note in got["warnings"] if ".array is deprecated" in note]
    assert len(told) == MOST_ALIKE + 1
    assert told[-1] == "30 more like: blocks[0].array is deprecated; use dcInputs"


@pytest.mark.parametrize("blocks", [1, 5, 63, 64, 65, 3000])
def test_sheets_make_up_their_group(blocks: int) -> None:
    for group in groups(blocks):
        assert [index for piece in sheets(group) for index in piece] == list(group)
        assert all(0 < len(piece) <= 64 for piece in sheets(group))
