"""Text to read: the passages of a public question set, where they are at hand."""

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def squad_passages() -> list[str]:
    """Return the paragraphs of the question set."""
    folder = Path(os.environ.get("GNOMON_GOLDEN", ROOT.parent / "shared" / "golden"))
    file = folder / "squad" / "dev-v2.0-part.json"
    if not file.exists():
        pytest.skip(f"no question set at {file}; set GNOMON_GOLDEN")
    articles = json.loads(file.read_text())["data"]
    return [paragraph["context"] for article in articles for paragraph in article["paragraphs"]]
