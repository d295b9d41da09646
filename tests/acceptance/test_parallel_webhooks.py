"""Webhooks of runs, from a real server to a real receiver: every end, both forms, and every way to check them."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import parallel
import pytest
import standardwebhooks
import svix.webhooks
from parallel import Parallel
from parallel.types import TaskRun

from gnomon.delivery import SignatureInvalid
from gnomon.delivery import verify as verify_ours

from .gleaning import sdk
from .hooked_trades import PROCESSORS
from .receiver import Posted, Receiver, receiving
from .server import Server, running

OPTIONS = (
    *("--workload", "hooked_trades", "--log-level", "warning", "--cancel-grace", "5"),
    *(word for processor in PROCESSORS for word in ("--processor", processor)),
    *("--webhook-http", "--webhook-allow", "127.0.0.1/32", "--webhook-schedule", "1.1 1.1 1.1 1.1 1.1 1.1"),
)
STATUS, ACTION_REQUIRED = "task_run.status", "task_run.action_required"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("hooks") / "data", *OPTIONS) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def client(server: Server) -> Iterator[Parallel]:
    with sdk(server, max_retries=0) as client:
        yield client


def verify_as_their_older_clients(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Check by the scheme from before mid-2026: the key is the whole text of the secret."""
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}".encode()
    made = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
    entries = (entry.split(",", 1) for entry in headers["webhook-signature"].split())
    return any(version == "v1" and hmac.compare_digest(made, given) for version, given in entries)


def _raises(check: Callable[[], object], *refusals: type[Exception]) -> bool:
    try:
        check()
    except refusals:
        return True
    return False


def accepted_by(secret: str, posted: Posted) -> set[str]:
    """Name who accepts a message: four verifiers, by four hands."""
    headers, body = posted.headers, posted.body
    refused = {
        "standardwebhooks": _raises(
            lambda: standardwebhooks.Webhook(secret).verify(body, headers),
            standardwebhooks.WebhookVerificationError,
        ),
        "svix": _raises(
            lambda: svix.webhooks.Webhook(secret).verify(body, headers),
            svix.webhooks.WebhookVerificationError,
        ),
        "ours": _raises(lambda: verify_ours(secret, headers, body), SignatureInvalid),
        "their older clients": not verify_as_their_older_clients(secret, headers, body),
    }
    return {name for name, is_refused in refused.items() if not is_refused}


ALL = {"standardwebhooks", "svix", "ours", "their older clients"}


def signatures(posted: Posted) -> list[str]:
    return posted.headers["webhook-signature"].split(" ")


def secret_of(server: Server) -> str:
    with server.native() as native:
        secret: str = native.get("/webhook-secret").raise_for_status().json()["secret"]
    return secret


def vendor(server: Server) -> httpx.Client:
    """Make a client of the door that sends what no client of theirs sends."""
    headers = {"x-api-key": server.keys()["api_key"]}
    return httpx.Client(base_url=f"{server.url}/v1/tasks", headers=headers, timeout=30)


def test_an_end_is_told_to_all_published_verifiers(
    server: Server, receiver: Receiver, client: Parallel
) -> None:
    assert secret_of(server) == server.keys()["webhook_secret"]
    hook: Any = {"url": receiver.url + "/hook", "event_types": [STATUS]}
    run = client.task_run.create(input="sundials", processor="base", webhook=hook, metadata={"n": 1})
    posted = receiver.next()
    assert (posted.path, posted.headers["content-type"]) == ("/hook", "application/json")
    assert accepted_by(server.keys()["webhook_secret"], posted) == ALL
    assert len(signatures(posted)) == 2
    changed = Posted(path=posted.path, headers=posted.headers, body=posted.body.replace(b'"n":1', b'"n":2'))
    assert accepted_by(server.keys()["webhook_secret"], changed) == set()
    assert set(posted.json) == {"timestamp", "type", "data"}
    assert posted.json["type"] == STATUS
    told = TaskRun.model_validate(posted.json["data"], strict=True)
    assert (told.run_id, told.status, told.metadata) == (run.run_id, "completed", {"n": 1})
    with vendor(server) as door:
        assert door.get(f"/runs/{run.run_id}").json() == posted.json["data"]
    assert posted.json["timestamp"] == posted.json["data"]["modified_at"]


def test_the_older_form_brings_the_output(server: Server, receiver: Receiver) -> None:
    order = {"input": "gnomons", "processor": "base", "webhook_url": receiver.url + "/flat"}
    with vendor(server) as door:
        made = door.post("/runs", json=order).json()
        posted = receiver.next()
        result = door.get(f"/runs/{made['run_id']}/result").json()
    assert accepted_by(server.keys()["webhook_secret"], posted) == ALL
    data = posted.json["data"]
    assert data.pop("output") == result["output"]
    assert data == result["run"]
    assert result["output"]["content"] == "On gnomons: é 漢 😀"


