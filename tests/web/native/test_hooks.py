"""Webhooks over the native door: endpoints, deliveries, and messages that are pulled as they would be posted."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from natives import ORDER, client_for, client_with, key_with
from rig import Hands, House, Tenant
from standardwebhooks import Webhook

from gnomon.core.access import ALL_SCOPES, Principal
from gnomon.core.delivery import DEFAULT_TYPES, DeliveryAttempt, DeliveryStatus, Parcel, Verdict
from gnomon.core.hub import Subscription
from gnomon.core.ports import AttemptMade
from gnomon.core.retry import Done
from gnomon.core.service.hook import Wanted, create_endpoint
from gnomon.web.native.wire.hooks import StatusWord

URL = "https://receiver.example/gnomon"


@pytest.fixture
async def client(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


async def create(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post("/webhook-endpoints", json={"url": URL} | body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/gnomon/v1/webhook-endpoints/{made['id']}"
    return made


async def run(client: httpx.AsyncClient, hands: Hands, result: Any) -> str:
    task = (await client.post("/tasks", json=ORDER)).json()
    await hands.end(await hands.claim(), Done(result=result))
    task_id: str = task["id"]
    return task_id


async def claim(house: House) -> list[Parcel]:
    now = house.clock.now()
    return list(await house.store.claim_deliveries(now, limit=10, lease=timedelta(seconds=60)))


async def record(house: House, parcel: Parcel, status: DeliveryStatus) -> None:
    now = house.clock.now()
    attempt = DeliveryAttempt(
        number=1, started_at=now, duration=timedelta(milliseconds=20), status_code=503, answer="busy"
    )
    body = parcel.write(house.bodies)
    verdict = Verdict(status=status)
    await house.store.record_delivery(
        AttemptMade(delivery_id=parcel.delivery.id, now=now, attempt=attempt, verdict=verdict, body=body)
    )


def test_the_words_of_requests_are_those_of_the_records() -> None:
    assert {*StatusWord.__args__, "dropped"} == set(DeliveryStatus)  # type: ignore[attr-defined]  # a Literal's words


async def test_a_secret_is_shown_once_and_kept_by_nobody_in_clear(
    client: httpx.AsyncClient, tmp_path: Any
) -> None:
    made = await create(client, description="billing")
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    Webhook(secret)
    read = await client.get(f"/webhook-endpoints/{made['id']}")
    assert read.json() == made
    assert read.headers["etag"] == '"1"'
    assert set(made["event_types"]) == DEFAULT_TYPES
    assert (await client.get("/webhook-endpoints")).json() == {"webhook_endpoints": [made], "next": None}
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert made["id"].encode() in stored
    assert secret.removeprefix("whsec_").encode() not in stored


async def test_endpoints_come_in_pages(client: httpx.AsyncClient) -> None:
    made = [(await create(client))["id"] for _ in range(3)]
    first = (await client.get("/webhook-endpoints?limit=2")).json()
    rest = (await client.get("/webhook-endpoints", params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["id"] for one in first["webhook_endpoints"] + rest["webhook_endpoints"]] == made
    assert rest["next"] is None


async def test_a_change_names_the_version_that_it_was_made_of(client: httpx.AsyncClient) -> None:
    path = f"/webhook-endpoints/{(await create(client))['id']}"
    changed = await client.patch(path, json={"enabled": False}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["enabled"], changed.json()["url"]) == (False, URL)
    late = await client.patch(path, json={"enabled": True}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert (await client.patch(path, json={"enabled": True})).json()["version"] == 3


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": 1}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": "https://a.example/" + "a" * 2048}, "/url"),
        ({"event_types": []}, "/event_types"),
        ({"event_types": ["task.finished"]}, "/event_types/0"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
)
async def test_a_wrong_request_is_told_where(client: httpx.AsyncClient, body: Any, pointer: str) -> None:
    answer = await client.post("/webhook-endpoints", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_null_takes_nothing_away(client: httpx.AsyncClient) -> None:
    path = f"/webhook-endpoints/{(await create(client))['id']}"
    answer = await client.patch(path, json={"url": None})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/url")


async def test_secrets_overlap_for_as_long_as_asked(client: httpx.AsyncClient) -> None:
    made = await create(client)
    path = f"/webhook-endpoints/{made['id']}/rotate-secret"
    rotated = (await client.post(path, json={"overlap_seconds": 60})).json()
    assert rotated["secret"] != made["secret"]
    assert [secret["expires_at"] is None for secret in rotated["secrets"]] == [True, False]
    again = await client.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert f"until {rotated['secrets'][1]['expires_at']};" in again.json()["detail"]
    leaked = await client.post(path, json={"overlap_seconds": 0, "force": True})
    assert len(leaked.json()["secrets"]) == 1


async def test_a_workspaces_secret_is_read_and_rotated(
    client: httpx.AsyncClient, app: Any, ours: Tenant, theirs: Tenant
) -> None:
    read = await client.get("/webhook-secret")
    assert read.headers["cache-control"] == "no-store"
    assert read.json()["secret"] == ours.founded.webhook_secret
    Webhook(read.json()["secret"])
    rotated = await client.post("/webhook-secret/rotate", json={"overlap_seconds": 60})
    assert (rotated.status_code, rotated.headers["cache-control"]) == (200, "no-store")
    assert rotated.json()["secret"] != ours.founded.webhook_secret
    assert [secret["expires_at"] is None for secret in rotated.json()["secrets"]] == [True, False]
    assert (await client.get("/webhook-secret")).json() == rotated.json()
    again = await client.post("/webhook-secret/rotate")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    leaked = await client.post("/webhook-secret/rotate", json={"overlap_seconds": 0, "force": True})
    assert len(leaked.json()["secrets"]) == 1
    async with client_for(app, theirs) as neighbour:
        kept = (await neighbour.get("/webhook-secret")).json()
    assert kept["secret"] == theirs.founded.webhook_secret


async def test_a_new_workspaces_secret_is_shown_with_its_keys(client: httpx.AsyncClient, app: Any) -> None:
    made = (await client.post("/workspaces", json={"identifier": "north"})).json()
    async with client_with(app, made["keys"]["api"]) as north:
        assert (await north.get("/webhook-secret")).json()["secret"] == made["webhook_secret"]


async def test_an_endpoint_of_another_door_has_no_secret_to_rotate(
    client: httpx.AsyncClient, house: House, ours: Tenant
) -> None:
    """It signs with the workspace's: a receiver of that door knows no other."""
    principal = Principal(workspace=ours.founded.workspace.id, key_id="k", scopes=ALL_SCOPES)
    opened = await create_endpoint(house, principal, Wanted(url=URL, dialect="parallel"))
    assert opened.secret is None
    path = f"/webhook-endpoints/{opened.endpoint.id}"
    refused = await client.post(f"{path}/rotate-secret")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "the workspace's webhook secret" in refused.json()["detail"]
    await client.post("/webhook-secret/rotate")
    assert len((await client.get(path)).json()["secrets"]) == 2


