"""One plant and one year of weather as other engines are told of them: pvlib's ModelChain and SAM's Pvsamv1."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pvlib

from gnomon.pv import pvarray
from gnomon.pv.mount import FixedMount, TrackerMount
from gnomon.pv.plant import AshraeIam, Module
from gnomon.pv.weather import Site, Weather, interval_middle

SITE = Site(latitude=36.1, longitude=-79.95, altitude=273, utc_offset=-5)
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
MODULES_PER_STRING, STRINGS = 20, 11
P_AC_MAX = 60000.0
# AC over DC power by share of the largest DC power; beyond the last step SAM and we go straight on.
EFFICIENCY = 0.96


@dataclass(frozen=True, slots=True)
class Year:
    """The typical year of Greensboro, North Carolina, that pvlib ships, told in three ways."""

    weather: Weather
    frame: pd.DataFrame
    sam: dict[str, Any]


def greensboro(path: Path | None = None) -> Year:
    """Read a TMY3 file, whose rows are named by their end; the sun stands where it does in their middle."""
    path = path or Path(pvlib.__file__).parent / "data" / "723170TYA.CSV"
    table, _ = pvlib.iotools.read_tmy3(path, coerce_year=2019, map_variables=True)
    middle = pd.date_range("2019-01-01 05:30", periods=len(table), freq="h", tz="UTC")
    columns = ["ghi", "dhi", "dni", "temp_air", "wind_speed"]
    frame = table[columns].astype(float).set_axis(middle, axis=0)
    label = np.asarray(middle.tz_localize(None).astype("datetime64[s]").astype(np.int64)) + 1800
    arrays = {name: frame[name].to_numpy() for name in columns}
    weather = Weather(time=interval_middle(label, 3600, "end"), label=label, step=3600, **arrays)
    return Year(weather=weather, frame=frame, sam=_for_sam(frame))


def _for_sam(frame: pd.DataFrame) -> dict[str, Any]:
    local = pd.DatetimeIndex(frame.index).tz_convert("Etc/GMT+5")
    clock = {name: getattr(local, name).tolist() for name in ("year", "month", "day", "hour", "minute")}
    names = {"gh": "ghi", "dn": "dni", "df": "dhi", "tdry": "temp_air", "wspd": "wind_speed"}
    series = {name: frame[ours].tolist() for name, ours in names.items()}
    place = {"lat": SITE.latitude, "lon": SITE.longitude, "tz": SITE.utc_offset, "elev": SITE.altitude}
    return {**place, **clock, **series}


def model_chain(mount: FixedMount | TrackerMount, module: Module = MODULE) -> pvlib.modelchain.ModelChain:
    """Return pvlib's chain with our sub-models where it has them."""
    i_l_ref, i_o_ref = pvarray.reference_currents(module)
    diode = {
        "alpha_sc": module.alpha_sc,
        "gamma_ref": module.gamma_ref,
        "mu_gamma": module.mu_gamma,
        "I_L_ref": i_l_ref,
        "I_o_ref": i_o_ref,
        "R_sh_ref": module.r_sh_ref,
        "R_sh_0": module.r_sh_0,
        "R_s": module.r_s,
        "cells_in_series": module.cells_in_series,
        "R_sh_exp": module.r_sh_exp,
        "EgRef": module.eg_ref,
        "b": _ashrae(module),
    }
    array = pvlib.pvsystem.Array(
        _pvlib_mount(mount),
        albedo=0.2,
        module_parameters=diode,
        temperature_model_parameters={"u_c": 29.0, "u_v": 0.0},
        modules_per_string=MODULES_PER_STRING,
        strings=STRINGS,
    )
    system = pvlib.pvsystem.PVSystem([array], inverter_parameters={"pdc0": P_AC_MAX / EFFICIENCY})
    return pvlib.modelchain.ModelChain(
        system,
        pvlib.location.Location(SITE.latitude, SITE.longitude, altitude=SITE.altitude),
        dc_model="pvsyst",
        ac_model="pvwatts",
        aoi_model="ashrae",
        spectral_model="no_loss",
        temperature_model="pvsyst",
        transposition_model="perez",
    )


def _ashrae(module: Module) -> float:
    if not isinstance(module.iam, AshraeIam):
        raise TypeError("the peers are told of ASHRAE's curve alone")
    return module.iam.b


def _pvlib_mount(mount: FixedMount | TrackerMount) -> Any:
    if isinstance(mount, FixedMount):
        return pvlib.pvsystem.FixedMount(mount.surface_tilt, mount.surface_azimuth)
    return pvlib.pvsystem.SingleAxisTrackerMount(
        axis_tilt=mount.axis_tilt,
        axis_azimuth=mount.axis_azimuth,
        max_angle=mount.max_angle,
        backtrack=mount.backtrack,
        gcr=mount.gcr,
    )


