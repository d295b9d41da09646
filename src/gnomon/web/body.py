"""Strict JSON: what Python's parser lets pass and no record should hold is refused here."""

import asyncio
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn, ParamSpec, TypeVar

from starlette.requests import Request

from gnomon.core.task import Json
from gnomon.web.problems import BadRequest, UnsupportedMedia

DEEPEST = 64
LARGEST_INTEGER = (1 << 63) - 1
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', re.DOTALL)
_SEEN_INLINE = 64 * 1024
"""Bytes of a body that is looked at on the event loop."""
_PARSED_AT_ONCE = 1024 * 1024
"""Bytes that are parsed in one call, during which no other thread has its turn."""
T = TypeVar("T")
P = ParamSpec("P")


async def read_json(request: Request) -> Json:
    """Read a request's JSON body; a large one is parsed off the event loop.

    Raises
    ------
    BadRequest
        When the body is not strict JSON.
    UnsupportedMedia
        When it is declared to be something else.
    """
    # Read first: a connection that is closed on an unread body takes the answer with it.
    content = await request.body()
    _require_json(request)
    return await apart(len(content), parse, content)


async def read_optional(request: Request) -> Json:
    """Read a JSON body that may be left out: then it is an empty object.

    Raises
    ------
    BadRequest, UnsupportedMedia
        As `read_json` does.
    """
    return await read_json(request) if (await request.body()).strip() else {}


async def apart(size: int, look: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Look at what a body of so many bytes became: at a large one off the event loop."""
    if size <= _SEEN_INLINE:  # the way to a thread and back costs more
        return look(*given, **named)
    return await asyncio.to_thread(look, *given, **named)


async def read_as(request: Request, look: Callable[[Json], T]) -> T:
    """Read a request's JSON body by a door's own function; raises what that and `read_json` raise."""
    body = await read_json(request)
    return await apart(len(await request.body()), look, body)


def parse(content: bytes) -> Json:
    """Parse strict JSON: UTF-8, finite numbers, 64-bit integers, no repeated key, no NUL, 64 levels at most.

    Raises
    ------
    BadRequest
        When the text is anything else; the message says what and, if possible, where.
    """
    if not content.strip():
        raise BadRequest("The body is empty; send a JSON document.")
    try:
        text = content.decode("utf-8")
        hooks = _YIELDING if len(content) > _PARSED_AT_ONCE else {}
        constant = partial(_refuse_constant, text)
        value = json.loads(text, object_pairs_hook=_object, parse_constant=constant, **hooks)
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8 (at byte {error.start}).") from error
    except json.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error.msg} (at character {error.pos}).") from error
    except RecursionError as error:
        raise BadRequest(f"The JSON is nested deeper than {DEEPEST} levels.") from error
    except ValueError as error:
        raise BadRequest("The JSON holds an integer that is too long.") from error
    _check(value, DEEPEST)
    return value


def _integer(text: str) -> int:
    return int(text)


def _float(text: str) -> float:
    return float(text)


_YIELDING: Mapping[str, Any] = {"parse_int": _integer, "parse_float": _float}
"""Functions of Python, between which other threads have their turns; the parser's own are faster."""


def _require_json(request: Request) -> None:
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise UnsupportedMedia("Send the body as JSON, with the header 'Content-Type: application/json'.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise BadRequest(f"The JSON repeats the key {json.dumps(repeated[:80])} in one object.")
    return made


def _refuse_constant(text: str, word: str) -> NoReturn:
    # The parser does not say where it is; the first such word outside a string is the one.
    at = next((found.start() for found in _STRING_OR_CONSTANT.finditer(text) if found[0][0] != '"'), 0)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    raise BadRequest(
        f"{word} is not JSON (line {line}, column {column}); send null, or leave the member out. "
        "Where a number is needed, send one."
    )


def _check(value: Json, levels: int) -> None:
    kind = type(value)
    if kind is float:
        if not math.isfinite(value):
            raise BadRequest("The JSON holds a number too large for a double.")
    elif kind is int:
        if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            raise BadRequest("The JSON holds an integer of more than 64 bits.")
    elif kind is str:
        _check_text(value)
    elif kind is list or kind is dict:
        _check_inside(value, levels)


def _check_inside(value: dict[str, Json] | list[Json], levels: int) -> None:
    if not levels:
        raise BadRequest(f"The JSON is nested deeper than {DEEPEST} levels.")
    if isinstance(value, dict):
        for key in value:
            _check_text(key)
    for item in value.values() if isinstance(value, dict) else value:
        _check(item, levels - 1)


def _check_text(text: str) -> None:
    if text.isascii():
        if "\0" in text:
            raise BadRequest("The JSON holds a NUL character in a string.")
        return
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadRequest("The JSON holds a NUL character or half a surrogate pair in a string.")
