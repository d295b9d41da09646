"""The gleaner: what it quotes and fills, and what it honestly leaves open."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gnomon.core.brief import ANSWER, BRIEF, Brief, Wish
from gnomon.core.task import Status
from gnomon.core.workload import Failure
from gnomon.engine.local import Log, run_locally
from gnomon.wiring import with_schema_check

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "workloads" / "src"))

from engine_shop import open_shop
from gnomon_gleaner import FOLDER, GLEANER, WORKLOADS, most_passages
from gnomon_gleaner.fields import boolean, fill, integer, number
from gnomon_gleaner.passages import Passage, label_of, open_object, part, rank, sentences, split, words

KEYS = st.sampled_from(
    ["type", "properties", "$ref", "$defs", "anyOf", "enum", "items", "format", "description"]
)
WORDS = st.sampled_from(["object", "array", "number", "null", "date", "#/$defs/type", "height", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)

NOTES = (
    "Gnomon is a shadow-casting part of a sundial. The oldest known stands in Taosi.\n"
    "Height: 2.5 m\n"
    "Stars in view: 3,200\n"
    "Found: 2002-05-14\n"
    "Makers: Anaximander, Ptolemy; Al-Biruni\n"
    "Restored: yes\n"
)


@pytest.mark.parametrize(
    ("text", "asked", "rest"),
    [
        ("What is the market cap of Apple?", "What is the market cap of Apple?", ""),
        ("Summarise the filing.", "Summarise the filing.", ""),
        ("Water boils at 100 degrees. When?", "When?", "Water boils at 100 degrees."),
        ("Name: Ada\nBorn: 1815", "", "Name: Ada\nBorn: 1815"),
        ("", "", ""),
    ],
)
def test_a_text_is_parted_into_what_it_asks_and_the_rest(text, asked, rest):
    assert part(text) == (asked, rest)


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        ("Height: 2.5 m", "Height", "2.5 m"),
        ("- CEO: Ada", "CEO", "Ada"),
        ("https://example.com", "", "https://example.com"),
        ("It is late", "", "It is late"),
    ],
)
def test_labels(text, label, value):
    assert label_of(text) == (label, value)


def test_words_carry_meaning():
    assert words("What is the marketCaps of Apple's shares?") == ["market", "cap", "apple", "s", "share"]
    assert sentences("One. Two!\nThree") == ["One.", "Two!", "Three"]


def test_an_objects_values_say_where_they_stand():
    passages = open_object({"a": {"b/c": "One. Two."}, "n": [1, None]}, "input")
    assert [(each.source, each.label, each.text) for each in passages] == [
        ("input#/a/b~1c", "b/c", "One."),
        ("input#/a/b~1c", "b/c", "Two."),
        ("input#/n/0", "n", "1"),
    ]


def test_the_nearest_passage_comes_first_and_what_shares_no_word_not_at_all():
    passages = split("Cats sleep. The sundial of Taosi is old. A sundial needs the sun.", "input")
    assert [each.text for each in rank("How old is the sundial?", passages)] == [
        "The sundial of Taosi is old.",
        "A sundial needs the sun.",
    ]
    assert rank("", passages) == rank("zebra", passages) == rank("sundial", []) == []


@pytest.mark.parametrize(
    ("text", "value"), [("about 3.2 million", 3.2e6), ("-1,200.5", -1200.5), ("5 m", 5), ("none", None)]
)
def test_numbers(text, value):
    assert number(text) == value


def test_whole_numbers_and_truth():
    assert (integer("2.5"), integer("12 of 13")) == (None, 12)
    assert (boolean("Yes, it is"), boolean("false"), boolean("now")) == (True, False, None)


@pytest.mark.parametrize(
    ("name", "schema", "value"),
    [
        ("height", {"type": "number"}, 2.5),
        ("starsInView", {"type": "integer"}, 3200),
        ("found", {"type": "string"}, "2002-05-14"),
        ("restored", {"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
        ("makers", {"type": "array", "items": {"type": "string"}}, ["Anaximander", "Ptolemy", "Al-Biruni"]),
        ("makers", {"enum": ["Vitruvius", "Ptolemy"]}, "Ptolemy"),
        ("discovery_date", {"type": "string", "description": "When it was found"}, "2002-05-14"),
        ("weight", {"type": ["number", "null"]}, None),
        ("place", {"$ref": "#/$defs/Place"}, {"height": 2.5}),
        ("weights", {"type": "array"}, []),
        ("weight", {"enum": ["heavy", None]}, None),
        ("anything", "nonsense", None),
        ("itself", {"$ref": "#/$defs/Loop"}, None),
    ],
)
def test_a_field_that_must_be_there_is_filled_or_empty(name, schema, value):
    place = {"type": "object", "properties": {"height": {"type": "number"}, "city": {"type": "string"}}}
    parts = {"Place": place, "Loop": {"$ref": "#/$defs/Loop"}}
    root = {"properties": {name: schema}, "required": [name], "$defs": parts}
    assert fill(root, root, split(NOTES, "input"))[name].value == value


def test_a_list_takes_what_an_objects_list_holds():
    root = {"properties": {"makers": {"type": "array", "items": {"type": "string"}}}}
    passages = open_object({"makers": ["Anaximander", "Ptolemy"]}, "input")
    assert fill(root, root, passages)["makers"].value == ["Anaximander", "Ptolemy"]


def test_an_object_inside_itself_ends():
    node = {"type": "object", "properties": {"height": {"type": "number"}, "next": {"$ref": "#/$defs/Node"}}}
    root = {"$ref": "#/$defs/Node", "$defs": {"Node": node}}
    found = fill(root, root, split(NOTES, "input"))
    assert {name: each.value for name, each in found.items()} == {"height": 2.5}


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "missing"),
    [
        (TEXT, ("weight",)),
        ({"type": "integer"}, ("weight",)),
        ({"enum": ["heavy", "light"]}, ("weight",)),
        ({"anyOf": [{"$ref": "#/$defs/Text"}, {"type": "null"}]}, ()),
        ({"oneOf": [{"type": "null"}, TEXT]}, ()),
        ({}, ()),
        ({"type": "object", "properties": {"mass": TEXT}}, ()),
        (
            {"type": "object", "properties": {"mass": TEXT, "height": TEXT}, "required": ["mass"]},
            ("weight.mass",),
        ),
        ({"type": ["object", "null"], "properties": {"mass": TEXT}, "required": ["mass"]}, ()),
    ],
)
def test_what_must_be_there_and_is_not_found_is_named_unless_null_will_do(schema, missing):
    inner = {"properties": {"weight": schema}, "$defs": {"Text": TEXT}}
    (found,) = fill(wanted := {**inner, "required": ["weight"]}, wanted, split(NOTES, "input")).values()
    assert found.missing == missing
    assert fill(inner, inner, split(NOTES, "input")) == {}
    if not missing:
        Draft202012Validator(wanted).validate({"weight": found.value})


def test_a_run_fails_with_the_names_of_what_it_did_not_find(tmp_path):
    schema = {
        "type": "object",
        "properties": {"height": TEXT, "weight": TEXT},
        "required": ["height", "weight"],
    }
    with pytest.raises(Failure, match=r"says 'weight'\. Give it in the input, as a line 'weight: ") as failed:
        glean(NOTES, Wish(type="json", schema=schema), tmp_path)
    assert (failed.value.code, failed.value.retryable) == ("not_found", False)
    answer, _ = glean(NOTES, Wish(type="json", schema={**schema, "required": ["height"]}), tmp_path)
    assert answer["content"] == {"height": "2.5 m"}


@given(schema=JSON)
def test_no_schema_makes_it_stumble(schema):
    root = {"properties": {"height": schema}, "required": ["height"], "$defs": schema}
    fill(root, root, split(NOTES, "input"))
    if isinstance(schema, dict):
        fill(schema, schema, split(NOTES, "input"))


def test_what_is_quoted_stands_there_word_for_word():
    root = {"properties": {"height": {"type": "number"}}}
    found = fill(root, root, split(NOTES, "input"))["height"]
    assert found.passages == (Passage(text="Height: 2.5 m", source="input", label="Height"),)
    assert found.confidence == "medium"


CHECKED = with_schema_check(GLEANER)


def brief(given, wish=None, **more):
    order = Brief(input=given, output=wish or Wish(), effort=more.pop("effort", 2), **more).json()
    assert not list(Draft202012Validator(BRIEF).iter_errors(order))
    return order


def glean(given, wish=None, tmp_path=Path(), **more):
    log = Log()
    answer = run_locally(CHECKED, brief(given, wish, **more), blobs=tmp_path, log=log)
    assert not list(Draft202012Validator(ANSWER).iter_errors(answer))
    return answer, log


@pytest.mark.parametrize(
    "question",
    [
        "What is the market cap of Apple?",
        "Summarise the latest 10-K filing for Microsoft.",
        "Conduct a deep competitive analysis of the EV battery market.",
        "What were the key macroeconomic events of Q1 2025?",
    ],
)
def test_a_bare_question_is_told_that_there_is_nothing_to_glean(question):
    answer, _ = glean(question)
    assert answer["content"] == {"answer": f"Nothing that was given answers this: {question}", "quotes": []}
    assert {entry["confidence"] for entry in answer["basis"]} == {"low"}
    assert not any(entry["citations"] for entry in answer["basis"])


def test_a_text_is_quoted_with_its_source():
    answer, _ = glean(f"How old is the sundial in Taosi?\n{NOTES}", Wish(type="text"))
    assert answer["content"].startswith("> The oldest known stands in Taosi. (input)")
    (entry,) = answer["basis"]
    assert entry["field"] == "output"
    assert all(excerpt in NOTES for excerpt in entry["citations"][0]["excerpts"])


def test_the_folders_files_are_read(tmp_path, monkeypatch):
    (tmp_path / "sundials").mkdir()
    (tmp_path / "sundials" / "notes.txt").write_text(NOTES)
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    schema = {"type": "object", "properties": {"makers": {"type": "array", "items": {"type": "string"}}}}
    answer, log = glean({"name": "Taosi"}, Wish(type="json", schema=schema), tmp_path)
    assert [entry["field"] for entry in answer["basis"]] == ["makers", "makers.0", "makers.1", "makers.2"]
    assert answer["basis"][0]["citations"][0]["url"] == "files/sundials/notes.txt"
    counts = [message for message in log.messages if message["kind"] == "sources"]
    assert [(count["considered"], count["read"]) for count in counts] == [(2, 1), (2, 2)]
    assert [message["kind"] for message in log.messages] == ["plan", "sources", "sources", "search", "result"]
    assert [percent for percent, _ in log.progress] == sorted(percent for percent, _ in log.progress)


def test_effort_pays_for_passages():
    text = "\n".join(f"Line {number}." for number in range(100)) + "\nThe sundial is old."
    few, _ = glean(f"Is the sundial old?\n{text}", Wish(type="text"), effort=1)
    many, _ = glean(f"Is the sundial old?\n{text}", Wish(type="text"), effort=9)
    assert few["content"].startswith("Nothing")
    assert "The sundial is old." in many["content"]
    assert most_passages(Brief(input="x", effort=2, is_fast=True)) == 8


async def test_a_child_runs_it_and_its_log_tells_of_it(tmp_path):
    async with open_shop(tmp_path, workloads=WORKLOADS) as shop:
        order = brief(f"How old is the sundial in Taosi?\n{NOTES}", Wish(type="text"))
        task = await shop.run("glean", order)
        assert task.status is Status.COMPLETED
        assert task.result == run_locally(GLEANER, order, blobs=tmp_path)
