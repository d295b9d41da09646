"""How warm the cells get."""

from gnomon.pv.arrays import FloatArray, FloatLike


def pvsyst_cell(
    irradiance: FloatArray,
    temp_air: FloatArray,
    wind_speed: FloatArray,
    *,
    u_c: float = 29.0,
    u_v: float = 0.0,
    module_efficiency: FloatLike = 0.1,
    alpha_absorption: float = 0.9,
) -> FloatArray:
    """Return the cell temperature from a balance of heat [degC].

    ``temp_air + irradiance alpha (1 - efficiency) / (u_c + u_v wind_speed)``, Faiman (2008),
    DOI 10.1002/pip.813, in the form of the PVsyst help, "Thermal losses".

    Parameters
    ----------
    irradiance
        What the cells absorb from: the effective irradiance, after shading, incidence angle and soiling,
        as PVsyst does; the irradiance in the plane, as pvlib does. [W/m2]
    temp_air, wind_speed
        Ambient. [degC, m/s]
    u_c, u_v
        Heat loss, constant and with the wind. [W/m2K, W/m2K per m/s]
    module_efficiency, alpha_absorption
        Share of the light that leaves as power; share that is absorbed at all.
    """
    heat = irradiance * (alpha_absorption * (1.0 - module_efficiency))
    return temp_air + heat / (u_c + u_v * wind_speed)
