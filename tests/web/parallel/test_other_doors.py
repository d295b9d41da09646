"""Tasks of other doors, read as runs at every moment by the vendor's strict models."""

from typing import Any, TypeVar

import pytest
from parallel._models import BaseModel, validate_type
from parallel.types import RunInput, TaskRun, TaskRunResult
from rig import Hands, Tenant, client_of
from sent import energy_model, weather

from gnomon.core.retry import Done, Failed
from gnomon.core.task import TaskError
from gnomon.web.ids import run_id

Model = TypeVar("Model", bound=BaseModel)


async def read(tenant: Tenant, path: str, model: type[Model]) -> Model:
    return validate_type(type_=model, value=await tenant.get(f"/v1/tasks/runs/{path}"))


async def submit(site: Tenant, **changes: Any) -> None:
    answer = await site.client.post("/energymodels?async=true", json=energy_model(**changes))
    assert answer.status_code in (200, 202), answer.text


@pytest.mark.parametrize("blocks", [1, 60])
async def test_an_energy_model_is_a_run(site: Tenant, hands: Hands, blocks: int) -> None:
    await submit(site)
    (first,) = (await site.get("/gnomon/v1/tasks"))["tasks"]
    name = run_id(first["id"])
    shown = await read(site, name, TaskRun)
    assert (shown.status, shown.is_active, shown.processor) == ("queued", True, "energy_model")
    assert shown.created_at == first["created_at"]

    task = await hands.claim()
    assert (await read(site, name, TaskRun)).status == "running"

    done = await hands.complete(task, blocks)
    ended = await read(site, name, TaskRun)
    assert (ended.status, ended.is_active, ended.error) == ("completed", False, None)
    output = (await read(site, f"{name}/result", TaskRunResult)).output
    assert output.type == "json"
    native: dict[str, Any] = (await site.get(f"/gnomon/v1/tasks/{done.id}"))["result"]
    assert output.content == native
    given = await read(site, f"{name}/input", RunInput)
    assert given.processor == "energy_model"
    assert given.input == (await site.get(f"/gnomon/v1/tasks/{done.id}/input"))["input"]


async def test_a_failed_energy_model_is_a_failed_run(site: Tenant, hands: Hands) -> None:
    await submit(site)
    task = await hands.claim()
    error = TaskError(code="no_sun", message="It is dark there.")
    failed = await hands.end(task, Failed(error=error))
    shown = await read(site, run_id(failed.id), TaskRun)
    assert shown.status == "failed"
    assert shown.error is not None
    assert (shown.error.message, shown.error.detail) == (
        error.message,
        {"code": "no_sun", "retryable": False},
    )
    answer = await site.client.get(f"/v1/tasks/runs/{run_id(failed.id)}/result")
    assert answer.status_code == 404
    assert validate_type(type_=TaskRun, value=answer.json()["error"]["detail"]["run"]) == shown


async def test_a_large_input_comes_back_whole(site: Tenant, hands: Hands) -> None:
    large = weather()
    await submit(site, weatherData=large)
    task = await hands.claim()
    given = await read(site, f"{run_id(task.id)}/input", RunInput)
    assert isinstance(given.input, dict)
    assert given.input["weatherData"] == large


async def test_an_integer_of_more_than_64_bits_stays_exact(site: Tenant, hands: Hands) -> None:
    await submit(site)
    task = await hands.end(await hands.claim(), Done(result={"product": 2**70}))
    output = (await read(site, f"{run_id(task.id)}/result", TaskRunResult)).output
    assert output.content == {"product": 2**70}
    assert (await site.get(f"/gnomon/v1/tasks/{task.id}"))["result"] == {"product": 2**70}


async def test_a_runs_and_a_groups_ids_lead_to_the_native_api(site: Tenant) -> None:
    native = "/gnomon/v1"
    group = (await site.client.post("/v1/tasks/groups", json={})).json()["taskgroup_id"]
    order = {"kind": "energy_model", "input": energy_model()}
    made = await site.client.post(f"{native}/groups/{group}/tasks", json={"tasks": [order]})
    assert made.status_code in (200, 201, 202), made.text
    (task,) = (await site.get(f"{native}/tasks", params={"group_id": group}))["tasks"]
    assert run_id(task["id"]) == (await site.get(f"/v1/tasks/runs/{run_id(task['id'])}"))["run_id"]
    assert await site.get(f"{native}/tasks/{run_id(task['id'])}") == task
    events = await site.get(f"{native}/tasks/{run_id(task['id'])}/events")
    assert events == await site.get(f"{native}/tasks/{task['id']}/events")
    assert (await site.get(f"{native}/groups/{group}"))["id"] == task["group_id"]
    after = await site.client.post(f"{native}/tasks", json={**order, "after": run_id(task["id"])})
    assert after.status_code == 202, after.text
    assert after.json()["predecessor_id"] == task["id"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        *(("/v1/search", None), ("/v1/extract/x", None), ("/v1/images", None), ("/v1/responses", None)),
        *(
            ("/v1/monitors/1", None),
            ("/v1beta/findall/runs", None),
            ("/v1beta", None),
            ("/parallel/v1/x", None),
        ),
        *(("/v1/tasks", "There is no path /v1/tasks;"), ("/v1/tasks/", "There is no path /v1/tasks/;")),
    ],
)
async def test_the_vendors_other_products_are_refused_in_its_envelope(
    site: Tenant, path: str, shown: str | None
) -> None:
    for method in ("GET", "POST"):
        answered = await site.client.request(method, path)
        assert answered.status_code == 404
        assert answered.headers["x-should-retry"] == "false"
        message = answered.json()["error"]["message"]
        assert message.startswith(shown or f"{path} is not part of this server: it speaks the Task API")


async def test_who_has_no_key_of_this_server_is_told_which_one_to_send(site: Tenant, app: Any) -> None:
    async with client_of(app) as stranger:
        for headers in ({}, {"x-api-key": "a-key-of-theirs"}, {"x-api-key": "gn_live_nobodys"}):
            answered = await stranger.get("/v1/tasks/runs", headers=headers)
            assert answered.status_code == 401
            message = answered.json()["error"]["message"]
            assert "'api_key' of this server's keys.json" in message
            assert ("'x-api-key'" in message) == (not headers)
