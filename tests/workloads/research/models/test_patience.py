import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.models.patience import (
    FAULTS,
    LONGEST_REST,
    LONGEST_WAIT,
    TRIES,
    rest_after,
    wait_before,
)
from gnomon.workloads.research.models.wire import Trouble

CHANCE = st.floats(0, 1)


def passing(retry_after: float | None = None) -> Trouble:
    return Trouble("model_busy", "busy", is_passing=True, retry_after=retry_after)


@pytest.mark.parametrize(
    ("tries", "chance", "wait"),
    [(1, 0, 0.25), (1, 1, 0.5), (2, 1, 1.0), (3, 1, 2.0), (4, 0, 2.0), (4, 1, 4.0)],
)
def test_waits_grow_and_are_spread(tries: int, chance: float, wait: float) -> None:
    assert wait_before(tries, passing(), left=100, chance=chance) == wait


@given(seconds=st.floats(0, 1000), chance=CHANCE, tries=st.integers(1, TRIES - 1))
def test_what_a_server_asks_for_is_kept_to(seconds: float, chance: float, tries: int) -> None:
    wait = wait_before(tries, passing(seconds), left=1e6, chance=chance)
    assert wait is not None
    assert seconds <= wait <= seconds * 1.1 + 0.05


@given(tries=st.integers(1, 50), left=st.floats(0, 100), chance=CHANCE, asked=st.none() | st.floats(0, 200))
def test_no_wait_is_longer_than_what_is_left(
    tries: int, left: float, chance: float, asked: float | None
) -> None:
    wait = wait_before(tries, passing(asked), left=left, chance=chance)
    assert wait is None or wait < left
    assert wait is None or asked is not None or wait <= LONGEST_WAIT
    assert tries < TRIES or wait is None


def test_what_does_not_pass_is_not_asked_again() -> None:
    assert wait_before(1, Trouble("model_key_refused", "no"), left=100, chance=0) is None


def test_where_nothing_listens_two_tries_are_enough() -> None:
    absent = Trouble("model_unreachable", "refused", is_passing=True, is_absent=True)
    assert wait_before(1, absent, left=100, chance=0) is not None
    assert wait_before(2, absent, left=100, chance=0) is None


def test_a_server_that_fails_again_and_again_is_left_alone_longer() -> None:
    rests = [rest_after(faults) for faults in range(FAULTS + 20)]
    assert rests[:FAULTS] == [0.0] * FAULTS
    assert rests[FAULTS] == 15.0
    assert rests == sorted(rests)
    assert rests[-1] == LONGEST_REST