def test_both_forms_beside_each_other_are_two_messages(server: Server, receiver: Receiver) -> None:
    order = {
        "input": "both",
        "processor": "base",
        "webhook_url": receiver.url + "/flat",
        "webhook": {"url": receiver.url + "/nested", "event_types": []},
    }
    with vendor(server) as door:
        assert door.post("/runs", json=order).status_code == 202
    came = {posted.path: posted for posted in (receiver.next(), receiver.next())}
    assert set(came) == {"/flat", "/nested"}
    assert "output" in came["/flat"].json["data"]
    assert "output" not in came["/nested"].json["data"]
    assert len({posted.headers["webhook-id"] for posted in came.values()}) == 2
    assert all(accepted_by(server.keys()["webhook_secret"], posted) == ALL for posted in came.values())


@pytest.mark.parametrize(
    ("processor", "status", "code"),
    [("pro", "failed", "stumbled"), ("lite", "failed", "timeout"), ("ultra", "cancelled", None)],
)
@pytest.mark.parametrize("form", ["webhook", "webhook_url"])
def test_an_end_that_is_no_success_is_told_too(
    server: Server, receiver: Receiver, processor: str, status: str, code: str | None, form: str
) -> None:
    hook = {"url": receiver.url} if form == "webhook" else receiver.url
    with vendor(server) as door:
        made = door.post("/runs", json={"input": "x", "processor": processor, form: hook}).json()
        if status == "cancelled":
            assert door.post(f"/runs/{made['run_id']}/cancel").status_code in {200, 202}
        posted = receiver.next()
        shown = door.get(f"/runs/{made['run_id']}").json()
    assert accepted_by(server.keys()["webhook_secret"], posted) == ALL
    data = posted.json["data"]
    assert data.pop("output", None) is None
    assert data == shown
    assert (data["status"], data["is_active"]) == (status, False)
    assert (data["error"] and data["error"]["detail"]["code"]) == code


def test_a_question_is_told_to_who_asked_for_that_and_then_the_end(
    server: Server, receiver: Receiver
) -> None:
    told = {"url": receiver.url + "/told", "event_types": [STATUS, ACTION_REQUIRED]}
    quiet = {"url": receiver.url + "/quiet", "event_types": [STATUS]}
    with vendor(server) as door:
        silent = door.post("/runs", json={"input": "x", "processor": "core", "webhook": quiet}).json()
        made = door.post("/runs", json={"input": "x", "processor": "core", "webhook": told}).json()
        asked = receiver.next()
        assert asked.json["type"] == STATUS
        assert asked.json["data"]["run_id"] == made["run_id"]
        assert asked.json["data"]["status"] == "action_required"
        assert asked.json["data"]["action"]["question"] == {"text": "Which topic?"}
        for run in (silent, made):
            answer = {"key": "topic", "answer": "shadows"}
            until_it_asks(server, run["run_id"])
            assert door.post(f"/runs/{run['run_id']}/answer", json=answer).status_code == 200
    ends = {posted.path: posted for posted in (receiver.next(), receiver.next())}
    assert {path: posted.json["data"]["run_id"] for path, posted in ends.items()} == {
        "/told": made["run_id"],
        "/quiet": silent["run_id"],
    }
    assert {posted.json["data"]["status"] for posted in ends.values()} == {"completed"}
    assert ends["/told"].headers["webhook-id"] != asked.headers["webhook-id"]
    assert accepted_by(server.keys()["webhook_secret"], asked) == ALL


def until_it_asks(server: Server, run_id: str) -> None:
    headers = {"x-api-key": server.keys()["api_key"], "parallel-beta": "action-required"}
    with httpx.stream(
        "GET", f"{server.url}/v1/tasks/runs/{run_id}/events", headers=headers, timeout=30
    ) as told:
        for line in told.iter_lines():
            if line.startswith("data:") and '"action_required"' in line:
                return
    raise AssertionError("the run has asked nothing")


def test_what_is_sent_again_is_the_same_bytes_signed_anew(
    server: Server, receiver: Receiver, client: Parallel
) -> None:
    receiver.status = 503
    hook: Any = {"url": receiver.url}
    client.task_run.create(input="again", processor="base", webhook=hook)
    first, second = receiver.next(), receiver.next()
    receiver.status = 200
    third = receiver.next()
    assert first.body == second.body == third.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == third.headers["webhook-id"]
    came = [first, second, third]
    assert len({posted.headers["webhook-timestamp"] for posted in came}) == 3
    assert len({posted.headers["webhook-signature"] for posted in came}) == 3
    assert all(accepted_by(server.keys()["webhook_secret"], posted) == ALL for posted in came)
    stale = {**third.headers, "webhook-timestamp": first.headers["webhook-timestamp"]}
    moved = Posted(path=third.path, headers=stale, body=third.body)
    assert accepted_by(server.keys()["webhook_secret"], moved) == set()


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/hook",
        "http://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "http://127.0.0.2:8080/",
        "https://user:word@example.com/",
    ],
)
@pytest.mark.parametrize("form", ["webhook", "webhook_url"])
def test_a_target_that_nothing_may_be_sent_to_is_refused(server: Server, url: str, form: str) -> None:
    hook = {"url": url} if form == "webhook" else url
    with vendor(server) as door, server.native() as native:
        refused = door.post("/runs", json={"input": "x", "processor": "base", form: hook})
        plainly = native.post("/webhook-endpoints", json={"url": url})
    assert (refused.status_code, plainly.status_code) == (422, 422)
    (fault,) = refused.json()["error"]["detail"]["errors"]
    assert fault["loc"] == ["body", *(["webhook", "url"] if form == "webhook" else ["webhook_url"])]
    assert fault["msg"] == plainly.json()["errors"][0]["detail"]
    assert refused.headers["x-should-retry"] == "false"


