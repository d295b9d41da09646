from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from rig import SECRET, House, ShiftedClock, Tenant, client_of, good, open_app

from gnomon.core.access import KeyRole

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
