"""A workspace's defaults: laid under what a run's document says, never over it, and told field by field."""

import copy
from pathlib import Path
from typing import Any

import pytest
from in_memory import MemoryContext, finish
from sample import LOCATION, block, energy_model, monthly, pin, references

from gnomon.workloads.energy_model import RESOURCE_KINDS, WORKLOADS
from gnomon.workloads.energy_model.check import check_workspace_settings
from gnomon.workloads.energy_model.defaults import lay_under

EVERY = {
    "losses": {"mismatch": 0.03, "uC": 20},
    "acSystem": {
        "losses": {"acohmicLoss": 0.02, "transformer": {"ironLoss": 0.001, "copperLoss": 0.01}},
        "mvLosses": {"mvOhmicLossFraction": 0.004},
        "mpptFraction": 1,
    },
    "shading": {
        "farShading": True,
        "nearShading": "unlimited",
        "electricalImpact": True,
        "transverseDiodes": 3,
    },
    "layout": {"crossAxisTilt": 2},
    "bifacialInputs": {"rackingShading": 0.05},
    "aoi": {"angles": [0, 90], "factors": [1, 0]},
    "plant": {"poiLimitMW": 5, "limitAtInverters": True},
    "settings": {"circumsolarAsBeam": False, "windStow": True},
    "soiling": monthly(0.02),
}


def test_every_default_is_taken_where_the_document_says_nothing() -> None:
    bare = block(
        shading={}, losses={}, acSystem={"numberOfInverters": 2, "losses": None}, moduleId=1, aoi=None
    )
    bare["array"]["bifacialInputs"] = {"height": 1.5, "rackingShading": None}
    laid = lay_under(energy_model(bare, plant=None), EVERY)
    found: Any = laid.document
    (of_block,) = found["blocks"]
    assert found["plant"] == EVERY["plant"]
    assert found["settings"] == EVERY["settings"]
    assert of_block["losses"] == EVERY["losses"]
    assert of_block["shading"] == EVERY["shading"]
    assert of_block["layout"]["crossAxisTilt"] == 2
    assert of_block["aoi"] == EVERY["aoi"]
    assert of_block["array"]["bifacialInputs"] == {"height": 1.5, "rackingShading": 0.05}
    assert of_block["acSystem"] == {
        "numberOfInverters": 2,
        "mpptFraction": 1,
        "losses": {
            "acohmicLoss": 0.02,
            "transformer": {"ironLoss": 0.001, "copperLoss": 0.01},
            "mvLosses": {"mvOhmicLossFraction": 0.004},
        },
    }
    assert laid.values["acSystem.losses.transformer.ironLoss"] == 0.001


def test_no_default_is_laid_over_a_document() -> None:
    said = block(
        shading={
            "farShading": False,
            "nearShading": "none",
            "electricalImpact": False,
            "transverseDiodes": 0,
        },
        losses={"mismatch": 0.0, "uC": 29},
        acSystem={
            "numberOfInverters": 1,
            "mpptFraction": 0.5,
            "mvLosses": {"mvOhmicLossFraction": 0.0},
            "losses": {"acohmicLoss": 0, "transformer": {"ironLoss": 0, "copperLoss": 0}},
        },
        aoi={"angles": [0, 80], "factors": [1, 0.5]},
    )
    said["layout"]["crossAxisTilt"] = 0
    plant, settings = (
        {"poiLimitMW": 1, "limitAtInverters": False},
        {"circumsolarAsBeam": True, "windStow": False},
    )
    document = energy_model(said, plant=plant, settings=settings)
    before = copy.deepcopy(document)
    laid = lay_under(document, EVERY)
    assert laid.values == {}
    assert laid.document == before == document


def test_each_place_is_counted() -> None:
    laid = lay_under(energy_model(block(), block(losses={}), block(losses={})), {"losses": {"lid": 0.015}})
    assert laid.told() == {
        "workspace_defaults": [{"field": "losses.lid", "value": 0.015, "places": 2}],
    }
    assert laid.note() == (
        "from the workspace's settings, where the input says nothing: losses.lid 0.015 (2 times)"
    )


