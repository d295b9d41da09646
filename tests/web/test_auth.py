import asyncio
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from rig import SECRET, House, ShiftedClock, Tenant, client_of, good, open_app
from starlette.requests import HTTPConnection

from gnomon.core.access import KeyRole, mint, public_id
from gnomon.core.errors import QuotaExceeded, Unauthenticated
from gnomon.core.service import access, task
from gnomon.core.service.ticket import open_ticket
from gnomon.core.task import crockford
from gnomon.web.auth import FLAT, Gate, identify, identify_listener
from gnomon.web.limits import Meter
from gnomon.web.problems import BadRequest
from gnomon.web.ticket import write_ticket

WORKSPACE, USER, API = KeyRole.WORKSPACE, KeyRole.USER, KeyRole.API


async def ask(app: Any, **headers: str) -> Any:
    return await client_of(app).get("/locations", headers=headers)


@pytest.mark.parametrize("names", [("workspace", "user"), ("workspace_id", "user_id")])
async def test_both_spellings_of_the_keys_give_a_token(
    app: Any, ours: Tenant, names: tuple[str, str]
) -> None:
    keys = ours.founded.keys
    body = {names[0]: keys[WORKSPACE], names[1]: keys[USER]}
    answered = await client_of(app).post("/auth/token", json=body)
    assert answered.status_code == 200
    told = answered.json()
    assert told["token"] == told["access_token"]
    assert (told["result"], told["token_type"], told["expires_in"]) == ("success", "bearer", 86400)
    claims = jwt.decode(told["token"], SECRET, algorithms=["HS256"], options={"verify_exp": False})
    assert claims["workspace_id"] == ours.id
    assert claims["workspace_role"] == "owner"
    assert claims["exp"] - claims["iat"] == 86400


async def test_wrong_keys_give_none(app: Any, ours: Tenant, theirs: Tenant) -> None:
    keys, foreign = ours.founded.keys, theirs.founded.keys
    pairs = [
        (keys[WORKSPACE], foreign[USER]),
        (keys[USER], keys[WORKSPACE]),
        (keys[WORKSPACE], keys[USER][:-1] + ("1" if keys[USER].endswith("0") else "0")),
        (keys[WORKSPACE], "uk_live_x"),
        ("é", keys[USER]),
    ]
    for workspace, user in pairs:
        answered = await client_of(app).post("/auth/token", json={"workspace": workspace, "user": user})
        assert answered.status_code == 401
        assert isinstance(answered.json()["detail"], str)


@pytest.mark.parametrize("body", [{}, [], {"workspace": 1, "user": "x"}, {"workspace": "x"}, {"user": ""}])
async def test_missing_keys_are_complained_of(app: Any, body: Any) -> None:
    answered = await client_of(app).post("/auth/token", json=body)
    assert answered.status_code == 422
    assert answered.json()["detail"][0]["loc"][0] == "body"


async def test_keys_are_accepted_in_either_header(app: Any, ours: Tenant) -> None:
    key = ours.founded.keys[API]
    assert (await ask(app, Authorization=f"Bearer {key}")).status_code == 200
    assert (await ask(app, **{"X-API-Key": key})).status_code == 200
    assert (await ask(app, **{"X-API-Key": key, "Authorization": f"bearer {key}"})).status_code == 200


async def test_two_credentials_that_differ_are_refused(app: Any, ours: Tenant, theirs: Tenant) -> None:
    headers = {"X-API-Key": theirs.founded.keys[API], "Authorization": f"Bearer {ours.founded.keys[API]}"}
    answered = await ask(app, **headers)
    assert answered.status_code == 400
    assert "two different" in answered.json()["detail"]


async def test_bad_credentials_are_refused_alike(app: Any, ours: Tenant) -> None:
    keys = ours.founded.keys
    forged = jwt.encode({"workspace_id": ours.id}, SECRET, algorithm="HS256")
    unsigned = jwt.encode(
        {"workspace_id": ours.id, "user_id": "x", "workspace_key": "x", "exp": 1 << 40, "iat": 0},
        None,
        "none",
    )
    for credential in ("", "x", keys[USER], keys[WORKSPACE], keys[API] + "0", forged, unsigned):
        answered = await ask(app, Authorization=f"Bearer {credential}")
        assert answered.status_code == 401, credential
        assert answered.headers["www-authenticate"] == "Bearer"
        assert isinstance(answered.json()["detail"], str)
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        assert (await ask(app, **headers)).status_code == 401


