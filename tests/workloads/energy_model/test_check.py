"""What each document accepts and refuses, by table; and that no JSON makes a check raise."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
    ((*BLOCK, "layout", "axisTilt"), 5, (*BLOCK, "layout", "axisTilt"), "not_supported"),
    ((*BLOCK, "layout", "arrayType"), "roof", (*BLOCK, "layout", "arrayType"), "literal_error"),
    ((*BLOCK, "layout", "arrayType"), "tracker", (*BLOCK, "layout", "arrayType"), "not_supported"),
    ((*BLOCK, "layout", "arrayType"), "tracker", (*BLOCK, "layout", "maxAngle"), "missing"),
    ((*BLOCK, "layout", "arrayType"), "rotationalFloating", (*BLOCK, "layout", "maxAngle"), "missing"),
    ((*BLOCK, "shading", "farShading"), True, (*BLOCK, "shading", "farShading"), "not_supported"),
    ((*BLOCK, "shading", "nearShading"), "octavia", (*BLOCK, "shading", "nearShading"), "not_supported"),
    ((*BLOCK, "shading", "nearShading"), "octavia", (*BLOCK, "shading", "shadingSceneId"), "missing"),
    ((*BLOCK, "shading", "electricalImpact"), True, (*BLOCK, "shading", "electricalImpact"), "not_supported"),
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
    ((*BLOCK, "acSystem", "mpptFraction"), 0.5, (*BLOCK, "acSystem", "mpptFraction"), "not_supported"),
    ((*BLOCK, "albedo", "feb"), REMOVED, (*BLOCK, "albedo", "feb"), "missing"),
    ((*BLOCK, "albedo", "feb"), 1.01, (*BLOCK, "albedo", "feb"), "less_than_equal"),
    ((*BLOCK, "array", "stringCount"), 0, (*BLOCK, "array", "stringCount"), "greater_than_equal"),
    ((*BLOCK, "array", "bifacial"), True, (*BLOCK, "array", "bifacial"), "not_supported"),
    ((*BLOCK, "dcInputs"), [{"dcInputId": 1}], (*BLOCK, "dcInputs"), "not_supported"),
    ((*BLOCK, "shadingStringMap"), {"a": 1}, (*BLOCK, "shadingStringMap"), "needs_other"),
    ((*BLOCK, "aoi"), {"angles": [0, 90], "factors": [1]}, (*BLOCK, "aoi"), "length"),
    ((*BLOCK, "aoi"), {"angles": [90, 0], "factors": [1, 0]}, (*BLOCK, "aoi", "angles"), "order"),
    (("plant",), {"limitAtInverters": True}, ("plant", "limitAtInverters"), "needs_other"),
    (("plant",), {"poiLimitMW": 1, "limitAtInverters": True}, ("plant", "limitAtInverters"), "not_supported"),
    (("plant",), {"contAuxLosskW": 1}, ("plant", "contAuxLosskW"), "needs_other"),
    (("plant",), {"propAuxLossWperkW": 1}, ("plant", "propAuxLossWperkW"), "needs_other"),
    (("plant",), {"poiLimitMW": 0}, ("plant", "poiLimitMW"), "greater_than"),
    (("output",), {"query": 1}, ("output", "query"), "removed"),
    (("output",), {"lossBreakdownTimestamps": {}}, ("output", "lossBreakdownTimestamps"), "removed"),
    (("output",), {"fullTimeSeries": True}, ("output", "fullTimeSeries"), "needs_other"),
    (("output",), {"blockIndex": 0}, ("output", "blockIndex"), "needs_other"),
    (("output",), {"blockIndex": 1, "blockResults": True}, ("output", "blockIndex"), "out_of_range"),
    (("output",), {"blockIndex": -1, "blockResults": True}, ("output", "blockIndex"), "out_of_range"),
    (("blockQuery",), True, ("blockQueryIndex",), "missing"),
    (("settings",), {"windStow": True}, ("settings", "windStow"), "not_supported"),
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
        "40 is out of range; give a number of at most 0.9, as a fraction: 0.4 is 40 %",
    ),
    ((*BLOCK, "losses", "mismatch"), 2, "give a number below 1, as a fraction: 0.02 is 2 %"),
    ((*BLOCK, "losses", "moduleQuality"), -3, "as a fraction: -0.03 is -3 %"),
    ((*BLOCK, "acSystem", "losses", "acohmicLoss"), 1.5, "as a fraction: 0.015 is 1.5 %"),
    ((*BLOCK, "albedo", "feb"), 20, "as a fraction: 0.2 is 20 %"),
    ((*BLOCK, "losses", "uC"), 0.1, "blocks[0].losses.uC: 0.1 is out of range; give a number of at least 5"),
    ((*BLOCK, "layout", "tilt"), 91, "91 is out of range; give a number of at most 90"),
    ((*BLOCK, "layout", "arrayType"), "fixed_tilt", "only fixed is supported so far"),
    ((*BLOCK, "layout", "arrayType"), "fixed_tilt", "the types are fixed, tracker or rotationalFloating"),
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


def test_the_electrical_part_of_shading_asks_for_nothing_else() -> None:
    document = changed(energy_model(), (*BLOCK, "shading", "electricalImpact"), value=True)
    assert [each.type for each in check_energy_model(document)] == ["not_supported"]


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
]


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
    two = check_energy_model(energy_model({**plain, "dcInputs": [one, one]}))
    assert [each.type for each in two] == ["not_supported"]


def test_what_is_not_supported_says_what_to_do() -> None:
    document = changed(energy_model(), (*BLOCK, "shading", "farShading"), value=True)
    (complaint,) = check_energy_model(document)
    assert complaint.message.startswith("blocks[0].shading.farShading: not supported yet: ")
    assert complaint.message.endswith("set farShading false")


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


def test_the_kinds_are_those_of_the_contract() -> None:
    kinds = {kind.kind: kind for kind in RESOURCE_KINDS}
    assert set(kinds) == {"location", "weather", "module", "inverter", "project", "energy_model"}
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
        dcInputs=[{"dcInputId": 1, "moduleId": 1, "stringLength": 1, "stringCount": 1}],
        aoi={"angles": [0, 90], "factors": [1, 0]},
        shadingStringMap=[{"dcInputId": 1}],
    ),
    plant={"poiLimitMW": 1},
    settings={"timeZoneOverride": 1},
    output={"blockIndex": 0, "blockResults": True},
    blockQuery=True,
    blockQueryIndex=0,
    weatherData={**SHORT, "date": [3_600_000 * row for row in range(24)]},
    location=LOCATION,
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
