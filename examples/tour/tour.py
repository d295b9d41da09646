"""Four ways to get a result, and what else can be done with a task, over the native API of a real server.

    python examples/tour/tour.py

It starts a server on a free port and a fresh folder, counts primes on it, and looks at each answer; whatever is not
as it should be ends the tour with an exit code other than 0. The ways themselves stand in `patterns.py`.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import httpx
from patterns import Json, Receiver, blocking, digest, follow, polling, result_of, submit, with_webhook
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

CONSOLE = Console()
BELOW, PRIMES, PRIMES_OF_TWICE = 200_000, 17_984, 33_860
"""There are so many primes below that number, and so many below its double."""


class Disagreement(Exception):
    """Something is not as this tour says it is."""


def expect(what: str, seen: object, wanted: object) -> None:
    """Compare, and end the tour when it is otherwise."""
    if seen != wanted:
        raise Disagreement(f"{what}: expected {wanted!r}, got {seen!r}")


def show_blocking(api: httpx.Client) -> str:
    """Wait in the answer of the submission."""
    task = blocking(api, {"below": BELOW})
    expect("primes", task["result"]["primes"], PRIMES)
    expect("result of /result", result_of(api, task["id"]), task["result"])
    return f"{PRIMES} primes below {BELOW}, said in the POST's answer"


def show_polling(api: httpx.Client) -> str:
    """Poll, and get nothing but a word while nothing has changed."""
    seen = []
    with bar() as move:
        for task in polling(api, submit(api, {"below": BELOW, "pause": 0.1})["id"]):
            seen.append(task)
            move(task["progress"], f"{task['status']}, version {task['version']}")
    task, versions = seen[-1], [task["version"] for task in seen]
    expect("result", task["result"]["primes"], PRIMES)
    expect("versions that rise", versions, sorted(set(versions)))
    unchanged = api.get(f"/tasks/{task['id']}", headers={"If-None-Match": f'"{task["version"]}"'})
    expect("an unchanged task", (unchanged.status_code, unchanged.content), (304, b""))
    return f"{len(versions)} of {versions[-1]} versions seen; unchanged: 304, no body"


def show_stream(api: httpx.Client) -> str:
    """Follow the events, lose the line, and go on where it was lost."""
    task, seen = submit(api, {"below": BELOW, "pause": 0.1}), []
    with bar() as move:
        for cut in (6, None):  # the line is cut after the sixth event
            with closing(follow(api, task["id"], after=len(seen))) as line:
                for frame in line:
                    seen.append(frame)
                    told = json.loads(frame["data"])
                    move(told.get("body", {}).get("progress", 0), f"{frame['id']} {frame['event']}")
                    if frame["id"] == str(cut):
                        break
    *events, end = seen
    log = api.get(f"/tasks/{task['id']}/events", params={"limit": 1000}).raise_for_status().json()["events"]
    expect("what was pieced together", [json.loads(event["data"]) for event in events], log)
    expect("numbers", [int(event["id"]) for event in events], list(range(1, len(log) + 1)))
    expect("the last event", events[-1]["event"], "task.completed")
    expect("digest", digest(event["data"] for event in events), json.loads(end["data"])["digest"])
    return f"events 1 to 6, a cut, 7 to {len(log)}; the digest is the log's"


def show_webhook(api: httpx.Client) -> str:
    """Be told of the end, and verify who tells."""
    Receiver.inbox = Queue()
    with listening() as url:
        task = with_webhook(api, {"below": BELOW}, url)
        Receiver.secret = task["webhooks"][0]["secret"]
        message = Receiver.inbox.get(timeout=10)
    expect("type", message["type"], "task.completed")
    expect("task", message["task_id"], task["id"])
    expect("result", message["data"]["result"]["primes"], PRIMES)
    now = api.get(f"/tasks/{task['id']}").json()
    expect("version of the webhook and of the task", message["version"], now["version"])
    return f"{message['type']}, event {message['event_number']}, signature verified"


def show_cancel(api: httpx.Client) -> str:
    """Stop what runs, and stop it again."""
    task = submit(api, {"below": BELOW, "pause": 1})
    wait_for(api, task, "running")
    asked = api.post(f"/tasks/{task['id']}/cancel").raise_for_status()
    task = ended(api, asked.json())
    expect("status", task["status"], "cancelled")
    expect("how", task["cancel_outcome"], "cooperative")
    again = api.post(f"/tasks/{task['id']}/cancel").raise_for_status().json()
    expect("a cancel of what has ended", again, task)
    return f"answered {asked.status_code}, then {task['status']}: {task['cancel_outcome']}"


def show_pause(api: httpx.Client) -> str:
    """Set a task aside and take it up again."""
    task = submit(api, {"below": BELOW, "pause": 0.1})
    wait_for(api, task, "running")
    api.post(f"/tasks/{task['id']}/pause").raise_for_status()
    task = wait_for(api, task, "paused")
    where = task["progress"]
    api.post(f"/tasks/{task['id']}/resume").raise_for_status()
    task = ended(api, task)
    expect("result", task["result"]["primes"], PRIMES)
    return f"set aside at {where:g} %, resumed, {task['status']}"


def show_question(api: httpx.Client) -> str:
    """Answer what a task asks."""
    task = wait_for(api, submit(api, {"below": BELOW, "ask": True}), "waiting")
    question = task["question"]
    answer = {"key": question["key"], "answer": "no"}
    api.post(f"/tasks/{task['id']}/input", json=answer).raise_for_status()
    other = api.post(f"/tasks/{task['id']}/input", json={**answer, "answer": "yes"})
    expect("another answer to the same question", other.status_code, 409)
    task = ended(api, task)
    expect("half of the work", task["result"]["below"], BELOW // 2)
    return f'"{question["body"]["text"]}" - "no": {task["result"]["primes"]} below {BELOW // 2}'


def show_retry(api: httpx.Client) -> str:
    """Send one submission twice."""
    key = {"Idempotency-Key": "tour-1"}
    first, second = submit(api, {"below": BELOW}, **key), submit(api, {"below": BELOW}, **key)
    expect("the task of the same key", second["id"], first["id"])
    other = api.post("/tasks", json={"kind": "primes", "input": {"below": 10}}, headers=key)
    expect("the same key with another body", other.status_code, 422)
    landed = api.get("/idempotency-keys/tour-1").raise_for_status().json()
    expect("did my POST land?", landed["task_id"], first["id"])
    return "the same key twice: one task; with another body: 422"


def show_rerun(api: httpx.Client) -> str:
    """Continue a task with another input, and see what differs."""
    first = blocking(api, {"below": BELOW})
    again = api.post(f"/tasks/{first['id']}/rerun", json={"patch": {"below": 2 * BELOW}})
    second = ended(api, again.raise_for_status().json())
    line = api.get(f"/tasks/{first['id']}/revisions").raise_for_status().json()["revisions"]
    expect(
        "the line",
        [(each["revision"], each["task_id"]) for each in line],
        [(2, second["id"]), (1, first["id"])],
    )
    difference = api.get(f"/tasks/{second['id']}/diff").raise_for_status().json()
    changed = {
        f"{part}{each['path']}": (each["old"], each["new"])
        for part in ("input", "result")
        for each in difference[part]["differences"]
    }
    expect("primes, before and now", changed["result/primes"], (PRIMES, PRIMES_OF_TWICE))
    return f"revision 2: below {2 * BELOW}; /primes {PRIMES} -> {PRIMES_OF_TWICE}"


STEPS: Mapping[str, Callable[[httpx.Client], str]] = {
    "1  wait": show_blocking,
    "2  poll": show_polling,
    "3  stream": show_stream,
    "4  webhook": show_webhook,
    "cancel": show_cancel,
    "pause, resume": show_pause,
    "question, answer": show_question,
    "retry": show_retry,
    "rerun, diff": show_rerun,
}


# How it gets there


def ended(api: httpx.Client, task: Json) -> Json:
    """Wait for a task's end."""
    while task["is_active"]:
        answer = api.get(f"/tasks/{task['id']}", params={"after_version": task["version"], "wait": 10})
        task = answer.raise_for_status().json()
    return task


