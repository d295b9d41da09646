"""Budgets by effort, lowered by who asks and who pays; and a meter that is never ahead of what was used."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.brief import EFFORTS, Brief
from gnomon.workloads.research.budget import Meter, Spent, budget_of
from gnomon.workloads.research.record import Usage

GROWING = ("rounds", "queries", "searches", "sources", "tokens", "cost_usd", "seconds")


@pytest.mark.parametrize("name", GROWING)
@pytest.mark.parametrize("is_fast", [False, True])
def test_more_effort_allows_no_less(name, is_fast):
    limits = [getattr(budget_of(Brief(input="q", effort=e, is_fast=is_fast), {}), name) for e in EFFORTS]
    assert all(one <= other for one, other in pairwise(limits))
    assert limits[0] < limits[-1]


@given(st.sampled_from(EFFORTS), st.integers(1, 10**8), st.floats(0, 100), st.floats(0.1, 10**5))
def test_a_limit_only_lowers(effort, tokens, cost, seconds):
    plain = budget_of(Brief(input="q", effort=effort), {})
    given_ = {"tokens": tokens, "cost_usd": cost, "seconds": seconds}
    limited = budget_of(Brief(input="q", effort=effort, budget=given_), {"max_cost": 0.01})
    assert limited.tokens == min(plain.tokens, tokens)
    assert limited.cost_usd == min(plain.cost_usd, cost, 0.01)
    assert limited.seconds == min(plain.seconds, seconds)
    assert limited.is_cost_limited


def test_a_hurry_takes_less_time():
    calm, fast = (budget_of(Brief(input="q", effort=5, is_fast=fast), {}) for fast in (False, True))
    assert fast.seconds < calm.seconds
    assert fast.rounds < calm.rounds
    assert fast.fields_per_call > calm.fields_per_call


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_model_of_this_machine_has_more_time_and_a_server_of_models_has_not(effort):
    brief = Brief(input="q", effort=effort)
    plain, local = budget_of(brief, {}), budget_of(brief, {"model": "local:smollm2"})
    assert local.seconds == 5 * plain.seconds
    assert budget_of(brief, {"model": "local:m", "model_url": "http://127.0.0.1/v1"}) == plain
    assert budget_of(Brief(input="q", budget={"seconds": 7.0}), {"model": "local:m"}).seconds == 7


class Hand:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def meter(**budget):
    return Meter(budget_of(Brief(input="q", effort=1, budget=budget), {}), clock=Hand())


@pytest.mark.parametrize(
    ("usage", "seconds", "reached"),
    [
        (Usage(input_tokens=90, output_tokens=5), 0, "the budget of 100 tokens"),
        (Usage(cost_usd=0.5), 0, "the budget of 0.02 USD"),
        (Usage(), 60, "the budget of 60 seconds"),
        (Usage(cost_usd=None), 0, None),
        (Usage(), 0, None),
    ],
)
def test_the_first_limit_that_is_reached_is_named(usage, seconds, reached):
    found = meter(tokens=100)
    found.usage += usage
    found.clock.now += seconds
    assert found.limit(tokens=6) == reached


def test_what_was_paid_in_an_earlier_attempt_counts():
    found = meter(tokens=100)
    found.replay(
        {"usage": {"calls": 2, "input_tokens": 60, "output_tokens": 10, "cost_usd": 0.01}, "at": 41.0}
    )
    found.replay({"at": 12.0})
    assert (found.tokens, found.usage.calls, found.seconds) == (70, 2, 41.0)
    found.clock.now += 2
    assert found.seconds_left == pytest.approx(60 - 43)


async def test_calls_at_the_same_time_do_not_share_one_room():
    found = meter(tokens=100)
    order = []

    async def call(name, is_first):
        async with found.room(60, 1.0):
            order.append(f"{name} in")
            if is_first:
                await asyncio.sleep(0)
            found.usage += Usage(input_tokens=30)
            order.append(f"{name} out")

    await asyncio.gather(call("a", True), call("b", False))
    assert order == ["a in", "a out", "b in", "b out"]
    with pytest.raises(Spent, match="100 tokens"):
        await call("c", True)


async def test_who_waits_for_room_is_woken_by_a_call_that_failed():
    found = meter(tokens=100)
    began = asyncio.Event()

    async def fail():
        async with found.room(80, 1.0):
            began.set()
            await asyncio.sleep(0)
            raise LookupError

    async def follow():
        await began.wait()
        async with found.room(80, 1.0):
            return True

    failed, followed = await asyncio.gather(fail(), follow(), return_exceptions=True)
    assert isinstance(failed, LookupError)
    assert followed is True


async def test_time_that_is_up_is_told_from_a_time_out_of_the_work():
    found = Meter(budget_of(Brief(input="q", budget={"seconds": 0.01}), {}))
    with pytest.raises(Spent, match="seconds"):
        await found.within(asyncio.Event().wait())

    async def time_out():
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await meter().within(time_out())


def test_a_reply_is_no_longer_than_time_allows_at_the_speed_seen():
    budget = meter()
    assert budget.affordable(5_000) == 5_000, "nothing is known yet"
    budget.saw(10, 10.0)
    assert budget.affordable(5_000) == 5_000, "a reply so short tells how far away the model is"
    budget.saw(200, 20.0)
    budget.clock.now += 20.0
    assert budget.affordable(5_000) == 800, "40 seconds at 10 tokens each, and as many again for luck"
    assert budget.affordable(300) == 300
    budget.clock.now += 37.0
    with pytest.raises(Spent, match="60 seconds"):
        budget.affordable(300)
    assert budget.affordable(50) == 50
