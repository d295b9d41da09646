"""Each model of the light switched on alone, against what pvlib makes of the same year."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pvlib
import pytest
from outdoors import Outdoors, outdoors
from plants import with_input, with_module
from scipy.interpolate import PchipInterpolator

from gnomon.pv.block import BlockYear, simulate_block
from gnomon.pv.horizon import Horizon
from gnomon.pv.mount import FixedMount, FloatingMount, Mount, TrackerMount, WindStow
from gnomon.pv.plant import (
    AshraeIam,
    Bifacial,
    Block,
    Iam,
    Losses,
    PhysicalIam,
    ProfileIam,
    Shading,
)
from gnomon.pv.scene import scene_of_rows
from gnomon.pv.solarposition import Sun, sun_position
from gnomon.pv.weather import Site, Weather

SOUTH = FixedMount(surface_tilt=25.0, surface_azimuth=180.0, gcr=0.45)
CLEAR = AshraeIam(b=0.0)
Orientation = tuple[Any, Any]


@pytest.fixture(scope="module")
def out(weather: Weather, site: Site) -> Outdoors:
    return outdoors(weather, site)


@pytest.fixture(scope="module")
def bare(block: Block) -> Block:
    """The block with glass that passes all, no dirt, and nothing around."""
    return with_module(replace(block, losses=Losses()), iam=CLEAR)


@pytest.fixture(scope="module")
def run(weather: Weather, sun: Sun) -> Callable[[Block], BlockYear]:
    return lambda block: simulate_block(block, weather, sun)


def _took(year: BlockYear, name: str) -> np.ndarray:
    return np.asarray(year.taken[name])


def _tracker(out: Outdoors, **how: Any) -> np.ndarray:
    angles = pvlib.tracking.singleaxis(out.zenith, out.azimuth, **({"axis_azimuth": 180, "gcr": 0.4} | how))
    return np.nan_to_num(np.asarray(angles["tracker_theta"]))


def _turned(theta: Any, axis_tilt: float = 0.0, axis_azimuth: float = 180.0) -> Orientation:
    surface = pvlib.tracking.calc_surface_orientation(theta, axis_tilt, axis_azimuth)
    return np.asarray(surface["surface_tilt"]), np.asarray(surface["surface_azimuth"])


def _in_wind(out: Outdoors) -> Orientation:
    theta = _tracker(out, max_angle=60, backtrack=False)
    return _turned(np.where(out.weather.wind_speed >= 6.0, 20.0, theta))


def _under_cloud(out: Outdoors) -> Orientation:
    theta = _tracker(out, max_angle=60, backtrack=False)
    return _turned(np.where(out.weather.dhi >= 0.9 * out.weather.ghi, 0.0, theta))


def _adrift(out: Outdoors) -> Orientation:
    return 15.0, np.clip(out.azimuth, 180.0 - 50.0, 180.0 + 50.0)


PLAIN = TrackerMount(gcr=0.4, backtrack=False)
LONE = FixedMount(surface_tilt=15.0, surface_azimuth=180.0)
TURNS: dict[str, tuple[Mount, Mount, Callable[[Outdoors], Orientation]]] = {
    "tilt": (LONE, SOUTH, lambda _: (25.0, 180.0)),
    "tracker": (LONE, PLAIN, lambda out: _turned(_tracker(out, max_angle=60, backtrack=False))),
    "backtracking": (
        PLAIN,
        replace(PLAIN, backtrack=True),
        lambda out: _turned(_tracker(out, max_angle=60)),
    ),
    "largest angle": (
        PLAIN,
        replace(PLAIN, max_angle=35.0),
        lambda out: _turned(_tracker(out, max_angle=35, backtrack=False)),
    ),
    "axis tilt": (
        PLAIN,
        replace(PLAIN, axis_tilt=12.0),
        lambda out: _turned(_tracker(out, max_angle=60, backtrack=False, axis_tilt=12), 12.0),
    ),
    "slope across": (
        replace(PLAIN, backtrack=True),
        replace(PLAIN, backtrack=True, cross_axis_tilt=8.0),
        lambda out: _turned(_tracker(out, max_angle=60, cross_axis_tilt=8)),
    ),
    "wind stow": (PLAIN, replace(PLAIN, wind_stow=WindStow(wind_speed=6.0, angle=20.0)), _in_wind),
    "level under cloud": (PLAIN, replace(PLAIN, level_above=0.9), _under_cloud),
    "floating": (LONE, FloatingMount(surface_tilt=15.0, max_angle=50.0), _adrift),
    "table on a slope": (
        SOUTH,
        replace(SOUTH, axis_tilt=10.0),
        lambda _: _turned(25.0, 10.0, 90.0),
    ),
}


@pytest.mark.parametrize("name", TURNS)
def test_a_mount_changes_the_light_in_the_plane_as_pvlib_says(
    name: str, bare: Block, run: Callable[[Block], BlockYear], out: Outdoors
) -> None:
    """Both suns agree to 0.001 degrees; what is left are hours at the horizon and at the end of a turn."""
    off, on, facing = TURNS[name]
    before, after = (run(replace(bare, mount=mount)).poa_global for mount in (off, on))
    expected = out.poa(*facing(out))
    assert after == pytest.approx(expected, abs=0.5)
    change = expected.sum() - out.poa(*_still(off, out)).sum()
    assert abs(change) > 1e3
    assert after.sum() - before.sum() == pytest.approx(change, rel=2e-3)


def _still(mount: Mount, out: Outdoors) -> Orientation:
    if isinstance(mount, FixedMount):
        return mount.surface_tilt, mount.surface_azimuth
    assert isinstance(mount, TrackerMount)
    return _turned(_tracker(out, max_angle=60, backtrack=mount.backtrack))


@pytest.mark.parametrize("backtrack", [True, False])
def test_rows_that_turn_back_lose_no_beam(
    backtrack: bool, bare: Block, run: Callable[[Block], BlockYear], out: Outdoors
) -> None:
    """Within the turn of 60 degrees at a gcr of 0.4 a row that turns back is never shaded."""
    mount = TrackerMount(gcr=0.4, backtrack=backtrack)
    year = run(replace(bare, mount=mount, shading=Shading(near="unlimited")))
    expected = pvlib.shading.shaded_fraction1d(
        out.zenith,
        out.azimuth,
        180,
        _tracker(out, max_angle=60, backtrack=backtrack),
        collector_width=0.4,
        pitch=1.0,
    )
    assert year.shaded_fraction == pytest.approx(out.by_day(expected), abs=2e-3)
    assert (year.shaded_fraction.max() > 0.1) is not backtrack


def _sphere(tilt: float, azimuth: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return elevation and azimuth of small patches of the sky, and the plane's cosine times their size."""
    elevation, around = np.meshgrid(np.arange(0.125, 90, 0.25), np.arange(0.25, 360, 0.5))
    cosine = pvlib.irradiance.aoi_projection(tilt, azimuth, 90 - elevation, around)
    return elevation, around, np.maximum(cosine, 0) * np.cos(np.radians(elevation))


