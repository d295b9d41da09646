"""The process that reads: it watches the folders, notes what has changed, and reads it in at low priority."""

import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from gnomon.core.errors import NotFound, Unavailable
from gnomon.library.intake import Taken
from gnomon.library.keeper.opening import open_or_refuse
from gnomon.library.keeper.parsing import Parser
from gnomon.library.keeper.pipe import Pipe
from gnomon.library.keeper.telling import tell_by
from gnomon.library.keeper.watch import Watch
from gnomon.library.keeper.wire import Provided
from gnomon.library.shelf import Folder, Limits, Shelf

log = logging.getLogger(__name__)

_NICENESS = 10
"""Reading yields to searches, to the server's loop and to computing."""
_GLANCE = 0.5
"""Seconds between two looks at the table of folders: somebody may add one beside the server."""
_SPELL = 0.5
"""Seconds of reading between two looks at what else is to be done."""
_SECOND_LOOK = 3.0
"""Seconds after which a changed folder is looked at again: a file may change within one tick of its clock."""
_SHARE = 10
"""A folder is not looked at again before so many times the time that looking took."""
_BLIND_LOOK = 5.0
"""Seconds between two looks at a folder of which the system does not tell."""
_SURE_LOOK = 600.0
"""Seconds between two looks at any folder: the system may have missed something."""
_TELL_EVERY = 30.0
"""Seconds between two lines of the log while much is read."""
_SWEEP = 86_400.0
"""Seconds between two looks for documents that have been gone for longer than they are kept."""
_TROUBLE = 5.0
"""Seconds to wait when the library cannot be written to."""


def main(pipe: Pipe, order: dict[str, Any]) -> None:
    """Keep the library as its folders are, until the pipe ends, then end at once."""
    tell_by(pipe, order["log_level"])
    os.nice(_NICENESS)
    parser = Parser()
    threading.Thread(target=_leave_with, args=(pipe, parser), name="pipe", daemon=True).start()
    limits = Limits(keep_gone=timedelta(days=order["keep_gone"]) or None)
    shelf = open_or_refuse(pipe, order, parse=parser.read, limits=limits)
    reader = Reader(shelf, parser, Watch(order["watching"]))
    pipe.send({"op": "ready"})
    provided = [Provided(**each) for each in order["folders"]]
    while True:
        try:
            reader.bring(provided)
            reader.keep()
        except (Unavailable, OSError) as error:
            log.warning("library.stalled", extra={"cause": str(error)})
            time.sleep(_TROUBLE)


def _leave_with(pipe: Pipe, parser: Parser) -> None:
    for _ in pipe.receive():
        pass
    parser.kill()
    os._exit(0)


