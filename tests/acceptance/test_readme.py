"""What the README and the guide print, run as printed but for the address and the folder."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .server import Server, running

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
    folder = server.data.parent
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={**os.environ, "PATH": path},
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
    block = next(block for block in blocks(README, "python") if "Parallel(" in block)
    assert run(server, sys.executable, "-c", here(server, block)) == "completed {'text': 'HELLO'}\n"


def test_the_plant_of_the_energy_models_page(server: Server) -> None:
    """What it prints is what the page shows, to the last digit."""
    for folder in ("docs", "examples"):
        (server.data.parent / folder).symlink_to(ROOT / folder)
    (block,) = blocks(MODEL, "python")
    assert blocks(MODEL, "text")[0] == run(server, sys.executable, "-c", here(server, block))


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
