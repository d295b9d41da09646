"""What a run tells beside its result: what has no use, what was derived, what is missing."""

from typing import Any

import pytest
from sample import LOCATION, block, energy_model, monthly, weather

from gnomon.pv.solarposition import sun_position
from gnomon.pv.weather import Site
from gnomon.workloads.energy_model.document import EnergyModel, Place
from gnomon.workloads.energy_model.notes import notes, place_name_notes, place_notes
from gnomon.workloads.energy_model.unused import unused
from gnomon.workloads.energy_model.weather import read

SITE = Site(latitude=46.95, longitude=7.44, altitude=540, utc_offset=1.0)
FIXED = {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "tilt": 25}
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
ARRAY = {"stringCount": 18, "stringLength": 26}


def told(sky: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    """Return the notes on the sample, but for that on its older array."""
    document = sky or weather()
    read_as = read(document, SITE.utc_offset)
    model = EnergyModel.model_validate(energy_model(**changes))
    found = notes(model, document, read_as, sun_position(read_as.time, SITE))
    return [note for note in found if "array is deprecated" not in note]


def test_the_sample_has_nothing_to_tell() -> None:
    assert told() == []


UNUSED: list[tuple[dict[str, Any], dict[str, Any], str | None]] = [
    ({"layout": {**FIXED, "backTracking": True}}, {}, "layout.backTracking: not used, arrayType is fixed"),
    ({"layout": {**FIXED, "backTracking": False}}, {}, None),
    ({"layout": {**FIXED, "maxAngle": 60}}, {}, "layout.maxAngle: not used, arrayType is fixed"),
    ({"layout": {**TRACKER, "tilt": 10}}, {}, "layout.tilt: not used, arrayType is tracker"),
    (
        {"layout": {**FLOATING, "axisTilt": 2}},
        {},
        "layout.axisTilt: not used, arrayType is rotationalFloating",
    ),
    ({"layout": {**FLOATING, "crossAxisTilt": 2}}, {}, "layout.crossAxisTilt: not used"),
    ({"layout": {**FLOATING, "backTracking": True}}, {}, "layout.backTracking: not used"),
    ({"shading": {"shadingSceneId": 1}}, {}, "shadingSceneId: not used, nearShading is not octavia"),
    ({"shading": {"nearShading": "unlimited", "transverseDiodes": 3}}, {}, "electricalImpact is not true"),
    ({"shading": {"electricalImpactFraction": 0.5}}, {}, "electricalImpactFraction: not used"),
    ({"shading": {"electricalImpact": True}}, {}, "electricalImpact: not used, there is no nearShading"),
    (
        {"shading": {"nearShading": "unlimited", "electricalImpact": True, "transverseDiodes": 0}},
        {},
        "shading.electricalImpact: not used, transverseDiodes is 0",
    ),
    (
        {"layout": TRACKER},
        {"settings": {"windStow": {"stowAngle": -70}}},
        "stowAngle: -70 degrees are beyond blocks[0].layout.maxAngle; its trackers stow at 60",
    ),
    ({"layout": TRACKER}, {"settings": {"windStow": {"stowAngle": 60}}}, None),
    ({}, {"settings": {"uncertainties": {}}}, "settings.uncertainties: names no cause"),
    ({}, {"settings": {"uncertainties": {"model": 0.03}}}, None),
    ({"array": {**ARRAY, "bifacial": True}}, {}, "array.bifacial: not used, there are no bifacialInputs"),
    (
        {"array": {**ARRAY, "bifacial": False, "bifacialInputs": {"height": 1}}},
        {},
        "array.bifacialInputs: not used, bifacial is false",
    ),
    ({"dcInputs": [{**INPUT, "shareWeight": 1}]}, {}, "dcInputs[0].shareWeight: not used"),
    (
        {"dcInputs": [{**INPUT, "shareWeight": 1}]},
        {"settings": {"dcInputPowerSharingPolicy": "manual_weighted"}},
        None,
    ),
    ({"dcInputs": [{**INPUT, "layout": {**TRACKER, "tilt": 5}}]}, {}, "dcInputs[0].layout.tilt: not used"),
    ({"dcInputs": [{**INPUT, "shading": {"farShading": True}}]}, {}, "the block's own counts for all"),
    ({"dcInputs": [{**INPUT, "bifacial": True}]}, {}, "dcInputs[0].bifacial: not used"),
    ({}, {"settings": {"windStow": True}}, "settings.windStow: not used, no block has trackers"),
    ({}, {"settings": {"windStow": False}}, None),
    ({"layout": TRACKER}, {"settings": {"windStow": True, "irradianceOptimization": True}}, None),
    ({"dcInputs": [{**INPUT, "layout": TRACKER}]}, {"settings": {"windStow": True}}, None),
    ({}, {"settings": {"irradianceOptimization": True}}, "settings.irradianceOptimization: not used"),
]


@pytest.mark.parametrize(("change", "changes", "words"), UNUSED)
def test_what_has_no_use_is_told(change: dict[str, Any], changes: dict[str, Any], words: str | None) -> None:
    model = EnergyModel.model_validate(energy_model({**block(), **change}, **changes))
    found = list(unused(model))
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


@pytest.mark.parametrize(
    ("version", "is_known"), [("1.0.0", True), ("3", True), ("v3.1.0", True), ("5.0", False), ("new", False)]
)
def test_a_version_that_is_not_known_is_told(version: str, is_known: bool) -> None:
    found = told(schemaVersion=version)
    assert found == ([] if is_known else [f'schemaVersion "{version}" is not known here; read as 3.1.0'])


def without(*names: str, **changes: Any) -> dict[str, Any]:
    return {name: column for name, column in weather(**changes).items() if name not in names}


@pytest.mark.parametrize(
    ("sky", "changes", "words"),
    [
        (without("dhi"), {}, "weather dhi: not given; made from ghi by the model of Erbs and Driesse"),
        (without("dhi", dni=[0.0] * 8760), {}, "weather dhi: not given; it closes ghi and dni"),
        (
            weather(snowDepth=[0.0] * 8760),
            {},
            "weather snowDepth: kept and not used; settings.snow.model uses it",
        ),
        (weather(snowDepth=[0.0] * 8760), {"settings": {"snow": {"model": "slide"}}}, None),
        (weather(relativeHumidity=[50.0] * 8760), {}, None),
        (weather(), {"settings": {"ignoreSpectralCorrection": False}}, "the weather has no relativeHumidity"),
        (
            weather(relativeHumidity=[50.0] * 8760),
            {"settings": {"ignoreSpectralCorrection": False}},
            None,
        ),
        (
            weather(poa=[-1.0, *weather()["ghi"][1:]]),
            {},
            "weather poa: 1 rows, first row 0 (-1 W/m2): below zero",
        ),
    ],
)
def test_the_weather_of_a_run_is_told(
    sky: dict[str, Any], changes: dict[str, Any], words: str | None
) -> None:
    found = told(sky, **changes)
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


def test_one_measured_plane_for_several_layouts_is_told() -> None:
    document = weather(poa=weather()["ghi"])
    read_as = read(document, SITE.utc_offset)
    model = EnergyModel.model_validate(energy_model(block(), block(layout=TRACKER)))
    found = list(notes(model, document, read_as, sun_position(read_as.time, SITE)))
    assert "weather poa: measured in one plane, and taken for all of 2 layouts" in found
    assert told(document) == []


def dated(rows: int, first: int = 1_735_686_000_000) -> dict[str, Any]:
    """Return rows from the new year of 2025 in Bern on."""
    return weather(rows, date=[first + 3_600_000 * row for row in range(rows)])


def test_months_without_rows_are_named() -> None:
    (found,) = told(dated(24 * 304))
    assert "covers 7296 hours, not a year; no rows in Nov, Dec; annual figures are sums" in found


def test_several_years_are_counted() -> None:
    (found,) = told(dated(3 * 8766))
    assert "covers 26298 hours, 3.0 years, not a year; annual figures are sums over these hours" in found


@pytest.mark.parametrize(("minutes", "share", "is_told"), [(10, 0.3, True), (30, 0.3, False), (10, 0, False)])
def test_short_rows_show_their_swings_themselves(minutes: int, share: float, is_told: bool) -> None:
    dates = [1_735_686_000_000 + 60_000 * minutes * row for row in range(600)]
    found = told(weather(600, date=dates), settings={"subHourlyClipping": {"variability": share}})
    notes_on_swings = [each for each in found if each.startswith("settings.subHourlyClipping")]
    assert len(notes_on_swings) == is_told
    assert all("meant for hourly rows; these are 10 minutes" in each for each in notes_on_swings)


def test_gaps_are_told() -> None:
    whole = dated(8760)
    sky = {name: [*column[:100], *column[124:]] for name, column in whole.items()}
    found = told(sky)
    assert found[0].startswith(
        "weather date: 24 rows are missing (0.27 %), first after row 99 (2025-01-05T02:00Z)"
    )


def test_a_column_that_is_not_known_is_told() -> None:
    assert told(weather(relative_humidity=[50.0] * 8760)) == [
        "weather relative_humidity: not known here; kept and not used"
    ]


SYSTEM = {"numberOfInverters": 1}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"losses": {"lid": 2e-1}}, "blocks[0].losses.lid: 0.2 is 20 %; meant in percent?"),
        ({"losses": {"lid": 0.1}}, None),
        ({"losses": {"dcohmic": 0.9}}, "losses.dcohmic: 0.9 is 90 %"),
        ({"losses": {"moduleQuality": -0.4}}, "losses.moduleQuality: -0.4 is -40 %"),
        ({"acSystem": {**SYSTEM, "losses": {"acohmicLoss": 0.5}}}, "acSystem.losses.acohmicLoss: 0.5"),
        (
            {"acSystem": {**SYSTEM, "losses": {"transformer": {"ironLoss": 0.1}}}},
            "acSystem.losses.transformer.ironLoss: 0.1 is 10 %",
        ),
        ({"acSystem": {**SYSTEM, "losses": {"transformer": {"copperLoss": 0.1}}}}, None),
        ({"acSystem": {**SYSTEM, "losses": {"transformer": {"copperLoss": 0.6}}}}, "transformer.copperLoss"),
        ({"acSystem": {**SYSTEM, "mvLosses": {"mvOhmicLossFraction": 0.5}}}, "acSystem.mvLosses.mvOhmic"),
        (
            {"acSystem": {**SYSTEM, "losses": {"mvLosses": {"mvTransformerLossFraction": 0.5}}}},
            "acSystem.losses.mvLosses.mvTransformerLossFraction: 0.5 is 50 %",
        ),
    ],
)
def test_percent_where_a_fraction_is_meant_is_told(change: dict[str, Any], words: str | None) -> None:
    found = told(blocks=[{**block(), **change}])
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


