"""Keys, workspaces and stream tickets over the native API."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from rig import SECRET, Hands, House, ShiftedClock, Tenant, client_of

from gnomon.core.access import ALL_SCOPES, KeyRole
from gnomon.core.service import access
from gnomon.web.ticket import read_ticket

ORDER = {"kind": "pvsyst_component", "input": {"blob": "0" * 64, "filename": "a.pan", "as": "module"}}
NEW = {"name": "reports", "scopes": ["read"]}


def client_for(app: Any, key: str) -> httpx.AsyncClient:
    client = client_of(app, **{"X-API-Key": key})
    client.base_url = httpx.URL("http://gnomon.test/gnomon/v1")
    return client


@pytest.fixture
async def operator(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours.founded.keys[KeyRole.API]) as client:
        yield client


async def issue(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answered = await client.post("/keys", json=NEW | fields)
    assert answered.status_code == 201, answered.text
    assert answered.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answered.json()
    return made


async def test_a_key_is_shown_once_and_works(app: Any, operator: httpx.AsyncClient) -> None:
    made = await issue(operator)
    secret = made.pop("secret")
    assert secret.startswith(made["prefix"] + "_")
    listed = (await operator.get("/keys")).json()["keys"]
    assert [key for key in listed if key["id"] == made["id"]] == [made]
    assert all("secret" not in key and "hash" not in key for key in listed)
    reader = client_for(app, secret)
    assert (await reader.get("/tasks")).status_code == 200
    for method, path in (("POST", "/tasks"), ("GET", "/keys"), ("POST", "/keys"), ("GET", "/workspaces")):
        answered = await reader.request(method, path, json=ORDER)
        assert (answered.status_code, answered.json()["code"]) == (403, "forbidden"), path
    (seen,) = [key for key in (await operator.get("/keys")).json()["keys"] if key["id"] == made["id"]]
    assert seen["last_used_at"].endswith(":00.000000Z")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scopes": ["read"]}, "/name"),
        (NEW | {"name": ""}, "/name"),
        (NEW | {"scopes": []}, "/scopes"),
        (NEW | {"scopes": ["rule"]}, "/scopes/0"),
        (NEW | {"scopes": "read"}, "/scopes"),
        (NEW | {"role": "operator"}, "/role"),
        (NEW | {"lifetime_seconds": 0}, "/lifetime_seconds"),
        (NEW | {"lifetime_seconds": "60"}, "/lifetime_seconds"),
        (NEW | {"expires_at": "2030-01-01T00:00:00Z"}, "/expires_at"),
        (NEW | {"id": "mine"}, "/id"),
        (NEW | {"workspace": "theirs"}, "/workspace"),
    ],
)
async def test_what_is_wrong_with_a_key_is_pointed_at(
    operator: httpx.AsyncClient, body: Any, pointer: str
) -> None:
    answered = await operator.post("/keys", json=body)
    assert answered.status_code == 422
    assert pointer in [error["pointer"] for error in answered.json()["errors"]]


async def test_a_key_lives_as_long_as_told(
    app: Any, house: House, ours: Tenant, operator: httpx.AsyncClient
) -> None:
    made = await issue(operator, lifetime_seconds=60)
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)
    reader = client_for(app, made["secret"])
    assert (await reader.get("/tasks")).status_code == 200
    assert isinstance(house.clock, ShiftedClock)
    house.clock.shift = timedelta(seconds=60)
    assert (await reader.get("/tasks")).status_code == 401


async def test_nobody_gives_more_than_they_have(app: Any, operator: httpx.AsyncClient) -> None:
    clerk = client_for(app, (await issue(operator, scopes=["keys", "read"]))["secret"])
    answered = await clerk.post("/keys", json=NEW | {"scopes": ["read", "ops"]})
    assert answered.status_code == 403
    assert "ops" in answered.json()["detail"]


async def test_a_revoked_key_is_refused_by_the_next_request(app: Any, operator: httpx.AsyncClient) -> None:
    made = await issue(operator)
    reader = client_for(app, made["secret"])
    assert (await reader.get("/tasks")).status_code == 200
    revoked = await operator.delete(f"/keys/{made['id']}")
    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"] is not None
    assert (await reader.get("/tasks")).status_code == 401
    assert (await operator.delete(f"/keys/{made['id']}")).json() == revoked.json()


async def test_the_last_key_is_revoked_by_force_only(app: Any, operator: httpx.AsyncClient) -> None:
    *others, mine = sorted(
        (await operator.get("/keys")).json()["keys"], key=lambda key: str(key["role"] == "api")
    )
    for key in others:
        assert (await operator.delete(f"/keys/{key['id']}")).status_code == 200
    refused = await operator.delete(f"/keys/{mine['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert (await operator.delete(f"/keys/{mine['id']}?force=perhaps")).status_code == 422
    assert (await operator.delete(f"/keys/{mine['id']}?force=true")).status_code == 200
    assert (await operator.get("/keys")).status_code == 401


async def test_a_rotated_key_overlaps_as_told(app: Any, operator: httpx.AsyncClient) -> None:
    old = await issue(operator, scopes=["read", "cancel"])
    answered = await operator.post(f"/keys/{old['id']}/rotate", json={"overlap_seconds": 60})
    assert answered.status_code == 201
    new = answered.json()
    assert {name: new[name] for name in ("name", "role", "scopes", "expires_at")} == {
        name: old[name] for name in ("name", "role", "scopes", "expires_at")
    }
    for made in (old, new):
        assert (await client_for(app, made["secret"]).get("/tasks")).status_code == 200
    (kept,) = [key for key in (await operator.get("/keys")).json()["keys"] if key["id"] == old["id"]]
    left = datetime.fromisoformat(kept["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)
    assert (await operator.post(f"/keys/{new['id']}/rotate")).status_code == 201
    assert (await client_for(app, new["secret"]).get("/tasks")).status_code == 401


@pytest.mark.parametrize("overlap", [-1, 2592001, 1.5, "60", None])
async def test_an_overlap_out_of_range_is_refused(operator: httpx.AsyncClient, overlap: Any) -> None:
    made = await issue(operator)
    answered = await operator.post(f"/keys/{made['id']}/rotate", json={"overlap_seconds": overlap})
    assert answered.status_code == 422
    assert answered.json()["errors"][0]["pointer"] == "/overlap_seconds"


async def test_foreign_keys_are_like_unknown_ones(
    app: Any, ours: Tenant, operator: httpx.AsyncClient
) -> None:
    made = (await operator.post("/workspaces", json={"identifier": "north"})).json()
    north = client_for(app, made["keys"]["api"])
    theirs = (await issue(north))["id"]
    for method, path in (("DELETE", "/keys/{}"), ("POST", "/keys/{}/rotate")):
        foreign = await operator.request(method, path.format(theirs))
        unknown = await operator.request(method, path.format("0" * 12))
        assert foreign.status_code == unknown.status_code == 404
        told = [{**answered.json(), "request_id": None} for answered in (foreign, unknown)]
        assert told[0] == told[1]
    assert theirs not in (await operator.get("/keys")).text


async def test_an_operator_makes_workspaces_without_operators(app: Any, operator: httpx.AsyncClient) -> None:
    answered = await operator.post("/workspaces", json={"identifier": "north-1"})
    assert answered.status_code == 201
    made = answered.json()
    listed = (await operator.get("/workspaces")).json()["workspaces"]
    assert [workspace["identifier"] for workspace in listed] == ["ours", "north-1"]
    assert listed[1] == made["workspace"]
    north = client_for(app, made["keys"]["api"])
    assert [set(key["scopes"]) for key in (await north.get("/keys")).json()["keys"]] == [
        ALL_SCOPES - {"ops"}
    ] * 3
    assert (await north.get("/workspaces")).status_code == 403
    assert (await north.post("/workspaces", json={"identifier": "more"})).status_code == 403
    pair = {"workspace_id": made["keys"]["workspace"], "user_id": made["keys"]["user"]}
    assert (await client_of(app).post("/auth/token", json=pair)).status_code == 200


@pytest.mark.parametrize(
    ("identifier", "status"), [("ours", 409), ("Ours", 422), ("", 422), ("a b", 422), (7, 422)]
)
async def test_a_workspace_needs_a_name_of_its_own(
    operator: httpx.AsyncClient, identifier: Any, status: int
) -> None:
    answered = await operator.post("/workspaces", json={"identifier": identifier})
    assert answered.status_code == status


async def test_a_stream_ticket_names_its_stream(operator: httpx.AsyncClient) -> None:
    task = (await operator.post("/tasks", json=ORDER)).json()
    answered = await operator.post(f"/tasks/{task['id']}/stream-tickets")
    assert answered.status_code == 201
    assert answered.headers["cache-control"] == "no-store"
    given = answered.json()
    assert given["url"] == f"/gnomon/v1/tasks/{task['id']}/stream?ticket={given['ticket']}"
    read = read_ticket(given["ticket"], SECRET)
    assert (read.task_id, len(read.key_ids)) == (task["id"], 1)
    left = datetime.fromisoformat(given["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)


async def test_a_ticket_to_a_foreign_task_is_not_given(
    app: Any, house: House, hands: Hands, operator: httpx.AsyncClient, theirs: Tenant
) -> None:
    task = (await operator.post("/tasks", json=ORDER)).json()
    stranger = client_for(app, theirs.founded.keys[KeyRole.API])
    foreign = await stranger.post(f"/tasks/{task['id']}/stream-tickets")
    unknown = await stranger.post(f"/tasks/{task['id'][:-1]}0/stream-tickets")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["code"] == "not_found"


async def test_no_stored_byte_is_a_secret_that_was_shown(
    tmp_path: Any, house: House, operator: httpx.AsyncClient
) -> None:
    made = await issue(operator)
    rotated = (await operator.post(f"/keys/{made['id']}/rotate")).json()
    founded = (await operator.post("/workspaces", json={"identifier": "north"})).json()["keys"]
    shown = [made["secret"], rotated["secret"], *founded.values()]
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert made["id"].encode() in stored
    assert not [text for text in shown if text.rpartition("_")[2].encode() in stored]
    owner = await access.authenticate(house, rotated["secret"], roles=frozenset(KeyRole))
    assert rotated["secret"] not in repr(owner)
