"""What a server can do wrong, over real sockets: busy, broken, cut, silent; and what all tasks share towards it."""

import asyncio
import time

import pytest
from asking_stub import PROMPT, asking
from stub_model import Answer, Behaviour, Cut, Garble, Hang, Refuse, StubModel

from gnomon.workloads.research.models import lane as lanes
from gnomon.workloads.research.models.client import open_model
from gnomon.workloads.research.models.model import Model, ModelFailure, Reply
from gnomon.workloads.research.models.patience import FAULTS, TRIES


async def write(model: Model, key: str = "k", seconds: float | None = None) -> Reply:
    return await model.write(PROMPT, max_tokens=10, key=key, seconds=seconds)


@pytest.mark.parametrize(
    "failing",
    [
        Refuse(429),
        Refuse(429, retry_after=0.01),
        Refuse(500),
        Refuse(502),
        Refuse(503),
        Refuse(529),
        Cut(),
        Garble(),
    ],
    ids=str,
)
async def test_what_passes_is_asked_again_under_the_same_key(failing: Behaviour) -> None:
    with StubModel([failing, Answer("Paris.")]) as stub:
        async with asking(stub) as model:
            reply = await write(model)
    assert (reply.text, reply.usage.calls) == ("Paris.", 1)
    assert stub.keys == ["k", "k"]


@pytest.mark.parametrize(
    ("failing", "code", "told"),
    [
        (Refuse(401), "model_key_refused", "GNOMON_MODEL_KEY"),
        (Refuse(403), "model_key_refused", "GNOMON_MODEL_KEY"),
        (Refuse(404, message="no such model"), "model_unknown", "no such model"),
        (Refuse(400, message="bad request"), "model_refused", "bad request"),
        (Refuse(429, code="insufficient_quota"), "model_quota", "insufficient_quota"),
        (Refuse(400, code="context_length_exceeded"), "prompt_too_long", "context_length_exceeded"),
    ],
    ids=str,
)
async def test_what_does_not_pass_is_asked_once(failing: Refuse, code: str, told: str) -> None:
    with StubModel([failing]) as stub:
        async with asking(stub) as model:
            with pytest.raises(ModelFailure, match=told) as caught:
                await write(model)
    assert (caught.value.code, caught.value.retryable, len(stub.requests)) == (code, False, 1)


async def test_a_wrong_key_is_refused_and_never_repeated_in_what_is_told() -> None:
    with StubModel([Refuse(401, message="the key wrong-key is no key")], api_key="right") as stub:
        async with asking(stub, {"GNOMON_MODEL_KEY": "wrong-key"}) as model:
            with pytest.raises(ModelFailure) as caught:
                await write(model)
        async with asking(stub, {"GNOMON_MODEL_KEY": "right"}) as model:
            assert (await write(model)).text == "ok"
    assert caught.value.code == "model_key_refused"
    assert "wrong-key" not in caught.value.message


async def test_what_a_server_asks_for_is_waited_out() -> None:
    with StubModel([Refuse(429, retry_after=0.3), Answer("Paris.")]) as stub:
        async with asking(stub) as model:
            began = time.monotonic()
            await write(model)
    assert time.monotonic() - began >= 0.3


async def test_a_wait_that_is_longer_than_the_budget_is_not_begun() -> None:
    with StubModel([Refuse(429, retry_after=60)]) as stub:
        async with asking(stub) as model:
            with pytest.raises(ModelFailure) as caught:
                await write(model, seconds=2)
            began = time.monotonic()
            with pytest.raises(ModelFailure, match="asked to be left alone") as neighbour:
                await write(model, seconds=2)
    assert (caught.value.code, caught.value.retryable, caught.value.retry_after) == ("model_busy", True, 60)
    assert (neighbour.value.code, neighbour.value.retryable) == ("model_busy", True)
    assert time.monotonic() - began < 1


async def test_a_server_that_asks_one_task_to_wait_is_left_alone_by_all() -> None:
    with StubModel([Refuse(429, retry_after=0.4)]) as stub:
        async with asking(stub) as one, asking(stub) as other:
            first = asyncio.create_task(write(one, "one"))
            await asyncio.to_thread(stub.wait_for_requests, 1)
            await asyncio.gather(first, write(other, "other"))
    assert sorted(map(str, stub.keys[1:])) == ["one", "other"]


async def test_all_tasks_together_keep_to_the_width() -> None:
    with StubModel(otherwise=Answer("ok", pause=0.03)) as stub:
        async with (
            asking(stub, model="m", model_url=stub.url, model_concurrency=3) as one,
            asking(stub) as other,
        ):
            await asyncio.gather(*(write(model, str(at)) for at, model in enumerate([one, other] * 6)))
    assert len(stub.requests) == 12
    assert stub.most_open == 3


