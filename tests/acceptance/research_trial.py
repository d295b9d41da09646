"""What the tests of research on a real server share: documents, a model that reads by a script, and waiting."""

import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from .server import Server

sys.path.insert(0, str(Path(__file__).parents[1] / "workloads" / "research"))

FIELDS = ("mayor", "river", "bridge", "founder", "harbour", "theatre", "market", "tower")
"""Eight fields, each said by a document of its own."""
TERMINAL = {"completed", "failed", "cancelled", "timed_out", "expired"}


def said(field: str) -> str:
    """Write the sentence that says a field."""
    return f"The {field} of Velden is called {field.title()}son."


def write_documents(folder: Path) -> Path:
    """Write a document for each field."""
    folder.mkdir(parents=True, exist_ok=True)
    for field in FIELDS:
        text = f"# The {field} of Velden\n\n{said(field)} Nobody in Velden has ever doubted it.\n"
        (folder / f"{field}.md").write_text(text)
    return folder


def brief(effort: int = 6, **more: Any) -> dict[str, Any]:
    """Ask for all fields."""
    properties = {
        field: {"type": ["string", "null"], "description": f"Name of the {field}."} for field in FIELDS
    }
    schema = {"type": "object", "properties": properties, "required": list(FIELDS)}
    return {"input": "Velden", "effort": effort, "output": {"type": "json", "schema": schema}, **more}


def values() -> Mapping[str, tuple[str, str]]:
    """Give what a model that reads well says of each field, and the words."""
    return {field: (f"{field.title()}son", said(field)) for field in FIELDS}


def submit(client: httpx.Client, task_input: Any) -> str:
    """Submit a piece of research."""
    answer = client.post("/tasks", json={"kind": "research", "input": task_input})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def wait_until(is_so: Callable[[], Any], seconds: float = 30, what: str = "it") -> Any:
    """Wait until something is so, and return it."""
    limit = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < limit, f"waited {seconds} s for {what}"
        time.sleep(0.02)
    return found


def wait_for_end(client: httpx.Client, task: str, seconds: float = 60) -> dict[str, Any]:
    """Wait until a task has ended, and return its record."""

    def ended() -> dict[str, Any] | None:
        record: dict[str, Any] = client.get(f"/tasks/{task}").raise_for_status().json()
        return record if record["status"] in TERMINAL else None

    found: dict[str, Any] = wait_until(ended, seconds, "the end of the task")
    return found


def notes(client: httpx.Client, task: str, kind: str) -> list[str]:
    """List the messages of a kind that a task has written so far."""
    events = client.get(f"/tasks/{task}/events?limit=1000").raise_for_status().json()["events"]
    bodies = [event["body"] for event in events if event["type"] == "task.message"]
    return [body["text"] for body in bodies if body.get("kind") == kind]


def serving(data: Path, documents: Path, *options: str) -> Server:
    """Make a server that has these documents."""
    return Server(data, "--documents", str(documents), "--no-own-documents", *options)


def wait_for_documents(server: Server, count: int = len(FIELDS)) -> None:
    """Wait until the library has read so many documents."""
    log = server.data / "stderr.log"

    def are_read() -> bool:
        return sum(map(int, re.findall(r"library\.read read=(\d+)", log.read_text()))) >= count

    wait_until(are_read, 30, "the documents to be read")
