"""Tasks over the native door, step by step: terms, versions, waits, pauses, questions, reruns."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from natives import ORDER, client_for, client_with
from rig import Hands, House, Tenant, open_app, open_house
from sent import MONTHS, block, energy_model

from gnomon.core.retry import Asked, Divided, Done, Failed, Parked
from gnomon.core.task import NewTask, Task, TaskError, Visibility, task_id

BRIGHT = block(albedo=dict.fromkeys(MONTHS, 0.3))
OTHER = {**ORDER["input"], "filename": "b.pan"}


@pytest.fixture
async def client(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


async def submit(client: httpx.AsyncClient, headers: dict[str, str] | None = None, **terms: Any) -> Any:
    answer = await client.post("/tasks", json={**ORDER, **terms}, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == answer.headers["operation-location"]
    assert int(answer.headers["retry-after"]) >= 1
    return answer.json()


async def read(client: httpx.AsyncClient, path: str, status: int = 200, **given: Any) -> Any:
    answer = await client.get(path, **given)
    assert answer.status_code == status, answer.text
    return answer.json()


async def act(client: httpx.AsyncClient, path: str, body: Any = None, status: int = 200, **given: Any) -> Any:
    answer = await client.post(path, json=body, **given)
    assert answer.status_code == status, answer.text
    return answer.json()


def _child_of(parent: Task, chance: int) -> NewTask:
    made = task_id(datetime.now(UTC), chance)
    return NewTask(
        id=made,
        workspace=parent.workspace,
        kind=parent.kind,
        input={},
        parent_id=parent.id,
        visibility=Visibility.INTERNAL,
    )


def soon(**after: float) -> str:
    return (datetime.now(UTC) + timedelta(**after)).isoformat()


def names_what_is_in_the_way(refused: httpx.Response, task_id: str) -> None:
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["task_id"]) == (409, "task_active", task_id)
    assert f"Task {task_id} " in problem["detail"]
    assert int(refused.headers["retry-after"]) >= 1
    assert problem["retryable"] is True


class TestTerms:
    async def test_a_task_waits_for_its_time(self, client: httpx.AsyncClient) -> None:
        at = soon(hours=1)
        task = await submit(client, run_at=at, priority=7)
        assert (task["status"], task["priority"]) == ("pending", 7)
        assert datetime.fromisoformat(task["run_at"]) == datetime.fromisoformat(at)
        answer = await client.get(f"/tasks/{task['id']}")
        assert answer.headers["retry-after"] == "30"

    async def test_a_task_comes_after_another(self, client: httpx.AsyncClient, hands: Hands) -> None:
        first = await submit(client)
        second = await submit(client, after=first["id"])
        assert (second["status"], second["predecessor_id"]) == ("pending", first["id"])
        await hands.end(await hands.claim(), Done(result=1))
        assert (await read(client, f"/tasks/{second['id']}"))["status"] == "queued"

    @pytest.mark.parametrize(("given", "seconds"), [("90s", 90), ("5m", 300), ("1h30m", 5400)])
    async def test_a_deadline_is_a_time_or_a_duration(
        self, client: httpx.AsyncClient, given: str, seconds: float
    ) -> None:
        task = await submit(client, {"Cancel-After": given})
        lasts = datetime.fromisoformat(task["deadline_at"]) - datetime.fromisoformat(task["created_at"])
        assert lasts.total_seconds() == pytest.approx(seconds, abs=1)

    @pytest.mark.parametrize(
        ("terms", "headers", "place"),
        [
            ({"deadline_at": "2001-01-01T00:00:00Z"}, {}, {"pointer": "/deadline_at"}),
            ({"deadline_at": soon(hours=1), "run_at": soon(hours=2)}, {}, {"pointer": "/deadline_at"}),
            ({"run_at": "2001-01-01T00:00:00"}, {}, {"pointer": "/run_at"}),
            ({"run_at": "0001-01-01T00:00:00+14:00"}, {}, {"pointer": "/run_at"}),
            ({"run_at": 12}, {}, {"pointer": "/run_at"}),
            ({"priority": 101}, {}, {"pointer": "/priority"}),
            ({"priority": True}, {}, {"pointer": "/priority"}),
            ({"after": "tsk_nobody"}, {}, {"pointer": "/after"}),
            ({"status": "completed"}, {}, {"pointer": "/status"}),
            ({}, {"Cancel-After": "soon"}, {"in": "header", "parameter": "Cancel-After"}),
            ({}, {"Cancel-After": "0s"}, {"in": "header", "parameter": "Cancel-After"}),
            ({"deadline_at": soon(hours=1)}, {"Cancel-After": "1m"}, {"in": "header"}),
            ({}, {"Idempotency-Key": ""}, {"in": "header", "parameter": "Idempotency-Key"}),
        ],
    )
    async def test_what_is_wrong_is_named(
        self, client: httpx.AsyncClient, terms: Any, headers: dict[str, str], place: dict[str, str]
    ) -> None:
        answer = await client.post("/tasks", json={**ORDER, **terms}, headers=headers)
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert place.items() <= error.items()
        assert (await read(client, "/tasks"))["tasks"] == []


class TestVersions:
    async def test_a_poll_that_finds_nothing_new_is_answered_so(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        first = await client.get(path)
        assert first.headers["etag"] == '"1"'
        for tags in ('"1"', 'W/"1"', '"9", "1"', "*"):
            told = await client.get(path, headers={"If-None-Match": tags})
            assert (told.status_code, told.content, told.headers["etag"]) == (304, b"", '"1"')
            assert told.headers["retry-after"] == first.headers["retry-after"] == "1"
        await hands.claim()
        changed = await client.get(path, headers={"If-None-Match": '"1"'})
        assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
        assert changed.json()["version"] == 2

    async def test_every_answer_that_shows_a_task_says_its_version(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        posted = [await client.post("/tasks", json=ORDER, headers={"Idempotency-Key": "one"})]
        path = f"/tasks/{posted[0].json()['id']}"
        posted += [await client.post(f"{path}/{verb}") for verb in ("pause", "resume")]
        await hands.end(await hands.claim(), Asked(key="colour", question={}))
        posted += [
            await client.post(f"{path}/input", json={"key": "colour", "answer": 1}),
            await client.post(f"{path}/cancel"),
            await client.post(f"{path}/rerun"),
        ]
        for answer in posted:
            assert answer.headers["etag"] == f'"{answer.json()["version"]}"', answer.request.url
        task = await read(client, path)
        for part in ("input", "attempts", "children", "webhook-endpoints"):
            told = await read(client, f"{path}/{part}")
            assert (told["task_id"], told["version"]) == (task["id"], task["version"]), part
        ticket = await act(client, f"{path}/stream-tickets", status=201)
        assert (ticket["task_id"], ticket["version"]) == (task["id"], task["version"])
        made = await read(client, "/idempotency-keys/one")
        assert (made["task_id"], made["version"]) == (task["id"], task["version"])

    async def test_a_wait_ends_with_the_next_version(self, client: httpx.AsyncClient, hands: Hands) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        waiting = asyncio.create_task(read(client, f"{path}?after_version=1&wait=30"))
        await asyncio.sleep(0)
        await hands.claim()
        assert (await asyncio.wait_for(waiting, 10))["version"] == 2
        assert (await read(client, f"{path}?after_version=1&wait=30"))["version"] == 2

    async def test_a_task_is_seen_as_it_was_at_each_event(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        seen = [await read(client, path)]
        claimed = await hands.claim()
        seen.append(await read(client, path))
        await hands.report(claimed, 50, "half")
        seen.append(await read(client, path))
        await hands.end(claimed, Done(result={"n": 1}))
        seen.append(await read(client, path))
        for number, then in enumerate(seen, 1):
            assert await read(client, f"{path}?at_event={number}") == then
        await read(client, f"{path}?at_event=5", 404)

    async def test_a_version_alone_is_not_waited_for(self, client: httpx.AsyncClient) -> None:
        path = f"/tasks/{(await submit(client))['id']}?after_version=9"
        assert (await read(client, path))["version"] == 1
        assert (await client.get(path, headers={"If-None-Match": '"1"'})).status_code == 304

    async def test_the_present_version_needs_no_history(
        self, client: httpx.AsyncClient, hands: Hands, house: House
    ) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        await hands.end(await hands.claim(), Done(result={"n": 1}))
        await house.store.trim_events(house.clock.now() + timedelta(days=1), 10)
        task = await read(client, path)
        assert task["events_from"] > 1
        assert await read(client, f"{path}?at_event=3") == task
        await read(client, f"{path}?at_event=2", 410)

    async def test_events_come_in_pages(self, client: httpx.AsyncClient, hands: Hands) -> None:
        path = f"/tasks/{(await submit(client))['id']}/events"
        claimed = await hands.claim()
        for percent in range(10, 60, 10):
            await hands.report(claimed, percent, "on")
        numbers, after = [], 0
        while True:
            page = await read(client, f"{path}?after={after}&limit=3")
            numbers += [event["number"] for event in page["events"]]
            assert all(event["version"] == event["number"] for event in page["events"])
            assert not any("fence" in event["body"] for event in page["events"])
            after = page["next"]
            if after == page["version"]:
                break
        assert numbers == list(range(1, 8))

    @pytest.mark.parametrize(
        "query", ["wait=56", "wait=-1", "wait=1_0", "wait= 1", "at_event=0", "version=1", "wait=1&wait=2"]
    )
    async def test_unknown_words_are_refused(self, client: httpx.AsyncClient, query: str) -> None:
        task = await submit(client)
        problem = await read(client, f"/tasks/{task['id']}?{query}", 422)
        assert problem["errors"][0]["parameter"] == query.partition("=")[0]


class TestResult:
    async def test_is_waited_for(self, client: httpx.AsyncClient, hands: Hands) -> None:
        path = f"/tasks/{(await submit(client))['id']}/result"
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (202, "queued")
        assert answer.headers["retry-after"] == "1"
        waiting = asyncio.create_task(read(client, f"{path}?wait=30"))
        await asyncio.sleep(0)
        await hands.end(await hands.claim(), Done(result=[1]))
        told = await asyncio.wait_for(waiting, 10)
        assert (told["result"], told["version"], told["status"]) == ([1], 3, "completed")

    async def test_that_is_known_is_not_sent_again(self, client: httpx.AsyncClient, hands: Hands) -> None:
        path = f"/tasks/{(await submit(client))['id']}/result"
        early = await client.get(path)
        known = {"If-None-Match": early.headers["etag"]}
        told = await client.get(path, headers=known)
        assert (told.status_code, told.headers["retry-after"]) == (304, "1")
        await hands.end(await hands.claim(), Done(result=[1]))
        late = await client.get(path, headers=known)
        assert (late.status_code, late.headers["etag"]) == (200, '"3"')
        told = await client.get(path, headers={"If-None-Match": '"3"'})
        assert (told.status_code, told.content) == (304, b"")

    async def test_of_a_failure_is_a_problem_with_its_cause(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        task = await submit(client)
        error = TaskError(code="too_loud", message="Nobody shouts that loud.")
        await hands.end(await hands.claim(), Failed(error=error))
        answer = await client.get(f"/tasks/{task['id']}/result")
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["attempts"]) == (409, "task_failed", 1)
        cause = {"code": "too_loud", "message": "Nobody shouts that loud.", "retryable": False}
        assert problem["cause"] == cause == (await read(client, f"/tasks/{task['id']}"))["error"]

    async def test_of_a_cancelled_task_is_a_problem(self, client: httpx.AsyncClient) -> None:
        task = await submit(client)
        await act(client, f"/tasks/{task['id']}/cancel")
        problem = await read(client, f"/tasks/{task['id']}/result", 409)
        assert (problem["code"], problem["version"]) == ("task_cancelled", 2)

    async def test_the_input_is_kept(self, client: httpx.AsyncClient) -> None:
        task = await submit(client)
        told = await read(client, f"/tasks/{task['id']}/input")
        assert told == {"task_id": task["id"], "version": 1, "revision": 1, "input": ORDER["input"]}


class TestSteering:
    async def test_a_running_task_is_cancelled_within_a_bound(
        self, client: httpx.AsyncClient, hands: Hands, house: House
    ) -> None:
        task = await submit(client)
        await hands.claim()
        told = await act(client, f"/tasks/{task['id']}/cancel", status=202)
        assert (told["status"], told["cancel_outcome"]) == ("cancelling", None)
        bound = datetime.fromisoformat(told["cancel_by"]) - datetime.fromisoformat(
            told["cancel_requested_at"]
        )
        assert bound == house.cancel_within

    async def test_a_cancel_that_comes_too_late_says_so(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        task = await submit(client)
        await hands.end(await hands.claim(), Done(result=1))
        told = await client.post(f"/tasks/{task['id']}/cancel")
        assert (told.status_code, told.headers["cancel-outcome"]) == (200, "finished_first")
        assert told.json() == await read(client, f"/tasks/{task['id']}"), "no channel contradicts another"

    async def test_a_cancel_that_came_in_time_says_so_each_time(self, client: httpx.AsyncClient) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        for _ in range(2):
            told = await client.post(f"{path}/cancel")
            assert told.headers["cancel-outcome"] == told.json()["cancel_outcome"] == "before_start"

    async def test_a_queued_task_is_paused_at_once_and_resumed(self, client: httpx.AsyncClient) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        assert (await act(client, f"{path}/pause"))["status"] == "paused"
        assert (await act(client, f"{path}/pause"))["version"] == 2
        assert (await act(client, f"{path}/resume"))["status"] == "queued"

    async def test_a_running_task_is_paused_at_its_next_checkpoint(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        claimed = await hands.claim()
        told = await act(client, f"{path}/pause", status=202)
        assert told["status"] == "running"
        assert told["pause_requested_at"] is not None
        await hands.end(claimed, Parked())
        assert (await read(client, path))["status"] == "paused"

    async def test_a_pause_of_a_split_task_is_done_when_no_child_is_at_work(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        parent = await hands.claim()
        await hands.end(parent, Divided(children=tuple(_child_of(parent, chance) for chance in (1, 2))))
        child = await hands.claim()
        assert (await act(client, f"{path}/pause", status=202))["status"] == "paused"
        await hands.end(child, Divided(children=(_child_of(child, 3),)))
        assert (await act(client, f"{path}/pause"))["status"] == "paused"
        assert (await act(client, f"{path}/resume"))["status"] == "running"
        await hands.claim()
        grandchild = await hands.claim()
        assert grandchild.parent_id == child.id
        await act(client, f"{path}/pause", status=202)

    async def test_a_task_that_has_ended_is_neither_paused_nor_resumed(
        self, client: httpx.AsyncClient
    ) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        await act(client, f"{path}/cancel")
        for verb in ("pause", "resume"):
            assert (await act(client, f"{path}/{verb}", status=409))["code"] == "conflict"

    async def test_a_question_is_shown_and_answered_once(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        path = f"/tasks/{(await submit(client))['id']}"
        await act(client, f"{path}/input", {"key": "colour", "answer": 1}, 409)
        await hands.end(await hands.claim(), Asked(key="colour", question={"text": "Which?"}))
        waiting = await read(client, path)
        assert waiting["status"] == "waiting"
        assert (waiting["question"]["key"], waiting["question"]["body"]) == ("colour", {"text": "Which?"})
        await act(client, f"{path}/input", {"key": "size", "answer": 1}, 409)
        told = await act(client, f"{path}/input", {"key": "colour", "answer": "red"})
        assert (told["status"], told["question"]) == ("queued", None)
        again = await act(client, f"{path}/input", {"key": "colour", "answer": "red"})
        assert again["version"] == told["version"]
        await act(client, f"{path}/input", {"key": "colour", "answer": "blue"}, 409)

    @pytest.mark.parametrize("body", [{}, {"key": "a"}, {"key": 1, "answer": 1}, [], None])
    async def test_an_answer_has_a_key(self, client: httpx.AsyncClient, body: Any) -> None:
        task = await submit(client)
        assert (await client.post(f"/tasks/{task['id']}/input", json=body)).status_code in (400, 422)


class TestLine:
    @pytest.fixture
    async def ended(self, client: httpx.AsyncClient, hands: Hands) -> Any:
        task = await submit(client, priority=3)
        await hands.end(await hands.claim(), Done(result={"n": 1}))
        return task

    async def test_a_rerun_is_the_next_revision(
        self, client: httpx.AsyncClient, hands: Hands, ended: Any
    ) -> None:
        second = await act(client, f"/tasks/{ended['id']}/rerun", status=202)
        assert (second["revision"], second["priority"], second["kind"]) == (2, 3, ended["kind"])
        assert (await read(client, f"/tasks/{second['id']}/input"))["input"] == ORDER["input"]
        await hands.end(await hands.claim(), Done(result={"n": 2}))
        third = await act(client, f"/tasks/{ended['id']}/rerun", {"patch": {"filename": "b.pan"}}, status=202)
        for task in (ended, second, third):
            line = (await read(client, f"/tasks/{task['id']}/revisions"))["revisions"]
            assert [(r["revision"], r["task_id"]) for r in line] == [
                (3, third["id"]),
                (2, second["id"]),
                (1, ended["id"]),
            ]
        assert (await read(client, f"/tasks/{third['id']}/input"))["input"] == OTHER
        diff = await read(client, f"/tasks/{third['id']}/diff")
        assert (diff["from"]["revision"], diff["to"]["revision"]) == (2, 3)
        change = {"op": "replace", "path": "/filename", "old": "a.pan", "new": "b.pan"}
        assert diff["input"] == {"differences": [change], "truncated": False}
        diff = await read(client, f"/tasks/{third['id']}/diff?from=1&to=2")
        assert diff["input"]["differences"] == []
        assert diff["result"]["differences"] == [{"op": "replace", "path": "/n", "old": 1, "new": 2}]
        await read(client, f"/tasks/{third['id']}/diff?from=1&to=4", 404)

    async def test_what_others_have_rerun_is_not_overwritten(
        self, client: httpx.AsyncClient, hands: Hands, ended: Any
    ) -> None:
        path = f"/tasks/{ended['id']}/rerun"
        await act(client, path, {"input": OTHER}, 202, headers={"If-Match": '"1"'})
        await hands.end(await hands.claim(), Done(result=2))
        for body in ({}, {"input": OTHER}, {"patch": {"filename": "c.pan"}}):
            problem = await act(client, path, body, 412, headers={"If-Match": '"1"'})
            assert problem["code"] == "precondition_failed"
        await act(client, path, {"patch": {"filename": "c.pan"}}, 202, headers={"If-Match": '"2"'})

    async def test_while_one_is_active_the_client_chooses(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        first = await submit(client)
        path = f"/tasks/{first['id']}/rerun"
        problem = await act(client, path, status=409)
        assert first["id"] in problem["detail"]
        names_what_is_in_the_way(await client.post(path), first["id"])
        second = await act(client, path, {"on_active": "enqueue"}, 202)
        assert (second["status"], second["predecessor_id"]) == ("pending", first["id"])
        third = await act(client, path, {"on_active": "replace", "input": OTHER}, 202)
        assert third["revision"] == 3
        assert (await read(client, f"/tasks/{first['id']}"))["status"] == "cancelled"
        assert (await read(client, f"/tasks/{second['id']}"))["status"] == "cancelled"

    async def test_one_key_makes_one_rerun(self, client: httpx.AsyncClient, ended: Any) -> None:
        made = [
            await client.post(f"/tasks/{ended['id']}/rerun", headers={"Idempotency-Key": "k"})
            for _ in range(2)
        ]
        assert made[0].json() == made[1].json()
        assert made[1].headers["idempotency-replayed"] == "true"

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            ({"input": {"$blob": "0"}}, {}),
            ({"patch": {"as": {"$blob": "0"}}}, {}),
            ({"patch": {"filename": "b"}, "input": OTHER}, {}),
            ({"patch": []}, {}),
            ({"on_active": "ignore"}, {}),
            ({}, {"If-Match": "one"}),
            ({}, {"If-Match": "1"}),
        ],
    )
    async def test_what_is_wrong_runs_nothing(
        self, client: httpx.AsyncClient, ended: Any, body: Any, headers: dict[str, str]
    ) -> None:
        await act(client, f"/tasks/{ended['id']}/rerun", body, 422, headers=headers)
        assert len((await read(client, f"/tasks/{ended['id']}/revisions"))["revisions"]) == 1


class TestQueue:
    async def test_counts_what_has_not_ended(self, client: httpx.AsyncClient, hands: Hands) -> None:
        for _ in range(3):
            await submit(client)
        await hands.claim()
        kinds = {kind["kind"]: kind for kind in (await read(client, "/queue"))["kinds"]}
        told = kinds[ORDER["kind"]]
        assert (told["counts"]["queued"], told["counts"]["running"], told["is_served"]) == (2, 1, True)
        assert told["oldest_queued_seconds"] >= 0
        assert kinds["energy_model"]["oldest_queued_at"] is None

    async def test_names_kinds_and_their_schemas(self, client: httpx.AsyncClient) -> None:
        listed = (await read(client, "/workloads"))["workloads"]
        for workload in listed:
            assert await read(client, f"/workloads/{workload['kind']}") == workload
        await read(client, "/workloads/nothing", 404)

    async def test_says_how_the_server_is(self, client: httpx.AsyncClient, tmp_path: Path) -> None:
        assert (await read(client, "/health"))["is_store_ready"] is True
        closed = open_house(tmp_path / "closed")
        await closed.store.close()
        async with client_with(open_app(closed), "") as nobody:
            assert (await read(nobody, "/health", 503))["status"] == "unavailable"

    @pytest.mark.parametrize("query", ["kind=nothing", "created_after=yesterday", "cursor=x", "status=done"])
    async def test_an_unknown_filter_is_refused(self, client: httpx.AsyncClient, query: str) -> None:
        problem = await read(client, f"/tasks?{query}", 422)
        assert problem["errors"][0]["parameter"] == query.partition("=")[0]

    async def test_lists_by_time(self, client: httpx.AsyncClient) -> None:
        task = await submit(client)
        for query, count in (({"created_after": soon(hours=-1)}, 1), ({"created_after": soon(hours=1)}, 0)):
            listed = (await read(client, "/tasks", params=query))["tasks"]
            assert [one["id"] for one in listed] == [task["id"]] * count


class TestSavedResource:
    @pytest.fixture
    async def run(self, client: httpx.AsyncClient, site: Tenant, hands: Hands) -> Any:
        await site.post("/energymodels?async=true", energy_model())
        await hands.complete(await hands.claim())
        (task,) = (await read(client, "/tasks"))["tasks"]
        return task

    async def test_is_run_again_in_place(
        self, client: httpx.AsyncClient, site: Tenant, hands: Hands, run: Any
    ) -> None:
        path = f"/tasks/{run['id']}"
        again = await act(client, f"{path}/rerun", status=202)
        assert (again["resource_id"], again["revision"]) == (run["resource_id"], run["revision"] + 1)
        refused = await client.post(f"{path}/rerun")
        names_what_is_in_the_way(refused, again["id"])
        await hands.complete(await hands.claim())
        edited = await act(client, f"{path}/rerun", {"patch": {"blocks": [BRIGHT]}}, 202)
        assert len(await site.get("/energymodels")) == 1
        (saved,) = (await site.get("/energymodels/1?include=inputs"))["inputs"]["blocks"]
        assert saved["albedo"]["jan"] == 0.3
        line = (await read(client, f"{path}/revisions"))["revisions"]
        assert [revision["task_id"] for revision in line] == [edited["id"], again["id"], run["id"]]
        diff = await read(client, f"{path}/diff")
        changes = [(d["path"], d["old"], d["new"]) for d in diff["input"]["differences"]]
        assert changes == [(f"/blocks/0/albedo/{month}", 0.2, 0.3) for month in MONTHS]

    async def test_each_rerun_is_the_next_revision(
        self, client: httpx.AsyncClient, hands: Hands, run: Any
    ) -> None:
        path = f"/tasks/{run['id']}"
        for edit in ({"patch": {"blocks": [BRIGHT]}}, {"input": energy_model()}):
            await act(client, f"{path}/rerun", edit, 202)
            await hands.complete(await hands.claim())
        line = (await read(client, f"{path}/revisions"))["revisions"]
        assert [revision["revision"] for revision in line] == [3, 2, 1]
        for query in ("from=1&to=2", "from=2&to=3"):
            diff = await read(client, f"{path}/diff?{query}")
            paths = [difference["path"] for difference in diff["input"]["differences"]]
            assert {f"/blocks/0/albedo/{month}" for month in MONTHS} <= set(paths)

    async def test_an_edit_that_finds_no_room_is_not_made(
        self, client: httpx.AsyncClient, house: House, site: Tenant, ours: Tenant, run: Any
    ) -> None:
        other = await submit(client)
        full = replace(house, limits=replace(house.limits, active_tasks=1))
        known, edit = {"If-Match": f'"{run["revision"]}"'}, {"patch": {"blocks": [BRIGHT]}}
        path = f"/tasks/{run['id']}/rerun"
        async with client_for(open_app(full), ours) as refused:
            await act(refused, path, edit, 429, headers=known)
        model = await site.get("/energymodels/1?include=inputs")
        assert model["inputs"]["blocks"][0]["albedo"]["jan"] == 0.2
        await act(client, f"/tasks/{other['id']}/cancel")
        again = await act(client, path, edit, 202, headers=known)
        assert again["revision"] == run["revision"] + 1

    async def test_an_edit_by_another_door_is_not_overwritten(
        self, client: httpx.AsyncClient, site: Tenant, run: Any
    ) -> None:
        await site.put("/energymodels/1", energy_model(BRIGHT))
        known = {"If-Match": f'"{run["revision"]}"'}
        for body in ({}, {"patch": {"blocks": [block()]}}, {"input": energy_model()}):
            await act(client, f"/tasks/{run['id']}/rerun", body, 412, headers=known)
        (saved,) = (await site.get("/energymodels/1?include=inputs"))["inputs"]["blocks"]
        assert saved["albedo"]["jan"] == 0.3

    async def test_a_wrong_edit_is_named_and_one_in_the_queue_refused(
        self, client: httpx.AsyncClient, run: Any
    ) -> None:
        path = f"/tasks/{run['id']}/rerun"
        problem = await act(client, path, {"patch": {"blocks": []}}, 422)
        assert problem["errors"][0]["pointer"].startswith("/input/blocks")
        problem = await act(client, path, {"on_active": "enqueue"}, 422)
        assert problem["errors"][0]["pointer"] == "/on_active"
