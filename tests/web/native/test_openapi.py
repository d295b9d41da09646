"""The document: kept as a golden file over toy trades, complete, and with examples that its own schemas accept."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from natives import operations, read_document
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from rig import ROOT
from toys import TOYS

GOLDEN = ROOT / "docs/reference/native-openapi.json"
PAGE = (ROOT / "docs/reference/native.md").read_text()
DOCUMENT = read_document(*TOYS)
OPERATIONS = operations(DOCUMENT)
WITHOUT_BODY = {304, 204}


def test_is_the_golden_file(request: pytest.FixtureRequest) -> None:
    """If not: look at what changed, then `make openapi`."""
    text = json.dumps(DOCUMENT, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text


def at(method: str, path: str) -> dict[str, Any]:
    operation: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]
    return operation


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    for method, path in OPERATIONS:
        operation = at(method, path)
        if "requestBody" in operation:
            yield f"{method} {path} body", operation["requestBody"]["content"]["application/json"]
        for status, response in operation["responses"].items():
            for media, content in response.get("content", {}).items():
                if media.endswith("json"):
                    yield f"{method} {path} {status}", content


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    registry: Registry[Any] = Registry().with_resource(
        "urn:document", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
    )
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:document#/'))
    return Draft202012Validator(absolute, registry=registry)


@pytest.mark.parametrize(
    ("place", "content"), list(contents()), ids=lambda given: given if isinstance(given, str) else ""
)
def test_every_body_has_a_schema_that_accepts_its_example(place: str, content: dict[str, Any]) -> None:
    schema = validator(content["schema"])
    schema.check_schema(content["schema"])
    if "problem" not in json.dumps(content["schema"]).lower():
        assert "example" in content, place
    if "example" in content:
        assert [error.message for error in schema.iter_errors(content["example"])] == []


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_component_accepts_its_examples(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    for example in schema.get("examples", ()):
        assert list(validator({"$ref": f"#/components/schemas/{name}"}).iter_errors(example)) == []


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_is_told(method: str, path: str) -> None:
    operation = at(method, path)
    assert operation["summary"]
    assert operation["operationId"]
    asked = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
    assert asked == set(re.findall(r"\{(\w+)", path))
    assert all(p.get("description") for p in operation.get("parameters", ()) if p["in"] != "path")
    assert {"400", "401", "403", "429", "503"} <= set(operation["responses"]) or path == "/health"
    assert "{" not in path or "404" in operation["responses"]
    for status, response in operation["responses"].items():
        assert response["description"]
        assert "content" in response or int(status) in WITHOUT_BODY, (status, response)


def test_names_are_given_once() -> None:
    names = [at(method, path)["operationId"] for method, path in OPERATIONS]
    assert len(names) == len(set(names))


def test_references_lead_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(DOCUMENT)):
        target: Any = DOCUMENT
        for part in reference.split("/"):
            target = target[part]


def test_a_submission_is_told_by_kind() -> None:
    body = at("POST", "/tasks")["requestBody"]["content"]["application/json"]["schema"]
    assert [one["$ref"].rpartition("/")[2] for one in body["oneOf"]] == [
        "Order.shout",
        "Order.stumble",
        "Order.weave",
    ]
    schema = validator(body)
    assert schema.is_valid({"kind": "shout", "input": {"text": "a"}})
    assert schema.is_valid({"kind": "weave", "input": {"threads": [{"colour": "red"}]}})
    assert schema.is_valid({"kind": "stumble"})
    for wrong in (
        {"kind": "shout"},
        {"kind": "shout", "input": {"threads": []}},
        {"kind": "weave", "input": {"threads": [{}]}},
        {"kind": "sing"},
    ):
        assert not schema.is_valid(wrong)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_page_names_every_operation(method: str, path: str) -> None:
    assert f"`{method} {path}`" in PAGE
