"""Token buckets, headcounts and failures: pure first, then at the doors."""

import math
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import House, Tenant, client_of, open_app

from gnomon.core.access import KeyRole, Limits
from gnomon.core.errors import QuotaExceeded
from gnomon.web.limits import Failures, Headcount, Policy, Turnstile, address_of, take

POLICIES = st.builds(
    Policy, name=st.just("p"), quota=st.integers(1, 1000), window=st.sampled_from([1.0, 60.0])
)
STEPS = st.lists(st.floats(0, 90), min_size=1, max_size=60)


@given(POLICIES, STEPS)
def test_a_bucket_never_gives_more_than_it_holds_and_gains(policy: Policy, steps: list[float]) -> None:
    now = full_at = 1000.0
    granted: list[float] = []
    for step in steps:
        now += step
        for _ in range(3):
            verdict = take(policy, full_at, now)
            full_at = verdict.full_at
            granted += [now] * verdict.is_admitted
            assert 0 <= verdict.remaining <= policy.quota
            assert 0 <= verdict.reset <= policy.window * 1.001
            assert (verdict.retry_after > 0) is not verdict.is_admitted
    for index, first in enumerate(granted):
        most = policy.quota * (1 + (granted[-1] - first) / policy.window)
        assert len(granted) - index <= most + 0.01


@given(POLICIES, st.integers(1, 1200))
def test_a_bucket_tells_how_many_are_left(policy: Policy, tries: int) -> None:
    full_at, now = 0.0, 5000.0
    for number in range(1, tries + 1):
        verdict = take(policy, full_at, now)
        full_at = verdict.full_at
        assert verdict.is_admitted is (number <= policy.quota)
        assert verdict.remaining == max(policy.quota - number, 0)


@given(POLICIES, STEPS)
def test_who_waits_as_told_is_let_in(policy: Policy, steps: list[float]) -> None:
    now = full_at = 1000.0
    for step in steps:
        now += step / 30
        while (verdict := take(policy, full_at, now)).is_admitted:
            full_at = verdict.full_at
        if verdict.retry_after > policy.window / policy.quota / 50:
            assert not take(policy, full_at, now + verdict.retry_after * 0.9).is_admitted
        assert take(policy, full_at, now + verdict.retry_after + 1e-6).is_admitted


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 5)), max_size=200))
@settings(max_examples=50)
def test_callers_do_not_share_and_memory_is_bounded(visits: list[tuple[int, float]]) -> None:
    time = 0.0
    turnstile = Turnstile(Policy(name="p", quota=3), most=20, now=lambda: time)
    for caller, step in visits:
        time += step
        left = turnstile.look(str(caller)).remaining
        verdict = turnstile.admit(str(caller))
        assert verdict.remaining == (left if verdict.is_admitted else 0)
        assert len(turnstile) <= 20


def test_the_fields_are_structured_as_the_draft_says() -> None:
    policy = Policy(name="requests", quota=100)
    verdict = take(policy, 0.0, 1000.0)
    assert dict(verdict.headers) == {
        b"ratelimit-policy": b'"requests";q=100;w=60',
        b"ratelimit": b'"requests";r=99;t=1',
    }


def test_a_headcount_is_per_caller_and_forgets_who_left() -> None:
    streams = Headcount("streams", 2)
    with streams.hold("a"), streams.hold("a"), streams.hold("b"):
        assert len(streams) == 2
        with pytest.raises(QuotaExceeded, match="2 streams") as caught, streams.hold("a"):
            pass
        assert caught.value.quota == "streams"
    assert len(streams) == 0
    with pytest.raises(ZeroDivisionError), streams.hold("a"):
        raise ZeroDivisionError
    assert len(streams) == 0


def test_without_a_limit_nothing_is_refused() -> None:
    waits = Headcount("waits", None)
    with waits.hold("a"), waits.hold("a"):
        assert len(waits) == 1


def test_who_waits_for_too_many_is_granted_no_time() -> None:
    waits = Headcount("waits", 1)
    with waits.grant("a", 20.0) as first, waits.grant("a", 20.0) as second, waits.grant("b", 20.0) as other:
        assert (first, second, other) == (20.0, 0.0, 20.0)
    with waits.grant("a", 20.0) as again:
        assert again == 20.0
    assert len(waits) == 0


def test_an_address_may_fail_so_often_in_a_minute() -> None:
    time = 0.0
    failures = Failures(3, now=lambda: time)
    assert [failures.count("1.1.1.1").is_admitted for _ in range(5)] == [True, True, True, False, False]
    assert 0 < failures.count("1.1.1.1").retry_after <= 20
    assert failures.count("2.2.2.2").is_admitted
    time += 20.001
    assert failures.count("1.1.1.1").is_admitted


def test_failures_of_a_million_addresses_take_little_memory() -> None:
    failures = Failures(3)
    for number in range(50_000):
        failures.count(str(number))
    assert len(failures) <= 20_000