def test_hills_take_the_beam_behind_them_and_their_share_of_the_sky(
    bare: Block, run: Callable[[Block], BlockYear], out: Outdoors
) -> None:
    """The sky by quadrature over a grid; the sun's disk, which sets within minutes, as a point."""
    around, height = (0, 80, 90, 150, 160, 250, 300, 350), (0, 0, 15, 15, 4, 4, 25, 0)
    hills = Horizon(azimuth=around, elevation=height)
    off, on = run(bare), run(replace(bare, horizon=hills))
    terrain = np.interp(out.azimuth, (*around, 360), (*height, 0))
    hidden = out.up & (90 - out.zenith < terrain)
    parts = out.parts(25.0, 180.0)

    def open_share(tilt: float, azimuth: float) -> float:
        elevation, compass, weight = _sphere(tilt, azimuth)
        clear = elevation > np.interp(compass, (*around, 360), (*height, 0))
        return float((weight * clear).sum() / weight.sum())

    compass = np.arange(0.25, 360, 0.5)
    toward = np.maximum(np.cos(np.radians(compass - 180)), 0)
    band = 1 - (toward * np.clip(np.interp(compass, (*around, 360), (*height, 0)) / 6.5, 0, 1)).sum() / sum(
        toward
    )
    beam = parts["direct"] + parts["circumsolar"]
    sky = parts["isotropic"] * (1 - open_share(25, 180)) + parts["horizon"] * (1 - band)
    level = np.maximum(out.weather.ghi - out.weather.dhi, 0) * hidden
    level = level + out.weather.dhi * (1 - open_share(0, 180))
    ground = 0.2 * level * (1 - np.cos(np.radians(25))) / 2
    expected = beam * hidden + out.by_day(sky + ground)
    took = _took(on, "GlobHrz")
    assert hidden.sum() > 300
    assert np.mean(np.abs(took - expected) > 1.0) < 0.01
    assert took.sum() == pytest.approx(expected.sum(), rel=5e-3)
    lost = off.effective_irradiance.sum() - on.effective_irradiance.sum()
    assert lost == pytest.approx(took.sum(), rel=1e-9)


