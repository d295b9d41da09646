"""Every leaf of every example body, replaced by what no one expects there: an answer, and never a 500."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from rig import Tenant

from gnomon.web.dialects.daly import examples

NASTY: list[Any] = [
    None,
    True,
    -1,
    0,
    1.5,
    1e300,
    2**63 - 1,
    "",
    "x",
    "é" * 300,
    [],
    [[]],
    {},
    {"": None},
    [None],
]
BODIES = {
    "/locations": examples.LOCATION,
    "/weatherdata": examples.WEATHER,
    "/modules/json": examples.MODULE,
    "/inverters/json": examples.INVERTER,
    "/projects": {**examples.PROJECT, "globalLocationId": "1"},
    "/energymodels?async=true": {
        **examples.ENERGY_MODEL,
        "name": "A",
        "blockQuery": True,
        "blockQueryIndex": 0,
        "plant": {"poiLimitMW": 1, "contAuxLosskW": 1, "contAuxLossThreshkW": 1},
        "settings": {"timeZoneOverride": 1, "ignoreSpectralCorrection": True},
        "weatherData": {
            key: examples.WEATHER[key] for key in ("ghi", "dhi", "windSpeed", "temperature", "date")
        },
    },
    "/auth/token": {"workspace_id": "a", "user_id": "b"},
}


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*at, key))


def replaced(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    changed = copy.deepcopy(body)
    holder = changed
    for key in at[:-1]:
        holder = holder[key]
    holder[at[-1]] = value
    return changed


@pytest.mark.parametrize("path", BODIES)
async def test_no_body_breaks_a_route(ours: Tenant, path: str) -> None:
    for known, body in list(BODIES.items())[:5]:
        await ours.client.post(known, json={k: v for k, v in body.items() if k != "globalLocationId"})
    for index, at in enumerate(places(BODIES[path])):
        # Each place gets a third of the values; together the places get them all.
        for value in NASTY[index % 3 :: 3]:
            answered = await ours.client.post(path, json=replaced(BODIES[path], at, value))
            assert answered.status_code in (200, 400, 401, 404, 422), (at, value, answered.text)
            assert isinstance(answered.json(), dict)
            if answered.status_code != 200:
                assert answered.json()["detail"]


@pytest.mark.parametrize(
    "query",
    ["async=", "async=%00", "include=%ff", "include=,,,", "status=%00", "page=1e3", "page_size=%F0%9F%98%80",
     "created_after=9999-12-31T23:59:59-23:59", "created_before=0001-01-01", "page=1000000&page_size=1000",
     "created_after=0001-01-01T00:00:00%2B14:00", "task_type=" + "x" * 5000],
)  # fmt: skip
async def test_no_query_breaks_a_route(ours: Tenant, query: str) -> None:
    for path in ("/tasks", "/energymodels", "/energymodels/1", "/locations"):
        answered = await ours.client.get(f"{path}?{query}")
        assert answered.status_code in (200, 404, 422), answered.text


@pytest.mark.parametrize("key", ["\x7f", "é", '"', "a b", "0" * 300])
async def test_no_idempotency_key_breaks_a_route(ours: Tenant, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    for _ in range(2):
        answered = await ours.client.post("/locations", json=examples.LOCATION, headers=headers)  # type: ignore[arg-type]
        assert answered.status_code in (200, 422)
