"""A server of models for tests: real sockets, scripted answers and failings, and a record of what was asked.

It speaks OpenAI's chat completions (`/v1/chat/completions`), OpenAI's responses (`/v1/responses`) and Anthropic's
messages (`/v1/messages`). Each request takes the next behaviour of the script; when the script is used up,
`otherwise` answers.

    with StubModel([Refuse(429, retry_after=1), Answer("Paris")]) as stub:
        settings = {"model": "stub", "model_url": stub.url}
"""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KEY = "idempotency-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def key(self) -> str | None:
        """The Idempotency-Key."""
        return self.headers.get(KEY)

    @property
    def turns(self) -> list[tuple[str, str]]:
        """Role and text of each message; a system prompt that stands apart comes first."""
        apart = self.body.get("system") or self.body.get("instructions")
        first = [("system", _text(apart))] if apart else []
        messages = self.body.get("messages") or self.body.get("input") or []
        return first + [(message["role"], _text(message["content"])) for message in messages]

    @property
    def system(self) -> str:
        """What stands in system messages."""
        return "\n".join(text for role, text in self.turns if role in ("system", "developer"))

    @property
    def prompt(self) -> str:
        """The last message of the user."""
        return [text for role, text in self.turns if role == "user"][-1]

    @property
    def schema(self) -> dict[str, Any] | None:
        """The schema that the answer shall be held to."""
        wanted = self.body.get("response_format") or self.body.get("text", {}).get("format")
        wanted = wanted or self.body.get("output_config", {}).get("format") or {}
        found = wanted.get("json_schema", wanted).get("schema")
        return found if isinstance(found, dict) else None

    @property
    def max_tokens(self) -> int | None:
        """How long the answer may be."""
        names = ("max_tokens", "max_completion_tokens", "max_output_tokens")
        return next((self.body[name] for name in names if name in self.body), None)

    @property
    def is_streamed(self) -> bool:
        """The answer shall come piece by piece."""
        return bool(self.body.get("stream"))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with a text, with JSON, or with what a function makes of the request.

    `pause` seconds pass between two pieces of a streamed answer, and before one that is not streamed.
    """

    content: Any
    finish: str = "stop"
    input_tokens: int = 10
    output_tokens: int = 5
    is_counted: bool = True
    pause: float = 0.0

    def text(self, asked: Asked) -> str:
        """The text of the answer."""
        said = self.content(asked) if callable(self.content) else self.content
        return said if isinstance(said, str) else json.dumps(said)


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error."""

    status: int
    retry_after: float | None = None
    message: str = "refused by the script"
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Begin to answer, and hang up in the middle."""

    text: str = "The answer begins"


@dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing until the client hangs up or the stub closes."""


@dataclass(frozen=True, slots=True)
class Garble:
    """Answer 200 with what is no JSON."""

    body: bytes = b"<html>gateway</html>"


Behaviour = Answer | Refuse | Cut | Hang | Garble
Script = Iterable[Behaviour] | Callable[[Asked], Behaviour]


@dataclass(slots=True)
class _State:
    script: list[Behaviour]
    otherwise: Behaviour | Callable[[Asked], Behaviour]
    api_key: str | None
    models: list[dict[str, Any]] | None
    requests: list[Asked] = field(default_factory=list)
    hung_up: int = 0
    open: int = 0
    most_open: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    is_closing: bool = False


