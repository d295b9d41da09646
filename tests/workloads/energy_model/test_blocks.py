"""Every field of the contract that a block's physics knows: accepted, and seen in the laboratory's record."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from in_memory import MemoryContext
from sample import LOCATION, block, components, energy_model, monthly, pin, weather

from gnomon.core.workload import Failure
from gnomon.pv.availability import Availability, Outage
from gnomon.pv.horizon import Horizon
from gnomon.pv.mount import FixedMount, FloatingMount, TrackerMount, WindStow
from gnomon.pv.plant import Bifacial, Block, ElectricalShading, ProfileIam
from gnomon.workloads.energy_model.blocks import (
    gather,
    interconnection,
    pv_blocks,
    surroundings,
)
from gnomon.workloads.energy_model.check import check_energy_model
from gnomon.workloads.energy_model.options import PlantOptions
from gnomon.workloads.energy_model.work import Work, work_of

Change = dict[str, Any]
FIXED = {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "tilt": 25}
TRACKER = {
    "arrayType": "tracker",
    "gcr": 0.35,
    "azimuth": 180,
    "axisTilt": 0,
    "backTracking": True,
    "maxAngle": 60,
}
FLOATING = {"arrayType": "rotationalFloating", "gcr": 0.4, "tilt": 10, "maxAngle": 120}
INPUT = {"dcInputId": "b", "moduleId": 1, "stringLength": 20, "stringCount": 9}
OTHER = {**INPUT, "dcInputId": "a"}
ROWS = {"nearShading": "unlimited", "electricalImpact": True, "transverseDiodes": 3}
SCENE = {"nearShading": "octavia", "shadingSceneId": 1}
TABLE = {"azimuth": [0, 180], "elevation": [0, 45], "directShare": [[1, 0], [0.5, 0]], "skyShare": 0.02}
HORIZON = {"farShadingElevationAngles": [5, 10, 15, 20]}
BACKS = {"height": 1.5, "irradianceMismatchLoss": 0.1, "moduleTransparency": 0.02, "rackingShading": 0.05}


def work(folder: Path, *blocks: Change, place: Change | None = None, **changes: Any) -> Work:
    """Return the work of a run whose blocks are the sample's with changes, checked like any other."""
    given = energy_model(*[{**block(), **each} for each in blocks], weatherData=weather(), **changes)
    assert check_energy_model(given) == []
    scenes = [
        pin("shading_scene", number, {"shadingTable": {**TABLE, "skyShare": number / 50}})
        for number in (1, 2)
    ]
    pins = [*components(folder), pin("location", 1, {**LOCATION, **(place or {})}), *scenes]
    return gather(given, surroundings(given, pins), pins, MemoryContext().get)


def mapped(folder: Path, change: Change, **changes: Any) -> Block:
    (found,) = pv_blocks(work(folder, change, **changes))
    return found


def at(path: str) -> Callable[[Block], Any]:
    """Return what finds a value in a block by its path; a number in it is a place."""

    def find(found: Any) -> Any:
        for part in path.split("."):
            found = found[int(part)] if part.isdigit() else getattr(found, part)
        return found

    return find


