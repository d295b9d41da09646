"""Each model from the cells to the meter switched on alone, against pvlib, SciPy or plain arithmetic."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pvlib
import pytest
from outdoors import Outdoors, curve, outdoors, strongest
from plants import with_input, with_module

from gnomon.pv.availability import Availability, Outage
from gnomon.pv.block import BlockYear, simulate_block
from gnomon.pv.mount import FixedMount
from gnomon.pv.plant import (
    AcSystem,
    Array,
    AshraeIam,
    Block,
    ElectricalShading,
    Interconnection,
    Losses,
    Plant,
    PowerSharing,
    Shading,
    Thermal,
)
from gnomon.pv.plant_year import PlantYear, simulate_plant
from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Site, Weather

Run = Callable[[Block], BlockYear]
SERIES, STRINGS = 20, 11
COUNT = 4


@pytest.fixture(scope="module")
def out(weather: Weather, site: Site) -> Outdoors:
    return outdoors(weather, site)


@pytest.fixture(scope="module")
def bare(block: Block) -> Block:
    """The block without losses or own use; nothing limits it."""
    endless = replace(block.inverter, p_ac_max=1e6, p_dc_threshold=0.0, night_loss=0.0, aux_loss=0.0)
    system = AcSystem(number_of_inverters=COUNT)
    return replace(block, losses=Losses(), inverter=endless, ac_system=system)


@pytest.fixture(scope="module")
def run(weather: Weather, sun: Sun) -> Run:
    return lambda block: simulate_block(block, weather, sun)


@pytest.fixture(scope="module")
def free(bare: Block, run: Run) -> BlockYear:
    return run(bare)


@pytest.fixture(scope="module")
def cells(free: BlockYear, bare: Block) -> dict[str, np.ndarray]:
    """A module's own maximum in each row by pvlib: i, v, p, and its open circuit v_oc."""
    module = bare.inputs[0].module
    light = free.effective_irradiance
    i, v, p = strongest(module, light, free.temp_cell)
    found = curve(module, np.maximum(light, 1e-3), free.temp_cell)
    v_oc = np.where(light > 0, pvlib.singlediode.bishop88_v_from_i(0.0, **found), 0.0)
    return {"i": i, "v": v, "p": p, "v_oc": v_oc}


def _took(year: BlockYear | PlantYear, name: str) -> np.ndarray:
    return np.asarray(year.taken[name])


def _at_cells(year: BlockYear) -> np.ndarray:
    """Return what the modules give behind light level and temperature [W]."""
    return np.asarray(year.p_array_nominal - _took(year, "GIncLoss") - _took(year, "TempLoss"))


# --- cells ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "thermal", [Thermal(), Thermal(u_c=20.0), Thermal(u_c=25.0, u_v=1.2, absorption=0.8)]
)
def test_cells_are_as_warm_as_pvlib_s(thermal: Thermal, bare: Block, run: Run, weather: Weather) -> None:
    year, module = run(replace(bare, thermal=thermal)), bare.inputs[0].module
    expected = pvlib.temperature.pvsyst_cell(
        year.effective_irradiance,
        weather.temp_air,
        weather.wind_speed,
        u_c=thermal.u_c,
        u_v=thermal.u_v,
        module_efficiency=module.p_nom / 1000 / module.area,
        alpha_absorption=thermal.absorption,
    )
    assert year.temp_cell == pytest.approx(expected, abs=1e-9)
    assert _at_cells(year) == pytest.approx(
        COUNT * SERIES * STRINGS * strongest(module, year.effective_irradiance, expected)[2],
        rel=1e-6,
        abs=0.1,
    )


def test_recombination_in_film_moves_the_power_as_bishop_s_curve(bare: Block, run: Run) -> None:
    off, on = run(bare), run(with_module(bare, recombination=1.4))
    film = with_module(bare, recombination=1.4).inputs[0].module
    light = on.effective_irradiance
    powers = [strongest(each, light, on.temp_cell)[2] for each in (bare.inputs[0].module, film)]
    change = COUNT * SERIES * STRINGS * (powers[0] - powers[1])
    assert _at_cells(off) - _at_cells(on) == pytest.approx(change, abs=0.5)
    assert abs(change.sum()) > 1e-3 * powers[0].sum()


