"""What the README and the guide print, run as printed but for the address and the folder."""

import html
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from .server import QUICK, Server, running

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "docs" / "workloads.md").read_text()
MODEL = (ROOT / "docs" / "energy-model.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("readme")
    (folder / "shout.py").write_text(next(block for block in blocks(README, "python") if "shout" in block))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with running(folder / "gnomon-data", "--workload", "shout", "--processor", "*=shout") as server:
            yield server


def run(server: Server, *command: str) -> str:
    return run_in(server.data.parent, *command)


def run_in(folder: Path, *command: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={**QUICK, **os.environ, "PATH": path},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def here(server: Server, block: str) -> str:
    assert "http://127.0.0.1:8080" in block
    return block.replace("http://127.0.0.1:8080", server.url)


def test_the_sdks_block(server: Server) -> None:
    block = next(block for block in blocks(README, "python") if "dalysdk" in block)
    assert run(server, sys.executable, "-c", here(server, block)).startswith("America/New_York 2")


def test_the_block_of_parallels_sdk(server: Server) -> None:
    block = next(block for block in blocks(README, "python") if '{"text": "hello"}' in block)
    assert run(server, sys.executable, "-c", here(server, block)) == "completed {'text': 'HELLO'}\n"


def test_the_plant_of_the_energy_models_page(server: Server) -> None:
    """What it prints is what the page shows, to the last digit."""
    for folder in ("docs", "examples"):
        (server.data.parent / folder).symlink_to(ROOT / folder)
    (block,) = blocks(MODEL, "python")
    assert blocks(MODEL, "text")[0] == run(server, sys.executable, "-c", here(server, block))


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder like the repository's."""
    folder = tmp_path_factory.mktemp("documents")
    shutil.copytree(ROOT / "examples/documents", folder / "examples/documents")
    return folder


@pytest.fixture(scope="module")
def asked(documents: Path) -> list[str]:
    """Run the lines of the first section on research, and give what each has printed."""
    block = next(block for block in blocks(README, "console") if "gnomon documents add" in block)
    lines = [line.removeprefix("$ gnomon ") for line in block.splitlines() if line.startswith("$ gnomon ")]
    assert len(lines) == 3
    return [run_in(documents, sys.executable, "-m", "gnomon.cli.main", *shlex.split(line)) for line in lines]


def test_the_lines_that_ask_documents(asked: list[str]) -> None:
    added, text, fields = asked
    assert "3 documents can be found now." in " ".join(added.split())
    assert "twice a year" in text
    assert "2024-03-12" in fields


def test_the_picture_of_an_answer_shows_what_is_printed(asked: list[str]) -> None:
    """If not: run the line that the README shows with `--picture docs/ask.svg`, 100 columns wide."""
    picture = html.unescape(re.sub("<[^>]*>", " ", (ROOT / "docs/ask.svg").read_text())).split()
    timed = re.compile(r"[\d.]+|s|[─\W]+")
    assert {word for word in asked[2].split() if not timed.fullmatch(word)} <= set(picture)


@pytest.mark.usefixtures("asked")
def test_the_block_that_asks_documents_with_types(documents: Path) -> None:
    block = next(block for block in blocks(README, "python") if "class Plant" in block)
    assert "Start `gnomon serve` in the same folder" in README
    with running(documents / "gnomon-data") as server:
        told = run(server, sys.executable, "-c", here(server, block)).splitlines()
        address = re.search(r"http://[^']+", told[1])
        assert address is not None
        page = httpx.get(address[0])
    assert told[0] == "capacity_mw=48.6 commissioned=datetime.date(2024, 3, 12) architect=None"
    assert [line.partition(" ")[0] for line in told[1:]] == ["capacity_mw", "commissioned", "architect"]
    assert "Looked for" in told[3]
    assert "has a capacity of 48.6 MW" in page.text


@pytest.mark.usefixtures("asked")
def test_the_block_of_shannons_sdk(documents: Path) -> None:
    block = next(block for block in blocks(README, "python") if "ShannonClient" in block)
    with running(documents / "gnomon-data") as server:
        told = run(server, sys.executable, "-c", here(server, block))
    answer, _, sources = told.partition("\n\nSources:\n")
    assert "twice a year" in answer
    assert sources.startswith("1. ")


def test_the_figures_of_research_are_those_of_its_page() -> None:
    section = README.split("## How good is it")[1].split("\n## ")[0]
    figures = re.findall(r"[\d.]+ %", section)
    assert len(figures) == 4
    page = (ROOT / "docs/research-quality.md").read_text()
    assert all(figure in page for figure in figures)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the blocks call curl")
def test_curls_blocks(server: Server) -> None:
    first, second, third = blocks(README, "bash")
    assert run(server, "bash", "-euc", here(server, first)).startswith("[")
    assert '"HELLO"' in run(server, "bash", "-euc", here(server, second))
    result, poll, stream, webhook = re.split(
        r"\n+(?=HTTP/|retry:|\{)", run(server, "bash", "-euc", here(server, third))
    )
    assert '"HELLO"' in result
    assert poll.startswith("HTTP/1.1 304")
    assert "event: task.completed" in stream
    assert '"whsec_' in webhook


def test_the_guides_blocks() -> None:
    names: dict[str, Any] = {"__name__": "guide"}
    for block in blocks(GUIDE, "python"):
        exec(block, names)
    assert names["result"] == {"headers": ["Authorization"], "characters": 13}