@pytest.mark.parametrize(
    ("client", "name"),
    [
        (("192.0.2.7", 80), "192.0.2.7"),
        (("::ffff:192.0.2.7", 80), "192.0.2.7"),
        (("2001:db8:1:2:aaaa::1", 80), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:bbbb::2", 80), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 80), "fe80::/64"),
        (("testclient", 80), "testclient"),
        (None, ""),
    ],
)
def test_an_address_is_named_by_its_site(client: Any, name: str) -> None:
    assert address_of({"type": "http", "client": client}) == name


PATHS = {"daly": "/locations", "native": "/gnomon/v1/tasks"}


def limited(house: House, **limits: Any) -> House:
    return replace(house, limits=Limits(**limits))


def keyed(app: Any, tenant: Tenant) -> httpx.AsyncClient:
    return client_of(app, **{"X-API-Key": tenant.founded.keys[KeyRole.API]})


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
async def test_every_answer_to_a_limited_key_says_what_is_left(
    house: House, ours: Tenant, theirs: Tenant, path: str
) -> None:
    app = open_app(limited(house, requests=5))
    client = keyed(app, ours)
    for left in (4, 3, 2, 1, 0):
        answered = await client.get(path if left != 2 else path + "/none")
        assert answered.status_code in (200, 404, 422)
        assert answered.headers["ratelimit-policy"] == '"requests";q=5;w=60'
        assert re.fullmatch(rf'"requests";r={left};t=\d+', answered.headers["ratelimit"])
    refused = await client.get(path)
    assert refused.status_code == 429
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= 12
    assert refused.headers["ratelimit"] == f'"requests";r=0;t={wait}'
    assert (await keyed(app, theirs).get(path)).status_code == 200


async def test_a_refusal_has_the_body_of_its_door(house: House, ours: Tenant) -> None:
    client = keyed(open_app(limited(house, requests=1)), ours)
    await client.get("/locations")
    daly, native = (await client.get("/locations")).json(), (await client.get("/gnomon/v1/tasks")).json()
    assert "1 requests of a minute" in daly["detail"]
    assert native["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert (native["status"], native["code"], native["retryable"]) == (429, "quota_exceeded", True)
    assert native["violated-policies"] == ["requests"]


async def test_doors_share_one_bucket_of_a_key(house: House, ours: Tenant) -> None:
    client = keyed(open_app(limited(house, requests=2)), ours)
    statuses = [(await client.get(path)).status_code for path in (*PATHS.values(), *PATHS.values())]
    assert statuses == [200, 200, 429, 429]


async def test_without_a_limit_no_answer_speaks_of_one(app: Any, ours: Tenant) -> None:
    answered = await keyed(app, ours).get("/locations")
    assert not [name for name in answered.headers if name.startswith("ratelimit")]


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
async def test_failures_of_an_address_are_limited(
    house: House, ours: Tenant, theirs: Tenant, path: str
) -> None:
    app = open_app(house, failures=3)
    good, fresh = keyed(app, ours), keyed(app, theirs)
    assert (await good.get(path)).status_code == 200
    wrong = client_of(app, **{"X-API-Key": "gn_live_wrong"})
    assert [(await wrong.get(path)).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    refused = await wrong.get(path)
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["ratelimit"].startswith('"failures";r=0;t=')
    assert (await fresh.get(path)).status_code == 200
    assert (await good.get(path)).status_code == 200
    assert (await wrong.get(path)).status_code == 429
    elsewhere = httpx.ASGITransport(app=app, client=("192.0.2.9", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://gnomon.test") as far:
        assert (await far.get(path, headers={"X-API-Key": "gn_live_wrong"})).status_code == 401


async def test_the_exchange_of_keys_is_limited_too(house: House, ours: Tenant) -> None:
    client = client_of(open_app(house, failures=2))
    wrong = {"workspace": "wk_live_x", "user": "uk_live_x"}
    statuses = [(await client.post("/auth/token", json=wrong)).status_code for _ in range(4)]
    assert statuses == [401, 401, 429, 429]


async def test_no_credential_is_no_failure(house: House, ours: Tenant) -> None:
    app = open_app(house, failures=1)
    statuses = [(await client_of(app).get("/locations")).status_code for _ in range(4)]
    assert statuses == [401] * 4
    assert (await keyed(app, ours).get("/locations")).status_code == 200


def test_a_wait_is_told_in_whole_seconds_that_suffice() -> None:
    verdict = take(Policy(name="p", quota=7), 1060.0, 1000.0)
    later = 1000.0 + math.ceil(verdict.retry_after)
    assert take(Policy(name="p", quota=7), 1060.0, later).is_admitted


async def test_a_submission_is_never_refused_for_its_wait(house: House, ours: Tenant) -> None:
    client = keyed(open_app(limited(house, waits=0)), ours)
    order = {"kind": "pvsyst_component", "input": {"blob": "0" * 64, "filename": "a.pan", "as": "module"}}
    made = await client.post("/gnomon/v1/tasks", json=order, headers={"Prefer": "wait=50"})
    assert (made.status_code, made.headers["preference-applied"]) == (202, "wait=0")
    told = await client.get(f"/gnomon/v1/tasks/{made.json()['id']}?after_version=1&wait=50")
    assert (told.status_code, told.json()["violated-policies"]) == (429, ["waits"])
    assert told.headers["ratelimit"] == '"waits";r=0;t=5'
