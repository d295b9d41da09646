"""The page about this door: its examples run as they stand, and it names every code."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest
from rig import ROOT
from server import serving
from toys import TOYS

from gnomon.core.access import KeyRole
from gnomon.web.native.render.problem import CODES

PAGE = (ROOT / "docs" / "reference" / "native.md").read_text()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples call curl")
async def test_the_examples_work(tmp_path: Path) -> None:
    script = "set -eo pipefail\n" + "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    async with serving(tmp_path / "data", *TOYS, is_alone=True) as served:
        names = {"GNOMON": served.address, "KEY": served.founded.keys[KeyRole.API]}
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=tmp_path, env={**os.environ, **names},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
    told = out.decode()
    assert process.returncode == 0, told + err.decode()
    assert '"result":{"text":"HELLO!"}' in told
    assert '"status":"queued"' in told
    assert '{"op":"replace","path":"/text","old":"HELLO!","new":"HULLO!"}' in told


@pytest.mark.parametrize("code", sorted({*CODES.values(), "no_such_path", "method_not_allowed"}))
def test_every_code_is_documented(code: str) -> None:
    assert f"`{code}`" in PAGE.split("## Problems")[1]
