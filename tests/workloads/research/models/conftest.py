import os
import sys
from pathlib import Path

import pytest

from gnomon.workloads.research.models import patience
from gnomon.workloads.research.models.model import ModelFailure
from gnomon.workloads.research.models.pull import find_recipe, pull
from gnomon.workloads.research.models.shelf import find_gguf, models_folder

# The scripted server stands beside this folder, for all of the research tests; tests are no package.
sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture(scope="session")
def small_model() -> Path:
    """The model of `gnomon models pull smollm2`; pulled now if it is not here and can be had."""
    try:
        pull(find_recipe("smollm2"), models_folder(os.environ))
        return find_gguf("smollm2", os.environ)
    except ModelFailure as failure:
        pytest.skip(f"no small model can be had: {failure.message}")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pauses between tries be short: what they are is tested where they are decided."""
    monkeypatch.setattr(patience, "FIRST_WAIT", 0.001)
