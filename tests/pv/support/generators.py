"""Inputs of an inverter under given light, and their curves by pvlib alone."""

from typing import Any

import numpy as np
import pvlib
from scipy.optimize import brentq

from gnomon.pv import pvarray
from gnomon.pv.mppt import Generator
from gnomon.pv.plant import Module


def generator(
    module: Module,
    irradiance: np.ndarray,
    temp_cell: np.ndarray,
    *,
    series: int = 20,
    strings: int = 11,
    factor: float = 1.0,
    **more: Any,
) -> Generator:
    """Return an input of equal strings."""
    diode = pvarray.calcparams_pvsyst(irradiance, temp_cell, module)
    point = pvarray.max_power_point(diode)
    return Generator(
        diode=diode,
        modules_per_string=series,
        strings=strings,
        factor=factor,
        v_mp=series * point.v_mp,
        i_mp=strings * factor * point.i_mp,
        **more,
    )


def current_by_pvlib(given: Generator, row: int, voltage: float) -> float:
    """Return the current at a voltage behind the wires, with the drop in them found by bisection [A]."""
    diode = given.diode

    def module_current(v: float) -> float:
        return float(
            pvlib.pvsystem.i_from_v(
                v / given.modules_per_string,
                diode.i_l[row],
                diode.i_o[row],
                diode.r_s,
                diode.r_sh[row],
                diode.a[row],
                method="lambertw",
            )
        )

    def excess(current: float) -> float:
        in_front = voltage + given.resistance * current
        return given.strings * float(given.factor) * module_current(in_front) - current

    most = given.strings * float(diode.i_l[row]) * 1.01
    return float(brentq(excess, -100 * most, most, xtol=1e-12, rtol=1e-14))


def voltage_by_pvlib(given: Generator, row: int, current: float) -> float:
    """Return the voltage behind the wires at a current [V]."""
    diode = given.diode
    module = pvlib.pvsystem.v_from_i(
        current / (given.strings * float(given.factor)),
        diode.i_l[row],
        diode.i_o[row],
        diode.r_s,
        diode.r_sh[row],
        diode.a[row],
        method="lambertw",
    )
    return float(module) * given.modules_per_string - given.resistance * current
