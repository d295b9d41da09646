"""What an answer shall be, as it is said on the command line: `--field NAME:TYPE`, or a file with a JSON Schema."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
}
_ALIASES: Final = {"string": "text", "str": "text", "float": "number", "int": "integer", "bool": "boolean"}
_LIST: Final = "[]"


def read_wish(fields: Sequence[str], schema: Path | None) -> dict[str, Any]:
    """Return the `output` of a brief: text, unless fields or a schema are given.

    Raises
    ------
    click.UsageError
        When they cannot be read; the text says what to give instead.
    """
    if fields and schema is not None:
        raise click.UsageError("Give --field or --schema, not both.")
    if schema is not None:
        return {"type": "json", "schema": _read_schema(schema)}
    if not fields:
        return {"type": "text"}
    members = dict(map(read_field, fields))
    if len(members) < len(fields):
        raise click.UsageError("Two --field have the same name.")
    return {
        "type": "json",
        "schema": {"type": "object", "properties": members, "required": list(members)},
    }


def read_field(text: str) -> tuple[str, dict[str, Any]]:
    """Read `NAME`, `NAME:TYPE` or `NAME:TYPE:WORDS`; the value may be null, so that nothing has to be made up.

    `[]` behind a type makes a list of it, and `a|b|c` as a type is a choice.

    Raises
    ------
    click.UsageError
        When it is none of them.

    >>> read_field("opened:date:Day of the opening")
    ('opened', {'type': ['string', 'null'], 'format': 'date', 'description': 'Day of the opening'})
    """
    name, _, rest = text.partition(":")
    word, _, about = rest.partition(":")
    if not name.strip():
        raise click.UsageError(f"--field must begin with a name, such as height:number: {text!r} does not.")
    said = {"description": about.strip()} if about.strip() else {}
    return name.strip(), {**_nullable(_type_of(word.strip() or "text", text)), **said}


def _type_of(word: str, text: str) -> dict[str, Any]:
    if word.endswith(_LIST):
        return {"type": "array", "items": _type_of(word.removesuffix(_LIST), text)}
    if "|" in word:
        return {"type": "string", "enum": [each.strip() for each in word.split("|") if each.strip()]}
    known = TYPES.get(_ALIASES.get(word, word))
    if known is None:
        raise click.UsageError(
            f"--field {text}: there is no type {word!r}. "
            f"Use {', '.join(TYPES)}, TYPE[] for a list, or a|b for a choice."
        )
    return dict(known)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **choices}


def _read_schema(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--schema {path} is no JSON Schema that can be read: {error}.") from error