async def test_messages_are_pulled_as_they_are_posted(
    client: httpx.AsyncClient, house: House, hands: Hands
) -> None:
    pushed, pulled = await create(client), (await create(client, url=None))
    task_id = await run(client, hands, {"n": 1})
    [parcel] = await claim(house)
    mail = (await client.get(f"/webhook-endpoints/{pulled['id']}/messages")).json()
    [message] = mail["messages"]
    assert (message["number"], mail["next"]) == (1, 1)
    tail = "_" + pulled["id"].removeprefix("whe_")
    assert message["id"] == f"msg_{task_id.removeprefix('tsk_')}_3{tail}"
    assert message["body"].encode() == parcel.write(house.bodies)
    before = (await client.get(f"/webhook-endpoints/{pushed['id']}/messages")).json()["messages"]
    await record(house, parcel, DeliveryStatus.DELIVERED)
    after = (await client.get(f"/webhook-endpoints/{pushed['id']}/messages")).json()["messages"]
    assert after[0]["body"] == before[0]["body"]
    assert (before[0]["status"], after[0]["status"]) == ("pending", "delivered")
    body = json.loads(message["body"])
    task = (await client.get(f"/tasks/{task_id}")).json()
    assert body["data"] == task
    assert (body["type"], body["task_id"], body["event_number"]) == ("task.completed", task_id, 3)
    assert (body["version"], body["timestamp"]) == (task["version"], task["finished_at"])


