"""The library from the command line: on the data folder itself, beside a running server or without one."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gnomon.core.access import Workspace
from gnomon.core.errors import NotFound
from gnomon.core.hub import Hub
from gnomon.core.library import Found, Holdings, Passage
from gnomon.core.naming import no_such
from gnomon.library.catalogue import Own
from gnomon.library.keeper.opening import find_meaning, open_library
from gnomon.library.keeper.parsing import Parser
from gnomon.library.report import Report, count_pending, is_embedding, report
from gnomon.library.shelf import Folder, Shelf
from gnomon.reading.file import SUFFIXES
from gnomon.reading.sentence import sentences
from gnomon.reading.terms import spans, terms
from gnomon.store.driver import Readers
from gnomon.store.sqlite import SqliteStore
from gnomon.store.workspace import list_workspaces

Tell = Callable[[int, int], None]
"""Called with how many files of a folder are done, and of how many."""

_GLANCE = 0.1
_EXCERPT = 320
"""Characters from which on an excerpt is long enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of a passage that says most of what was asked, and where the words of the question stand in it."""

    start: int
    end: int
    marks: Sequence[tuple[int, int]]


@dataclass(slots=True, kw_only=True)
class _Progress:
    """Tells how far the reading of some folders is, and says when it is done, whoever reads."""

    shelf: Shelf
    folders: Sequence[int]
    tell: Tell
    total: int = 0
    is_done: bool = False
    _next: float = field(default=0.0)

    def look(self) -> bool:
        """Look now and then; say whether nothing waits any more."""
        if (now := time.monotonic()) >= self._next:
            pending = sum(count_pending(self.shelf, folder) for folder in self.folders)
            self.total = max(self.total, pending)
            self.tell(self.total - pending, self.total)
            self.is_done = pending == 0
            self._next = now + _GLANCE
        return self.is_done


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """What the owner of a data folder may do about its documents."""

    data: Path
    shelf: Shelf

    def place(self, workspace: str | None, *, is_shared: bool) -> str | None:
        """Return the id of the workspace that is meant, None for all; the first one unless one is named.

        Raises
        ------
        NotFound
            When there is no workspace of that name.
        ValueError
            When both are meant.
        """
        if is_shared and workspace is not None:
            raise ValueError("Give --workspace or --shared, not both.")
        return None if is_shared else self.find_workspace(workspace).id

    def find_workspace(self, identifier: str | None) -> Workspace:
        """Return a workspace, the first one when none is named; raises `NotFound`."""
        known = self.workspaces()
        if identifier is None:
            return known[0]
        found = next((each for each in known if each.identifier == identifier), None)
        if found is None:
            raise NotFound(no_such("workspace", identifier, [each.identifier for each in known]))
        return found

    def workspaces(self) -> Sequence[Workspace]:
        """List the workspaces, oldest first; on an empty data folder the first one is made, as a server would."""
        if not (self.data / "gnomon.db").exists():
            asyncio.run(_found(self.data))
        return asyncio.run(_list_workspaces(self.data))

    def add(self, workspace: str | None, path: Path, label: str | None, tell: Tell) -> Report:
        """Add a folder, or a single file, and read it in.

        Raises
        ------
        ValueError
            When nothing in it can be read; then it is not added.
        """
        before = {folder.seq for folder in self.shelf.folders()}
        folder = self.shelf.add_folder(workspace, path, label)
        scanned = self.shelf.scan(folder.seq)
        progress = _Progress(shelf=self.shelf, folders=[folder.seq], tell=tell)
        progress.look()
        found = self._report(folder.seq)
        if not found.documents + found.pending + found.unreadable:
            if folder.seq not in before:
                self.shelf.remove_folder(folder.seq)
            raise ValueError(_nothing_in(path, scanned.problem))
        self.shelf.read_in(is_stopped=progress.look)
        return self._report(folder.seq)

    def catch_up(self, workspace: str, tell: Tell) -> None:
        """Read what has changed, since somebody looked, in the folders that a workspace draws on."""
        folders = [each.seq for each in self.folders_of(workspace)]
        for folder in folders:
            self.shelf.scan(folder)
        progress = _Progress(shelf=self.shelf, folders=folders, tell=tell)
        if not progress.look():
            self.shelf.read_in(is_stopped=progress.look)

    def folders_of(self, workspace: str) -> Sequence[Folder]:
        """List the folders that a workspace may draw on: its own, those of all, and Gnomon's documentation."""
        return [each for each in self.shelf.folders() if each.workspace in (None, workspace)]

    def remove(self, workspace: str | None, path: Path) -> Folder:
        """Take a folder out; raises `NotFound`."""
        folders = [each for each in self.shelf.folders() if each.workspace == workspace]
        real = path.expanduser().resolve()
        found = next((each for each in folders if each.path == real), None)
        if found is None:
            raise NotFound(no_such("folder", str(real), [str(each.path) for each in folders]))
        self.shelf.remove_folder(found.seq)
        return found

    def reports(self) -> Sequence[tuple[str | None, Report]]:
        """Say how each folder stands, with the name of its workspace, None for all."""
        names = {each.id: each.identifier for each in self.workspaces()}
        return [
            (
                names.get(folder.workspace, folder.workspace) if folder.workspace else None,
                report(self.shelf, folder),
            )
            for folder in self.shelf.folders()
        ]

    def search(self, workspace: str | None, query: str, limit: int) -> Found:
        """Find passages as the research of a workspace does; raises `NotFound`."""
        return self.shelf.search(self.find_workspace(workspace).id, query, limit)

    def whereabouts(self, workspace: str | None, passage: Passage) -> str:
        """Name the folder and the file that a passage stands in; raises `NotFound`."""
        document = self.shelf.get_document(self.find_workspace(workspace).id, passage.document)
        return document.name if document.name == document.source else f"{document.source}: {document.name}"

    def holdings(self, workspace: str | None) -> Holdings:
        """Count what a workspace may draw on; raises `NotFound`."""
        return self.shelf.holdings(self.find_workspace(workspace).id)

    def find_lag(self, workspace: str | None) -> Holdings | None:
        """Count what a workspace may draw on while some of it waits for its meaning to be indexed, else None.

        It waits where a server searches by meaning; words alone find until all is there. Raises `NotFound`.
        """
        holdings = self.holdings(workspace)
        return holdings if holdings.embedded < holdings.passages and is_embedding(self.shelf) else None

    def notes(self, workspace: str | None) -> Sequence[tuple[str, str]]:
        """List what was left out of documents that a workspace draws on, by their names; raises `NotFound`."""
        folders = self.folders_of(self.find_workspace(workspace).id)
        return [note for folder in folders for note in report(self.shelf, folder).notes]

    def own_documents(self, workspace: str | None) -> Own | None:
        """Count Gnomon's own documents, and say whether a workspace draws on them; raises `NotFound`."""
        return self.shelf.own_documents(self.find_workspace(workspace).id)

    def _report(self, seq: int) -> Report:
        return report(self.shelf, next(each for each in self.shelf.folders() if each.seq == seq))