def test_much_dirt_is_told_where_it_counts() -> None:
    much = {**monthly(0.0), "jan": 0.5}
    assert told(soiling=monthly(0.3)) == []
    assert told(soiling=much) == ["soiling: a month of 0.5 is 50 %, much for dirt; meant in percent?"]
    assert told(weather(soiling=much), soiling=monthly(0.01)) == []
    assert told(weather(soiling=much))[0].startswith("weather soiling: a month of 0.5")
    model = EnergyModel.model_validate(energy_model())
    (found,) = place_notes(model, Place.model_validate({**LOCATION, "soiling": much}))
    assert found.startswith("location soiling: a month of 0.5")


@pytest.mark.parametrize(
    ("far", "wanted", "words"),
    [
        ({"farShadingElevationAngles": [5, 5]}, True, []),
        ({"farShadingElevationAngles": [5, 5]}, False, ["not used, no block has shading.farShading true"]),
        ({"farShadingElevationAngles": [5], "note": "x"}, True, ["farShading.note: not known here"]),
        (
            {"farShadingElevationAngles": {"0": 5}, "farShadingAzimuthAngles": [0]},
            True,
            ["farShading.farShadingAzimuthAngles: not known here"],
        ),
        ({"0": 5, "90": 2}, True, []),
        ([5, 5], True, []),
    ],
)
def test_what_of_a_horizon_has_no_use_is_told(far: Any, wanted: bool, words: list[str]) -> None:
    model = EnergyModel.model_validate(energy_model(block(shading={"farShading": wanted})))
    found = list(place_notes(model, Place.model_validate({**LOCATION, "farShading": far})))
    assert [word in note for word, note in zip(words, found, strict=True)] == [True] * len(words)


