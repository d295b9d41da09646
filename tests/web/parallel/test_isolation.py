"""Every route that takes a name answers for another workspace's exactly as for one that nobody has."""

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute
from rig import Tenant, client_of, open_app
from runs_served import OPTIONS
from trades_of_runs import TRADES

from gnomon.core.access import KeyRole
from gnomon.core.ports import Submit
from gnomon.core.service import House
from gnomon.core.task import NewTask, Visibility, task_id
from gnomon.web.dialects.parallel.routes import ROUTERS
from gnomon.web.ids import run_id

NAMED = [
    (method, route.path)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and "{" in route.path
    for method in sorted(route.methods or ())
]
PREFIXES = ("/v1/tasks", "/v1beta/tasks", "/parallel/v1/tasks")
NOBODYS = {"run_id": "trun_" + "0" * 32, "group_id": "tgrp_" + "0" * 32}
BODIES = {"/groups/{group_id}/runs": {"inputs": [{"input": "x", "processor": "base"}]}}
_REFERENCE = re.compile(rb'"ref_id":"[^"]*"')


@pytest.fixture
def app(house: House) -> Any:
    house.workloads.update({workload.kind: workload for workload in TRADES})  # type: ignore[attr-defined]  # the rig's is a dict
    return open_app(house, parallel=OPTIONS)


def keyed(app: Any, tenant: Tenant) -> Any:
    return client_of(app, **{"x-api-key": tenant.founded.keys[KeyRole.API]})


@pytest.fixture
async def names(app: Any, ours: Tenant) -> dict[str, str]:
    """Give our workspace a group with a run, and name them."""
    async with keyed(app, ours) as client:
        group = (await client.post("/v1/tasks/groups", json={})).json()["taskgroup_id"]
        added = await client.post(f"/v1/tasks/groups/{group}/runs", json=BODIES["/groups/{group_id}/runs"])
        return {"run_id": added.json()["run_ids"][0], "group_id": group}


def test_the_routes_with_names_are_found() -> None:
    assert len(NAMED) >= 14


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("method", "path"), NAMED)
async def test_foreign_equals_unknown(
    app: Any, ours: Tenant, theirs: Tenant, names: dict[str, str], method: str, path: str, prefix: str
) -> None:
    given = {"json": BODIES.get(path, {"answer": 1})} if method == "POST" else {}
    async with keyed(app, theirs) as client:
        foreign = await client.request(method, prefix + path.format(**names), **given)
        unknown = await client.request(method, prefix + path.format(**NOBODYS), **given)
    assert foreign.status_code == unknown.status_code == 404
    plain = [_REFERENCE.sub(b"", one.content) for one in (foreign, unknown)]
    assert plain[0].replace(names["group_id"].encode(), NOBODYS["group_id"].encode()) == plain[1]
    kept = [{k: v for k, v in one.headers.items() if k != "x-request-id"} for one in (foreign, unknown)]
    assert kept[0] == kept[1]


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in NAMED if "{run_id}" in p])
async def test_a_piece_of_a_task_is_no_run(
    app: Any, house: House, ours: Tenant, names: dict[str, str], method: str, path: str
) -> None:
    now = house.clock.now()
    piece = NewTask(
        id=task_id(now, 1), workspace=ours.id, kind="base", visibility=Visibility.INTERNAL, input={}
    )
    await house.store.submit(Submit(task=piece, now=now))
    async with keyed(app, ours) as client:
        place = path.format(**{**names, "run_id": run_id(piece.id)})
        given = {"json": {"answer": 1}} if method == "POST" else {}
        answered = await client.request(method, f"/v1/tasks{place}", **given)
    assert answered.status_code == 404


async def test_lists_and_references_stay_inside(
    app: Any, ours: Tenant, theirs: Tenant, names: dict[str, str]
) -> None:
    async with keyed(app, theirs) as client:
        assert (await client.get("/v1/tasks/runs")).json() == {"runs": [], "next_cursor": None}
        body = {"input": "x", "processor": "base", "previous_interaction_id": names["run_id"]}
        answered = await client.post("/v1/tasks/runs", json=body)
    assert answered.status_code == 422
    assert answered.json()["error"]["detail"]["errors"][0]["loc"] == ["body", "previous_interaction_id"]
    async with keyed(app, ours) as client:
        (run,) = (await client.get("/v1/tasks/runs")).json()["runs"]
        assert run["run_id"] == names["run_id"]
