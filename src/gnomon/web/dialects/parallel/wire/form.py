"""JSON against the forms: a model, or complaints that name the member and the remedy."""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.naming import no_such
from gnomon.core.task import Json
from gnomon.web.body import DEEPEST
from gnomon.web.dialects.parallel.wire.doubts import MOST_COMPLAINTS, MOST_WARNINGS, Doubts, Place, shortened
from gnomon.web.dialects.parallel.wire.words import DataSources, TaskSpec, Words

M = TypeVar("M", bound=Words)
_READ_APART = (DataSources, TaskSpec)
"""Forms whose unknown members are dealt with where they are read."""


def read(model: type[M], body: Json) -> M:
    """Read JSON of a form.

    Raises
    ------
    Invalid
        When it is not of the form; every complaint says where.
    """
    if is_deeper(body, DEEPEST):
        raise Invalid([Complaint((), f"The body is nested deeper than {DEEPEST} levels.", "depth")])
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:MOST_COMPLAINTS]
        raise Invalid([_complaint(model, one) for one in found]) from error


def is_deeper(value: Json, levels: int) -> bool:
    """Say whether JSON is nested deeper than so many levels."""
    level = [value]
    for _ in range(levels):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return any(_inside(outer) for outer in level)


def _inside(value: Json) -> Collection[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def written(words: Words) -> dict[str, Json]:
    """Write a form as it was sent, without the members that are not known."""
    given = {
        name: getattr(words, name) for name in type(words).model_fields if name in words.model_fields_set
    }
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: Json) -> Json:
    if isinstance(value, Words):
        return written(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def warn_of_unknown(words: Words, doubts: Doubts, place: Place = ()) -> None:
    """Warn of members that are not known, so that newer clients go on working."""
    unknown = _unknown(words, "".join(f"{part}." for part in place))
    for path, model in islice(unknown, MOST_WARNINGS):
        name = path.rpartition(".")[2]
        message = f"{no_such('member', name, model.model_fields)} It was ignored."
        doubts.warn("warning", message, {"fields": [path[:200]]})


def _unknown(words: Words, path: str) -> Iterator[tuple[str, type[Words]]]:
    for name in words.model_extra or ():
        yield path + name, type(words)
    for name in type(words).model_fields:
        value = getattr(words, name)
        for position, inner in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(inner, Words) and not isinstance(inner, _READ_APART):
                place = f"{path}{name}.{position}." if isinstance(value, list) else f"{path}{name}."
                yield from _unknown(inner, place)


def _complaint(model: type[Words], found: ErrorDetails) -> Complaint:
    loc = shortened(tuple(found["loc"]))
    name = ".".join(str(part) for part in loc) or "The body"
    quoted = f"'{name[:80]}'" if loc else name
    kind = found["type"]
    if kind == "missing":
        return Complaint(loc, f"{quoted} is missing.", kind)
    if kind in _NEEDS:
        return Complaint(loc, f"{quoted} must be {_NEEDS[kind]}.", kind)
    if kind == "extra_forbidden":
        return Complaint(loc, no_such("member", name, model.model_fields), kind)
    if kind in _BOUNDS:
        return Complaint(loc, f"{quoted} {_BOUNDS[kind].format(**found.get('ctx', {}))}.", kind)
    text = found["msg"].rstrip(".")
    said = text if text.startswith("must ") else f"is wrong: {text[:1].lower()}{text[1:]}"
    return Complaint(loc, f"{quoted} {said}.", kind)


_NEEDS: Mapping[str, str] = {
    "string_type": "a text",
    "bool_type": "true or false",
    "dict_type": "an object",
    "list_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
_BOUNDS: Mapping[str, str] = {
    "too_long": "may have up to {max_length} items, not {actual_length}; send the rest in another call",
    "too_short": "is empty; send at least {min_length} item",
    "string_too_long": "may have up to {max_length} characters; send fewer",
}
