"""What each document accepts and refuses, by table; and that no JSON makes a check raise."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sample import LOCATION, block, components, energy_model, monthly, weather

from gnomon.core.workload import Reference
from gnomon.workloads.energy_model import RESOURCE_KINDS, WORKLOADS
from gnomon.workloads.energy_model.check import (
    check_energy_model,
    check_inverter,
    check_location,
    check_module,
    check_project,
    check_weather,
    location_of,
    references,
)

Path_ = tuple[str | int, ...]
REMOVED = object()


def changed(document: dict[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(document)
    place: Any = document
    for part in path[:-1]:
        place = place[part]
    if value is REMOVED:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def test_the_contracts_sample_passes() -> None:
    output = {"timeSeries": True, "blockResults": True, "blockIndex": 0, "lossBreakdownTimestamps": False}
    assert check_energy_model(energy_model(output=output)) == []


BLOCK = ("blocks", 0)
TRACKER = {
    "arrayType": "tracker",
    "gcr": 0.4,
    "azimuth": 180,
    "axisTilt": 0,
    "backTracking": True,
    "maxAngle": 60,
}
FLOATING = {"arrayType": "rotationalFloating", "gcr": 0.4, "tilt": 10, "maxAngle": 45}
INPUT = {"dcInputId": "a", "moduleId": 1, "stringLength": 26, "stringCount": 9}
SCENE = {"nearShading": "octavia", "shadingSceneId": 1}
TABLE = {"azimuth": [0, 180], "elevation": [0, 45], "directShare": [[1, 0], [0.5, 0]]}
WRONG: list[tuple[Path_, Any, Path_, str]] = [
    (("locationId",), REMOVED, ("locationId",), "one_of"),
    (("projectId",), 1, ("locationId",), "one_of"),
    (("location",), LOCATION, ("location",), "one_of"),
    (("locationId",), 0, ("locationId",), "greater_than_equal"),
    (("locationId",), "one", ("locationId",), "int_type"),
    (("locationId",), "1", ("locationId",), "int_type"),
    ((*BLOCK, "moduleId"), "1", (*BLOCK, "moduleId"), "int_type"),
    ((*BLOCK, "inverterId"), 1.5, (*BLOCK, "inverterId"), "int_type"),
    ((*BLOCK, "layout", "gcr"), "0.4", (*BLOCK, "layout", "gcr"), "float_type"),
    ((*BLOCK, "array", "stringCount"), 10**7, (*BLOCK, "array", "stringCount"), "less_than_equal"),
    ((*BLOCK, "array", "stringCount"), "10", (*BLOCK, "array", "stringCount"), "int_type"),
    ((*BLOCK, "shading", "farShading"), "no", (*BLOCK, "shading", "farShading"), "bool_type"),
    (("blocks",), [], ("blocks",), "too_short"),
    (("blocks",), REMOVED, ("blocks",), "missing"),
    (("blocks",), {}, ("blocks",), "list_type"),
    (("blocks", 0), 1, BLOCK, "model_type"),
    *[((*BLOCK, key), REMOVED, (*BLOCK, key), "missing") for key in ("inverterId", "shading", "losses")],
    *[((*BLOCK, key), REMOVED, (*BLOCK, key), "missing") for key in ("acSystem", "albedo", "moduleId")],
    ((*BLOCK, "array"), REMOVED, (*BLOCK, "array"), "one_of"),
    ((*BLOCK, "layout"), REMOVED, (*BLOCK, "layout"), "one_of"),
    ((*BLOCK, "layoutRef"), 1, (*BLOCK, "layoutRef"), "not_supported"),
    *[
        ((*BLOCK, "layout", "gcr"), gcr, (*BLOCK, "layout", "gcr"), kind)
        for gcr, kind in ((0.149, "greater_than_equal"), (0.901, "less_than_equal"), (None, "float_type"))
    ],
    ((*BLOCK, "layout", "tilt"), 91, (*BLOCK, "layout", "tilt"), "less_than_equal"),
    ((*BLOCK, "layout", "tilt"), REMOVED, (*BLOCK, "layout", "tilt"), "missing"),
    ((*BLOCK, "layout", "azimuth"), -1, (*BLOCK, "layout", "azimuth"), "greater_than_equal"),
    ((*BLOCK, "layout", "axisTilt"), 90, (*BLOCK, "layout", "axisTilt"), "less_than_equal"),
    ((*BLOCK, "layout", "crossAxisTilt"), -90, (*BLOCK, "layout", "crossAxisTilt"), "greater_than_equal"),
    ((*BLOCK, "layout", "arrayType"), "roof", (*BLOCK, "layout", "arrayType"), "literal_error"),
    ((*BLOCK, "layout"), {**TRACKER, "maxAngle": 91}, (*BLOCK, "layout", "maxAngle"), "less_than_equal"),
    ((*BLOCK, "layout"), {**FLOATING, "maxAngle": 181}, (*BLOCK, "layout", "maxAngle"), "less_than_equal"),
    ((*BLOCK, "layout", "arrayType"), "tracker", (*BLOCK, "layout", "maxAngle"), "missing"),
    ((*BLOCK, "layout", "arrayType"), "rotationalFloating", (*BLOCK, "layout", "maxAngle"), "missing"),
    ((*BLOCK, "shading", "nearShading"), "octavia", (*BLOCK, "shading", "shadingSceneId"), "missing"),
    ((*BLOCK, "shading", "electricalImpact"), True, (*BLOCK, "shading", "transverseDiodes"), "missing"),
    ((*BLOCK, "shading"), SCENE | {"sceneTable": TABLE}, (*BLOCK, "shading", "sceneTable"), "conflict"),
    ((*BLOCK, "shading", "sceneTable"), {"azimuth": []}, (*BLOCK, "shading", "sceneTable"), "shading_table"),
    ((*BLOCK, "shading", "sceneTable"), 1, (*BLOCK, "shading", "sceneTable"), "shading_table"),
    ((*BLOCK, "shading", "transverseDiodes"), 11, (*BLOCK, "shading", "transverseDiodes"), "less_than_equal"),
    ((*BLOCK, "losses", "mismatch"), 1, (*BLOCK, "losses", "mismatch"), "less_than"),
    ((*BLOCK, "losses", "lid"), -0.01, (*BLOCK, "losses", "lid"), "greater_than_equal"),
    ((*BLOCK, "losses", "uC"), 0, (*BLOCK, "losses", "uC"), "greater_than_equal"),
    (
        (*BLOCK, "acSystem", "numberOfInverters"),
        0,
        (*BLOCK, "acSystem", "numberOfInverters"),
        "greater_than_equal",
    ),
    ((*BLOCK, "acSystem", "mpptFraction"), 0, (*BLOCK, "acSystem", "mpptFraction"), "greater_than"),
    ((*BLOCK, "acSystem", "mpptFraction"), 1.1, (*BLOCK, "acSystem", "mpptFraction"), "less_than_equal"),
    (
        (*BLOCK, "acSystem"),
        {
            "numberOfInverters": 1,
            "mvLosses": {"mvOhmicLossFraction": 0.01},
            "losses": {"mvLosses": {"mvOhmicLossFraction": 0.02}},
        },
        (*BLOCK, "acSystem", "losses", "mvLosses", "mvOhmicLossFraction"),
        "conflict",
    ),
    ((*BLOCK, "albedo", "feb"), REMOVED, (*BLOCK, "albedo", "feb"), "missing"),
    ((*BLOCK, "albedo", "feb"), 1.01, (*BLOCK, "albedo", "feb"), "less_than_equal"),
    ((*BLOCK, "array", "stringCount"), 0, (*BLOCK, "array", "stringCount"), "greater_than_equal"),
    ((*BLOCK, "array", "bifacialInputs"), {}, (*BLOCK, "array", "bifacialInputs", "height"), "missing"),
    (
        (*BLOCK, "array", "bifacialInputs"),
        {"height": 0},
        (*BLOCK, "array", "bifacialInputs", "height"),
        "greater_than",
    ),
    ((*BLOCK, "dcInputs"), [{"dcInputId": 1}], (*BLOCK, "dcInputs", 0, "moduleId"), "missing"),
    ((*BLOCK, "dcInputs"), [INPUT, INPUT], (*BLOCK, "dcInputs", 1, "dcInputId"), "duplicate"),
    (
        (*BLOCK, "dcInputs"),
        [{**INPUT, "layout": {"arrayType": "fixed", "gcr": 0.4, "tilt": 1, "axisTilt": 0}}],
        (*BLOCK, "dcInputs", 0, "layout", "azimuth"),
        "missing",
    ),
    (
        (*BLOCK, "dcInputs"),
        [{**INPUT, "shading": {"nearShading": "octavia"}}],
        (*BLOCK, "dcInputs", 0, "shading", "shadingSceneId"),
        "missing",
    ),
    ((*BLOCK, "shadingStringMap"), {"a": 1}, (*BLOCK, "shadingStringMap"), "needs_other"),
    ((*BLOCK, "aoi"), {"angles": [0, 90], "factors": [1]}, (*BLOCK, "aoi"), "length"),
    ((*BLOCK, "aoi"), {"angles": [90, 0], "factors": [1, 0]}, (*BLOCK, "aoi", "angles"), "order"),
    (("plant",), {"limitAtInverters": True}, ("plant", "limitAtInverters"), "needs_other"),
    (("plant",), {"availability": 1.1}, ("plant", "availability"), "less_than_equal"),
    (("plant",), {"availability": {"jan": 1}}, ("plant", "availability", "feb"), "missing"),
    (
        ("plant",),
        {"availability": [{"start": 5, "stop": 5}]},
        ("plant", "availability", 0, "stop"),
        "order",
    ),
    (("plant",), {"degradation": {"years": 25}}, ("plant", "degradation", "ratePerYear"), "missing"),
    (
        ("plant",),
        {"degradation": {"ratePerYear": 0.5, "years": 25}},
        ("plant", "degradation", "ratePerYear"),
        "less_than_equal",
    ),
    (("plant",), {"contAuxLosskW": 1}, ("plant", "contAuxLosskW"), "needs_other"),
    (("plant",), {"propAuxLossWperkW": 1}, ("plant", "propAuxLossWperkW"), "needs_other"),
    (("plant",), {"poiLimitMW": 0}, ("plant", "poiLimitMW"), "greater_than"),
    (("output",), {"query": 1}, ("output", "query"), "removed"),
    (("output",), {"lossBreakdownTimestamps": {}}, ("output", "lossBreakdownTimestamps"), "removed"),
    (("output",), {"fullTimeSeries": True}, ("output", "fullTimeSeries"), "needs_other"),
    (("output",), {"blockIndex": 0}, ("output", "blockIndex"), "needs_other"),
    (("output",), {"blockIndex": 1, "blockResults": True}, ("output", "blockIndex"), "out_of_range"),
    (("output",), {"blockIndex": -1, "blockResults": True}, ("output", "blockIndex"), "greater_than_equal"),
    (("blockQuery",), True, ("blockQueryIndex",), "missing"),
    (("settings",), {"windStow": 5}, ("settings", "windStow"), "model_type"),
    (("settings",), {"windStow": {"windSpeed": 0}}, ("settings", "windStow", "windSpeed"), "greater_than"),
    (
        ("settings",),
        {"irradianceOptimization": {"diffuseShare": 2}},
        ("settings", "irradianceOptimization", "diffuseShare"),
        "less_than_equal",
    ),
    (
        ("settings",),
        {"advancedNearShadingLosses": True},
        ("settings", "advancedNearShadingLosses"),
        "not_supported",
    ),
    (("settings",), {"snow": {}}, ("settings", "snow"), "one_of"),
    (("settings",), {"snow": {"monthly": monthly(0), "model": "slide"}}, ("settings", "snow"), "one_of"),
    (
        ("settings",),
        {"uncertainties": {"model": 3}},
        ("settings", "uncertainties", "model"),
        "less_than_equal",
    ),
    (("schemaVersion",), "4.0.0", (*BLOCK, "array"), "removed"),
    (
        ("location",),
        {**LOCATION, "timeZoneName": "Mars/Olympus"},
        ("location", "timeZoneName"),
        "time_zone",
    ),
    (("location",), {**LOCATION, "farShading": {}}, ("location", "farShading"), "horizon"),
    (("settings",), {"timeZoneOverride": "Mars/Olympus"}, ("settings", "timeZoneOverride"), "time_zone"),
    (("settings",), {"timeZoneOverride": 15}, ("settings", "timeZoneOverride"), "less_than_equal"),
    (
        ("settings",),
        {"dcInputPowerSharingPolicy": "all"},
        ("settings", "dcInputPowerSharingPolicy"),
        "literal_error",
    ),
    (("soiling",), monthly(2), ("soiling", "jan"), "less_than_equal"),
    (("weatherData",), 1, ("weatherData",), "object_type"),
    (("weatherData",), {}, ("weatherData", "ghi"), "missing"),
    (("weatherData",), {"timestampLabel": "centre"}, ("weatherData", "timestampLabel"), "literal_error"),
    (("weatherData",), {"soiling": 3}, ("weatherData", "soiling"), "model_type"),
    (
        ("location",),
        {"latitude": 1, "longitude": 0, "weatherData": {"timestampLabel": "centre"}},
        ("location", "weatherData", "timestampLabel"),
        "literal_error",
    ),
    (
        ("location",),
        {"latitude": 1, "longitude": 0, "weatherData": {}},
        ("location", "weatherData", "ghi"),
        "missing",
    ),
    (("location",), {"latitude": 91, "longitude": 0}, ("location", "latitude"), "less_than_equal"),
]


@pytest.mark.parametrize(("path", "value", "loc", "kind"), WRONG)
def test_what_is_wrong_is_named(path: Path_, value: Any, loc: Path_, kind: str) -> None:
    complaints = check_energy_model(changed(energy_model(), path, value))
    assert (loc, kind) in [(each.loc, each.type) for each in complaints]
    assert all(each.message for each in complaints)


WORDS: list[tuple[Path_, Any, str]] = [
    ((*BLOCK, "moduleId"), "1", 'blocks[0].moduleId: give the number 1, not the text "1"'),
    ((*BLOCK, "inverterId"), "one", 'give a whole number, not the text "one"'),
    ((*BLOCK, "inverterId"), None, "give a whole number, not null"),
    ((*BLOCK, "layout", "gcr"), "0.4", "blocks[0].layout.gcr: give the number 0.4, not the text"),
    (
        (*BLOCK, "layout", "gcr"),
        40,
        "40 is out of range; give collector width over pitch (0.15 to 0.90)",
    ),
    ((*BLOCK, "losses", "mismatch"), 2, "give a number below 1, as a fraction: 0.02 is 2 %"),
    ((*BLOCK, "losses", "moduleQuality"), -3, "as a fraction: -0.03 is -3 %"),
    ((*BLOCK, "acSystem", "losses", "acohmicLoss"), 1.5, "as a fraction: 0.015 is 1.5 %"),
    ((*BLOCK, "albedo", "feb"), 20, "as a fraction: 0.2 is 20 %"),
    ((*BLOCK, "losses", "uC"), 0.1, "blocks[0].losses.uC: 0.1 is out of range; give a number of at least 5"),
    ((*BLOCK, "layout", "tilt"), 91, "91 is out of range; give a number of at most 90"),
    ((*BLOCK, "layout", "arrayType"), "fixed_tilt", "give fixed, tracker or rotationalFloating"),
    ((*BLOCK, "layout"), {**TRACKER, "maxAngle": 91}, "a tracker turns at most 90 degrees, not 91"),
    (
        (*BLOCK, "layoutRef"),
        1,
        "the contract does not say what a layout kept elsewhere looks like; give layout",
    ),
    (("settings",), {"advancedNearShadingLosses": True}, "the contract does not say what it does"),
    (("settings",), {"snow": {"model": None}}, "settings.snow: give monthly losses or a model, one of them"),
    (
        ("schemaVersion",),
        "4.0",
        "blocks[0].array: is gone in schema 4; give dcInputs, or schemaVersion 3.1.0",
    ),
    (
        (*BLOCK, "shading"),
        {"nearShading": "octavia"},
        "blocks[0].shading: nearShading octavia needs shadingSceneId",
    ),
    (
        (*BLOCK, "shading", "electricalImpact"),
        True,
        "electricalImpact with nearShading unlimited needs transverseDiodes, 0 to 10",
    ),
    (
        (*BLOCK, "dcInputs"),
        [INPUT, INPUT],
        "blocks[0].dcInputs[1].dcInputId: a is there already; give each input an id of its own",
    ),
    (
        (*BLOCK, "array", "bifacialInputs"),
        {"collectorWidth": 2},
        "bifacialInputs.height: give the height of the rows' axis above the ground [m]",
    ),
    (
        (*BLOCK, "shading"),
        {"nearShading": "octavia", "sceneTable": {**TABLE, "directShare": [[1, 0]]}},
        "blocks[0].shading.sceneTable: directShare: give 2 rows of shares",
    ),
    (("plant",), {"limitAtInverters": True}, "plant.limitAtInverters needs plant.poiLimitMW"),
    (
        (*BLOCK, "albedo"),
        0.2,
        'blocks[0].albedo: give twelve months, {"jan": 0.2, "feb": 0.2, ..., "dec": 0.2}',
    ),
    ((*BLOCK, "albedo"), [0.2] * 12, 'give twelve months, {"jan": 0.2'),
    (("soiling",), 0.03, 'soiling: give twelve months, {"jan": 0.03'),
    ((*BLOCK, "losses", "invAuxLoss"), "no", "give true or false, not the text"),
    ((*BLOCK, "losses"), 1, "blocks[0].losses: give an object, not 1"),
    *[
        ((*BLOCK, key), {}, f"blocks[0].{key}: is not read here; give {instead}")
        for key, instead in (
            ("inverterDefinition", "inverterId"),
            ("moduleDefinition", "moduleId"),
            ("surfaceDefinition", "layout with arrayType"),
            ("moduleStringingDefinition", "array with stringLength"),
        )
    ],
]


@pytest.mark.parametrize(("path", "value", "words"), WORDS)
def test_a_complaint_says_what_to_give(path: Path_, value: Any, words: str) -> None:
    (complaint,) = check_energy_model(changed(energy_model(), path, value))
    assert words in complaint.message


RIGHT: list[tuple[Path_, Any]] = [
    ((*BLOCK, "losses", "moduleQuality"), -0.004),
    ((*BLOCK, "shading", "nearShading"), REMOVED),
    ((*BLOCK, "array", "stringCount"), 10.0),
    ((*BLOCK, "aoi"), {"angles": [0, 60, 90], "factors": [1, 0.95, 0]}),
    (("plant",), {"poiLimitMW": 0.2, "contAuxLosskW": 1, "contAuxLossThreshkW": 0}),
    (("settings",), {"timeZoneOverride": "Asia/Kolkata"}),
    (("settings",), {"timeZoneOverride": 5.5}),
    (("output",), {"blockIndex": 0, "lossBreakdownTimestamps": True}),
    (("output",), {"timeSeries": True, "fullTimeSeries": True}),
    (("weatherData",), {"$blob": "0" * 64}),
    (("somethingNew",), {"kept": 1}),
    *[(("schemaVersion",), version) for version in ("1.0.0", "2", "v3.1.0", "3.1", "newest")],
    ((*BLOCK, "layout"), TRACKER),
    ((*BLOCK, "layout"), FLOATING),
    ((*BLOCK, "layout", "axisTilt"), -5),
    ((*BLOCK, "shading"), {**SCENE, "electricalImpact": True}),
    ((*BLOCK, "shading"), {"nearShading": "octavia", "sceneTable": TABLE}),
    ((*BLOCK, "shading"), {"farShading": True}),
    ((*BLOCK, "dcInputs"), [INPUT, {**INPUT, "dcInputId": "b", "layout": TRACKER}]),
    ((*BLOCK, "array", "bifacial"), True),
    ((*BLOCK, "acSystem", "mvLosses"), {"mvOhmicLossFraction": 0.01}),
    ((*BLOCK, "acSystem", "mpptFraction"), 1),
    (("plant",), {"poiLimitMW": 1, "limitAtInverters": True}),
    *[(("plant",), {"availability": each}) for each in (0.98, monthly(0.98), [{"start": 0, "stop": 1}])],
    (("plant",), {"degradation": {"ratePerYear": 0.005, "years": 25, "firstYear": 2027}}),
    *[(("settings",), {"windStow": each}) for each in (True, False, {"windSpeed": 12, "stowAngle": 5})],
    *[(("settings",), {"irradianceOptimization": each}) for each in (True, False, {"diffuseShare": 0.8})],
    *[(("settings",), {"advancedNearShadingLosses": each}) for each in (False, None)],
    *[(("settings",), {"ignoreSpectralCorrection": each}) for each in (True, False)],
    (("settings",), {"subHourlyClipping": True, "uncertainties": {"model": 0.03}}),
    *[(("settings",), {"snow": each}) for each in ({"monthly": monthly(0.1)}, {"model": "slide"})],
]


OPTIONAL = [
    *[((*BLOCK, "shading", key), "shading") for key in ("farShading", "nearShading", "electricalImpact")],
    *[((*BLOCK, "shading", key), "shading") for key in ("electricalImpactFraction", "transverseDiodes")],
    *[((*BLOCK, "losses", key), "losses") for key in ("mismatch", "moduleQuality", "uC", "uV", "invAuxLoss")],
    *[((*BLOCK, "acSystem", key), "acSystem") for key in ("losses", "mvLosses", "mpptFraction")],
    ((*BLOCK, "acSystem", "losses", "transformer", "ironLoss"), "transformer"),
    *[((*BLOCK, key), "block") for key in ("name", "aoi", "dcInputs", "layoutRef", "shadingStringMap")],
    *[((*BLOCK, key), "block") for key in ("inverterDefinition", "moduleDefinition")],
    ((*BLOCK, "array", "bifacialInputs"), "array"),
    *[((key,), "run") for key in ("plant", "settings", "output", "soiling", "weatherData", "projectId")],
    (("plant",), {"limitAtInverters": None, "poiLimitMW": None, "availability": None, "degradation": None}),
    (("plant",), {"degradation": {"ratePerYear": 0.005, "years": 2, "law": None}}),
    (("settings",), {"circumsolarAsBeam": None, "windStow": None, "uncertainties": {"model": None}}),
    (("settings",), {"snow": {"model": "slide", "monthly": None, "stringsAlongSlope": None}}),
    (("output",), {"query": None, "lossBreakdownTimestamps": None, "blockIndex": None}),
]


@pytest.mark.parametrize(("path", "value"), OPTIONAL)
def test_null_stands_for_what_may_be_absent(path: Path_, value: Any) -> None:
    given = value if isinstance(value, dict) else None
    document = changed(energy_model(), path, given)
    assert check_energy_model(document) == []
    schema = next(workload for workload in WORKLOADS if workload.kind == "energy_model").input_schema
    assert not list(Draft202012Validator(dict(schema)).iter_errors(document))


@pytest.mark.parametrize(("path", "value"), RIGHT)
def test_what_is_right_passes(path: Path_, value: Any) -> None:
    assert check_energy_model(changed(energy_model(), path, value)) == []


@pytest.mark.parametrize(
    ("legacy", "chosen", "kind"),
    [(1, None, None), (1, 1, None), (1, 0, "conflict"), (2, None, "out_of_range")],
)
def test_legacy_block_selectors(legacy: int, chosen: int | None, kind: str | None) -> None:
    output = {} if chosen is None else {"blockIndex": chosen, "blockResults": True}
    document = energy_model(block(), block(), blockQuery=True, blockQueryIndex=legacy, output=output)
    assert [each.type for each in check_energy_model(document)] == ([kind] if kind else [])


def test_one_dc_input_stands_for_the_array() -> None:
    one = {"dcInputId": 1, "mpptIndex": 1, "moduleId": 1, "stringLength": 26, "stringCount": 18}
    plain = {key: value for key, value in block(dcInputs=[one]).items() if key not in ("array", "moduleId")}
    assert check_energy_model(energy_model(plain)) == []
    assert check_energy_model(energy_model({**plain, "dcInputs": [one, {**one, "dcInputId": 2}]})) == []
    assert [each.type for each in check_energy_model(energy_model({**plain, "dcInputs": []}))] == ["one_of"]


def manual(*inputs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    settings = {"dcInputPowerSharingPolicy": "manual_weighted"}
    return energy_model(block(dcInputs=list(inputs), **changes), settings=settings)


def test_manual_weights_are_needed_of_every_input() -> None:
    one, two = {**INPUT, "shareWeight": 1}, {**INPUT, "dcInputId": "b"}
    plain: dict[str, Any] = {"array": None}
    (missing,) = check_energy_model(manual(one, two, **plain))
    assert missing.loc == (*BLOCK, "dcInputs", 1, "shareWeight")
    assert "the policy manual_weighted needs shareWeight of every input" in missing.message
    assert check_energy_model(manual(one, {**two, "shareWeight": 0}, **plain)) == []
    (hybrid,) = check_energy_model(manual(one))
    assert "array has none; make it one of dcInputs" in hybrid.message
    (nothing,) = check_energy_model(manual({**one, "shareWeight": 0}, **plain))
    assert "all weights are 0" in nothing.message
    assert check_energy_model(manual()) == []


@pytest.mark.parametrize(
    ("mapped", "near", "words"),
    [
        ({"a": 1}, "octavia", None),
        ([{"dcInputId": "a", "shadingSceneId": 1}], "octavia", None),
        ({"a": 1}, "unlimited", "needs shading.nearShading octavia"),
        ({"x": 1}, "octavia", "dcInputId x is not among dcInputs"),
        ({"a": "1"}, "octavia", "give an object dcInputId -> shading scene number"),
        ([{"a": 1}], "octavia", "or a list of {dcInputId, shadingSceneId, tables}"),
        (3, "octavia", "give an object dcInputId -> shading scene number"),
    ],
)
def test_scenes_by_input(mapped: Any, near: str, words: str | None) -> None:
    shading = {"nearShading": near, "shadingSceneId": 1}
    document = energy_model(block(dcInputs=[INPUT], shading=shading, shadingStringMap=mapped))
    messages = [each.message for each in check_energy_model(document)]
    assert len(messages) == (words is not None)
    assert words is None or words in messages[0]


def inline(**place: Any) -> dict[str, Any]:
    given = energy_model(block(shading={"farShading": True}), location={**LOCATION, **place})
    del given["locationId"]
    return given


def test_far_shading_needs_a_horizon() -> None:
    (complaint,) = check_energy_model(inline())
    assert complaint.loc == (*BLOCK, "shading", "farShading")
    assert "give location.farShading with farShadingElevationAngles [degrees]" in complaint.message
    assert check_energy_model(inline(farShading={"farShadingElevationAngles": [5, 10]})) == []


@pytest.mark.parametrize(
    ("far", "words"),
    [
        ([1, 2, 3], None),
        ({"farShadingElevationAngles": {"0": 5.0, "180": 2}}, None),
        ({"farShadingElevationAngles": [1, 2], "farShadingAzimuthAngles": [-90, 90]}, None),
        ({}, "give an object with farShadingElevationAngles"),
        ({"farShadingElevationAngles": []}, "0 elevations; give 1 to 3601"),
        ({"farShadingElevationAngles": [1, 91]}, "elevation 1 is 91; give -90 to 90 degrees"),
        ({"farShadingElevationAngles": [1, "2"]}, "elevation 1 is '2'"),
        ({"farShadingElevationAngles": 5}, "a list of elevations [degrees] clockwise from north"),
        (
            {"farShadingElevationAngles": [1], "farShadingAzimuthAngles": [1, 2]},
            "1 elevations and 2 azimuths",
        ),
        ({"farShadingElevationAngles": [1], "farShadingAzimuthAngles": [400]}, "azimuth 0 is 400"),
        (
            {"farShadingElevationAngles": {"north": 5.0}},
            "give farShadingElevationAngles as a list, or an object",
        ),
        ("flat", "give an object with farShadingElevationAngles"),
    ],
)
def test_horizons(far: Any, words: str | None) -> None:
    messages = [each.message for each in check_location({**LOCATION, "farShading": far})]
    assert len(messages) == (words is not None)
    assert words is None or (messages[0].startswith("farShading: ") and words in messages[0])


@pytest.mark.parametrize(
    ("given", "at", "words"),
    [
        ({"soiling": 0.02}, ("soiling",), 'give twelve months, {"jan": 0.02'),
        ({"soiling": [0.02] * 12}, ("soiling",), "give twelve months"),
        ({"soiling": {"jan": 0.02}}, ("soiling", "feb"), "field required"),
        ({"timestampLabel": "right"}, ("timestampLabel",), "'start', 'middle' or 'end'"),
        ({"timestampLabel": "END"}, ("timestampLabel",), "'start', 'middle' or 'end'"),
    ],
)
def test_weather_in_a_document_is_checked_as_a_record(given: dict[str, Any], at: Path_, words: str) -> None:
    sky = {**weather(), **given}
    for found in (
        check_energy_model(energy_model(weatherData=sky)),
        check_location({**LOCATION, "weatherData": sky}),
    ):
        places = {complaint.loc: complaint.message for complaint in found}
        assert words in places["weatherData", *at]
        assert [complaint.loc for complaint in check_weather(sky)] == [loc[1:] for loc in places]
    within = check_energy_model(inline(farShading=[5], weatherData=sky))
    assert ("location", "weatherData", *at) in [complaint.loc for complaint in within]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ratePerYear": 0.05, "years": 20}, None),
        ({"ratePerYear": 0.05, "years": 21}, "nothing is left in year 21; give at most 20 years"),
        ({"ratePerYear": 0.2, "years": 100}, "give at most 5 years"),
        ({"ratePerYear": 0.2, "years": 100, "law": "compounding"}, None),
    ],
)
def test_modules_outlive_the_years_that_are_told(given: dict[str, Any], words: str | None) -> None:
    found = check_energy_model(energy_model(plant={"degradation": given}))
    assert [each.loc for each in found] == ([("plant", "degradation", "years")] if words else [])
    assert words is None or words in found[0].message


def test_months_of_availability_as_a_list_are_refused_once() -> None:
    (complaint,) = check_energy_model(energy_model(plant={"availability": [0.9] * 12}))
    assert complaint.loc == ("plant", "availability")
    assert "give twelve months" in complaint.message


def test_the_model_of_snow_needs_its_column() -> None:
    day = {**SHORT, "date": [3_600_000 * row for row in range(24)]}
    document = energy_model(settings={"snow": {"model": "slide"}}, weatherData=day)
    (complaint,) = check_energy_model(document)
    assert "needs the weather's snowDepth [cm] or snowfall" in complaint.message
    assert check_energy_model({**document, "weatherData": {**day, "snowfall": [0.0] * 24}}) == []


def test_a_zone_that_is_none_is_refused_in_a_location_too() -> None:
    (complaint,) = check_location({**LOCATION, "timeZoneName": "Bern"})
    assert complaint.loc == ("timeZoneName",)
    assert "'Bern' is no IANA time zone" in complaint.message


def test_all_is_said_at_once() -> None:
    document = changed(changed(energy_model(), (*BLOCK, "layout", "gcr"), 2), ("locationId",), REMOVED)
    assert len(check_energy_model(document)) == 2


def test_locations_projects_and_weather() -> None:
    assert check_location(LOCATION) == []
    assert check_location({"name": "x", "lat": 1, "lng": 2}) == []
    assert [each.loc for each in check_location({"latitude": 1, "longitude": 2})] == [("name",)]
    assert check_project({"name": "p", "locationId": 1, "status": "operating"}) == []
    assert check_project({"name": "p", "globalLocationId": "123"}) == []
    assert [each.loc for each in check_project({"name": "p"})] == [("locationId",)]
    assert [each.loc for each in check_project({"name": "p", "locationId": 1, "status": "x"})] == [
        ("status",)
    ]
    assert check_weather(weather()) == []
    assert [each.type for each in check_weather({"weatherDataSource": "nasa"})] == ["not_supported"]


def test_components(example_plant: Path) -> None:
    module, inverter = (pinned.document for pinned in components(example_plant))
    assert check_module(module) == []
    assert check_inverter(inverter) == []
    for key in ("Voc", "RSerie", "Gamma", "Width"):
        (complaint,) = check_module(changed(module, ("properties", key), REMOVED))
        assert complaint.loc == ("properties", key)
        assert "give the" in complaint.message
    lacking = changed(module, ("properties",), {"PNom": 550, "Voc": 50})
    assert [each.loc[1] for each in check_module(lacking)] == [
        *("Imp", "Isc", "Vmp", "NCelS", "Width", "Height", "RSerie", "Gamma")
    ]
    flat = {"name": "i", "properties": {"PNomConv": 250, "EfficMax": 0.985}}
    (complaint,) = check_inverter(flat)
    assert complaint.message == "EfficMax: 0.985 is a fraction; give percent, 98.5"
    (complaint,) = check_module(changed(module, ("properties", "Imp"), 15))
    assert complaint.loc == ("properties", "Imp")
    (complaint,) = check_inverter(changed(inverter, ("properties", "PNomConv"), -1))
    assert complaint.loc == ("properties", "PNomConv")
    swapped = changed(inverter, ("efficiency", "curves", 0, "acPowerkW"), [1e6] * 9)
    assert [each.loc for each in check_inverter(swapped)] == [("properties", "efficiency")]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("PNom", 600, None),
        ("PNom", 800, "PNom says 800"),
        ("RSerie", 0.9, "the one-diode curve gives"),
        ("Voc", 70, "NCelS: 72 cells in series and Voc 70 V make 0.97 V a cell"),
        ("NCelS", 144, "half-cut modules: count the cells in series, usually half"),
        ("NCelS", 36, "make 1.39 V a cell"),
        ("RSerie", 203, "leave no current"),
        ("muGamma", -1, "muGamma"),
        ("muGamma", -0.011, "muGamma: -0.011 per K is out of range; give -0.01 to 0.01"),
        ("Width", 0.4, "cannot give 550"),
        ("Width", 1134, "Width: 1134 is outside"),
        ("GRef", 1, "GRef: 1 is outside"),
        ("Rp_0", 100, "r_sh_0"),
    ],
)
def test_a_module_must_agree_with_itself(
    example_plant: Path, key: str, value: float, words: str | None
) -> None:
    module = changed(components(example_plant)[0].document, ("properties", key), value)
    messages = [complaint.message for complaint in check_module(module)]
    assert len(messages) == (words is not None)
    assert words is None or words in messages[0]


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("inverter", "VMppMin", 1e300),
        ("inverter", "IMaxDC", 1e9),
        ("inverter", "PMaxDC", 1e9),
        ("inverter", "TPMax", 1e4),
        ("module", "Voc", 1e6),
        ("module", "Isc", 1e9),
        ("module", "RShunt", 1e300),
    ],
)
def test_a_number_beyond_anything_built_is_named(
    example_plant: Path, kind: str, key: str, value: float
) -> None:
    documents = {pinned.kind: pinned.document for pinned in components(example_plant)}
    document = copy.deepcopy(documents[kind])
    document["properties"][key] = value
    check = {"module": check_module, "inverter": check_inverter}[kind]
    (complaint,) = check(document)
    assert complaint.loc == ("properties", key)
    assert "is outside" in complaint.message


@pytest.mark.parametrize(
    ("volts", "key", "words"),
    [
        ((500, 1300, 1500), None, ""),
        ((1300, 1300, 1300), None, ""),
        ((1400, 1300, 1500), "VMppMin", "VMppMin: 1400 V is above VMPPMax, 1300 V"),
        ((500, 1300, 1299), "VAbsMax", "VAbsMax: 1299 V is below VMPPMax, 1300 V"),
    ],
)
def test_an_inverters_voltages_rise(
    example_plant: Path, volts: tuple[float, ...], key: str | None, words: str
) -> None:
    document = copy.deepcopy(components(example_plant)[1].document)
    document["properties"] |= dict(zip(("VMppMin", "VMPPMax", "VAbsMax"), volts, strict=True))
    found = check_inverter(document)
    assert [each.loc for each in found] == ([("properties", key)] if key else [])
    assert all(words in each.message for each in found)


@pytest.mark.parametrize(
    ("height", "width", "tilt", "words"),
    [
        (1.0, 4.0, 25, None),
        (1.0, 4.0, 30, None),
        (1.0, 4.0, 31, "at 31 degrees rows 4 m wide reach into the ground; give 1.03 m"),
        (1.0, None, 80, None),
    ],
)
def test_bifacial_rows_stay_above_the_ground(
    height: float, width: float | None, tilt: float, words: str | None
) -> None:
    backs = {"height": height, **({} if width is None else {"collectorWidth": width})}
    array = {"stringCount": 18, "stringLength": 26, "bifacial": True, "bifacialInputs": backs}
    layout = {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "tilt": tilt}
    told = [each.message for each in check_energy_model(energy_model(block(array=array, layout=layout)))]
    assert told == ([] if words is None else [f"blocks[0].array.bifacialInputs.height: {words}"])


def test_references_name_what_is_needed_and_where() -> None:
    document = energy_model(block(), block(inverterId=2))
    assert references(document) == [
        Reference(kind="location", number=1, loc=("locationId",)),
        Reference(kind="inverter", number=1, loc=("blocks", 0, "inverterId")),
        Reference(kind="module", number=1, loc=("blocks", 0, "moduleId")),
        Reference(kind="inverter", number=2, loc=("blocks", 1, "inverterId")),
        Reference(kind="module", number=1, loc=("blocks", 1, "moduleId")),
    ]
    assert location_of({"locationId": 4}) == [Reference(kind="location", number=4, loc=("locationId",))]


def test_scenes_are_referred_to_where_they_are_used() -> None:
    inputs = [INPUT, {**INPUT, "dcInputId": "b", "shading": {**SCENE, "shadingSceneId": 3}}]
    document = energy_model(block(dcInputs=inputs, shading=SCENE, shadingStringMap={"a": 2}))
    scenes = [each for each in references(document) if each.kind == "shading_scene"]
    assert scenes == [
        Reference(kind="shading_scene", number=1, loc=(*BLOCK, "shading", "shadingSceneId")),
        Reference(kind="shading_scene", number=3, loc=(*BLOCK, "dcInputs", 1, "shading", "shadingSceneId")),
        Reference(kind="shading_scene", number=2, loc=(*BLOCK, "shadingStringMap", "a")),
    ]
    assert "give its table as shading.sceneTable" in scenes[0].otherwise
    unused = energy_model(block(shading={"nearShading": "unlimited", "shadingSceneId": 1}))
    assert [each.kind for each in references(unused)] == ["location", "inverter", "module"]


def test_the_kinds_are_those_of_the_contract() -> None:
    kinds = {kind.kind: kind for kind in RESOURCE_KINDS}
    kinds_of_contract = ("location", "weather", "module", "inverter", "project", "energy_model")
    assert set(kinds) == {*kinds_of_contract, "workspace_settings"}
    assert kinds["location"].gathers == ("weather",)
    assert [workload.kind for workload in WORKLOADS] == ["energy_model", "energy_model_blocks"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
CHECKS = (
    *(check_energy_model, check_location, check_project),
    *(check_weather, check_module, check_inverter, references, location_of),
)


@given(json_values)
def test_no_json_makes_a_check_raise(value: Any) -> None:
    for check in CHECKS:
        assert isinstance(check(value), list)


def places(value: Any, at: Path_ = ()) -> list[Path_]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inner for found in ((*at, key), *places(item, (*at, key)))]


SHORT = {key: value[:24] if isinstance(value, list) else value for key, value in weather().items()}
FULL = energy_model(
    block(
        array={"stringCount": 1, "stringLength": 1, "bifacial": True, "bifacialInputs": {"height": 1}},
        dcInputs=[{**INPUT, "layout": TRACKER, "shading": SCENE, "shareWeight": 1, "mpptIndex": 1}],
        aoi={"angles": [0, 90], "factors": [1, 0]},
        shading={**SCENE, "sceneTable": TABLE, "farShading": True, "electricalImpact": True},
        shadingStringMap=[{"dcInputId": "a", "shadingSceneId": 1}],
    ),
    schemaVersion="3.1.0",
    plant={
        "poiLimitMW": 1,
        "availability": [{"start": 0, "stop": 1}],
        "degradation": {"ratePerYear": 0.01, "years": 2},
    },
    settings={
        "timeZoneOverride": 1,
        "windStow": {"windSpeed": 1},
        "irradianceOptimization": True,
        "snow": {"model": "slide"},
        "uncertainties": {"model": 0.1},
        "dcInputPowerSharingPolicy": "manual_weighted",
    },
    output={"blockIndex": 0, "blockResults": True},
    blockQuery=True,
    blockQueryIndex=0,
    weatherData={**SHORT, "date": [3_600_000 * row for row in range(24)]},
    location={**LOCATION, "farShading": {"farShadingElevationAngles": {"0": 1, "90": 2}}},
)


@given(st.sampled_from(places(FULL)), json_values)
def test_no_value_in_any_place_makes_a_check_raise(path: Path_, value: Any) -> None:
    document = changed(FULL, path, value)
    assert isinstance(check_energy_model(document), list)
    assert isinstance(references(document), list)


@given(st.sampled_from(["PNom", "Voc", "Gamma", "NCelS", "RShunt", "Rp_0", "Rp_Exp", "muISC"]), json_values)
def test_no_property_makes_a_check_raise(key: str, value: Any) -> None:
    properties = {"PNom": 550, "Isc": 14, "Voc": 49.9, "Imp": 13, "Vmp": 42, "NCelS": 72, key: value}
    size = {"Width": 1.1, "Height": 2.3, "RSerie": 0.2, "Gamma": 1}
    assert isinstance(check_module({"name": "m", "properties": {**size, **properties}}), list)
    inverter = {"PNomConv": 100, "EfficMax": 98, "VMppMin": value, "NbMPPT": value, "PMaxOUT": value}
    assert isinstance(check_inverter({"name": "i", "properties": inverter}), list)
