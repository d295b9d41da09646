"""A provider of weather on this machine: answers every request alike, and keeps what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Stub:
    """What is answered, and what was asked."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    address: str = ""
    is_silent: bool = False
    """Whether it hangs up without a word."""


@contextmanager
def providing(stub: Stub) -> Iterator[Stub]:
    """Serve the stub on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            parts = urlsplit(self.path)
            stub.asked.append((parts.path, {key: values[0] for key, values in parse_qs(parts.query).items()}))
            if stub.is_silent:
                self.close_connection = True
                return
            self.send_response(stub.status)
            for name, value in {"Content-Length": str(len(stub.body)), **stub.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(stub.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
