"""Time a block-year of the energy model beside pvlib's ModelChain in one process.

    python bench/pv_chain.py [--weather FILE.csv] [--runs 15]

Both run the typical year of Greensboro that pvlib ships: SPA sun, Perez 1990, ASHRAE incidence angle, PVsyst
cell temperature, PVsyst one-diode model. Ours adds diffuse incidence factors, row shading, a second operating
point for the ledger, three efficiency curves, wires, transformer and the ledger itself; pvlib adds its
PVWatts inverter. For the comparison of energy, and there alone, ours switches off what pvlib's chain does not
have, and rows whose middle has the sun below the horizon are left out: pvlib lets their light through.
Times are CPU time.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pvlib

from gnomon.pv import ephemeris, pvarray, solarposition
from gnomon.pv.block import simulate_block, simulate_blocks
from gnomon.pv.mount import FixedMount
from gnomon.pv.plant import (
    AcSystem,
    Array,
    AshraeIam,
    Block,
    DcInput,
    EfficiencyCurve,
    Inverter,
    Losses,
    Module,
    Shading,
)
from gnomon.pv.weather import Site, Weather, interval_middle

# pvlib's ModelChain takes 0.1 for the efficiency in the heat balance whatever it is told; the area follows.
MODULE = Module(
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
    area=3.47,
)
SITE = Site(latitude=36.1, longitude=-79.95, altitude=273, utc_offset=-5)


def curve(v_dc: float, fixed: float) -> EfficiencyCurve:
    p_dc = np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0]) * 60000
    p_ac = np.maximum(0.994 * p_dc - fixed - 0.005 * p_dc**2 / 60000, 0)
    return EfficiencyCurve(v_dc=v_dc, p_dc=tuple(p_dc.tolist()), p_ac=tuple(p_ac.tolist()))


BLOCK = Block(
    inputs=(DcInput(module=MODULE, array=Array(modules_per_string=20, strings=11)),),
    inverter=Inverter(
        p_ac_max=60000, p_dc_threshold=300, curves=(curve(580, 260), curve(850, 200), curve(1000, 240))
    ),
    mount=FixedMount(surface_tilt=25, surface_azimuth=180, gcr=0.45),
    losses=Losses(soiling=(0.02,) * 12, mismatch=0.01, lid=0.015, dc_ohmic=0.012),
    ac_system=AcSystem(number_of_inverters=4, ac_ohmic=0.01, no_load_loss=0.001, load_loss=0.008),
    shading=Shading(near="unlimited"),
)
BARE = replace(
    BLOCK,
    inputs=(replace(BLOCK.inputs[0], module=replace(MODULE, iam=AshraeIam(b=0.0))),),
    losses=Losses(),
    shading=Shading(),
    ac_system=AcSystem(),
)


def read(path: Path) -> tuple[Weather, pd.DataFrame]:
    table, _ = pvlib.iotools.read_tmy3(path, coerce_year=2019, map_variables=True)
    middle = pd.date_range("2019-01-01 05:30", periods=len(table), freq="h", tz="UTC")
    columns = ["ghi", "dhi", "dni", "temp_air", "wind_speed"]
    frame = table[columns].astype(float).set_axis(middle, axis=0)
    label = np.asarray(middle.tz_localize(None).astype("datetime64[s]").astype(np.int64)) + 1800
    arrays = {name: frame[name].to_numpy() for name in columns}
    return Weather(time=interval_middle(label, 3600, "end"), label=label, step=3600, **arrays), frame


def model_chain() -> pvlib.modelchain.ModelChain:
    i_l_ref, i_o_ref = pvarray.reference_currents(MODULE)
    diode = {
        "alpha_sc": MODULE.alpha_sc,
        "gamma_ref": MODULE.gamma_ref,
        "mu_gamma": MODULE.mu_gamma,
        "I_L_ref": i_l_ref,
        "I_o_ref": i_o_ref,
        "R_sh_ref": MODULE.r_sh_ref,
        "R_sh_0": MODULE.r_sh_0,
        "R_s": MODULE.r_s,
        "cells_in_series": MODULE.cells_in_series,
        "R_sh_exp": MODULE.r_sh_exp,
        "EgRef": MODULE.eg_ref,
        "b": 0.0,
    }
    array = pvlib.pvsystem.Array(
        pvlib.pvsystem.FixedMount(25, 180),
        albedo=0.2,
        module_parameters=diode,
        temperature_model_parameters={"u_c": 29.0, "u_v": 0.0},
        modules_per_string=20,
        strings=11,
    )
    system = pvlib.pvsystem.PVSystem([array], inverter_parameters={"pdc0": 60000 / 0.96})
    place = pvlib.location.Location(SITE.latitude, SITE.longitude, altitude=SITE.altitude)
    return pvlib.modelchain.ModelChain(
        system,
        place,
        dc_model="pvsyst",
        ac_model="pvwatts",
        aoi_model="ashrae",
        spectral_model="no_loss",
        temperature_model="pvsyst",
        transposition_model="perez",
    )


def cpu_ms(work: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Median, least and largest CPU time of several runs."""
    work()
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times), min(times), max(times)


def report(weather: Weather, frame: pd.DataFrame, runs: int) -> None:
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="scipy")
    sun = solarposition.sun_position(weather.time, SITE)
    chain = model_chain()
    ten = [replace(BLOCK, mount=replace(BLOCK.mount, surface_azimuth=150.0 + 6 * i)) for i in range(10)]

    def cold() -> None:
        ephemeris.daily_table.cache_clear()
        simulate_block(BLOCK, weather, solarposition.sun_position(weather.time, SITE))

    cases: dict[str, tuple[Callable[[], object], int]] = {
        "pvlib ModelChain": (lambda: chain.run_model(frame), 1),
        "sun table cold": (cold, 1),
        "sun table warm": (
            lambda: simulate_block(BLOCK, weather, solarposition.sun_position(weather.time, SITE)),
            1,
        ),
        "sun known": (lambda: simulate_block(BLOCK, weather, sun), 1),
        "ten mounts, per block": (lambda: simulate_blocks(ten, weather, sun), 10),
        "ten blocks on one mount, per block": (lambda: simulate_blocks([BLOCK] * 10, weather, sun), 10),
    }
    print(
        f"{len(weather.time)} steps, CPU ms of {runs} runs: median (least - largest), ratio of pvlib to ours"
    )
    pvlib_ms = None
    for name, (work, share) in cases.items():
        median, least, largest = (value / share for value in cpu_ms(work, runs))
        pvlib_ms = pvlib_ms or median
        print(f"  {name:36s} {median:7.2f} ({least:.2f} - {largest:.2f})  {pvlib_ms / median:6.1f}x")
    day = sun.apparent_zenith < 90
    ours = simulate_block(BARE, weather, sun).p_dc[day].sum()
    theirs = chain.run_model(frame).results.dc["p_mp"].to_numpy()[day].sum()
    print(f"  DC energy of the common part: ours / pvlib - 1 = {ours / theirs - 1:+.2e}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shipped = Path(pvlib.__file__).parent / "data" / "723170TYA.CSV"
    parser.add_argument("--weather", type=Path, default=shipped, help="a TMY3 file")
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    report(*read(arguments.weather), arguments.runs)


if __name__ == "__main__":
    main()
