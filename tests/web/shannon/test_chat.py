"""Chat completions through OpenAI's own clients and the vendor's, unmodified."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from server import Serving, serving
from shannon import AsyncShannonClient
from trades_of_tasks import TASK_TRADES

from gnomon.core.access import KeyRole, Limits
from gnomon.web.dialects.shannon.desk import ShannonOptions
from gnomon.web.ids import own
from gnomon.web.sse import Pace

OPTIONS = ShannonOptions(modes=("simple=give",))
MODEL = "shannon-standard-research"
SOURCES = "\n\nSources:\n1. A - https://example.com/a\n2. B - https://example.org/b"
Talk = Callable[[Callable[[Any], Any]], Awaitable[Any]]


def asking(question: str, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": question}], **more}


def given(served: Serving, **more: Any) -> dict[str, Any]:
    key = served.founded.keys[KeyRole.API]
    return {"api_key": key, "base_url": f"{served.address}/v1", "max_retries": 0, "timeout": 30, **more}


@pytest.fixture
async def ai(served: Serving) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(**given(served)) as client:
        yield client


@pytest.fixture(params=["sync", "async"])
async def chatter(request: pytest.FixtureRequest, served: Serving) -> AsyncIterator[Talk]:
    """Give a function that lets each of OpenAI's two clients say the same."""
    if request.param == "async":
        async with AsyncOpenAI(**given(served)) as client:

            async def chatting(about: Callable[[Any], Any]) -> Any:
                return await about(client)

            yield chatting
        return
    with OpenAI(**given(served)) as plain:

        async def talking(about: Callable[[Any], Any]) -> Any:
            return await asyncio.to_thread(about, plain)

        yield talking


async def listened(chatter: Talk, **wanted: Any) -> list[Any]:
    """Read a stream to its end, on the thread of the client that reads it."""

    def listen(client: Any) -> Any:
        asked = client.chat.completions.create(**wanted, stream=True)
        return _all(asked) if isinstance(client, AsyncOpenAI) else list(asked)

    chunks: list[Any] = await chatter(listen)
    return chunks


async def _all(asked: Any) -> list[Any]:
    return [chunk async for chunk in await asked]


async def until(
    http: httpx.AsyncClient, is_enough: Callable[[Any], bool], path: str = "/api/v1/tasks"
) -> Any:
    """Look again until what is seen is enough."""
    async with asyncio.timeout(20):
        while True:
            seen = (await http.get(path)).raise_for_status().json()
            if is_enough(seen):
                return seen
            await asyncio.sleep(0.02)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Make the pipe that lets go of a task that is held."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


async def let_go(pipe: Path, words: str) -> None:
    await asyncio.to_thread(pipe.write_text, words)


async def task_of(http: httpx.AsyncClient, name: str) -> dict[str, Any]:
    task: dict[str, Any] = (await http.get(f"/api/v1/tasks/{name}")).raise_for_status().json()
    return task


async def test_the_models_are_those_behind_which_something_stands(chatter: Talk) -> None:
    listed = await chatter(lambda client: client.models.list())
    names = [model.id for model in listed.data]
    assert names[0] == "shannon-chat"
    assert len(names) == 6
    shown = await chatter(lambda client: client.models.retrieve("shannon-deep-research"))
    assert (shown.object, shown.owned_by) == ("model", "gnomon")
    with pytest.raises(openai.NotFoundError) as refused:
        await chatter(lambda client: client.models.retrieve("gpt-4"))
    assert refused.value.code == "model_not_found"


async def test_where_nothing_stands_behind_a_mode_there_is_no_model(tmp_path: Path) -> None:
    give = [trade for trade in TASK_TRADES if trade.kind == "give"]
    async with (
        serving(tmp_path / "data", *give, is_alone=True, shannon=OPTIONS) as served,
        AsyncOpenAI(**given(served)) as client,
    ):
        assert [model.id for model in (await client.models.list()).data] == ["shannon-chat"]
        with pytest.raises(openai.NotFoundError):
            await client.chat.completions.create(**asking("Why?"))


