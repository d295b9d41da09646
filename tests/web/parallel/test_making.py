"""What is answered to whoever makes a run or a group: once, again, and with less than was asked for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from followed import Followed, following
from wires import run_with, taken

from gnomon.core.retry import Failed
from gnomon.core.task import TaskError
from gnomon.web.dialects.parallel.ordering import make_ready
from gnomon.web.ids import run_id

KEY = {"Idempotency-Key": "one"}


@pytest.fixture
async def followed(tmp_path: Path) -> AsyncIterator[Followed]:
    async with following(tmp_path / "data") as followed:
        yield followed


async def post(followed: Followed, path: str, body: Any = None, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=followed.address, headers={"x-api-key": followed.key}) as client:
        return await client.post(f"/v1/tasks{path}", json=body, headers=headers, timeout=30)


async def test_a_group_needs_no_body_and_says_when_it_was_made_before(followed: Followed) -> None:
    bare = [await post(followed, "/groups") for _ in range(2)]
    assert [answer.status_code for answer in bare] == [200, 200]
    assert bare[0].json()["taskgroup_id"] != bare[1].json()["taskgroup_id"]
    first, again = [await post(followed, "/groups", {"metadata": {"a": 1}}, **KEY) for _ in range(2)]
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_run_that_was_made_before_is_shown_as_it_was_answered_first(followed: Followed) -> None:
    body = run_with()
    first = await post(followed, "/runs", body, **KEY)
    (task,) = await followed.claim()
    await followed.end(task.id)
    again = await post(followed, "/runs", body, **KEY)
    assert (first.json()["status"], again.json()["status"]) == ("queued", "queued")
    assert again.json()["run_id"] == first.json()["run_id"]
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("how", ["failed", "cancelled", "completed", "queued"])
async def test_a_run_says_that_the_one_before_gave_no_answer(followed: Followed, how: str) -> None:
    name = await followed.submit()
    if how == "cancelled":
        await followed.house.store.cancel(followed.workspace, name, followed.house.clock.now())
    elif how != "queued":
        await followed.claim()
        failed = Failed(error=TaskError(code="dry", message="No source."))
        await followed.end(name, failed if how == "failed" else None)
    made = (await post(followed, "/runs", run_with(previous_interaction_id=run_id(name)))).json()
    told = [warning["message"] for warning in made["warnings"] or []]
    expected = f"previous_interaction_id: That interaction is {how} and gave no answer;"
    assert [text[: len(expected)] for text in told] == ([expected] if how in ("failed", "cancelled") else [])


@pytest.mark.parametrize(
    ("wrong", "left"),
    [({"webhook_url"}, ["webhook"]), ({"webhook"}, ["webhook_url"]), ({"webhook", "webhook_url"}, [])],
)
async def test_of_two_webhooks_only_the_wrong_one_is_left_out(
    followed: Followed, wrong: set[str], left: list[str]
) -> None:
    def check(url: str) -> str | None:
        return "That is a private address." if "10.0.0.1" in url else None

    house = replace(followed.house, check_target=check)
    urls = {
        name: f"https://{'10.0.0.1' if name in wrong else 'example.com'}/{name}"
        for name in ("webhook", "webhook_url")
    }
    body = run_with(webhook={"url": urls["webhook"]}, webhook_url=urls["webhook_url"])
    ready = await make_ready(house, followed.principal, taken(body, is_lenient=True), is_lenient=True)
    assert [hook.url for hook in ready.terms.hooks] == [urls[name] for name in left]
    assert [name for name in ("webhook", "webhook_url") if name in ready.terms.wording] == left
    places = {warning.message.partition(":")[0].partition(".")[0] for warning in ready.order.origin.warnings}
    assert places == wrong
