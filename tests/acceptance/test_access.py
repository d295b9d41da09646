"""Keys on a real server: none is stored or logged in clear, and a revoked one opens nothing a second later."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from .server import Server, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    with running(tmp_path_factory.mktemp("keys") / "data", "--log-level", "debug") as server:
        yield server


def issue(client: httpx.Client, *scopes: str, **fields: Any) -> dict[str, Any]:
    answered = client.post("/keys", json={"name": "a key", "scopes": scopes, **fields})
    assert answered.status_code == 201, answered.text
    made: dict[str, Any] = answered.json()
    return made


def secrets_of(texts: list[str]) -> list[bytes]:
    """Return what is secret in keys and in tickets: the last part of either."""
    return [text.replace(".", "_").rpartition("_")[2].encode() for text in texts]


def files_with(folder: Path, secrets: list[bytes]) -> list[str]:
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path.name != "keys.json" and any(s in path.read_bytes() for s in secrets)
    ]


def test_no_key_or_ticket_stands_in_database_or_log(server: Server) -> None:
    with server.native() as client:
        made = issue(client, "read", "write", "cancel")
        rotated = client.post(f"/keys/{made['id']}/rotate", json={"overlap_seconds": 60}).json()
        founded = client.post("/workspaces", json={"identifier": "north"}).json()["keys"]
        order = {"kind": "pvsyst_component", "input": {"blob": "0" * 64, "filename": "a.pan", "as": "module"}}
        task = client.post("/tasks", json=order).json()
        ticket = client.post(f"/tasks/{task['id']}/stream-tickets").json()["ticket"]
        shown = [made["secret"], rotated["secret"], *founded.values(), ticket]
        path = f"/tasks/{task['id']}"
        for text in shown:
            for headers in ({"X-API-Key": text}, {"Authorization": f"Bearer {text}x"}):
                httpx.get(client.base_url.join("tasks"), headers=headers)
        httpx.get(f"{client.base_url}{path}", params={"ticket": ticket, "api_key": made["secret"]})
        body = {"workspace": founded["workspace"], "user": founded["user"]}
        token = httpx.post(f"{server.url}/auth/token", json=body).json()["token"]
        assert httpx.get(f"{server.url}/tasks", headers={"X-API-Key": token}).status_code == 200
    secrets = secrets_of([*shown, token])
    log = (server.data / "stderr.log").read_bytes()
    assert path.encode() in log
    assert made["id"].encode() in b"".join(file.read_bytes() for file in server.data.glob("gnomon.db*"))
    assert files_with(server.data, secrets) == []
    server.kill()
    assert files_with(server.data, secrets) == []
    server.start()


def test_a_revoked_key_is_refused_within_a_second(server: Server) -> None:
    with server.native() as client:
        made = issue(client, "read")
        headers = {"X-API-Key": made["secret"]}
        with httpx.Client(base_url=client.base_url, headers=headers) as reader:
            assert reader.get("/tasks").status_code == 200
            client.delete(f"/keys/{made['id']}").raise_for_status()
            started = time.monotonic()
            while reader.get("/tasks").status_code != 401:
                assert time.monotonic() - started < 1


def test_what_was_revoked_and_when_it_was_used_outlives_a_crash(server: Server) -> None:
    with server.native() as client:
        kept, ended = issue(client, "read"), issue(client, "read")
        for made in (kept, ended):
            httpx.get(f"{client.base_url}tasks", headers={"X-API-Key": made["secret"]}).raise_for_status()
        client.delete(f"/keys/{ended['id']}").raise_for_status()
    server.stop()
    server.start()
    with server.native() as client:
        listed = {key["id"]: key for key in client.get("/keys").json()["keys"]}
        assert listed[kept["id"]]["last_used_at"] is not None
        assert listed[ended["id"]]["revoked_at"] is not None
        for made, status in ((kept, 200), (ended, 401)):
            answered = httpx.get(f"{client.base_url}tasks", headers={"X-API-Key": made["secret"]})
            assert answered.status_code == status


def test_a_limited_key_is_told_on_every_answer(tmp_path: Path) -> None:
    with running(tmp_path / "data", "--rate-limit", "3") as server, server.native() as client:
        answers = [client.get("/tasks") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == [
            "r=2",
            "r=1",
            "r=0",
            "r=0",
        ]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
        assert httpx.get(server.url + "/health").status_code == 200


@pytest.mark.parametrize("way", ["key", "ticket", "overlap"])
def test_an_open_stream_ends_with_its_key(server: Server, way: str) -> None:
    order = {
        "kind": "pvsyst_component",
        "input": {"blob": "0" * 64, "filename": "a.pan", "as": "module"},
        "run_at": "2099-01-01T00:00:00Z",
    }
    with server.native() as client:
        made, task = issue(client, "read"), client.post("/tasks", json=order).json()
        headers = {"X-API-Key": made["secret"]}
        url = f"{client.base_url}tasks/{task['id']}/stream"
        if way == "ticket":
            opened = client.post(f"/tasks/{task['id']}/stream-tickets", headers=headers).json()
            url, headers = server.url + opened["url"], {}
        with httpx.stream("GET", url, headers=headers, timeout=10) as stream:
            assert stream.status_code == 200
            lines = stream.iter_lines()
            next(lines)
            if way == "overlap":
                rotation = {"overlap_seconds": 1}
                client.post(f"/keys/{made['id']}/rotate", json=rotation).raise_for_status()
            else:
                client.delete(f"/keys/{made['id']}").raise_for_status()
            started = time.monotonic()
            list(lines)
            assert time.monotonic() - started < 5
        assert httpx.get(url, headers=headers).status_code == 401
