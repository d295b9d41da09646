"""The door's document: kept as a golden file, complete, with components that take what the door really answers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from natives import operations, read_document
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from rig import ROOT
from trades_of_tasks import TASK_TRADES

from gnomon.web.dialects.shannon.operations import OPERATIONS as TOLD

GOLDEN = ROOT / "docs/reference/shannon-openapi.json"
RECORDS = Path(__file__).parent / "golden"
DOCUMENT = read_document(*TASK_TRADES, at="")
OPERATIONS = operations(DOCUMENT)
# What each golden file holds, by how its name begins.
COMPONENTS = {
    "task-": "Task",
    "summary-": "TaskSummary",
    "control-": "ControlState",
    "steered-": "Steered",
    "approval-": "Approval",
    "review-": "Review",
    "session-": "Session",
    "sessionsummary-": "SessionSummary",
    "history-": "SessionHistory",
    "turns-": "SessionEvents",
    "files-": "FileList",
    "file-": "File",
    "schedule-": "Schedule",
    "scheduledone-": "ScheduleDone",
    "runs-": "ScheduleRunPage",
    "agents-": "AgentList",
    "tool-": "ToolDetail",
    "called-": "ToolCalled",
    "skills-": "SkillList",
    "skill-": "SkillDetail",
    "versions-": "SkillVersions",
}


def test_is_the_golden_file(request: pytest.FixtureRequest) -> None:
    """If not: look at what changed, then `make openapi`."""
    text = json.dumps(DOCUMENT, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text


def at(method: str, path: str) -> dict[str, Any]:
    operation: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]
    return operation


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    registry: Registry[Any] = Registry().with_resource(
        "urn:document", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
    )
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:document#/'))
    return Draft202012Validator(absolute, registry=registry)


def component(name: str) -> Draft202012Validator:
    return validator({"$ref": f"#/components/schemas/{name}"})


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    for method, path in OPERATIONS:
        operation = at(method, path)
        if "requestBody" in operation:
            yield f"{method} {path} body", operation["requestBody"]["content"]["application/json"]
        for status, response in operation["responses"].items():
            for media, content in response.get("content", {}).items():
                if media == "application/json":
                    yield f"{method} {path} {status}", content


@pytest.mark.parametrize(
    ("place", "content"), list(contents()), ids=lambda given: given if isinstance(given, str) else ""
)
def test_every_body_has_a_schema_that_accepts_its_example(place: str, content: dict[str, Any]) -> None:
    if content["schema"]["$ref"].rpartition("/")[2] != "Error":
        assert "example" in content, place
        assert [error.message for error in validator(content["schema"]).iter_errors(content["example"])] == []


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_component_accepts_its_examples(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    Draft202012Validator.check_schema(schema)
    for example in schema.get("examples", ()):
        assert [error.message for error in component(name).iter_errors(example)] == []


def test_every_route_is_told_and_nothing_else() -> None:
    assert {(method.lower(), path) for method, path in OPERATIONS} == set(TOLD)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_is_told(method: str, path: str) -> None:
    operation = at(method, path)
    assert operation["summary"]
    assert operation["description"]
    asked = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
    assert asked == set(re.findall(r"\{(\w+)", path))
    assert all(p["description"] for p in operation.get("parameters", ()))
    assert {"400", "401", "403", "429", "503"} <= set(operation["responses"])
    assert all(response["description"] for response in operation["responses"].values())
    assert operation["security"]


def test_names_are_given_once() -> None:
    names = [at(method, path)["operationId"] for method, path in OPERATIONS]
    assert len(names) == len(set(names))


def test_references_lead_somewhere_and_every_component_is_used() -> None:
    used = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(DOCUMENT)))
    assert used == set(DOCUMENT["components"]["schemas"])


def records() -> Iterator[tuple[str, str]]:
    for file in sorted(RECORDS.glob("*.json")):
        for start, name in COMPONENTS.items():
            if file.name.startswith(start):
                yield file.name, name


@pytest.mark.parametrize(("file", "name"), list(records()))
def test_the_components_take_every_golden_answer(file: str, name: str) -> None:
    answer = json.loads((RECORDS / file).read_text())
    assert [error.message for error in component(name).iter_errors(answer)] == []


@pytest.mark.parametrize("file", sorted(file.name for file in RECORDS.glob("error-*.json")))
def test_the_error_takes_every_golden_refusal(file: str) -> None:
    answer = json.loads((RECORDS / file).read_text())
    assert [error.message for error in component("Error").iter_errors(answer["body"])] == []


def test_it_is_the_same_below_the_vendors_name() -> None:
    assert read_document(*TASK_TRADES, at="/shannon") == DOCUMENT
