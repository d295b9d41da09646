"""What the vendor has removed, and what is on its way out: each with the words and the remedy that a caller reads."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from .plant import COMPONENTS, example, year
from .server import running

DAY = {key: values[:24] for key, values in year().items()}
HOURS = [1_767_250_800_000 + 3_600_000 * hour for hour in range(24)]
PLACE = {"name": "Somewhere", "latitude": 40.0, "longitude": -105.0, "elevation": 1600}
ARRAY = "blocks[0].array is deprecated; use dcInputs"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with running(tmp_path_factory.mktemp("refusals") / "data") as server:
        keys = server.keys()
        pair = {"workspace_id": keys["workspace_api_key"], "user_id": keys["user_api_key"]}
        with httpx.Client(base_url=server.url, timeout=30) as client:
            token = client.post("/auth/token", json=pair).json()["token"]
            client.headers["Authorization"] = f"Bearer {token}"
            client.post("/locations", json=PLACE).raise_for_status()
            for path, pattern in (("/modules", "*.PAN"), ("/inverters", "*.OND")):
                file: Path = next(COMPONENTS.glob(pattern))
                client.post(path, files={"file": (file.name, file.read_bytes())}).raise_for_status()
            yield client


def model(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give a model of a day with some members replaced."""
    return {**example(), "output": {}, "weatherData": {**DAY, "date": HOURS}, **changes}


def output(**flags: Any) -> dict[str, Any]:
    """Give the change of a model's output."""
    return {"output": flags}


# What is sent -> where the complaint points, its type, and the words in it: what is wrong, and what to send instead.
REFUSED: list[tuple[str, dict[str, Any], list[Any], str, tuple[str, ...]]] = [
    (
        "",
        output(query={"start": 1}),
        ["body", "output", "query"],
        "removed",
        ("no longer", "output.blockIndex"),
    ),
    (
        "",
        output(lossBreakdownTimestamps={"start": 1}),
        ["body", "output", "lossBreakdownTimestamps"],
        "removed",
        ("no longer supported", "true or false"),
    ),
    ("", output(blockIndex=0), ["body", "output", "blockIndex"], "needs_other", ("output.blockResults",)),
    (
        "",
        output(blockResults=True, blockIndex=1),
        ["body", "output", "blockIndex"],
        "out_of_range",
        ("blockIndex 1 names no block", "0 to 0"),
    ),
    (
        "",
        output(timeSeries=True, fullTimeSeries=True, blockResults=True),
        ["body", "output", "blockResults"],
        "excludes_other",
        ("output.fullTimeSeries", "drop one"),
    ),
    (
        "",
        output(fullTimeSeries=True),
        ["body", "output", "fullTimeSeries"],
        "needs_other",
        ("needs output.timeSeries",),
    ),
    (
        "",
        {**output(blockResults=True, blockIndex=0), "blockQuery": True, "blockQueryIndex": 1, "blocks": 2},
        ["body", "blockQueryIndex"],
        "conflict",
        ("differ", "send only output.blockIndex"),
    ),
    (
        "",
        {"blockQuery": True, "blockQueryIndex": 2, "blocks": 2},
        ["body", "blockQueryIndex"],
        "out_of_range",
        ("blockQueryIndex 2 names no block", "0 to 1"),
    ),
    (
        "",
        {"blockQuery": True},
        ["body", "blockQueryIndex"],
        "missing",
        ("needs 'blockQueryIndex'", "output.blockIndex"),
    ),
    (
        "",
        output(blockResults=True, blockIndex=-1),
        ["body", "output", "blockIndex"],
        "greater_than_equal",
        ("-1 is out of range", "at least 0"),
    ),
    ("?summary=false", {}, ["query", "summary"], "removed", ("GET /energymodels/{id}?include=summary",)),
    ("?debug_block=0", {}, ["query", "debug_block"], "removed", ("no longer supported", "output.blockIndex")),
    ("?summary=true", {}, ["query", "summary"], "removed", ("GET /energymodels/{id}?include=summary",)),
    ("?fullresults=true", {}, ["query", "fullresults"], "removed", ("include=fulltimeseries",)),
    ("", {"name": "One", **output(name="Two")}, ["body", "name"], "conflict", ("differ", "send one")),
    ("", {"schemaVersion": "4.0.0"}, ["body", "blocks", 0, "array"], "removed", ("schema 4", "dcInputs")),
]

