"""The page about this door: its examples run as they stand."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest
from rig import ROOT
from server import serving

from gnomon.core.access import KeyRole

PAGE = ROOT / "docs" / "reference" / "daly.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples call curl")
async def test_the_examples_work(tmp_path: Path) -> None:
    script = "set -eo pipefail\n" + "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL))
    async with serving(tmp_path / "data", sync_wait=20.0) as served:
        keys = served.founded.keys
        names = {
            "GNOMON": served.address,
            "WORKSPACE_KEY": keys[KeyRole.WORKSPACE],
            "USER_KEY": keys[KeyRole.USER],
        }
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=ROOT, env={**os.environ, **names},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    told = out.decode()
    assert '"message":"Energy model completed"' in told
    assert '"energyModelId":1,"revision":"v0002"' in told
    assert '"taskType":"energy_model"' in told


@pytest.mark.parametrize("word", ["locations", "weatherdata", "modules", "projects", "energymodels", "tasks"])
def test_the_page_names_every_noun(word: str) -> None:
    assert f"/{word}" in PAGE.read_text()