async def test_a_chat_is_answered_with_its_sources(chatter: Talk, http: httpx.AsyncClient) -> None:
    raw = await chatter(lambda client: client.chat.completions.with_raw_response.create(**asking("pay now")))
    completion = raw.parse()
    (choice,) = completion.choices
    assert choice.message.content == f"On pay now{SOURCES}"
    assert (choice.message.role, choice.finish_reason, completion.model) == ("assistant", "stop", MODEL)
    used = completion.usage
    assert (used.prompt_tokens, used.completion_tokens, used.total_tokens) == (200, 40, 240)
    task = await task_of(http, raw.headers["x-workflow-id"])
    assert (task["query"], task["session_id"]) == ("pay now", raw.headers["x-session-id"])
    assert raw.headers["x-shannon-session-id"] == raw.headers["x-session-id"]
    assert completion.id.removeprefix("chatcmpl-") == task["task_id"].removeprefix("task_")


async def test_a_session_goes_on(ai: AsyncOpenAI, http: httpx.AsyncClient) -> None:
    named = {"X-Session-ID": "user-1"}
    first = await ai.chat.completions.with_raw_response.create(**asking("first"), extra_headers=named)
    assert first.headers["x-session-id"] == "user-1"
    second = await ai.chat.completions.create(**asking("second"), extra_headers=named)
    assert second.choices[0].message.content.startswith("On second after 'On first'")
    other = await ai.chat.completions.create(**asking("third"))
    assert other.choices[0].message.content == f"On third{SOURCES}"
    listed = (await http.get("/api/v1/tasks", params={"session_id": "user-1"})).json()
    assert [task["query"] for task in listed["tasks"]] == ["second", "first"]


async def test_what_was_said_before_goes_with_the_question(ai: AsyncOpenAI, served: Serving) -> None:
    messages = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Who?"},
        {"role": "assistant", "content": f"Ada.{SOURCES}"},
        {"role": "user", "content": "Why?"},
    ]
    options = {"shannon_options": {"context": {"town": "Velden"}, "research_strategy": "academic"}}
    raw = await ai.chat.completions.with_raw_response.create(
        model=MODEL, messages=messages, user="ada", extra_body=options
    )
    task_id = own(raw.headers["x-workflow-id"])
    workspace = served.founded.workspace.id
    brief = await served.house.store.get_input(workspace, task_id)
    assert brief["input"] == "Why?"
    assert brief["turns"] == [{"question": "Who?", "answer": "Ada."}]
    assert brief["guidance"] == "Be short.\n\ntown: Velden"
    assert (brief["effort"], brief["output"]) == (7, {"type": "text"})
    assert (await served.house.store.get_task(workspace, task_id)).metadata == {"user": "ada"}


async def test_a_kind_that_takes_no_briefs_is_given_the_question(ai: AsyncOpenAI) -> None:
    completion = await ai.chat.completions.create(**asking("Why?", model="shannon-chat"))
    assert json.loads(completion.choices[0].message.content or "") == {"given": {"query": "Why?"}}
    with pytest.raises(openai.BadRequestError) as refused:
        await ai.chat.completions.create(
            **asking("Why?", model="shannon-chat", response_format={"type": "json_object"})
        )
    assert refused.value.param == "response_format"


async def test_an_agent_is_given_its_input(ai: AsyncOpenAI) -> None:
    options = {"shannon_options": {"agent": "give", "agent_input": {"a": 1}}}
    completion = await ai.chat.completions.create(**asking("Why?"), extra_body=options)
    assert json.loads(completion.choices[0].message.content or "") == {"given": {"a": 1}}
    with pytest.raises(openai.BadRequestError) as refused:
        await ai.chat.completions.create(**asking("Why?"), extra_body={"shannon_options": {"agent": "gvie"}})
    assert refused.value.param == "shannon_options.agent"


class Asked(BaseModel):
    """What the trade answers with."""

    asked: str


async def test_an_answer_may_be_parsed(ai: AsyncOpenAI) -> None:
    parsed = await ai.chat.completions.parse(**asking("value this"), response_format=Asked)
    assert parsed.choices[0].message.parsed == Asked(asked="value this")


async def test_an_answer_that_is_to_be_json_is(ai: AsyncOpenAI) -> None:
    wanted = {"type": "json_object"}
    for question, content in (("value this", {"asked": "value this"}), ("words", {"answer": "On words"})):
        completion = await ai.chat.completions.create(**asking(question), response_format=wanted)
        assert json.loads(completion.choices[0].message.content or "") == content


