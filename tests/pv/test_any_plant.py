"""What must hold for every plant that the records can tell: nothing is created, and all is accounted for."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from records import blocks, points, short_year

from gnomon.pv.block import BlockYear, simulate_block, simulate_blocks
from gnomon.pv.loss import CAPTIONS, Account
from gnomon.pv.mount import FixedMount
from gnomon.pv.plant import Block, DcInput, Interconnection, Plant
from gnomon.pv.plant_year import simulate_plant
from gnomon.pv.solarposition import Sun, sun_position
from gnomon.pv.weather import Site, Weather

# What a step may give back: a tilted plane can see more than a level one, the back adds light, cells like
# strong light, cold and some colours, and a maker may deliver better modules than the nameplate says.
GAINS = frozenset({"GlobInc", "GlobBak", "GIncLoss", "TempLoss", "SpctCor", "ModQual"})
ANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FEW = settings(ANY, max_examples=20)


@pytest.fixture(scope="module")
def days(weather: Weather) -> Weather:
    return short_year(weather)


@pytest.fixture(scope="module")
def overhead(days: Weather, site: Site) -> Sun:
    return sun_position(days.time, site)


def _closes(account: Account) -> None:
    taken = np.sum([step.monthly for step in account.steps], axis=0)
    months = account.opening_monthly - taken - account.closing_monthly
    assert abs(account.gap) < 1e-9
    # In a polar night nothing enters, and what the inverters draw is all there is to round.
    scale = max(account.opening, float(np.abs(account.closing_monthly).max()), 1e-6)
    assert np.abs(months).max() <= 1e-9 * scale
    names = [step.name for step in account.steps]
    assert names == [name for name in CAPTIONS if name in names]


def _rows_close(year: BlockYear, days: Weather) -> None:
    light = np.maximum(days.ghi, 0) - sum(year.taken[step.name] for step in year.ledger.irradiance.steps)
    assert np.abs(light - year.effective_irradiance).max() < 1e-9 * 1000
    energy = year.p_array_nominal - sum(year.taken[step.name] for step in year.ledger.energy.steps)
    assert np.abs(energy - year.p_grid).max() <= 1e-9 * max(year.p_array_nominal.max(), 1.0)


def _nothing_is_created(year: BlockYear, block: Block) -> None:
    scale = {True: 1000.0, False: block.p_stc}
    optical = {step.name for step in year.ledger.irradiance.steps}
    for name, rows in year.taken.items():
        assert np.isfinite(rows).all(), name
        assert name in GAINS or rows.min() >= -1e-9 * scale[name in optical], (name, rows.min())
    on_modules = year.effective_irradiance * block.area
    assert np.all(year.p_dc <= on_modules + 1e-6)
    assert np.all(year.p_ac <= np.minimum(year.p_dc, block.p_ac_max) * (1 + 1e-12) + 1e-6)
    assert np.all(year.p_grid <= np.maximum(year.p_dc, 0.0) + 1e-6)
    assert year.effective_irradiance.min() >= 0
    assert np.all((year.shaded_fraction >= 0) & (year.shaded_fraction <= 1))


def _bits(year: BlockYear) -> bytes:
    series = (year.effective_irradiance, year.v_mp, year.i_mp, year.p_dc, year.p_grid, *year.taken.values())
    return b"".join(rows.tobytes() for rows in series)


@ANY
@given(block=blocks())
def test_all_light_and_energy_is_accounted_for(block: Block, days: Weather, overhead: Sun) -> None:
    year = simulate_block(block, days, overhead)
    for account in (year.ledger.irradiance, year.ledger.energy):
        _closes(account)
    _rows_close(year, days)
    _nothing_is_created(year, block)


@FEW
@given(block=blocks(), count=st.integers(2, 300))
def test_a_block_is_linear_in_its_inverters(block: Block, count: int, days: Weather, overhead: Sun) -> None:
    one, many = simulate_blocks(
        [replace(block, ac_system=replace(block.ac_system, number_of_inverters=n)) for n in (1, count)],
        days,
        overhead,
    )
    assert many.p_grid == pytest.approx(count * one.p_grid, rel=1e-9, abs=1e-6)
    assert np.array_equal(many.v_mp, one.v_mp)
    for few, lots in zip(one.ledger.energy.steps, many.ledger.energy.steps, strict=True):
        assert lots.monthly == pytest.approx(count * few.monthly, rel=1e-9, abs=1e-9)


def _facing(block: Block, azimuth: float) -> DcInput:
    mount = FixedMount(surface_tilt=10.0 + azimuth / 10.0, surface_azimuth=azimuth, gcr=0.4)
    return replace(block.inputs[0], name="", mount=mount)


def test_three_nameless_inputs_are_added_in_one_order(block: Block, weather: Weather, sun: Sun) -> None:
    inputs = [_facing(block, azimuth) for azimuth in (90.0, 130.0, 250.0)]
    orders = [replace(block, inputs=order) for order in itertools.permutations(inputs)]
    assert len({_bits(simulate_block(order, weather, sun)) for order in orders}) == 1


@FEW
@given(block=blocks())
def test_the_order_of_the_inputs_does_not_matter_to_the_last_bit(
    block: Block, days: Weather, overhead: Sun
) -> None:
    """Not even where nothing but what they are tells them apart."""
    nameless = [replace(each, name="") for each in block.inputs]
    orders = [replace(block, inputs=order) for order in itertools.permutations(nameless)]
    assert len({_bits(simulate_block(order, days, overhead)) for order in orders}) == 1


@FEW
@given(block=blocks())
def test_night_takes_own_use_and_no_more(block: Block, days: Weather, overhead: Sun) -> None:
    year = simulate_block(block, days, overhead)
    night, count = overhead.apparent_zenith >= 90, block.ac_system.number_of_inverters
    own = count * block.inverter.night_loss * block.mppt_fraction
    lit = {"LowSun"} | {step.name for step in year.ledger.irradiance.steps}
    for rows in (year.p_dc, year.p_ac, year.effective_irradiance, year.poa_global, year.v_mp):
        assert not rows[night].any()
    assert year.p_inverter[night] == pytest.approx(-own)
    assert np.all(year.p_grid[night] <= -own * (1 - 1e-12))
    behind = {"IL_Night", "EACOhmL", "ETrfIron", "ETrfCopper", "EMVOhmL"}
    assert not any(year.taken[name][night].any() for name in set(year.taken) - lit - behind)
    assert np.array_equal(year.temp_cell[night], days.temp_air[night])


@FEW
@given(drawn=st.lists(blocks(), min_size=1, max_size=3), point=points())
def test_a_plant_is_its_blocks_and_its_point(
    drawn: list[Block], point: Interconnection, days: Weather, site: Site
) -> None:
    plant = simulate_plant(Plant(site=site, blocks=tuple(drawn), interconnection=point), days)
    for account in (plant.ledger.irradiance, plant.ledger.energy):
        _closes(account)
    for year in plant.blocks:
        _rows_close(year, days)
        _closes(year.ledger.energy)
    assert plant.p_grid == pytest.approx(sum(year.p_grid for year in plant.blocks), rel=1e-12, abs=1e-6)
    at_meter = plant.p_grid - sum(plant.taken.values())
    assert at_meter == pytest.approx(plant.p_poi, rel=1e-12, abs=1e-6)
    assert plant.ledger.energy.closing == pytest.approx(plant.p_poi.sum() / 1000, rel=1e-12, abs=1e-9)
    if point.limit is not None:
        assert plant.p_poi.max() <= point.limit * (1 + 1e-12)
        assert not (point.limit_at_inverters and plant.taken["EUnused"].max() > 1e-6 * point.limit)


@settings(ANY, max_examples=15)
@given(
    block=blocks(),
    latitude=st.sampled_from([-90.0, -66.0, -34.0, 0.0, 23.4, 71.0, 90.0]),
    step=st.sampled_from([60.0, 900.0, 3600.0]),
)
def test_every_latitude_and_step_closes(block: Block, latitude: float, step: float) -> None:
    """Polar day and night, the equator, the south; minutes too. The light is a sine of the sun's height."""
    place = Site(latitude=latitude, longitude=20.0, utc_offset=1.0)
    time = 1.5598e9 + step * np.arange(1200) + (86400.0 * 30 if step == 3600 else 0.0)
    sun = sun_position(time, place)
    height = np.maximum(np.cos(np.radians(sun.apparent_zenith)), 0.0)
    days = Weather(
        time=time,
        label=time.astype(np.int64),
        step=step,
        ghi=900.0 * height,
        dhi=200.0 * height,
        temp_air=np.full(1200, 15.0),
        wind_speed=np.full(1200, 4.0),
        snow_depth=np.zeros(1200),
    )
    year = simulate_block(block, days, sun)
    for account in (year.ledger.irradiance, year.ledger.energy):
        _closes(account)
    _rows_close(year, days)
    _nothing_is_created(year, block)