@pytest.mark.parametrize(
    ("latitude", "azimuth", "tilt", "is_told"),
    [
        (46.95, 0, 25, True),
        (46.95, 300, 25, True),
        (46.95, 60, 25, True),
        (46.95, 61, 25, False),
        (46.95, 360, 25, True),
        (46.95, 0, 5, False),
        (10.0, 0, 25, False),
        (-30.0, 180, 25, True),
        (-30.0, 0, 25, False),
    ],
)
def test_tables_that_look_to_the_pole_are_told(
    latitude: float, azimuth: float, tilt: float, is_told: bool
) -> None:
    document = energy_model(block(layout={**FIXED, "azimuth": azimuth, "tilt": tilt}))
    document["blocks"][0]["dcInputs"] = [{**INPUT, "layout": TRACKER}]
    read_as = read(weather(), 1.0)
    site = Site(latitude=latitude, longitude=7.44, altitude=540, utc_offset=1.0)
    found = notes(EnergyModel.model_validate(document), weather(), read_as, sun_position(read_as.time, site))
    facing = [note for note in found if "looks away from the sun" in note]
    assert len(facing) == is_told
    assert all("clockwise from north: 180 is south" in note for note in facing)


NEW_YEAR = 1_735_686_000_000


@pytest.mark.parametrize(
    ("start", "stop", "is_told"),
    [(-100, 0, True), (-100, 1, False), (8759, 9000, False), (8760, 9000, True)],
)
def test_standstill_outside_the_weather_is_told(start: int, stop: int, is_told: bool) -> None:
    period = {"start": NEW_YEAR + 3_600_000 * start, "stop": NEW_YEAR + 3_600_000 * stop}
    found = told(dated(8760), plant={"availability": [period]})
    assert len(found) == is_told
    assert all("plant.availability period 0: not used" in note for note in found)


