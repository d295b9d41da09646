"""Pages of other sites: preflights and what their scripts may read, on every door, for the sites that are listed."""

from typing import Any

import pytest
from rig import House, Tenant, client_of, open_app

from gnomon.core.access import KeyRole
from gnomon.web.cors import EXPOSED

ORDER = {"kind": "pvsyst_component", "input": {"blob": "0" * 64, "filename": "a.pan", "as": "module"}}
SITE = "https://app.test"
PATHS = ["/", "/locations", "/daly/locations", "/gnomon/v1/tasks", "/gnomon/v1/nothing", "/nothing"]


@pytest.fixture
def app(house: House) -> Any:
    return open_app(house, origins=[SITE, "http://localhost:5173"])


async def preflight(app: Any, path: str, origin: str = SITE) -> Any:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key, prefer"}
    return await client_of(app, Origin=origin).request("OPTIONS", path, headers=asked)


@pytest.mark.parametrize("path", PATHS)
async def test_preflights_of_listed_sites_are_answered_without_a_key(app: Any, path: str) -> None:
    answered = await preflight(app, path)
    assert (answered.status_code, answered.content) == (204, b"")
    assert answered.headers["access-control-allow-origin"] == SITE
    assert "POST" in answered.headers["access-control-allow-methods"]
    assert answered.headers["access-control-allow-headers"] == "x-api-key, prefer"
    assert answered.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answered.headers


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", ["https://elsewhere.test", "null", "http://app.test", ""])
async def test_other_sites_get_no_leave(app: Any, path: str, origin: str) -> None:
    answered = await preflight(app, path, origin)
    assert answered.status_code >= 200
    assert not [name for name in answered.headers if name.startswith("access-control")]
    assert answered.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", PATHS)
async def test_answers_and_refusals_can_be_read(app: Any, path: str) -> None:
    answered = await client_of(app, Origin=SITE).get(path)
    assert answered.headers["access-control-allow-origin"] == SITE
    exposed = answered.headers["access-control-expose-headers"].split(", ")
    assert {"ETag", "Location", "Retry-After", "RateLimit", "X-Request-Id"} <= set(exposed)


async def test_a_stream_can_be_read(app: Any, ours: Tenant) -> None:
    client = client_of(app, Origin=SITE, **{"X-API-Key": ours.founded.keys[KeyRole.API]})
    task_id = (await client.post("/gnomon/v1/tasks", json=ORDER)).json()["id"]
    await client.post(f"/gnomon/v1/tasks/{task_id}/cancel")
    ticket = (await client.post(f"/gnomon/v1/tasks/{task_id}/stream-tickets")).json()
    told = await client_of(app, Origin=SITE).get(ticket["url"])
    assert told.headers["access-control-allow-origin"] == SITE
    assert "event: stream.end" in told.text


async def test_without_the_setting_nothing_is_said_of_it(house: House) -> None:
    answered = await preflight(open_app(house), "/gnomon/v1/tasks")
    assert answered.status_code == 405
    assert not {"vary", "access-control-allow-origin"} & set(answered.headers)


def test_what_names_a_session_can_be_read() -> None:
    assert {"X-Session-ID", "X-Shannon-Session-ID"} <= set(EXPOSED)
