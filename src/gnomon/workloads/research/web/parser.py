"""The process that reads strangers' pages and files: what it hangs at, or what fills its memory, ends it alone."""

import json
import resource
import signal
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from gnomon.reading.document import Unreadable
from gnomon.reading.page import read_page
from gnomon.workloads.research.web.letters import sound

MOST_MEMORY = 2 * 2**30


def main() -> None:
    """Read one content after the other until the pipe ends."""
    timeout = float(sys.argv[1])
    with suppress(ValueError, OSError):  # a system that sets narrower limits, or none of this kind
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := given.readline():
        head, content = (_read(given, int(length)) for length in line.split())
        signal.setitimer(signal.ITIMER_REAL, timeout)  # nobody catches it: the process ends
        answer = json.dumps(_answer(json.loads(head), content)).encode()
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(b"%d\n" % len(answer) + answer)
        answers.flush()


def _read(given: BinaryIO, length: int) -> bytes:
    content = given.read(length)
    if len(content) < length:
        raise SystemExit
    return content


def _answer(task: dict[str, Any], content: bytes) -> dict[str, Any]:
    try:
        document = read_page(content, task["content_type"], task["url"])
    except Unreadable as error:
        return {"unreadable": error.message}
    except (MemoryError, RecursionError):
        return {"unreadable": "It is too large or too deeply nested to be read."}
    return {
        "title": sound(document.title[: task["most_title"]]),
        "text": sound(document.text[: task["most"]]),
        "published": document.published,
        "is_cut": len(document.text) > task["most"],
        "notes": list(document.notes),
    }


if __name__ == "__main__":
    main()
