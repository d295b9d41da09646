"""A year of a real plant: what must hold for any plant, and each loss switched on alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plants import with_module

from gnomon.pv.block import BlockYear, simulate_block, simulate_blocks
from gnomon.pv.loss import CAPTIONS, RARE
from gnomon.pv.mount import FixedMount
from gnomon.pv.plant import (
    AcSystem,
    Array,
    AshraeIam,
    Block,
    Interconnection,
    Losses,
    PhysicalIam,
    Plant,
    Shading,
    Thermal,
)
from gnomon.pv.plant_year import simulate_plant
from gnomon.pv.solarposition import Sun, sun_position
from gnomon.pv.weather import Site, Weather

FRACTION = st.floats(0, 0.1)


@pytest.fixture(scope="module")
def year(block: Block, weather: Weather, sun: Sun) -> BlockYear:
    return simulate_block(block, weather, sun)


def _loss(year: BlockYear, name: str) -> float:
    steps = year.ledger.irradiance.steps + year.ledger.energy.steps
    return next(step.loss for step in steps if step.name == name)


def test_yields_what_such_a_plant_yields(year: BlockYear, block: Block) -> None:
    """North Carolina gives 1300 to 1500 kWh per kW on a fixed tilt (PVWatts: about 1400)."""
    assert 1300 < year.ledger.energy.closing / (block.p_stc / 1000) < 1500


def test_the_ledger_closes_to_rounding(year: BlockYear) -> None:
    for account in (year.ledger.irradiance, year.ledger.energy):
        assert abs(account.gap) < 1e-9
        taken = np.sum([step.monthly for step in account.steps], axis=0)
        months = account.opening_monthly - taken - account.closing_monthly
        assert np.abs(months).max() < 1e-9 * account.opening


def test_every_row_closes_too(year: BlockYear, weather: Weather) -> None:
    names = [step.name for step in year.ledger.energy.steps]
    left = year.p_array_nominal - np.sum([year.taken[name] for name in names], axis=0)
    assert left == pytest.approx(year.p_grid, abs=1e-6)
    optical = [step.name for step in year.ledger.irradiance.steps]
    light = np.maximum(weather.ghi, 0) - np.sum([year.taken[name] for name in optical], axis=0)
    assert light == pytest.approx(year.effective_irradiance, abs=1e-9)


def test_the_ledger_holds_the_series_sums(year: BlockYear) -> None:
    assert year.ledger.energy.closing == pytest.approx(year.p_grid.sum() / 1000)
    assert year.ledger.energy.closing_monthly.sum() == pytest.approx(year.ledger.energy.closing)
    assert year.ledger.irradiance.closing == pytest.approx(year.effective_irradiance.sum() / 1000)


def test_every_step_is_named_for_people(year: BlockYear) -> None:
    assert set(year.taken) == set(CAPTIONS) - RARE
    assert list(year.taken) == [name for name in CAPTIONS if name in year.taken]


def test_only_quality_and_transposition_may_give(year: BlockYear) -> None:
    for name, series in year.taken.items():
        if name not in {"GlobInc", "GIncLoss", "TempLoss", "ModQual"}:
            assert series.min() > -1e-9, name


def test_night_takes_only_its_own_use(year: BlockYear, block: Block, sun: Sun) -> None:
    night = sun.apparent_zenith > 91
    own = block.ac_system.number_of_inverters * block.inverter.night_loss
    wires = own**2 * block.ac_system.ac_ohmic / block.p_stc
    iron = block.p_stc * block.ac_system.no_load_loss
    copper = (own + wires) ** 2 * block.ac_system.load_loss / block.p_stc
    assert np.all(year.p_dc[night] == 0)
    assert np.all(year.effective_irradiance[night] == 0)
    assert year.p_inverter[night] == pytest.approx(-own)
    assert year.p_grid[night] == pytest.approx(-own - wires - iron - copper)


def test_a_plant_cut_off_at_night_draws_no_iron(block: Block, weather: Weather, sun: Sun) -> None:
    still = replace(
        block,
        inverter=replace(block.inverter, night_loss=0.0),
        ac_system=replace(block.ac_system, night_disconnect=True),
    )
    year = simulate_block(still, weather, sun)
    assert year.p_grid[sun.apparent_zenith > 91].min() == 0


def test_power_never_exceeds_light(year: BlockYear, block: Block) -> None:
    on_modules = year.effective_irradiance * block.area
    assert np.all(year.p_dc <= on_modules + 1e-9)
    assert np.all(year.p_inverter <= np.minimum(year.p_dc, block.p_ac_max) + 1e-9)
    assert np.all(year.p_grid <= year.p_inverter)


@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 500))
def test_linear_in_the_number_of_inverters(block: Block, weather: Weather, sun: Sun, count: int) -> None:
    one = replace(block, ac_system=replace(block.ac_system, number_of_inverters=1))
    many = replace(block, ac_system=replace(block.ac_system, number_of_inverters=count))
    single, all_of_them = simulate_blocks([one, many], weather, sun)
    assert all_of_them.p_grid == pytest.approx(count * single.p_grid, rel=1e-9)
    assert all_of_them.ledger.energy.opening == pytest.approx(count * single.ledger.energy.opening)
    assert all_of_them.v_mp == pytest.approx(single.v_mp)


@settings(max_examples=25, deadline=None)
@given(
    tilt=st.floats(0, 90),
    azimuth=st.floats(0, 360),
    gcr=st.floats(0.15, 0.9),
    losses=st.builds(
        Losses,
        soiling=st.lists(FRACTION, min_size=12, max_size=12).map(tuple),
        module_quality=st.floats(-0.05, 0.05),
        lid=FRACTION,
        mismatch=FRACTION,
        dc_ohmic=FRACTION,
    ),
    strings=st.integers(1, 40),
    shading=st.sampled_from([Shading(), Shading(near="unlimited")]),
    circumsolar_as_beam=st.booleans(),
)
def test_any_plant_balances(
    block: Block,
    weather: Weather,
    sun: Sun,
    tilt: float,
    azimuth: float,
    gcr: float,
    losses: Losses,
    strings: int,
    shading: Shading,
    circumsolar_as_beam: bool,
) -> None:
    mount = FixedMount(surface_tilt=tilt, surface_azimuth=azimuth, gcr=gcr)
    odd = replace(
        block,
        mount=mount,
        losses=losses,
        inputs=(replace(block.inputs[0], array=Array(modules_per_string=20, strings=strings)),),
        shading=shading,
        circumsolar_as_beam=circumsolar_as_beam,
    )
    year = simulate_block(odd, weather, sun)
    assert abs(year.ledger.irradiance.gap) < 1e-9
    assert abs(year.ledger.energy.gap) < 1e-9
    assert np.all(year.effective_irradiance <= year.poa_global + 1e-9)
    assert np.all(year.p_dc <= year.effective_irradiance * odd.area + 1e-9)
    assert np.all(year.p_inverter <= odd.p_ac_max)


@pytest.mark.parametrize(
    ("losses", "step", "expected"),
    [
        (Losses(soiling=(0.03,) * 12), "GlobSlg", 0.03),
        (Losses(module_quality=-0.01), "ModQual", -0.01),
        (Losses(lid=0.02), "LIDLoss", 0.02),
        (Losses(mismatch=0.01), "MisLoss", 0.01),
        (Losses(string_voltage_mismatch=0.001), "MisString", 0.001),
        (Losses(), "OhmLoss", 0.0),
    ],
)
def test_a_constant_loss_takes_its_fraction(
    block: Block, weather: Weather, sun: Sun, losses: Losses, step: str, expected: float
) -> None:
    year = simulate_block(replace(block, losses=losses), weather, sun)
    assert _loss(year, step) == pytest.approx(expected, abs=1e-12)


def test_wire_loss_is_less_than_at_full_sun(year: BlockYear, block: Block) -> None:
    assert 0.3 * block.losses.dc_ohmic < _loss(year, "OhmLoss") < 0.9 * block.losses.dc_ohmic


def test_soiling_follows_the_month(block: Block, weather: Weather, sun: Sun) -> None:
    only_july = Losses(soiling=(0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0))
    year = simulate_block(replace(block, losses=only_july), weather, sun)
    step = next(step for step in year.ledger.irradiance.steps if step.name == "GlobSlg")
    assert np.flatnonzero(step.monthly).tolist() == [6]


def test_cooler_modules_yield_more(block: Block, weather: Weather, sun: Sun) -> None:
    warm, cool = (
        simulate_block(replace(block, thermal=Thermal(u_c=u_c)), weather, sun) for u_c in (20.0, 29.0)
    )
    assert cool.ledger.energy.closing > warm.ledger.energy.closing
    assert np.all(cool.temp_cell <= warm.temp_cell)


def test_rows_shade_each_other(block: Block, weather: Weather, sun: Sun) -> None:
    far, near = (
        simulate_block(
            replace(block, mount=replace(block.mount, gcr=gcr), shading=Shading(near="unlimited")),
            weather,
            sun,
        )
        for gcr in (0.2, 0.7)
    )
    assert 0 < _loss(far, "GlobShd") < 0.02
    assert 0.03 < _loss(near, "GlobShd") < 0.25


@pytest.mark.parametrize("as_beam", [True, False])
def test_light_at_the_wrong_hour_is_not_negative(
    block: Block, weather: Weather, site: Site, as_beam: bool
) -> None:
    """Shift a year by seven hours: with more diffuse light than the sun sends, F1 passes one."""
    late = replace(weather, time=weather.time + 7 * 3600.0, dni=None)
    odd = simulate_block(replace(block, circumsolar_as_beam=as_beam), late, sun_position(late.time, site))
    assert odd.effective_irradiance.min() >= 0


def test_rows_far_apart_are_rows_alone(block: Block, weather: Weather, sun: Sun) -> None:
    lonely = replace(block, mount=replace(block.mount, gcr=1e-6), shading=Shading(near="unlimited"))
    alone, with_rows = simulate_blocks([block, lonely], weather, sun)
    assert with_rows.effective_irradiance == pytest.approx(alone.effective_irradiance, abs=5e-2)


def test_a_level_module_sees_the_horizontal_irradiance(block: Block, weather: Weather, sun: Sun) -> None:
    level = replace(block, mount=FixedMount(surface_tilt=0.0, surface_azimuth=180.0))
    closed = replace(weather, dni=None)
    year = simulate_block(level, closed, sun)
    high = sun.apparent_zenith < 80
    assert year.poa_global[high] == pytest.approx(weather.ghi[high], abs=1e-6)


def test_the_months_are_the_site_s_own(block: Block, weather: Weather, site: Site) -> None:
    far_east = replace(site, utc_offset=10.0)
    here, there = (simulate_block(block, weather, sun_position(weather.time, at)) for at in (site, far_east))
    assert here.p_grid == pytest.approx(there.p_grid)
    assert here.ledger.energy.closing == pytest.approx(there.ledger.energy.closing)
    assert here.ledger.energy.closing_monthly[0] != pytest.approx(there.ledger.energy.closing_monthly[0])


def test_a_plant_is_the_sum_of_its_blocks(block: Block, weather: Weather, site: Site) -> None:
    west = replace(block, mount=replace(block.mount, surface_azimuth=250.0), ac_system=AcSystem())
    coated = with_module(west, iam=PhysicalIam(n_ar=1.29))
    plant = simulate_plant(Plant(site=site, blocks=(block, west, coated)), weather)
    assert plant.p_grid == pytest.approx(np.sum([year.p_grid for year in plant.blocks], axis=0))
    total = sum(year.ledger.energy.closing for year in plant.blocks)
    assert plant.ledger.energy.closing == pytest.approx(total)
    assert abs(plant.ledger.energy.gap) < 1e-9
    assert abs(plant.ledger.irradiance.gap) < 1e-9
    assert plant.ledger.irradiance.opening == pytest.approx(weather.ghi.sum() / 1000)


def test_a_plant_feeds_itself_and_meets_its_limit(block: Block, weather: Weather, site: Site) -> None:
    point = Interconnection(
        limit=150e3, continuous_use=500.0, continuous_threshold=1000.0, proportional_use=0.01
    )
    free, bound = (
        simulate_plant(Plant(site=site, blocks=(block, block), interconnection=at), weather)
        for at in (Interconnection(), point)
    )
    assert np.array_equal(free.p_poi, free.p_grid)
    assert bound.p_poi.max() == pytest.approx(150e3)
    assert abs(bound.ledger.energy.gap) < 1e-9
    assert bound.ledger.energy.closing == pytest.approx(bound.p_poi.sum() / 1000)
    assert {"AuxConst", "AuxProp", "EUnused"} < {step.name for step in bound.ledger.energy.steps}


def test_a_block_alone_is_the_same_in_company(block: Block, weather: Weather, sun: Sun) -> None:
    other = with_module(block, iam=AshraeIam(b=0.1))
    together = simulate_blocks([other, block], weather, sun)[1]
    assert np.array_equal(together.p_grid, simulate_block(block, weather, sun).p_grid)


def test_missing_columns_are_filled(block: Block, weather: Weather, sun: Sun) -> None:
    """Closure costs nothing the measured beam had but low sun; decomposition is good to some percent."""
    full = simulate_block(block, weather, sun).ledger.irradiance.closing
    no_beam = simulate_block(block, replace(weather, dni=None), sun).ledger.irradiance.closing
    only_global = simulate_block(block, replace(weather, dni=None, dhi=None), sun).ledger.irradiance.closing
    assert no_beam == pytest.approx(full, rel=0.02)
    assert only_global == pytest.approx(full, rel=0.05)


def test_a_polar_night_gives_nothing(block: Block, weather: Weather) -> None:
    pole = Site(latitude=89.0, longitude=0.0)
    hours = weather.time[:500]
    dark = Weather(
        time=hours,
        label=weather.label[:500],
        step=3600.0,
        ghi=np.zeros(500),
        temp_air=weather.temp_air[:500],
        wind_speed=weather.wind_speed[:500],
    )
    year = simulate_block(block, dark, sun_position(hours, pole))
    assert year.p_dc.max() == 0
    assert year.ledger.energy.opening == 0
    assert year.ledger.energy.closing < 0


def test_rows_without_limit_need_a_pitch(block: Block) -> None:
    with pytest.raises(ValueError, match="gcr"):
        replace(
            block,
            mount=FixedMount(surface_tilt=20, surface_azimuth=180),
            shading=Shading(near="unlimited"),
        )


@pytest.mark.parametrize(
    ("losses", "complaint"),
    [({"soiling": (0.1,)}, "twelve"), ({"lid": -0.1}, "lid"), ({"mismatch": 1.0}, "mismatch")],
)
def test_a_loss_out_of_range_is_named(losses: dict[str, float], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Losses(**losses)  # type: ignore[arg-type]
