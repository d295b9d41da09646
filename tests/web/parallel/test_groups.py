"""Groups through the vendor's clients: create, add, retrieve, cancel; and what is refused."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from parallel import AsyncParallel, NotFoundError, PermissionDeniedError, UnprocessableEntityError
from server import Serving
from waiting import until

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.service.access import found_workspace
from gnomon.core.service.resource import create_resource
from gnomon.core.task import Status
from gnomon.web.ids import find_group_id, find_task_id

Talk = Any
RESULT = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def inputs(count: int, processor: str = "lite", **members: Any) -> list[Any]:
    return [{"input": f"row {n}", "processor": processor, **members} for n in range(count)]


async def at_rest(served: Serving, name: str) -> None:
    """Wait until no member of a group is active."""
    group_id = find_group_id(name) or ""
    with served.house.hub.subscribe(group_id) as news:
        while (await served.house.store.get_group(served.founded.workspace.id, group_id)).is_active:
            assert await news.wait(20)


async def raw(
    client: AsyncParallel, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    async with httpx.AsyncClient(base_url=client.base_url) as plain:
        given = {"x-api-key": client.api_key, **headers}
        return await plain.request(method, path, json=body, headers=given, timeout=30)


async def test_a_group_from_its_creation_to_its_end(served: Serving, talk: Talk) -> None:
    group = await talk(lambda c: c.task_group.create(metadata={"team": "roof", "size": 3}))
    name = group.task_group_id
    assert name.startswith("tgrp_")
    assert group.metadata == {"team": "roof", "size": 3}
    assert (group.status.num_task_runs, group.status.task_run_status_counts, group.status.is_active) == (
        0,
        {},
        False,
    )
    assert await talk(lambda c: c.task_group.retrieve(name)) == group
    spec = {"output_schema": "One line."}
    added = await talk(lambda c: c.task_group.add_runs(name, inputs=inputs(3), default_task_spec=spec))
    assert len(set(added.run_ids)) == 3
    assert (added.status.num_task_runs, added.status.is_active) == (3, True)
    assert (added.run_cursor, added.event_cursor) == ("", "")
    await at_rest(served, name)
    ended = await talk(lambda c: c.task_group.retrieve(name))
    assert ended.status.task_run_status_counts == {"completed": 3}
    assert not ended.status.is_active
    for n, run_id in enumerate(added.run_ids):
        run = await talk(lambda c, run_id=run_id: c.task_group.retrieve_run(run_id, task_group_id=name))
        assert (run.run_id, run.status, run.task_group_id) == (run_id, "completed", name)
        result = await talk(lambda c, run_id=run_id: c.task_run.result(run_id))
        assert result.output.content == f"On row {n}"


async def test_later_runs_begin_at_their_cursors(served: Serving, talk: Talk) -> None:
    name = (await talk(lambda c: c.task_group.create())).task_group_id
    first = await talk(lambda c: c.task_group.add_runs(name, inputs=inputs(2)))
    await at_rest(served, name)
    second = await talk(lambda c: c.task_group.add_runs(name, inputs=inputs(2), refresh_status=False))
    assert second.status.num_task_runs == 4
    assert int(second.run_cursor) == int(second.event_cursor) > 2
    assert not set(first.run_ids) & set(second.run_ids)
    await at_rest(served, name)
    told = await listed(served, name, second.run_cursor)
    assert told == second.run_ids
    assert await listed(served, name, "") == [*first.run_ids, *second.run_ids]


async def listed(served: Serving, name: str, cursor: str) -> list[str]:
    key = served.founded.keys[KeyRole.API]
    async with AsyncParallel(api_key=key, base_url=served.address) as client:
        stream = await client.task_group.get_runs(name, last_event_id=cursor)
        return [event.run.run_id async for event in stream if event.type == "task_run.state"]


async def test_the_default_spec_is_that_of_runs_without_one(client: AsyncParallel) -> None:
    name = (await client.task_group.create()).task_group_id
    own: Any = {"input": "x", "processor": "lite", "task_spec": {"output_schema": {"type": "text"}}}
    default: Any = {"output_schema": {"type": "json", "json_schema": RESULT}}
    added = await client.task_group.add_runs(name, inputs=[own, *inputs(1)], default_task_spec=default)
    asked = [await client.task_run.retrieve_input(run_id) for run_id in added.run_ids]
    specs = [one.task_spec.to_dict() for one in asked if one.task_spec]
    assert specs == [own["task_spec"], default]
    outputs = [(await client.task_run.result(run_id)).output for run_id in added.run_ids]
    assert [output.content for output in outputs] == ["On x", {"name": "On row 0"}]


async def test_a_member_has_all_that_a_run_has(client: AsyncParallel) -> None:
    earlier = await client.task_run.create(input="a", processor="lite", task_spec={"output_schema": "x"})
    name = (await client.task_group.create()).task_group_id
    rich: Any = {
        "input": "b",
        "processor": "ultra4x-fast",
        "metadata": {"row": 7},
        "task_spec": {"output_schema": "x"},
        "previous_interaction_id": earlier.interaction_id,
        "mcp_servers": [{"name": "m", "url": "https://mcp.example/", "headers": {"a": "s3cret"}}],
        "webhook": {"url": "https://hooks.example/", "event_types": ["task_run.status"]},
    }
    added = await client.task_group.add_runs(name, inputs=[rich])
    [run_id] = added.run_ids
    result = await client.task_run.result(run_id)
    assert result.output.content == "On b after 'On a'"
    assert (result.run.metadata, result.run.processor) == ({"row": 7}, "ultra4x-fast")
    asked = await client.task_run.retrieve_input(run_id)
    assert "s3cret" not in asked.to_json()
    assert asked.mcp_servers is not None


async def test_what_a_member_refers_to_is_pinned(served: Serving, client: AsyncParallel) -> None:
    us = Principal(workspace=served.founded.workspace.id, key_id="k", scopes=ALL_SCOPES)
    place = {"name": "Roof", "latitude": 48.0, "longitude": 11.0}
    saved = (await create_resource(served.house, us, "location", place)).resource.number
    name = (await client.task_group.create()).task_group_id
    asked: Any = {"input": {"on": saved}, "processor": "core2x-fast"}
    added = await client.task_group.add_runs(name, inputs=[asked])
    content: Any = (await client.task_run.result(added.run_ids[0])).output.content
    assert content["name"] == "Roof"
    gone: Any = {"input": {"on": saved + 1}, "processor": "core2x-fast"}
    with pytest.raises(UnprocessableEntityError) as refused:
        await client.task_group.add_runs(name, inputs=[asked, gone])
    assert places(refused.value) == [["body", "inputs", 1, "input", "on"]]


def places(error: UnprocessableEntityError) -> list[Any]:
    body: Any = error.body
    assert body["type"] == "error"
    assert error.response.headers["x-should-retry"] == "false"
    return [item["loc"] for item in body["error"]["detail"]["errors"]]


UNKNOWN = "trun_" + "0" * 32
WRONG: list[tuple[Any, Any]] = [
    ({"processor": "lite"}, ["input"]),
    ({"input": 7, "processor": "lite"}, ["input"]),
    ({"input": "x", "processor": "lite", "metadata": {"k" * 17: 1}}, ["metadata"]),
    ({"input": "x", "processor": "lite", "previous_interaction_id": UNKNOWN}, ["previous_interaction_id"]),
    ({"input": "x", "processor": "lite", "webhook": {"url": "nowhere"}}, ["webhook", "url"]),
    ("x", []),
]


@pytest.mark.parametrize(("wrong", "place"), WRONG, ids=lambda one: str(one)[:40])
async def test_one_bad_input_refuses_all_and_is_named(client: AsyncParallel, wrong: Any, place: Any) -> None:
    name = (await client.task_group.create()).task_group_id
    with pytest.raises(UnprocessableEntityError) as refused:
        await client.task_group.add_runs(name, inputs=[*inputs(2), wrong, *inputs(2)])
    [found] = places(refused.value)
    assert found[: 3 + len(place)] == ["body", "inputs", 2, *place]
    assert "inputs.2" in str(refused.value)
    assert (await client.task_group.retrieve(name)).status.num_task_runs == 0


async def test_a_processor_that_is_none_refuses_all(client: AsyncParallel) -> None:
    name = (await client.task_group.create()).task_group_id
    with pytest.raises(PermissionDeniedError, match=r"inputs\.1") as refused:
        await client.task_group.add_runs(name, inputs=[*inputs(1), *inputs(1, "huge")])
    assert places(refused.value) == [["body", "inputs", 1, "processor"]]
    assert (await client.task_group.retrieve(name)).status.num_task_runs == 0


async def test_a_thousand_at_once_and_no_more(talk: Talk) -> None:
    name = (await talk(lambda c: c.task_group.create())).task_group_id
    with pytest.raises(UnprocessableEntityError, match="1000") as refused:
        await talk(lambda c: c.task_group.add_runs(name, inputs=inputs(1001, "core-fast")))
    assert places(refused.value) == [["body", "inputs"]]
    with pytest.raises(UnprocessableEntityError):
        await talk(lambda c: c.task_group.add_runs(name, inputs=[]))
    added = await talk(lambda c: c.task_group.add_runs(name, inputs=inputs(1000, "core-fast")))
    assert (len(added.run_ids), added.status.num_task_runs) == (1000, 1000)
    last = await talk(lambda c: c.task_group.retrieve_run(added.run_ids[-1], task_group_id=name))
    assert last.status == "queued"
    asked = await talk(lambda c: c.task_run.retrieve_input(added.run_ids[-1]))
    assert asked.input == "row 999"


async def test_counts_agree_with_the_members_while_they_change(
    served: Serving, client: AsyncParallel
) -> None:
    name = (await client.task_group.create()).task_group_id
    trades = ["lite", "ultra", "pro", "core-fast", "base"]
    rows: Any = [inputs(1, trade)[0] for trade in trades]
    run_ids = dict(zip(trades, (await client.task_group.add_runs(name, inputs=rows)).run_ids, strict=True))

    async def look(**betas: Any) -> tuple[dict[str, int], bool]:
        status = (await client.task_group.retrieve(name, **betas)).status
        assert status.num_task_runs == sum(status.task_run_status_counts.values()) == len(trades)
        runs = [
            await client.task_group.retrieve_run(r, task_group_id=name, **betas) for r in run_ids.values()
        ]
        assert status.task_run_status_counts == Counter(run.status for run in runs)
        assert status.is_active == any(run.is_active for run in runs)
        return status.task_run_status_counts, status.is_active

    for trade, status in {
        "lite": Status.COMPLETED,
        "ultra": Status.FAILED,
        "pro": Status.WAITING,
        "core-fast": Status.RUNNING,
        "base": Status.COMPLETED,
    }.items():
        await until(served, find_task_id(run_ids[trade]) or "", status)
    assert await look() == ({"completed": 2, "failed": 1, "running": 2}, True)
    opted: Any = {"extra_headers": {"parallel-beta": "action-required"}}
    assert await look(**opted) == (
        {"completed": 2, "failed": 1, "running": 1, "action_required": 1}, True
    )  # fmt: skip
    cancelled = await raw(client, "POST", f"/v1/tasks/runs/{run_ids['core-fast']}/cancel")
    assert cancelled.status_code == 202
    await until(served, find_task_id(run_ids["core-fast"]) or "", Status.CANCELLED)
    assert await look() == ({"completed": 2, "failed": 1, "running": 1, "cancelled": 1}, True)
    ended = {"completed": 2, "failed": 1, "action_required": 1, "cancelled": 1}
    assert await look(**opted) == (ended, False)
    answered = await raw(client, "POST", f"/v1/tasks/runs/{run_ids['pro']}/answer", {"answer": "yes"})
    assert answered.status_code == 200
    await at_rest(served, name)
    assert await look() == ({"completed": 3, "failed": 1, "cancelled": 1}, False)


async def test_a_group_is_cancelled_whole(served: Serving, client: AsyncParallel) -> None:
    name = (await client.task_group.create()).task_group_id
    added = await client.task_group.add_runs(name, inputs=inputs(300, "core-fast"))
    await until(served, find_task_id(added.run_ids[0]) or "", Status.RUNNING)
    first = await raw(client, "POST", f"/v1/tasks/groups/{name}/cancel")
    assert first.status_code == 202
    counts = first.json()["status"]["task_run_status_counts"]
    assert counts.keys() <= {"cancelled", "cancelling"}
    assert sum(counts.values()) == 300
    await at_rest(served, name)
    again = await raw(client, "POST", f"/v1/tasks/groups/{name}/cancel")
    assert again.status_code == 200
    assert again.json()["status"]["task_run_status_counts"] == {"cancelled": 300}
    assert again.json()["status"]["is_active"] is False


class Loses(httpx.AsyncBaseTransport):
    """Lets requests through, and loses the answers to the first few that match."""

    def __init__(self, path: str, count: int) -> None:
        self.path, self.count, self.tries = path, count, []
        self.wire = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.wire.handle_async_request(request)
        if request.method == "POST" and request.url.path.endswith(self.path):
            self.tries.append(request.headers["x-stainless-retry-count"])
            if len(self.tries) <= self.count:
                await response.aclose()
                raise httpx.ReadError("The answer was lost.")
        return response

    async def aclose(self) -> None:
        await self.wire.aclose()


@asynccontextmanager
async def losing(client: AsyncParallel, path: str, count: int) -> AsyncIterator[tuple[AsyncParallel, Loses]]:
    transport = Loses(path, count)
    async with httpx.AsyncClient(transport=transport) as plain:
        yield client.with_options(http_client=plain), transport


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_repeated_post_adds_once(client: AsyncParallel, lost: int) -> None:
    name = (await client.task_group.create()).task_group_id
    async with losing(client, "/runs", lost) as (unlucky, transport):
        added = await unlucky.task_group.add_runs(name, inputs=inputs(5))
    assert transport.tries == [str(n) for n in range(lost + 1)]
    assert (len(set(added.run_ids)), added.status.num_task_runs) == (5, 5)
    assert (added.run_cursor, added.event_cursor) == ("", "")
    assert (await client.task_group.retrieve(name)).status.num_task_runs == 5
    again = await client.task_group.add_runs(name, inputs=inputs(5))  # the same, and meant
    assert again.status.num_task_runs == 10


async def test_a_key_of_the_clients_own_adds_once(client: AsyncParallel) -> None:
    name = (await client.task_group.create()).task_group_id
    path, body = f"/v1/tasks/groups/{name}/runs", {"inputs": inputs(3)}
    one, two = [await raw(client, "POST", path, body, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert (one.status_code, two.status_code) == (200, 200)
    assert one.json()["run_ids"] == two.json()["run_ids"]
    assert ["Idempotency-Replayed" in answer.headers for answer in (one, two)] == [False, True]
    other = await raw(client, "POST", path, {"inputs": inputs(4)}, **{"Idempotency-Key": "k1"})
    assert other.status_code in {409, 422}
    assert (await client.task_group.retrieve(name)).status.num_task_runs == 3


async def test_nobody_is_given_the_group_of_another(client: AsyncParallel) -> None:
    """The same empty body makes every group: a repeated request may make one too many, and never shares one."""
    await client.task_group.create()
    async with losing(client, "/groups", 1) as (unlucky, transport):
        mine = await unlucky.task_group.create()
    assert transport.tries == ["0", "1"]
    assert mine.task_group_id != (await client.task_group.create()).task_group_id
    keyed = [await raw(client, "POST", "/v1/tasks/groups", {}, **{"Idempotency-Key": "g"}) for _ in range(2)]
    assert len({answer.json()["taskgroup_id"] for answer in keyed}) == 1


async def test_an_unknown_group_is_not_found(talk: Talk) -> None:
    run = await talk(lambda c: c.task_run.create(input="x", processor="lite"))
    for name in ("tgrp_" + "0" * 32, "taskgroup_id", "tgrp_0", run.run_id):
        for ask in (
            lambda c, name=name: c.task_group.retrieve(name),
            lambda c, name=name: c.task_group.add_runs(name, inputs=inputs(1)),
            lambda c, name=name: c.task_group.retrieve_run(run.run_id, task_group_id=name),
            lambda c, name=name: c.post(f"/v1/tasks/groups/{name}/cancel", cast_to=httpx.Response),
        ):
            with pytest.raises(NotFoundError, match="no such group"):
                await talk(ask)


async def test_a_run_is_found_in_its_own_group_alone(client: AsyncParallel) -> None:
    alone = await client.task_run.create(input="x", processor="lite")
    names = [(await client.task_group.create()).task_group_id for _ in range(2)]
    [member] = (await client.task_group.add_runs(names[0], inputs=inputs(1))).run_ids
    for run_id, name in ((alone.run_id, names[0]), (member, names[1]), (UNKNOWN, names[0]), ("x", names[0])):
        with pytest.raises(NotFoundError, match="no such run"):
            await client.task_group.retrieve_run(run_id, task_group_id=name)


async def test_another_workspace_finds_no_group(served: Serving, client: AsyncParallel) -> None:
    name = (await client.task_group.create()).task_group_id
    [member] = (await client.task_group.add_runs(name, inputs=inputs(1, "core-fast"))).run_ids
    theirs = (await found_workspace(served.house, "others")).keys[KeyRole.API]
    async with AsyncParallel(api_key=theirs, base_url=served.address) as stranger:
        for asked in (
            stranger.task_group.retrieve(name),
            stranger.task_group.add_runs(name, inputs=inputs(1)),
            stranger.task_group.retrieve_run(member, task_group_id=name),
            stranger.post(f"/v1/tasks/groups/{name}/cancel", cast_to=httpx.Response),
        ):
            with pytest.raises(NotFoundError, match="no such group"):
                await asked
    assert (await client.task_group.retrieve(name)).status.num_task_runs == 1


@pytest.mark.parametrize("prefix", ["/v1beta/tasks", "/parallel/v1/tasks", "/parallel/v1beta/tasks"])
async def test_every_prefix_has_the_same_groups(client: AsyncParallel, prefix: str) -> None:
    made = (await raw(client, "POST", f"{prefix}/groups", {})).json()
    name = made["taskgroup_id"]
    added = await raw(client, "POST", f"{prefix}/groups/{name}/runs", {"inputs": inputs(1)})
    [run_id] = added.json()["run_ids"]
    shown = await raw(client, "GET", f"{prefix}/groups/{name}/runs/{run_id}")
    assert shown.json()["taskgroup_id"] == name
    assert (await client.task_group.retrieve(name)).status.num_task_runs == 1


async def test_every_answer_passes_the_strict_client(served: Serving) -> None:
    key = served.founded.keys[KeyRole.API]
    async with AsyncParallel(
        api_key=key, base_url=served.address, _strict_response_validation=True
    ) as client:
        name = (await client.task_group.create(metadata={"a": True})).task_group_id
        added = await client.task_group.add_runs(name, inputs=inputs(1), betas=["mcp-server-2025-07-17"])
        await client.task_group.retrieve_run(added.run_ids[0], task_group_id=name)
        assert (await client.task_group.retrieve(name)).metadata == {"a": True}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/tasks/groups", {"metadata": {"a": [1]}}),
        ("/v1/tasks/groups", []),
        ("{group}/runs", {}),
        ("{group}/runs", {"inputs": {}}),
        ("{group}/runs", {"inputs": [], "default_task_spec": 7}),
        ("{group}/runs?refresh_status=maybe", {"inputs": [{"input": "x", "processor": "lite"}]}),
    ],
)
async def test_wrong_bodies_are_refused_in_the_envelope(client: AsyncParallel, path: str, body: Any) -> None:
    name = (await client.task_group.create()).task_group_id
    refused = await raw(client, "POST", path.format(group=f"/v1/tasks/groups/{name}"), body)
    assert refused.status_code == 422
    assert refused.json()["error"]["detail"]["errors"]


async def test_batches_at_once_keep_their_own(client: AsyncParallel) -> None:
    name = (await client.task_group.create()).task_group_id
    batches = [[{"input": f"{batch}.{n}", "processor": "core-fast"} for n in range(40)] for batch in range(6)]
    added = await asyncio.gather(*(client.task_group.add_runs(name, inputs=batch) for batch in batches))  # type: ignore[arg-type]  # plain dicts
    assert len({run_id for one in added for run_id in one.run_ids}) == 240
    for batch, one in zip(batches, added, strict=True):
        asked = await client.task_run.retrieve_input(one.run_ids[7])
        assert asked.input == batch[7]["input"]
