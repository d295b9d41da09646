"""Drafts: what they may lack, what they may not have, and that each lack tells which file it waits for."""

from typing import Any

import pytest
from sample import block, energy_model, pin

from gnomon.core.workload import Failure
from gnomon.workloads.energy_model import RESOURCE_KINDS
from gnomon.workloads.energy_model.blocks import surroundings
from gnomon.workloads.energy_model.check import check_energy_model, check_energy_model_draft

KIND = next(kind for kind in RESOURCE_KINDS if kind.kind == "energy_model")
WAIT = {"kind": "inverter", "file": "Big.OND", "at": "blocks[0].inverterId"}


def without(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


@pytest.mark.parametrize(
    "draft",
    [
        {},
        {"blocks": []},
        {"blocks": [{}]},
        {"name": "Half", "blocks": [{"losses": {}, "albedo": {"jan": 0.2}}], "waitsFor": []},
        without(energy_model(), "locationId"),
        energy_model(without(block(), "inverterId", "moduleId"), waitsFor=[WAIT]),
        energy_model(block(inverterId=None, layout={"arrayType": "tracker", "gcr": None}), locationId=None),
        energy_model(block(dcInputs=[{"dcInputId": "a", "stringCount": 4}], array=None)),
        energy_model(weatherData={"ghi": [1.0, 2.0]}),
    ],
)
def test_a_draft_may_lack_what_is_needed_to_run(draft: dict[str, Any]) -> None:
    assert check_energy_model_draft(draft) == []


@pytest.mark.parametrize(
    ("draft", "loc"),
    [
        ([], ()),
        ({"blocks": {}}, ("blocks",)),
        ({"blocks": [1]}, ("blocks", 0)),
        ({"blocks": [{"inverterId": "1"}]}, ("blocks", 0, "inverterId")),
        ({"blocks": [{"layout": {"gcr": 2}}]}, ("blocks", 0, "layout", "gcr")),
        ({"locationId": 1, "projectId": 1}, ("locationId",)),
        ({"waitsFor": 1}, ("waitsFor",)),
        ({"waitsFor": [{"file": "X.OND"}, {"kind": 1}]}, ("waitsFor", 1, "kind")),
        ({"output": {"query": "all"}}, ("output", "query")),
    ],
)
def test_what_a_draft_has_must_be_right(draft: Any, loc: tuple[str | int, ...]) -> None:
    found = check_energy_model_draft(draft)
    assert loc in [complaint.loc for complaint in found]
    assert {complaint.loc for complaint in found} <= {
        complaint.loc for complaint in check_energy_model(draft)
    }


def test_what_is_lacking_tells_which_file_it_waits_for() -> None:
    draft = energy_model(without(block(), "inverterId", "moduleId"), waitsFor=[WAIT])
    told = {complaint.loc: complaint.message for complaint in check_energy_model(draft)}
    assert told["blocks", 0, "inverterId"] == (
        "blocks[0].inverterId: field required; it waits for the file Big.OND: post the inverter in it, and give "
        "its number here"
    )
    assert "waits for" not in told["blocks", 0, "moduleId"]


def test_a_document_that_is_put_waits_for_nothing() -> None:
    whole = energy_model(waitsFor=[WAIT])
    assert KIND.check(whole) == []
    assert KIND.complete(whole) == energy_model()
    assert KIND.check_draft is check_energy_model_draft


@pytest.mark.parametrize(
    ("waits", "words"),
    [
        ([{"kind": "weather", "file": "Bern_SYN.MET", "at": "weatherData"}], "names Bern_SYN.MET"),
        ([WAIT], "linked to locationId 1"),
    ],
)
def test_a_run_without_weather_names_the_file_that_the_variant_names(
    waits: list[dict[str, str]], words: str
) -> None:
    where = {"latitude": 47.0, "longitude": 7.4, "elevation": 500.0, "timeZone": 1}
    with pytest.raises(Failure) as caught:
        surroundings(energy_model(waitsFor=waits), [pin("location", 1, where)])
    assert caught.value.code == "no_weather"
    assert caught.value.message.endswith(words)
