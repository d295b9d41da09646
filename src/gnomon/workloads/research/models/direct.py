"""Providers and OpenAI-compatible servers, over pydantic-ai's direct layer; imported when a model is first asked."""

import hashlib
import re
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping

import httpx2
from pydantic_ai import exceptions as errors
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from gnomon.core.workload import Failure
from gnomon.workloads.research.models.wire import Call, Said, Trouble
from gnomon.workloads.research.record import Usage

LONGEST = 3600.0
"""Seconds of silence; what bounds a try is above this."""
THOUGHT = 4096
"""Tokens that a model which thinks before it writes may have beyond those of its reply: providers count both."""
_THINKS = ("thinking_always_enabled", "thinking_enabled_by_default", "openai_reasoning_enabled_by_default")
_SHORT = 6000
_MOST_BYTES = 8
"""Bytes of a prompt for each of its tokens, and more than any text of some length has."""
_PLAIN = re.compile(r"[!-~]{1,200}")
Pricing = Callable[[ModelResponse], float | None]


class Direct:
    """A model of pydantic-ai, asked without its agent."""

    def __init__(
        self,
        model: Model,
        pricing: Pricing,
        *,
        client: httpx2.AsyncClient | None = None,
        temperature: float | None = None,
        find_window: Callable[[], Awaitable[int | None]] | None = None,
    ) -> None:
        self._model = model
        self._pricing = pricing
        self._client = client
        self._temperature = temperature
        self._find_window = find_window
        self._window: int | None = model.profile.get("context_window")

    async def open(self) -> None:
        """Make ready to connect; ask for the window where the server alone knows it."""
        await self._model.__aenter__()
        if self._find_window is not None:
            self._window = await self._find_window() or self._window

    @property
    def takes_schema(self) -> bool:
        """Say whether the server can hold an answer to a schema."""
        return bool(self._model.profile.get("supports_json_schema_output", False))

    @property
    def takes_loose(self) -> bool:
        """Say whether it also takes a schema that is not strict: other words than OpenAI's would close it."""
        return isinstance(self._model, OpenAIChatModel | OpenAIResponsesModel)

    @property
    def is_priced(self) -> bool:
        """Say whether its price is known, by what a short call would cost."""
        usage = RequestUsage(input_tokens=1, output_tokens=1)
        return self._pricing(ModelResponse(parts=[], usage=usage)) is not None

    @property
    def window(self) -> int | None:
        """Return the tokens of the model's window, where they are known."""
        return self._window

    @property
    def _thought(self) -> int:
        profile = self._model.profile
        return THOUGHT if any(profile.get(word) for word in _THINKS) else 0

    async def ask(self, call: Call) -> Said:
        """Ask once."""
        try:
            response = await self._request_plainly(call)
        except Failure:
            raise  # of who is shown the text while it is written
        # What a broken answer, or a schema, makes of the packages between here and the server.
        except Exception as error:
            raise trouble_of(error, self._model.base_url or "") from error
        return self._said(response, call)

    async def _request_plainly(self, call: Call) -> ModelResponse:
        """Ask, and leave the temperature to a server that wants to choose it."""
        asking = self._listen if call.on_text else self._request
        try:
            return await asking(call)
        except errors.ModelRequestRejectedError as error:
            if self._temperature is None or "temperature" not in str(error):
                raise
            self._temperature = None
            return await asking(call)

    async def _request(self, call: Call) -> ModelResponse:
        return await model_request(
            self._model,
            _messages(call),
            model_settings=self._settings(call),
            model_request_parameters=_wish(call),
        )

    async def _listen(self, call: Call) -> ModelResponse:
        async with model_request_stream(
            self._model,
            _messages(call),
            model_settings=self._settings(call),
            model_request_parameters=_wish(call),
        ) as stream:
            shown = ""
            async for _ in stream:
                if call.on_text is not None and (text := _text(stream.get())) != shown:
                    call.on_text(shown := text)
            return stream.get()

    def _said(self, response: ModelResponse, call: Call) -> Said:
        if response.finish_reason == "content_filter":
            raise Trouble("model_declined", "The model's provider declined to answer this prompt.")
        counted = response.usage
        is_counted = bool(counted.input_tokens or counted.output_tokens)
        return Said(
            text=_text(response),
            model=response.model_name or self._model.model_name,
            usage=Usage(
                calls=1,
                input_tokens=counted.input_tokens,
                output_tokens=counted.output_tokens,
                cost_usd=self._pricing(response) if is_counted else None,
            ),
            is_truncated=response.finish_reason == "length",
            is_counted=is_counted,
            is_prompt_cut=is_counted and _is_cut(call, counted.input_tokens),
        )

    async def close(self) -> None:
        """Hang up."""
        await self._model.__aexit__(None, None, None)
        if self._client is not None:
            await self._client.aclose()

    def _settings(self, call: Call) -> ModelSettings:
        made = ModelSettings(
            max_tokens=call.max_tokens + self._thought,
            max_retries=0,
            timeout=LONGEST,
            extra_headers={"Idempotency-Key": _header(call.key)},
        )
        if self._temperature is not None:
            made["temperature"] = self._temperature
        return made


