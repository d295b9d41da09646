"""Cell temperature against pvlib."""

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv.temperature import pvsyst_cell


@given(
    irradiance=st.floats(0, 1300),
    temp_air=st.floats(-40, 50),
    wind_speed=st.floats(0, 30),
    u_c=st.floats(10, 40),
    u_v=st.floats(0, 10),
)
def test_is_pvlib_s(irradiance: float, temp_air: float, wind_speed: float, u_c: float, u_v: float) -> None:
    """The same balance: rounding only."""
    expected = pvlib.temperature.pvsyst_cell(irradiance, temp_air, wind_speed, u_c, u_v, 0.18, 0.9)
    found = pvsyst_cell(
        np.array([irradiance]),
        np.array([temp_air]),
        np.array([wind_speed]),
        u_c=u_c,
        u_v=u_v,
        module_efficiency=0.18,
    )
    assert found[0] == pytest.approx(expected, abs=1e-10)


def test_without_light_the_cell_is_as_warm_as_the_air() -> None:
    assert pvsyst_cell(np.zeros(1), np.array([-7.0]), np.ones(1))[0] == -7.0
