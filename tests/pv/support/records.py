"""Any plant a record can tell, as hypothesis draws them, and a short year to run them in."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from peers import MODULE

from gnomon.pv.availability import Availability, Outage
from gnomon.pv.horizon import Horizon
from gnomon.pv.mount import FixedMount, FloatingMount, Mount, TrackerMount, WindStow
from gnomon.pv.plant import (
    AcSystem,
    Array,
    AshraeIam,
    Bifacial,
    Block,
    DcInput,
    EfficiencyCurve,
    ElectricalShading,
    Interconnection,
    Inverter,
    Losses,
    Module,
    PhysicalIam,
    ProfileIam,
    Shading,
    Thermal,
)
from gnomon.pv.scene import scene_of_rows
from gnomon.pv.weather import Weather

SHARE = st.floats(0, 0.1)
MONTHS = st.lists(SHARE, min_size=12, max_size=12).map(tuple)
SLOPE = st.sampled_from([0.0, 0.0, -8.0, 3.0, 12.0])
GCR = st.floats(0.1, 0.9)
INVERTER = Inverter(
    p_ac_max=60e3,
    p_dc_threshold=300.0,
    curves=tuple(
        EfficiencyCurve(v_dc=v_dc, p_dc=(600.0, 6e3, 30e3, 60e3), p_ac=(p_low, 5.7e3, 29.3e3, 58.6e3))
        for v_dc, p_low in ((580.0, 300.0), (850.0, 380.0), (1000.0, 340.0))
    ),
    night_loss=4.0,
    aux_loss=50.0,
    aux_threshold=1000.0,
)


def short_year(weather: Weather, **more: np.ndarray) -> Weather:
    """Return a day of every week or so, damp, with a snowfall now and then."""
    days = np.round(np.linspace(2, 360, 48)).astype(int)
    rows = (24 * days[:, None] + np.arange(24)).ravel()
    columns = {name: column[rows] for name, column in weather.columns().items()}
    hour = np.arange(len(rows))
    extra = {
        "relative_humidity": 50.0 + 40.0 * np.cos(hour / 7.0),
        "snow_depth": np.where(hour % 144 < 20, 8.0, 0.0),
        "snowfall": np.where(hour % 144 == 5, 8.0, 0.0),
    }
    return replace(weather, **(columns | extra | more))


def mounts() -> st.SearchStrategy[Mount]:
    """Draw fixed tables, trackers and floating platforms, on slopes too; all have rows."""
    return st.one_of(
        st.builds(
            FixedMount,
            surface_tilt=st.floats(0, 90),
            surface_azimuth=st.floats(0, 360),
            gcr=GCR,
            axis_tilt=SLOPE,
            cross_axis_tilt=SLOPE,
        ),
        st.builds(
            TrackerMount,
            axis_azimuth=st.floats(0, 360),
            axis_tilt=SLOPE,
            max_angle=st.floats(0, 90),
            backtrack=st.booleans(),
            gcr=GCR,
            cross_axis_tilt=SLOPE,
            wind_stow=st.none() | st.builds(WindStow, wind_speed=st.floats(3, 15), angle=st.floats(-90, 90)),
            level_above=st.none() | st.floats(0, 1),
        ),
        st.builds(
            FloatingMount,
            surface_tilt=st.floats(0, 90),
            surface_azimuth=st.floats(0, 360),
            max_angle=st.floats(0, 180),
            gcr=GCR,
        ),
    )


def shadings() -> st.SearchStrategy[Shading]:
    """Draw near shading of all kinds, with and without its electrical effect."""
    electrical = st.none() | st.builds(
        ElectricalShading, transverse_diodes=st.integers(0, 6), share=st.floats(0, 1)
    )
    scene = scene_of_rows(25.0, 180.0, 0.5, 3, azimuth=range(0, 360, 20), elevation=range(0, 91, 10))
    return st.one_of(
        st.builds(Shading, electrical=electrical),
        st.builds(Shading, near=st.just("unlimited"), electrical=electrical),
        st.builds(Shading, near=st.just("scene"), scene=st.just(scene), electrical=electrical),
    )


def horizons() -> st.SearchStrategy[Horizon]:
    """Draw hills of up to 40 degrees around the site."""
    heights = st.lists(st.floats(-5, 40), min_size=6, max_size=6)
    return heights.map(lambda drawn: Horizon(azimuth=(0, 60, 120, 180, 240, 300), elevation=tuple(drawn)))


def modules() -> st.SearchStrategy[Module]:
    """Draw modules of all glasses and technologies, one- and two-sided, of film too."""
    iam = st.one_of(
        st.builds(AshraeIam, b=st.floats(0, 0.1)),
        st.builds(PhysicalIam, n_ar=st.none() | st.just(1.29)),
        st.just(ProfileIam(aoi=(0, 40, 60, 75, 85, 90), iam=(1, 1, 0.98, 0.9, 0.6, 0))),
    )
    return st.builds(
        lambda **changes: replace(MODULE, **changes),
        iam=iam,
        technology=st.sampled_from([None, "mono", "cdte", "asi", "micromorph"]),
        recombination=st.sampled_from([0.0, 0.0, 1.4]),
        bifaciality=st.floats(0, 1),
        half_cut=st.booleans(),
    )


def losses() -> st.SearchStrategy[Losses]:
    """Draw all losses of the DC side."""
    return st.builds(
        Losses,
        soiling=MONTHS,
        snow=MONTHS,
        module_quality=st.floats(-0.05, 0.05),
        lid=SHARE,
        ageing=SHARE,
        mismatch=SHARE,
        string_voltage_mismatch=SHARE,
        dc_ohmic=SHARE,
        inverter_auxiliary=st.booleans(),
    )


def machines() -> st.SearchStrategy[Inverter]:
    """Draw inverters that meet every limit, and none."""
    return st.builds(
        lambda **changes: replace(INVERTER, **changes),
        p_ac_max=st.floats(10e3, 80e3),
        v_mppt_min=st.none() | st.floats(300, 800),
        v_mppt_max=st.none() | st.floats(500, 1000),
        v_dc_max=st.none() | st.floats(700, 1500),
        i_dc_max=st.none() | st.floats(5, 200),
        p_dc_max=st.none() | st.floats(5e3, 80e3),
        derating=st.sampled_from([(), ((10.0, 60e3), (30.0, 20e3))]),
    )


def inputs() -> st.SearchStrategy[tuple[DcInput, ...]]:
    """Draw one to three inputs of one inverter, on trackers of their own or shared, with mounts of their own."""
    back = st.none() | st.builds(
        Bifacial,
        height=st.floats(2.5, 6),
        collector_width=st.floats(1, 4),
        transparency=SHARE,
        racking_shading=SHARE,
        mismatch=SHARE,
    )
    one = st.builds(
        DcInput,
        module=modules(),
        array=st.builds(Array, modules_per_string=st.integers(12, 24), strings=st.integers(1, 12)),
        mppt=st.integers(1, 3),
        weight=st.floats(0.1, 1),
        mount=st.none() | mounts(),
        shading=st.none() | shadings(),
        bifacial=back,
    )
    named = st.lists(one, min_size=1, max_size=3)
    return named.map(lambda each: tuple(replace(a, name="abc"[i]) for i, a in enumerate(each)))


def blocks() -> st.SearchStrategy[Block]:
    """Draw blocks of all the records above."""
    return st.builds(
        Block,
        inputs=inputs(),
        inverter=machines(),
        mount=mounts(),
        losses=losses(),
        thermal=st.builds(Thermal, u_c=st.floats(15, 40), u_v=st.floats(0, 6)),
        ac_system=st.builds(
            AcSystem,
            number_of_inverters=st.integers(1, 50),
            ac_ohmic=SHARE,
            no_load_loss=st.floats(0, 0.01),
            load_loss=SHARE,
            mv_ohmic_loss=SHARE,
            mv_transformer_loss=SHARE,
            reference=st.sampled_from(["stc", "inverter"]),
            night_disconnect=st.booleans(),
        ),
        shading=shadings(),
        horizon=st.none() | horizons(),
        albedo=st.lists(st.floats(0, 0.9), min_size=12, max_size=12).map(tuple),
        circumsolar_as_beam=st.booleans(),
        spectral=st.booleans(),
        power_sharing=st.sampled_from(["independent_equal", "string_count_weighted", "manual_weighted"]),
        mppt_fraction=st.floats(0.1, 1),
        sub_hourly_clipping=st.sampled_from([0.0, 0.0, 0.5, 1.0]),
        snow_strings=st.none() | st.integers(1, 4),
    )


def points() -> st.SearchStrategy[Interconnection]:
    """Draw points of interconnection: own use, a limit held here or there, and times of standstill."""
    standstill = st.builds(
        Availability,
        constant=SHARE,
        monthly=MONTHS,
        outages=st.sampled_from([(), (Outage(start=1.5517e9, end=1.5680e9, share=0.5),)]),
    )
    return st.builds(
        lambda limit, at_inverters, **more: Interconnection(
            limit=limit, limit_at_inverters=at_inverters and limit is not None, **more
        ),
        limit=st.none() | st.floats(5e3, 1e6),
        at_inverters=st.booleans(),
        continuous_use=st.floats(0, 1e3),
        continuous_threshold=st.floats(0, 2e3),
        proportional_use=SHARE,
        proportional_threshold=st.floats(0, 2e3),
        availability=st.none() | standstill,
    )