def wait_for(api: httpx.Client, task: Json, status: str) -> Json:
    """Wait until a task has a status."""
    while task["status"] != status:
        if not task["is_active"]:
            raise Disagreement(f"a task became {task['status']} and never {status}")
        answer = api.get(f"/tasks/{task['id']}", params={"after_version": task["version"], "wait": 10})
        task = answer.raise_for_status().json()
    return task


@contextmanager
def bar() -> Iterator[Callable[[float, str], None]]:
    """Show a bar while the block runs."""
    columns = (BarColumn(40), TaskProgressColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=CONSOLE, transient=True, disable=not CONSOLE.is_terminal) as progress:
        shown = progress.add_task("", total=100)
        yield lambda percent, words: progress.update(shown, completed=percent, description=words)


class _Quiet(Receiver):
    def log_message(self, *_: object) -> None:
        """Leave the terminal to the tour."""


@contextmanager
def listening() -> Iterator[str]:
    """Receive webhooks on a free port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()


@contextmanager
def serving(folder: Path) -> Iterator[httpx.Client]:
    """Run a server on a fresh folder, and yield a client of its native API."""
    command = [sys.executable, "-m", "gnomon.cli.main", "serve", "--data", str(folder), "--port", "0"]
    command += ["--workload", "primes", "--log-level", "warning", *LOCAL_WEBHOOKS]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GNOMON_")}
    clean["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean) as process:
        try:
            yield httpx.Client(base_url=address(process) + "/gnomon/v1", headers=key(folder), timeout=30)
        finally:
            process.send_signal(signal.SIGTERM)


LOCAL_WEBHOOKS = ("--webhook-http", "--webhook-allow", "127.0.0.0/8")
"""A server posts to nobody on its own machine, and never without TLS, unless it is told to."""


def address(process: "subprocess.Popen[str]") -> str:
    """Read where the server listens."""
    assert process.stdout is not None
    for line in process.stdout:
        if "listens on" in line:
            return next(word for word in line.split() if word.startswith("http://"))
    raise Disagreement("the server did not start; its message stands above")


def key(folder: Path) -> Mapping[str, str]:
    """Read the key that the first start has written."""
    return {"X-API-Key": json.loads((folder / "keys.json").read_text())["api_key"]}


def main() -> int:
    """Walk through all steps; return 1 when one of them is not as it should be."""
    begin = time.monotonic()
    failure = None
    with tempfile.TemporaryDirectory(prefix="gnomon-tour-") as folder, serving(Path(folder) / "data") as api:
        for name, step in STEPS.items():
            start = time.monotonic()
            try:
                told = step(api)
            except (Disagreement, httpx.HTTPError, KeyError) as error:
                failure, told = error, f"[bold red]{type(error).__name__}: {error}[/]"
            CONSOLE.print(f"[bold]{name:<18}[/][dim]{time.monotonic() - start:4.1f} s[/]  {told}")
            if failure:
                return 1
    CONSOLE.print(f"All as it should be, in {time.monotonic() - begin:.0f} s. The server has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
