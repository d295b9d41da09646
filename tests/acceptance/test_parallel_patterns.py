"""Every sample of the page on async patterns, run as printed but for the host, the receiver and an id to fill in."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks

from .gleaning import GLEANER
from .receiver import Receiver, receiving
from .server import Server, running

PAGE = Path(__file__).parents[2] / "../shared/seeds/parallel-async-patterns.md"
HOST = "https://api.parallel.ai"
HOOK = "https://your-server.example.com/hooks/parallel"
TO_THIS_MACHINE = ("--webhook-http", "--webhook-allow", "127.0.0.1/32")

pytestmark = [
    pytest.mark.skipif(not PAGE.exists(), reason="the page is not part of the repository"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="the samples call curl"),
    pytest.mark.skipif(shutil.which("jq") is None, reason="the samples call jq"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("patterns") / "data", *GLEANER, *TO_THIS_MACHINE) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def samples() -> list[str]:
    return re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)


def bash(server: Server, script: str) -> str:
    assert HOST in script
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(HOST, server.url)],
        env={**os.environ, "PARALLEL_API_KEY": server.keys()["api_key"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def events(text: str) -> list[Any]:
    return [json.loads(line.removeprefix("data:")) for line in text.splitlines() if line.startswith("data:")]


def test_the_page_has_the_samples_that_are_run_here() -> None:
    assert len(samples()) == 5


def test_the_blocking_call(server: Server) -> None:
    output = json.loads(bash(server, samples()[0]))
    assert output["type"] == "json"
    assert "What is the market cap of Apple?" in output["content"]["answer"]
    assert {entry["confidence"] for entry in output["basis"]} == {"low"}


def test_polling(server: Server) -> None:
    said = bash(server, samples()[1])
    output = json.loads(re.sub(r"^Status: .*\n", "", said, flags=re.MULTILINE))
    assert "10-K filing for Microsoft" in output["content"]["answer"]


def test_streaming_and_reconnecting(server: Server) -> None:
    """The second sample goes on where the first one has left off, in the same shell."""
    stream, again = samples()[2:4]
    whole = events(bash(server, stream + '\necho data:\\"$RUN_ID\\"'))
    run_id = whole.pop()
    types = [event["type"] for event in whole]
    assert (types[0], types[-1]) == ("task_run.state", "task_run.state")
    assert "task_run.progress_msg.plan" in types
    stats = [event["progress_meter"] for event in whole if event["type"] == "task_run.progress_stats"]
    assert all(0 <= percent <= 100 for percent in stats)
    assert whole[-1]["run"]["run_id"] == run_id
    assert whole[-1]["output"]["basis"]

    messages = [event for event in whole if ".progress_msg." in event["type"]]
    seen = messages[0]["event_id"]
    assert "<last_seen_id>" in again
    rest = events(bash(server, f"RUN_ID={run_id}\n" + again.replace("<last_seen_id>", seen)))
    assert [event for event in rest if ".progress_msg." in event["type"]] == messages[1:]
    assert rest[-1]["run"]["status"] == "completed"


def test_the_webhook_carries_the_output_and_a_signature(server: Server, receiver: Receiver) -> None:
    sample = samples()[4]
    assert HOOK in sample
    run = json.loads(bash(server, sample.replace(HOOK, receiver.url + "/hooks/parallel")))
    posted = receiver.next()
    assert posted.path == "/hooks/parallel"
    verified = standardwebhooks.Webhook(server.keys()["webhook_secret"]).verify(posted.body, posted.headers)
    assert verified["type"] == "task_run.status"
    assert verified["data"]["run_id"] == run["run_id"]
    assert verified["data"]["status"] == "completed"
    assert "macroeconomic events" in verified["data"]["output"]["content"]["answer"]
