"""What a run tells of trackers that do not suit their inverter."""

from pathlib import Path
from typing import Any

import pytest
from in_memory import MemoryContext, finish
from sample import block, energy_model, references

from gnomon.workloads.energy_model import WORKLOADS


@pytest.fixture
def ctx(example_plant: Path) -> MemoryContext:
    return MemoryContext(references=references(example_plant))


def two_trackers(ctx: MemoryContext, counts: tuple[int, int], policy: str | None = None) -> dict[str, Any]:
    """Return the result of two trackers with so many strings, and a weight of the inverter for each string."""
    strings = {"moduleId": 1, "stringLength": 26}
    inputs = [
        {**strings, "dcInputId": f"t{at}", "mpptIndex": at, "stringCount": count, "shareWeight": count}
        for at, count in enumerate(counts, 1)
    ]
    some = {key: value for key, value in block(dcInputs=inputs).items() if key not in ("array", "moduleId")}
    settings = {} if policy is None else {"settings": {"dcInputPowerSharingPolicy": policy}}
    got: dict[str, Any] = finish(WORKLOADS, "energy_model", energy_model(some, **settings), ctx)
    return got


@pytest.mark.parametrize("policy", [None, "independent_equal"])
@pytest.mark.parametrize(
    ("counts", "words"), [((18, 2), "tracker 1 carries 90 %"), ((7, 13), "tracker 2 carries 65 %")]
)
def test_trackers_with_unequal_loads_in_equal_parts_are_told(
    ctx: MemoryContext, counts: tuple[int, int], words: str, policy: str | None
) -> None:
    (told,) = (each for each in two_trackers(ctx, counts, policy)["warnings"] if "carries" in each)
    assert told == (
        f"blocks[0].dcInputs: {words} of the modules and 50 % of the inverter under dcInputPowerSharingPolicy "
        "independent_equal; string_count_weighted shares by strings"
    )


@pytest.mark.parametrize(
    ("counts", "policy"), [((11, 9), None), ((18, 2), "string_count_weighted"), ((18, 2), "manual_weighted")]
)
def test_trackers_that_suit_their_parts_are_not_told(
    ctx: MemoryContext, counts: tuple[int, int], policy: str | None
) -> None:
    assert not any("carries" in each for each in two_trackers(ctx, counts, policy)["warnings"])


def test_a_full_tracker_in_an_equal_part_loses_what_the_note_says(ctx: MemoryContext) -> None:
    equal, shared = (two_trackers(ctx, (18, 2), policy) for policy in (None, "string_count_weighted"))
    assert equal["summary"]["annual_energy_mwh"] < 0.95 * shared["summary"]["annual_energy_mwh"]