@pytest.mark.parametrize(
    ("defaults", "at", "words"),
    [
        ({"losses": {"mismatch": 2}}, ("losses", "mismatch"), "give a number below 1"),
        ({"losses": {"mismach": 0.2}}, ("losses", "mismach"), "no field with a default; those are"),
        ({"inverterId": 1}, ("inverterId",), "losses, acSystem, shading"),
        ({"acSystem": {"numberOfInverters": 1}}, ("acSystem", "numberOfInverters"), "losses, mvLosses or"),
        ({"shading": {"nearShading": "octavia"}}, ("shading", "nearShading"), "'unlimited' or 'none'"),
        ({"shading": {"electricalImpact": True}}, ("shading", "transverseDiodes"), "needs transverseDiodes"),
        (
            {"plant": {"limitAtInverters": True}},
            ("plant", "limitAtInverters"),
            "energyModel.plant.poiLimitMW",
        ),
        ({"settings": {"snow": {}}}, ("settings", "snow"), "one of them"),
        ({"settings": {"timeZoneOverride": "Mars"}}, ("settings", "timeZoneOverride"), "no IANA time zone"),
        (
            {"settings": {"dcInputPowerSharingPolicy": "manual_weighted"}},
            ("settings", "dcInputPowerSharingPolicy"),
            "weights of a model's own inputs",
        ),
        ({"aoi": {"angles": [1, 0], "factors": [1, 1]}}, ("aoi", "angles"), "must increase"),
        ({"soiling": 0.02}, ("soiling",), "give twelve months"),
    ],
)
def test_what_is_no_default_is_refused(defaults: dict[str, Any], at: tuple[str, ...], words: str) -> None:
    found = {each.loc: each.message for each in check_workspace_settings({"energyModel": defaults})}
    assert words in found["energyModel", *at]


@pytest.mark.parametrize(
    "document",
    [{}, {"energyModel": EVERY, "preferences": {"units": "si"}}, {"energyModel": None, "theirs": [1]}],
)
def test_settings_are_accepted(document: dict[str, Any]) -> None:
    assert check_workspace_settings(document) == []
    kind = next(kind for kind in RESOURCE_KINDS if kind.kind == "workspace_settings")
    assert kind.check(document) == []


def run(document: dict[str, Any], example_plant: Path, defaults: dict[str, Any] | None, **place: Any) -> Any:
    pinned = [each for each in references(example_plant) if each.kind != "location"]
    pinned.append(pin("location", 1, {**LOCATION, **place}))
    if defaults is not None:
        pinned.append(pin("workspace_settings", 1, {"energyModel": defaults}))
    return finish(WORKLOADS, "energy_model", document, MemoryContext(references=pinned))


def test_defaults_change_the_yield_as_the_document_would(example_plant: Path) -> None:
    bare = energy_model(block(losses={"uC": 25}))
    plain = run(bare, example_plant, None)
    defaults = {"losses": {"mismatch": 0.05, "uC": 15}, "soiling": monthly(0.1)}
    laid = run(bare, example_plant, defaults)
    said = run(
        energy_model(block(losses={"uC": 25, "mismatch": 0.05}), soiling=monthly(0.1)), example_plant, None
    )
    energies = [each["summary"]["annual_energy_mwh"] for each in (plain, laid, said)]
    assert energies[1] < 0.9 * energies[0]
    assert energies[1] == energies[2]
    assert [each["field"] for each in laid["settings"]["workspace_defaults"]] == [
        "losses.mismatch",
        "soiling",
    ]
    assert laid["warnings"][0].startswith(
        "from the workspace's settings, where the input says nothing: losses"
    )
    assert "workspace_defaults" not in plain["settings"]


def test_soiling_of_the_location_comes_first(example_plant: Path) -> None:
    bare, defaults = energy_model(), {"soiling": monthly(0.1)}
    of_place = run(bare, example_plant, defaults, soiling=monthly(0.01))
    assert of_place["summary"] == run(bare, example_plant, None, soiling=monthly(0.01))["summary"]
    assert "workspace_defaults" not in of_place["settings"]


def test_far_shading_counts_where_there_is_a_horizon(example_plant: Path) -> None:
    bare = energy_model(block(shading={}))
    defaults = {"shading": {"farShading": True}}
    horizon = {"farShadingElevationAngles": [20, 20, 20, 20]}
    plain = run(bare, example_plant, defaults)
    assert "workspace_defaults" not in plain["settings"]
    shaded = run(bare, example_plant, defaults, farShading=horizon)
    assert shaded["summary"]["annual_energy_mwh"] < 0.99 * plain["summary"]["annual_energy_mwh"]


def test_defaults_without_use_say_nothing_of_it(example_plant: Path) -> None:
    defaults = {"settings": {"windStow": True}, "albedo": monthly(0.3)}
    told = run(energy_model(), example_plant, defaults)["warnings"]
    assert not [note for note in told if "not used, no block has trackers" in note]
    assert "workspace settings energyModel.albedo: not used, every block gives its own" in told
