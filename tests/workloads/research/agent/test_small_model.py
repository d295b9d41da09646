"""A real model on this machine, the smallest there is: whatever it says, the answer keeps to its sources."""

import os

import pytest
from wanted import json_of

from gnomon.workloads.research.models.model import ModelFailure
from gnomon.workloads.research.models.pull import find_recipe, pull
from gnomon.workloads.research.models.shelf import models_folder

pytestmark = pytest.mark.slow
TEXTS = {
    "velden.md": "# Velden\n\nThe mayor of Velden is Ada Lind. Velden has 48,250 inhabitants.\n",
    "farum.md": "# Farum\n\nThe lighthouse of Farum stands on Cape Brim.\n",
}


@pytest.fixture(scope="module")
def settings():
    pytest.importorskip("xllamacpp")
    try:
        pull(find_recipe("smollm2"), models_folder(os.environ))
    except ModelFailure as failure:
        pytest.skip(f"no small model can be had: {failure.message}")
    return {"model": "local:smollm2"}


def assert_honest(answer):
    is_in_vain = any("no words that could be verified" in told for told in answer["truncated"])
    assert answer["engine"] == ("extractive" if is_in_vain else "local:" + answer["engine"].partition(":")[2])
    assert answer["usage"]["calls"] > 0
    assert answer["usage"]["input_tokens"] > 0
    assert answer["usage"]["cost_usd"] == 0
    for entry in answer["basis"]:
        for citation in entry["citations"]:
            assert all(any(words in text for text in TEXTS.values()) for words in citation["excerpts"])


def test_fields_of_a_small_model_are_cited_or_null(bureau, settings):
    name, count = {"type": ["string", "null"]}, {"type": ["integer", "null"]}
    answer = bureau(TEXTS).run(
        "Velden", settings=settings, effort=6, output=json_of(mayor=name, inhabitants=count)
    )
    assert_honest(answer)
    assert answer["content"]["mayor"] in (None, "Ada Lind")
    assert answer["content"]["inhabitants"] in (None, 48250)
    cited = {entry["field"] for entry in answer["basis"] if entry["citations"]}
    assert cited == {name for name, value in answer["content"].items() if value is not None}


def test_a_text_of_a_small_model_says_what_its_sources_say(bureau, settings):
    answer = bureau(TEXTS).run(
        "Who is the mayor of Velden?",
        settings=settings,
        effort=1,
        budget={"seconds": 60},
        output={"type": "text"},
    )
    assert answer["usage"]["calls"] > 0
    if answer["engine"] != "extractive":  # none of its paragraphs may have quoted what stands there
        assert_honest(answer)
    assert "Ada Lind" in answer["content"]
