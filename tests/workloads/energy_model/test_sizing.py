"""What a run tells of trackers that do not suit their inverter, and of a plant as a whole."""

from pathlib import Path
from typing import Any

import pytest
from in_memory import MemoryContext, finish
from sample import block, energy_model, pin, references

from gnomon.workloads.energy_model import WORKLOADS
from gnomon.workloads.energy_model.options import PlantOptions
from gnomon.workloads.energy_model.sizing import plant_notes

PARTS = [{"ac_capacity_kw": 400.0}, {"ac_capacity_kw": 600.0}]


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


def test_a_technology_that_is_not_known_is_told(example_plant: Path) -> None:
    pinned = [
        each if each.kind != "module" else pin("module", 1, _with_technology(each.document, "mtPerovskite"))
        for each in references(example_plant)
    ]
    got = finish(WORKLOADS, "energy_model", energy_model(), MemoryContext(references=pinned))
    (told,) = (each for each in got["warnings"] if "Technol" in each)
    assert told.startswith(
        "blocks[0]: module 1 has the Technol mtPerovskite, which is not known here: it is taken"
    )
    plain = finish(
        WORKLOADS, "energy_model", energy_model(), MemoryContext(references=references(example_plant))
    )
    assert not any("Technol" in each for each in plain["warnings"])


def _with_technology(module: Any, name: str) -> dict[str, Any]:
    return {**module, "properties": {**module["properties"], "Technol": name}}


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


@pytest.mark.parametrize(
    ("limit", "energy", "words"),
    [
        (None, 1.0, None),
        (3.0, 1.0, None),
        (3.1, 1.0, "plant.poiLimitMW: 3.1 MW never limits inverters of 1 MW in all; given in kW?"),
        (None, 0.0, "the plant gives 0 MWh in all"),
        (None, -2.5, "the plant gives -2.5 MWh in all"),
    ],
)
def test_a_plant_that_gives_nothing_or_cannot_reach_its_limit_is_told(
    limit: float | None, energy: float, words: str | None
) -> None:
    plant = PlantOptions.model_validate({"poiLimitMW": limit})
    found = list(plant_notes(PARTS, plant, energy))
    assert len(found) == (words is not None)
    assert words is None or found[0].startswith(words)
