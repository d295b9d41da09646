"""The last words of an attempt: what a function returned or raised, as a frame."""

import re
import resource
import sys
import traceback
from math import isfinite

from gnomon.core.task import Json
from gnomon.core.workload import Child, Failure, Split
from gnomon.engine.child.pipe import encode, join, to_json

RESULT_LIMIT = 16 << 20
"""Octets of JSON that a result may have."""
_MESSAGE_LIMIT = 2000
_DEPTH_LIMIT = 200
_BLOB_NAME = re.compile(rb'"([0-9a-f]{64})"')


def blob_names(text: bytes) -> list[str]:
    """Find the strings in JSON text that are names of blobs, each once."""
    return sorted({name.decode() for name in _BLOB_NAME.findall(text)})


def returned(run: int, value: object) -> bytes:
    """Write the frame that says what the function returned; its bytes name the blobs that the value refers to."""
    try:
        message = _split(value) if isinstance(value, Split) else {"how": "done", "result": value}
        text = to_json({"op": "ended", "run": run, "peak": peak_memory(), **message})
    except (ValueError, TypeError, RecursionError, AttributeError):
        where = find_not_json(_open(value), "result") or "it refers to itself"
        return failed(run, Failure("invalid_result", f"The result is not JSON: {where}."))
    if len(text) > RESULT_LIMIT:
        return failed(run, Failure("invalid_result", _too_large(len(text))))
    return join(text, " ".join(blob_names(text)).encode())


def _split(split: Split) -> dict[str, Json]:
    return {
        "how": "split",
        "children": [_child(child) for child in split.children],
        "state": split.state,
        "on_child_failure": split.on_child_failure,
    }


def _child(child: Child) -> dict[str, Json]:
    return {
        "kind": child.kind,
        "input": child.input,
        "after": child.after,
        "visibility": child.visibility,
        "blobs": blob_names(to_json(child.input)),
    }


def _open(value: object) -> object:
    if not isinstance(value, Split):
        return value
    return {"children": [child.input for child in value.children], "state": value.state}


def _too_large(size: int) -> str:
    return (
        f"The result has {size / 1e6:.1f} MB of JSON; at most {RESULT_LIMIT / 1e6:.0f} MB are kept. "
        "Store large values with ctx.put and refer to them by name."
    )


def failed(run: int, error: BaseException) -> bytes:
    """Write the frame that says what the function raised; the log of the child gets the traceback."""
    if isinstance(error, Failure):
        code, message, retryable = error.code, error.message, error.retryable
    else:
        traceback.print_exception(error, file=sys.stderr)
        code, message, retryable = "workload_error", f"{type(error).__name__}: {error}", True
    message = message.encode(errors="replace").decode()[:_MESSAGE_LIMIT]
    return _ended(run, how="failed", code=code, message=message, retryable=retryable)


def gave_way(run: int, *, was_asked: bool) -> bytes:
    """Write the frame that says that the function let a cancel pass."""
    if not was_asked:
        return failed(run, Failure("workload_error", "The function raised Cancelled, and nobody had asked."))
    return _ended(run, how="cancelled")


def _ended(run: int, **message: Json) -> bytes:
    return encode({"op": "ended", "run": run, "peak": peak_memory(), **message})


def peak_memory() -> int:
    """Return the most memory that this process has held, in octets."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def find_not_json(value: object, path: str, depth: int = 0) -> str:
    """Name the first place of a value that JSON cannot hold, and why; empty when there is none."""
    if depth > _DEPTH_LIMIT:
        return f"{path} is nested deeper than {_DEPTH_LIMIT} levels"
    match value:
        case None | bool() | int():
            return ""
        case float():
            return "" if isfinite(value) else f"{path} is {value}"
        case str():
            return "" if _is_text(value) else f"{path} holds half a character (a lone surrogate)"
        case dict():
            return _first_in_dict(value, path, depth)
        case list() | tuple():
            places = (find_not_json(item, f"{path}[{at}]", depth + 1) for at, item in enumerate(value))
            return next(filter(None, places), "")
        case _:
            return f"{path} is a {type(value).__name__}"


def _first_in_dict(value: dict[object, object], path: str, depth: int) -> str:
    for key, item in value.items():
        if not isinstance(key, str):
            return f"{path} has the key {key!r}, which is not a string"
        found = find_not_json(item, f"{path}.{key}", depth + 1)
        if found:
            return found
    return ""


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
