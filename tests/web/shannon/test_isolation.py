"""Every route that names a task answers for another workspace's exactly as for one that nobody has."""

from typing import Any

import pytest
from fastapi.routing import APIRoute
from rig import Tenant, client_of

from gnomon.core.access import KeyRole
from gnomon.core.ports import Submit
from gnomon.core.service import House
from gnomon.core.task import NewTask, Visibility, task_id
from gnomon.web.dialects.shannon.routes import ROUTERS
from gnomon.web.ids import shannon_id

_PLACES = ("task_id", "workflow_id")
NAMED = [
    (method, route.path.format(task_id="{name}", workflow_id="{name}"))
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and any(f"{{{place}}}" in route.path for place in _PLACES)
    for method in sorted(route.methods or ())
]
SEARCHED = [("GET", "/api/v1/stream/sse?workflow_id={name}")]
PREFIXES = ("", "/shannon")
NOBODYS = "task_" + "0" * 26
DECISION = {"approval_id": "deploy:1", "approved": True}
BODY = {"message": "x", "action": "approve"}
_OWN = ("x-request-id", "x-span-id", "x-trace-id")


def keyed(app: Any, tenant: Tenant) -> Any:
    return client_of(app, **{"X-API-Key": tenant.founded.keys[KeyRole.API]})


@pytest.fixture
async def name(app: Any, ours: Tenant) -> str:
    async with keyed(app, ours) as client:
        made = await client.post("/api/v1/tasks", json={"query": "x", "session_id": "ours"})
        told: str = made.json()["task_id"]
        return told


def test_the_routes_with_names_are_found() -> None:
    assert len(NAMED) >= 11


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("method", "path"), [*NAMED, *SEARCHED])
async def test_foreign_equals_unknown(
    app: Any, theirs: Tenant, name: str, method: str, path: str, prefix: str
) -> None:
    given = {"json": BODY} if method == "POST" else {}
    async with keyed(app, theirs) as client:
        foreign = await client.request(method, prefix + path.format(name=name), **given)
        unknown = await client.request(method, prefix + path.format(name=NOBODYS), **given)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    kept = [{k: v for k, v in one.headers.items() if k not in _OWN} for one in (foreign, unknown)]
    assert kept[0] == kept[1]


@pytest.mark.parametrize(("method", "path"), NAMED)
async def test_a_piece_of_a_task_is_none(
    app: Any, house: House, ours: Tenant, method: str, path: str
) -> None:
    now = house.clock.now()
    piece = NewTask(
        id=task_id(now, 1), workspace=ours.id, kind="research", visibility=Visibility.INTERNAL, input={}
    )
    await house.store.submit(Submit(task=piece, now=now))
    given = {"json": BODY} if method == "POST" else {}
    async with keyed(app, ours) as client:
        answered = await client.request(method, path.format(name=shannon_id(piece.id)), **given)
    assert answered.status_code == 404


async def test_decisions_lists_and_sessions_stay_inside(app: Any, theirs: Tenant, name: str) -> None:
    async with keyed(app, theirs) as client:
        for named in (name, NOBODYS):
            decided = await client.post("/api/v1/approvals/decision", json={**DECISION, "workflow_id": named})
            told = {"error": "Workflow or approval not found"}
            assert (decided.status_code, decided.json()) == (404, told)
        assert (await client.get("/api/v1/tasks")).json() == {"tasks": [], "total_count": 0}
        assert (await client.get("/api/v1/approvals")).json() == {"approvals": [], "total_count": 0}
        made = await client.post("/api/v1/tasks", json={"query": "y", "session_id": "ours"})
        assert "turn 1 of session ours" in made.json()["message"]