def _between_rows(out: Outdoors, tilt: float, gcr: float) -> dict[str, np.ndarray]:
    """Return what rows without end leave of each part, by pvlib's shadows and views."""
    shaded = pvlib.shading.shaded_fraction1d(
        out.zenith, out.azimuth, 90, tilt, collector_width=gcr, pitch=1.0
    )
    phi = pvlib.shading.projected_solar_zenith_angle(out.zenith, out.azimuth, 0, 90)
    views = pvlib.bifacial.utils
    lit = views._unshaded_ground_fraction(np.full_like(phi, tilt), phi, gcr, max_zenith=89.9)
    beam = np.maximum(out.weather.ghi - out.weather.dhi, 0)
    seen = out.weather.dhi * views.vf_ground_sky_2d_integ(tilt, gcr, 1.0, 1.0, max_rows=50)
    return {
        "shaded": out.by_day(shaded),
        "sky": views.vf_row_sky_2d_integ(tilt, gcr) / ((1 + np.cos(np.radians(tilt))) / 2),
        "ground": out.by_day(0.2 * (beam * lit + seen) * views.vf_row_ground_2d_integ(tilt, gcr)),
    }


@pytest.mark.parametrize("gcr", [0.3, 0.6])
def test_rows_take_from_each_other_what_pvlib_s_do(
    gcr: float, bare: Block, run: Callable[[Block], BlockYear], out: Outdoors
) -> None:
    rows = replace(bare, mount=replace(SOUTH, gcr=gcr))
    off, on = run(rows), run(replace(rows, shading=Shading(near="unlimited")))
    left, parts = _between_rows(out, 25.0, gcr), out.parts(25.0, 180.0)
    beam = parts["direct"] + parts["circumsolar"]
    sky = parts["isotropic"] + parts["horizon"]
    expected = beam * left["shaded"] + sky * (1 - left["sky"]) + parts["ground"] - left["ground"]
    took = _took(on, "GlobShd")
    assert np.percentile(np.abs(took - expected), 99) < 0.5
    assert took.sum() == pytest.approx(expected.sum(), rel=0.01)
    assert off.effective_irradiance.sum() - on.effective_irradiance.sum() == pytest.approx(took.sum())


