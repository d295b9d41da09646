"""`gnomon ask` on a real data folder: answers, gaps, exit codes, and what is printed."""

import asyncio
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from gnomon.cli import answer as printing
from gnomon.cli.commands import gnomon
from gnomon.settings import Settings
from gnomon.wiring import open_server
from gnomon.wiring.address import recorded, recorded_address

EXAMPLES = Path(__file__).parents[2] / "examples/documents"
NOTHING = {"calls": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
QUIET = {"GNOMON_SEMANTIC": "off", "OPENAI_API_KEY": ""}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder that has the example documents."""
    data = tmp_path_factory.mktemp("ask") / "data"
    done = CliRunner(env=QUIET).invoke(gnomon, ["documents", "add", str(EXAMPLES), "--data", str(data)])
    assert done.exit_code == 0, done.output
    return data


def ask(data: Path, *words: str | Path) -> Result:
    return CliRunner(env=QUIET).invoke(gnomon, ["ask", *map(str, words), "--data", str(data)])


def run_documents(data: Path, command: str) -> str:
    done = CliRunner(env=QUIET).invoke(
        gnomon, ["documents", command, "--data", str(data)], terminal_width=200
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_question_is_answered_with_numbered_sources(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES.parent)
    done = ask(data, "How", "often are the modules cleaned?")
    assert done.exit_code == 0, done.output
    assert flat(done.stdout).startswith("“The modules are cleaned twice a year, in May and in September")
    assert "[1] Service contract for Tavora Norte  documents/service-contract.md\n" in done.stdout
    last = done.stdout.strip().splitlines()[-1]
    assert re.fullmatch(r"confidence (low|medium), engine extractive, no tokens, no cost, \d+\.\d s", last)


def test_fields_are_found_typed_and_gaps_have_a_reason(data: Path) -> None:
    fields = (
        "capacity_mw:number",
        "commissioned:date",
        "contact:email",
        "architect:text:Name of the architect",
    )
    done = ask(data, "Tavora Norte", *(word for field in fields for word in ("--field", field)))
    assert done.exit_code == 0, done.output
    rows = {cells[0]: cells[1] for line in done.stdout.splitlines() if len(cells := line.split()) > 1}
    assert rows["capacity_mw"] == "48.6"
    assert rows["commissioned"] == "2024-03-12"
    assert rows["contact"] == "control@tavora-norte.example"
    assert rows["architect"] == "-"
    assert "“Tavora Norte was commissioned on 12 March 2024.”" in done.stdout
    assert "architect: Looked for" in done.stdout


def test_as_json_the_answer_is_printed_as_it_is(data: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"type": "object", "properties": {"capacity_mw": {"type": "number"}}}))
    done = ask(data, "Tavora Norte", "--schema", schema, "--json", "--public-url", "https://gnomon.example")
    answer = json.loads(done.stdout)
    assert answer["content"] == {"capacity_mw": 48.6}
    assert answer["engine"] == "extractive"
    assert answer["usage"] == NOTHING
    (entry,) = answer["basis"]
    (citation,) = entry["citations"]
    assert citation["url"].startswith("https://gnomon.example/gnomon/v1/documents/doc_")
    assert citation["excerpts"] == ["Tavora Norte has a capacity of 48.6 MW on horizontal trackers."]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("Who composed the Goldberg variations?",), 3, "Nothing was found"),
        (("Tavora Norte", "--field", "composer:text:Composer of the opera"), 3, "composer: Looked for"),
        (("Tavora Norte", "--field", "x:y"), 2, "there is no type 'y'. Use text, number"),
        (("Tavora Norte", "--field", ":date"), 2, "must begin with a name"),
        (("Tavora Norte", "--field", "a", "--field", "a:date"), 2, "the same name"),
        (("Tavora Norte", "--schema", "{list}"), 2, "The answer must be an object"),
        (("Tavora Norte", "--schema", "{broken}"), 2, "is no JSON Schema"),
        (("Tavora Norte", "--schema", "{required}"), 3, "No value was found for 'composer'"),
        (("Tavora Norte", "--schema", "{list}", "--field", "a"), 2, "not both"),
        (("Tavora Norte", "--model", "gpt-9"), 2, "--model must say whose model it is"),
        (("Tavora Norte", "--model", "openai:m"), 1, "set the variable OPENAI_API_KEY"),
        pytest.param(
            ("Tavora Norte", "--model", "m", "--model-url", "http://127.0.0.1:9/v1"),
            1,
            "m: http://127.0.0.1:9/v1 refused the connection: is the server of the model running?",
            marks=pytest.mark.slow,
        ),
        (("Tavora Norte", "--workspace", "north"), 1, "There is no workspace 'north'"),
        (("Tavora Norte", "--documents", "{empty}"), 1, "There is nothing to read in"),
        (("Tavora Norte", "--documents", "{empty}/none"), 2, "does not exist"),
        (("  ",), 2, "Say what you want to know"),
        ((), 2, "Missing argument"),
    ],
)
def test_what_cannot_be_answered_is_said_plainly(
    data: Path, tmp_path: Path, words: Sequence[str], code: int, told: str
) -> None:
    composer = {"type": "string", "description": "Composer of the opera"}
    schemas = {
        "list": json.dumps({"type": "array"}),
        "required": json.dumps(
            {"type": "object", "properties": {"composer": composer}, "required": ["composer"]}
        ),
        "broken": "{",
    }
    for name, text in schemas.items():
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "empty").mkdir()
    places = {name: tmp_path / f"{name}.json" for name in schemas} | {"empty": tmp_path / "empty"}
    done = ask(data, *(word.format(**places) for word in words))
    assert done.exit_code == code, done.output
    assert told in flat(done.output)
    assert "Traceback" not in done.output


def test_the_fallback_of_a_model_is_heeded_and_told(data: Path) -> None:
    away = ("--model", "m", "--model-url", "http://127.0.0.1:9/v1", "--model-fallback", "extractive")
    done = ask(data, "How often are the modules cleaned?", *away)
    assert done.exit_code == 0, done.output
    assert "twice a year" in done.stdout
    assert "Note: The model did not answer" in flat(done.stdout)


def test_without_documents_it_says_how_to_add_some(tmp_path: Path) -> None:
    done = ask(tmp_path / "data", "--no-own-documents", "anything")
    assert done.exit_code == 1
    assert "gnomon documents add PATH" in done.output


def test_documents_are_added_first_and_what_changed_is_read_before_each_question(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "heron.md").write_text("# Herons\n\nThe heron fishes at dawn.\n")
    first = ask(tmp_path / "data", "When does the heron fish?", "--documents", papers)
    assert first.exit_code == 0, first.output
    assert "The heron fishes at dawn." in first.stdout
    (papers / "wren.md").write_text("# Wrens\n\nThe wren sings in winter.\n")
    second = ask(tmp_path / "data", "When does the wren sing?")
    assert second.exit_code == 0, second.output
    assert "The wren sings in winter." in second.stdout
    again = ask(tmp_path / "data", "When does the wren sing?", "--documents", papers)
    assert again.stdout.count("wren.md") == 1


def test_a_fresh_folder_can_be_asked_what_gnomon_does(tmp_path: Path) -> None:
    done = ask(tmp_path / "data", "How are webhooks signed?")
    assert done.exit_code == 0, done.output
    assert ".md" in done.stdout
    assert (tmp_path / "data/keys.json").exists()
    assert "whoever has" in run_documents(tmp_path / "data", "list")
    assert "left out" not in run_documents(tmp_path / "data", "status")
    done = ask(tmp_path / "data", "How are webhooks signed?", "--documents", EXAMPLES, "--json")
    assert "Gnomon" not in done.stdout
    assert re.search(
        r"^left out\t\d+ of Gnomon's documentation", run_documents(tmp_path / "data", "status"), re.M
    )


def test_with_a_workspace_the_documents_are_its_own(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert ask(data, "anything", "--no-own-documents").exit_code == 1
    made = CliRunner().invoke(gnomon, ["admin", "create-workspace", "north", "--data", str(data)])
    assert made.exit_code == 0, made.output
    question = ("How often are the modules cleaned?", "--no-own-documents")
    assert ask(data, *question, "--workspace", "north", "--documents", EXAMPLES).exit_code == 0
    other = ask(data, *question)
    assert other.exit_code == 1
    assert "There are no documents to ask" in other.output


def test_beside_a_running_server_it_answers(tmp_path: Path) -> None:
    async def while_it_runs() -> Result:
        settings = Settings(
            data=tmp_path / "data", port=0, cpu_slots=1, no_own_documents=True, semantic="off"
        )
        async with open_server(settings):
            return await asyncio.to_thread(
                ask, tmp_path / "data", "What availability is guaranteed?", "--documents", EXAMPLES
            )

    done = asyncio.run(while_it_runs())
    assert done.exit_code == 0, done.output
    assert "98.5 %" in done.stdout


class Slow(BaseHTTPRequestHandler):
    """A model's server that takes the question and never answers."""

    asked = Event()
    over = Event()

    def do_POST(self) -> None:
        type(self).asked.set()
        type(self).over.wait(30)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_ctrl_c_ends_it_at_once_while_a_model_is_silent(data: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    words = (
        "ask",
        "How often are the modules cleaned?",
        "--data",
        str(data),
        "--model",
        "m",
        "--model-url",
        url,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "gnomon.cli.main", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **QUIET},
    )
    try:
        assert Slow.asked.wait(30)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=10)
        assert time.monotonic() - began < 2.0
    finally:
        Slow.over.set()
        process.kill()
        server.shutdown()
        server.server_close()
    assert process.returncode == 130, told
    assert told.strip().endswith("Stopped.")
    assert "Traceback" not in told
    assert not out