# What is sent -> the warnings of the answer, word for word.
DEPRECATED: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("", {}, (ARRAY,)),
    (
        "",
        {"blockQuery": True, "blockQueryIndex": 0},
        (
            "'blockQuery' is deprecated; use output.blockIndex.",
            "'blockQueryIndex' is deprecated; use output.blockIndex.",
        ),
    ),
    (
        "",
        {**output(blockResults=True, blockIndex=0), "blockQuery": True, "blockQueryIndex": 0},
        (
            "'blockQuery' is deprecated; use output.blockIndex.",
            "'blockQueryIndex' is deprecated; use output.blockIndex.",
        ),
    ),
    (
        "",
        {"blockQuery": True, "blockQueryIndex": 1},
        ("blockQueryIndex 1 stands for the only block that was sent, which is block 0.",),
    ),
    (
        "?blockresults=true",
        {},
        ("The query parameter 'blockresults' is deprecated; use output.blockResults.",),
    ),
    (
        "",
        {"locationId": None, "location": {"lat": 40.0, "lng": -105.0, "elevation": 1600}},
        ("location.lat and location.lng are deprecated; use latitude and longitude",),
    ),
]


@pytest.mark.parametrize(("query", "changes", "loc", "kind", "words"), REFUSED)
def test_refused_with_a_remedy(
    client: httpx.Client,
    query: str,
    changes: dict[str, Any],
    loc: list[Any],
    kind: str,
    words: tuple[str, ...],
) -> None:
    body = model({key: value for key, value in changes.items() if key != "blocks"})
    body["blocks"] = body["blocks"] * changes.get("blocks", 1)
    answer = client.post(f"/energymodels{query}", json=body)
    assert answer.status_code == 422, answer.text
    (told,) = answer.json()["detail"]
    assert (told["loc"], told["type"]) == (loc, kind)
    for word in words:
        assert word in told["msg"]
    assert client.get("/energymodels").json() == []


@pytest.mark.parametrize("name", ["debug_block", "summary", "fullresults"])
def test_a_rerun_refuses_the_same_parameters(client: httpx.Client, name: str) -> None:
    answer = client.post(f"/energymodels/1/run?{name}=0")
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", name])


@pytest.mark.parametrize(("query", "changes", "warnings"), DEPRECATED)
def test_accepted_with_a_warning(
    client: httpx.Client, query: str, changes: dict[str, Any], warnings: tuple[str, ...]
) -> None:
    answer = client.post(f"/energymodels{query}", json=model(changes))
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert set(warnings) <= set(made["taskDetails"]["warnings"])
    if "blockresults" in query or "blockQuery" in changes:
        assert set(made["blockTimeSeries"]) == {"0"}
    client.delete(f"/energymodels/{made['energyModelId']}").raise_for_status()


def test_a_name_at_the_top_is_the_outputs(client: httpx.Client) -> None:
    made = client.post("/energymodels", json=model({"name": "On top"})).json()
    row = client.get(f"/energymodels/{made['energyModelId']}?include=inputs").json()
    assert (row["name"], row["inputs"]["output"]["name"]) == ("On top", "On top")
    assert "name" not in row["inputs"]
    client.delete(f"/energymodels/{made['energyModelId']}").raise_for_status()


def test_old_names_of_coordinates_are_accepted_with_a_warning(client: httpx.Client) -> None:
    made = client.post("/locations", json={"name": "Old", "lat": 40.0, "lng": -105.0, "elevation": 1600})
    assert made.status_code == 200
    assert (made.json()["latitude"], made.json()["longitude"]) == (40.0, -105.0)
    assert "lat" not in made.json()
    assert made.json()["warnings"] == ["lat and lng are deprecated; use latitude and longitude"]


def test_old_and_new_names_of_coordinates_must_not_differ(client: httpx.Client) -> None:
    refused = client.post("/locations", json={"name": "Old", "lat": 41.0, "latitude": 40.0, "lng": -105.0})
    assert refused.status_code == 422
    (told,) = refused.json()["detail"]
    assert (told["loc"], told["type"]) == (["body", "lat"], "conflict")
    assert "send only 'latitude'" in told["msg"]