@pytest.mark.parametrize("backtrack", [None, True, False])
def test_rows_on_a_slope_are_shaded_as_pvlib_s(
    backtrack: bool | None, bare: Block, run: Callable[[Block], BlockYear], out: Outdoors
) -> None:
    """A slope of 6 degrees along the rows and 5 across; no row of pvlib's has light from behind."""
    slope = {"axis_tilt": 6.0, "cross_axis_tilt": 5.0}
    mount: Mount = FixedMount(surface_tilt=25.0, surface_azimuth=170.0, gcr=0.6, **slope)
    axis, rotation = 80.0, np.full(8760, 25.0)
    if backtrack is not None:
        mount, axis = TrackerMount(gcr=0.6, backtrack=backtrack, axis_azimuth=170.0, **slope), 170.0
        rotation = _tracker(out, axis_azimuth=170, gcr=0.6, max_angle=60, backtrack=backtrack, **slope)
    year = run(replace(bare, mount=mount, shading=Shading(near="unlimited")))
    expected = pvlib.shading.shaded_fraction1d(
        out.zenith,
        out.azimuth,
        axis,
        rotation,
        collector_width=0.6,
        pitch=1.0,
        axis_tilt=6.0,
        cross_axis_slope=5.0,
    )
    before = out.aoi(*_turned(rotation, 6.0, axis)) < 89.9
    assert year.poa_global == pytest.approx(out.poa(*_turned(rotation, 6.0, axis)), abs=0.5)
    assert year.shaded_fraction[before] == pytest.approx(out.by_day(expected)[before], abs=5e-3)
    assert year.shaded_fraction.max() > 0.01


def test_hills_and_rows_each_take_their_own(bare: Block, run: Callable[[Block], BlockYear]) -> None:
    """Under hills the rows have less to take: of the beam what is left, of the ground what is lit."""
    hills = Horizon(azimuth=(0, 90, 180, 270), elevation=(20, 30, 10, 30))
    rows = replace(bare, mount=replace(SOUTH, gcr=0.7), shading=Shading(near="unlimited"))
    alone, both, terrain = (
        run(each) for each in (rows, replace(rows, horizon=hills), replace(bare, horizon=hills))
    )
    assert both.taken["GlobHrz"] == pytest.approx(terrain.taken["GlobHrz"], abs=1e-9)
    assert np.all(both.taken["GlobShd"] <= alone.taken["GlobShd"] + 1e-9)
    assert np.all(both.taken["GlobShd"] >= -1e-9)
    assert 0.1 < both.taken["GlobShd"].sum() / alone.taken["GlobShd"].sum() < 0.9


def test_south_of_the_equator_a_platform_turns_through_north(bare: Block, weather: Weather) -> None:
    """The weather of Greensboro half a year and half a turn away: the sun stands where it stood, mirrored."""
    place = Site(latitude=-36.1, longitude=-79.95, altitude=273, utc_offset=-5)
    there = outdoors(weather, place)
    platform = FloatingMount(surface_tilt=15.0, surface_azimuth=0.0, max_angle=40.0)
    turn = np.clip((there.azimuth + 180.0) % 360.0 - 180.0, -40.0, 40.0)
    year = simulate_block(replace(bare, mount=platform), weather, sun_position(weather.time, place))
    assert year.poa_global == pytest.approx(there.poa(15.0, turn % 360.0), abs=0.5)


def test_a_scene_of_rows_is_rows(bare: Block, run: Callable[[Block], BlockYear]) -> None:
    """But for straight lines between the table's points; on black ground, for it knows no shadows there."""
    scene = Shading(near="scene", scene=scene_of_rows(25.0, 180.0, 0.6, 3))
    rows = replace(bare, mount=replace(SOUTH, gcr=0.6), albedo=(0.0,) * 12)
    table, exact = (run(replace(rows, shading=near)) for near in (scene, Shading(near="unlimited")))
    assert table.ledger.irradiance.closing == pytest.approx(exact.ledger.irradiance.closing, rel=1e-3)
    assert _took(table, "GlobShd").sum() == pytest.approx(_took(exact, "GlobShd").sum(), rel=0.02)


