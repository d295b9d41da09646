"""The process that answers: it only reads, so that a search is quick whatever is being read in."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from gnomon.core.errors import GnomonError, Invalid, Unavailable
from gnomon.core.library import found_json
from gnomon.library.keeper.opening import open_or_refuse
from gnomon.library.keeper.pipe import Frame, Pipe
from gnomon.library.keeper.telling import tell_by
from gnomon.library.keeper.wire import document_json
from gnomon.library.shelf import Shelf

log = logging.getLogger(__name__)

_THREADS = 4

Answer = tuple[dict[str, Any], bytes]


def main(pipe: Pipe, order: dict[str, Any]) -> None:
    """Answer questions until the pipe ends, then end at once."""
    tell_by(pipe, order["log_level"])
    desk = Desk(pipe, open_or_refuse(pipe, order))
    threads = ThreadPoolExecutor(_THREADS)
    pipe.send({"op": "ready"})
    for frame in pipe.receive():
        threads.submit(desk.answer, frame, time.monotonic())
    os._exit(0)


class Desk:
    """Answers what may be asked of a library."""

    def __init__(self, pipe: Pipe, shelf: Shelf) -> None:
        self._pipe = pipe
        self._shelf = shelf
        self._answers: Mapping[str, Callable[[dict[str, Any]], Answer]] = {
            "search": self._search,
            "get": self._get,
            "read": self._read,
            "list": self._list,
            "holdings": self._holdings,
        }

    def answer(self, frame: Frame, since: float) -> None:
        """Answer one question, unless whoever asked has given up waiting."""
        message = frame.message
        if time.monotonic() - since > message["patience"]:
            return
        try:
            told, content = self._answers[message["op"]](message)
        except GnomonError as error:
            told, content = _refusal(error), b""
        # A fault of ours ends one question, not the desk; the server's log has its traceback.
        except Exception as error:
            log.exception("library.broke", extra={"part": "desk"})
            told, content = _refusal(Unavailable(f"The library failed: {error}")), b""
        self._pipe.send({"op": "answer", **told, "ask": message["ask"]}, content)

    def _search(self, message: dict[str, Any]) -> Answer:
        found = self._shelf.search(message["workspace"], message["query"], limit=message["limit"])
        return {"found": found_json(found)}, b""

    def _get(self, message: dict[str, Any]) -> Answer:
        document = self._shelf.get_document(message["workspace"], message["document"])
        return {"document": document_json(document)}, b""

    def _read(self, message: dict[str, Any]) -> Answer:
        reading = self._shelf.read(message["document"], message["edition"])
        told = {
            "document": document_json(reading.document),
            "edition": reading.edition,
            "headings": list(reading.headings),
        }
        return told, reading.text.encode("utf-8", "surrogatepass")

    def _list(self, message: dict[str, Any]) -> Answer:
        page = self._shelf.list_documents(
            message["workspace"], query=message["query"], cursor=message["cursor"], limit=message["limit"]
        )
        records = [document_json(each) for each in page.records]
        return {"page": {"records": records, "next": page.next, "total": page.total}}, b""

    def _holdings(self, message: dict[str, Any]) -> Answer:
        return {"holdings": asdict(self._shelf.holdings(message["workspace"]))}, b""


def _refusal(error: GnomonError) -> dict[str, Any]:
    told: dict[str, Any] = {"op": "failed", "error": type(error).__name__, "message": error.message}
    if isinstance(error, Invalid):
        told["complaints"] = [(each.loc, each.message, each.type) for each in error.complaints]
    return told