@pytest.mark.parametrize(("technology", "like"), [("mono", "monosi"), ("cdte", "cdte"), ("asi", "asi")])
def test_colour_moves_the_power_as_first_solar_s_model(
    technology: Any, like: str, bare: Block, weather: Weather, sun: Sun, out: Outdoors, site: Site
) -> None:
    humidity = 60.0 + 30.0 * np.cos(np.arange(8760) / 500.0)
    damp = replace(weather, relative_humidity=humidity)
    on = simulate_block(with_module(bare, technology=technology), damp, sun)
    off = simulate_block(replace(with_module(bare, technology=technology), spectral=False), damp, sun)
    water = pvlib.atmosphere.gueymard94_pw(weather.temp_air, humidity)
    airmass = pvlib.atmosphere.get_absolute_airmass(out.airmass, pvlib.atmosphere.alt2pres(site.altitude))
    factor = pvlib.spectrum.spectral_factor_firstsolar(water, airmass, like)
    expected = out.by_day(1.0 - factor) * _at_cells(off)
    assert _took(on, "SpctCor") == pytest.approx(expected, abs=5.0)
    assert off.p_dc.sum() - on.p_dc.sum() == pytest.approx(expected.sum(), rel=1e-3)


# --- electrical shading --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows(bare: Block) -> Block:
    mount = FixedMount(surface_tilt=25.0, surface_azimuth=180.0, gcr=0.7)
    return with_module(replace(bare, mount=mount, shading=Shading(near="unlimited")), iam=AshraeIam(b=0.0))


def _wired(rows: Block, groups: int, share: float = 1.0) -> Block:
    electrical = ElectricalShading(transverse_diodes=groups, share=share)
    return replace(rows, shading=Shading(near="unlimited", electrical=electrical))


def test_wiring_takes_more_than_the_shadow_s_area(rows: Block, run: Run) -> None:
    area, none, half, whole = (
        run(each) for each in (rows, _wired(rows, 0), _wired(rows, 1, 0.5), _wired(rows, 1))
    )
    assert np.array_equal(none.p_grid, area.p_grid)
    assert "ShdElec" not in none.taken
    assert 2 * _took(half, "ShdElec") == pytest.approx(_took(whole, "ShdElec"), abs=1e-6)
    of_light = next(step for step in whole.ledger.irradiance.steps if step.name == "GlobShd")
    of_power = next(step for step in whole.ledger.energy.steps if step.name == "ShdElec")
    assert of_power.loss > of_light.loss > 0.01
    assert whole.taken["GlobShd"] == pytest.approx(area.taken["GlobShd"])
    assert area.p_dc.sum() - whole.p_dc.sum() == pytest.approx(of_power.amount * 1000, rel=1e-9)


