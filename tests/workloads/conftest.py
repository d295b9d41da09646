import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What several of these tests share stands in modules beside them, and tests are no package.
sys.path.insert(0, str(Path(__file__).parent / "support"))


@pytest.fixture(scope="session")
def golden() -> Path:
    folder = Path(os.environ.get("GNOMON_GOLDEN", ROOT.parent / "shared" / "golden"))
    if not folder.is_dir():
        pytest.skip(f"no golden cases at {folder}; set GNOMON_GOLDEN")
    return folder


@pytest.fixture(scope="session")
def example_plant() -> Path:
    return ROOT / "examples" / "plant"