async def test_a_silent_server_is_given_up_and_hung_up_on() -> None:
    with StubModel(otherwise=Hang()) as stub:
        async with asking(stub, model="m", model_url=stub.url, model_timeout=0.2) as model:
            with pytest.raises(ModelFailure, match=r"within 0\.2 seconds") as caught:
                await write(model)
        await asyncio.to_thread(stub.wait_for_hang_up)
    assert (caught.value.code, caught.value.retryable, len(stub.requests)) == ("model_timeout", True, 1)


async def test_the_budget_bounds_the_whole_call() -> None:
    with StubModel(otherwise=Hang()) as stub:
        async with asking(stub) as model:
            with pytest.raises(ModelFailure, match=r"within 0\.3 seconds") as caught:
                await write(model, seconds=0.3)
    assert caught.value.code == "model_timeout"


async def test_a_cancelled_call_hangs_up_at_once_and_leaves_its_place() -> None:
    with StubModel([Hang()]) as stub:
        async with asking(stub, model="m", model_url=stub.url, model_concurrency=1) as model:
            call = asyncio.create_task(write(model))
            await asyncio.to_thread(stub.wait_for_requests, 1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.to_thread(stub.wait_for_hang_up)
            assert (await write(model)).text == "ok"


async def test_slow_tokens_are_waited_for_within_the_wall_clock() -> None:
    with StubModel([Answer("one two three four", pause=0.05), Answer("a b c d e f g h", pause=0.2)]) as stub:
        async with asking(stub, model="m", model_url=stub.url, model_timeout=1.0) as model:
            seen: list[str] = []
            reply = await model.write(PROMPT, max_tokens=9, key="k", on_text=seen.append)
            with pytest.raises(ModelFailure):
                await model.write(PROMPT, max_tokens=9, key="k", on_text=seen.append)
    assert reply.text == "one two three four"
    assert "a b" in seen


async def test_tries_are_bounded(quick: None) -> None:
    with StubModel(otherwise=Refuse(500)) as stub:
        async with asking(stub) as model:
            with pytest.raises(ModelFailure) as caught:
                await write(model)
    assert (caught.value.code, caught.value.retryable, len(stub.requests)) == (
        "model_unavailable",
        True,
        TRIES,
    )


async def test_a_server_that_fails_again_and_again_is_left_alone(quick: None) -> None:
    with StubModel(otherwise=Refuse(500)) as stub:
        async with asking(stub) as model:
            for _ in range(3):
                with pytest.raises(ModelFailure) as caught:
                    await write(model)
    assert "left alone" in caught.value.message
    assert (caught.value.retryable, len(stub.requests)) == (True, FAULTS)
    assert caught.value.retry_after is not None


async def test_a_server_that_is_not_there_is_unreachable(quick: None) -> None:
    with StubModel() as stub:
        pass
    async with asking(stub) as model:
        with pytest.raises(ModelFailure) as caught:
            await write(model)
    assert (caught.value.code, caught.value.retryable) == ("model_unreachable", True)
    refused = f"{stub.url} refused the connection: is the server of the model running?"
    assert caught.value.message == refused


async def test_a_host_that_is_not_there_is_named(quick: None) -> None:
    model = open_model({"model": "qwen3:8b", "model_url": "http://nowhere.invalid/v1"}, {})
    assert model is not None
    async with model:
        with pytest.raises(ModelFailure, match=r"^http://nowhere.invalid/v1: there is no host of that name"):
            await write(model)


async def test_a_name_with_a_tag_and_no_address_asks_for_the_address() -> None:
    model = open_model({"model": "qwen3:8b"}, {})
    assert model is not None
    with pytest.raises(ModelFailure) as caught:
        await write(model)
    assert caught.value.code == "model_unknown"
    assert "--model qwen3:8b --model-url http://127.0.0.1:11434/v1" in caught.value.message


async def test_after_its_rest_a_server_is_asked_again() -> None:
    now = [0.0]
    lane = lanes.Lane(1, clock=lambda: now[0])
    for number in range(FAULTS):
        lane.fail("it broke" if not number else "it broke again")
    with pytest.raises(Exception, match=r"left alone for 15 more seconds\. It began with: it broke$"):
        async with lane.place():
            pass
    now[0] = 15.1
    async with lane.place():
        lane.succeed()
    async with lane.place():
        pass
