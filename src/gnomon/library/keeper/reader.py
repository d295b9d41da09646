"""The process that reads: it watches the folders, notes what has changed, and reads it in at low priority."""

import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

from gnomon.core.errors import GnomonError, Unavailable
from gnomon.library.keeper.parsing import Parser
from gnomon.library.keeper.pipe import Pipe
from gnomon.library.keeper.telling import tell_by
from gnomon.library.keeper.watch import Watch
from gnomon.library.shelf import Folder, Shelf

log = logging.getLogger(__name__)

_NICENESS = 10
"""Reading yields to searches, to the server's loop and to computing."""
_GLANCE = 0.5
"""Seconds between two looks at the table of folders: somebody may add one beside the server."""
_SPELL = 0.5
"""Seconds of reading between two looks at what else is to be done."""
_SECOND_LOOK = 3.0
"""Seconds after which a folder that had changed is looked at again: a file may change within one tick of its clock."""
_SHARE = 10
"""A folder is not looked at again before so many times the time that looking took."""
_BLIND_LOOK = 5.0
"""Seconds between two looks at a folder of which the system does not tell."""
_SURE_LOOK = 600.0
"""Seconds between two looks at any folder: the system may have missed something."""
_TROUBLE = 5.0
"""Seconds to wait when the library cannot be written to."""


def main(pipe: Pipe, order: dict[str, Any]) -> None:
    """Keep the library as its folders are, until the pipe ends, then end at once."""
    tell_by(pipe, order["log_level"])
    os.nice(_NICENESS)
    parser = Parser()
    threading.Thread(target=_leave_with, args=(pipe, parser), name="pipe", daemon=True).start()
    try:
        shelf = Shelf.open(Path(order["data"]))
    except GnomonError as error:
        pipe.send({"op": "refused", "message": error.message})
        os._exit(1)
    pipe.send({"op": "ready"})
    reader = Reader(shelf, parser, order)
    while True:
        try:
            reader.keep()
        except (Unavailable, OSError) as error:
            log.warning("library.stalled", extra={"cause": str(error)})
            time.sleep(_TROUBLE)


def _leave_with(pipe: Pipe, parser: Parser) -> None:
    for _ in pipe.receive():
        pass
    parser.kill()
    os._exit(0)
