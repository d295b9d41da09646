"""A real year of weather and a plant to run in it."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pvlib
import pytest

from gnomon.pv.mount import FixedMount
from gnomon.pv.plant import AcSystem, Array, Block, DcInput, EfficiencyCurve, Inverter, Losses, Module
from gnomon.pv.solarposition import Sun, sun_position
from gnomon.pv.weather import Site, Weather, interval_middle

# What several of these tests share stands in modules beside them, and tests are no package.
sys.path.insert(0, str(Path(__file__).parent / "support"))


@pytest.fixture(scope="session")
def site() -> Site:
    """Greensboro, North Carolina."""
    return Site(latitude=36.1, longitude=-79.95, altitude=273, utc_offset=-5)


@pytest.fixture(scope="session")
def weather() -> Weather:
    """The typical year of Greensboro that pvlib ships, on one calendar year; rows are named by their end."""
    path = Path(pvlib.__file__).parent / "data" / "723170TYA.CSV"
    table, _ = pvlib.iotools.read_tmy3(path, coerce_year=2019, map_variables=True)
    end = pd.date_range("2019-01-01 06:00", periods=8760, freq="h").astype("datetime64[s]").astype(np.int64)
    label = np.asarray(end)
    return Weather(
        time=interval_middle(label, 3600.0, "end"),
        label=label,
        step=3600.0,
        ghi=table["ghi"].to_numpy(dtype=float),
        dhi=table["dhi"].to_numpy(dtype=float),
        dni=table["dni"].to_numpy(dtype=float),
        temp_air=table["temp_air"].to_numpy(dtype=float),
        wind_speed=table["wind_speed"].to_numpy(dtype=float),
    )


@pytest.fixture(scope="session")
def sun(weather: Weather, site: Site) -> Sun:
    return sun_position(weather.time, site)


@pytest.fixture(scope="session")
def module() -> Module:
    """A module of 72 full cells as data sheets of about 2017 describe it."""
    return Module(
        name="72 cells",
        p_nom=347.0,
        i_sc_ref=9.5,
        v_oc_ref=47.0,
        i_mp_ref=9.0,
        v_mp_ref=38.6,
        alpha_sc=0.0048,
        cells_in_series=72,
        r_s=0.30,
        r_sh_ref=400.0,
        r_sh_0=1600.0,
        gamma_ref=0.98,
        mu_gamma=-0.0005,
        area=1.95,
    )


@pytest.fixture(scope="session")
def inverter() -> Inverter:
    """60 kW with three curves."""
    load = np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0]) * 60000

    def curve(v_dc: float, fixed: float) -> EfficiencyCurve:
        p_ac = np.maximum(load - fixed - 0.006 * load - 0.005 * load**2 / 60000, 0.0)
        return EfficiencyCurve(v_dc=v_dc, p_dc=tuple(load.tolist()), p_ac=tuple(p_ac.tolist()))

    return Inverter(
        name="60 kW",
        p_ac_max=60000.0,
        p_dc_threshold=300.0,
        curves=(curve(580, 260), curve(850, 200), curve(1000, 240)),
        night_loss=4.0,
        aux_loss=50.0,
        aux_threshold=1000.0,
    )


@pytest.fixture(scope="session")
def block(module: Module, inverter: Inverter) -> Block:
    """A block in which every step of the ledger has something to do."""
    return Block(
        inputs=(DcInput(module=module, array=Array(modules_per_string=20, strings=11)),),
        inverter=inverter,
        mount=FixedMount(surface_tilt=25.0, surface_azimuth=180.0, gcr=0.45),
        losses=Losses(
            soiling=(0.02,) * 12,
            module_quality=-0.002,
            lid=0.015,
            mismatch=0.01,
            string_voltage_mismatch=0.001,
            dc_ohmic=0.012,
        ),
        ac_system=AcSystem(number_of_inverters=4, ac_ohmic=0.01, no_load_loss=0.001, load_loss=0.008),
    )
