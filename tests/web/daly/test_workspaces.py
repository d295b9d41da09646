"""Workspaces, organizations, invites and settings as the contract's clients see them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from rig import Hands, House, Tenant, client_of, found_tenant, good, open_app

from gnomon.core.access import KeyRole, Limits
from gnomon.core.ports import Submit
from gnomon.core.service.access import authenticate
from gnomon.core.service.tenancy import clear_deleted
from gnomon.core.task import NewTask, Status, Task, task_id


@pytest.fixture
async def theirs(house: House, app: Any, ours: Tenant) -> AsyncIterator[Tenant]:
    """Found a second workspace after ours, which is the operator's."""
    tenant = await found_tenant(house, app, "theirs")
    yield tenant
    await tenant.client.aclose()


async def enter(app: Any, workspace_key: str, user_key: str) -> httpx.AsyncClient:
    client = client_of(app)
    pair = {"workspace": workspace_key, "user": user_key}
    client.headers["Authorization"] = f"Bearer {good(await client.post('/auth/token', json=pair))['token']}"
    return client


async def join(app: Any, inviter: Tenant, role: str, **wanted: Any) -> httpx.AsyncClient:
    """Invite a new user, and return a client with the user's token."""
    organization = (await inviter.get("/workspaces"))[0]["organizationId"]
    invited = await inviter.post(f"/organizations/{organization}/invites", {"role": role, **wanted})
    joined = await accept(app, organization, invited["invite_token"])
    return await enter(app, joined["workspace_api_key"], joined["user_api_key"])


async def submit(house: House, workspace: str) -> Task:
    now = house.clock.now()
    new = NewTask(id=task_id(now, house.clock.chance(40)), workspace=workspace, kind="energy_model", input={})
    return (await house.store.submit(Submit(task=new, now=now))).task


async def accept(app: Any, organization: int, token: str, **headers: str) -> Any:
    async with client_of(app, **headers) as client:
        return good(await client.post(f"/organizations/{organization}/invites/accept", json={"token": token}))


async def test_the_list_holds_the_workspace_of_the_token_alone(ours: Tenant, theirs: Tenant) -> None:
    (own,) = await theirs.get("/workspaces")
    assert {**own, "createdAt": None} == {
        "id": 2,
        "identifier": "theirs",
        "organizationId": 2,
        "role": "owner",
        "createdAt": None,
    }
    assert await theirs.get("/workspaces/2") == own


async def test_a_new_workspace_is_its_makers_and_its_key_is_shown_once(app: Any, ours: Tenant) -> None:
    answered = await ours.client.post("/workspaces", json={"identifier": "acme-solar"})
    made = good(answered)
    assert answered.headers["cache-control"] == "no-store"
    assert set(made) == {"workspace_id", "identifier", "api_key"}
    inside = await enter(app, made["api_key"], ours.founded.keys[KeyRole.USER])
    (own,) = good(await inside.get("/workspaces"))
    assert (own["id"], own["identifier"], own["role"]) == (made["workspace_id"], "acme-solar", "owner")
    assert own["organizationId"] == (await ours.get("/workspaces"))[0]["organizationId"]
    assert good(await inside.get("/energymodels")) == []
    assert good(await inside.get(f"/workspaces/{own['id']}/settings")) == {
        "energyModel": {},
        "preferences": {},
    }
    assert made["api_key"] not in (await inside.get("/workspaces")).text


async def test_a_replay_names_the_workspace_and_shows_no_key(ours: Tenant) -> None:
    async def ask(identifier: str) -> httpx.Response:
        headers = {"Idempotency-Key": "k"}
        return await ours.client.post("/workspaces", json={"identifier": identifier}, headers=headers)

    first, again = await ask("acme"), await ask("acme")
    assert good(again) == {**good(first), "api_key": None}
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["cache-control"] == "no-store"
    assert (await ask("other")).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"), [({}, 422), ({"identifier": "Not OK"}, 422), ({"identifier": "ours"}, 409), ([], 422)]
)
async def test_what_is_no_workspace_is_refused(ours: Tenant, body: Any, status: int) -> None:
    answered = await ours.client.post("/workspaces", json=body)
    assert answered.status_code == status
    assert answered.json()["detail"]


async def test_an_organization_has_so_many_workspaces(house: House) -> None:
    small = replace(house, limits=Limits(workspaces=2))
    app = open_app(small)
    ours = await found_tenant(small, app, "ours")
    await ours.post("/workspaces", {"identifier": "second"})
    answered = await ours.client.post("/workspaces", json={"identifier": "third"})
    assert answered.status_code == 429
    assert answered.headers["retry-after"].isdigit()
    assert "2 workspaces" in answered.json()["detail"]
    await ours.client.aclose()