async def test_a_message_tells_of_an_event_what_the_log_tells(
    client: httpx.AsyncClient, hands: Hands
) -> None:
    made = await create(client, url=None, event_types=["task.started"])
    task_id = await run(client, hands, {"n": 1})
    [message] = (await client.get(f"/webhook-endpoints/{made['id']}/messages")).json()["messages"]
    log = (await client.get(f"/tasks/{task_id}/events")).json()["events"]
    assert json.loads(message["body"])["body"] == log[1]["body"]
    assert log[1]["body"] == {"status": "running", "attempt": 1, "phase": "run"}


async def test_a_large_result_is_left_to_be_fetched(
    client: httpx.AsyncClient, house: House, hands: Hands
) -> None:
    await create(client)
    await run(client, hands, {"text": "é" * 9_000})
    await run(client, hands, {"text": "é" * 11_000})
    small, large = [json.loads(parcel.write(house.bodies)) for parcel in await claim(house)]
    assert small["data"]["result"] == {"text": "é" * 9_000}
    assert large["data"]["result"] is None
    fetched = await client.get(large["result_url"].removeprefix("/gnomon/v1"))
    assert "é" * 11_000 in fetched.text


async def test_a_number_beyond_64_bits_stays_exact(
    client: httpx.AsyncClient, house: House, hands: Hands
) -> None:
    await create(client)
    await run(client, hands, {"n": 2**70})
    [parcel] = await claim(house)
    assert json.loads(parcel.write(house.bodies))["data"]["result"] == {"n": 2**70}


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Tell when somebody has begun to wait."""
    begun, wait = asyncio.Event(), Subscription.wait

    async def tell_and_wait(self: Subscription, timeout: float | None) -> bool:
        begun.set()
        return await wait(self, timeout)

    monkeypatch.setattr(Subscription, "wait", tell_and_wait)
    return begun


async def test_who_waits_for_a_message_gets_it_when_it_is_written(
    client: httpx.AsyncClient, house: House, hands: Hands, listening: asyncio.Event
) -> None:
    pulled = await create(client, url=None)
    path = f"/webhook-endpoints/{pulled['id']}/messages"
    waiting = asyncio.ensure_future(client.get(f"{path}?wait=50"))
    await asyncio.wait_for(listening.wait(), 10)
    await run(client, hands, {"n": 1})
    mail = (await asyncio.wait_for(waiting, 10)).json()
    assert [message["number"] for message in mail["messages"]] == [1]
    assert (await client.get(f"{path}?after=1")).json() == {"messages": [], "next": 1}
    listening.clear()
    waiting = asyncio.ensure_future(client.get(f"{path}?after=1&wait=50"))
    await asyncio.wait_for(listening.wait(), 10)
    house.hub.close()
    assert (await asyncio.wait_for(waiting, 10)).json()["messages"] == []


async def test_attempts_are_shown_and_deliveries_sent_again(
    client: httpx.AsyncClient, house: House, hands: Hands
) -> None:
    made = await create(client)
    for n in range(2):
        await run(client, hands, {"n": n})
    for parcel in await claim(house):
        await record(house, parcel, DeliveryStatus.EXHAUSTED)
    path = f"/webhook-endpoints/{made['id']}"
    page = (await client.get(f"{path}/deliveries?limit=1")).json()
    [delivery] = page["deliveries"]
    assert (delivery["status"], delivery["attempts"], page["next"]) == ("exhausted", 1, 1)
    assert (await client.get(f"{path}/deliveries?after=1")).json()["deliveries"][0]["number"] == 2
    assert (await client.get(f"/deliveries/{delivery['id']}")).json() == delivery
    [attempt] = (await client.get(f"/deliveries/{delivery['id']}/attempts")).json()["attempts"]
    assert (attempt["status_code"], attempt["answer"], attempt["seconds"]) == (503, "busy", 0.02)
    one = await client.post(f"/deliveries/{delivery['id']}/redeliver")
    assert (one.status_code, one.json()["status"], one.json()["attempts"]) == (202, "pending", 0)
    found = await client.get(f"{path}/deliveries?status=pending,exhausted&event_type=task.completed")
    assert [delivery["number"] for delivery in found.json()["deliveries"]] == [1, 2]
    none = await client.post(f"{path}/redeliver", json={"event_type": ["task.failed"]})
    assert none.json() == {"count": 0}
    rest = await client.post(f"{path}/redeliver", json={"status": ["exhausted"]})
    assert (rest.status_code, rest.json()) == (202, {"count": 1})
    assert [parcel.delivery.number for parcel in await claim(house)] == [1, 2]
    await client.patch(path, json={"enabled": False})
    refused = await client.post(f"{path}/redeliver", json={})
    assert (refused.status_code, "enable it" in refused.json()["detail"]) == (409, True)


async def test_a_test_message_goes_the_way_of_all_others(client: httpx.AsyncClient, house: House) -> None:
    made = await create(client)
    sent = await client.post(f"/webhook-endpoints/{made['id']}/test")
    assert (sent.status_code, sent.json()["event_type"]) == (202, "webhook.test")
    [parcel] = await claim(house)
    written = parcel.write({})
    assert json.loads(written)["type"] == "webhook.test"
    assert written == orjson.dumps(json.loads(written))
    assert parcel.delivery.id == sent.json()["id"]


async def test_a_deleted_endpoint_is_gone(client: httpx.AsyncClient) -> None:
    path = f"/webhook-endpoints/{(await create(client))['id']}"
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 404


async def test_a_task_brings_its_own_webhooks_and_shows_their_secrets_once(
    client: httpx.AsyncClient, house: House
) -> None:
    order = ORDER | {"webhooks": [{"url": URL, "event_types": ["task.queued"]}, {"url": URL}]}
    made = await client.post("/tasks", json=order, headers={"Idempotency-Key": "once"})
    assert made.status_code == 202
    first, second = made.json()["webhooks"]
    assert first["event_types"] == ["task.queued"]
    assert first["secret"] != second["secret"]
    again = await client.post("/tasks", json=order, headers={"Idempotency-Key": "once"})
    assert again.json()["id"] == made.json()["id"]
    assert "webhooks" not in again.json()
    listed = (await client.get(f"/tasks/{made.json()['id']}/webhook-endpoints")).json()["webhook_endpoints"]
    assert [one["id"] for one in listed] == [first["id"], second["id"]]
    assert "secret" not in str(listed).replace("secrets", "")
    [parcel] = await claim(house)
    assert parcel.endpoint.id == first["id"]
    assert (await client.get("/webhook-endpoints")).json()["webhook_endpoints"] == []


async def test_a_key_without_the_scope_brings_no_webhooks(house: House, ours: Tenant, app: Any) -> None:
    key = await key_with(house, ours, ALL_SCOPES - {"hooks"})
    async with client_with(app, key) as client:
        refused = await client.post("/tasks", json=ORDER | {"webhooks": [{"url": URL}]})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert (await client.post("/tasks", json=ORDER)).status_code == 202