def test_each_run_of_a_group_tells_its_own_webhook(
    server: Server, receiver: Receiver, client: Parallel
) -> None:
    group = client.task_group.create()
    inputs: Any = [
        {"input": f"n{n}", "processor": "base", "webhook": {"url": f"{receiver.url}/{n}"}} for n in range(5)
    ]
    added = client.task_group.add_runs(group.task_group_id, inputs=inputs)
    came = {posted.path: posted for posted in (receiver.next() for _ in inputs)}
    assert [came[f"/{n}"].json["data"]["run_id"] for n in range(5)] == added.run_ids
    for posted in came.values():
        assert posted.json["data"]["taskgroup_id"] == group.task_group_id
        assert accepted_by(server.keys()["webhook_secret"], posted) == ALL


def test_a_key_without_the_scope_brings_no_webhook(server: Server, receiver: Receiver) -> None:
    with server.native() as native:
        key = native.post("/keys", json={"name": "plain", "scopes": ["read", "write"]}).json()["secret"]
    with Parallel(base_url=server.url, api_key=key, max_retries=0) as client:
        hook: Any = {"url": receiver.url}
        with pytest.raises(parallel.PermissionDeniedError, match="hooks"):
            client.task_run.create(input="x", processor="base", webhook=hook)
        client.task_run.create(input="x", processor="base")


def test_a_rotation_reaches_runs_that_were_submitted_before_it(tmp_path: Path, receiver: Receiver) -> None:
    """During the overlap both secrets are good for every verifier, after a leak the new one alone."""
    with running(tmp_path / "data", *OPTIONS) as server:
        first = server.keys()["webhook_secret"]
        with vendor(server) as door, server.native() as native:
            early, late, last = (ask_with_hook(door, receiver) for _ in range(3))
            rotated = native.post("/webhook-secret/rotate", json={"overlap_seconds": 3600}).json()
            second = rotated["secret"]
            answer_to(server, door, early)
            during = receiver.next()
            assert len(signatures(during)) == 4
            assert accepted_by(first, during) == accepted_by(second, during) == ALL
            leaked = {"overlap_seconds": 0, "force": True}
            third = native.post("/webhook-secret/rotate", json=leaked).json()["secret"]
            answer_to(server, door, late)
            after = receiver.next()
        assert len(signatures(after)) == 2
        assert [accepted_by(secret, after) for secret in (first, second, third)] == [set(), set(), ALL]
        server.kill()
        server.start()
        assert secret_of(server) == third
        with vendor(server) as door:
            answer_to(server, door, last)
            assert accepted_by(third, receiver.next()) == ALL


def ask_with_hook(door: httpx.Client, receiver: Receiver) -> str:
    order = {"input": "x", "processor": "core", "webhook": {"url": receiver.url}}
    run_id: str = door.post("/runs", json=order).json()["run_id"]
    return run_id


def answer_to(server: Server, door: httpx.Client, run_id: str) -> None:
    until_it_asks(server, run_id)
    assert door.post(f"/runs/{run_id}/answer", json={"key": "topic", "answer": 1}).status_code == 200


def test_a_message_survives_a_killed_server(tmp_path: Path, receiver: Receiver) -> None:
    receiver.status = 500
    server = Server(tmp_path / "data", *OPTIONS).start()
    order = {"input": "after a kill", "processor": "base", "webhook_url": receiver.url}
    with vendor(server) as door:
        door.post("/runs", json=order).raise_for_status()
    first = receiver.next()
    server.kill()
    receiver.status = 204
    with running(tmp_path / "data", *OPTIONS) as server:
        again = receiver.next()
        while again.headers["webhook-timestamp"] == first.headers["webhook-timestamp"]:
            again = receiver.next()
        assert accepted_by(server.keys()["webhook_secret"], again) == ALL
    assert (again.body, again.headers["webhook-id"]) == (first.body, first.headers["webhook-id"])
    assert json.loads(again.body)["data"]["output"]["content"] == "On after a kill: é 漢 😀"
