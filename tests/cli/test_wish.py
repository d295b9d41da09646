import click
import pytest
from jsonschema import Draft202012Validator

from gnomon.cli.wish import TYPES, read_field, read_wish
from gnomon.core.brief import BRIEF
from gnomon.wiring.inquiry import complaints_about


@pytest.mark.parametrize(
    ("text", "name", "schema"),
    [
        ("maker", "maker", {"type": ["string", "null"]}),
        ("maker:", "maker", {"type": ["string", "null"]}),
        ("height:number", "height", {"type": ["number", "null"]}),
        (
            "floors:int:Floors: all of them",
            "floors",
            {"type": ["integer", "null"], "description": "Floors: all of them"},
        ),
        ("opened:date", "opened", {"type": ["string", "null"], "format": "date"}),
        ("tags:text[]", "tags", {"type": ["array", "null"], "items": {"type": "string"}}),
        ("kind: arch | beam", "kind", {"type": ["string", "null"], "enum": ["arch", "beam", None]}),
    ],
)
def test_a_field_is_read(text: str, name: str, schema: dict[str, object]) -> None:
    assert read_field(text) == (name, schema)


@pytest.mark.parametrize("kind", [*TYPES, "text[]", "a|b"])
def test_every_type_makes_a_brief_that_research_takes(kind: str) -> None:
    wish = read_wish([f"value:{kind}:What is looked for"], None)
    brief = {"input": "a question", "output": wish}
    Draft202012Validator(dict(BRIEF)).validate(brief)
    assert not complaints_about(brief)


@pytest.mark.parametrize("text", ["", ":date", "a:b", "a:text[][]x", "a:[]"])
def test_what_is_no_field_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(click.UsageError, match="--field"):
        read_field(text)
