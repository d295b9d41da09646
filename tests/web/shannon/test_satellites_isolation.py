"""Every route on sessions, files and schedules answers for another workspace's exactly as for what nobody has."""

from typing import Any

import pytest
from fastapi.routing import APIRoute
from rig import Tenant, client_of

from gnomon.core.access import KeyRole
from gnomon.web.dialects.shannon.routes import files, schedules, sessions

NAMED = [
    (method, route.path)
    for router in (sessions.router, files.router, schedules.router)
    for route in router.routes
    if isinstance(route, APIRoute) and ("{session_id}" in route.path or "{schedule_id}" in route.path)
    for method in sorted(route.methods or ())
]
NOBODYS = {"session_id": "nobody", "schedule_id": "sch_00000000000000000000000000"}
BODIES = {"PUT": {"name": "x"}, "PATCH": {"title": "x"}, "POST": {}}


@pytest.fixture
async def names(app: Any, ours: Tenant) -> dict[str, str]:
    """Give our workspace a session and a schedule, and name them."""
    async with client_of(app, **{"X-API-Key": ours.founded.keys[KeyRole.API]}) as client:
        task = {"query": "x", "session_id": "chat"}
        (await client.post("/api/v1/tasks", json=task)).raise_for_status()
        order = {"name": "x", "cron_expression": "0 9 * * *", "task_query": "y"}
        made = (await client.post("/api/v1/schedules", json=order)).raise_for_status().json()
        return {"session_id": "chat", "schedule_id": made["schedule_id"]}


def test_the_routes_with_names_are_found() -> None:
    assert len(NAMED) >= 13


@pytest.mark.parametrize(("method", "path"), NAMED)
async def test_foreign_equals_unknown(
    app: Any, ours: Tenant, theirs: Tenant, names: dict[str, str], method: str, path: str
) -> None:
    given = {"json": BODIES[method]} if method in BODIES else {}
    shape = path.replace("{path:path}", "conversation.md")
    async with client_of(app, **{"X-API-Key": theirs.founded.keys[KeyRole.API]}) as client:
        foreign = await client.request(method, shape.format(**names), **given)
        unknown = await client.request(method, shape.format(**NOBODYS), **given)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content


async def test_lists_show_ones_own_alone(
    app: Any, ours: Tenant, theirs: Tenant, names: dict[str, str]
) -> None:
    for tenant, count in ((ours, 1), (theirs, 0)):
        async with client_of(app, **{"X-API-Key": tenant.founded.keys[KeyRole.API]}) as client:
            for path, member in (("sessions", "sessions"), ("schedules", "schedules")):
                told = (await client.get(f"/api/v1/{path}")).json()
                assert (len(told[member]), told["total_count"]) == (count, count)


async def test_the_same_name_is_anothers_own_session(app: Any, theirs: Tenant, names: dict[str, str]) -> None:
    async with client_of(app, **{"X-API-Key": theirs.founded.keys[KeyRole.API]}) as client:
        await client.post("/api/v1/tasks", json={"query": "theirs", "session_id": names["session_id"]})
        told = (await client.get(f"/api/v1/sessions/{names['session_id']}/history")).json()
    assert [task["query"] for task in told["tasks"]] == ["theirs"]


@pytest.mark.parametrize(("method", "path"), NAMED)
async def test_no_key_opens_nothing(app: Any, names: dict[str, str], method: str, path: str) -> None:
    given = {"json": BODIES[method]} if method in BODIES else {}
    async with client_of(app) as client:
        refused = await client.request(method, path.replace("{path:path}", "x").format(**names), **given)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="Shannon API"'