class Reader:
    """Keeps a library as its folders are."""

    def __init__(self, shelf: Shelf, parser: Parser, watch: Watch) -> None:
        self._shelf = shelf
        self._parser = parser
        self._watch = watch
        self._changed: set[Path] = set()
        self._bell = threading.Event()
        self._due: dict[int, float] = {}
        """When each folder is to be looked at, by its number."""
        self._not_before: dict[int, float] = {}
        self._absent: list[Provided] = []
        """Folders that the server brings and that are not there yet."""
        self._may_wait = True
        """Files may wait to be read."""
        self._may_lack = True
        """Passages may lack their embeddings."""
        self._untold, self._told_at = Taken(), time.monotonic()
        self._sweep_due = time.monotonic()
        watch.on_change = self._hear

    def bring(self, provided: Iterable[Provided]) -> None:
        """Add the folders that the server brings, and take out those of its own that it no longer brings."""
        folders = [folder for folder in self._shelf.folders() if folder.workspace is None]
        there = {(folder.path, folder.is_own): folder for folder in folders}
        wanted = {(Path(each.path).resolve(), each.is_own): each for each in provided}
        for place, folder in there.items():
            if folder.is_own and place not in wanted:
                self._shelf.remove_folder(folder.seq)
        self._absent = [each for place, each in wanted.items() if place not in there]
        self._add_absent()
        for each in self._absent:
            log.warning("library.folder_missing", extra={"folder": each.path})

    def _add_absent(self) -> None:
        """Add the folders that the server brings and that are there by now."""
        for each in [each for each in self._absent if Path(each.path).exists()]:
            self._shelf.add_folder(None, Path(each.path), each.label, is_own=each.is_own)
            self._absent.remove(each)

    def keep(self) -> None:
        """Look and read for ever; raises `Unavailable`."""
        while True:
            self._add_absent()
            folders = {folder.seq: folder for folder in self._shelf.folders()}
            self._follow(folders)
            for folder in folders.values():
                if self._is_due(folder.seq):
                    self._scan(folder)
            self._sweep()
            if not self._read() and not self._embed():
                self._bell.wait(_GLANCE)
                self._bell.clear()

    def _hear(self, root: Path) -> None:
        self._changed.add(root)
        self._bell.set()

    def _follow(self, folders: Mapping[int, Folder]) -> None:
        """Watch what is in the table, and note when to look at what."""
        self._watch.follow({folder.path for folder in folders.values()})
        changed, self._changed = self._changed, set()
        now = time.monotonic()
        for seq, folder in folders.items():
            if folder.path in changed or seq not in self._due:
                self._due[seq] = now
            if folder.path in self._watch.blind:
                self._due[seq] = min(self._due[seq], self._not_before.get(seq, now) + _BLIND_LOOK)
        for seq in self._due.keys() - folders.keys():
            del self._due[seq]

    def _is_due(self, seq: int) -> bool:
        now = time.monotonic()
        return self._due[seq] <= now and self._not_before.get(seq, now) <= now

    def _scan(self, folder: Folder) -> None:
        began = time.monotonic()
        try:
            scanned = self._shelf.scan(folder.seq)
        except NotFound:  # removed meanwhile
            return
        now = time.monotonic()
        is_changed = bool(scanned.added or scanned.changed or scanned.gone)
        self._may_wait = True  # also what looks unchanged may have to be read again
        self._not_before[folder.seq] = now + _SHARE * (now - began)
        self._due[folder.seq] = now + (_SECOND_LOOK if is_changed else _SURE_LOOK)
        if is_changed:
            told = {"added": scanned.added, "changed": scanned.changed, "gone": scanned.gone}
            log.info("library.changed", extra={"folder": str(folder.path), **told})
        if scanned.problem and scanned.problem != folder.problem:
            log.warning(
                "library.folder_missing", extra={"folder": str(folder.path), "cause": scanned.problem}
            )

    def _sweep(self) -> None:
        """Forget, once a day, the documents that have been gone for longer than they are kept."""
        if (now := time.monotonic()) < self._sweep_due:
            return
        self._sweep_due = now + _SWEEP
        if forgotten := self._shelf.sweep():
            log.info("library.swept", extra={"forgotten": forgotten})

    def _read(self) -> bool:
        """Read for a while; say whether there may be more."""
        if not self._may_wait:
            return False
        until = time.monotonic() + _SPELL
        taken = self._shelf.read_in(is_stopped=lambda: time.monotonic() > until)
        self._may_lack |= bool(taken.read)
        self._may_wait = time.monotonic() > until
        self._tell(taken)
        if not self._may_wait:
            self._parser.close()  # its memory is worth more than the moment that a new one takes
        return self._may_wait

    def _embed(self) -> bool:
        """Embed for a while what was read; say whether there may be more."""
        if not self._may_lack:
            return False
        until = time.monotonic() + _SPELL
        self._shelf.embed_pending(is_stopped=lambda: time.monotonic() > until)
        self._may_lack = time.monotonic() > until
        return self._may_lack

    def _tell(self, taken: Taken) -> None:
        """Log what was read, once when all is, and now and then before."""
        self._untold = Taken(
            read=self._untold.read + taken.read, unreadable=self._untold.unreadable + taken.unreadable
        )
        is_time = not self._may_wait or time.monotonic() > self._told_at + _TELL_EVERY
        if is_time and self._untold.done:
            log.info("library.read", extra={"read": self._untold.read, "unreadable": self._untold.unreadable})
            self._untold, self._told_at = Taken(), time.monotonic()
