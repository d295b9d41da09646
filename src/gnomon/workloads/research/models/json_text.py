"""JSON out of what a model wrote, and why it is not the JSON that was asked for."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import jsonschema
import referencing

from gnomon.core.task import Json

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_THOUGHT = re.compile(r"^\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_MOST_FAULTS = 8
_LONGEST_FAULT = 240


class NotJson(Exception):
    """No JSON can be read there."""


def read_object(text: str) -> dict[str, Json]:
    """Read the JSON object in a reply: the whole of it, or what is fenced, or what begins at the first brace.

    Raises
    ------
    NotJson
        When there is none.
    """
    told = _THOUGHT.sub("", text)
    for candidate in (told, *_FENCED.findall(told), *_from_brace(told)):
        try:
            value = json.JSONDecoder(parse_constant=_refuse).raw_decode(candidate.strip())[0]
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    raise NotJson("it holds no JSON object")


def _from_brace(text: str) -> Iterator[str]:
    start = text.find("{")
    if start > 0:
        yield text[start:]


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def validator(schema: Mapping[str, Any]) -> jsonschema.Draft202012Validator:
    """Make what checks values against a schema; no reference is fetched from anywhere."""
    checks = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(
        dict(schema), registry=referencing.Registry(), format_checker=checks
    )


def faults(value: Json, schema: Mapping[str, Any]) -> Sequence[str]:
    """Say what is wrong with a value, place by place; empty when it is valid."""
    found = sorted(
        validator(schema).iter_errors(value), key=lambda error: list(map(str, error.absolute_path))
    )
    told = [f"{_place(error.absolute_path)}: {error.message}"[:_LONGEST_FAULT] for error in found]
    return told[:_MOST_FAULTS]


def _place(path: Iterable[str | int]) -> str:
    return "/" + "/".join(map(str, path))
