import logging
from pathlib import Path
from typing import Any

import pytest
from rig import House, Tenant, client_of, open_app, open_house

from gnomon.cli.log import Fields
from gnomon.web.edge import Edge


async def test_lobby_needs_no_key(app: Any) -> None:
    client = client_of(app)
    for path, status in (("/", "gnomon"), ("/health", "healthy"), ("/readiness", "ready")):
        answered = await client.get(path)
        assert answered.status_code == 200
        assert status in answered.text


async def test_is_not_ready_when_nothing_can_be_stored(tmp_path: Path) -> None:
    house = open_house(tmp_path)
    await house.store.close()
    answered = await client_of(open_app(house)).get("/readiness")
    assert answered.status_code == 503
    told = answered.json()
    assert (told["status"], told["checks"]) == ("not ready", {"orchestrator": "failed"})
    assert "store" in told["detail"]


@pytest.mark.parametrize("path", ["/locations/", "/tasks/", "/energymodels/1/", "/healthy"])
async def test_never_redirects(ours: Tenant, path: str) -> None:
    answered = await ours.client.get(path)
    assert answered.status_code == 404
    assert answered.json() == {"detail": f"There is no path {path}; GET /daly/openapi.json lists the paths."}


@pytest.mark.parametrize("path", ["/v1", "/v1/x", "/v1/embeddings", "/shannon/v1/x"])
async def test_what_no_door_has_below_openais_prefix_is_told_in_its_words(ours: Tenant, path: str) -> None:
    answered = await ours.client.get(path)
    assert answered.status_code == 404
    error = answered.json()["error"]
    assert error["message"] == f"There is no path {path}; GET /openapi.json lists the paths."
    assert (error["type"], error["code"], error["param"]) == ("not_found_error", "not_found", None)


@pytest.mark.parametrize("path", ["/api/v1/x", "/api/v1/", "/openapi.json/x", "/shannon/x"])
async def test_what_no_door_has_below_shannons_prefixes_is_told_in_its_words(ours: Tenant, path: str) -> None:
    answered = await ours.client.get(path)
    assert answered.status_code == 404
    assert answered.json() == {"error": f"There is no path {path}; GET /openapi.json lists the paths."}


