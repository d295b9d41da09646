"""The process that parses: what it is given may be hostile, so it may take little and can be killed."""

import gc
import logging
import os
import resource
import sys
from typing import Any

from gnomon.library.keeper.boot import die_with_parent
from gnomon.library.keeper.pipe import Frame, Pipe
from gnomon.library.read import parse
from gnomon.reading.document import Document, Unreadable

_PAGE = os.sysconf("SC_PAGE_SIZE")


def main(pipe: Pipe, order: dict[str, Any]) -> None:
    """Parse one file after another, until the pipe ends."""
    die_with_parent()
    logging.disable(logging.CRITICAL)  # what parsers murmur about broken files is of no use to anybody
    resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pipe.send({"op": "ready"})
    for frame in pipe.receive():
        _limit_time(order["seconds"])
        message, content = _answer(frame)
        del frame
        pipe.send({**message, "resident": _resident()}, content)


def _answer(frame: Frame) -> tuple[dict[str, Any], bytes]:
    try:
        parsed = parse(frame.content, frame.message["name"])
        cuts = [(each.start, each.end, each.heading, each.page) for each in parsed.cuts]
    except Unreadable as error:
        return {"op": "unreadable", "code": error.code, "message": error.message}, b""
    except MemoryError:
        gc.collect()
        told = "Reading it takes more memory than a document may have; split it, or convert it to text."
        return {"op": "unreadable", "code": "too_large", "message": told}, b""
    except RecursionError:
        told = "It is nested too deeply to be read; convert it to text."
        return {"op": "unreadable", "code": "damaged", "message": told}, b""
    return {"op": "read", "cuts": cuts, **_particulars(parsed.document)}, parsed.document.text.encode(
        errors="replace"
    )


def _particulars(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "headings": [(each.start, each.depth, each.words) for each in document.headings],
        "pages": document.pages,
        "published": document.published,
        "origin_url": document.origin_url,
        "media_type": document.media_type,
        "notes": document.notes,
    }


def _limit_time(seconds: int) -> None:
    """Have the kernel end the process when one file takes so much computing, should nobody else do it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, most))


def _resident() -> int:
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - once for every file that is read
        return int(file.read().split()[1]) * _PAGE
