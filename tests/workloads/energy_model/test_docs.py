"""The reference pages name every field that goes in and every field that comes out."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from in_memory import MemoryContext, finish
from sample import energy_model, references

from gnomon.pv.loss import CAPTIONS
from gnomon.workloads.energy_model import WORKLOADS, document, options
from gnomon.workloads.energy_model.series import load

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def words(page: str) -> set[str]:
    return set(re.findall(r"\w+", (REFERENCE / page).read_text()))


def fields() -> Iterator[str]:
    for model in (*vars(document).values(), *vars(options).values()):
        if isinstance(model, type) and issubclass(model, document.Record):
            yield from (field.alias or name for name, field in model.model_fields.items())


def test_every_field_of_the_input_is_described() -> None:
    assert sorted(set(fields()) - words("energy-model-input.md")) == []


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *keys(inner))
    elif isinstance(value, list):
        yield from (key for item in value for key in keys(item))


def test_every_field_of_the_result_is_described(example_plant: Path) -> None:
    ctx = MemoryContext(references=references(example_plant))
    given = energy_model(plant={"poiLimitMW": 0.1}, output={"lossBreakdownTimestamps": True})
    got = finish(WORKLOADS, "energy_model", given, ctx)
    steps = [*CAPTIONS, *(step["name"] for account in got["losses"].values() for step in account["steps"])]
    columns = [name for content in ctx.blobs.values() for name in load(content, "0")]
    called = (name.removeprefix("loss_") for name in (*keys(got), *steps, *columns))
    named = {name for name in called if not name.isdigit()}
    assert sorted(named - words("energy-model-output.md")) == []