class StubModel:
    """The server, on a port of its own and threads of its own."""

    def __init__(
        self,
        script: Iterable[Behaviour] = (),
        *,
        otherwise: Behaviour | Callable[[Asked], Behaviour] = Answer("ok"),
        api_key: str | None = None,
        models: Iterable[dict[str, Any]] | None = None,
    ) -> None:
        listed = None if models is None else list(models)
        self._state = _State(script=list(script), otherwise=otherwise, api_key=api_key, models=listed)
        self._server = _Server(("127.0.0.1", 0), self._state)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        with self._state.changed:
            self._state.is_closing = True
            self._state.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def root(self) -> str:
        """The address without `/v1`: what ANTHROPIC_BASE_URL takes."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address for `model_url` and OPENAI_BASE_URL."""
        return f"{self.root}/v1"

    @property
    def requests(self) -> list[Asked]:
        """What was asked so far, in order."""
        with self._state.changed:
            return list(self._state.requests)

    @property
    def keys(self) -> list[str | None]:
        """The Idempotency-Key of each request, in order."""
        return [asked.key for asked in self.requests]

    @property
    def most_open(self) -> int:
        """How many requests were being answered at the same time, at most."""
        return self._state.most_open

    @property
    def hang_ups(self) -> int:
        """How many clients have hung up on an answer that was still to come."""
        return self._state.hung_up

    def add(self, *behaviours: Behaviour) -> None:
        """Lengthen the script."""
        with self._state.changed:
            self._state.script.extend(behaviours)

    def wait_for_requests(self, count: int, timeout: float = 10) -> None:
        """Wait until so many requests have come."""
        self._wait(lambda: len(self._state.requests) >= count, f"{count} requests", timeout)

    def wait_for_hang_up(self, count: int = 1, timeout: float = 10) -> None:
        """Wait until so many clients have hung up on an answer that was still to come."""
        self._wait(lambda: self._state.hung_up >= count, f"{count} clients to hang up", timeout)

    def _wait(self, is_so: Callable[[], bool], what: str, timeout: float) -> None:
        with self._state.changed:
            if not self._state.changed.wait_for(is_so, timeout):
                raise AssertionError(
                    f"waited {timeout} s for {what}; there were {len(self._state.requests)} requests"
                )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], state: _State) -> None:
        self.state = state
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        pass

    def do_GET(self) -> None:
        """List the models, where there is a list; this is no request of the script."""
        models = self.server.state.models
        found = 404 if models is None else 200
        self._send(found, json.dumps({"object": "list", "data": models}).encode())

    def do_POST(self) -> None:
        state = self.server.state
        asked, behaviour = self._read(state)
        try:
            self._behave(behaviour, asked)
        except (BrokenPipeError, ConnectionResetError):
            self._note_hang_up()
        finally:
            with state.changed:
                state.open -= 1
                state.changed.notify_all()
            self.close_connection = True

    def _read(self, state: _State) -> tuple[Asked, Behaviour]:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        asked = Asked(path=self.path, headers={k.lower(): v for k, v in self.headers.items()}, body=body)
        with state.changed:
            state.requests.append(asked)
            state.open += 1
            state.most_open = max(state.most_open, state.open)
            behaviour = state.script.pop(0) if state.script else state.otherwise
            state.changed.notify_all()
        if state.api_key is not None and state.api_key not in _offered(asked):
            return asked, Refuse(401, message="wrong key")
        return asked, behaviour(asked) if callable(behaviour) else behaviour

    def _behave(self, behaviour: Behaviour, asked: Asked) -> None:
        match behaviour:
            case Answer():
                self._answer(behaviour, asked)
            case Refuse():
                self._refuse(behaviour)
            case Cut():
                self._cut(behaviour, asked)
            case Hang():
                self._hang()
            case Garble():
                self._send(200, behaviour.body)

    def _answer(self, answer: Answer, asked: Asked) -> None:
        dialect = _dialect(asked)
        text = answer.text(asked)
        if not asked.is_streamed:
            self._pass(answer.pause)
            self._send(200, json.dumps(dialect.whole(asked, answer, text)).encode())
            return
        self._begin_stream()
        for frame in dialect.frames(asked, answer, text):
            self._pass(answer.pause)
            self._chunk(frame)
        self._end_stream()

    def _refuse(self, refuse: Refuse) -> None:
        error = {"message": refuse.message, "type": refuse.code or "script", "code": refuse.code}
        headers = {} if refuse.retry_after is None else {"retry-after": f"{refuse.retry_after:g}"}
        self._send(refuse.status, json.dumps({"type": "error", "error": error}).encode(), headers)

    def _cut(self, cut: Cut, asked: Asked) -> None:
        if asked.is_streamed:
            self._begin_stream()
            frames = list(_dialect(asked).frames(asked, Answer(cut.text), cut.text))
            for frame in frames[: max(1, len(frames) // 2)]:
                self._chunk(frame)
            self.wfile.flush()
            return
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "5000")
        self.end_headers()
        self.wfile.write(b'{"id": "cut"')

    def _hang(self) -> None:
        """Wait for the end of the client's side, looking every now and then whether the stub is closing."""
        self.connection.settimeout(0.05)
        while not self.server.state.is_closing:
            try:
                if not self.connection.recv(1):
                    self._note_hang_up()
                    return
            except TimeoutError:
                continue
            except ConnectionResetError:
                self._note_hang_up()
                return

    def _note_hang_up(self) -> None:
        with self.server.state.changed:
            self.server.state.hung_up += 1
            self.server.state.changed.notify_all()

    def _pass(self, seconds: float) -> None:
        if seconds:
            with self.server.state.changed:
                self.server.state.changed.wait_for(lambda: self.server.state.is_closing, seconds)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _chunk(self, frame: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(frame), frame))
        self.wfile.flush()

    def _end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")


