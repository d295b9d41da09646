"""What a child imports it finds where the server does, so the tests' workloads go on the path of both."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "trades"))

from engine_shop import open_shop


@pytest.fixture
async def shop(tmp_path):
    async with open_shop(tmp_path) as shop:
        yield shop