def test_a_label_without_dates_is_told() -> None:
    (found,) = told(weather(timestampLabel="end"))
    assert found.startswith("weather timestampLabel end: not used, rows without date")
    assert told({**dated(8760), "timestampLabel": "start"}) == []


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"relativeHumidity": [0.5] * 8760}, "weather relativeHumidity: at most 0.5 %; given as a fraction?"),
        ({"relativeHumidity": [50.0] * 8760}, None),
        ({"snowDepth": [0.4] * 8760}, "weather snowDepth: at most 0.4 cm; given in m?"),
        ({"snowDepth": [0.0] * 8760}, None),
        ({"snowDepth": [5.0] * 8760}, None),
        ({"snowfall": [0.03] * 8760}, "weather snowfall: at most 0.03 cm; given in m?"),
    ],
)
def test_units_that_do_not_fit_are_told(columns: dict[str, Any], words: str | None) -> None:
    found = told(weather(**columns), settings={"snow": {"model": "slide"}})
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


@pytest.mark.parametrize(("given", "count"), [({"lat": 1, "lng": 2}, 1), ({"latitude": 1}, 0), (None, 0)])
def test_deprecated_names_of_a_place_are_told(given: Any, count: int) -> None:
    told = list(place_name_notes(given))
    assert told == ["location.lat and location.lng are deprecated; use latitude and longitude"][:count]
