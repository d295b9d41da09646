"""What is kept as golden files."""

import json
from pathlib import Path

import pytest

from gnomon.core.task import Json


def check(path: Path, shown: Json, request: pytest.FixtureRequest) -> None:
    """Compare with a golden file, or write it anew with `pytest --update-golden`."""
    text = json.dumps(shown, indent=1, ensure_ascii=False) + "\n"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text
