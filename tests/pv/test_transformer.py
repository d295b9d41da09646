"""Wires and transformers against their definitions and pvlib's balance."""

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv import transformer
from gnomon.pv.plant import AcSystem


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


def test_the_way_to_the_grid_by_hand() -> None:
    """At its reference power: 1 % wires, 0.1 % iron, 1 % copper, 0.5 % line and 0.6 % second transformer."""
    system = AcSystem(
        ac_ohmic=0.01, no_load_loss=0.001, load_loss=0.01, mv_ohmic_loss=0.005, mv_transformer_loss=0.006
    )
    left, taken = transformer.to_grid(np.array([1e6, 0.5e6, -100.0]), system, 1e6)
    behind = 1e6 - 1e4 - 1e3 - 0.01 * 0.99**2 * 1e6
    assert list(taken) == ["EACOhmL", "ETrfIron", "ETrfCopper", "EMVOhmL", "EMVTrfL"]
    assert taken["EMVOhmL"][0] == pytest.approx(0.005 * behind**2 / 1e6)
    assert taken["EMVTrfL"][0] == pytest.approx(0.006 * (behind - taken["EMVOhmL"][0]))
    assert taken["EMVTrfL"][2] == 0
    assert left + sum(taken.values()) == pytest.approx([1e6, 0.5e6, -100.0], rel=1e-12)


def test_a_transformer_that_is_cut_off_takes_nothing_at_night() -> None:
    system = AcSystem(no_load_loss=0.002, night_disconnect=True)
    assert transformer.to_grid(np.array([5.0, -5.0]), system, 1e3)[1]["ETrfIron"].tolist() == [2, 0]


@given(power=st.floats(0, 2e6), line=st.floats(0, 0.05), second=st.floats(0, 0.05))
def test_all_that_the_way_takes_is_booked(power: float, line: float, second: float) -> None:
    system = AcSystem(ac_ohmic=0.01, load_loss=0.01, mv_ohmic_loss=line, mv_transformer_loss=second)
    left, taken = transformer.to_grid(np.array([power]), system, 1e6)
    assert left + sum(taken.values()) == pytest.approx(power, rel=1e-12, abs=1e-9)
    assert all(np.all(loss >= 0) for loss in taken.values())
    assert left <= transformer.to_grid(np.array([power]), AcSystem(ac_ohmic=0.01), 1e6)[0] + 1e-9