async def test_the_same_in_pieces(chatter: Talk) -> None:
    wanted = asking("pay" + " now" * 60, stream_options={"include_usage": True})
    chunks = await listened(chatter, **wanted)
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    pieces = [piece for piece in pieces if piece]
    assert "".join(pieces) == f"On {wanted['messages'][0]['content']}{SOURCES}"
    assert {len(piece) for piece in pieces[:-1]} == {100}
    *_, last, usage = chunks
    assert last.choices[0].finish_reason == "stop"
    assert (usage.choices, usage.usage.total_tokens) == ([], 240)
    assert len({chunk.id for chunk in chunks}) == 1
    told = [event["type"] for chunk in chunks for event in getattr(chunk, "shannon_events", None) or ()]
    assert told[0] in {"DATA_PROCESSING", "WORKFLOW_STARTED"}
    assert "TOOL_INVOKED" in told


async def test_a_failure_is_raised(chatter: Talk, http: httpx.AsyncClient) -> None:
    with pytest.raises(openai.InternalServerError) as failed:
        await chatter(lambda client: client.chat.completions.create(**asking("fail now")))
    assert failed.value.body["message"] == "There was a stone in the way."
    assert failed.value.code == "task_failed"
    assert failed.value.response.headers["x-should-retry"] == "false"
    task = await task_of(http, failed.value.response.headers["x-workflow-id"])
    assert task["status"] == "TASK_STATUS_FAILED"


@pytest.mark.parametrize(("question", "key"), [("approve it", "deploy:1"), ("ask me", "which")])
async def test_a_question_is_told_at_once_and_not_asked_again(
    chatter: Talk, http: httpx.AsyncClient, question: str, key: str
) -> None:
    again = {"Idempotency-Key": question}

    def ask(client: Any) -> Any:
        patient = client.with_options(max_retries=3)
        return patient.chat.completions.create(**asking(question), extra_headers=again)

    with pytest.raises(openai.ConflictError) as told:
        await chatter(ask)
    name = told.value.response.headers["x-workflow-id"]
    assert (told.value.code, told.value.response.headers["x-should-retry"]) == ("approval_required", "false")
    assert all(word in told.value.message for word in (name, key, "/api/v1/approvals/decision"))
    assert (await http.get("/api/v1/tasks")).json()["total_count"] == 1
    asked = told.value.body["approval"]
    (waiting,) = (await http.get("/api/v1/approvals")).json()["approvals"]
    assert asked == waiting
    await decide(http, asked)
    completion = await chatter(ask)
    assert "'approved': True" in completion.choices[0].message.content
    assert (await http.get("/api/v1/tasks")).json()["total_count"] == 1