def test_a_scene_that_sees_the_ground_of_rows_has_their_light(
    bare: Block, run: Callable[[Block], BlockYear]
) -> None:
    """To 1e-4 of the light: what is left is the table's grid; without the ground's shadow it would be 1e-3."""
    rows = replace(bare, mount=FixedMount(surface_tilt=25.0, surface_azimuth=180.0, gcr=0.6))
    near = Shading(near="scene", scene=scene_of_rows(25.0, 180.0, 0.6, 3), sees_ground_of_rows=True)
    table, exact = (run(replace(rows, shading=each)) for each in (near, Shading(near="unlimited")))
    lit = run(replace(rows, shading=replace(near, sees_ground_of_rows=False)))
    total = exact.effective_irradiance.sum()
    assert table.effective_irradiance.sum() == pytest.approx(total, rel=1e-4)
    assert lit.effective_irradiance.sum() > total * (1 + 1e-3)


def test_a_scene_at_hand_shades_only_where_it_is_asked_for(
    bare: Block, run: Callable[[Block], BlockYear]
) -> None:
    table = scene_of_rows(25.0, 180.0, 0.6, 3)
    for near in ("none", "unlimited"):
        without, beside = (run(replace(bare, shading=Shading(near=near, scene=at))) for at in (None, table))
        assert np.array_equal(without.p_grid, beside.p_grid)


PROFILE = ((0.0, 30.0, 50.0, 60.0, 70.0, 80.0, 90.0), (1.0, 1.0, 0.99, 0.965, 0.9, 0.7, 0.0))


def _of_profile(aoi: Any) -> np.ndarray:
    return np.where(np.asarray(aoi) < 90, PchipInterpolator(*PROFILE)(np.minimum(aoi, 90.0)), 0.0)


GLASS: dict[str, tuple[Iam, Callable[[Any], np.ndarray]]] = {
    "ashrae": (AshraeIam(b=0.05), lambda aoi: pvlib.iam.ashrae(aoi, b=0.05)),
    "physical": (PhysicalIam(), lambda aoi: pvlib.iam.physical(aoi, n=1.526, K=4.0, L=0.002)),
    "coated": (PhysicalIam(n_ar=1.29), lambda aoi: pvlib.iam.physical(aoi, n=1.526, K=4, L=0.002, n_ar=1.29)),
    "profile": (ProfileIam(aoi=PROFILE[0], iam=PROFILE[1]), _of_profile),
}


@pytest.mark.parametrize("name", GLASS)
def test_glass_takes_beam_by_angle_and_the_rest_by_marion(
    name: str, bare: Block, run: Callable[[Block], BlockYear], out: Outdoors
) -> None:
    glass, factor = GLASS[name]
    off, on = run(bare), run(with_module(bare, iam=glass))
    parts = out.parts(25.0, 180.0)
    of_sky, of_ground = (pvlib.iam.marion_integrate(factor, 25.0, region) for region in ("sky", "ground"))
    beam = (parts["direct"] + parts["circumsolar"]) * (1 - factor(out.aoi(25.0, 180.0)))
    expected = beam + (parts["isotropic"] + parts["horizon"]) * (1 - of_sky)
    expected = expected + parts["ground"] * (1 - of_ground)
    change = off.effective_irradiance - on.effective_irradiance
    assert change == pytest.approx(expected, abs=0.6)
    assert change.sum() == pytest.approx(expected.sum(), rel=5e-3)
    assert _took(on, "GlobIAM") == pytest.approx(change, abs=1e-9)