FIELDS: list[tuple[Change, str, Any]] = [
    ({"name": "North"}, "name", "North"),
    ({"albedo": monthly(0.3)}, "albedo", (0.3,) * 12),
    (
        {"aoi": {"angles": [0, 90], "factors": [1, 0]}},
        "inputs.0.module.iam",
        ProfileIam(aoi=(0, 90), iam=(1, 0)),
    ),
    ({"array": {"stringCount": 7, "stringLength": 20}}, "inputs.0.array.strings", 7),
    ({"array": {"stringCount": 7, "stringLength": 20}}, "inputs.0.array.modules_per_string", 20),
    # Layouts
    ({"layout": FIXED}, "mount", FixedMount(surface_tilt=25, surface_azimuth=180, gcr=0.4)),
    ({"layout": {**FIXED, "azimuth": 360}}, "mount.surface_azimuth", 0),
    ({"layout": {**FIXED, "axisTilt": -4}}, "mount.axis_tilt", -4),
    ({"layout": {**FIXED, "crossAxisTilt": 3}}, "mount.cross_axis_tilt", 3),
    ({"layout": TRACKER}, "mount", TrackerMount(gcr=0.35)),
    ({"layout": {**TRACKER, "azimuth": 0}}, "mount.axis_azimuth", 0),
    ({"layout": {**TRACKER, "axisTilt": 5}}, "mount.axis_tilt", 5),
    ({"layout": {**TRACKER, "crossAxisTilt": -2}}, "mount.cross_axis_tilt", -2),
    ({"layout": {**TRACKER, "backTracking": False}}, "mount.backtrack", False),
    ({"layout": {**TRACKER, "maxAngle": 50}}, "mount.max_angle", 50),
    ({"layout": FLOATING}, "mount", FloatingMount(surface_tilt=10, max_angle=120, gcr=0.4)),
    ({"layout": {**FLOATING, "azimuth": 90}}, "mount.surface_azimuth", 90),
    # Inputs
    ({"array": None, "dcInputs": [INPUT]}, "inputs.0.name", "b"),
    ({"array": None, "dcInputs": [INPUT]}, "inputs.0.array.modules_per_string", 20),
    ({"array": None, "dcInputs": [INPUT, OTHER]}, "inputs.0.mppt", 1),
    ({"array": None, "dcInputs": [INPUT, OTHER]}, "inputs.1.mppt", 2),
    ({"array": None, "dcInputs": [{**INPUT, "mpptIndex": 2}, OTHER]}, "inputs.0.mppt", 2),
    ({"array": None, "dcInputs": [{**INPUT, "mpptIndex": 2}, OTHER]}, "inputs.1.mppt", 3),
    ({"array": None, "dcInputs": [{**INPUT, "shareWeight": 2}]}, "inputs.0.weight", 2),
    ({"dcInputs": [{**INPUT, "mpptIndex": 4}]}, "inputs.1.mppt", 5),
    ({"dcInputs": [INPUT]}, "inputs.1.array.strings", 18),
    (
        {"array": None, "dcInputs": [INPUT, {**OTHER, "layout": TRACKER}]},
        "inputs.1.mount",
        TrackerMount(gcr=0.35),
    ),
    ({"array": None, "dcInputs": [{**INPUT, "layout": TRACKER}, OTHER]}, "inputs.1.mount", None),
    ({"array": None, "dcInputs": [{**INPUT, "shading": {}}]}, "inputs.0.shading.near", "none"),
    ({"array": None, "dcInputs": [INPUT]}, "inputs.0.shading", None),
    # Shading
    ({"shading": {}}, "shading.near", "none"),
    ({"shading": {"nearShading": "unlimited"}}, "shading.near", "unlimited"),
    ({"shading": {"nearShading": "unlimited", "transverseDiodes": 3}}, "shading.electrical", None),
    ({"shading": ROWS}, "shading.electrical", ElectricalShading(transverse_diodes=3)),
    ({"shading": {**ROWS, "electricalImpactFraction": 0.5}}, "shading.electrical.share", 0.5),
    ({"shading": {**ROWS, "moduleOrientation": "landscape"}}, "shading.electrical.orientation", "landscape"),
    ({"shading": SCENE}, "shading.near", "scene"),
    ({"shading": SCENE}, "shading.scene.sky_share", 0.02),
    ({"shading": {"nearShading": "octavia", "sceneTable": TABLE}}, "shading.scene.direct_share.1.0", 0.5),
    ({"shading": {**SCENE, "electricalImpact": True}}, "shading.electrical.transverse_diodes", 3),
    (
        {"array": None, "dcInputs": [INPUT, OTHER], "shading": SCENE, "shadingStringMap": {"a": 2}},
        "inputs.1.shading.scene.sky_share",
        0.04,
    ),
    (
        {"array": None, "dcInputs": [INPUT, OTHER], "shading": SCENE, "shadingStringMap": {"a": 2}},
        "inputs.0.shading",
        None,
    ),
    # Backs
    ({"array": {"stringCount": 7, "stringLength": 20, "bifacial": True}}, "inputs.0.bifacial", None),
    (
        {"array": {"stringCount": 7, "stringLength": 20, "bifacial": False, "bifacialInputs": BACKS}},
        "inputs.0.bifacial",
        None,
    ),
    (
        {"array": None, "dcInputs": [{**INPUT, "bifacialInputs": {**BACKS, "collectorWidth": 4}}]},
        "inputs.0.bifacial",
        Bifacial(height=1.5, collector_width=4, transparency=0.02, racking_shading=0.05, mismatch=0.1),
    ),
    # Losses
    *[
        ({"losses": {wire: 0.03}}, f"losses.{ours}", 0.03)
        for wire, ours in (
            ("moduleQuality", "module_quality"),
            ("mismatch", "mismatch"),
            ("dcohmic", "dc_ohmic"),
            ("lid", "lid"),
            ("stringVoltageMismatch", "string_voltage_mismatch"),
        )
    ],
    *[({"losses": {"invAuxLoss": each}}, "losses.inverter_auxiliary", each) for each in (True, False)],
    ({"losses": {"uC": 20}}, "thermal.u_c", 20),
    ({"losses": {"uV": 3}}, "thermal.u_v", 3),
    # AC system
    ({"acSystem": {"numberOfInverters": 5}}, "ac_system.number_of_inverters", 5),
    ({"acSystem": {"numberOfInverters": 5, "mpptFraction": 0.5}}, "mppt_fraction", 0.5),
    *[
        ({"acSystem": {"numberOfInverters": 1, **given}}, f"ac_system.{ours}", 0.01)
        for given, ours in (
            ({"losses": {"acohmicLoss": 0.01}}, "ac_ohmic"),
            ({"losses": {"transformer": {"ironLoss": 0.01}}}, "no_load_loss"),
            ({"losses": {"transformer": {"copperLoss": 0.01}}}, "load_loss"),
            ({"mvLosses": {"mvOhmicLossFraction": 0.01}}, "mv_ohmic_loss"),
            ({"losses": {"mvLosses": {"mvTransformerLossFraction": 0.01}}}, "mv_transformer_loss"),
        )
    ],
]


