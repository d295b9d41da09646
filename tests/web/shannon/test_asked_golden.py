"""What submissions, messages and chats are answered with, and chats' refusals: kept as golden files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fixed_records import NOW
from fixed_tasks import SPENT, completed, task
from golden import check
from openai.types import Completion, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.shared import ErrorObject
from shannon import ShannonClient
from shannon.models import SwarmMessageResult

from gnomon.core.errors import (
    Complaint,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    QuotaExceeded,
    Unauthenticated,
    Unavailable,
)
from gnomon.core.task import Status, TaskError
from gnomon.core.workload import Workload
from gnomon.web.dialects.shannon.models import UnknownModel, list_models
from gnomon.web.dialects.shannon.modes import Modes
from gnomon.web.dialects.shannon.render import chat
from gnomon.web.dialects.shannon.render.control import sent
from gnomon.web.dialects.shannon.render.errors import status_of
from gnomon.web.dialects.shannon.render.event import closing_of
from gnomon.web.dialects.shannon.render.openai_error import ended, openai_error_of
from gnomon.web.dialects.shannon.render.task import submitted, submitted_to_stream

GOLDEN = Path(__file__).parent / "golden"
DONE = completed({"type": "text", "content": "Founded in 1843."}, usage=SPENT)
TEXT = "Founded in 1843. " * 8


def _never(*_: Any) -> None:
    raise AssertionError


OFFERED = list_models(Modes((), {"research": Workload(kind="research", run=_never, takes_brief=True)}))


def _writer(form: chat.Form, *, wants_usage: bool = False) -> chat.Writer:
    return chat.Writer(
        form=form, model="shannon-chat", task_id=DONE.id, created_at=NOW, wants_usage=wants_usage
    )


CHAT, PROMPT = _writer("chat", wants_usage=True), _writer("prompt")
PLAIN = {
    "submit": submitted(task(Status.QUEUED, has_begun=False)),
    "submit-stream": submitted_to_stream(
        DONE, "/api/v1/stream/sse?workflow_id=task_01jz8k5w3v9m2q4x7c6t1r0f8e"
    ),
    "swarm-message": sent(),
}
COMPLETIONS = {
    "chat-completion": CHAT.whole(DONE, TEXT),
    "chat-completion-unused": CHAT.whole(replace(DONE, usage=None), ""),
}
TEXTS = {"text-completion": PROMPT.whole(DONE, TEXT), "text-chunk": next(PROMPT.pieces(TEXT))}
CLOSING = list(CHAT.closing(DONE))
CHUNKS = {
    "chat-chunk-role": next(CHAT.opening()),
    "chat-chunk-piece": list(CHAT.pieces(TEXT))[1],
    "chat-chunk-news": CHAT.news([{"type": "PROGRESS", "message": "reading"}]),
    "chat-chunk-stop": CLOSING[0],
    "chat-chunk-usage": CLOSING[1],
}
MODELS = {"models-list": chat.models(OFFERED), "models-one": chat.model(OFFERED[0])}


def refused(error: Exception) -> Any:
    status = int(status_of(error))
    return {"status": status, "body": openai_error_of(error, status, "req_0123456789abcdef")}


def over(status: Status, error: TaskError | None = None) -> Any:
    code, body = ended(task(status, error=error))
    return {"status": int(code), "body": body}


REFUSALS = {
    "openai-error-invalid": refused(
        Invalid([Complaint(("messages", 0, "content"), "It is empty.", "empty")])
    ),
    "openai-error-model": refused(UnknownModel("There is no model 'gpt'.")),
    "openai-error-key": refused(Unauthenticated("Send a key of this server.")),
    "openai-error-scope": refused(Forbidden("This key lacks the scope 'read'.")),
    "openai-error-not-found": refused(NotFound("Task not found")),
    "openai-error-conflict": refused(Conflict("The same request is being answered.")),
    "openai-error-requests": refused(QuotaExceeded("600 requests.", quota="requests", retry_after=7)),
    "openai-error-unavailable": refused(Unavailable()),
    "openai-error-unforeseen": refused(RuntimeError("secret")),
    "openai-error-failed": over(Status.FAILED, TaskError(code="boom", message="The source is down.")),
    "openai-error-cancelled": over(Status.CANCELLED),
    "openai-error-timed-out": over(Status.TIMED_OUT),
}
ALL: dict[str, Any] = {**PLAIN, **COMPLETIONS, **TEXTS, **CHUNKS, **MODELS, **REFUSALS}


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_answer_is_the_golden_one(request: pytest.FixtureRequest, name: str) -> None:
    check(GOLDEN / f"{name}.json", ALL[name], request)


@pytest.mark.parametrize(
    ("type_", "shown"),
    [
        *((ChatCompletion, each) for each in COMPLETIONS.values()),
        (Completion, TEXTS["text-completion"]),
        *((ChatCompletionChunk, each) for each in CHUNKS.values()),
        *((Model, each) for each in MODELS["models-list"]["data"]),
        *((ErrorObject, each["body"]["error"]) for each in REFUSALS.values()),
    ],
)
def test_openais_types_read_them(type_: Any, shown: Any) -> None:
    read = type_.model_validate(shown).model_dump(mode="json", exclude_unset=True)
    assert read == shown


def test_openais_type_reads_a_piece_of_a_text() -> None:
    # Its pieces have no reason for an end yet, which the type of whole answers demands and its client does not.
    read = Completion.construct(**TEXTS["text-chunk"])
    assert (read.choices[0].text, read.choices[0].finish_reason) == (TEXT[:100], None)


def test_the_vendors_client_reads_them() -> None:
    client = ShannonClient(base_url="http://localhost", api_key="k")._async_client
    whole = client._parse_openai_chat_completion(COMPLETIONS["chat-completion"])
    assert (whole.choices[0].message.content, whole.usage.total_tokens) == (TEXT, 300)
    chunk = client._parse_openai_chat_completion_chunk(CHUNKS["chat-chunk-news"])
    assert [event.message for event in chunk.shannon_events] == ["reading"]
    model = client._parse_openai_model(MODELS["models-one"])
    assert (model.id, model.owned_by) == ("shannon-chat", "gnomon")
    assert SwarmMessageResult(**PLAIN["swarm-message"]).success


def test_an_error_of_ours_tells_no_secret() -> None:
    assert "secret" not in str(REFUSALS["openai-error-unforeseen"])


def test_what_is_told_at_the_end_without_a_model_names_none() -> None:
    bare = closing_of(completed("Founded in 1843.")).metadata
    assert bare == {"tokens_used": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
    assert closing_of(DONE).metadata["model_used"]
