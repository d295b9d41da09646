import asyncio

import pytest
from rig import Hands, House, Tenant
from sent import energy_model

from gnomon.core.retry import Divided, Failed, Stopped, Why
from gnomon.core.task import NewTask, TaskError, Visibility, task_id

ASYNC = "/energymodels?async=true"


async def test_record_follows_the_run(site: Tenant, hands: Hands) -> None:
    await site.post(ASYNC, energy_model())
    queued = await site.get("/tasks/1")
    assert (queued["status"], queued["progress"], queued["startedAt"]) == ("queued", 0.0, None)
    assert queued["resultData"] is None
    task = await hands.claim()
    await hands.report(task, 60.0, "calculating")
    running = await site.get("/tasks/1")
    assert (running["status"], running["progress"], running["stage"]) == ("running", 60.0, "calculating")
    await hands.complete(task)
    done = await site.get("/tasks/1")
    assert (done["status"], done["progress"]) == ("completed", 100.0)
    assert done["resultData"] == {"energyModelId": 1}
    assert done["completedAt"] >= done["startedAt"] >= done["createdAt"]
    assert (await site.get("/tasks"))["tasks"] == [done]


async def test_poll_tells_only_what_is_new(site: Tenant, hands: Hands) -> None:
    await site.post(ASYNC, energy_model())
    first = await site.client.get("/tasks/1")
    assert first.headers["retry-after"] == "1"
    known = {"If-None-Match": first.headers["etag"]}
    unchanged = await site.client.get("/tasks/1", headers=known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    await hands.complete(await hands.claim())
    done = await site.client.get("/tasks/1", headers=known)
    assert done.status_code == 200
    assert done.headers["etag"] != first.headers["etag"]
    assert "retry-after" not in done.headers


async def test_result_of_a_deleted_model_is_empty(site: Tenant, hands: Hands) -> None:
    await site.post(ASYNC, energy_model())
    await hands.complete(await hands.claim())
    await site.delete("/energymodels/1")
    assert (await site.get("/tasks/1"))["resultData"] == {}
    assert (await site.get("/tasks"))["tasks"][0]["resultData"] == {}


async def test_failure_says_why(site: Tenant, hands: Hands) -> None:
    await site.post(ASYNC, energy_model())
    await hands.end(await hands.claim(), Failed(error=TaskError(code="invalid_input", message="no sun")))
    failed = await site.get("/tasks/1")
    assert (failed["status"], failed["errorType"], failed["errorMessage"]) == (
        "failed",
        "invalid_input",
        "no sun",
    )
    row = await site.get("/energymodels/1")
    assert (row["status"], row["errorMessage"]) == ("failed", "no sun")


async def test_retry_never_steps_back(site: Tenant, hands: Hands) -> None:
    await site.post(ASYNC, energy_model())
    error = TaskError(code="crash", message="once", retryable=True)
    await hands.end(await hands.claim(), Failed(error=error))
    shown = await site.get("/tasks/1")
    assert (shown["status"], shown["stage"], shown["errorType"]) == ("running", "retrying", None)
    assert (await site.get("/tasks?status=running"))["total"] == 1
    assert (await site.get("/tasks?status=pending"))["total"] == 0


async def test_pages_and_filters(house: House, site: Tenant, hands: Hands) -> None:
    for _ in range(3):
        await site.post(ASYNC, energy_model())
    await hands.complete(await hands.claim())
    page = await site.get("/tasks?page=2&page_size=2")
    assert ([row["id"] for row in page["tasks"]], page["total"]) == ([1], 3)
    assert (page["page"], page["pageSize"]) == (2, 2)
    for asked, ids in {
        "status=queued": [3, 2],
        "status=COMPLETED": [1],
        "task_type=energy_model": [3, 2, 1],
        "task_type=shading": [],
        "status=completed&task_type=energy_model": [1],
        "created_before=2020-01-01": [],
        "created_after=2020-01-01T00:00:00Z": [3, 2, 1],
    }.items():
        found = await site.get(f"/tasks?{asked}")
        assert ([row["id"] for row in found["tasks"]], found["total"]) == (ids, len(ids)), asked


@pytest.mark.parametrize(
    "asked",
    [
        "status=done",
        "task_type=what",
        "created_after=soon",
        "page=0",
        "page_size=0",
        "page_size=1001",
        "page=x",
    ],
)
async def test_what_is_no_filter_is_refused(ours: Tenant, asked: str) -> None:
    answered = await ours.client.get(f"/tasks?{asked}")
    assert answered.status_code == 422
    assert answered.json()["detail"][0]["loc"] == ["query", asked.partition("=")[0]]


class TestCancel:
    async def test_of_a_queued_task_is_immediate(self, site: Tenant) -> None:
        await site.post(ASYNC, energy_model())
        assert (await site.post("/tasks/1/cancel"))["status"] == "cancelled"
        again = await site.client.post("/tasks/1/cancel")
        assert again.status_code == 409
        assert (await site.get("/energymodels/1"))["status"] == "cancelled"

    async def test_of_a_running_task_answers_at_its_end(
        self, house: House, site: Tenant, hands: Hands
    ) -> None:
        await site.post(ASYNC, energy_model())
        task = await hands.claim()
        with house.hub.subscribe(task.id) as changes:
            asked = asyncio.create_task(site.post("/tasks/1/cancel"))
            assert await changes.next(10)
            shown = await site.get("/tasks/1")
            assert (shown["status"], shown["stage"]) == ("running", "cancelling")
            await hands.end(task, Stopped(why=Why.CANCEL, cooperative=True))
        assert (await asked)["status"] == "cancelled"

    async def test_that_comes_too_late_tells_the_truth(
        self, house: House, site: Tenant, hands: Hands
    ) -> None:
        await site.post(ASYNC, energy_model())
        task = await hands.claim()
        with house.hub.subscribe(task.id) as changes:
            asked = asyncio.create_task(site.post("/tasks/1/cancel"))
            assert await changes.next(10)
            await hands.complete(task)
        assert (await asked)["status"] == "completed"

    async def test_of_nothing_is_not_found(self, ours: Tenant) -> None:
        assert (await ours.client.post("/tasks/1/cancel")).status_code == 404


async def test_children_are_the_runs_own_affair(house: House, site: Tenant, hands: Hands) -> None:
    await site.post(ASYNC, energy_model())
    parent = await hands.claim()
    children = tuple(
        NewTask(
            id=task_id(house.clock.now(), house.clock.chance(80)),
            workspace=site.id,
            kind="energy_model_blocks",
            visibility=visibility,
        )
        for visibility in (Visibility.INTERNAL, Visibility.PUBLIC)
    )
    await hands.end(parent, Divided(children=children))
    stored = await house.store.list_children(site.id, parent.id)
    hidden, public = (child.number for child in stored)
    assert (await site.client.get(f"/tasks/{hidden}")).status_code == 404
    assert (await site.client.get(f"/workflows/{hidden}")).status_code == 404
    assert (await site.client.post(f"/tasks/{hidden}/cancel")).status_code == 404
    assert hidden not in [row["id"] for row in (await site.get("/tasks"))["tasks"]]
    flow = await site.get("/workflows/1")
    assert flow["workflow"]["status"] == "running"
    assert [row["id"] for row in flow["tasks"]] == [public]


async def test_deadline_shows_as_failed_by_time(house: House, site: Tenant, hands: Hands) -> None:
    await site.post(ASYNC, energy_model())
    await hands.end(await hands.claim(), Stopped(why=Why.DEADLINE, cooperative=False))
    shown = await site.get("/tasks/1")
    assert (shown["status"], shown["errorType"]) == ("failed", "timeout")
    assert [row["id"] for row in (await site.get("/tasks?status=failed"))["tasks"]] == [1]
