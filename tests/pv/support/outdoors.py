"""What pvlib and SciPy make of a year of weather, with nothing of ours between: sun, plane, cells, curves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pvlib

from gnomon.pv.plant import Module
from gnomon.pv.weather import Site, Weather

_K_OVER_Q = 8.617333262e-5


@dataclass(frozen=True, slots=True)
class Outdoors:
    """A year under pvlib's sun; all arrays have n rows, and ``up`` marks those of daylight."""

    weather: Weather
    times: pd.DatetimeIndex
    zenith: np.ndarray
    azimuth: np.ndarray
    extra: np.ndarray
    airmass: np.ndarray
    up: np.ndarray

    def by_day(self, rows: Any) -> np.ndarray:
        """Return rows with nothing at night."""
        return np.where(self.up, np.broadcast_to(np.asarray(rows, dtype=float), self.up.shape), 0.0)

    def parts(self, tilt: Any, azimuth: Any, albedo: float = 0.2) -> dict[str, np.ndarray]:
        """Return the light in a plane by its parts: direct, isotropic, circumsolar, horizon, ground [W/m2]."""
        dhi, dni, ghi = self.weather.dhi, self.weather.dni, self.weather.ghi
        sky = pvlib.irradiance.perez(
            tilt,
            azimuth,
            dhi,
            dni,
            self.extra,
            self.zenith,
            self.azimuth,
            self.airmass,
            return_components=True,
        )
        cosine = pvlib.irradiance.aoi_projection(tilt, azimuth, self.zenith, self.azimuth)
        light = {
            "direct": dni * np.maximum(cosine, 0.0),
            "isotropic": sky["poa_isotropic"],
            "circumsolar": sky["poa_circumsolar"],
            "horizon": sky["poa_horizon"],
            "ground": pvlib.irradiance.get_ground_diffuse(tilt, ghi, albedo),
        }
        return {name: np.nan_to_num(self.by_day(rows)) for name, rows in light.items()}

    def poa(self, tilt: Any, azimuth: Any, albedo: float = 0.2) -> np.ndarray:
        """Return all light in a plane by pvlib's own sum of it [W/m2]."""
        total = pvlib.irradiance.get_total_irradiance(
            tilt,
            azimuth,
            self.zenith,
            self.azimuth,
            self.weather.dni,
            self.weather.ghi,
            self.weather.dhi,
            dni_extra=self.extra,
            airmass=self.airmass,
            albedo=albedo,
            model="perez",
        )
        return np.nan_to_num(self.by_day(total["poa_global"]))

    def aoi(self, tilt: Any, azimuth: Any) -> np.ndarray:
        """Return the angle of incidence [degrees]."""
        return np.asarray(pvlib.irradiance.aoi(tilt, azimuth, self.zenith, self.azimuth))


def outdoors(weather: Weather, site: Site) -> Outdoors:
    """Return a year under pvlib's sun."""
    times = pd.DatetimeIndex(pd.to_datetime(weather.time, unit="s", utc=True))
    sun = pvlib.solarposition.get_solarposition(
        times, site.latitude, site.longitude, altitude=site.altitude, method="nrel_numpy"
    )
    zenith = sun["apparent_zenith"].to_numpy()
    extra = pvlib.irradiance.get_extra_radiation(times, solar_constant=1361.0, method="nrel")
    return Outdoors(
        weather=weather,
        times=times,
        zenith=zenith,
        azimuth=sun["azimuth"].to_numpy(),
        extra=np.asarray(extra),
        airmass=np.asarray(pvlib.atmosphere.get_relative_airmass(np.minimum(zenith, 90.0))),
        up=(zenith < 90) & (weather.ghi > 0),
    )


def curve(module: Module, light: Any, temp_cell: Any) -> dict[str, Any]:
    """Return the parameters of a module's curve as pvlib's functions want them."""
    a = module.gamma_ref * module.cells_in_series * _K_OVER_Q * (module.temp_ref + 273.15)
    short = module.i_sc_ref * module.r_s
    shares = [1.0, 1.0]
    if module.recombination:
        room = module.v_built_in * module.cells_in_series
        shares = [1 - module.recombination / (room - v) for v in (short, module.v_oc_ref)]
    i_l, i_o = np.linalg.solve(
        [[shares[0], -np.expm1(short / a)], [shares[1], -np.expm1(module.v_oc_ref / a)]],
        [module.i_sc_ref + short / module.r_sh_ref, module.v_oc_ref / module.r_sh_ref],
    )
    values = pvlib.pvsystem.calcparams_pvsyst(
        np.asarray(light),
        np.asarray(temp_cell),
        module.alpha_sc,
        module.gamma_ref,
        module.mu_gamma,
        i_l,
        i_o,
        module.r_sh_ref,
        module.r_sh_0,
        module.r_s,
        module.cells_in_series,
        R_sh_exp=module.r_sh_exp,
        EgRef=module.eg_ref,
        irrad_ref=module.irrad_ref,
        temp_ref=module.temp_ref,
    )
    names = (
        "photocurrent",
        "saturation_current",
        "resistance_series",
        "resistance_shunt",
        "nNsVth",
    )
    return dict(zip(names, values, strict=True))


def strongest(module: Module, light: Any, temp_cell: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return current, voltage and power of a module's maximum by pvlib's Bishop [A, V, W]; none in the dark."""
    film = {}
    if module.recombination:
        film = {"d2mutau": module.recombination, "NsVbi": module.v_built_in * module.cells_in_series}
    lit = np.maximum(np.asarray(light, dtype=float), 1e-3)
    found = pvlib.singlediode.bishop88_mpp(**curve(module, lit, temp_cell), **film, method="brentq")
    i, v, p = (np.where(np.asarray(light) > 0, each, 0.0) for each in found)
    return i, v, p