def _text(response: ModelResponse) -> str:
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def _is_cut(call: Call, tokens: int) -> bool:
    """Say whether so few tokens cannot be the whole prompt."""
    size = sum(len(text.encode(errors="replace")) for _, text in call.turns)
    return size > _SHORT and tokens * _MOST_BYTES < size


def _header(key: str) -> str:
    """Return a key as it may stand in a header."""
    return key if _PLAIN.fullmatch(key) else hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _messages(call: Call) -> list[ModelMessage]:
    made: list[ModelMessage] = []
    for role, given in call.turns:
        text = given.encode(errors="replace").decode()
        if role == "model":
            made.append(ModelResponse(parts=[TextPart(content=text)]))
        elif text:
            part = SystemPromptPart(content=text) if role == "system" else UserPromptPart(content=text)
            made.append(ModelRequest(parts=[part]))
    return made


def _wish(call: Call) -> ModelRequestParameters:
    if call.schema is None:
        return ModelRequestParameters()
    wanted = OutputObjectDefinition(json_schema=dict(call.schema), name="answer", strict=call.is_strict)
    return ModelRequestParameters(output_mode="native", output_object=wanted)


def trouble_of(error: Exception, address: str = "") -> Trouble:
    """Say what a failed request means for who asked."""
    if isinstance(error, errors.ModelConnectionError):
        return _unreached(error, address.rstrip("/") or "The address of the model")
    if isinstance(error, errors.ModelRequestRejectedError) and _TOO_LONG.search(str(error)):
        return Trouble("prompt_too_long", _told(error))
    if isinstance(error, errors.ModelServerError) and _NO_SCHEMA.search(str(error)):
        return Trouble("model_refused", _told(error), refuses_schema=True)
    for kind, code, traits in _TROUBLES:
        if isinstance(error, kind):
            retry_after = getattr(error, "retry_after", None)
            return Trouble(code, _told(error), retry_after=retry_after, **traits)
    return Trouble("model_garbled", f"{type(error).__name__}: {_told(error)}", refuses_schema=True)


def _unreached(error: BaseException, address: str) -> Trouble:
    """Say why there was no connection, as the innermost cause has it; others only say that there was none."""
    causes = list(_causes(error))
    is_absent = any(isinstance(cause, ConnectionRefusedError) for cause in causes)
    if is_absent:
        told = f"{address} refused the connection: is the server of the model running?"
    elif any(isinstance(cause, socket.gaierror) for cause in causes):
        told = f"{address}: there is no host of that name; look at the address of the model."
    else:
        told = f"{address} could not be reached: {_told(causes[-1])}"
    return Trouble("model_unreachable", told, is_absent=is_absent, **_FAULT)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__


_PASSING: Mapping[str, bool] = {"is_passing": True}
_FAULT: Mapping[str, bool] = {"is_passing": True, "is_fault": True}
_OF_SCHEMA: Mapping[str, bool] = {"refuses_schema": True}
_FINAL: Mapping[str, bool] = {}
_TROUBLES: tuple[tuple[type[Exception], str, Mapping[str, bool]], ...] = (
    (errors.ModelRateLimitError, "model_busy", _PASSING),
    (errors.ModelQuotaExceededError, "model_quota", _FINAL),
    (errors.ModelAuthenticationError, "model_key_refused", _FINAL),
    (errors.ModelNotFoundError, "model_unknown", _FINAL),
    (errors.ModelContextWindowExceededError, "prompt_too_long", _FINAL),
    (errors.ModelRequestRejectedError, "model_refused", _OF_SCHEMA),
    (errors.ModelUnavailableError, "model_unavailable", _FAULT),
    (errors.ModelServerError, "model_unavailable", _FAULT),
    (errors.ContentFilterError, "model_declined", _FINAL),
    (errors.ModelAPIError, "model_unavailable", _FAULT),
    (errors.UnexpectedModelBehavior, "model_garbled", _FAULT),
    (errors.UserError, "model_refused", _OF_SCHEMA),
)
"""The first that fits."""
_TOO_LONG = re.compile(
    r"exceed_context_size|context_length_exceeded|maximum context length|context (size|window)"
)
"""How servers that have no status for it say that a prompt is too long."""
_NO_SCHEMA = re.compile(r"grammar|json.?schema|response_format", re.IGNORECASE)
"""How servers say that they fail at holding an answer to a schema."""
_LONGEST = 500


def _told(error: BaseException) -> str:
    return str(error)[:_LONGEST]
