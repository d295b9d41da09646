"""Every route that takes a number answers for another workspace's exactly as for one that nobody has."""

import asyncio
from typing import Any

import pytest
from rig import Hands, Tenant, found_tenant, open_app, open_house
from scenes import SCENE, complete_scene
from sent import LOCATION, energy_model, weather

UNKNOWN = 4321


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


@pytest.mark.parametrize("prefix", ["", "/daly"])
@pytest.mark.parametrize(("method", "path"), routes_with_numbers())
async def test_foreign_equals_unknown(
    rich: Tenant, theirs: Tenant, method: str, path: str, prefix: str
) -> None:
    path = prefix + path
    body = energy_model() if "energymodels" in path else {"status": "archived"}
    given = {"json": body} if method == "PUT" else {}
    foreign = await theirs.client.request(method, path.format(number=1), **given)
    unknown = await theirs.client.request(method, path.format(number=UNKNOWN), **given)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    kept = [{k: v for k, v in a.headers.items() if k != "x-request-id"} for a in (foreign, unknown)]
    assert kept[0] == kept[1]
    own = path.format(number=1)
    for verb in ("/run", "/cancel", "/refresh", "/trackinginputs"):
        own = own.removesuffix(verb)
    assert (await rich.client.get(own)).status_code == 200


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
