"""Schemathesis asks the served door whatever its document allows and forbids, with all its checks."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from server import serving
from trades_of_tasks import TASK_TRADES

from gnomon.core.access import KeyRole
from gnomon.web.dialects.shannon.desk import ShannonOptions

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "12")
"""Of each kind for each operation; `make fuzz` takes many more."""
CONFIG = Path(__file__).with_name("schemathesis.toml")


async def _ask(folder: Path, *options: str) -> tuple[int | None, str]:
    given = {"is_alone": True, "failures": 1_000_000, "shannon": ShannonOptions(modes=("*=give",))}
    async with serving(folder, *TASK_TRADES, **given) as served:
        document = f"{served.address}/openapi.json"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", document,
            "--checks", "all", "--no-color", "--continue-on-failure", "--output-sanitize", "false", *options,
            cwd=folder, env={**os.environ, "GNOMON_KEY": served.founded.keys[KeyRole.API]},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await process.communicate()
    return process.returncode, told.decode()


async def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    options = ("--phases", "examples,fuzzing", "-n", "3")
    code, told = await _ask(tmp_path, *options, "--generation-deterministic")
    assert code == 0, told


@pytest.mark.slow
async def test_a_long_run_finds_nothing(tmp_path: Path) -> None:
    code, told = await _ask(tmp_path, "-n", EXAMPLES, "--generation-deterministic")
    assert code == 0, told
