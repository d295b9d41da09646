"""Wires and transformers against their definitions and pvlib's balance."""

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv import transformer


@given(power=st.floats(0, 1e6), loss=st.floats(0, 0.05))
def test_a_wire_loses_its_fraction_at_the_reference(power: float, loss: float) -> None:
    found = transformer.ohmic(np.array([power, 1e6, 0.0, -power]), loss, 1e6)
    assert found[1] == pytest.approx(loss * 1e6)
    assert found[2] == 0
    assert found[0] == found[3]
    assert found[0] == pytest.approx(loss * 1e6 * (power / 1e6) ** 2)


def test_iron_is_constant_while_connected() -> None:
    assert transformer.no_load(0.002, 1e6, np.array([True, False])).tolist() == [2000, 0]


def test_is_near_pvlib_s_balance() -> None:
    """pvlib takes the copper loss at the power that leaves, PVsyst at the one that enters: second order."""
    power = np.linspace(1e4, 1e6, 50)
    expected = pvlib.transformer.simple_efficiency(power, 0.001, 0.01, 1e6)
    iron = transformer.no_load(0.001, 1e6, np.ones(50, dtype=bool))
    found = power - iron - transformer.ohmic(power, 0.01, 1e6)
    assert found == pytest.approx(expected, rel=4e-4)
