"""The ledger closes, and its fractions are of what entered each step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv.loss import CAPTIONS, balance, monthly_sums

AMOUNTS = st.lists(st.floats(0, 1e6), min_size=24, max_size=24)


@given(start=AMOUNTS, first=st.floats(-0.5, 0.9), second=st.floats(0, 0.9))
def test_steps_explain_the_difference(start: list[float], first: float, second: float) -> None:
    opening = np.array(start)
    taken = {"GlobInc": first * opening, "GlobSlg": second * (1 - first) * opening}
    closing = opening * (1 - first) * (1 - second)
    month = np.arange(24) % 12
    account = balance(("GlobHor", opening), taken, ("GlobEff", closing), month, scale=1e-3)
    assert abs(account.gap) < 1e-12
    assert account.opening == pytest.approx(opening.sum() / 1000)
    if account.opening > 0:
        assert [step.loss for step in account.steps] == pytest.approx([first, second], abs=1e-9)


def test_an_unbooked_loss_shows_as_a_gap() -> None:
    ones, month = np.ones(12), np.arange(12)
    account = balance(("EArrNom", ones), {"OhmLoss": 0.1 * ones}, ("E_Grid", 0.7 * ones), month, scale=1.0)
    assert account.gap == pytest.approx(0.2)


def test_nothing_entered_is_no_loss() -> None:
    zero = np.zeros(3)
    account = balance(("EArrNom", zero), {"OhmLoss": zero}, ("E_Grid", zero), np.arange(3), scale=1.0)
    assert account.steps[0].loss == 0
    assert account.gap == 0


def test_months_add_up() -> None:
    months = monthly_sums(np.array([1.0, 2.0, 4.0]), np.array([0, 11, 0]))
    assert months.tolist() == [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]


def test_every_step_has_a_caption_of_its_own() -> None:
    assert len(set(CAPTIONS.values())) == len(CAPTIONS)
