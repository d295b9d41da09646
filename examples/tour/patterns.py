"""Four ways to get a result over the native API; the page on delivery patterns quotes these functions."""

import hashlib
import time
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler
from queue import Queue
from typing import Any

import httpx
from standardwebhooks import Webhook

Json = dict[str, Any]
HALTED = ("waiting", "paused")
"""Nothing more happens until somebody answers the question, or resumes the task."""


def submit(api: httpx.Client, task_input: Json, **headers: str) -> Json:
    """Submit a task; once this is answered, it is never lost."""
    answer = api.post("/tasks", json={"kind": "primes", "input": task_input}, headers=headers)
    return answer.raise_for_status().json()


def blocking(api: httpx.Client, task_input: Json) -> Json:
    """Let the submission's own answer wait, and ask again until the task has ended or waits for somebody."""
    task = submit(api, task_input, Prefer="wait=20")
    while task["is_active"] and task["status"] not in HALTED:
        answer = api.get(f"/tasks/{task['id']}", params={"after_version": task["version"], "wait": 20})
        task = answer.raise_for_status().json()
    return task


def result_of(api: httpx.Client, task_id: str) -> Any:
    """Wait for the result alone; a task that ended without one raises, as does one that waits for somebody."""
    while (answer := api.get(f"/tasks/{task_id}/result", params={"wait": 20})).status_code == 202:
        if (status := answer.json()["status"]) in HALTED:
            raise RuntimeError(
                f"Task {task_id} is {status}: answer its question or resume it, then ask again."
            )
    return answer.raise_for_status().json()["result"]


def polling(api: httpx.Client, task_id: str) -> Iterator[Json]:
    """Yield the task whenever it has changed, until it has ended; unchanged, it is not sent again."""
    etag, pause = "", 1.0
    while True:
        answer = api.get(f"/tasks/{task_id}", headers={"If-None-Match": etag})
        pause = float(answer.headers.get("Retry-After", pause))
        if answer.status_code != 304:
            task, etag = answer.raise_for_status().json(), answer.headers["ETag"]
            yield task
            if not task["is_active"]:
                return
        time.sleep(pause)


def follow(api: httpx.Client, task_id: str, after: int = 0) -> Iterator[Json]:
    """Yield the frames after a number until `stream.end`, each once and in order, however often the line is cut."""
    while True:
        try:
            with api.stream(
                "GET", f"/tasks/{task_id}/stream", headers={"Last-Event-ID": str(after)}
            ) as answer:
                if answer.status_code == 204:  # you had all of it already
                    return
                if answer.status_code != 503:
                    answer.raise_for_status()
                    for frame in frames(answer.iter_lines()):
                        yield frame
                        if frame["event"] == "stream.end":
                            return
                        after = int(frame["id"])
        except httpx.TransportError:
            pass
        time.sleep(1)


def frames(lines: Iterable[str]) -> Iterator[Json]:
    """Yield the frames of an event stream: fields up to an empty line, comments left out."""
    frame: Json = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(":")
            frame[name] = value.removeprefix(" ")
        elif not line and "data" in frame:
            yield frame
            frame = {}


def digest(data: Iterable[str]) -> str:
    """Return what `stream.end` says of a log: the hash of each event's data, followed by a newline."""
    return "sha256:" + hashlib.sha256("".join(f"{line}\n" for line in data).encode()).hexdigest()


class Receiver(BaseHTTPRequestHandler):
    """Take webhooks: verify, answer at once, and leave the work to somebody else."""

    secret = ""
    inbox: "Queue[Json]" = Queue()

    def do_POST(self) -> None:
        """Verify the signature over the bytes as they came; `webhook-id` tells repeats apart."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = Webhook(self.secret).verify(body, dict(self.headers))
        self.inbox.put({"id": self.headers["webhook-id"], **message})
        self.send_response(204)
        self.end_headers()


def with_webhook(api: httpx.Client, task_input: Json, url: str) -> Json:
    """Submit a task whose end is posted to an address; its secret is shown this once."""
    order = {"kind": "primes", "input": task_input, "webhooks": [{"url": url}]}
    return api.post("/tasks", json=order).raise_for_status().json()
