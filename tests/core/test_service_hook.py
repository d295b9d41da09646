"""Webhooks as doors ask for them, on a real store: scopes, targets, limits, secrets."""

import base64
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.access import ALL_SCOPES, Limits, Principal
from gnomon.core.delivery import DEFAULT_TYPES
from gnomon.core.errors import Conflict, Forbidden, Invalid, NotFound, QuotaExceeded
from gnomon.core.event import Event, EventType
from gnomon.core.hub import Hub
from gnomon.core.ports import ChangeEndpoint, DeliveryQuery, Submit
from gnomon.core.service import House, hook
from gnomon.core.task import NewTask, Task, task_id
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

URL = "https://receiver.example/"
OURS = Principal(workspace="w", key_id="k", scopes=ALL_SCOPES)
THEIRS = Principal(workspace="v", key_id="k", scopes=ALL_SCOPES)
EVERYTHING = hook.Wanted(url=None, event_types=frozenset(EventType))


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


def refuse_local(url: str) -> str | None:
    return "This address is not reachable from here." if "local" in url else None


def write(task: Task, event: Event) -> bytes:
    return json.dumps([task.id, event.number]).encode()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    hub = Hub()
    house = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=SystemClock(),
        kinds={},
        workloads={},
        calendar=CronCalendar(),
        pepper=b"pepper",
        vault=KeyVault(b"v" * 32),
        check_target=refuse_local,
        bodies={"native": write},
    )
    yield house
    await house.store.close()


async def submit(house: House, *hooks: Any, number: int = 1) -> Task:
    now = house.clock.now()
    task = NewTask(id=task_id(now, number), workspace="w", kind="k")
    return (await house.store.submit(Submit(task=task, now=now, hooks=hooks))).task


async def test_the_secret_that_is_shown_is_the_one_that_signs(house: House) -> None:
    made = await hook.create_endpoint(house, OURS, hook.Wanted(url=URL))
    kept = await hook.get_endpoint(house, OURS, made.endpoint.id)
    assert made.endpoint == kept
    assert [house.vault.open(sealed.text).decode() for sealed in kept.secrets] == [made.secret]
    assert len(base64.b64decode(made.secret.removeprefix("whsec_"))) == 32
    assert made.secret not in repr(made)
    other = await hook.create_endpoint(house, OURS, hook.Wanted(url=URL))
    assert other.secret != made.secret


async def test_a_rotated_secret_signs_beside_the_old_one(house: House) -> None:
    made = await hook.create_endpoint(house, OURS, hook.Wanted(url=URL))
    rotated = await hook.rotate_secret(house, OURS, made.endpoint.id, timedelta(hours=1))
    opened = [house.vault.open(sealed.text).decode() for sealed in rotated.endpoint.secrets]
    assert opened == [rotated.secret, made.secret]
    with pytest.raises(Conflict):
        await hook.rotate_secret(house, OURS, made.endpoint.id, timedelta(hours=1))


async def test_nothing_is_sent_to_a_forbidden_target(house: House) -> None:
    local = hook.Wanted(url="https://localhost/")
    with pytest.raises(Invalid) as refused:
        await hook.create_endpoint(house, OURS, local)
    assert [complaint.loc for complaint in refused.value.complaints] == [("url",)]
    with pytest.raises(Invalid) as refused:
        hook.new_hooks(house, OURS, [hook.Wanted(url=URL), local])
    assert [complaint.loc for complaint in refused.value.complaints] == [("webhooks", 1, "url")]
    made = await hook.create_endpoint(house, OURS, hook.Wanted(url=URL))
    command = ChangeEndpoint(
        workspace="", endpoint_id=made.endpoint.id, now=house.clock.now(), url="https://localhost/"
    )
    with pytest.raises(Invalid):
        await hook.change_endpoint(house, OURS, command)


async def test_a_workspace_and_a_task_have_so_many_endpoints(house: House) -> None:
    house = replace(house, limits=Limits(endpoints=1))
    await hook.create_endpoint(house, OURS, EVERYTHING)
    with pytest.raises(QuotaExceeded):
        await hook.create_endpoint(house, OURS, EVERYTHING)
    assert len(hook.new_hooks(house, OURS, [EVERYTHING] * hook.MOST_OF_TASK)) == hook.MOST_OF_TASK
    with pytest.raises(Invalid, match="may bring"):
        hook.new_hooks(house, OURS, [EVERYTHING] * (hook.MOST_OF_TASK + 1))


async def test_a_tasks_own_endpoints_are_shown_with_it(house: House) -> None:
    [minted] = hook.new_hooks(house, OURS, [hook.Wanted(url=URL)])
    task = await submit(house, minted.new)
    reader = replace(OURS, scopes=frozenset({"read"}))
    [own] = await hook.list_endpoints_of(house, reader, task.id)
    assert (own.id, own.task_id, own.event_types) == (minted.new.id, task.id, DEFAULT_TYPES)
    assert (await hook.list_endpoints(house, OURS, limit=10, cursor=None)).records == []
    with pytest.raises(NotFound):
        await hook.list_endpoints_of(house, THEIRS, task.id)


async def test_messages_go_on_where_the_last_answer_ended(house: House) -> None:
    made = await hook.create_endpoint(house, OURS, EVERYTHING)
    tasks = [await submit(house, number=n) for n in range(3)]
    query = DeliveryQuery(workspace="", endpoint_id=made.endpoint.id, limit=2)
    first = await hook.list_messages(house, OURS, query)
    rest = await hook.list_messages(house, OURS, replace(query, after=first.next))
    bodies = [message.body for message in (*first.messages, *rest.messages)]
    assert bodies == [json.dumps([task.id, 1]).encode() for task in tasks]
    assert (first.next, rest.next) == (2, 3)


async def test_one_delivery_is_sent_again_by_its_id(house: House) -> None:
    made = await hook.create_endpoint(house, OURS, replace(EVERYTHING, url=URL))
    await submit(house)
    query = DeliveryQuery(workspace="", endpoint_id=made.endpoint.id)
    [delivery] = (await hook.list_deliveries(house, OURS, query)).records
    assert (await hook.redeliver_one(house, OURS, delivery.id)).due_at is not None
    with pytest.raises(NotFound):
        await hook.redeliver_one(house, THEIRS, delivery.id)
    sent = await hook.send_test(house, OURS, made.endpoint.id)
    assert (sent.number, sent.task_id) == (2, None)


async def test_webhooks_need_their_scope(house: House) -> None:
    other = replace(OURS, scopes=ALL_SCOPES - {"hooks"})
    query = DeliveryQuery(workspace="", endpoint_id="whe_1")
    now = house.clock.now()
    for asked in (
        hook.create_endpoint(house, other, EVERYTHING),
        hook.get_endpoint(house, other, "whe_1"),
        hook.list_endpoints(house, other, limit=1, cursor=None),
        hook.change_endpoint(house, other, ChangeEndpoint(workspace="", endpoint_id="whe_1", now=now)),
        hook.delete_endpoint(house, other, "whe_1"),
        hook.rotate_secret(house, other, "whe_1", timedelta()),
        hook.send_test(house, other, "whe_1"),
        hook.list_deliveries(house, other, query),
        hook.get_delivery(house, other, "msg_1"),
        hook.list_attempts(house, other, "msg_1"),
        hook.redeliver(house, other, query),
        hook.redeliver_one(house, other, "msg_1"),
        hook.list_messages(house, other, query),
    ):
        with pytest.raises(Forbidden):
            await asked
    with pytest.raises(Forbidden):
        hook.new_hooks(house, other, [EVERYTHING])
    assert hook.new_hooks(house, other, []) == ()
