"""Every route that takes a number answers for another workspace's exactly as for one that nobody has."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from rig import Hands, House, Tenant, found_tenant, open_app, open_house
from scenes import SCENE, complete_scene
from sent import LOCATION, energy_model, weather

UNKNOWN = 4321
NOT_HIDDEN = {("PUT", "/workspaces/{number}"), ("DELETE", "/workspaces/{number}")}
"""What the contract answers with 403 for another workspace."""
BY_TOKEN = "/organizations/{number}/invites/accept"
"""Opens by an invite's token alone, wherever the caller is."""


def routes_with_numbers() -> list[tuple[str, str]]:
    async def document(folder: Any) -> Any:
        house = open_house(folder)
        tenant = await found_tenant(house, open_app(house), "reader")
        try:
            return await tenant.get("/daly/openapi.json")
        finally:
            await tenant.client.aclose()
            await house.store.close()

    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        paths = asyncio.run(document(Path(folder)))["paths"]
    return [(method.upper(), path) for path, methods in paths.items() if "{" in path for method in methods]


@pytest.fixture
async def rich(site: Tenant, hands: Hands) -> Tenant:
    """Give our workspace one of everything under number 1, and finished runs."""
    await site.post("/projects", {"name": "P", "locationId": 1})
    await site.post("/energymodels?async=true", energy_model())
    await hands.complete(await hands.claim())
    await site.post("/shadingscenes", SCENE)
    await complete_scene(hands, await hands.claim())
    return site


@pytest.fixture
async def theirs(house: House, app: Any, rich: Tenant) -> AsyncIterator[Tenant]:
    tenant = await found_tenant(house, app, "theirs")
    yield tenant
    await tenant.client.aclose()


@pytest.mark.parametrize("prefix", ["", "/daly"])
@pytest.mark.parametrize(("method", "path"), routes_with_numbers())
async def test_foreign_equals_unknown(
    rich: Tenant, theirs: Tenant, method: str, path: str, prefix: str
) -> None:
    is_hidden = (method, path) not in NOT_HIDDEN
    path = prefix + path
    given = (
        {} if method in ("GET", "DELETE") or path.endswith(("/run", "/cancel")) else {"json": body_for(path)}
    )
    foreign = await theirs.client.request(method, path.format(number=1, user=1), **given)
    unknown = await theirs.client.request(method, path.format(number=UNKNOWN, user=1), **given)
    assert unknown.status_code == 404
    assert foreign.status_code == (404 if is_hidden else 403)
    if not is_hidden:
        return
    assert foreign.content == unknown.content
    kept = [{k: v for k, v in a.headers.items() if k != "x-request-id"} for a in (foreign, unknown)]
    assert kept[0] == kept[1]
    if "/organizations/" not in path:
        own = path.format(number=1, user=1)
        for verb in ("/run", "/cancel", "/refresh", "/trackinginputs"):
            own = own.removesuffix(verb)
        own = own.replace("/users/1", "/users")
        assert (await rich.client.get(own)).status_code == 200


def body_for(path: str) -> Any:
    if "energymodels" in path:
        return energy_model()
    return {"status": "archived", "identifier": "x", "name": "x", "token": "x", "role": "viewer"}


async def test_nothing_of_a_workspace_is_told_to_another(rich: Tenant, theirs: Tenant) -> None:
    own = {"identifier": "ours", "name": "owner of ours"}
    for path in (
        "/workspaces",
        "/workspaces/2/users",
        "/organizations/2/workspaces",
        "/workspaces/2/settings",
    ):
        answered = await theirs.client.get(path)
        assert answered.status_code == 200
        assert not any(told in answered.text for told in own.values()), path


async def test_a_foreign_invite_opens_nothing(rich: Tenant, theirs: Tenant) -> None:
    token = (await rich.post("/organizations/1/invites", {}))["invite_token"]
    invited = {"workspace_id": 1}
    assert (await theirs.client.post("/organizations/1/invites", json=invited)).status_code == 404
    assert (await theirs.client.post("/organizations/2/invites", json=invited)).status_code == 404
    wrong = BY_TOKEN.format(number=2)
    assert (await theirs.client.post(wrong, json={"token": token})).status_code == 404


async def test_lists_hold_ones_own(rich: Tenant, theirs: Tenant) -> None:
    for path in (
        "/locations",
        "/weatherdata",
        "/modules",
        "/inverters",
        "/projects",
        "/energymodels",
        "/shadingscenes",
    ):
        assert await theirs.get(path) == []
    assert await theirs.get("/tasks") == {"tasks": [], "total": 0, "page": 1, "pageSize": 50}


async def test_numbers_count_per_workspace(rich: Tenant, theirs: Tenant) -> None:
    assert (await theirs.post("/locations", LOCATION))["id"] == 1


async def test_references_stay_inside(rich: Tenant, theirs: Tenant) -> None:
    location = await rich.get("/locations/1")
    for path, body in (
        ("/projects", {"name": "P", "locationId": 1}),
        ("/projects", {"name": "P", "globalLocationId": location["globalLocationId"]}),
        ("/weatherdata", weather(24, locationId=1)),
    ):
        answered = await theirs.client.post(path, json=body)
        assert answered.status_code == 404
    sent = await theirs.client.post("/shadingscenes/1/trackinginputs", data={"gcr": "0.4"})
    assert sent.status_code == 404
    answered = await theirs.client.post("/energymodels", json=energy_model())
    assert {item["type"] for item in answered.json()["detail"]} == {"missing_reference"}