@pytest.mark.parametrize(("change", "path", "value"), FIELDS)
def test_a_field_of_a_block_is_mapped(example_plant: Path, change: Change, path: str, value: Any) -> None:
    assert at(path)(mapped(example_plant, change)) == value


SETTINGS: list[tuple[Change, Change, str, Any]] = [
    ({}, {}, "power_sharing", "independent_equal"),
    *[
        ({"dcInputPowerSharingPolicy": policy}, {}, "power_sharing", policy)
        for policy in ("string_count_weighted", "manual_weighted")
    ],
    ({}, {}, "spectral", True),
    ({"ignoreSpectralCorrection": True}, {}, "spectral", False),
    ({"circumsolarAsBeam": False}, {}, "circumsolar_as_beam", False),
    ({"snow": {"monthly": monthly(0.2)}}, {}, "losses.snow", (0.2,) * 12),
    ({"snow": {"monthly": monthly(0.2)}}, {}, "snow_strings", None),
    ({"subHourlyClipping": True}, {}, "sub_hourly_clipping", 1),
    ({"subHourlyClipping": False}, {}, "sub_hourly_clipping", 0),
    ({"subHourlyClipping": {"variability": 0.4}}, {}, "sub_hourly_clipping", 0.4),
    ({}, {"layout": TRACKER}, "mount.wind_stow", None),
    ({"windStow": True}, {"layout": TRACKER}, "mount.wind_stow", WindStow()),
    ({"windStow": False}, {"layout": TRACKER}, "mount.wind_stow", None),
    (
        {"windStow": {"windSpeed": 12, "stowAngle": 5}},
        {"layout": TRACKER},
        "mount.wind_stow",
        WindStow(wind_speed=12, angle=5),
    ),
    ({}, {"layout": TRACKER}, "mount.level_above", None),
    ({"irradianceOptimization": True}, {"layout": TRACKER}, "mount.level_above", 0.95),
    ({"irradianceOptimization": {"diffuseShare": 0.8}}, {"layout": TRACKER}, "mount.level_above", 0.8),
]


