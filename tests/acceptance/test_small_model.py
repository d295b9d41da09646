"""A real model behind a real server: the vendor's client asks, and whatever the model says, what comes back is true.

The model is the smallest there is, and no answerer. It is served once by Gnomon itself (`--model local:`) and once as
any OpenAI-compatible server is (`--model-url`), there behind a relay that keeps what the server counted.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from parallel import Parallel
from pydantic import BaseModel, Field

from gnomon.workloads.research.models.model import ModelFailure
from gnomon.workloads.research.models.pull import find_recipe, pull
from gnomon.workloads.research.models.resident import Resident
from gnomon.workloads.research.models.shelf import find_gguf, models_folder

from .counting_relay import Relay
from .research_trial import serving, wait_for_documents
from .server import Server

pytestmark = pytest.mark.slow
TEXTS = {
    "velden.md": "# Velden\n\nThe mayor of Velden is Ada Lind. Velden has 48,250 inhabitants.\n",
    "farum.md": "# Farum\n\nThe lighthouse of Farum stands on Cape Brim.\n",
}
PATIENCE = 900
"""Seconds for a run: its own budget is a third of it, and the model has to be loaded before."""
WINDOW = 2048
COUNTS = ("calls", "input_tokens", "output_tokens")


class Town(BaseModel):
    """What is asked of a town."""

    mayor: str | None = Field(description="Name of the mayor of Velden.")
    inhabitants: int | None = Field(description="Number of inhabitants of Velden.")


@pytest.fixture(scope="module")
def model() -> Path:
    pytest.importorskip("xllamacpp", reason="the extra local-llm is not installed")
    try:
        pull(find_recipe("smollm2"), models_folder(os.environ))
        return find_gguf("smollm2", os.environ)
    except ModelFailure as failure:
        pytest.skip(f"no small model can be had: {failure.message}")


@pytest.fixture
def relay(model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    resident = Resident(model, window=WINDOW, width=1, threads=max(1, (os.cpu_count() or 1) - 1))
    try:
        address = resident.address()
        monkeypatch.setenv("GNOMON_MODEL_KEY", address.key)
        with Relay(address.url.removesuffix("/v1")) as relay:
            yield relay
    finally:
        resident.stop()


def run(
    tmp_path: Path, *options: str, question: str = "Velden", output: Any = Town
) -> tuple[dict[str, Any], Server]:
    """Have a server answer one run of the vendor's client; return its answer, and the server, stopped."""
    documents = tmp_path / "documents"
    documents.mkdir()
    for name, text in TEXTS.items():
        (documents / name).write_text(text)
    server = serving(tmp_path / "data", documents, *options, "--model-window", str(WINDOW)).start()
    try:
        wait_for_documents(server, len(TEXTS))
        with Parallel(base_url=server.url, api_key=server.keys()["api_key"], max_retries=0) as client:
            found = client.task_run.execute(input=question, processor="core", output=output, timeout=PATIENCE)
        with server.native() as native:
            (task,) = native.get("/tasks").raise_for_status().json()["tasks"]
            record = native.get(f"/tasks/{task['id']}").raise_for_status().json()
    finally:
        server.stop()
    assert found.run.status == record["status"] == "completed"
    answer: dict[str, Any] = record["result"]
    assert found.output.content == answer["content"]
    assert_stands(answer)
    return answer, server


def assert_stands(answer: dict[str, Any]) -> None:
    """Hold the citations against the documents: each excerpt stands there."""
    for entry in answer["basis"]:
        for citation in entry["citations"]:
            assert citation["excerpts"]
            assert all(any(words in text for text in TEXTS.values()) for words in citation["excerpts"])


def assert_true(answer: dict[str, Any]) -> None:
    """Hold the fields to their schema and to the documents: null, or what stands there, and cited."""
    jsonschema.validate(answer["content"], Town.model_json_schema())
    assert answer["content"]["mayor"] in (None, "Ada Lind")
    assert answer["content"]["inhabitants"] in (None, 48250)
    cited = {entry["field"] for entry in answer["basis"] if entry["citations"]}
    assert cited == {name for name, value in answer["content"].items() if value is not None}


def assert_engine(answer: dict[str, Any], name: str) -> None:
    """Hold that the model is named where something of it stands, and that it is told where nothing does."""
    is_in_vain = any("no words that could be verified" in told for told in answer["truncated"])
    assert answer["engine"] == ("extractive" if is_in_vain else name)


def steps_counted(server: Server) -> dict[str, int]:
    """Add up what each step of the one task has stored of what it used."""
    rows = "SELECT result ->> ? FROM task_step WHERE result ->> '$.usage.calls' IS NOT NULL"
    with closing(sqlite3.connect(server.data / "gnomon.db")) as store:
        found = {name: store.execute(rows, (f"$.usage.{name}",)).fetchall() for name in COUNTS}
    return {name: sum(value for (value,) in values) for name, values in found.items()}


def test_a_model_of_this_machine_answers_a_run(model: Path, tmp_path: Path) -> None:
    answer, server = run(tmp_path, "--model", "local:smollm2")
    assert_true(answer)
    assert_engine(answer, f"local:{model.name}")
    usage = answer["usage"]
    assert usage["calls"] > 0
    assert usage["input_tokens"] > 100 * usage["calls"], "each prompt has its rules, the task and a document"
    assert 0 < usage["output_tokens"] <= WINDOW * usage["calls"]
    assert usage["cost_usd"] == 0
    assert {name: usage[name] for name in COUNTS} == steps_counted(server)


def test_an_openai_compatible_server_answers_a_run_and_its_counts_are_the_usage(
    relay: Relay, tmp_path: Path
) -> None:
    answer, server = run(tmp_path, "--model", "smollm2", "--model-url", relay.url)
    assert_true(answer)
    assert_engine(answer, "provider:smollm2")
    usage = answer["usage"]
    assert usage["calls"] == len(relay.counted) > 0
    assert usage["input_tokens"] == relay.total("prompt_tokens") > 0
    assert usage["output_tokens"] == relay.total("completion_tokens") > 0
    assert {name: usage[name] for name in COUNTS} == steps_counted(server)


def test_a_text_is_cited_whoever_wrote_it(model: Path, tmp_path: Path) -> None:
    question = "Who is the mayor of Velden?"
    answer, server = run(tmp_path, "--model", "local:smollm2", question=question, output="One sentence.")
    (entry,) = answer["basis"]
    assert entry["citations"], "the document says it, so what the model could not quote was read without it"
    assert answer["engine"] in (f"local:{model.name}", "extractive")
    assert answer["usage"]["calls"] > 0
    assert {name: answer["usage"][name] for name in COUNTS} == steps_counted(server)
