"""What must hold for every plant that the records can tell: nothing is created, and all is accounted for."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from records import blocks, short_year

from gnomon.pv.block import BlockYear, simulate_block
from gnomon.pv.loss import CAPTIONS, Account
from gnomon.pv.plant import Block
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
    assert np.abs(months).max() <= 1e-9 * max(account.opening, 1e-6)
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


@ANY
@given(block=blocks())
def test_all_light_and_energy_is_accounted_for(block: Block, days: Weather, overhead: Sun) -> None:
    year = simulate_block(block, days, overhead)
    for account in (year.ledger.irradiance, year.ledger.energy):
        _closes(account)
    _rows_close(year, days)
    _nothing_is_created(year, block)
