"""A relay to a real OpenAI-compatible server that keeps what the server itself has counted."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

_PATIENCE = 600.0
_LEFT_OUT = ("host", "content-length", "accept-encoding", "connection")


@dataclass(slots=True)
class Relay:
    """Hands each request on as it came, and each answer back as it came."""

    target: str
    """The address of the server, without its `/v1`."""
    counted: list[dict[str, int]] = field(default_factory=list)
    """The `usage` of each answer that had one."""
    _server: ThreadingHTTPServer = field(init=False)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return the address for `--model-url`."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def total(self, name: str) -> int:
        """Add up one of the counts."""
        return sum(each[name] for each in self.counted)

    def hand_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        """Ask the server, and keep what it counted."""
        given = {name: value for name, value in headers.items() if name.lower() not in _LEFT_OUT}
        with httpx.Client(trust_env=False, timeout=_PATIENCE) as client:
            answer = client.request(method, self.target + path, headers=given, content=body)
        if answer.is_success and method == "POST":
            self.counted.append(json.loads(answer.content)["usage"])
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._hand_on(b"")

            def do_POST(self) -> None:
                self._hand_on(self.rfile.read(int(self.headers["content-length"])))

            def _hand_on(self, body: bytes) -> None:
                answer = relay.hand_on(self.command, self.path, dict(self.headers), body)
                self.send_response(answer.status_code)
                self.send_header("content-type", answer.headers["content-type"])
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
