"""The run from documents to a result, in memory."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import MemoryContext, finish
from sample import LOCATION, block, components, energy_model, monthly, pin, references, weather

from gnomon.core.workload import Cancelled, Failure, Pinned, Split
from gnomon.workloads.energy_model import WORKLOADS, sheet
from gnomon.workloads.energy_model.check import check_energy_model, check_inverter, check_module
from gnomon.workloads.energy_model.series import load
from gnomon.workloads.energy_model.share import groups, share_out
from gnomon.workloads.energy_model.simulation import run, run_whole

Columns = dict[str, np.ndarray[Any, Any]]


@pytest.fixture
def ctx(example_plant: Path) -> MemoryContext:
    return MemoryContext(references=references(example_plant))


def result(given: dict[str, Any], ctx: MemoryContext) -> dict[str, Any]:
    got: dict[str, Any] = finish(WORKLOADS, "energy_model", given, ctx)
    return got


def columns(got: dict[str, Any], ctx: MemoryContext, index: int | None = None) -> Columns:
    series = got["series"]
    if index is None:
        return load(ctx.get(series["plant"]))
    return load(ctx.get(series["blocks"][str(index)]), str(index))


def details(got: dict[str, Any], ctx: MemoryContext) -> list[dict[str, Any]]:
    """Return the blocks with what is stored of them apart."""
    told = [each for name in got["block_details"] for each in sheet.load(ctx.get(name))]
    assert [each["index"] for each in told] == list(range(len(got["blocks"])))
    return [{**figures, **more} for figures, more in zip(got["blocks"], told, strict=True)]


def test_the_contracts_sample_runs(ctx: MemoryContext) -> None:
    got = result(energy_model(), ctx)
    summary = got["summary"]
    assert summary["dc_capacity_kw"] == pytest.approx(18 * 26 * 0.55)
    assert summary["ac_capacity_kw"] == 250
    assert 0.75 < summary["performance_ratio"] < 0.95
    assert got["name"] == "Sample"
    assert got["location"]["time_zone_name"] == "Europe/Zurich"
    assert got["warnings"] == ["blocks[0].array is deprecated; use dcInputs"]
    assert [stage for _, stage in ctx.seen] == [
        *("initializing", "processing", "calculating", "calculating", "saving")
    ]
    assert [percent for percent, _ in ctx.seen] == sorted(percent for percent, _ in ctx.seen)


def test_the_same_input_gives_the_same_bytes(example_plant: Path) -> None:
    first, second = (MemoryContext(references=references(example_plant)) for _ in range(2))
    given = energy_model(block(), block(name="East"))
    assert json.dumps(result(given, first)) == json.dumps(result(given, second))
    assert first.blobs == second.blobs


def test_the_loss_tree_closes(ctx: MemoryContext) -> None:
    got = result(
        energy_model(
            block(), block(array={"stringCount": 30, "stringLength": 26}), plant={"poiLimitMW": 0.3}
        ),
        ctx,
    )
    for holder in (got, *details(got, ctx)):
        for account in holder["losses"].values():
            taken = sum(step["value"] for step in account["steps"])
            opening, closing = account["opening"]["value"], account["closing"]["value"]
            assert opening - taken - closing == pytest.approx(0, abs=1e-9 * opening)
            assert all(step["label"] != step["name"] for step in account["steps"])
    assert got["losses"]["energy"]["closing"]["value"] == pytest.approx(
        1e3 * got["summary"]["annual_energy_mwh"]
    )


def test_months_and_series_add_up_to_the_year(ctx: MemoryContext) -> None:
    got = result(energy_model(), ctx)
    summary, months, series = got["summary"], got["monthly"], columns(got, ctx)
    assert [month["month"] for month in months][:2] == ["jan", "feb"]
    assert sum(month["energy_mwh"] for month in months) == pytest.approx(summary["annual_energy_mwh"])
    assert sum(month["ghi_kwh_m2"] for month in months) == pytest.approx(summary["ghi_kwh_m2"])
    assert series["poi_ac_power"].sum() / 1e3 == pytest.approx(summary["annual_energy_mwh"])
    assert np.diff(series["date"]).tolist() == [3_600_000.0] * 8759


def test_the_plant_is_the_sum_of_its_blocks(ctx: MemoryContext) -> None:
    got = result(energy_model(block(), block(array={"stringCount": 10, "stringLength": 26})), ctx)
    whole, parts = columns(got, ctx), [columns(got, ctx, index) for index in (0, 1)]
    for name in ("array_stc_dc_power", "array_dc_power", "inverter_out_ac_power", "grid_ac_power"):
        assert whole[name] == pytest.approx(parts[0][name] + parts[1][name])
    energies = [part["annual_energy_mwh"] for part in got["blocks"]]
    assert sum(energies) == pytest.approx(got["summary"]["annual_energy_mwh"])
    assert [part["name"] for part in got["blocks"]] == ["Block 1", "Block 2"]


def test_nothing_shines_at_night(ctx: MemoryContext) -> None:
    series = columns(result(energy_model(), ctx), ctx)
    night = series["ghi"] == 0
    assert night.sum() > 4000
    assert not series["array_dc_power"][night].any()
    assert (series["grid_ac_power"][night] < 0).all()


def test_energy_is_linear_in_the_number_of_inverters(ctx: MemoryContext) -> None:
    one = result(energy_model(), ctx)["summary"]
    many = block(acSystem={**block()["acSystem"], "numberOfInverters": 7})
    seven = result(energy_model(many), ctx)["summary"]
    assert seven["annual_energy_mwh"] == pytest.approx(7 * one["annual_energy_mwh"])
    assert seven["performance_ratio"] == pytest.approx(one["performance_ratio"])


def test_one_dc_input_is_the_array(ctx: MemoryContext) -> None:
    one = {"dcInputId": 1, "moduleId": 1, "stringLength": 26, "stringCount": 18}
    plain = {key: value for key, value in block(dcInputs=[one]).items() if key not in ("array", "moduleId")}
    got = result(energy_model(plain), ctx)
    assert got["summary"] == result(energy_model(), ctx)["summary"]
    assert got["warnings"] == []


def test_the_grid_limit_cuts(ctx: MemoryContext) -> None:
    free = columns(result(energy_model(), ctx), ctx)
    limited = result(energy_model(plant={"poiLimitMW": 0.15}), ctx)
    cut = columns(limited, ctx)
    assert cut["poi_ac_power"] == pytest.approx(np.minimum(free["grid_ac_power"], 150))
    assert cut["grid_ac_power"].tolist() == free["grid_ac_power"].tolist()
    assert limited["losses"]["energy"]["steps"][-1]["name"] == "EUnused"
    assert limited["plant"]["poi_limit_mw"] == 0.15


def test_auxiliaries_count_above_their_thresholds(ctx: MemoryContext) -> None:
    plant = {
        "contAuxLosskW": 2,
        "contAuxLossThreshkW": 50,
        "propAuxLossWperkW": 10,
        "propAuxLossThreshkW": 100,
    }
    got = columns(result(energy_model(plant=plant), ctx), ctx)
    grid = got["grid_ac_power"]
    expected = grid - 2 * (grid > 50) - 0.01 * grid * (grid > 100)
    assert got["poi_ac_power"] == pytest.approx(expected)


def test_soiling_comes_from_the_run_then_the_weather_then_the_place(example_plant: Path) -> None:
    def step(given: dict[str, Any], weather_soiling: Any, place_soiling: Any) -> float:
        place = {**LOCATION, **({"soiling": monthly(place_soiling)} if place_soiling else {})}
        sky = weather(**({"soiling": monthly(weather_soiling)} if weather_soiling else {}))
        pins = [*components(example_plant), pin("location", 1, place), pin("weather", 1, sky)]
        steps = result(given, MemoryContext(references=pins))["losses"]["irradiance"]["steps"]
        return float(next(each["loss"] for each in steps if each["name"] == "GlobSlg"))

    assert step(energy_model(), None, None) == 0
    assert step(energy_model(), None, 0.03) == pytest.approx(0.03)
    assert step(energy_model(), 0.02, 0.03) == pytest.approx(0.02)
    assert step(energy_model(soiling=monthly(0.01)), 0.02, 0.03) == pytest.approx(0.01)


def test_inline_weather_comes_before_the_linked(ctx: MemoryContext) -> None:
    dark = weather(ghi=[0.0] * 8760, dhi=[0.0] * 8760)
    got = result(energy_model(weatherData=dark), ctx)
    assert got["summary"]["ghi_kwh_m2"] == 0
    assert got["summary"]["performance_ratio"] == 0
    assert got["summary"]["annual_energy_mwh"] < 0


def test_weather_may_be_stored_apart(ctx: MemoryContext) -> None:
    inline = result(energy_model(weatherData=weather(windSpeed=[5.0] * 8760)), ctx)
    name = ctx.put(json.dumps(weather(windSpeed=[5.0] * 8760)).encode())
    assert json.dumps(result(energy_model(weatherData={"$blob": name}), ctx)) == json.dumps(inline)


def test_stored_weather_is_checked_when_it_runs(ctx: MemoryContext) -> None:
    name = ctx.put(json.dumps(weather(ghi=[-9.0] * 8760)).encode())
    with pytest.raises(Failure, match=r"row 0 of ghi is -9\.0") as caught:
        result(energy_model(weatherData={"$blob": name}), ctx)
    assert not caught.value.retryable


def test_without_weather_the_failure_says_what_to_post(example_plant: Path) -> None:
    pins = [*components(example_plant), pin("location", 1, LOCATION)]
    with pytest.raises(Failure, match="give weatherData in the input, or post a weather record"):
        result(energy_model(), MemoryContext(references=pins))


def test_a_component_that_is_not_known_is_named(example_plant: Path) -> None:
    with pytest.raises(Failure, match="inverter 9 is not known"):
        result(energy_model(block(inverterId=9)), MemoryContext(references=references(example_plant)))


def test_an_inline_place_needs_coordinates_only(example_plant: Path) -> None:
    given = energy_model(location={"latitude": 46.95, "longitude": 7.44}, weatherData=weather())
    del given["locationId"]
    got = result(given, MemoryContext(references=components(example_plant)))
    assert got["location"]["time_zone_h"] == 1
    assert got["location"]["elevation_m"] > 300


@pytest.mark.parametrize(
    ("zone", "name", "notes"),
    [
        ({"timeZone": 2}, "UTC+02:00", 0),
        ({"timeZone": 1}, "Europe/Zurich", 0),
        ({"timeZone": 2, "timeZoneName": "Europe/Zurich"}, "Europe/Zurich", 1),
        ({"timeZoneName": "Asia/Kolkata"}, "Asia/Kolkata", 0),
    ],
)
def test_hours_that_are_not_a_zones_are_told(
    example_plant: Path, zone: dict[str, Any], name: str, notes: int
) -> None:
    sky = weather(24, date=[1_750_000_000_000 // 86_400_000 * 86_400_000 + 3_600_000 * h for h in range(24)])
    given = energy_model(
        location={"latitude": 46.95, "longitude": 7.44, "elevation": 500, **zone}, weatherData=sky
    )
    del given["locationId"]
    got = result(given, MemoryContext(references=components(example_plant)))
    assert got["location"]["time_zone_name"] == name
    assert sum("is not the standard time of" in note for note in got["warnings"]) == notes


def test_weather_nested_in_an_inline_place_is_used(example_plant: Path) -> None:
    inline = {"latitude": 46.95, "longitude": 7.44, "weatherData": weather()}
    given = energy_model(location=inline)
    del given["locationId"]
    got = result(given, MemoryContext(references=components(example_plant)))
    assert got["summary"]["annual_energy_mwh"] > 0
    assert not [note for note in got["warnings"] if "weatherData" in note]


def test_a_scenes_diodes_cost_power_without_their_number_across(ctx: MemoryContext) -> None:
    table = {
        "azimuth": [0],
        "elevation": [0, 90],
        "directShare": [[0.1, 0.1]],
        "affectedDiodes": [[0.4, 0.4]],
    }
    shading = {"nearShading": "octavia", "sceneTable": table}
    plain, wired = (
        result(energy_model(block(shading={**shading, "electricalImpact": impact})), ctx)["losses"]["energy"]
        for impact in (False, True)
    )
    assert "ShdElec" not in {step["name"] for step in plain["steps"]}
    (lost,) = (step["loss"] for step in wired["steps"] if step["name"] == "ShdElec")
    # Four groups in ten are passed by; some of what their shade took of the light is gone already.
    assert 0.3 < lost < 0.4


def test_a_projects_place_and_zone_are_used(example_plant: Path) -> None:
    project = pin("project", 1, {"name": "p", "locationId": 1, "timezoneOverride": 0})
    given = energy_model(projectId=1)
    del given["locationId"]
    got = result(given, MemoryContext(references=[project, *references(example_plant)]))
    assert got["location"]["time_zone_h"] == 0
    given["settings"] = {"timeZoneOverride": 2}
    got = result(given, MemoryContext(references=[project, *references(example_plant)]))
    assert got["location"]["time_zone_h"] == 2
    assert got["location"]["time_zone_name"] == "UTC+02:00"
    assert got["settings"]["first_date_ms"] % 86_400_000 == 22 * 3_600_000


def test_a_part_of_a_year_is_told(ctx: MemoryContext) -> None:
    midnight = 1_749_942_000_000  # in June, in Bern's standard time
    days = weather(240, date=[midnight + 3_600_000 * row for row in range(240)])
    got = result(energy_model(weatherData=days, settings={"ignoreSpectralCorrection": False}, extra=1), ctx)
    assert "covers 240 hours" in got["warnings"][-1]
    assert any("extra: not known here" in warning for warning in got["warnings"])
    assert any("spectral" in warning for warning in got["warnings"])
    assert got["settings"]["timestamps"] == "given"
    assert got["monthly"][0]["temp_air_mean_c"] is None


def test_weather_that_shines_at_night_is_told(ctx: MemoryContext) -> None:
    told = result(energy_model(settings={"timeZoneOverride": 8}), ctx)["warnings"]
    assert "of the energy comes while the sun is down" in told[1]


def test_a_sensors_offset_changes_nothing_but_is_told(ctx: MemoryContext) -> None:
    ghi = weather()["ghi"]
    offset = [-1.3 if value == 0 else value for value in ghi]
    got = result(energy_model(weatherData=weather(ghi=offset)), ctx)
    assert got["summary"] == result(energy_model(), ctx)["summary"]
    assert got["warnings"][1] == (
        f"weather ghi: {ghi.count(0)} rows, first row 0 (-1.3 W/m2): "
        "below zero, a sensor's thermal offset? taken as 0"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"array": {"stringCount": 45, "stringLength": 26}}, "a DC/AC ratio of 2.57; stringCount counts"),
        ({"array": {"stringCount": 5, "stringLength": 26}}, "a DC/AC ratio of 0.286; stringCount counts"),
        ({"losses": {"mismatch": 0.2}}, "blocks[0].losses.mismatch: 0.2 is 20 %"),
        ({"losses": {"stringVoltageMismatch": 0.11}}, "blocks[0].losses.stringVoltageMismatch: 0.11 is 11 %"),
        ({"losses": {"uC": 250}}, "blocks[0].losses.uC: 250 W/m2K"),
    ],
)
def test_an_implausible_block_is_told(ctx: MemoryContext, changes: dict[str, Any], words: str) -> None:
    told = result(energy_model(block(**changes)), ctx)["warnings"][1:]
    assert len(told) == 1
    assert words in told[0]


@pytest.mark.parametrize(("u_c", "u_v"), [(5, 0), (1e12, 1e12)])
def test_any_accepted_heat_loss_gives_energy(ctx: MemoryContext, u_c: float, u_v: float) -> None:
    got = result(energy_model(block(losses={"uC": u_c, "uV": u_v})), ctx)
    assert got["summary"]["annual_energy_mwh"] > 0


def test_a_diode_that_ends_when_hot_fails_in_words(example_plant: Path) -> None:
    module, *others = references(example_plant)
    bent = {**module.document, "properties": {**module.document["properties"], "muGamma": -0.01}}
    assert check_module(bent) == []
    pins = [pin("module", 1, bent), *others]
    with pytest.raises(Failure, match="the module's parameters are not physical"):
        result(energy_model(block(losses={"uC": 5, "uV": 0})), MemoryContext(references=pins))


def test_the_settings_name_the_weather(example_plant: Path) -> None:
    pins = [*components(example_plant), pin("location", 1, {**LOCATION, "weatherData": weather()})]
    own = energy_model(weatherData=weather())
    linked = pin("weather", 4, weather(name="Bern 2017"))
    cases = [
        (own, [*pins, linked], "inline"),
        (energy_model(), [*pins, linked], {"number": 4, "name": "Bern 2017"}),
        (energy_model(), [*pins, pin("weather", 5, weather())], {"number": 5, "name": None}),
        (energy_model(), pins, "location"),
    ]
    for document, pinned, expected in cases:
        assert result(document, MemoryContext(references=pinned))["settings"]["weather"] == expected


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (26, []),
        (
            30,
            ["1580 V open at 3.4 degC (row 8480, 2025-12-20T07:00Z), above the inverter's 1500 V (VAbsMax)"],
        ),
        (11, ["440 V at 40.7 degC (row 4140, 2025-06-22T11:00Z), below the inverter's 500 V (VMppMin)"]),
    ],
)
def test_strings_outside_the_inverters_voltages_are_told(
    ctx: MemoryContext, length: int, words: list[str]
) -> None:
    got = result(energy_model(block(array={"stringCount": 18, "stringLength": length})), ctx)
    told = [warning for warning in got["warnings"] if "in series" in warning]
    assert told == [f"blocks[0]: {length} modules in series give {each}" for each in words]


MOVING = {
    "arrayType": "tracker",
    "gcr": 0.4,
    "azimuth": 180,
    "axisTilt": 0,
    "backTracking": False,
    "maxAngle": 60,
}
ROWS = {"nearShading": "unlimited", "electricalImpact": True, "transverseDiodes": 3}


@pytest.mark.parametrize("flag", ["lossBreakdownTimestamps", "fullTimeSeries"])
def test_loss_series_are_stored_on_request(ctx: MemoryContext, flag: str) -> None:
    output = {"timeSeries": True, flag: True}
    plant = {"poiLimitMW": 0.25, "contAuxLosskW": 1, "contAuxLossThreshkW": 0}
    blocks = [block(layout=MOVING, shading=ROWS), block()]
    got = result(energy_model(*blocks, output=output, plant=plant), ctx)
    for tree, series in (
        (details(got, ctx)[0]["losses"], columns(got, ctx, 0)),
        (got["losses"], columns(got, ctx)),
    ):
        for account, unit in (("irradiance", 1e3), ("energy", 1.0)):
            for step in tree[account]["steps"]:
                assert series[f"loss_{step['name']}"].sum() / unit == pytest.approx(step["value"], abs=1e-3)
    assert not any(name.startswith("loss_") for name in columns(result(energy_model(), ctx), ctx, 0))


def test_shade_and_clipping_have_columns_of_their_own(ctx: MemoryContext) -> None:
    many = {"stringCount": 30, "stringLength": 30}
    got = result(energy_model(block(array=many, shading=ROWS), output={"lossBreakdownTimestamps": True}), ctx)
    series = columns(got, ctx, 0)
    shaded = series["direct_shading_factor"]
    assert 0 < shaded.max() <= 1
    assert series["shadow_height"] == pytest.approx(shaded * np.sin(np.radians(25)))
    diodes = series["shaded_diode_fraction"]
    assert set(np.round(diodes * 3, 6)) <= {0.0, 1.0, 2.0, 3.0}
    assert (diodes >= shaded - 1e-6).all()
    taken = {name: series.get(f"loss_{name}", 0.0) for name in ("IL_Vmin", "IL_Vmax", "IL_VAbs")}
    assert series["mppt_voltage_clip_loss"] == pytest.approx(sum(taken.values()))
    assert series["mppt_current_clip_loss"].tolist() == series["loss_IL_Imax"].tolist()
    assert series["inverter_dc_clip_loss"].tolist() == series["loss_IL_PmaxDC"].tolist()


def test_a_scenes_table_says_which_diodes_a_shadow_reaches(ctx: MemoryContext) -> None:
    table = {
        "azimuth": [0],
        "elevation": [0, 90],
        "directShare": [[0.1, 0.1]],
        "affectedDiodes": [[0.4, 0.4]],
    }
    shading = {"nearShading": "octavia", "electricalImpact": False, "sceneTable": table}
    got = result(energy_model(block(shading=shading), output={"lossBreakdownTimestamps": True}), ctx)
    series = columns(got, ctx, 0)
    light = series["poa_global"] > 0
    assert series["direct_shading_factor"][light] == pytest.approx(0.1)
    assert series["shaded_diode_fraction"][light] == pytest.approx(0.4)
    assert not series["shadow_height"].any()


def test_the_tree_has_its_months(ctx: MemoryContext) -> None:
    plant = {"poiLimitMW": 0.25, "contAuxLosskW": 1, "contAuxLossThreshkW": 0}
    got = result(energy_model(block(), block(layout=MOVING), plant=plant), ctx)
    for tree in (got["losses"], *(each["losses"] for each in details(got, ctx))):
        for account in tree.values():
            nodes = [account["opening"], *account["steps"], account["closing"]]
            assert all(sum(node["monthly"]) == pytest.approx(node["value"]) for node in nodes)
            opening, *taken, closing = (np.array(node["monthly"]) for node in nodes)
            assert opening - sum(taken) == pytest.approx(closing, abs=1e-6)
    energies = [1e3 * month["energy_mwh"] for month in got["monthly"]]
    assert got["losses"]["energy"]["closing"]["monthly"] == pytest.approx(energies)


def test_a_run_is_told_in_the_sites_own_time(ctx: MemoryContext) -> None:
    assert result(energy_model(), ctx)["local_time"] == {
        "time_zone_name": "Europe/Zurich",
        "utc_offset_h": 1.0,
        "first": "2025-01-01T00:00:00+01:00",
        "last": "2025-12-31T23:00:00+01:00",
    }


def test_moving_rows_give_more_than_flat_ones(ctx: MemoryContext) -> None:
    flat = block(layout={"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "tilt": 0})
    platform = {"arrayType": "rotationalFloating", "gcr": 0.4, "tilt": 25, "maxAngle": 90}
    blocks = [flat, block(layout=MOVING), block(layout=platform), block()]
    still, moved, floated, tilted = details(result(energy_model(*blocks), ctx), ctx)
    assert moved["poa_global_kwh_m2"] > 1.1 * still["poa_global_kwh_m2"]
    assert floated["poa_global_kwh_m2"] > tilted["poa_global_kwh_m2"] > still["poa_global_kwh_m2"]
    assert [each["inputs"][0]["mount"] for each in (still, moved, floated)] == [
        *("fixed", "tracker", "rotationalFloating")
    ]


def test_an_array_beside_inputs_is_one_more_of_them(ctx: MemoryContext) -> None:
    one = {"dcInputId": "a", "moduleId": 1, "stringLength": 26, "stringCount": 9, "mpptIndex": 3}
    half = {"stringCount": 9, "stringLength": 26}
    got = result(energy_model(block(array=half, dcInputs=[one])), ctx)
    (shown,) = details(got, ctx)
    assert shown["strings"] == 18
    assert sorted((each["name"], each["mppt"], each["strings"]) for each in shown["inputs"]) == [
        *(("", 4, 9), ("a", 3, 9))
    ]
    whole = result(energy_model(), ctx)["summary"]["annual_energy_mwh"]
    assert got["summary"]["annual_energy_mwh"] == pytest.approx(whole, rel=1e-3)


def test_components_that_do_not_suit_are_told(ctx: MemoryContext) -> None:
    back = {"bifacial": True, "bifacialInputs": {"height": 1.5}}
    strings = {"moduleId": 1, "stringLength": 26, "stringCount": 1}
    inputs = [{"dcInputId": index, **strings} for index in range(20)]
    array = {"stringCount": 18, "stringLength": 26, **back}
    got = result(energy_model(block(array=array), block(array=None, dcInputs=inputs)), ctx)["warnings"]
    told = [note for note in got if "BifacialityFactor" in note or "trackers" in note]
    assert told[-1].startswith("blocks[1].dcInputs: 20 trackers (mpptIndex) on an inverter that has ")


def test_standstill_costs_what_it_says(ctx: MemoryContext) -> None:
    got = result(energy_model(plant={"availability": monthly(0.9)}), ctx)
    steps = {step["name"]: step for step in got["losses"]["energy"]["steps"]}
    produced = columns(got, ctx)["grid_ac_power"]
    assert steps["Unavail"]["value"] == pytest.approx(0.1 * produced[produced > 0].sum(), rel=1e-3)


@pytest.mark.parametrize(
    ("blocks", "rows", "shares"),
    [(1, 105408, 1), (700, 8760, 1), (800, 8760, 4), (1000, 8760, 4), (3, 10_000_000, 3)],
)
def test_shares_are_contiguous_and_worth_a_process(blocks: int, rows: int, shares: int) -> None:
    got = share_out(blocks, rows)
    assert len(got) == shares
    assert [group for share in got for group in share] == groups(blocks)
    assert [index for group in groups(blocks) for index in group] == list(range(blocks))
    sizes = [sum(map(len, share)) for share in got]
    assert max(sizes) - min(sizes) <= blocks / 16 + 1


@pytest.mark.parametrize("rows", [8760, 105120, 10_000_000])
@pytest.mark.parametrize("blocks", [1, 2, 15, 16, 17, 1001])
def test_groups_depend_on_the_blocks_alone(blocks: int, rows: int) -> None:
    """Else the last bits of a plant's sum would depend on who computed it."""
    got = share_out(blocks, rows)
    assert [group for share in got for group in share] == groups(blocks)
    assert all(len(group) for group in groups(blocks))


