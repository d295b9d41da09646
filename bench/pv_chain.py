"""Time a block-year of the energy model beside pvlib's ModelChain and SAM's Pvsamv1 in one process.

    python bench/pv_chain.py [--weather FILE.csv] [--runs 15] [--memory]

All run the typical year of Greensboro that pvlib ships, on one block of horizontal trackers that turn back before
they shade each other: SPA sun, Perez 1990, ASHRAE incidence angle, PVsyst cell temperature, PVsyst one-diode model.
Ours has in addition diffuse incidence factors, row shading, a second operating point for the ledger, three
efficiency curves, wires, transformer and the loss tree; pvlib has its PVWatts inverter, SAM row and string shading
(ours has the latter in rows of its own) and a loss diagram. How far their energies agree is held by
tests/pv/test_peers.py. Times are CPU time with one BLAS thread.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cProfile
import pstats
import statistics
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from gnomon.pv import block as chain
from gnomon.pv import ephemeris, sky, solarposition
from gnomon.pv.block import BlockYear, simulate_block, years
from gnomon.pv.mount import FixedMount, TrackerMount
from gnomon.pv.plant import (
    AcSystem,
    Array,
    Block,
    DcInput,
    EfficiencyCurve,
    ElectricalShading,
    Inverter,
    Losses,
    Shading,
)
from gnomon.pv.weather import Weather
from gnomon.workloads.energy_model.losses import tree_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/pv/support"))

import peers  # stands beside the tests, which are no package

TRACKER = TrackerMount(axis_azimuth=180.0, max_angle=60.0, backtrack=True, gcr=0.4)
FIXED = FixedMount(surface_tilt=25.0, surface_azimuth=180.0, gcr=0.45)
# What a block's year is made of: the functions whose time is told apart, in their order.
STAGES = {
    "sun, table of the year": "daily_table",
    "sun, place at each step": "sun_position",
    "daylight, Perez's sky": "look_up",
    "turning, light in the plane": "transpose",
    "rows, glass, dirt": "collect",
    "cells: heat, one-diode twice": "generate",
    "inverter": "_operate",
    "wires, transformer": "deliver",
}


def curve(v_dc: float, fixed: float) -> EfficiencyCurve:
    p_dc = np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0]) * peers.P_AC_MAX
    p_ac = np.maximum(0.994 * p_dc - fixed - 0.005 * p_dc**2 / peers.P_AC_MAX, 0)
    return EfficiencyCurve(v_dc=v_dc, p_dc=tuple(p_dc.tolist()), p_ac=tuple(p_ac.tolist()))


BLOCK = Block(
    inputs=(
        DcInput(
            module=peers.MODULE,
            array=Array(modules_per_string=peers.MODULES_PER_STRING, strings=peers.STRINGS),
        ),
    ),
    inverter=Inverter(
        p_ac_max=peers.P_AC_MAX,
        p_dc_threshold=300,
        curves=(curve(580, 260), curve(850, 200), curve(1000, 240)),
    ),
    mount=TRACKER,
    losses=Losses(soiling=(0.02,) * 12, mismatch=0.01, lid=0.015, dc_ohmic=0.012),
    ac_system=AcSystem(number_of_inverters=4, ac_ohmic=0.01, no_load_loss=0.001, load_loss=0.008),
    shading=Shading(near="unlimited"),
)
# What SAM's self-shading counts too: what a shadow costs a string.
STRINGS_SHADED = replace(
    BLOCK, shading=Shading(near="unlimited", electrical=ElectricalShading(transverse_diodes=3))
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


def with_tree(year: BlockYear) -> BlockYear:
    tree_of(year.ledger)
    return year


def one(block: Block, weather: Weather, *, cold: bool = False) -> BlockYear:
    """Run one block from its weather to its loss tree."""
    if cold:
        ephemeris.daily_table.cache_clear()
    return with_tree(simulate_block(block, weather, solarposition.sun_position(weather.time, peers.SITE)))


def stream(blocks: list[Block], weather: Weather) -> float:
    """Run blocks one after the other, keeping none."""
    sun = solarposition.sun_position(weather.time, peers.SITE)
    coming: Iterator[BlockYear] = years(blocks, sky.look_up(weather, sun), sun)
    return sum(with_tree(year).ledger.energy.closing for year in coming)


def turned(count: int) -> list[Block]:
    """Return blocks no two of which share a plane."""
    return [
        replace(BLOCK, mount=replace(TRACKER, axis_azimuth=150.0 + 60.0 * i / count)) for i in range(count)
    ]


def five_minutes(weather: Weather) -> Weather:
    """Return the hours of a weather as twelve steps each, straight lines between their middles."""
    label = (weather.label[:, None] - 3300 + 300 * np.arange(12)).ravel()
    time_at = label - 150.0
    columns = {
        name: np.interp(time_at, weather.time, getattr(weather, name))
        for name in ("ghi", "dhi", "dni", "temp_air", "wind_speed")
    }
    return Weather(time=time_at, label=label, step=300.0, **columns)


def report(year: peers.Year, runs: int) -> None:
    weather, fine = year.weather, five_minutes(year.weather)
    fixed = replace(BLOCK, mount=FIXED)
    # The same light and cells on another inverter station, as most blocks of a plant are.
    alike = [replace(BLOCK, ac_system=replace(BLOCK.ac_system, number_of_inverters=4 + i)) for i in range(11)]
    tracked, still = peers.model_chain(TRACKER), peers.model_chain(FIXED)
    cases: dict[str, Callable[[], object]] = {
        "pvlib ModelChain, tracker": lambda: tracked.run_model(year.frame),
        "pvlib ModelChain, fixed": lambda: still.run_model(year.frame),
        "gnomon, tracker, sun cold": lambda: one(BLOCK, weather, cold=True),
        "gnomon, tracker, sun warm": lambda: one(BLOCK, weather),
        "gnomon, strings shaded, sun cold": lambda: one(STRINGS_SHADED, weather, cold=True),
        "gnomon, strings shaded, sun warm": lambda: one(STRINGS_SHADED, weather),
        "gnomon, fixed, sun cold": lambda: one(fixed, weather, cold=True),
        "gnomon, fixed, sun warm": lambda: one(fixed, weather),
        "gnomon, eleven blocks alike": lambda: stream(alike, weather),
        "gnomon, eleven planes": lambda: stream(turned(11), weather),
        "gnomon, tracker, 5 minutes, cold": lambda: one(BLOCK, fine, cold=True),
        "gnomon, tracker, 5 minutes, warm": lambda: one(BLOCK, fine),
    }
    told = {name: cpu_ms(work, runs) for name, work in cases.items()}
    told |= _sam(year)
    for name, (median, least, largest) in told.items():
        print(f"  {name:34s} {median:8.2f} ms ({least:.2f} - {largest:.2f})")
    _ratios({name: median for name, (median, _, _) in told.items()})


def _sam(year: peers.Year) -> dict[str, tuple[float, float, float]]:
    try:
        model = peers.sam(TRACKER, year, rows=True)
    except ImportError:
        print("  SAM's engine is not installed: it has no wheel for this Python")
        return {}
    return {"SAM Pvsamv1, tracker, self-shading": cpu_ms(lambda: model.execute(0), 5)}


def _ratios(ms: dict[str, float]) -> None:
    theirs, sam = ms["pvlib ModelChain, tracker"], ms.get("SAM Pvsamv1, tracker, self-shading", np.nan)
    first = ms["gnomon, tracker, sun warm"]
    for kind in ("tracker", "strings shaded"):
        for warmth in ("cold", "warm"):
            ours = ms[f"gnomon, {kind}, sun {warmth}"]
            print(f"  {kind}, sun {warmth}: {theirs / ours:.1f} times pvlib, {sam / ours:.0f} times SAM")
    for name in ("alike", "planes"):
        further = (ms[f"gnomon, eleven {'blocks alike' if name == 'alike' else name}"] - first) / 10
        print(f"  a further block ({name}): {further:.2f} ms, {further / first:.2f} of the first")
    for warmth in ("cold", "warm"):
        hours = ms[f"gnomon, tracker, sun {warmth}"]
        print(f"  5 minutes over hours, {warmth}: {ms[f'gnomon, tracker, 5 minutes, {warmth}'] / hours:.1f}")


def where_it_goes(weather: Weather, runs: int) -> None:
    """Print the share of each stage in a block-year, by the profiler."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(runs):
        one(BLOCK, weather, cold=True)
    profile.disable()
    of_all = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # typeshed leaves it out
    files = {Path(module.__file__ or "").parent for module in (chain, sky)}
    seconds = {
        name: entry[3]
        for (file, _, name), entry in of_all.items()
        if Path(file).parent in files and name in STAGES.values()
    }
    table = seconds["sun_position"] - seconds["daily_table"]
    total = sum(entry[3] for (_, _, name), entry in of_all.items() if name == "one")
    print("  where the time goes (sun cold, under the profiler):")
    rest = total
    for stage, name in STAGES.items():
        took = table if name == "sun_position" else seconds.get(name, 0.0)
        rest -= took
        print(f"    {stage:30s} {1000 * took / runs:6.2f} ms {100 * took / total:5.1f} %")
    print(
        f"    {'spreading, ledger, loss tree':30s} {1000 * rest / runs:6.2f} ms {100 * rest / total:5.1f} %"
    )


def memory(weather: Weather) -> None:
    """Print the most memory that streaming many blocks holds at once."""
    for count in (10, 100, 1000):
        blocks = turned(count)
        tracemalloc.start()
        stream(blocks, weather)
        print(f"  {count:5d} blocks: at most {tracemalloc.get_traced_memory()[1] / 1e6:.1f} MB")
        tracemalloc.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weather", type=Path, help="a TMY3 file; the shipped one if not given")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--memory", action="store_true", help="also 10, 100 and 1000 blocks")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="scipy")
    year = peers.greensboro(arguments.weather)
    print(f"{len(year.weather.time)} steps, CPU time of {arguments.runs} runs: median (least - largest)")
    report(year, arguments.runs)
    where_it_goes(year.weather, arguments.runs)
    if arguments.memory:
        memory(year.weather)


if __name__ == "__main__":
    main()
