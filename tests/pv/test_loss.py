"""The ledger closes, and its fractions are of what entered each step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv.loss import CAPTIONS, balance, combine

AMOUNTS = st.lists(st.floats(0, 1e6), min_size=12, max_size=12)


@given(start=AMOUNTS, first=st.floats(-0.5, 0.9), second=st.floats(0, 0.9))
def test_steps_explain_the_difference(start: list[float], first: float, second: float) -> None:
    opening = np.array(start)
    taken = {"GlobInc": first * opening, "GlobSlg": second * (1 - first) * opening}
    closing = opening * (1 - first) * (1 - second)
    account = balance(("GlobHor", opening), taken, ("GlobEff", closing))
    assert abs(account.gap) < 1e-12
    if account.opening > 1e-6:
        assert [step.loss for step in account.steps] == pytest.approx([first, second], abs=1e-9)


def test_an_unbooked_loss_shows_as_a_gap() -> None:
    ones = np.ones(12)
    account = balance(("EArrNom", ones), {"OhmLoss": 0.1 * ones}, ("E_Grid", 0.7 * ones))
    assert account.gap == pytest.approx(0.2)


def test_nothing_entered_is_no_loss() -> None:
    zero = np.zeros(12)
    account = balance(("EArrNom", zero), {"OhmLoss": zero}, ("E_Grid", zero))
    assert account.steps[0].loss == 0
    assert account.gap == 0


def test_accounts_add_by_weight() -> None:
    ones = np.ones(12)
    small = balance(("EArrNom", ones), {"OhmLoss": 0.1 * ones}, ("E_Grid", 0.9 * ones))
    large = balance(("EArrNom", 10 * ones), {"OhmLoss": 2 * ones}, ("E_Grid", 8 * ones))
    both = combine([small, large], [1.0, 0.5])
    assert both.opening == pytest.approx(12 * 6)
    assert both.steps[0].loss == pytest.approx(1.1 / 6)
    assert both.closing_monthly == pytest.approx(4.9 * ones)
    assert abs(both.gap) < 1e-12


def test_every_step_has_a_caption_of_its_own() -> None:
    assert len(set(CAPTIONS.values())) == len(CAPTIONS)
