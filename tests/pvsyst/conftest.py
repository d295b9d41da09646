import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def golden() -> Path:
    folder = Path(os.environ.get("GNOMON_GOLDEN", ROOT.parent / "shared" / "golden"))
    if not folder.is_dir():
        pytest.skip(f"no golden cases at {folder}; set GNOMON_GOLDEN")
    return folder