@contextmanager
def open_documents(data: Path, *, base_url: str = "", is_semantic: bool = False) -> Iterator[Documents]:
    """Open the library of a data folder, which is made when absent; raises `Unavailable`.

    With `is_semantic` it is searched by meaning too, where a model for that is installed; `base_url` is what the
    addresses of documents begin with.
    """
    parser = Parser()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    meaning = find_meaning() if is_semantic else None
    shelf = open_library(data, parse=parser.read, base_url=base_url, meaning=meaning)
    try:
        yield Documents(data=data, shelf=shelf)
    finally:
        parser.close()
        shelf.close()


def excerpt(text: str, query: str) -> Excerpt:
    """Choose the sentences around the one that has most of the query's terms."""
    wanted = set(terms(query))
    marks = [(start, end, term) for term, start, end in spans(text) if term in wanted]
    parts = sentences(text)
    if not parts:
        return Excerpt(start=0, end=len(text), marks=())
    weights = [len({term for start, _, term in marks if part.start <= start < part.end}) for part in parts]
    first = last = max(range(len(parts)), key=weights.__getitem__)
    while parts[last].end - parts[first].start < _EXCERPT and (first > 0 or last + 1 < len(parts)):
        if last + 1 < len(parts):
            last += 1
        else:
            first -= 1
    start, end = parts[first].start, parts[last].end
    return Excerpt(start=start, end=end, marks=[(a, b) for a, b, _ in marks if start <= a and b <= end])


def _nothing_in(path: Path, problem: str | None) -> str:
    why = problem or f"Gnomon reads {', '.join(sorted(SUFFIXES))}"
    return f"There is nothing to read in {path}: {why}."


async def _list_workspaces(data: Path) -> Sequence[Workspace]:
    """List the workspaces without the lock that a running server holds."""
    readers = Readers(data / "gnomon.db", 1)
    try:
        return await readers.run(list_workspaces)
    finally:
        readers.stop()
        await asyncio.to_thread(readers.join)


async def _found(data: Path) -> None:
    """Make the first workspace, and write its keys."""
    # Imported late: it brings the web, which only a folder without a workspace needs, once.
    from gnomon.wiring.server import build_house, default_workspace, find_secret

    hub = Hub()
    store = SqliteStore.open(data, hub)
    try:
        house = build_house(await find_secret(data, store), store, hub)
        await default_workspace(house, data / "keys.json")
    finally:
        await store.close()