@pytest.mark.parametrize(("settings", "change", "path", "value"), SETTINGS)
def test_a_setting_is_mapped(
    example_plant: Path, settings: Change, change: Change, path: str, value: Any
) -> None:
    assert at(path)(mapped(example_plant, change, settings=settings)) == value


@pytest.mark.parametrize(
    "far",
    [
        HORIZON,
        {"farShadingElevationAngles": {"0": 5, "90": 10, "180": 15, "270": 20}},
        {"farShadingElevationAngles": [20, 5, 10, 15], "farShadingAzimuthAngles": [-90, 0, 90, 180]},
    ],
)
def test_a_horizon_in_any_form(example_plant: Path, far: Change) -> None:
    found = mapped(example_plant, {"shading": {"farShading": True}}, place={"farShading": far})
    assert found.horizon == Horizon(azimuth=(0, 90, 180, 270), elevation=(5, 10, 15, 20))


def test_a_horizon_counts_where_it_is_asked_for(example_plant: Path) -> None:
    some = ({"shading": {"farShading": True}}, {"shading": {"farShading": False}})
    found = pv_blocks(work(example_plant, *some, place={"farShading": HORIZON}))
    assert [each.horizon is not None for each in found] == [True, False]


def test_far_shading_without_a_horizon_says_where_to_give_it(example_plant: Path) -> None:
    with pytest.raises(Failure, match="the location has no horizon; give its farShading with farShading"):
        work(example_plant, {"shading": {"farShading": True}})


def test_a_model_of_snow_without_its_column_says_what_to_give(example_plant: Path) -> None:
    given = energy_model(settings={"snow": {"model": "slide"}})
    pins = [*components(example_plant), pin("location", 1, LOCATION), pin("weather", 1, weather())]
    with pytest.raises(Failure, match="needs the weather's snowDepth"):
        gather(given, surroundings(given, pins), pins, MemoryContext().get)


@pytest.mark.parametrize(("snow", "strings"), [({}, 1), ({"stringsAlongSlope": 3}, 3)])
def test_sliding_snow_counts_the_strings_along_the_slope(
    example_plant: Path, snow: Change, strings: int
) -> None:
    given = energy_model(
        settings={"snow": {"model": "slide", **snow}}, weatherData=weather(snowDepth=[0.0] * 8760)
    )
    assert check_energy_model(given) == []
    pins = [*components(example_plant), pin("location", 1, LOCATION)]
    (found,) = pv_blocks(gather(given, surroundings(given, pins), pins, MemoryContext().get))
    assert found.snow_strings == strings


def test_a_scene_without_a_table_says_so(example_plant: Path) -> None:
    given = energy_model(block(shading=SCENE), weatherData=weather())
    pins = [*components(example_plant), pin("location", 1, LOCATION), pin("shading_scene", 1, {"name": "s"})]
    with pytest.raises(Failure, match="shading scene 1 has no table; run it, or give it a shadingTable"):
        pv_blocks(gather(given, surroundings(given, pins), pins, MemoryContext().get))


@pytest.mark.parametrize(("orientation", "side"), [(None, 2.278), ("portrait", 2.278), ("landscape", 1.134)])
def test_a_row_is_as_wide_as_a_module_unless_told(
    example_plant: Path, orientation: str | None, side: float
) -> None:
    array = {"stringCount": 7, "stringLength": 20, "bifacial": True, "bifacialInputs": BACKS}
    shading = {"nearShading": "unlimited", **({"moduleOrientation": orientation} if orientation else {})}
    found = mapped(example_plant, {"array": array, "shading": shading}).inputs[0].bifacial
    assert found is not None
    assert found.collector_width == pytest.approx(side, abs=0.02)


