"""How the colour of the light changes the current of a module against the reference spectrum."""

from typing import Literal

import numpy as np

from gnomon.pv.arrays import FloatArray

Technology = Literal["cdte", "monosi", "multisi", "cigs", "asi"]
# Coefficients 1 to 6 of Lee and Panchula: constant, air mass, water, their square roots, their ratio.
_COEFFICIENTS: dict[Technology, tuple[float, float, float, float, float, float]] = {
    "cdte": (0.86273, -0.038948, -0.012506, 0.098871, 0.084658, -0.0042948),
    "monosi": (0.85914, -0.020880, -0.0058853, 0.12029, 0.026814, -0.0017810),
    "multisi": (0.84090, -0.027539, -0.0079224, 0.13570, 0.038024, -0.0021218),
    "cigs": (0.85252, -0.022314, -0.0047216, 0.13666, 0.013342, -0.0008945),
    "asi": (1.12094, -0.047620, -0.0083627, -0.10443, 0.098382, -0.0033818),
}
# Within these limits the fit does not run away: [-] and [cm].
_AIRMASS = (0.58, 10.0)
_WATER = (0.1, 8.0)


def precipitable_water(temp_air: FloatArray, relative_humidity: FloatArray) -> FloatArray:
    """Return the water in the column of air above a place from the air at the ground [cm], at least 0.1.

    ``0.1 H rho`` with the scale height of water vapour H [km] and its density at the ground rho [g/m3].
    Gueymard (1994), DOI 10.1016/0038-092X(94)90054-X; good to about 20 % between 1 and 3 cm.

    Parameters
    ----------
    temp_air
        At the ground. [degC]
    relative_humidity
        At the ground. [%]
    """
    kelvin = temp_air + 273.15
    theta = kelvin / 273.15
    height = 0.4976 + 1.5265 * theta + np.exp(theta * (13.6897 - 14.9188 * theta * theta))
    cold = 100.0 / kelvin
    pressure = np.exp(22.330 - cold * (49.140 + 10.922 * cold) - 0.0039015 * kelvin)
    water: FloatArray = (0.1 * 2.167) * height * relative_humidity * pressure / kelvin
    return np.maximum(water, _WATER[0])


def first_solar(airmass: FloatArray, water: FloatArray, technology: Technology) -> FloatArray:
    """Return the factor on the current of a module for the spectrum under this much air and water.

    ``c1 + c2 AM + c3 Pw + c4 sqrt(AM) + c5 sqrt(Pw) + c6 AM / sqrt(Pw)``, Lee and Panchula (2016),
    DOI 10.1109/PVSC.2016.7749836. Air mass is held between 0.58 and 10, water between 0.1 and 8 cm; pvlib
    gives no number above 8 cm, which a year on a hot, damp coast does reach.

    Parameters
    ----------
    airmass
        Absolute: the relative air mass times the site's pressure over that of sea level.
    water
        Precipitable. [cm]
    technology
        Of the cells.
    """
    c1, c2, c3, c4, c5, c6 = _COEFFICIENTS[technology]
    air, wet = np.clip(airmass, *_AIRMASS), np.clip(water, *_WATER)
    root = np.sqrt(wet)
    return c1 + air * (c2 + c6 / root) + c3 * wet + c4 * np.sqrt(air) + c5 * root
