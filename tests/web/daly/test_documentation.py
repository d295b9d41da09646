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

PAGE = (ROOT / "docs" / "reference" / "daly.md").read_text()
SCENES = (ROOT / "docs" / "shading-scenes.md").read_text()
IMPORT = (ROOT / "docs" / "pvsyst-import.md").read_text()
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the examples call curl")
ACCESS = (ROOT / "docs" / "reference" / "access.md").read_text()


async def told_by_examples(page: str, folder: Path) -> str:
    """Run a page's examples one after another on a fresh server and return what they print."""
    script = "set -eo pipefail\n" + "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    async with serving(folder / "data", sync_wait=20.0) as served:
        keys = served.founded.keys
        names = {
            "GNOMON": served.address,
            "WORKSPACE_KEY": keys[KeyRole.WORKSPACE],
            "USER_KEY": keys[KeyRole.USER],
            "API_KEY": keys[KeyRole.API],
        }
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=ROOT, env={**os.environ, **names},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode() + out.decode()
    return out.decode()


@needs_curl
async def test_the_examples_work(tmp_path: Path) -> None:
    told = await told_by_examples(PAGE, tmp_path)
    assert '"message":"Energy model completed"' in told
    assert '"energyModelId":1,"revision":"v0002"' in told
    assert '"taskType":"energy_model"' in told


@needs_curl
async def test_the_examples_of_scenes_work(tmp_path: Path) -> None:
    told = await told_by_examples(SCENES, tmp_path)
    assert '"gcr":0.571' in told
    assert '{"sun_positions":[{"azimuth":0.0' in told
    assert '"azimuthBin":120.0,"elevationBin":10.0' in told
    assert '"message":"Energy model completed"' in told


@needs_curl
async def test_the_example_of_an_import_works(tmp_path: Path) -> None:
    told = await told_by_examples(IMPORT, tmp_path)
    assert '"message":"PVsyst project imported"' in told
    assert '"status":"draft"' in told


@needs_curl
async def test_the_example_of_an_invite_works(tmp_path: Path) -> None:
    told = await told_by_examples(ACCESS, tmp_path)
    assert '"identifier":"north-branch"' in told
    assert '"lid":0.02' in told
    assert '"email":"colleague@example.com"' in told


@pytest.mark.parametrize(
    "word", ["locations", "weatherdata", "modules", "projects", "energymodels", "shadingscenes", "tasks"]
)
def test_the_page_names_every_noun(word: str) -> None:
    assert f"/{word}" in PAGE