def test_a_platform_in_the_south_looks_north(example_plant: Path) -> None:
    found = mapped(example_plant, {"layout": FLOATING}, place={"latitude": -33.0})
    assert isinstance(found.mount, FloatingMount)
    assert found.mount.surface_azimuth == 0


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"poiLimitMW": 2}, "limit", 2e6),
        ({"poiLimitMW": 2, "limitAtInverters": True}, "limit_at_inverters", True),
        ({"contAuxLosskW": 2, "contAuxLossThreshkW": 1}, "continuous_use", 2e3),
        ({"contAuxLosskW": 2, "contAuxLossThreshkW": 1}, "continuous_threshold", 1e3),
        ({"propAuxLossWperkW": 2, "propAuxLossThreshkW": 1}, "proportional_use", 0.002),
        ({"propAuxLossWperkW": 2, "propAuxLossThreshkW": 1}, "proportional_threshold", 1e3),
    ],
)
def test_the_plant_is_mapped(given: Change, name: str, value: Any) -> None:
    assert getattr(interconnection(PlantOptions.model_validate(given)), name) == value


PERIOD = {"start": 1000, "stop": 61_000, "available": 0.25}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0.75, Availability(monthly=(0.25,) * 12)),
        (monthly(0.5), Availability(monthly=(0.5,) * 12)),
        ([PERIOD], Availability(outages=(Outage(start=1, end=61, share=0.75),))),
        ({"periods": [{"start": 0, "stop": 1000}]}, Availability(outages=(Outage(start=0, end=1),))),
        (
            {"monthly": monthly(0.5), "periods": [PERIOD]},
            Availability(monthly=(0.5,) * 12, outages=(Outage(start=1, end=61, share=0.75),)),
        ),
    ],
)
def test_what_is_available_in_any_form(given: Any, expected: Availability) -> None:
    plant = PlantOptions.model_validate({"availability": given})
    assert interconnection(plant).availability == expected


def test_work_survives_the_way_to_a_child(example_plant: Path) -> None:
    inputs = [INPUT, {**OTHER, "layout": TRACKER}]
    change = {"dcInputs": inputs, "shading": {**SCENE, "farShading": True}, "shadingStringMap": {"a": 2}}
    whole = work(
        example_plant, {}, change, place={"farShading": HORIZON}, settings={"windStow": {"windSpeed": 9}}
    )
    ctx = MemoryContext()
    sent = work_of(copy.deepcopy(whole.as_json(1, 2, ctx.put)), ctx.get)
    assert pv_blocks(sent) == pv_blocks(whole)[1:]


def test_both_places_of_the_medium_voltage_count(example_plant: Path) -> None:
    line, more = {"mvOhmicLossFraction": 0.01}, {"mvTransformerLossFraction": 0.02}
    for here, there in ((line, more), (more, line), ({**line, **more}, line)):
        given = {"acSystem": {"numberOfInverters": 1, "mvLosses": here, "losses": {"mvLosses": there}}}
        system = mapped(example_plant, given).ac_system
        assert (system.mv_ohmic_loss, system.mv_transformer_loss) == (0.01, 0.02)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"array": {"stringCount": 9, "stringLength": 20, "bifacialInputs": {"height": 0.4}}}, "array"),
        ({"dcInputs": [OTHER, {**INPUT, "bifacialInputs": {"height": 0.4}}]}, "dcInputs[1]"),
    ],
)
def test_rows_as_wide_as_a_module_stay_above_the_ground(example_plant: Path, change: Change, at: str) -> None:
    low = work(example_plant, {}, {**change, "layout": {**FIXED, "tilt": 60}})
    with pytest.raises(Failure, match=r"reach into the ground; give .* m, or collectorWidth") as raised:
        pv_blocks(low)
    assert raised.value.message.startswith(f"blocks[1].{at}.bifacialInputs.height: at 60 degrees rows ")
    assert len(pv_blocks(work(example_plant, {**change, "layout": {**FIXED, "tilt": 10}}))) == 1