async def decide(http: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    decision = {"workflow_id": asked["workflow_id"], "approval_id": asked["approval_id"], "approved": True}
    (await http.post("/api/v1/approvals/decision", json=decision)).raise_for_status()


@pytest.mark.parametrize("form", ["chat", "prompt"])
async def test_a_stream_tells_a_question_and_goes_on(
    ai: AsyncOpenAI, http: httpx.AsyncClient, form: str
) -> None:
    chunks, thoughts = [], []
    if form == "chat":
        stream: Any = await ai.chat.completions.create(**asking("approve it"), stream=True)
    else:
        stream = await ai.completions.create(model=MODEL, prompt="approve it", stream=True)
    async for chunk in stream:
        chunks.append(chunk.choices[0].delta.content if form == "chat" else chunk.choices[0].text)
        thoughts.append(getattr(getattr(chunk.choices[0], "delta", None), "reasoning_content", None))
        for event in getattr(chunk, "shannon_events", None) or ():
            if event["type"] == "APPROVAL_REQUESTED":
                await decide(http, event["payload"])
    said = "".join(piece or "" for piece in chunks)
    assert said.startswith("decided: {'approved': True")
    assert "Shall I" not in said
    (thought,) = [each for each in thoughts if each] or [None]
    assert (thought is None) == (form == "prompt")
    assert thought is None or '"approval_id": "deploy:1"' in thought


async def test_a_failure_in_a_stream_is_raised(chatter: Talk) -> None:
    with pytest.raises(openai.APIError, match="There was a stone"):
        await listened(chatter, **asking("fail now"))


async def test_a_cancel_ends_the_chat(ai: AsyncOpenAI, http: httpx.AsyncClient) -> None:
    stream = await ai.chat.completions.create(**asking("muse"), stream=True)
    first = await anext(aiter(stream))
    name = f"task_{first.id.removeprefix('chatcmpl-')}"
    (await http.post(f"/api/v1/tasks/{name}/cancel", json={})).raise_for_status()
    with pytest.raises(openai.APIError, match="was cancelled"):
        [chunk async for chunk in stream]


async def test_the_vendors_client_is_told_of_a_failure_as_an_event(client: AsyncShannonClient) -> None:
    messages = [{"role": "user", "content": "fail now"}]
    told = [chunk async for chunk in client.stream_chat_completion(messages, model=MODEL)]
    event = told[-1].shannon_events[0]
    assert (event.type, event.message) == ("ERROR_OCCURRED", "There was a stone in the way.")


async def test_the_vendors_client(client: AsyncShannonClient) -> None:
    messages = [{"role": "user", "content": "pay now"}]
    completion = await client.create_chat_completion(messages, model=MODEL, temperature=0.2, max_tokens=5)
    assert completion.choices[0].message.content == f"On pay now{SOURCES}"
    assert completion.usage.total_tokens == 240
    chunks = [
        chunk async for chunk in client.stream_chat_completion(messages, model=MODEL, include_usage=True)
    ]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == f"On pay now{SOURCES}"
    assert chunks[-1].usage.total_tokens == 240
    whole = await client.create_completion({"model": MODEL, "prompt": "pay now"})
    assert whole["choices"][0]["text"] == f"On pay now{SOURCES}"
    pieces = [piece async for piece in client.stream_completion({"model": MODEL, "prompt": "pay now"})]
    texts = [piece["choices"][0].get("text", "") for piece in pieces]
    assert "".join(texts) == f"On pay now{SOURCES}"


async def test_a_prompt_is_completed(chatter: Talk) -> None:
    done = await chatter(lambda client: client.completions.create(model=MODEL, prompt="pay now"))
    assert (done.object, done.choices[0].text) == ("text_completion", f"On pay now{SOURCES}")
    assert done.usage.total_tokens == 240


async def test_who_tries_again_finds_the_same_task(
    served: Serving, http: httpx.AsyncClient, pipe: Path
) -> None:
    async with AsyncOpenAI(**given(served, timeout=0.5, max_retries=20)) as impatient:
        asked = asyncio.create_task(impatient.chat.completions.create(**asking(f"hold {pipe}")))
        found = (await until(http, lambda seen: bool(seen["tasks"])))["tasks"]
        await asyncio.sleep(1.2)  # two tries' patience
        await let_go(pipe, "at last")
        completion = await asked
    assert (completion.choices[0].message.content or "").startswith("at last")
    tasks = (await http.get("/api/v1/tasks")).json()
    assert (tasks["total_count"], tasks["tasks"][0]["task_id"]) == (1, found[0]["task_id"])


async def test_a_key_given_twice_finds_the_same_task(ai: AsyncOpenAI, http: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await ai.chat.completions.create(**asking("Why?"), extra_headers=headers)
    raw = await ai.chat.completions.with_raw_response.create(**asking("Why?"), extra_headers=headers)
    assert raw.parse().id == first.id
    assert raw.headers["x-idempotency-cached"] == "true"
    assert (await ai.chat.completions.create(**asking("Who?"), extra_headers=headers)).id != first.id
    elsewhere = {**headers, "X-Session-ID": "another"}
    assert (await ai.chat.completions.create(**asking("Why?"), extra_headers=elsewhere)).id != first.id


async def test_who_leaves_does_not_cancel(ai: AsyncOpenAI, http: httpx.AsyncClient, pipe: Path) -> None:
    stream = await ai.chat.completions.create(**asking(f"hold {pipe}"), stream=True)
    chunk = await anext(aiter(stream))
    await stream.close()
    await let_go(pipe, "for nobody")
    name = f"task_{chunk.id.removeprefix('chatcmpl-')}"
    path = f"/api/v1/tasks/{name}"
    task = await until(http, lambda seen: seen["status"] == "TASK_STATUS_COMPLETED", path)
    assert task["result"].startswith("for nobody")


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_an_answer_that_takes_too_long(tmp_path: Path, *, is_streamed: bool) -> None:
    hasty = replace(OPTIONS, longest_chat=0.3)
    async with (
        serving(tmp_path / "data", *TASK_TRADES, is_alone=True, shannon=hasty) as served,
        AsyncOpenAI(**given(served)) as client,
    ):
        with pytest.raises(openai.APIError, match="The task goes on"):
            async for _ in await client.chat.completions.create(**asking("muse"), stream=is_streamed):
                pass


async def test_silence_is_told_by_comments_that_clients_survive(tmp_path: Path, pipe: Path) -> None:
    quick = Pace(heartbeat=0.05)
    async with (
        serving(tmp_path / "data", *TASK_TRADES, is_alone=True, shannon=OPTIONS, pace=quick) as served,
        AsyncOpenAI(**given(served)) as client,
        httpx.AsyncClient(base_url=served.address, headers=client.auth_headers) as http,
    ):
        stream = await client.chat.completions.create(**asking(f"hold {pipe}"), stream=True)
        first = await anext(aiter(stream))
        async with http.stream(
            "POST", "/v1/chat/completions", json=asking("muse", stream=True), timeout=30
        ) as plain:
            async for line in plain.aiter_lines():
                if line == ": keepalive":
                    break
        await let_go(pipe, "at last")
        said = [chunk.choices[0].delta.content async for chunk in stream]
        assert (first.choices[0].delta.role, said[-2 - len(SOURCES) // 100]) != ("assistant", None)
        assert "".join(piece or "" for piece in said).startswith("at last")


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        (asking("Why?", n=3), 400, "unsupported_parameter", "n"),
        (asking("Why?", model="gpt-4"), 404, "model_not_found", "model"),
        (asking("Why?", shannon_options={"model_tier": "huge"}), 400, "enum", "shannon_options.model_tier"),
        ([], 400, "type", None),
    ],
)
async def test_refusals_are_openais(
    http: httpx.AsyncClient, body: Any, status: int, code: str, param: str | None
) -> None:
    answered = await http.post("/v1/chat/completions", json=body)
    assert answered.status_code == status
    error = answered.json()["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert (await http.get("/api/v1/tasks")).json()["total_count"] == 0


async def test_other_refusals_are_openais_too(served: Serving, http: httpx.AsyncClient) -> None:
    async with AsyncOpenAI(**given(served, api_key="wrong")) as stranger:
        with pytest.raises(openai.AuthenticationError) as unknown:
            await stranger.models.list()
        assert (unknown.value.type, unknown.value.code) == ("authentication_error", "invalid_api_key")
    assert (await http.get("/v1/chat/completions")).json()["error"]["code"] == "method_not_allowed"
    for route, asked in (("chat/completions", asking("Why?")), ("completions", {"prompt": "Why?"})):
        named = await http.post(f"/v1/{route}", json=asked, headers={"X-Session-ID": b"\xa0user-1"})
        assert (named.status_code, named.json()["error"]["param"]) == (400, "X-Session-ID")
    assert (await http.post("/v1/embeddings", json={})).json()["error"]["code"] == "not_found"
    broken = await http.post(
        "/v1/chat/completions", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert (broken.status_code, broken.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_no_task_is_made_for_a_wait_that_is_refused(tmp_path: Path) -> None:
    limits = Limits(streams=1, waits=0)
    async with (
        serving(tmp_path / "data", *TASK_TRADES, is_alone=True, shannon=OPTIONS, limits=limits) as served,
        AsyncOpenAI(**given(served)) as client,
    ):
        with pytest.raises(openai.RateLimitError) as refused:
            await client.chat.completions.create(**asking("Why?"))
        assert (refused.value.type, refused.value.code) == ("rate_limit_error", "rate_limit_exceeded")
        first = await client.chat.completions.create(**asking("muse"), stream=True)
        await anext(aiter(first))
        with pytest.raises(openai.RateLimitError):
            await client.chat.completions.create(**asking("Why?"), stream=True)
        headers = client.auth_headers
        async with httpx.AsyncClient(base_url=served.address, headers=headers) as http:
            assert (await http.get("/api/v1/tasks")).json()["total_count"] == 1
        await first.close()