@pytest.mark.parametrize(("field", "step"), [("soiling", "GlobSlg"), ("snow", "GlobSnow")])
def test_dirt_and_snow_take_their_month(
    field: str, step: str, bare: Block, run: Callable[[Block], BlockYear], out: Outdoors, site: Site
) -> None:
    share = np.linspace(0.3, 0.0, 12)
    on = run(replace(bare, losses=Losses(**{field: tuple(share.tolist())})))
    local = out.times + pd.Timedelta(hours=site.utc_offset)
    expected = out.poa(25.0, 180.0) * share[local.month - 1]
    assert _took(on, step) == pytest.approx(expected, abs=0.2)
    monthly = next(each for each in on.ledger.irradiance.steps if each.name == step).monthly
    assert monthly == pytest.approx(np.bincount(local.month - 1, expected) / 1000, rel=1e-3)


@pytest.mark.filterwarnings("ignore:A future version of pandas will return a BaseOffset")
@pytest.mark.parametrize("mount", [SOUTH, PLAIN, FixedMount(surface_tilt=25, surface_azimuth=180)])
def test_snow_slides_as_pvlib_s(mount: Mount, bare: Block, weather: Weather, sun: Sun, out: Outdoors) -> None:
    """A tracker lies at night as it lay last, and whole degrees are degrees."""
    fallen = np.where(np.arange(8760) % 700 == 400, 5.0, 0.0)
    cold = replace(weather, snowfall=fallen, temp_air=weather.temp_air - 10.0)
    year = simulate_block(replace(bare, mount=mount, snow_strings=2), cold, sun)
    tilt = np.asarray(_still(mount, out)[0])
    if tilt.ndim:
        tilt = pd.Series(np.where(out.up, tilt, np.nan)).ffill().bfill().to_numpy()
    poa, hours = year.poa_global, out.times
    covered = pvlib.snow.coverage_nrel(
        pd.Series(fallen, index=hours),
        pd.Series(poa, index=hours),
        pd.Series(cold.temp_air, index=hours),
        tilt if tilt.ndim == 0 else pd.Series(tilt, index=hours),
    )
    expected = poa * pvlib.snow.dc_loss_nrel(covered, 2).to_numpy()
    assert 0.005 * poa.sum() < expected.sum() < 0.5 * poa.sum()
    assert _took(year, "GlobSnow").sum() == pytest.approx(expected.sum(), rel=2e-3)


@pytest.mark.parametrize(
    ("mount", "tolerance"),
    [(replace(SOUTH, gcr=0.4), 0.04), (TrackerMount(gcr=0.4, backtrack=True), 0.04)],
)
def test_backs_add_what_pvlib_s_infinite_sheds_do(
    mount: Any, tolerance: float, bare: Block, run: Callable[[Block], BlockYear], out: Outdoors
) -> None:
    """High rows, for pvlib gives the ground one brightness; its sky has no light around the sun."""
    two = with_module(replace(bare, mount=mount), bifaciality=0.7)
    two = with_input(two, bifacial=Bifacial(height=6.0, collector_width=2.0, racking_shading=0.1))
    off, on = run(replace(bare, mount=mount)), run(two)
    tilt, azimuth = _still(replace(mount, backtrack=True) if mount != two.mount else mount, out)
    sheds = pvlib.bifacial.infinite_sheds.get_irradiance_poa(
        180.0 - tilt,
        (azimuth + 180.0) % 360.0,
        out.zenith,
        out.azimuth,
        0.4,
        6.0,
        5.0,
        out.weather.dhi + out.weather.dni * np.maximum(np.cos(np.radians(out.zenith)), 0),
        out.weather.dhi,
        out.weather.dni,
        0.2,
    )
    expected = out.by_day(np.nan_to_num(sheds["poa_global"])).sum() * 0.7 * 0.9
    change = on.effective_irradiance.sum() - off.effective_irradiance.sum()
    assert change == pytest.approx(expected, rel=tolerance)
    assert -_took(on, "GlobBak").sum() == pytest.approx(change, rel=1e-9)


