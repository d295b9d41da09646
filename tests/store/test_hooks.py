"""Endpoints and the outbox: who is told what, in which order, and what remains when nobody listens."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gnomon.core.access import Workspace
from gnomon.core.delivery import (
    DEFAULT_TYPES,
    DeliveryAttempt,
    DeliveryStatus,
    Endpoint,
    NewEndpoint,
    Parcel,
    Sealed,
    Verdict,
    receiver_of,
)
from gnomon.core.errors import Conflict, NotFound, PreconditionFailed, QuotaExceeded
from gnomon.core.event import EventType
from gnomon.core.ports import AttemptMade, ChangeEndpoint, DeliveryQuery, RotateSecret, Submit
from gnomon.core.task import Task, Visibility

WORKSPACE = "wsp_1"
ALL = frozenset(EventType)
LEASE = timedelta(seconds=60)
HOUR = timedelta(hours=1)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Desk:
    """Short words for the verbs of webhooks."""

    shop: Any
    made: int = 0
    sent: list[str] = field(default_factory=list)

    def new(self, **fields: Any) -> NewEndpoint:
        self.made += 1
        standard = {
            "id": f"whe_{self.made:026}",
            "workspace": WORKSPACE,
            "url": f"https://receiver{self.made}.example/hook",
            "sealed": f"sealed-{self.made}",
        }
        return NewEndpoint(**(standard | fields))

    async def create(self, most: int | None = None, **fields: Any) -> Endpoint:
        made: Endpoint = await self.shop.store.create_endpoint(self.new(**fields), self.shop.now, most)
        return made

    async def change(self, endpoint: Endpoint, **fields: Any) -> Endpoint:
        command = ChangeEndpoint(workspace=WORKSPACE, endpoint_id=endpoint.id, now=self.shop.now, **fields)
        changed: Endpoint = await self.shop.store.change_endpoint(command)
        return changed

    async def claim(self, limit: int = 100, busy: tuple[str, ...] = (), **fields: Any) -> list[Parcel]:
        return list(
            await self.shop.store.claim_deliveries(
                self.shop.now, limit=limit, lease=LEASE, busy=busy, **fields
            )
        )

    async def record(
        self,
        parcel: Parcel,
        status: DeliveryStatus = DeliveryStatus.DELIVERED,
        due_at: datetime | None = None,
        *,
        disable: str | None = None,
        body: bytes | None = None,
    ) -> Any:
        attempt = DeliveryAttempt(
            number=parcel.delivery.attempts + 1,
            started_at=self.shop.now,
            duration=timedelta(milliseconds=20),
            status_code=200 if status is DeliveryStatus.DELIVERED else 500,
        )
        return await self.shop.store.record_delivery(
            AttemptMade(
                delivery_id=parcel.delivery.id,
                now=self.shop.now,
                attempt=attempt,
                verdict=Verdict(status=status, due_at=due_at, disable=disable),
                body=body or parcel.delivery.id.encode(),
            )
        )

    def query(self, endpoint: Endpoint, **fields: Any) -> DeliveryQuery:
        return DeliveryQuery(workspace=WORKSPACE, endpoint_id=endpoint.id, **fields)

    async def listed(self, endpoint: Endpoint, **fields: Any) -> list[Any]:
        return list((await self.shop.store.list_deliveries(self.query(endpoint, **fields))).records)

    async def redeliver(self, endpoint: Endpoint, **fields: Any) -> int:
        count: int = await self.shop.store.redeliver(self.query(endpoint, **fields), self.shop.now)
        return count

    async def drain(self) -> list[tuple[str, int]]:
        """Send all that is due, and say of which task which event went out, in order."""
        told: list[tuple[str, int]] = []
        while parcels := await self.claim():
            for parcel in parcels:
                told.append((parcel.delivery.task_id or "", parcel.delivery.event_number))
                await self.record(parcel)
        return told


@pytest.fixture
def desk(shop: Any) -> Desk:
    return Desk(shop)


async def run_task(shop: Any, **fields: Any) -> Task:
    task = await shop.start(**fields)
    return await shop.done(task, {"sum": 3})


async def test_an_endpoint_is_stored_read_and_listed(desk: Desk) -> None:
    made = await desk.create(description="mine")
    assert made.event_types == DEFAULT_TYPES
    assert (made.version, made.last_number, made.is_enabled) == (1, 0, True)
    assert [sealed.text for sealed in made.secrets] == ["sealed-1"]
    assert await desk.shop.store.get_endpoint(WORKSPACE, made.id) == made
    others = [await desk.create() for _ in range(2)]
    page = await desk.shop.store.list_endpoints(WORKSPACE, limit=2)
    assert list(page.records) == [made, others[0]]
    rest = await desk.shop.store.list_endpoints(WORKSPACE, limit=2, cursor=page.next)
    assert (list(rest.records), rest.next) == ([others[1]], None)
    assert not (await desk.shop.store.list_endpoints("wsp_2")).records


async def test_a_workspace_has_so_many_endpoints_and_no_more(desk: Desk) -> None:
    await desk.create(2)
    made = await desk.create(2)
    with pytest.raises(QuotaExceeded, match="2 webhook endpoints"):
        await desk.create(2)
    await desk.shop.store.delete_endpoint(WORKSPACE, made.id, desk.shop.now)
    await desk.create(2)


async def test_a_change_is_refused_when_somebody_came_first(desk: Desk) -> None:
    made = await desk.create()
    changed = await desk.change(
        made,
        if_version=1,
        url="https://b.example/",
        event_types=frozenset({EventType.STARTED}),
        description="b",
    )
    assert (changed.version, changed.url, changed.description) == (2, "https://b.example/", "b")
    assert changed.event_types == {EventType.STARTED}
    with pytest.raises(PreconditionFailed):
        await desk.change(made, if_version=1, description="c")
    assert (await desk.change(made, description="")).description is None


async def test_an_end_is_told_to_who_asks_for_it_with_the_result(desk: Desk) -> None:
    asking, other = await desk.create(), await desk.create(event_types=frozenset({EventType.STARTED}))
    task = await run_task(desk.shop)
    [parcel] = [p for p in await desk.claim() if p.endpoint.id == asking.id]
    assert parcel.task == task
    assert parcel.task.result == {"sum": 3}
    assert parcel.event is not None
    assert parcel.event.type is EventType.COMPLETED
    tail = asking.id.removeprefix("whe_")
    assert parcel.delivery.id == f"msg_{task.id.removeprefix('tsk_')}_{task.version}_{tail}"
    assert [d.event_type for d in await desk.listed(other)] == [EventType.STARTED]
    assert (await desk.shop.store.get_endpoint(WORKSPACE, asking.id)).last_number == 1


async def test_a_parcel_holds_the_task_as_of_its_event(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    task = await run_task(desk.shop)
    page = await desk.shop.store.list_parcels(desk.query(endpoint))
    assert [p.task.status for p in page.records] == ["queued", "running", "completed"]
    assert [p.task.version for p in page.records] == [1, 2, 3]
    assert [p.task.result for p in page.records] == [None, None, {"sum": 3}]
    one = await desk.shop.store.get_parcel(WORKSPACE, page.records[2].delivery.id)
    assert one.task == task


async def test_only_public_tasks_of_the_workspace_are_told(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    await desk.shop.submit(workspace="wsp_2")
    await desk.shop.submit(visibility=Visibility.INTERNAL)
    assert not await desk.listed(endpoint)
    await desk.shop.submit()
    assert len(await desk.listed(endpoint)) == 1


async def test_a_task_brings_endpoints_of_its_own_and_they_hear_its_first_event(desk: Desk) -> None:
    new = desk.new(event_types=ALL)
    task = desk.shop.new(visibility=Visibility.INTERNAL)
    made = await desk.shop.store.submit(Submit(task=task, now=desk.shop.now, hooks=(new,)))
    await desk.shop.submit()
    [endpoint] = (await desk.shop.store.list_endpoints(WORKSPACE, task_id=made.task.id)).records
    assert endpoint.task_id == made.task.id
    assert [(d.task_id, d.event_number) for d in await desk.listed(endpoint)] == [(made.task.id, 1)]
    assert not (await desk.shop.store.list_endpoints(WORKSPACE)).records


async def test_the_next_event_of_a_task_waits_for_the_end_of_the_one_before(desk: Desk) -> None:
    await desk.create(event_types=ALL)
    task = await desk.shop.start()
    other = await desk.shop.submit()
    first = await desk.claim()
    assert {(p.delivery.task_id, p.delivery.event_number) for p in first} == {(task.id, 1), (other.id, 1)}
    mine = next(p for p in first if p.delivery.task_id == task.id)
    again = desk.shop.now + HOUR
    await desk.record(mine, DeliveryStatus.PENDING, again)
    assert await desk.claim() == []
    assert await desk.shop.store.next_delivery_due() == desk.shop.now + LEASE
    await desk.record(next(p for p in first if p is not mine))
    assert await desk.shop.store.next_delivery_due() == again
    desk.shop.later(hours=1)
    [mine] = await desk.claim()
    assert mine.delivery.event_number == 1
    assert mine.body == mine.delivery.id.encode()
    await desk.record(mine, DeliveryStatus.EXHAUSTED)
    assert [p.delivery.event_number for p in await desk.claim()] == [2]


async def test_the_first_body_stays(desk: Desk) -> None:
    endpoint = await desk.create()
    await run_task(desk.shop)
    [parcel] = await desk.claim()
    await desk.record(parcel, DeliveryStatus.PENDING, desk.shop.now, body=b"first")
    [parcel] = await desk.claim()
    await desk.record(parcel, body=b"second")
    [parcel] = (await desk.shop.store.list_parcels(desk.query(endpoint))).records
    assert parcel.body == b"first"


async def test_attempts_are_kept_and_counted_through_redeliveries(desk: Desk) -> None:
    endpoint = await desk.create()
    await run_task(desk.shop)
    for round_ in range(2):
        [parcel] = await desk.claim()
        await desk.record(parcel, DeliveryStatus.PENDING, desk.shop.now)
        [parcel] = await desk.claim()
        done = await desk.record(parcel)
        assert (done.status, done.attempts) == (DeliveryStatus.DELIVERED, 2)
        attempts = await desk.shop.store.list_delivery_attempts(WORKSPACE, done.id)
        assert [(a.number, a.status_code) for a in attempts] == [
            (n + 1, (500, 200)[n % 2]) for n in range(2 * round_ + 2)
        ]
        assert await desk.redeliver(endpoint, ids=frozenset({done.id})) == 1


async def test_an_endpoint_fails_since_the_first_failure_after_a_success(desk: Desk) -> None:
    endpoint = await desk.create()
    for _ in range(3):
        await run_task(desk.shop)
    since = desk.shop.now
    first, second, third = await desk.claim()
    await desk.record(first, DeliveryStatus.EXHAUSTED)
    desk.shop.later(seconds=5)
    await desk.record(second, DeliveryStatus.PENDING, desk.shop.now)
    assert (await desk.shop.store.get_endpoint(WORKSPACE, endpoint.id)).failing_since == since
    await desk.record(third)
    assert (await desk.shop.store.get_endpoint(WORKSPACE, endpoint.id)).failing_since is None


async def test_a_disabled_endpoint_misses_nothing_once_it_is_enabled(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    first = await desk.shop.submit()
    [parcel] = await desk.claim()
    gone = await desk.record(parcel, DeliveryStatus.PENDING, desk.shop.now + HOUR, disable="It answered 410.")
    assert gone.due_at is None
    disabled = await desk.shop.store.get_endpoint(WORKSPACE, endpoint.id)
    assert (disabled.disabled_at, disabled.disabled_reason) == (desk.shop.now, "It answered 410.")
    await desk.shop.claim()
    second = await desk.shop.submit()
    assert await desk.claim() == []
    assert await desk.shop.store.next_delivery_due() is None
    with pytest.raises(Conflict, match="enable it"):
        await desk.redeliver(endpoint)
    with pytest.raises(Conflict, match="enable it"):
        await desk.shop.store.post_test(WORKSPACE, endpoint.id, b"{}", desk.shop.now)
    enabled = await desk.change(endpoint, is_enabled=True)
    assert (enabled.disabled_at, enabled.disabled_reason, enabled.failing_since) == (None, None, None)
    told = await desk.drain()
    assert [event for task, event in told if task == first.id] == [1, 2]
    assert [event for task, event in told if task == second.id] == [1]


async def test_an_endpoint_without_a_url_is_only_read(desk: Desk) -> None:
    endpoint = await desk.create(url=None)
    await run_task(desk.shop)
    assert await desk.claim() == []
    assert await desk.shop.store.next_delivery_due() is None
    [waiting] = await desk.listed(endpoint)
    assert (waiting.status, waiting.due_at) == (DeliveryStatus.PENDING, None)
    with pytest.raises(Conflict, match="without a url"):
        await desk.redeliver(endpoint)
    await desk.change(endpoint, url="https://receiver.example/")
    assert len(await desk.claim()) == 1


async def test_of_a_deleted_endpoint_nothing_is_left_to_read_or_send(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    await desk.shop.start()
    [parcel] = await desk.claim()
    await desk.shop.store.delete_endpoint(WORKSPACE, endpoint.id, desk.shop.now)
    for asked in asked_of(desk, endpoint, parcel.delivery.id, WORKSPACE):
        with pytest.raises(NotFound):
            await asked
    assert (await desk.record(parcel)).status is DeliveryStatus.DROPPED
    await desk.shop.submit()
    assert await desk.claim() == []
    assert await desk.shop.store.sweep_deliveries(desk.shop.now, 1) == 1
    assert await desk.shop.store.sweep_deliveries(desk.shop.now, 100) == 1
    assert await desk.shop.store.sweep_deliveries(desk.shop.now, 100) == 0


def asked_of(desk: Desk, endpoint: Endpoint, delivery_id: str, workspace: str) -> list[Any]:
    store, now = desk.shop.store, desk.shop.now
    query = DeliveryQuery(workspace=workspace, endpoint_id=endpoint.id)
    return [
        store.get_endpoint(workspace, endpoint.id),
        store.change_endpoint(ChangeEndpoint(workspace=workspace, endpoint_id=endpoint.id, now=now)),
        store.rotate_secret(
            RotateSecret(workspace=workspace, endpoint_id=endpoint.id, sealed="x", overlap=HOUR, now=now)
        ),
        store.delete_endpoint(workspace, endpoint.id, now),
        store.post_test(workspace, endpoint.id, b"{}", now),
        store.list_deliveries(query),
        store.list_parcels(query),
        store.redeliver(query, now),
        store.get_delivery(workspace, delivery_id),
        store.get_parcel(workspace, delivery_id),
        store.list_delivery_attempts(workspace, delivery_id),
    ]


async def test_a_foreign_endpoint_answers_like_an_unknown_one(desk: Desk) -> None:
    endpoint = await desk.create()
    await run_task(desk.shop)
    [delivery] = await desk.listed(endpoint)
    for asked in asked_of(desk, endpoint, delivery.id, "wsp_2"):
        with pytest.raises(NotFound):
            await asked


async def test_both_secrets_sign_during_the_overlap_and_a_second_rotation_waits(desk: Desk) -> None:
    made = await desk.create()

    async def rotate(sealed: str, overlap: timedelta, **fields: Any) -> list[tuple[str, Any]]:
        command = RotateSecret(
            workspace=WORKSPACE,
            endpoint_id=made.id,
            sealed=sealed,
            overlap=overlap,
            now=desk.shop.now,
            **fields,
        )
        rotated = await desk.shop.store.rotate_secret(command)
        return [(secret.text, secret.expires_at) for secret in rotated.secrets]

    ends = desk.shop.now + HOUR
    assert await rotate("b", HOUR) == [("b", None), ("sealed-1", ends)]
    with pytest.raises(Conflict, match="force it"):
        await rotate("c", HOUR)
    assert await rotate("c", HOUR, is_forced=True) == [("c", None), ("b", ends)]
    desk.shop.later(hours=1)
    assert await rotate("d", HOUR) == [("d", None), ("c", desk.shop.now + HOUR)]
    assert await rotate("e", timedelta(), is_forced=True) == [("e", None)]
    assert (await desk.shop.store.get_endpoint(WORKSPACE, made.id)).version == 5


async def found(shop: Any, sealed: str | None = "theirs") -> None:
    workspace = Workspace(id=WORKSPACE, number=0, identifier="acme", created_at=shop.now)
    await shop.store.create_workspace(workspace, [], sealed)


def turned(shop: Any, sealed: str, overlap: timedelta = HOUR, **fields: Any) -> RotateSecret:
    return RotateSecret(workspace=WORKSPACE, sealed=sealed, overlap=overlap, now=shop.now, **fields)


async def test_an_endpoint_without_a_secret_signs_with_its_workspaces(desk: Desk) -> None:
    store, start = desk.shop.store, desk.shop.now
    await found(desk.shop)
    own, without = await desk.create(), await desk.create(sealed=None)
    assert [secret.text for secret in own.secrets] == ["sealed-1"]
    assert without.secrets == (Sealed(text="theirs", created_at=start),)
    assert list(await store.list_workspace_secrets(WORKSPACE)) == list(without.secrets)
    page = await store.list_endpoints(WORKSPACE)
    assert [endpoint.secrets for endpoint in page.records] == [own.secrets, without.secrets]


async def test_a_rotation_reaches_what_was_submitted_before(desk: Desk) -> None:
    """What is claimed is signed with the secrets of that moment, not with those of the submission."""
    await found(desk.shop)
    hook = desk.new(sealed=None, event_types=DEFAULT_TYPES)
    await run_task(desk.shop, hooks=(hook,))
    await desk.create(sealed="own")
    later = desk.shop.later(minutes=1)
    await desk.shop.store.rotate_workspace_secret(turned(desk.shop, "next"))
    [parcel] = await desk.claim()
    assert [(s.text, s.created_at, s.expires_at) for s in parcel.endpoint.secrets] == [
        ("next", later, None),
        ("theirs", START, later + HOUR),
    ]


async def test_a_workspaces_secret_is_rotated_as_an_endpoints(desk: Desk) -> None:
    store = desk.shop.store

    async def rotate(sealed: str, overlap: timedelta = HOUR, **fields: Any) -> list[tuple[str, Any]]:
        rotated = await store.rotate_workspace_secret(turned(desk.shop, sealed, overlap, **fields))
        assert list(rotated) == list(await store.list_workspace_secrets(WORKSPACE))
        return [(secret.text, secret.expires_at) for secret in rotated]

    await found(desk.shop, None)
    assert await store.list_workspace_secrets(WORKSPACE) == []
    assert await rotate("a") == [("a", None)]
    ends = desk.shop.now + HOUR
    assert await rotate("b") == [("b", None), ("a", ends)]
    with pytest.raises(Conflict, match="force it"):
        await rotate("c")
    assert await rotate("c", is_forced=True) == [("c", None), ("b", ends)]
    desk.shop.later(hours=1)
    assert await rotate("d") == [("d", None), ("c", desk.shop.now + HOUR)]
    assert await rotate("e", timedelta(), is_forced=True) == [("e", None)]


async def test_the_secret_of_an_endpoint_without_its_own_is_not_rotated(desk: Desk) -> None:
    await found(desk.shop)
    made = await desk.create(sealed=None)
    with pytest.raises(Conflict, match="Rotate that one"):
        await desk.shop.store.rotate_secret(turned(desk.shop, "x", endpoint_id=made.id))
    assert await desk.shop.store.get_endpoint(WORKSPACE, made.id) == made


async def test_a_workspaces_secret_is_nobody_elses(desk: Desk) -> None:
    await found(desk.shop)
    other = await desk.create(workspace="wsp_2", sealed=None)
    assert other.secrets == ()
    assert await desk.shop.store.list_workspace_secrets("wsp_2") == []
    with pytest.raises(NotFound):
        await desk.shop.store.rotate_workspace_secret(
            RotateSecret(workspace="wsp_2", sealed="x", overlap=HOUR, now=desk.shop.now)
        )


async def test_a_filter_names_exactly_what_is_sent_again(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    tasks = [await run_task(desk.shop) for _ in range(4)]
    missing = set()
    while parcels := await desk.claim():
        for parcel in parcels:
            is_lost = parcel.delivery.task_id in {tasks[1].id, tasks[3].id}
            await desk.record(parcel, DeliveryStatus.EXHAUSTED if is_lost else DeliveryStatus.DELIVERED)
            missing |= {(parcel.delivery.task_id, parcel.delivery.event_number)} if is_lost else set()
    exhausted = frozenset({DeliveryStatus.EXHAUSTED})
    assert await desk.redeliver(endpoint, statuses=exhausted) == len(missing) == 6
    told = await desk.drain()
    assert set(told) == missing
    assert [event for task, event in told if task == tasks[1].id] == [1, 2, 3]
    assert await desk.redeliver(endpoint, statuses=exhausted) == 0


async def test_redelivery_since_a_number_and_since_a_tasks_event(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    first, second = [await run_task(desk.shop) for _ in range(2)]
    assert len(await desk.drain()) == 6
    assert await desk.redeliver(endpoint, after=4) == 2
    assert await desk.drain() == [(second.id, 2), (second.id, 3)]
    assert await desk.redeliver(endpoint, task_id=first.id, after_event=1, limit=1) == 2
    assert await desk.drain() == [(first.id, 2), (first.id, 3)]
    assert await desk.redeliver(endpoint, event_types=frozenset({EventType.QUEUED})) == 2
    assert await desk.redeliver(endpoint, created_after=desk.shop.now) == 0
    assert await desk.redeliver(endpoint, created_before=desk.shop.now) == 0


async def test_an_earlier_event_that_is_sent_again_comes_before_a_later_one(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    await desk.shop.start()
    [one] = await desk.claim()
    await desk.record(one)
    [two] = await desk.claim()
    await desk.record(two, DeliveryStatus.PENDING, desk.shop.now + HOUR)
    assert await desk.redeliver(endpoint, ids=frozenset({one.delivery.id})) == 1
    assert [event for _, event in await desk.drain()] == [1, 2]


async def test_what_is_on_its_way_is_not_overtaken(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    await desk.shop.start()
    [one] = await desk.claim()
    await desk.record(one)
    [two] = await desk.claim()
    assert await desk.redeliver(endpoint) == 1
    assert await desk.claim() == []
    await desk.record(two, DeliveryStatus.PENDING, desk.shop.now)
    assert [event for _, event in await desk.drain()] == [1, 2]


async def test_what_a_dead_process_had_on_its_way_goes_back_to_its_place(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    await desk.shop.start()
    [one] = await desk.claim()
    await desk.record(one)
    assert len(await desk.claim()) == 1
    assert await desk.redeliver(endpoint) == 1
    assert await desk.shop.store.recover_deliveries(desk.shop.now) == 1
    assert [event for _, event in await desk.drain()] == [1, 2]


async def test_many_deliveries_are_sent_again_in_pieces(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnomon.store.hook.delivery.PIECE", 2)
    endpoint = await desk.create(event_types=ALL)
    tasks = [await run_task(desk.shop) for _ in range(3)]
    await desk.drain()
    assert await desk.redeliver(endpoint) == 9
    told = await desk.drain()
    for task in tasks:
        assert [event for told_task, event in told if told_task == task.id] == [1, 2, 3]


async def test_dead_endpoints_do_not_starve_a_healthy_one(desk: Desk) -> None:
    dead = [await desk.create() for _ in range(20)]
    for _ in range(5):
        await run_task(desk.shop)
    for parcel in await desk.claim(limit=1000):
        await desk.record(parcel, DeliveryStatus.PENDING, desk.shop.now)
    desk.shop.later(seconds=5)
    healthy = await desk.create()
    await run_task(desk.shop)
    first = await desk.claim(limit=10, most_failing=4)
    assert first[0].endpoint.id == healthy.id
    assert len(first) == 5
    assert len({parcel.endpoint.id for parcel in await desk.claim(limit=10, share=1)}) == 10
    busy = tuple(receiver_of(endpoint.url or "") for endpoint in dead)
    assert await desk.claim(busy=busy) == []
    assert await desk.shop.store.next_delivery_due(busy) == desk.shop.now + LEASE


async def test_endpoints_of_one_receiver_share_its_share(desk: Desk) -> None:
    """A webhook that comes with each of many tasks makes many endpoints, and one host stands behind them."""
    for number in range(30):
        await desk.create(url=f"https://One.example:8443/hook/{number}")
    other = await desk.create(url="https://one.example/")
    await run_task(desk.shop)
    first = await desk.claim(limit=10, share=3)
    assert len(first) == 4
    assert [parcel.endpoint.id for parcel in first].count(other.id) == 1
    rest = await desk.claim(busy=("one.example:8443",))
    assert rest == []
    assert len(await desk.claim(share=0, rooms={"one.example:8443": 20})) == 20
    assert len(await desk.claim(share=100)) == 7


async def test_a_claim_is_held_for_a_lease_and_taken_back_by_a_new_process(desk: Desk) -> None:
    await desk.create()
    await run_task(desk.shop)
    assert len(await desk.claim()) == 1
    assert await desk.claim() == []
    assert await desk.shop.store.recover_deliveries(desk.shop.now) == 1
    assert len(await desk.claim()) == 1
    desk.shop.now += LEASE
    assert len(await desk.claim()) == 1


async def test_a_test_message_is_sent_at_once_behind_nothing(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    sent = [
        await desk.shop.store.post_test(WORKSPACE, endpoint.id, b'{"n":1}', desk.shop.now) for _ in range(2)
    ]
    assert [delivery.number for delivery in sent] == [1, 2]
    parcels = await desk.claim()
    assert [p.delivery.id for p in parcels] == [delivery.id for delivery in sent]
    assert [p.write({}) for p in parcels] == [b'{"n":1}'] * 2
    assert {p.delivery.event_type for p in parcels} == {"webhook.test"}
    for parcel in parcels:
        await desk.record(parcel, DeliveryStatus.EXHAUSTED)
    assert await desk.redeliver(endpoint, ids=frozenset({sent[0].id})) == 1
    assert len(await desk.claim()) == 1


async def test_deliveries_that_ended_are_swept_with_their_attempts(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    pulled = await desk.create(url=None)
    own = desk.new()
    await desk.shop.store.submit(Submit(task=desk.shop.new(), now=desk.shop.now, hooks=(own,)))
    [task] = await desk.shop.claim()
    await desk.shop.done(task)
    await desk.drain()
    desk.shop.later(days=1)
    await desk.shop.submit()
    await desk.drain()
    assert await desk.shop.store.sweep_deliveries(desk.shop.now - HOUR, 2) == 2
    assert await desk.shop.store.sweep_deliveries(desk.shop.now - HOUR, 100) == 3
    assert await desk.shop.store.sweep_deliveries(desk.shop.now - HOUR, 100) == 0
    assert [d.number for d in await desk.listed(endpoint)] == [4]
    assert await desk.listed(pulled) == []
    with pytest.raises(NotFound):
        await desk.shop.store.get_endpoint(WORKSPACE, own.id)


async def test_pages_of_deliveries_follow_one_another(desk: Desk) -> None:
    endpoint = await desk.create(event_types=ALL)
    await asyncio.gather(*(desk.shop.submit() for _ in range(5)))
    page = await desk.shop.store.list_deliveries(desk.query(endpoint, limit=2))
    assert ([d.number for d in page.records], page.next) == ([1, 2], "2")
    rest = await desk.shop.store.list_deliveries(desk.query(endpoint, limit=3, after=2))
    assert ([d.number for d in rest.records], rest.next) == ([3, 4, 5], None)
