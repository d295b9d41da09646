"""Watching folders: the system's word that something changed is a hint to look, never the news itself."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from watchfiles import watch

from gnomon.reading.file import SUFFIXES

log = logging.getLogger(__name__)

_DEBOUNCE_MS = 300
_STEP_MS = 100
_SILENCE_MS = 1000

Identity = tuple[int, int]
"""What a path leads to: device and inode; a folder that went and came back is another one."""


def _nobody_listens(_: Path) -> None:
    return


@dataclass(slots=True)
class Watch:
    """Calls `on_change` with each root below which something changed, from a thread of its own.

    Roots may be missing, and come back: `follow` is called now and then, and looks.
    """

    mode: Literal["auto", "poll"] = "auto"
    on_change: Callable[[Path], None] = _nobody_listens
    _roots: Mapping[Path, Identity | None] = field(default_factory=dict)
    _blind: frozenset[Path] = frozenset()
    _round: "_Round | None" = None

    def follow(self, roots: Iterable[Path]) -> None:
        """Watch these roots from now on; one that is new, or has come back, counts as changed."""
        found = {root: _identify(root) for root in roots}
        if found == self._roots:
            return
        before, self._roots = self._roots, found
        self._tell_missing(before)
        self._restart([root for root, identity in found.items() if identity is not None])
        for root in found:
            self.on_change(root)

    @property
    def blind(self) -> frozenset[Path]:
        """Return the roots of which the system will not tell: they must be looked at."""
        return self._blind

    def close(self) -> None:
        """Watch nothing any more."""
        if self._round is not None:
            self._round.stop.set()
            self._round = None

    def _tell_missing(self, before: Mapping[Path, Identity | None]) -> None:
        for root, identity in self._roots.items():
            if identity is None and before.get(root, (0, 0)) is not None:
                log.warning("library.folder_missing", extra={"folder": str(root)})
            elif identity is not None and root in before and before[root] is None:
                log.info("library.folder_back", extra={"folder": str(root)})

    def _restart(self, roots: list[Path]) -> None:
        self.close()
        if self.mode == "poll":
            self._blind = frozenset(roots)
        elif roots:
            self._blind = frozenset()
            self._round = _Round(roots, self.on_change, self._go_blind)
            self._round.start()

    def _go_blind(self, roots: Iterable[Path], error: OSError) -> None:
        self._blind = frozenset(roots)
        log.warning("library.unwatched", extra={"folders": len(self._blind), "cause": str(error)})


@dataclass(slots=True)
class _Round:
    """One thread that watches a fixed set of roots."""

    roots: list[Path]
    on_change: Callable[[Path], None]
    on_failure: Callable[[Iterable[Path], OSError], None]
    stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def _run(self) -> None:
        is_first = True
        try:
            for changes in watch(
                *self.roots,
                watch_filter=lambda _, path: _may_be_document(path),
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self.stop,
                rust_timeout=_SILENCE_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                # Only now is it sure that the system tells: what changed before was perhaps not told.
                told = self.roots if is_first else {self._root_of(path) for _, path in changes}
                is_first = False
                for root in told:
                    self.on_change(root)
        except OSError as error:
            if not self.stop.is_set():
                self.on_failure(self.roots, error)

    def _root_of(self, path: str) -> Path:
        return next((root for root in self.roots if Path(path).is_relative_to(root)), self.roots[0])


def _may_be_document(path: str) -> bool:
    """Say whether the path is a document's or, having no suffix that tells, perhaps a folder's."""
    suffix = Path(path).suffix.lower()
    return suffix in SUFFIXES or not suffix


def _identify(root: Path) -> Identity | None:
    try:
        found = root.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