@pytest.mark.parametrize(
    "mount",
    [
        FixedMount(surface_tilt=88.0, surface_azimuth=180.0, gcr=0.4, cross_axis_tilt=-8.0),
        TrackerMount(gcr=0.4, max_angle=85.0, backtrack=False, cross_axis_tilt=12.0),
    ],
)
def test_backs_that_lean_over_a_slope_have_light(
    mount: Mount, bare: Block, run: Callable[[Block], BlockYear]
) -> None:
    two = with_module(replace(bare, mount=mount), bifaciality=0.7)
    year = run(with_input(two, bifacial=Bifacial(height=3.0, collector_width=2.0)))
    assert -_took(year, "GlobBak").sum() > 0.05 * year.poa_global.sum()


def test_light_measured_in_the_plane_takes_the_place_of_the_model_s(
    bare: Block, weather: Weather, sun: Sun
) -> None:
    """With rows, hills and backs the measured light has the same shares; more of it is more of all."""
    hills = Horizon(azimuth=(0, 90, 180, 270), elevation=(0, 20, 5, 10))
    full = with_module(replace(bare, shading=Shading(near="unlimited"), horizon=hills), bifaciality=0.7)
    full = with_input(full, bifacial=Bifacial(height=2.0, collector_width=2.0))
    year = simulate_block(full, weather, sun)
    same, more, none = (
        simulate_block(full, replace(weather, poa=scale * year.poa_global), sun) for scale in (1.0, 1.1, 0.0)
    )
    assert same.p_grid == pytest.approx(year.p_grid, rel=1e-9, abs=1e-6)
    assert more.effective_irradiance == pytest.approx(1.1 * year.effective_irradiance, rel=1e-9, abs=1e-9)
    for name in ("GlobHrz", "GlobShd", "GlobIAM", "GlobBak"):
        assert more.taken[name] == pytest.approx(1.1 * year.taken[name], rel=1e-6, abs=1e-9)
    assert not none.effective_irradiance.any()
    assert none.ledger.energy.closing < 0


def test_missing_light_is_filled_as_pvlib_would(
    bare: Block, weather: Weather, sun: Sun, out: Outdoors
) -> None:
    """Diffuse by Erbs and Driesse, beam by closure, and each from the other."""
    cosine = np.cos(np.radians(out.zenith))
    erbs = pvlib.irradiance.erbs_driesse(weather.ghi, out.zenith, dni_extra=out.extra)
    ways = {
        "dni": (replace(weather, dni=None), weather.dhi),
        "dhi": (replace(weather, dhi=None), weather.ghi - weather.dni * cosine),
        "both": (replace(weather, dni=None, dhi=None), np.asarray(erbs["dhi"])),
    }
    high = out.up & (out.zenith < 80)
    for name, (told, dhi) in ways.items():
        dhi = np.clip(dhi, 0, weather.ghi if name != "dhi" else None)
        dni = weather.dni if name == "dhi" else np.maximum(weather.ghi - dhi, 0) / cosine
        filled = replace(out, weather=replace(weather, dhi=dhi, dni=dni))
        found = simulate_block(bare, told, sun).poa_global
        expected = filled.poa(25.0, 180.0)
        assert np.mean(np.abs(found - expected)[high] > 0.5) < 0.005, name
        assert found[high].sum() == pytest.approx(expected[high].sum(), rel=1e-3), name


def test_light_in_the_plane_alone_is_light_of_the_sky(bare: Block, weather: Weather, sun: Sun) -> None:
    """A plane may be measured where the level is not: its light counts, and all of it is the sky's."""
    usual = simulate_block(bare, weather, sun)
    dark = replace(weather, ghi=np.zeros_like(weather.ghi), dhi=None, dni=None, poa=usual.poa_global)
    year = simulate_block(bare, dark, sun)
    assert year.poa_global == pytest.approx(usual.poa_global)
    assert year.p_array_nominal.sum() == pytest.approx(usual.p_array_nominal.sum(), rel=0.1)