async def test_a_workspace_is_renamed_by_its_admins(ours: Tenant, theirs: Tenant) -> None:
    assert (await theirs.put("/workspaces/2", {"identifier": "new-name"}))["identifier"] == "new-name"
    assert (await theirs.get("/workspaces"))[0]["identifier"] == "new-name"
    for path, body, status in (
        ("/workspaces/2", {}, 400),
        ("/workspaces/2", {"identifier": "ours"}, 409),
        ("/workspaces/2", {"identifier": 5}, 422),
        ("/workspaces/1", {"identifier": "mine"}, 403),
        ("/workspaces/9", {"identifier": "mine"}, 404),
    ):
        answered = await theirs.client.put(path, json=body)
        assert answered.status_code == status, (path, body)
    assert (await theirs.client.put("/workspaces/2")).status_code == 400


async def test_a_deleted_workspace_is_gone_with_its_keys_and_tasks(
    house: House, app: Any, ours: Tenant, theirs: Tenant, hands: Hands
) -> None:
    key = theirs.founded.keys[KeyRole.API]
    tasks = [await submit(house, theirs.id) for _ in range(3)]
    running = await hands.claim()
    assert (await theirs.client.delete("/workspaces/1")).status_code == 403
    assert (await theirs.client.delete("/workspaces/9")).status_code == 404
    assert await theirs.delete("/workspaces/2") == {"deleted": True}
    assert (await theirs.client.get("/workspaces")).status_code == 401
    for task in tasks:
        stands = (await house.store.get_task(theirs.id, task.id)).status
        assert stands is (Status.CANCELLING if task.id == running.id else Status.CANCELLED)
    late = await submit(house, theirs.id)  # of a request that was let in before
    await clear_deleted(house)
    assert (await house.store.get_task(theirs.id, late.id)).status is Status.CANCELLED
    with pytest.raises(Exception, match="not valid"):
        await authenticate(house, key, roles=frozenset(KeyRole))
    pair = {
        "workspace": theirs.founded.keys[KeyRole.WORKSPACE],
        "user": theirs.founded.keys[KeyRole.USER],
    }
    assert (await ours.client.post("/auth/token", json=pair)).status_code == 401
    assert [w.identifier for w in await house.store.list_workspaces()] == ["ours"]
    again = good(await ours.client.post("/workspaces", json={"identifier": "theirs"}))
    assert again["workspace_id"] == 3


async def test_the_operators_workspace_stays(ours: Tenant) -> None:
    answered = await ours.client.delete("/workspaces/1")
    assert answered.status_code == 409
    assert "operator" in answered.json()["detail"]


async def test_a_users_key_outlives_the_workspace_it_was_made_in(
    app: Any, ours: Tenant, theirs: Tenant
) -> None:
    made = await theirs.post("/workspaces", {"identifier": "second"})
    await theirs.delete("/workspaces/2")
    inside = await enter(app, made["api_key"], theirs.founded.keys[KeyRole.USER])
    assert good(await inside.get("/workspaces"))[0]["identifier"] == "second"


ROLES = {
    "viewer": {
        "GET /locations": 200,
        "POST /locations": 403,
        "PUT /workspaces/1": 403,
        "POST /workspaces": 403,
    },
    "member": {
        "GET /locations": 200,
        "POST /locations": 422,
        "PUT /workspaces/1": 403,
        "POST /workspaces": 403,
    },
    "admin": {
        "GET /locations": 200,
        "POST /locations": 422,
        "PUT /workspaces/1": 400,
        "POST /workspaces": 422,
    },
    "owner": {
        "GET /locations": 200,
        "POST /locations": 422,
        "PUT /workspaces/1": 400,
        "POST /workspaces": 422,
    },
}


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_says_what_its_user_may_do(app: Any, ours: Tenant, role: str) -> None:
    client = await join(app, ours, role)
    for asked, status in ROLES[role].items():
        method, path = asked.split()
        given = {} if method == "GET" else {"json": {}}
        assert (await client.request(method, path, **given)).status_code == status, asked


async def test_a_refusal_names_the_role_that_is_needed(app: Any, ours: Tenant) -> None:
    client = await join(app, ours, "member")
    refused = await client.post("/workspaces", json={"identifier": "more"})
    assert refused.status_code == 403
    assert "needs the role 'admin'" in refused.text
    assert "'member'" in refused.text


async def test_the_users_of_a_workspace_are_listed_with_their_roles(app: Any, ours: Tenant) -> None:
    await join(app, ours, "viewer", email="Ann@Example.com")
    users = await ours.get("/workspaces/1/users")
    assert [(user["id"], user["role"], user["email"]) for user in users] == [
        (1, "owner", None),
        (2, "viewer", "ann@example.com"),
    ]