def test_a_shared_run_gives_the_same_bytes(example_plant: Path) -> None:
    tilts = [10 + index // 64 for index in range(768)]
    layout = {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0}
    blocks = [block(name=f"B{i}", layout={**layout, "tilt": tilt}) for i, tilt in enumerate(tilts)]
    given = energy_model(*blocks, plant={"poiLimitMW": 20})
    shared, alone = (MemoryContext(references=references(example_plant)) for _ in range(2))
    split = run(given, MemoryContext(references=references(example_plant)))
    assert isinstance(split, Split)
    assert len(split.children) == 4
    assert json.dumps(result(given, shared)) == json.dumps(run_whole(given, alone))
    assert set(alone.blobs) <= set(shared.blobs)


def test_a_run_stops_where_it_is_told(example_plant: Path) -> None:
    ctx = MemoryContext(references=references(example_plant), checkpoints_left=7)
    with pytest.raises(Cancelled):
        result(energy_model(*[block() for _ in range(20)]), ctx)
    assert 0 < len(ctx.blobs) < len(groups(20))


TABLE = {"azimuth": [0, 180], "elevation": [0, 45], "directShare": [[1, 0], [0.5, 0]], "skyShare": 0.02}


def small_run() -> dict[str, Any]:
    """Return a day with every supported option set."""
    columns = {name: [value] * 24 for name, value in (("relativeHumidity", 60), ("snowDepth", 3))}
    dates = [1_750_000_000_000 // HOUR * HOUR + HOUR * row for row in range(24)]
    strings = {"moduleId": 1, "stringLength": 26, "stringCount": 4}
    backs = {"height": 1.5, "collectorWidth": 2, "irradianceMismatchLoss": 0.1, "rackingShading": 0.1}
    scene = {"nearShading": "octavia", "sceneTable": TABLE, "electricalImpact": True}
    platform = {"arrayType": "rotationalFloating", "gcr": 0.4, "tilt": 10, "maxAngle": 90}
    inputs = [
        {"dcInputId": "a", "mpptIndex": 2, "shareWeight": 1, **strings, "shading": scene},
        {"dcInputId": "b", "mpptIndex": 2, "shareWeight": 2, **strings, "layout": platform},
    ]
    some = block(
        aoi={"angles": [0, 60, 90], "factors": [1, 0.9, 0]},
        array={"stringCount": 4, "stringLength": 26, "bifacial": True, "bifacialInputs": backs},
        layout={**MOVING, "axisTilt": 2, "crossAxisTilt": 3, "backTracking": True},
        shading={
            **ROWS,
            "farShading": True,
            "electricalImpactFraction": 0.8,
            "moduleOrientation": "portrait",
        },
    )
    tables = block(array=None, dcInputs=inputs)
    for each in (some, tables):
        each["acSystem"] |= {"mpptFraction": 0.5, "mvLosses": {"mvOhmicLossFraction": 0.01}}
    plant = {
        "poiLimitMW": 0.1,
        "contAuxLosskW": 1,
        "contAuxLossThreshkW": 1,
        "propAuxLossWperkW": 1,
        "propAuxLossThreshkW": 1,
        "availability": [{"start": dates[0], "stop": dates[9], "available": 0.5}],
    }
    settings = {
        "timeZoneOverride": 1,
        "circumsolarAsBeam": False,
        "windStow": {"windSpeed": 10, "stowAngle": 5},
        "irradianceOptimization": {"diffuseShare": 0.9},
        "dcInputPowerSharingPolicy": "string_count_weighted",
        "subHourlyClipping": {"variability": 0.5},
        "snow": {"model": "slide", "stringsAlongSlope": 2},
    }
    given = energy_model(
        some,
        tables,
        plant=plant,
        settings=settings,
        output={"lossBreakdownTimestamps": True},
        soiling=monthly(0.1),
        weatherData=weather(24, date=dates, **columns),
        location={**LOCATION, "farShading": {"farShadingElevationAngles": [5, 10, 15, 20]}},
    )
    del given["locationId"]
    return copy.deepcopy(given)


def test_a_day_with_every_option_runs(example_plant: Path) -> None:
    assert check_energy_model(small_run()) == []
    assert ending(small_run(), components(example_plant)) == "ran"


HOUR = 3_600_000
CHECKS = {"energy_model": check_energy_model, "module": check_module, "inverter": check_inverter}
VALUES = [
    *(None, True, "1", "Europe/Zurich", 0, 1, -1, 0.5, 2, 0.15, 0.9, 0.9999999, 90, 180, 360),
    *(10, 100, 1000, 10**6, 10**12, 1e-9, 1e9, 1e300, 1e-300),
]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inner for found in ((*at, key), *places(item, (*at, key)))]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_passes_the_checks_runs_to_numbers_or_says_why_not(
    example_plant: Path, data: st.DataObject
) -> None:
    module, inverter = (pinned.document for pinned in components(example_plant))
    documents = {"energy_model": small_run(), "module": module, "inverter": inverter}
    for _ in range(data.draw(st.integers(1, 3))):
        changed: Any = documents[data.draw(st.sampled_from(sorted(documents)))]
        *path, last = data.draw(st.sampled_from(places(changed)))
        for part in path:
            changed = changed[part]
        changed[last] = data.draw(st.sampled_from(VALUES))
    if any(CHECKS[kind](document) for kind, document in documents.items()):
        return
    pins = [pin("module", 1, module), pin("inverter", 1, inverter)]
    assert ending(documents["energy_model"], pins) in {"ran", "no_module", "no_inverter", "no_weather"}


def ending(given: dict[str, Any], pins: list[Pinned]) -> str:
    try:
        result(given, MemoryContext(references=pins))
    except Failure as failure:
        return failure.code
    return "ran"