def test_in_a_terminal_progress_is_drawn_on_standard_error_alone(data: Path) -> None:
    mine, theirs = os.openpty()
    words = ("ask", "How often are the modules cleaned?", "--data", str(data))
    process = subprocess.Popen(
        [sys.executable, "-m", "gnomon.cli.main", *words],
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **QUIET, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(theirs)
    drawn = b""
    while select.select([mine], [], [], 30)[0]:
        try:
            drawn += os.read(mine, 65536)
        except OSError:  # the other end is closed
            break
    out, _ = process.communicate(timeout=30)
    os.close(mine)
    assert process.returncode == 0
    assert "twice a year" in out
    assert "\x1b" not in out
    assert "━".encode() in drawn
    assert b"sources read" in drawn


def test_beside_a_server_the_address_of_each_source_is_printed(data: Path) -> None:
    with recorded(data, "https://gnomon.example.com"):
        done = ask(data, "How often are the modules cleaned?")
    assert re.search(
        r"service-contract\.md\n    https://gnomon\.example\.com/gnomon/v1/documents/doc_", done.stdout
    )
    assert recorded_address(data) is None
    assert "http" not in ask(data, "How often are the modules cleaned?").stdout


def test_what_stands_for_no_address_is_none(tmp_path: Path) -> None:
    assert recorded_address(tmp_path) is None
    (tmp_path / "address").write_bytes(b"\xff")
    assert recorded_address(tmp_path) is None
    (tmp_path / "address").write_text("javascript:alert(1)")
    assert recorded_address(tmp_path) is None


def answer_of(content: Any, basis: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    kind = "text" if isinstance(content, str) else "json"
    base = {"engine": "extractive", "usage": NOTHING, "truncated": []}
    return {"type": kind, "content": content, "basis": basis, **base, **more}


def printed(answer: Mapping[str, Any], width: int = 80, *, is_terminal: bool = False) -> str:
    screen = io.StringIO()
    console = Console(file=screen, width=width, highlight=False, force_terminal=is_terminal)
    printing.show_answer(console, answer, 1.0, lambda _: None)
    return screen.getvalue()


def cite(url: str, *excerpts: str, title: str | None = "A title") -> dict[str, Any]:
    return {"url": url, "title": title, "excerpts": list(excerpts)}


BRIDGE = answer_of(
    {"length": 412.5, "names": ["Ada", "Bo"], "is_open": True, "architect": None},
    [
        {
            "field": "length",
            "reasoning": "r",
            "confidence": "medium",
            "citations": [
                cite("https://a.example/x", "It is 412.5 m long.", title=None),
                cite(
                    "http://h/gnomon/v1/documents/doc_1/page?edition=1&at=3-9#passage", "412.5 m", title="D"
                ),
            ],
        },
        {
            "field": "names",
            "reasoning": "r",
            "confidence": "low",
            "citations": [cite("http://h/gnomon/v1/documents/doc_1/page?edition=1&at=30-39#passage", "Ada")],
        },
        {"field": "names.0", "reasoning": "r", "confidence": "low", "citations": []},
        {"field": "is_open", "reasoning": "r", "confidence": "high", "citations": []},
        {"field": "architect", "reasoning": "Nobody says it.", "confidence": None, "citations": []},
    ],
    engine="provider:openai/gpt-5-mini",
    usage={"calls": 1, "input_tokens": 12_345, "output_tokens": 67, "cost_usd": 0.0123},
    truncated=["3 pages were left out."],
)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_an_answer_of_fields_is_a_table_with_sources_gaps_and_what_it_cost(width: int) -> None:
    text = printed(BRIDGE, width)
    told = flat(text)
    assert "length 412.5 medium [1] [2]" in told
    assert "names Ada, Bo low [2]" in told
    assert "is_open yes high" in told
    assert "[1] https://a.example/x" in told
    assert "“It is 412.5 m long.”" in told
    assert "[2] D http://h/gnomon/v1/documents/doc_1/page?edition=1&at=3-9#passage “412.5 m” “Ada”" in told
    assert "architect: Nobody says it." in told
    assert "Note: 3 pages were left out." in told
    assert (
        "confidence low to high, engine provider:openai/gpt-5-mini, 1 call, 12,345 tokens in, 67 out, $0.0123"
        in told
    )
    assert all(len(line) <= width for line in text.splitlines() if "http" not in line)


def test_a_text_says_its_sources_once_and_quotes_what_it_does_not_say_itself() -> None:
    content = "It was opened in 1937 [1].\n\n“It is long.” [2]\n\n[1] A title\n[2] B"
    basis = [
        {
            "field": "output",
            "reasoning": "r",
            "confidence": "low",
            "citations": [
                cite("https://a.example/", "Opened on 14 May 1937."),
                cite("https://b.example/", "It is long.", title="B"),
            ],
        }
    ]
    told = flat(printed(answer_of(content, basis)))
    assert told.count("[1] A title") == told.count("[2] B") == 1
    assert "“Opened on 14 May 1937.”" in told
    assert told.count("It is long.") == 1


def test_no_source_gives_orders_to_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x1b[2Jred\u202e"
    basis = [
        {
            "field": "output",
            "reasoning": evil,
            "confidence": "low",
            "citations": [cite(f"https://a.example/{evil}", evil, title=evil)],
        }
    ]
    text = printed(answer_of(evil, basis, truncated=[evil]), is_terminal=True)
    assert "]0;owned" in text
    assert not re.search("\x1b\\]0|\x1b\\[2J|\x07|\u202e", text)
    fields = [{**basis[0], "field": evil}]
    text = printed(answer_of({evil: evil}, fields), is_terminal=True)
    assert not re.search("\x1b\\]0|\x1b\\[2J|\x07|\u202e", text)


@pytest.mark.parametrize(
    ("content", "citations", "is_found"),
    [
        ("words", [cite("https://a.example")], True),
        ("Nothing was found.", [], False),
        ({"a": None, "b": {"c": None}, "d": []}, [], False),
        ({"a": None, "b": {"c": False}}, [], True),
        ({"a": 0}, [], True),
        ({}, [], False),
    ],
)
def test_an_answer_is_one_when_anything_was_found(
    content: Any, citations: Sequence[Mapping[str, Any]], is_found: bool
) -> None:
    basis = [{"field": "output", "reasoning": "r", "confidence": None, "citations": citations}]
    assert printing.is_answered(answer_of(content, basis)) is is_found


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        (NOTHING, "no tokens, no cost"),
        (
            {"calls": 2, "input_tokens": 10, "output_tokens": 5, "cost_usd": None},
            "2 calls, 10 tokens in, 5 out, cost not known",
        ),
        (
            {"calls": 2, "input_tokens": 10, "output_tokens": 5, "cost_usd": 0.0},
            "2 calls, 10 tokens in, 5 out, no cost",
        ),
    ],
)
def test_what_was_used_is_told_as_counted(usage: Mapping[str, Any], told: str) -> None:
    assert told in printing.summary(answer_of("x", [], usage=usage), 1.0)