async def test_an_invite_is_good_once_even_for_many_at_once(app: Any, ours: Tenant) -> None:
    invited = await ours.post("/organizations/1/invites", {"role": "member"})

    async def take() -> int:
        async with client_of(app) as client:
            body = {"token": invited["invite_token"]}
            return (await client.post("/organizations/1/invites/accept", json=body)).status_code

    assert sorted(await asyncio.gather(*(take() for _ in range(8)))) == [200] + [404] * 7
    assert len(await ours.get("/workspaces/1/users")) == 2


async def test_an_invite_of_another_organization_or_an_old_one_is_none(
    house: House, app: Any, ours: Tenant, theirs: Tenant
) -> None:
    invited = await ours.post("/organizations/1/invites", {})
    body = {"token": invited["invite_token"]}
    assert (await theirs.client.post("/organizations/2/invites/accept", json=body)).status_code == 404
    house.clock.shift += house.clock.shift.resolution * 7 * 86_400 * 1_000_000  # type: ignore[attr-defined]  # the test's
    async with client_of(app) as client:
        answered = await client.post("/organizations/1/invites/accept", json=body)
    assert answered.status_code == 404
    assert "Ask for a new one" in answered.json()["detail"]


async def test_a_known_user_joins_with_the_key_that_it_has(app: Any, ours: Tenant, theirs: Tenant) -> None:
    invited = await ours.post("/organizations/1/invites", {"role": "viewer"})
    answered = await theirs.client.post(
        "/organizations/1/invites/accept", json={"token": invited["invite_token"]}
    )
    joined = good(answered)
    assert (joined["role"], joined["user_api_key"]) == ("viewer", None)
    inside = await enter(app, joined["workspace_api_key"], theirs.founded.keys[KeyRole.USER])
    assert good(await inside.get("/workspaces"))[0]["role"] == "viewer"
    assert (await inside.post("/locations", json={})).status_code == 403
    assert (await theirs.get("/workspaces"))[0]["role"] == "owner"


async def test_an_invite_lowers_no_role(app: Any, ours: Tenant) -> None:
    invited = await ours.post("/organizations/1/invites", {"role": "viewer"})
    joined = good(
        await ours.client.post("/organizations/1/invites/accept", json={"token": invited["invite_token"]})
    )
    assert joined["role"] == "owner"


async def test_nobody_invites_to_more_than_they_are(app: Any, ours: Tenant) -> None:
    admin, member = await join(app, ours, "admin"), await join(app, ours, "member")
    for client, role, status in ((admin, "owner", 403), (admin, "admin", 200), (member, "viewer", 403)):
        answered = await client.post("/organizations/1/invites", json={"role": role})
        assert answered.status_code == status, role
    assert (await ours.client.post("/organizations/1/invites", json={"role": "king"})).status_code == 422
    assert (await ours.client.post("/organizations/1/invites", json={"email": "x"})).status_code == 422
    nowhere = await ours.client.post("/organizations/1/invites", json={"workspace_id": 99})
    assert nowhere.status_code == 404


async def test_roles_are_changed_and_users_removed(app: Any, ours: Tenant) -> None:
    member = await join(app, ours, "member")
    path = "/workspaces/1/users/2"
    assert (await member.patch(path, json={"role": "admin"})).status_code == 403
    assert good(await ours.client.patch(path, json={"role": "viewer"}))["role"] == "viewer"
    assert (await member.post("/locations", json={})).status_code == 403
    for method, at, body, status in (
        ("PATCH", path, {"role": "king"}, 422),
        ("PATCH", path, {}, 400),
        ("PATCH", "/workspaces/1/users/99", {"role": "viewer"}, 404),
        ("PATCH", "/workspaces/1/users/1", {"role": "viewer"}, 409),
        ("DELETE", "/workspaces/1/users/1", None, 409),
        ("PATCH", "/organizations/1/users/1", {"role": "admin"}, 409),
        ("DELETE", "/organizations/1/users/1", None, 409),
        ("DELETE", "/organizations/1/users/99", None, 404),
    ):
        given = {} if body is None else {"json": body}
        assert (await ours.client.request(method, at, **given)).status_code == status, (method, at)
    inside = await ours.get("/organizations/1/users")
    assert [(user["id"], user["role"]) for user in inside] == [(1, "owner"), (2, "member")]
    changed = await ours.client.patch("/organizations/1/users/2", json={"role": "admin"})
    assert good(changed)["role"] == "admin"
    assert (await member.get("/organizations/1/users")).status_code == 403  # a viewer's token may not
    assert await ours.delete(path) == {"deleted": True}
    assert (await member.get("/locations")).status_code == 401
    assert [user["id"] for user in await ours.get("/organizations/1/users")] == [1]


