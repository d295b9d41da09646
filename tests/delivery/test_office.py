"""The office on a real store: signed, in order, tried again on schedule, and never stopped by the dead."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from ipaddress import IPv4Address, ip_network
from typing import Any

import pytest

from gnomon.core.access import Workspace
from gnomon.core.delivery import SCHEDULE, DeliveryStatus, Endpoint
from gnomon.core.errors import Unavailable
from gnomon.core.event import EventType
from gnomon.core.ports import ChangeEndpoint, Claim, DeliveryQuery, Finish, Holding, RotateSecret
from gnomon.core.retry import Done, RetryPolicy
from gnomon.delivery import SignatureInvalid, sign, verify
from gnomon.delivery.signature import WITH_TEXT_KEY
from gnomon.outbound.gate import REFUSED, UNREACHABLE, Gate
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault
from gnomon.wiring import SystemClock

Listen = Callable[..., Awaitable[Any]]
WORKSPACE = "wsp_1"
SECRETS = ["whsec_" + "A" * 43 + "=", "whsec_" + "B" * 42 + "A="]
DELIVERED, PENDING, EXHAUSTED = DeliveryStatus.DELIVERED, DeliveryStatus.PENDING, DeliveryStatus.EXHAUSTED


def status(code: int, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {code} X\r\n{lines}Content-Length: 4\r\n\r\nbody".encode()


def all_are(wanted: DeliveryStatus) -> Callable[[Any], bool]:
    return lambda found: all(delivery.status is wanted for delivery in found)


def attempted(times: int) -> Callable[[Any], bool]:
    return lambda found: all(delivery.attempts == times for delivery in found)


async def attempts(town: Any, endpoint: Endpoint) -> list[Any]:
    (delivery,) = await town.deliveries(endpoint)
    return list(await town.store.list_delivery_attempts(WORKSPACE, delivery.id))


async def test_an_event_arrives_signed_as_it_is_stored(town: Any, listen: Listen) -> None:
    receiver = await listen()
    endpoint = await town.endpoint(receiver.url)
    async with town.open(user_agent="Gnomon/1.2.3"):
        (task,) = await town.submit()
        (post,) = await receiver.expect(1)
        (delivery,) = await town.settled(endpoint, all_are(DELIVERED))
    assert post.id == delivery.id == f"msg_{task.id[4:]}_1_{endpoint.id[4:]}"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["user-agent"] == "Gnomon/1.2.3"
    verify(SECRETS[0], post.headers, post.body, now=town.clock.now().timestamp())
    parcel = await town.store.get_parcel(WORKSPACE, delivery.id)
    assert parcel.body == post.body
    (attempt,) = await attempts(town, endpoint)
    assert (attempt.number, attempt.status_code, attempt.error, attempt.answer) == (1, 200, None, "ok")


async def test_what_was_due_before_the_start_is_sent_at_the_start(town: Any, listen: Listen) -> None:
    receiver = await listen()
    await town.endpoint(receiver.url)
    await town.submit(3)
    async with town.open():
        assert len({post.id for post in await receiver.expect(3)}) == 3


async def test_the_schedule_is_kept_to_its_end_and_nothing_comes_early(town: Any, listen: Listen) -> None:
    receiver = await listen(status(500))
    endpoint = await town.endpoint(receiver.url)
    async with town.open():
        await town.submit()
        for number, pause in enumerate(SCHEDULE, start=1):
            (delivery,) = await town.settled(endpoint, attempted(number))
            left = (delivery.due_at - town.clock.now()) / pause
            assert 1 <= left <= 1.2
            town.later(seconds=pause.total_seconds() * 0.999)
            await town.store.ping()
            assert len(receiver.posts) == number
            town.later(seconds=(delivery.due_at - town.clock.now()).total_seconds())
        (delivery,) = await town.settled(endpoint, all_are(EXHAUSTED))
    assert len(receiver.posts) == len(SCHEDULE) + 1
    assert len({(post.id, post.body) for post in receiver.posts}) == 1
    stamps = [int(post.headers["webhook-timestamp"]) for post in receiver.posts]
    assert stamps == sorted(set(stamps))
    log = await attempts(town, endpoint)
    assert [attempt.number for attempt in log] == list(range(1, 10))
    assert {attempt.error for attempt in log} == {"The receiver answered 500."}
    assert (await town.store.get_endpoint(WORKSPACE, endpoint.id)).is_enabled


async def test_the_office_wakes_by_itself_when_a_retry_is_due(town: Any, listen: Listen) -> None:
    answers = [status(500), status(500), status(200)]

    async def third_time_lucky(_: object) -> bytes:
        return answers.pop(0)

    receiver = await listen(third_time_lucky)
    endpoint = await town.endpoint(receiver.url)
    schedule = [timedelta(milliseconds=100)] * 5
    async with town.open(clock=SystemClock(), schedule=schedule):
        await town.submit()
        await town.settled(endpoint, all_are(DELIVERED))
    assert not answers


async def test_retry_after_is_waited_for(town: Any, listen: Listen) -> None:
    receiver = await listen(status(503, "Retry-After: 600"))
    endpoint = await town.endpoint(receiver.url)
    async with town.open():
        await town.submit()
        (delivery,) = await town.settled(endpoint, attempted(1))
    assert delivery.due_at == town.clock.now() + timedelta(seconds=600)


async def test_410_disables_and_enabling_sends_what_was_missed(town: Any, listen: Listen) -> None:
    receiver = await listen(status(410))
    endpoint = await town.endpoint(receiver.url)
    async with town.open():
        await town.submit()
        await town.settled(endpoint, attempted(1))
        disabled = await town.store.get_endpoint(WORKSPACE, endpoint.id)
        assert "410" in (disabled.disabled_reason or "")
        await town.submit()
        town.later(days=1)
        receiver.answer = status(204)
        command = ChangeEndpoint(
            workspace=WORKSPACE, endpoint_id=endpoint.id, now=town.clock.now(), is_enabled=True
        )
        await town.store.change_endpoint(command)
        await town.settled(endpoint, all_are(DELIVERED))
    assert len(receiver.posts) == 3


async def test_days_without_success_disable_and_one_success_prevents_it(town: Any, listen: Listen) -> None:
    receiver = await listen(status(500))
    endpoint = await town.endpoint(receiver.url)
    async with town.open(schedule=[timedelta(days=2)] * 4):
        await town.submit()
        for number in (1, 2, 3):
            (delivery,) = await town.settled(endpoint, attempted(number))
            assert (await town.store.get_endpoint(WORKSPACE, endpoint.id)).is_enabled
            town.later(seconds=(delivery.due_at - town.clock.now()).total_seconds())
        await town.settled(endpoint, attempted(4))
        disabled = await town.store.get_endpoint(WORKSPACE, endpoint.id)
    assert "5 days" in (disabled.disabled_reason or "")


async def test_a_redirect_is_a_failure_that_says_so(town: Any, listen: Listen) -> None:
    elsewhere = await listen()
    receiver = await listen(status(301, f"Location: {elsewhere.url}"))
    endpoint = await town.endpoint(receiver.url)
    async with town.open():
        await town.submit()
        await town.settled(endpoint, attempted(1))
    (attempt,) = await attempts(town, endpoint)
    assert attempt.status_code == 301
    assert "redirects are not followed" in attempt.error
    assert not elsewhere.posts


async def test_forbidden_refused_and_silent_receivers_look_alike(town: Any, listen: Listen) -> None:
    async def hang_up(_: object) -> None:
        return None

    silent = await listen(hang_up)

    async def lead_inside(_: str) -> list[IPv4Address]:
        return [IPv4Address("10.0.0.1")]

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{free.getsockname()[1]}/"
    urls = ["http://inside.example/", f"http://{closed}", f"https://{closed}", silent.url]
    endpoints = [await town.endpoint(url) for url in urls]
    gate = Gate(allow=[ip_network("127.0.0.0/8")], is_http_allowed=True, timeout=5, resolve=lead_inside)
    async with town.open(gate=gate):
        await town.submit()
        for endpoint in endpoints:
            await town.settled(endpoint, attempted(1))
    logs = [await attempts(town, endpoint) for endpoint in endpoints]
    assert {(log[0].status_code, log[0].error, log[0].answer) for log in logs} == {(None, UNREACHABLE, "")}


async def test_a_url_that_is_refused_is_not_blamed_on_the_receiver(town: Any) -> None:
    words = {"http://receiver.example/": "--webhook-http", "https://10.0.0.1/": "--webhook-allow"}
    words |= {"https://127.1/": "four decimal numbers", "https://receiver.example:22/": "Use port 443"}
    endpoints = {url: await town.endpoint(url) for url in words}
    gate = Gate(allow=[ip_network("127.0.0.0/8")])
    async with town.open(gate=gate):
        await town.submit()
        for url, endpoint in endpoints.items():
            await town.settled(endpoint, attempted(1))
            (attempt,) = await attempts(town, endpoint)
            assert attempt.error == f"{REFUSED} {gate.check_url(url)}"
            assert words[url] in attempt.error


async def test_an_overlap_signs_twice_and_its_end_once(town: Any, listen: Listen) -> None:
    receiver = await listen()
    endpoint = await town.endpoint(receiver.url)
    command = RotateSecret(
        workspace=WORKSPACE,
        endpoint_id=endpoint.id,
        sealed=town.vault.seal(SECRETS[1].encode()),
        overlap=timedelta(hours=1),
        now=town.clock.now(),
    )
    await town.store.rotate_secret(command)
    async with town.open():
        await town.submit()
        (during,) = await receiver.expect(1)
        for secret in SECRETS:
            verify(secret, during.headers, during.body, now=town.clock.now().timestamp())
        town.later(hours=2)
        await town.submit()
        after = (await receiver.expect(2))[1]
    assert len(during.headers["webhook-signature"].split(" ")) == 2
    assert len(after.headers["webhook-signature"].split(" ")) == 1
    verify(SECRETS[1], after.headers, after.body, now=town.clock.now().timestamp())


async def test_a_dialect_signs_as_its_receivers_check(town: Any, listen: Listen) -> None:
    receiver, plain = await listen(), await listen()
    await town.endpoint(receiver.url, dialect="twofold")
    await town.endpoint(plain.url)
    write = town.office().bodies["native"]
    bodies = {"native": write, "twofold": write}
    async with town.open(bodies=bodies, schemes={"twofold": WITH_TEXT_KEY}):
        await town.submit()
        (post,), (other,) = await receiver.expect(1), await plain.expect(1)
    at = int(town.clock.now().timestamp())
    signed = sign([SECRETS[0]], post.id, at, post.body, WITH_TEXT_KEY)
    assert post.headers["webhook-signature"] == signed
    assert len(signed.split(" ")) == 2
    assert other.headers["webhook-signature"] == sign([SECRETS[0]], other.id, at, other.body)


async def test_a_workspaces_rotation_reaches_what_waits_to_be_sent_again(town: Any, listen: Listen) -> None:
    """The bytes stay, the secrets are those of the moment."""
    receiver = await listen(status(500))
    now = town.clock.now()
    sealed = [town.vault.seal(secret.encode()) for secret in SECRETS]
    workspace = Workspace(id=WORKSPACE, number=0, identifier="acme", created_at=now)
    await town.store.create_workspace(workspace, [], sealed[0])
    endpoint = await town.endpoint(receiver.url, sealed=None)
    rotation = RotateSecret(workspace=WORKSPACE, sealed=sealed[1], overlap=timedelta(seconds=30), now=now)
    async with town.open():
        await town.submit()
        await town.settled(endpoint, attempted(1))
        await town.store.rotate_workspace_secret(rotation)
        town.later(seconds=10)
        await town.settled(endpoint, attempted(2))
        receiver.answer = status(200)
        town.later(hours=1)
        await town.settled(endpoint, all_are(DELIVERED))
    first, second, third = receiver.posts
    assert first.body == second.body == third.body
    fit = [[secret for secret in SECRETS if fits(secret, post)] for post in receiver.posts]
    assert fit == [[SECRETS[0]], SECRETS, [SECRETS[1]]]


def fits(secret: str, post: Any) -> bool:
    try:
        verify(secret, post.headers, post.body, now=float(post.headers["webhook-timestamp"]))
    except SignatureInvalid:
        return False
    return True


async def test_nothing_is_sent_unsigned(town: Any, listen: Listen) -> None:
    receiver = await listen()
    endpoint = await town.endpoint(receiver.url, sealed=None)
    async with town.open():
        await town.submit()
        await town.settled(endpoint, attempted(1))
    assert not receiver.posts
    (attempt,) = await attempts(town, endpoint)
    assert "could not write or sign" in attempt.error


async def test_the_events_of_a_task_arrive_in_order_though_the_first_fails(town: Any, listen: Listen) -> None:
    fail = True

    async def sometimes(_: object) -> bytes:
        return status(500) if fail else status(200)

    receiver = await listen(sometimes)
    endpoint = await town.endpoint(receiver.url, event_types=frozenset(EventType))
    async with town.open():
        (task,) = await town.submit()
        await receiver.expect(1)
        claim = Claim(worker="w", kinds=("test",), now=town.clock.now(), lease=timedelta(minutes=1), limit=1)
        (attempt,) = await town.store.claim(claim)
        finish = Finish(
            holding=Holding(task_id=attempt.id, fence=attempt.fence),
            ending=Done(result=1),
            now=town.clock.now(),
            policy=RetryPolicy(),
            chance=0,
        )
        await town.store.finish(finish)
        fail = False
        town.later(seconds=6)
        await town.settled(endpoint, all_are(DELIVERED))
    numbers = [post.id.split("_")[2] for post in receiver.posts]
    assert numbers == ["1", "1", "2", "3"]
    assert all(task.id[4:] in post.id for post in receiver.posts)


async def test_a_receiver_that_is_down_for_one_stops_no_other(town: Any, listen: Listen) -> None:
    """A hundred receivers accept and never answer; one answers, before and meanwhile."""

    async def never(_: object) -> bytes:
        await asyncio.Event().wait()
        return b""

    came: dict[str, float] = {}

    async def note(post: Any) -> bytes:
        came[post.id] = time.monotonic()
        return status(200)

    healthy = await listen(note)
    endpoint = await town.endpoint(healthy.url)
    for _ in range(100):
        await town.endpoint((await listen(never)).url)
    async with town.open(timeout=30, concurrency=512):
        began = time.monotonic()
        for _ in range(20):
            await town.submit(5)
        await town.settled(endpoint, lambda found: len(found) == 100 and all_are(DELIVERED)(found))
        assert time.monotonic() - began < 15  # the dead hold theirs for 30 s
    assert len(came) == 100


async def test_many_endpoints_of_one_dead_host_hold_few_places(town: Any, listen: Listen) -> None:
    async def never(_: object) -> bytes:
        await asyncio.Event().wait()
        return b""

    dead, healthy = await listen(never), await listen()
    for number in range(60):
        await town.endpoint(f"{dead.url}/{number}")
    endpoint = await town.endpoint(healthy.url)
    async with town.open(timeout=30, concurrency=16):
        await town.submit(10)
        await town.settled(endpoint, lambda found: len(found) == 10 and all_are(DELIVERED)(found))
        assert len(dead.posts) <= 4


async def test_closing_takes_seconds_and_what_was_on_its_way_goes_out_again(
    town: Any, listen: Listen
) -> None:
    async def never(_: object) -> bytes:
        await asyncio.Event().wait()
        return b""

    receiver = await listen(never)
    endpoint = await town.endpoint(receiver.url)
    async with town.open(timeout=30):
        await town.submit()
        await receiver.expect(1)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    receiver.answer = status(200)
    async with town.open():
        first, second = await receiver.expect(2)
        await town.settled(endpoint, all_are(DELIVERED))
    assert (first.id, first.body) == (second.id, second.body)


async def test_a_store_that_is_away_is_waited_for(
    town: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gnomon.delivery.office._STORE_PAUSE", 0.01)
    away = {"claim_deliveries": 2, "record_delivery": 2, "next_delivery_due": 2}

    def sometimes(name: str) -> Any:
        verb = getattr(SqliteStore, name)

        async def call(*given: Any, **named: Any) -> Any:
            if away[name]:
                away[name] -= 1
                raise Unavailable
            return await verb(*given, **named)

        return call

    for name in away:
        monkeypatch.setattr(SqliteStore, name, sometimes(name))
    receiver = await listen()
    endpoint = await town.endpoint(receiver.url)
    async with town.open():
        await town.submit()
        await town.settled(endpoint, all_are(DELIVERED))
        async with asyncio.timeout(10):
            while any(away.values()):  # noqa: ASYNC110 - the store tells nobody that it was asked
                await asyncio.sleep(0.01)
    assert len(receiver.posts) == 1


async def test_what_cannot_be_written_or_signed_is_told_and_stops_nothing(town: Any, listen: Listen) -> None:
    receiver, other = await listen(), await listen()
    foreign = KeyVault(b"x" * 32).seal(SECRETS[0].encode())
    bad = await town.endpoint(receiver.url, sealed=foreign)
    unknown = await town.endpoint(receiver.url, dialect="klingon")
    good = await town.endpoint(other.url)
    async with town.open():
        await town.submit(2)
        await town.settled(good, all_are(DELIVERED))
        for endpoint in (bad, unknown):
            waiting = await town.settled(endpoint, attempted(1))
            assert all(d.status is PENDING and d.due_at > town.clock.now() for d in waiting)
            for delivery in waiting:
                (attempt,) = await town.store.list_delivery_attempts(WORKSPACE, delivery.id)
                assert (attempt.status_code, "operator finds the cause" in attempt.error) == (None, True)
    assert not receiver.posts


async def test_what_is_written_at_a_later_attempt_arrives_then(town: Any, listen: Listen) -> None:
    receiver = await listen()
    endpoint = await town.endpoint(receiver.url, dialect="late")
    bodies = dict(town.office().bodies)
    async with town.open(bodies=bodies):
        await town.submit()
        await town.settled(endpoint, attempted(1))
        bodies["late"] = bodies["native"]
        town.later(seconds=7)
        (delivery,) = await town.settled(endpoint, all_are(DELIVERED))
    assert (delivery.attempts, len(receiver.posts)) == (2, 1)


async def test_a_deleted_endpoint_gets_nothing_more(town: Any, listen: Listen) -> None:
    receiver = await listen(status(500))
    endpoint = await town.endpoint(receiver.url)
    async with town.open():
        await town.submit()
        await town.settled(endpoint, attempted(1))
        await town.store.delete_endpoint(WORKSPACE, endpoint.id, town.clock.now())
        town.later(days=1)
        other = await listen()
        marker = await town.endpoint(other.url)
        await town.submit()
        await town.settled(marker, all_are(DELIVERED))
    assert len(receiver.posts) == 1


async def test_redelivery_sends_the_same_bytes_again(town: Any, listen: Listen) -> None:
    receiver = await listen()
    endpoint = await town.endpoint(receiver.url)
    async with town.open():
        await town.submit(2)
        await town.settled(endpoint, lambda found: len(found) == 2 and all_are(DELIVERED)(found))
        query = DeliveryQuery(workspace=WORKSPACE, endpoint_id=endpoint.id, after=1)
        assert await town.store.redeliver(query, town.clock.now()) == 1
        posts = await receiver.expect(3)
    again = posts[2]
    assert [(post.id, post.body) for post in posts].count((again.id, again.body)) == 2