async def test_token_lives_a_day(house: House, ours: Tenant) -> None:
    clock = house.clock
    assert isinstance(clock, ShiftedClock)
    clock.shift = timedelta(hours=23, minutes=59)
    assert (await ours.client.get("/locations")).status_code == 200
    clock.shift = timedelta(hours=24)
    answered = await ours.client.get("/locations")
    assert answered.status_code == 401
    assert "expired" in answered.json()["detail"]


async def test_token_of_another_secret_is_refused(house: House, ours: Tenant) -> None:
    claims = {"workspace_id": ours.id, "user_id": "x", "workspace_key": "x", "exp": 1 << 40, "iat": 0}
    token = jwt.encode(claims, b"another secret of thirty-two bytes..", algorithm="HS256")
    assert (await ask(open_app(house), Authorization=f"Bearer {token}")).status_code == 401


async def test_token_of_unknown_keys_is_refused(house: House, ours: Tenant) -> None:
    claims = {"workspace_id": ours.id, "user_id": "x" * 12, "workspace_key": "x", "exp": 1 << 40, "iat": 0}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    assert (await ask(open_app(house), Authorization=f"Bearer {token}")).status_code == 401


async def test_no_key_is_needed_where_none_is_required(house: House, ours: Tenant) -> None:
    app = open_app(house, ours.id, require_key=False)
    assert good(await ask(app, Host="127.0.0.1:8080")) == []
    own = client_of(app, Host="localhost")
    token = good(await own.post("/auth/token", json={"workspace": "any", "user": "any"}))["token"]
    assert good(await ask(app, Host="localhost", Authorization=f"Bearer {token}")) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "gnomon.test"},
        {"Host": "127.0.0.1.gnomon.test"},
        {"Host": "192.168.0.7:8080"},
        {"Host": "127.0.0.1:8080", "Origin": "http://elsewhere.test"},
        {"Host": "127.0.0.1:8080", "Origin": "null"},
        {"Host": "127.0.0.1:8080", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_without_keys_a_foreign_page_is_refused(
    house: House, ours: Tenant, headers: dict[str, str]
) -> None:
    app = open_app(house, ours.id, require_key=False)
    assert (await ask(app, **headers)).status_code == 403
    client, keys = client_of(app, **headers), {"workspace": "any", "user": "any"}
    for prefix in ("", "/daly"):
        answered = await client.post(f"{prefix}/auth/token", json=keys)
        assert answered.status_code == 403
        assert "token" not in answered.json()


async def test_without_keys_the_servers_own_page_is_answered(house: House, ours: Tenant) -> None:
    app = open_app(house, ours.id, require_key=False)
    assert good(await ask(app, Host="[::1]:8080", Origin="http://[::1]:8080")) == []
    own = {"Host": "127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}
    assert good(await ask(app, **own)) == []


async def test_without_keys_a_page_of_a_listed_site_is_answered_and_no_other(
    house: House, ours: Tenant
) -> None:
    app = open_app(house, ours.id, require_key=False, origins=["https://app.test"])
    here = {"Host": "127.0.0.1:8080", "Sec-Fetch-Site": "cross-site"}
    answered = await ask(app, Origin="https://app.test", **here)
    assert good(answered) == []
    assert answered.headers["access-control-allow-origin"] == "https://app.test"
    for origin in ("https://app.test.elsewhere.test", "http://app.test", "null"):
        refused = await ask(app, Origin=origin, **here)
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
    rebound = await ask(app, Origin="https://app.test", Host="app.test")
    assert rebound.status_code == 403


async def test_scopes_are_asked_for(house: House, app: Any, ours: Tenant) -> None:
    from gnomon.core.access import Key, hash_key, mint, public_id

    text = mint(API, public_chance=1, secret_chance=2)
    public = public_id(text)
    assert public is not None
    record = Key(
        public_id=public,
        role=API,
        workspace="wsp_reader",
        hash=hash_key(text, house.pepper),
        scopes=frozenset({"read"}),
        created_at=house.clock.now(),
    )
    workspace = replace(ours.founded.workspace, id="wsp_reader", identifier="reader")
    await house.store.create_workspace(workspace, [record])
    reader = client_of(app, Authorization=f"Bearer {text}")
    assert (await reader.get("/tasks")).status_code == 200
    for method, path in (
        ("POST", "/locations"),
        ("POST", "/energymodels"),
        ("PUT", "/energymodels/1"),
        ("DELETE", "/projects/1"),
        ("POST", "/tasks/1/cancel"),
        ("POST", "/modules"),
    ):
        answered = await reader.request(method, path, json={})
        assert answered.status_code == 403, path
        assert "scope" in answered.json()["detail"]


async def test_a_wrong_credential_tells_nothing_by_its_time(app: Any, ours: Tenant) -> None:
    key = ours.founded.keys[API]
    wrong = mint(API, public_chance=3, secret_chance=5)
    public, other = key.split("_")[2], mint(API, public_chance=9, secret_chance=9)
    assert (await ask(app, Authorization=f"Bearer {key}")).status_code == 200
    same_public = _signed(f"gn_live_{public}_{other.split('_')[3][:39]}")
    clock = asyncio.get_running_loop().time
    for credential in (wrong, same_public, "gn_live_malformed", "no.token.this"):
        started = clock()
        answered = await ask(app, Authorization=f"Bearer {credential}")
        assert answered.status_code == 401
        assert clock() - started >= FLAT


async def test_too_many_wrong_credentials_of_an_address_shut_out_no_right_one(
    house: House, ours: Tenant
) -> None:
    gate = open_gate(house, meter=Meter(house.limits, failures=3))
    wrong = {"x-api-key": mint(API, public_chance=3, secret_chance=5)}
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await identify(gate, asking(headers=wrong))
    clock = asyncio.get_running_loop().time
    for headers in (wrong, {"x-api-key": "malformed"}, {"authorization": "Bearer no.token.this"}):
        started = clock()
        with pytest.raises(QuotaExceeded) as refused:
            await identify(gate, asking(headers=headers))
        assert 0 < (refused.value.retry_after or 0) <= 20
        assert clock() - started >= FLAT
    for headers in ({"x-api-key": ours.founded.keys[API]}, dict(ours.client.headers)):
        assert (await identify(gate, asking(headers=headers))).workspace == ours.id
    with pytest.raises(QuotaExceeded):
        await identify(gate, asking(headers=wrong))


def _signed(head: str) -> str:
    text = head + crockford(zlib.crc32(head.encode()), 7)
    assert public_id(text) is not None
    return text


async def issue(house: House, tenant: Tenant, *scopes: str, **fields: Any) -> access.Issued:
    issuer = await access.authenticate(house, tenant.founded.keys[API], roles=frozenset(KeyRole))
    return await access.issue_key(house, issuer, name="k", scopes=frozenset(scopes), **fields)


async def test_a_revoked_key_and_its_tokens_open_nothing(house: House, app: Any, ours: Tenant) -> None:
    pair = [await issue(house, ours, "read", "write", role=role) for role in (WORKSPACE, USER)]
    body = {"workspace": pair[0].text, "user": pair[1].text}
    token = good(await client_of(app).post("/auth/token", json=body))["token"]
    assert (await ask(app, Authorization=f"Bearer {token}")).status_code == 200
    owner = await access.authenticate(house, ours.founded.keys[API], roles=frozenset(KeyRole))
    await access.revoke_key(house, owner, pair[1].key.public_id)
    assert (await ask(app, Authorization=f"Bearer {token}")).status_code == 401
    assert (await client_of(app).post("/auth/token", json=body)).status_code == 401


async def test_who_asks_is_known_with_all_keys_and_their_end(house: House, ours: Tenant) -> None:
    gate = open_gate(house)
    token = await identify(gate, asking(headers=dict(ours.client.headers)))
    assert len(token.key_ids) == 2
    assert token.expires_at is not None
    assert timedelta(hours=23) < token.expires_at - house.clock.now() <= timedelta(hours=24)
    soon = house.clock.now() + timedelta(hours=1)
    issued = await issue(house, ours, "read", expires_at=soon)
    key = await identify(gate, asking(headers={"x-api-key": issued.text}))
    assert (key.key_ids, key.expires_at) == ((issued.key.public_id,), issued.key.expires_at)


def open_gate(house: House, **given: Any) -> Gate:
    standard = {"token_secret": SECRET, "require_key": True, "default_workspace": "wsp_none"}
    return Gate(house=house, **(standard | {"meter": Meter(house.limits)} | given))


def asking(query: str = "", headers: dict[str, str] | None = None) -> HTTPConnection:
    pairs = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return HTTPConnection(
        {"type": "http", "headers": pairs, "query_string": query.encode(), "client": ("192.0.2.1", 1)}
    )


async def ticket_of(house: House, tenant: Tenant, text: str) -> tuple[str, str]:
    who = await access.authenticate(house, text, roles=frozenset({API}))
    order = {"blob": "0" * 64, "filename": "a.pan", "as": "module"}
    made = (await task.submit(house, who, "pvsyst_component", order)).task
    return made.id, write_ticket(await open_ticket(house, who, made.id), SECRET)


async def test_a_ticket_opens_its_stream_once(house: House, ours: Tenant) -> None:
    gate = open_gate(house)
    task_id, ticket = await ticket_of(house, ours, ours.founded.keys[API])
    holder = await identify_listener(gate, asking(f"ticket={ticket}"), task_id)
    assert (holder.workspace, holder.scopes) == (ours.id, {"read"})
    with pytest.raises(Unauthenticated):
        await identify_listener(gate, asking(f"ticket={ticket}"), task_id)


async def test_a_ticket_is_of_its_task_and_its_server(house: House, ours: Tenant) -> None:
    task_id, ticket = await ticket_of(house, ours, ours.founded.keys[API])
    other, _ = await ticket_of(house, ours, ours.founded.keys[API])
    with pytest.raises(Unauthenticated):
        await identify_listener(open_gate(house), asking(f"ticket={ticket}"), other)
    elsewhere = open_gate(house, token_secret=b"another secret of thirty-two bytes..")
    with pytest.raises(Unauthenticated):
        await identify_listener(elsewhere, asking(f"ticket={ticket}"), task_id)
    forged = jwt.encode(jwt.decode(ticket, options={"verify_signature": False}), SECRET, algorithm="HS256")
    for text in (forged, ticket[:-2], ticket.rpartition(".")[0] + ".", "", "x"):
        with pytest.raises(Unauthenticated):
            await identify_listener(open_gate(house), asking(f"ticket={text}"), task_id)
    await identify_listener(open_gate(house), asking(f"ticket={ticket}"), task_id)


async def test_a_ticket_is_useless_elsewhere(house: House, app: Any, ours: Tenant) -> None:
    task_id, ticket = await ticket_of(house, ours, ours.founded.keys[API])
    client = client_of(app)
    for path in ("/locations", f"/gnomon/v1/tasks/{task_id}", "/gnomon/v1/keys"):
        for headers in ({}, {"Authorization": f"Bearer {ticket}"}, {"X-API-Key": ticket}):
            answered = await client.get(path, params={"ticket": ticket}, headers=headers)
            assert answered.status_code == 401, (path, headers)


async def test_a_ticket_and_another_credential_are_too_many(house: House, ours: Tenant) -> None:
    key = ours.founded.keys[API]
    task_id, ticket = await ticket_of(house, ours, key)
    for request in (
        asking(f"ticket={ticket}", {"X-API-Key": key}),
        asking(f"ticket={ticket}", {"Authorization": f"Bearer {key}"}),
        asking(f"ticket={ticket}&ticket={ticket}"),
    ):
        with pytest.raises(BadRequest):
            await identify_listener(open_gate(house), request, task_id)


async def test_without_a_ticket_a_listener_is_known_by_their_key(house: House, ours: Tenant) -> None:
    key = ours.founded.keys[API]
    holder = await identify_listener(open_gate(house), asking(headers={"X-API-Key": key}), "tsk_any")
    assert "write" in holder.scopes
    for query in (f"api_key={key}", f"key={key}", f"access_token={key}"):
        with pytest.raises(Unauthenticated):
            await identify_listener(open_gate(house), asking(query), "tsk_any")


async def test_a_ticket_dies_with_the_key_it_was_issued_on(house: House, ours: Tenant) -> None:
    issued = await issue(house, ours, "read", "write")
    task_id, ticket = await ticket_of(house, ours, issued.text)
    owner = await access.authenticate(house, ours.founded.keys[API], roles=frozenset(KeyRole))
    await access.revoke_key(house, owner, issued.key.public_id)
    with pytest.raises(Unauthenticated):
        await identify_listener(open_gate(house), asking(f"ticket={ticket}"), task_id)


async def test_a_ticket_without_a_key_is_for_a_server_without_keys(house: House, ours: Tenant) -> None:
    open_to_all = open_gate(house, require_key=False, default_workspace=ours.id)
    local = {"Host": "127.0.0.1:8080"}
    anyone = await identify(open_to_all, asking(headers=local))
    order = {"blob": "0" * 64, "filename": "a.pan", "as": "module"}
    made = (await task.submit(house, anyone, "pvsyst_component", order)).task
    ticket = write_ticket(await open_ticket(house, anyone, made.id), SECRET)
    with pytest.raises(Unauthenticated):
        await identify_listener(open_gate(house), asking(f"ticket={ticket}"), made.id)
    holder = await identify_listener(open_to_all, asking(f"ticket={ticket}", local), made.id)
    assert (holder.workspace, holder.scopes) == (ours.id, {"read"})
