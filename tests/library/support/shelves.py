"""A library on disk with folders to fill, and a clock that the test moves."""

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gnomon.library.shelf import Folder, Limits, Shelf

START = datetime(2100, 3, 1, 12, tzinfo=UTC)  # after the files' own times, which tests cannot set


@dataclass
class HandClock:
    """Time that stands until it is moved, and chance that repeats."""

    moment: datetime = START
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def now(self) -> datetime:
        return self.moment

    def chance(self, bits: int) -> int:
        return self.dice.getrandbits(bits)


@dataclass
class Room:
    """A library and the folders beside it."""

    place: Path
    limits: Limits
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.shelf = self.open()

    @property
    def file(self) -> Path:
        return self.place / "data" / "library.sqlite"

    def open(self) -> Shelf:
        return Shelf.open(self.file, self.clock, base_url="http://host", limits=self.limits)

    def reopen(self) -> None:
        self.shelf.close()
        self.shelf = self.open()

    def add(self, workspace: str | None = "w", name: str = "docs", **files: str) -> Folder:
        """Add a folder with these files; two underscores in a name are a slash, one is a dot."""
        return self.shelf.add_folder(workspace, self._fill(name, files), name)

    def add_own(self, **files: str) -> Folder:
        """Add a folder as the server's own documentation."""
        return self.shelf.add_folder(None, self._fill("own", files), "own", is_own=True)

    def _fill(self, name: str, files: Mapping[str, str]) -> Path:
        path = self.place / name
        path.mkdir(exist_ok=True, parents=True)
        for each, text in files.items():
            write(path / each.replace("__", "/").replace("_", "."), text)
        return path

    def take_in(self) -> None:
        """Scan all folders and read what waits."""
        for folder in self.shelf.folders():
            self.shelf.scan(folder.seq)
        self.shelf.read_in()

    def names(self, query: str, workspace: str = "w") -> list[str]:
        """Return the names of the documents that a search finds, the best first."""
        known = {each.id: each.name for each in self.shelf.list_documents(workspace, limit=500).records}
        return [known[each.document] for each in self.shelf.search(workspace, query, 100).passages]


def write(path: Path, text: str, *, back: float = 3600) -> None:
    """Write a file that has rested for a while."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    stamp = (START - timedelta(seconds=back)).timestamp()
    os.utime(path, (stamp, stamp))
