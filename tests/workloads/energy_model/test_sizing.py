"""What looks wrong with a plant as a whole, from the figures of its blocks."""

import pytest

from gnomon.workloads.energy_model.options import PlantOptions
from gnomon.workloads.energy_model.sizing import plant_notes

PARTS = [{"ac_capacity_kw": 400.0}, {"ac_capacity_kw": 600.0}]


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