def sam(mount: FixedMount | TrackerMount, year: Year, module: Module = MODULE, *, rows: bool) -> Any:
    """Return SAM's detailed model of one inverter, not run yet; ``rows`` shade each other.

    The module is PVsyst's one-diode model in its words (Mermoud and Lejeune), with Faiman's heat balance; the
    inverter has one efficiency.
    """
    from PySAM import Pvsamv1  # loads slowly, and has no wheel for every Python

    model = Pvsamv1.default("FlatPlatePVSingleOwner")
    changes: dict[str, dict[str, Any]] = {
        "SolarResource": {"solar_resource_data": year.sam, "use_wf_albedo": 0},
        "Lifetime": {"system_use_lifetime_output": 0, "analysis_period": 1},
        "Module": {"module_model": 5},
        "MermoudLejeuneSingleDiodeModel": _mermoud(module),
        "SystemDesign": _design(mount, module),
        "Shading": {"subarray1_shade_mode": int(rows)},
        "Layout": {"subarray1_nmodx": MODULES_PER_STRING, "subarray1_nmody": 1, "subarray1_mod_orient": 0},
        "Losses": _no_losses(),
        "Inverter": {"inverter_model": 2, "mppt_low_inverter": 10, "mppt_hi_inverter": 1500},
        "InverterPartLoadCurve": _inverter(),
    }
    for group, values in changes.items():
        getattr(model, group).assign(values)
    return model


def _mermoud(module: Module) -> dict[str, Any]:
    values: dict[str, Any] = {
        "N_series": module.cells_in_series,
        "N_parallel": 1,
        "N_diodes": 3,
        "Width": 1.0,
        "Length": module.area,
        "V_mp_ref": module.v_mp_ref,
        "I_mp_ref": module.i_mp_ref,
        "V_oc_ref": module.v_oc_ref,
        "I_sc_ref": module.i_sc_ref,
        "S_ref": module.irrad_ref,
        "T_ref": module.temp_ref,
        "R_shref": module.r_sh_ref,
        "R_sh0": module.r_sh_0,
        "R_shexp": module.r_sh_exp,
        "R_s": module.r_s,
        "alpha_isc": module.alpha_sc,
        "beta_voc_spec": -0.14,
        "E_g": module.eg_ref,
        "n_0": module.gamma_ref,
        "mu_n": module.mu_gamma,
        "D2MuTau": 0,
        "T_mode": 2,
        "T_c_no_tnoct": 45,
        "T_c_no_mounting": 0,
        "T_c_no_standoff": 6,
        "T_c_fa_alpha": 0.9,
        "T_c_fa_U0": 29.0,
        "T_c_fa_U1": 0.0,
        "AM_mode": 1,
        "IAM_mode": 1,
        "IAM_c_as": _ashrae(module),
        "IAM_c_cs_incAngle": [0.0, 90.0],
        "IAM_c_cs_iamValue": [1.0, 0.0],
        # A share of what the ground reflects that counts at all, not its albedo.
        "groundRelfectionFraction": 1.0,
        "is_bifacial": 0,
        "bifaciality": 0,
        "bifacial_transmission_factor": 0,
        "bifacial_ground_clearance_height": 1,
    }
    values |= {f"AM_c_sa{i}": 0.0 for i in range(5)} | {f"AM_c_lp{i}": 0.0 for i in range(6)}
    values |= {f"IAM_c_sa{i}": 0.0 for i in range(6)}
    return {f"mlm_{name}": value for name, value in values.items()}


def _design(mount: FixedMount | TrackerMount, module: Module) -> dict[str, Any]:
    values: dict[str, Any] = {
        "modules_per_string": MODULES_PER_STRING,
        "nstrings": STRINGS,
        "gcr": mount.gcr or 0.01,
    }
    if isinstance(mount, FixedMount):
        values |= {"track_mode": 0, "tilt": mount.surface_tilt, "azimuth": mount.surface_azimuth}
    else:
        values |= {"track_mode": 1, "tilt": mount.axis_tilt, "azimuth": mount.axis_azimuth}
        values |= {"backtrack": int(mount.backtrack), "rotlim": mount.max_angle}
    whole = {
        "inverter_count": 1,
        "system_capacity": MODULES_PER_STRING * STRINGS * module.p_nom / 1000,
    }
    return {f"subarray1_{name}": value for name, value in values.items()} | whole


def _no_losses() -> dict[str, Any]:
    kinds = ("dcwiring", "diodeconn", "mismatch", "nameplate", "tracking")
    none: dict[str, Any] = {f"subarray1_{kind}_loss": 0 for kind in kinds}
    return none | {
        "subarray1_electrical_mismatch": 0,
        "subarray1_rack_shading": 0,
        "subarray1_soiling": (0,) * 12,
        "calculate_bifacial_electrical_mismatch": 0,
        "acwiring_loss": 0,
        "transformer_load_loss": 0,
        "transformer_no_load_loss": 0,
    }


def _inverter() -> dict[str, Any]:
    return {
        "inv_pd_paco": P_AC_MAX,
        "inv_pd_pdco": P_AC_MAX / EFFICIENCY,
        "inv_pd_vdcmax": 1500,
        "inv_pd_vdco": 800,
        "inv_pd_pnt": 0,
        "inv_pd_partload": [0.0, 1.0, 10.0, 100.0],
        "inv_pd_efficiency": [100 * EFFICIENCY] * 4,
        "inv_tdc_plc": ((1500.0, 90.0, -0.02, 95.0, -0.47),),
    }