def _offered(asked: Asked) -> str:
    return asked.headers.get("authorization", "") + asked.headers.get("x-api-key", "")


def _pieces(text: str) -> list[str]:
    words = text.split(" ")
    return [word if at == 0 else f" {word}" for at, word in enumerate(words)]


def _frame(value: Any, event: str | None = None) -> bytes:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(value)}\n\n".encode()


class _Chat:
    """OpenAI's chat completions."""

    @staticmethod
    def whole(asked: Asked, answer: Answer, text: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": text}
        made = {
            "id": "chatcmpl-stub",
            "object": "chat.completion",
            "created": 1,
            "model": asked.body["model"],
            "choices": [{"index": 0, "finish_reason": answer.finish, "message": message}],
        }
        return {**made, "usage": _Chat.usage(answer)} if answer.is_counted else made

    @staticmethod
    def usage(answer: Answer) -> dict[str, int]:
        taken, given = answer.input_tokens, answer.output_tokens
        return {"prompt_tokens": taken, "completion_tokens": given, "total_tokens": taken + given}

    @staticmethod
    def frames(asked: Asked, answer: Answer, text: str) -> Iterable[bytes]:
        shared = {
            "id": "chatcmpl-stub",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": asked.body["model"],
        }
        for piece in _pieces(text):
            delta = {"role": "assistant", "content": piece}
            yield _frame({**shared, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        yield _frame({**shared, "choices": [{"index": 0, "delta": {}, "finish_reason": answer.finish}]})
        if answer.is_counted:
            yield _frame({**shared, "choices": [], "usage": _Chat.usage(answer)})
        yield b"data: [DONE]\n\n"


class _Responses:
    """OpenAI's responses; whole ones alone."""

    @staticmethod
    def whole(asked: Asked, answer: Answer, text: str) -> dict[str, Any]:
        is_cut = answer.finish == "length"
        part = {"type": "output_text", "text": text, "annotations": []}
        message = {
            "type": "message",
            "id": "msg_stub",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }
        taken, given = answer.input_tokens, answer.output_tokens
        usage = {
            "input_tokens": taken,
            "output_tokens": given,
            "total_tokens": taken + given,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }
        return {
            "id": "resp_stub",
            "object": "response",
            "created_at": 1,
            "model": asked.body["model"],
            "status": "incomplete" if is_cut else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
            "error": None,
            "output": [message],
            "parallel_tool_calls": False,
            "tool_choice": "auto",
            "tools": [],
            "usage": usage if answer.is_counted else None,
        }

    @staticmethod
    def frames(asked: Asked, answer: Answer, text: str) -> Iterable[bytes]:
        raise NotImplementedError("the stub streams chat completions and messages")


class _Messages:
    """Anthropic's messages."""

    @staticmethod
    def whole(asked: Asked, answer: Answer, text: str) -> dict[str, Any]:
        return {
            **_Messages.head(asked, answer),
            "content": [{"type": "text", "text": text}],
            "stop_reason": _Messages.stop(answer),
        }

    @staticmethod
    def head(asked: Asked, answer: Answer) -> dict[str, Any]:
        return {
            "id": "msg_stub",
            "type": "message",
            "role": "assistant",
            "model": asked.body["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens},
        }

    @staticmethod
    def stop(answer: Answer) -> str:
        return "max_tokens" if answer.finish == "length" else "end_turn"

    @staticmethod
    def frames(asked: Asked, answer: Answer, text: str) -> Iterable[bytes]:
        def event(kind: str, **fields: Any) -> bytes:
            return _frame({"type": kind, **fields}, event=kind)

        yield event("message_start", message=_Messages.head(asked, answer))
        yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        for piece in _pieces(text):
            yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        yield event("content_block_stop", index=0)
        delta = {"stop_reason": _Messages.stop(answer), "stop_sequence": None}
        yield event("message_delta", delta=delta, usage={"output_tokens": answer.output_tokens})
        yield event("message_stop")


def _dialect(asked: Asked) -> type[_Chat] | type[_Responses] | type[_Messages]:
    table: dict[str, type[_Chat] | type[_Responses] | type[_Messages]] = {
        "/chat/completions": _Chat,
        "/responses": _Responses,
        "/messages": _Messages,
    }
    path = asked.path.partition("?")[0]
    return next(dialect for end, dialect in table.items() if path.endswith(end))
