"""Schemathesis asks the served door whatever its document allows and forbids, with all its checks."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from server import serving
from toys import TOYS

from gnomon.core.access import KeyRole

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "30")
"""Of each kind for each operation."""
CONFIG = Path(__file__).with_name("schemathesis.toml")
OWN_KEY = "/keys/"
"""A run could end the key that it runs with; these paths are asked with another one."""


async def _ask(folder: Path, *options: str) -> tuple[int | None, str]:
    async with serving(folder, *TOYS, is_alone=True, failures=1_000_000) as served:
        given = [f"{served.address}/gnomon/v1/openapi.json", "--checks", "all", "--no-color", *options]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", *given,
            cwd=folder, env={**os.environ, "GNOMON_KEY": served.founded.keys[KeyRole.API]},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await process.communicate()
    return process.returncode, told.decode()


async def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    options = ("--phases", "examples,fuzzing", "-n", "3", "--exclude-path-regex", OWN_KEY)
    code, told = await _ask(tmp_path, *options, "--generation-deterministic")
    assert code == 0, told


@pytest.mark.slow
@pytest.mark.parametrize("which", ["--exclude-path-regex", "--include-path-regex"])
async def test_a_long_run_finds_nothing(tmp_path: Path, which: str) -> None:
    code, told = await _ask(tmp_path, "-n", EXAMPLES, which, OWN_KEY, "--generation-deterministic")
    assert code == 0, told