def test_an_hour_of_shade_is_its_cells_in_series(rows: Block, run: Run, out: Outdoors) -> None:
    """Landscape: three groups of two rows of twelve cells, a bypass diode of half a volt over each."""
    year, module = run(_wired(rows, 3)), rows.inputs[0].module
    parts, shaded = out.parts(25.0, 180.0), year.shaded_fraction
    beam = parts["direct"] + parts["circumsolar"]
    some = np.flatnonzero((shaded > 0.02) & (shaded < 0.9) & (beam > 100))
    chosen = some[np.argsort(shaded[some])][:: len(some) // 8]
    for row in chosen:
        dim = year.effective_irradiance[row] - beam[row] * (1 - shaded[row])
        dark = np.clip(6 * shaded[row] - np.arange(6), 0, 1)
        string = [curve(module, dim + (1 - lost) * beam[row], year.temp_cell[row]) for lost in dark]
        current = np.linspace(0, string[-1]["photocurrent"] * 0.999, 600)
        volts = np.array([_cells_of(each, current) for each in string]) / 6
        groups = np.maximum(volts[0::2] + volts[1::2], -0.5)
        best = (groups.sum(axis=0) * current).max()
        even = strongest(module, [year.effective_irradiance[row]], [year.temp_cell[row]])[2][0]
        expected = COUNT * SERIES * STRINGS * max(even - best, 0.0)
        assert _took(year, "ShdElec")[row] == pytest.approx(expected, rel=0.02, abs=30.0), shaded[row]


def _cells_of(module: dict[str, Any], current: np.ndarray) -> np.ndarray:
    """Return the voltage of a whole module of equal cells, where they are driven in reverse too."""
    drive = np.minimum(current, module["photocurrent"] * (1 - 1e-9))
    voltage = pvlib.singlediode.bishop88_v_from_i(drive, **module, method="brentq")
    return np.asarray(
        voltage - (current - drive) * (module["resistance_shunt"] + module["resistance_series"])
    )


# --- what keeps an inverter's inputs from their maximum -------------------------------------------------------


def _limits(bare: Block, run: Run, **limits: Any) -> BlockYear:
    return run(replace(bare, inverter=replace(bare.inverter, **limits)))


@pytest.mark.parametrize(
    ("field", "voltage", "step"),
    [("v_mppt_min", 710.0, "IL_Vmin"), ("v_mppt_max", 660.0, "IL_Vmax")],
)
def test_outside_its_window_an_input_is_held_at_the_edge(
    field: str,
    voltage: float,
    step: str,
    bare: Block,
    run: Run,
    free: BlockYear,
    cells: dict[str, np.ndarray],
) -> None:
    on, module = _limits(bare, run, **{field: voltage}), bare.inputs[0].module
    low = field == "v_mppt_min"
    own = SERIES * cells["v"]
    held = (cells["p"] > 0) & ((own < voltage) if low else (own > voltage))
    light, warm = np.maximum(free.effective_irradiance, 1e-3), free.temp_cell
    current = pvlib.pvsystem.i_from_v(voltage / SERIES, **curve(module, light, warm))
    power = np.where(held, SERIES * STRINGS * voltage / SERIES * np.maximum(current, 0), 0.0)
    expected = COUNT * np.where(held, SERIES * STRINGS * cells["p"] - power, 0.0)
    assert held.sum() > 500
    assert _took(on, step) == pytest.approx(expected, rel=1e-5, abs=1.0)
    running = held & (power > 1.0)
    assert on.v_mp[running] == pytest.approx(voltage)


def test_an_open_circuit_too_high_switches_off(bare: Block, run: Run, cells: dict[str, np.ndarray]) -> None:
    on = _limits(bare, run, v_dc_max=930.0)
    off = SERIES * cells["v_oc"] > 930.0
    near = np.abs(SERIES * cells["v_oc"] - 930.0) < 1e-3
    expected = np.where(off, COUNT * SERIES * STRINGS * cells["p"], 0.0)
    assert 100 < off.sum() < 4000
    assert _took(on, "IL_VAbs")[~near] == pytest.approx(expected[~near], rel=1e-6, abs=0.1)
    assert not on.p_ac[off & ~near].any()


def test_too_much_current_moves_up_the_curve(
    bare: Block, run: Run, free: BlockYear, cells: dict[str, np.ndarray]
) -> None:
    on, module = _limits(bare, run, i_dc_max=66.0), bare.inputs[0].module
    above = STRINGS * cells["i"] > 66.0
    found = curve(module, free.effective_irradiance[above], free.temp_cell[above])
    power = SERIES * 66.0 * pvlib.pvsystem.v_from_i(66.0 / STRINGS, **found)
    expected = np.zeros(8760)
    expected[above] = COUNT * (SERIES * STRINGS * cells["p"][above] - power)
    assert above.sum() > 500
    assert _took(on, "IL_Imax") == pytest.approx(expected, rel=1e-5, abs=1.0)


@pytest.mark.parametrize("trackers", [1, 2])
def test_a_string_with_bypassed_cells_meets_the_current_limit(trackers: int, rows: Block, run: Run) -> None:
    """It gives more current than even light would at its voltage; the limit holds all the same."""
    one = _wired(rows, 3).inputs[0]
    shared = tuple(replace(one, name=str(i)) for i in range(trackers))
    year = run(
        replace(_wired(rows, 3), inputs=shared, inverter=replace(rows.inverter, i_dc_max=12.0 * trackers))
    )
    assert _took(year, "ShdElec").sum() > 0
    assert _took(year, "IL_Imax").sum() > 0
    assert year.i_mp.max() <= 12.0 * trackers * (1 + 1e-9)
    assert abs(year.ledger.energy.gap) < 1e-9


def test_too_much_dc_power_is_cut(bare: Block, run: Run, cells: dict[str, np.ndarray]) -> None:
    on = _limits(bare, run, p_dc_max=40e3)
    expected = COUNT * np.maximum(SERIES * STRINGS * cells["p"] - 40e3, 0.0)
    assert expected.sum() > 1e6
    assert _took(on, "IL_PmaxDC") == pytest.approx(expected, rel=1e-6, abs=0.5)


PARTS: dict[PowerSharing, tuple[float, float]] = {
    "independent_equal": (0.5, 0.5),
    "string_count_weighted": (0.75, 0.25),
    "manual_weighted": (0.6, 0.4),
}


@pytest.mark.parametrize("policy", PARTS)
def test_trackers_share_the_limits(
    policy: PowerSharing, bare: Block, run: Run, cells: dict[str, np.ndarray]
) -> None:
    """Nine strings and three: what a tracker leaves unused is not the other's."""
    one, p_one = bare.inputs[0], SERIES * cells["p"]
    inputs = tuple(
        replace(one, mppt=i, weight=weight, array=Array(modules_per_string=SERIES, strings=n))
        for i, n, weight in ((1, 9, 3.0), (2, 3, 2.0))
    )
    shared = replace(bare, inputs=inputs, power_sharing=policy)
    on = _limits(shared, run, p_dc_max=40e3)
    sent = sum(np.minimum(n * p_one, part * 40e3) for n, part in zip((9, 3), PARTS[policy], strict=True))
    assert _took(on, "IL_PmaxDC") == pytest.approx(COUNT * (12 * p_one - sent), rel=1e-6, abs=0.5)


def test_two_trackers_are_two_halves_of_a_machine(block: Block, run: Run) -> None:
    """To the bit of rounding with equal inputs; else but for the efficiency, which looks at their sum."""
    east, west = (
        replace(block.inputs[0], name=name, mppt=i, mount=replace(block.mount, surface_azimuth=azimuth))
        for name, i, azimuth in (("east", 1, 100.0), ("west", 2, 260.0))
    )
    for inputs, tolerance in (((east, replace(east, mppt=2)), 1e-9), ((east, west), 2e-3)):
        together = run(replace(block, inputs=inputs))
        apart = [run(replace(block, inputs=(each,), mppt_fraction=0.5)) for each in inputs]
        assert together.p_dc == pytest.approx(sum(year.p_dc for year in apart), rel=1e-9, abs=1e-6)
        energy = sum(year.p_ac.sum() for year in apart)
        assert together.p_ac.sum() == pytest.approx(energy, rel=tolerance)


def test_unlike_strings_on_one_tracker_share_a_voltage(
    bare: Block, run: Run, free: BlockYear, cells: dict[str, np.ndarray]
) -> None:
    """Eighteen and twenty modules in series: the sum of two of pvlib's curves over a grid of voltages."""
    inputs = tuple(
        replace(bare.inputs[0], name=str(n), array=Array(modules_per_string=n, strings=4)) for n in (18, 20)
    )
    on = run(replace(bare, inputs=inputs))
    rows = np.flatnonzero(free.effective_irradiance > 50)[::400]
    found = curve(bare.inputs[0].module, free.effective_irradiance[rows], free.temp_cell[rows])
    v = np.linspace(17, 21, 1500)[:, None] * cells["v"][rows]
    power = sum(4 * v * pvlib.pvsystem.i_from_v(v / n, **found) for n in (18, 20))
    expected = COUNT * (4 * 38 * cells["p"][rows] - power.max(axis=0))
    assert _took(on, "MisParallel")[rows] == pytest.approx(expected, rel=1e-3, abs=1.0)


# --- from DC to the grid -------------------------------------------------------------------------------------


def test_efficiency_lies_between_the_curves(bare: Block, run: Run) -> None:
    """Straight lines in power on each curve, then in voltage; strings of three lengths reach all of them."""
    for series in (14, 20, 27):
        year = run(with_input(bare, array=Array(modules_per_string=series, strings=11)))
        p_dc, curves = year.p_dc / COUNT, bare.inverter.curves
        on_each = [np.interp(p_dc, (0, *each.p_dc), (0, *each.p_ac)) for each in curves]
        beyond = [p_dc * each.p_ac[-1] / each.p_dc[-1] for each in curves]
        powers = np.where(p_dc > curves[0].p_dc[-1], beyond, on_each)
        volts = [each.v_dc for each in curves]
        expected = [np.interp(v, volts, column) for v, column in zip(year.v_mp, powers.T, strict=True)]
        assert year.p_ac == pytest.approx(COUNT * np.array(expected), rel=1e-9, abs=1e-6)


def test_warm_air_lowers_the_limit(bare: Block, run: Run, free: BlockYear, weather: Weather) -> None:
    points = ((10.0, 60e3), (20.0, 55e3), (35.0, 30e3))
    cool = _limits(bare, run, p_ac_max=60e3)
    hot = _limits(bare, run, p_ac_max=60e3, derating=points)
    most = COUNT * np.interp(weather.temp_air, *zip(*points, strict=True))
    assert cool.p_ac == pytest.approx(np.minimum(free.p_ac, COUNT * 60e3))
    assert hot.p_ac == pytest.approx(np.minimum(cool.p_ac, most))
    assert _took(hot, "IL_Temp") == pytest.approx(np.maximum(cool.p_ac - most, 0), abs=1e-6)
    assert _took(hot, "IL_Temp").sum() > 1e6


def test_a_threshold_keeps_the_inverter_off(bare: Block, run: Run, free: BlockYear) -> None:
    on = _limits(bare, run, p_dc_threshold=2000.0)
    off = free.p_dc < COUNT * 2000.0
    assert on.p_ac == pytest.approx(np.where(off, 0.0, free.p_ac))
    assert _took(on, "IL_Pmin") == pytest.approx(np.where(off, free.p_dc, 0.0))


@pytest.mark.parametrize("reference", ["stc", "inverter"])
@pytest.mark.parametrize("disconnect", [False, True])
def test_own_use_wires_and_transformers_by_hand(
    reference: Any, disconnect: bool, bare: Block, run: Run, free: BlockYear
) -> None:
    system = AcSystem(
        number_of_inverters=COUNT,
        ac_ohmic=0.01,
        no_load_loss=0.001,
        load_loss=0.008,
        mv_ohmic_loss=0.003,
        mv_transformer_loss=0.004,
        reference=reference,
        night_disconnect=disconnect,
    )
    machine = replace(bare.inverter, night_loss=5.0, aux_loss=80.0, aux_threshold=3000.0)
    year = run(replace(bare, inverter=machine, ac_system=system))
    own = np.where(free.p_ac > 0, 0.0, COUNT * 5.0) + np.where(free.p_ac > COUNT * 3000, COUNT * 80.0, 0.0)
    p = free.p_ac - own
    assert year.p_inverter == pytest.approx(p, abs=1e-6)
    p_ref = {"stc": 347.0 * SERIES * STRINGS * COUNT, "inverter": 1e6 * COUNT}[reference]
    p_low = p - 0.01 * p**2 / p_ref
    iron = 0.001 * p_ref * ((p > 0) if disconnect else 1)
    p_high = p_low - 0.008 * p_low**2 / p_ref - iron
    p_line = p_high - 0.003 * p_high**2 / p_ref
    assert year.p_grid == pytest.approx(p_line - 0.004 * np.maximum(p_line, 0), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("field", "step"), [("ageing", "AgeLoss"), ("lid", "LIDLoss"), ("mismatch", "MisLoss")]
)
def test_a_share_of_the_modules_power_is_gone(
    field: str, step: str, bare: Block, run: Run, free: BlockYear, cells: dict[str, np.ndarray]
) -> None:
    year = run(replace(bare, losses=Losses(**{field: 0.06})))
    assert _took(year, step) == pytest.approx(0.06 * COUNT * SERIES * STRINGS * cells["p"], abs=0.5)
    assert year.p_dc == pytest.approx(0.94 * free.p_dc)


def test_wires_take_the_square_of_the_current(bare: Block, run: Run, cells: dict[str, np.ndarray]) -> None:
    year, module = run(replace(bare, losses=Losses(dc_ohmic=0.015))), bare.inputs[0].module
    resistance = 0.015 * SERIES * module.v_mp_ref / (STRINGS * module.i_mp_ref)
    expected = COUNT * resistance * (STRINGS * cells["i"]) ** 2
    assert _took(year, "OhmLoss") == pytest.approx(expected, rel=1e-5, abs=1e-3)


def test_swings_within_the_hour_clip_between_none_and_all(
    bare: Block, run: Run, weather: Weather, sun: Sun
) -> None:
    """At most what the beam adds: with the sun covered the inverter stays below its limit."""
    small = replace(bare, inverter=replace(bare.inverter, p_ac_max=50e3))
    mean, half, whole = (run(replace(small, sub_hourly_clipping=share)) for share in (0.0, 0.5, 1.0))
    covered = simulate_block(bare, replace(weather, ghi=weather.dhi, dni=np.zeros(8760)), sun)
    more = _took(whole, "ILPmxSH")
    assert np.all(more >= 0)
    assert np.all(more <= np.maximum(run(bare).p_ac - covered.p_ac, 0.0) + 1e-6)
    assert 2 * _took(half, "ILPmxSH") == pytest.approx(more, abs=1e-6)
    assert mean.p_ac - whole.p_ac == pytest.approx(more, abs=1e-6)
    assert 0.001 < more.sum() / mean.p_ac.sum() < 0.05
    assert "ILPmxSH" not in run(replace(bare, sub_hourly_clipping=1.0)).taken


def test_swings_within_the_hour_meet_the_limit_of_the_hour(bare: Block, run: Run) -> None:
    """A machine held at 50 kW by any air clips as one of 50 kW does."""
    small, held = (
        run(replace(bare, inverter=replace(bare.inverter, **limits), sub_hourly_clipping=1.0))
        for limits in ({"p_ac_max": 50e3}, {"p_ac_max": 65e3, "derating": ((-60.0, 50e3), (60.0, 50e3))})
    )
    assert held.p_ac == pytest.approx(small.p_ac, rel=1e-9, abs=1e-6)
    assert _took(held, "ILPmxSH") == pytest.approx(_took(small, "ILPmxSH"), abs=1e-6)


# --- the plant -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(block: Block, site: Site, weather: Weather) -> Callable[..., PlantYear]:
    west = replace(
        block, mount=replace(block.mount, surface_azimuth=260.0), ac_system=AcSystem(ac_ohmic=0.01)
    )

    def build(**point: Any) -> PlantYear:
        return simulate_plant(
            Plant(site=site, blocks=(block, west), interconnection=Interconnection(**point)), weather
        )

    return build


def test_the_meter_by_hand(built: Callable[..., PlantYear], out: Outdoors, site: Site) -> None:
    """Standstill first, then own use, then the limit."""
    outage = Outage(start=float(out.weather.time[4000]), end=float(out.weather.time[4100]), share=0.7)
    monthly = tuple(np.linspace(0, 0.1, 12).tolist())
    free = built()
    year = built(
        limit=150e3,
        continuous_use=700.0,
        continuous_threshold=2000.0,
        proportional_use=0.02,
        proportional_threshold=5000.0,
        availability=Availability(constant=0.01, monthly=monthly, outages=(outage,)),
    )
    local = out.times + pd.Timedelta(hours=site.utc_offset)
    running = 0.99 * (1 - np.array(monthly)[local.month - 1])
    off = np.zeros(8760)
    off[4000:4101] = 0.7
    off[[4000, 4100]] = 0.35
    p = np.where(free.p_grid > 0, free.p_grid * running * (1 - off), free.p_grid)
    p = p - np.where(p > 2000, 700.0, 0) - np.where(p > 5000, 0.02 * p, 0)
    assert year.p_poi == pytest.approx(np.minimum(p, 150e3), rel=1e-9, abs=1e-6)
    assert _took(year, "EUnused") == pytest.approx(np.maximum(p - 150e3, 0), abs=1e-6)
    assert year.ledger.energy.closing == pytest.approx(year.p_poi.sum() / 1000)


def test_inverters_hold_the_limit_at_one_share_of_their_power(built: Callable[..., PlantYear]) -> None:
    free, held = built(), built(limit=150e3, limit_at_inverters=True)
    bound = free.p_poi > 150e3
    assert bound.sum() > 200
    assert held.p_poi == pytest.approx(np.minimum(free.p_poi, 150e3), rel=1e-8)
    shares = [
        (year.p_ac / most, year.p_ac < before.p_ac - 1.0)
        for year, before, most in zip(held.blocks, free.blocks, (240e3, 60e3), strict=True)
    ]
    both = bound & shares[0][1] & shares[1][1]
    assert both.sum() > 100
    assert shares[0][0][both] == pytest.approx(shares[1][0][both], rel=1e-9)
    ledger = {step.name: step.amount for step in held.ledger.energy.steps}
    held_back = sum(
        (before.p_ac - year.p_ac).sum() for year, before in zip(held.blocks, free.blocks, strict=True)
    )
    assert ledger["IL_Limit"] == pytest.approx(held_back / 1000)
    assert abs(held.ledger.energy.gap) < 1e-9