async def test_an_organizations_user_is_removed_from_all_of_it(app: Any, ours: Tenant) -> None:
    member = await join(app, ours, "member")
    assert await ours.delete("/organizations/1/users/2") == {"deleted": True}
    assert (await member.get("/locations")).status_code == 401
    assert len(await ours.get("/workspaces/1/users")) == 1


async def test_who_tries_tokens_of_invites_is_told_to_wait(app: Any, ours: Tenant) -> None:
    invited = await ours.post("/organizations/1/invites", {})
    path, codes = "/organizations/1/invites/accept", []
    async with client_of(app) as client:
        for number in range(32):
            answered = await client.post(path, json={"token": f"inv_{number:039}"})
            codes.append(answered.status_code)
        assert set(codes[:30]) == {404}
        assert codes[-1] == 429
        assert answered.headers["retry-after"].isdigit()
        assert (await client.post(path, json={"token": invited["invite_token"]})).status_code == 200


async def test_a_deleted_workspace_tells_no_webhook(house: House, ours: Tenant, theirs: Tenant) -> None:
    for tenant in (ours, theirs):
        hook = {"url": "https://example.com/hook"}
        assert (await tenant.client.post("/gnomon/v1/webhook-endpoints", json=hook)).status_code == 201
        await submit(house, tenant.id)
    await theirs.delete("/workspaces/2")
    found = [await house.store.list_endpoints(tenant.id) for tenant in (ours, theirs)]
    assert [len(page.records) for page in found] == [1, 0]


async def test_an_organization_is_renamed_and_lists_what_one_may_see(app: Any, ours: Tenant) -> None:
    made = await ours.post("/organizations/1/workspaces", {"identifier": "second"})
    assert set(made) == {"workspace_id", "identifier", "organization_id", "api_key"}
    renamed = await ours.client.patch("/organizations/1", json={"name": "Acme"})
    assert good(renamed)["name"] == "Acme"
    assert (await ours.client.patch("/organizations/1", json={})).status_code == 400
    assert [w["identifier"] for w in await ours.get("/organizations/1/workspaces")] == ["ours", "second"]
    member = await join(app, ours, "member")
    seen = good(await member.get("/organizations/1/workspaces"))
    assert [w["identifier"] for w in seen] == ["ours"]
    assert (await member.patch("/organizations/1", json={"name": "Mine"})).status_code == 403


async def test_settings_are_replaced_and_changed_member_by_member(ours: Tenant) -> None:
    path = "/workspaces/1/settings"
    assert await ours.get(path) == {"energyModel": {}, "preferences": {}}
    whole = {
        "energyModel": {"losses": {"lid": 0.015}},
        "preferences": {"units": "SI", "deep": {"a": 1, "b": 2}},
    }
    assert await ours.put(path, whole) == whole == await ours.get(path)
    patch = {"preferences": {"units": None, "deep": {"b": 3}}, "energyModel": {"losses": {"mismatch": 0.01}}}
    changed = good(await ours.client.patch(path, json=patch))
    assert changed == await ours.get(path)
    assert changed["preferences"] == {"deep": {"a": 1, "b": 3}}
    assert set(changed["energyModel"]["losses"]) == {"lid", "mismatch"}
    assert await ours.put(path, {"preferences": {}}) == {"preferences": {}}


async def test_settings_that_make_no_sense_are_complained_about(ours: Tenant) -> None:
    before = await ours.get("/workspaces/1/settings")
    for method in ("PUT", "PATCH"):
        body = {"energyModel": {"losses": {"lid": 7}}}
        answered = await ours.client.request(method, "/workspaces/1/settings", json=body)
        assert answered.status_code == 422
        (complaint,) = answered.json()["detail"]
        assert complaint["loc"] == ["body", "energyModel", "losses", "lid"]
    assert await ours.get("/workspaces/1/settings") == before


@pytest.mark.parametrize("key", ["losses", "acSystem", "shading", "settings", "plant"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_default_beside_the_defaults_is_refused(ours: Tenant, method: str, key: str) -> None:
    answered = await ours.client.request(method, "/workspaces/1/settings", json={key: {}})
    assert answered.status_code == 422
    (complaint,) = answered.json()["detail"]
    assert complaint["loc"] == ["body", key]
    assert f"energyModel.{key}" in complaint["msg"]


async def test_settings_are_made_once_by_many_at_once(house: House, ours: Tenant) -> None:
    bodies = [{"preferences": {"n": n}} for n in range(8)]
    await asyncio.gather(*(ours.put("/workspaces/1/settings", body) for body in bodies))
    assert (await ours.get("/workspaces/1/settings")) in bodies
    with pytest.raises(Exception, match="no"):
        await house.store.resources.get(ours.id, "workspace_settings", 2)
