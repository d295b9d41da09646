"""The last words of an attempt: what a function returned or raised, as a frame."""

import re
import resource
import sys
import traceback
from asyncio import CancelledError
from collections.abc import Callable, Set
from math import isfinite
from pathlib import Path

from gnomon.core.task import Json
from gnomon.core.workload import Asked, Cancelled, Child, Failure, GaveWay, Parked, Split
from gnomon.engine.child.pipe import encode, join, to_json

JSON_LIMIT = 4 << 20
"""Octets of JSON that a result, a step or a document may have: the server's loop reads that much in 30 ms, and
stands still for 130 ms when it is four times as much."""
_MESSAGE_LIMIT = 2000
_DEPTH_LIMIT = 200
_BLOB_NAME = re.compile(rb'"([0-9a-f]{64})"')


def blob_names(text: bytes) -> set[str]:
    """Find the strings in JSON text that could be names of blobs."""
    return {name.decode() for name in _BLOB_NAME.findall(text)}


def returned(run: int, value: object, known: Callable[[], Set[str]]) -> bytes:
    """Write the frame that says what the function returned; its bytes name the blobs that the value refers to.

    `known` gives the names of blobs that the attempt has met: other hashes in a result are not blobs.
    """
    try:
        message = _split(value, known()) if isinstance(value, Split) else {"how": "done", "result": value}
        text = to_json({"op": "ended", "run": run, "peak": peak_memory(), **message})
    except (ValueError, TypeError, RecursionError, AttributeError):
        where = find_not_json(_open(value), "result") or "it refers to itself"
        return failed(run, Failure("invalid_result", f"The result is not JSON: {where}."))
    if len(text) > JSON_LIMIT:
        return failed(run, too_large("The result", len(text)))
    names = blob_names(text)
    return join(text, " ".join(sorted(names & known())).encode() if names else b"")


def _split(split: Split, known: Set[str]) -> dict[str, Json]:
    return {
        "how": "split",
        "children": [_child(child, known) for child in split.children],
        "state": split.state,
        "on_child_failure": split.on_child_failure,
    }


def _child(child: Child, known: Set[str]) -> dict[str, Json]:
    return {
        "kind": child.kind,
        "input": child.input,
        "after": child.after,
        "visibility": child.visibility,
        "blobs": sorted(blob_names(to_json(child.input)) & known),
    }


def _open(value: object) -> object:
    if not isinstance(value, Split):
        return value
    return {"children": [child.input for child in value.children], "state": value.state}


def too_large(what: str, size: int) -> Failure:
    """Say that something is too large to be kept as JSON, and what to do instead."""
    return Failure(
        "invalid_result",
        f"{what} has {size / 1e6:.1f} MB of JSON; at most {JSON_LIMIT / 1e6:.1f} MB are kept. "
        "Store large values with ctx.put and refer to them by name.",
    )


def failed(run: int, failure: Failure) -> bytes:
    """Write the frame that says why the attempt failed."""
    message = failure.message.encode(errors="replace").decode()[:_MESSAGE_LIMIT]
    return _ended(run, how="failed", code=failure.code, message=message, retryable=failure.retryable)


def _broke(run: int, error: BaseException, title: str, package: str) -> bytes:
    """Do so for what is no failure that the workload has named; the log of the child gets the traceback."""
    # In one piece: several attempts may write at the same time.
    sys.stderr.write(f"{title} failed:\n{''.join(traceback.format_exception(error))}")
    sys.stderr.flush()
    place = _place_of(error, package)
    message = f"{type(error).__name__}: {error}"[: _MESSAGE_LIMIT - len(place)] + place
    return failed(run, Failure("workload_error", message, retryable=True))


def _place_of(error: BaseException, package: str) -> str:
    """Name the last line of the workload's own code that the error came through."""
    places = [
        f" ({Path(frame.f_code.co_filename).name}, line {line})"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package
    ]
    return places[-1] if places else ""


def swallowed(run: int, key: str) -> bytes:
    """Write the frame that says that the function went on although its question was open."""
    message = f"The function went on after ctx.ask({key!r}): it caught Asked, which it must let pass."
    return failed(run, Failure("workload_error", message))


def raised(
    run: int,
    error: BaseException,
    *,
    title: str,
    package: str,
    may_stop: bool,
    may_park: bool,
    known: Callable[[], Set[str]],
) -> bytes:
    """Write the frame that says what the function raised: a way out that it let pass, or its failure.

    `title` names the attempt in the log, `package` holds the workload's own code; `may_stop` and `may_park` say what
    somebody has asked for; `known` gives the names of the blobs that the attempt has met.
    """
    match _way_out(error):
        case Cancelled() | CancelledError() if may_stop:
            return _ended(run, how="cancelled")
        case Parked() if may_park:
            return _ended(run, how="parked", blobs=sorted(known()))
        case Asked() as asked:
            return _ended(
                run,
                how="asked",
                key=asked.key,
                question=asked.question,
                within=asked.within,
                blobs=sorted(known()),
            )
        case GaveWay() | CancelledError() as way:
            message = f"The function raised {type(way).__name__}, and nobody had asked."
            return failed(run, Failure("workload_error", message))
        case Failure() as failure:
            return failed(run, failure)
        case _:
            return _broke(run, error, title, package)


def _way_out(error: BaseException) -> BaseException:
    """Return the way out that a group of errors (of a task group, say) consists of; other errors as they are."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    ways, rest = error.split(GaveWay)
    return error if ways is None or rest is not None else _first(ways)


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


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