@pytest.mark.parametrize(
    "path",
    [
        "/gnomon%2Fv1/tasks",
        "/gnomon%2fv1%2ftasks",
        "/gnomon/v1%2Ftasks",
        "/gnomon%5Cv1/tasks",
        "/daly%2Flocations",
        "/daly/locations%2F1",
        "/locations%2F1",
        "/locations%5C1",
        "/%2Flocations",
        "/health%2F",
    ],
)
async def test_an_encoded_slash_leads_to_no_door(ours: Tenant, path: str) -> None:
    await ours.post("/locations", {"name": "A", "latitude": 1, "longitude": 1, "elevation": 1})
    assert (await ours.client.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/%6Cocations", "/daly/%6Cocations", "/gn%6Fmon/v1/tasks?limit=%32"])
async def test_other_encoded_characters_are_what_they_stand_for(ours: Tenant, path: str) -> None:
    assert (await ours.client.get(path)).status_code == 200


async def test_wrong_method_names_the_right_ones(ours: Tenant) -> None:
    answered = await ours.client.patch("/locations")
    assert answered.status_code == 405
    assert answered.headers["allow"] == "GET, POST"
    assert answered.json()["detail"] == "/locations does not take PATCH; use GET, POST."


async def test_the_greeting_names_the_doors_and_their_documents(app: Any) -> None:
    apis = (await client_of(app, Accept="text/html").get("/")).json()["apis"]
    assert {*apis} == {"native", "daly", "parallel", "shannon"}
    for api in apis.values():
        assert (await client_of(app).get(api["openapi"])).json()["openapi"].startswith("3.1")


async def test_a_native_id_at_the_vendors_door_is_told_where_it_belongs(ours: Tenant) -> None:
    answered = await ours.client.get("/tasks/tsk_06ed9jg3bcq8zj7x5v1m2n3p4r")
    assert answered.status_code == 422
    (item,) = answered.json()["detail"]
    assert item["loc"] == ["path", "number"]
    assert "/gnomon/v1/tasks/" in item["msg"]
    (plain,) = (await ours.client.get("/tasks/one")).json()["detail"]
    assert "gnomon" not in plain["msg"]


async def test_door_stands_under_its_prefix_too(ours: Tenant) -> None:
    await ours.post("/daly/locations", {"name": "A", "latitude": 1, "longitude": 1, "elevation": 1})
    assert len(await ours.get("/locations")) == 1
    document = await ours.get("/daly/openapi.json")
    assert "/locations" in document["paths"]


async def test_every_answer_names_its_request(ours: Tenant) -> None:
    first, second = [await ours.client.get(path) for path in ("/health", "/nowhere")]
    assert first.headers["x-request-id"].startswith("req_")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    echoed = await ours.client.get("/health", headers={"X-Request-Id": "from-the-proxy.1"})
    assert echoed.headers["x-request-id"] == "from-the-proxy.1"
    refused = await ours.client.get("/health", headers={"X-Request-Id": "two words"})
    assert refused.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("host", ["a/b", "a?b", "a#b", "user@a", "a b", "a\\b"])
async def test_host_is_a_name_or_an_address(app: Any, host: str) -> None:
    answered = await client_of(app).get("/health", headers={"Host": host})
    assert answered.status_code == 400
    assert "Host" in answered.json()["detail"]


class TestBody:
    async def test_is_bounded_by_its_declared_length(self, house: House, ours: Tenant) -> None:
        small = client_of(open_app(house, max_body=100), **dict(ours.client.headers))
        answered = await small.post("/locations", json={"name": "x" * 200})
        assert answered.status_code == 413
        assert answered.json() == {"detail": "The body is larger than 100 bytes."}
        assert answered.headers["connection"] == "close"

    async def test_is_bounded_while_it_is_read(self, house: House, ours: Tenant) -> None:
        sent = 0

        async def endless() -> Any:
            nonlocal sent
            while sent < 10_000:
                sent += 50
                yield b" " * 50

        small = client_of(open_app(house, max_body=100), **dict(ours.client.headers))
        answered = await small.post(
            "/locations", content=endless(), headers={"Content-Type": "application/json"}
        )
        assert answered.status_code == 413
        assert sent <= 200

    async def test_multipart_is_bounded(self, house: House, ours: Tenant) -> None:
        small = client_of(open_app(house, max_body=100), **dict(ours.client.headers))
        answered = await small.post("/modules", files={"file": ("a.pan", b"x" * 300)})
        assert answered.status_code == 413

    async def test_is_not_compressed(self, ours: Tenant) -> None:
        answered = await ours.client.post("/locations", content=b"x", headers={"Content-Encoding": "gzip"})
        assert answered.status_code == 415
        assert "Compressed" in answered.json()["detail"]

    async def test_is_declared_as_json(self, ours: Tenant) -> None:
        answered = await ours.client.post("/locations", content=b"{}", headers={"Content-Type": "text/plain"})
        assert answered.status_code == 415

    async def test_is_strict_json(self, ours: Tenant) -> None:
        for content in (b'{"name": NaN}', b"[" * 10_000, b'{"a":1,"a":2}', b" " * 70_000 + b"{"):
            answered = await ours.client.post(
                "/locations", content=content, headers={"Content-Type": "application/json"}
            )
            assert answered.status_code == 400
            assert isinstance(answered.json()["detail"], str)


async def test_last_resort_answers_and_logs(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret of the house")

    client = client_of(Edge(broken, name=lambda: "req_1", max_body=10))
    with caplog.at_level(logging.ERROR):
        answered = await client.get("/")
    assert answered.status_code == 500
    assert "req_1" in answered.json()["detail"]
    assert "secret" not in answered.text
    assert "secret of the house" in caplog.text


async def test_has_no_lifespan(app: Any) -> None:
    with pytest.raises(ValueError, match="no lifespan"):
        await app({"type": "lifespan"}, None, None)


@pytest.mark.parametrize(
    ("path", "status", "level"),
    [("/health", 200, "DEBUG"), ("/gnomon/v1/tasks?limit=1&ticket=x", 401, "INFO"), ("/no", 404, "DEBUG")],
)
async def test_a_requests_id_leads_to_its_line_in_the_log(
    app: Any, caplog: pytest.LogCaptureFixture, path: str, status: int, level: str
) -> None:
    caplog.set_level(logging.DEBUG, "gnomon.web.edge")
    answered = await client_of(app).get(path)
    (line,) = [record for record in caplog.records if record.message == "request.answered"]
    assert answered.status_code == status
    assert line.__dict__["request_id"] == answered.headers["x-request-id"]
    told = [line.__dict__[name] for name in ("method", "path", "status")]
    assert [line.levelname, *told] == [level, "GET", path.partition("?")[0], status]
    assert line.__dict__["seconds"] >= 0


async def test_a_failure_of_the_server_is_told_at_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gnomon.web.edge")
    house = open_house(tmp_path)
    app = open_app(house)
    await house.store.close()
    assert (await client_of(app).get("/readiness")).status_code == 503
    assert (await client_of(app).get("/health")).status_code == 200
    (line,) = caplog.records
    assert (line.levelname, line.__dict__["status"]) == ("ERROR", 503)


@pytest.mark.parametrize("given", [None, "from-the-proxy.1", "1f2e3d4c5b6a79880123456789abcdef"])
async def test_an_errors_reference_leads_to_its_line_in_the_log(
    app: Any, caplog: pytest.LogCaptureFixture, given: str | None
) -> None:
    caplog.set_level(logging.INFO, "gnomon.web.edge")
    headers = {} if given is None else {"X-Request-Id": given}
    answered = await client_of(app).get("/v1/tasks/runs", headers=headers)
    (line,) = [record for record in caplog.records if record.message == "request.answered"]
    assert answered.json()["error"]["ref_id"] in Fields().format(line)
