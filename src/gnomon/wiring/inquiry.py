"""Research in the caller's own process, on the documents of a data folder, beside a running server or without one."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gnomon.core.errors import Complaint, NotFound
from gnomon.core.library import Holdings
from gnomon.core.task import Json
from gnomon.engine.local import Log, run_locally
from gnomon.settings import Settings
from gnomon.wiring.address import recorded_address
from gnomon.wiring.documents import Documents, Tell, open_documents
from gnomon.wiring.library import OWN_LABEL, own_documents
from gnomon.wiring.readiness import require_model
from gnomon.wiring.research import public_url, research_settings
from gnomon.wiring.schemas import with_schema_check
from gnomon.workloads.research import RESEARCH

_DOCUMENT: Final = re.compile(r"/documents/(doc_\w+)/page\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What one workspace may ask of its documents."""

    settings: Settings
    documents: Documents
    workspace: str
    """Its id."""
    is_served: bool
    """The addresses of its documents are known to open: a server runs on the folder, or its address is set."""

    def take_in(self, given: Sequence[Path], tell: Tell, *, is_shared: bool) -> None:
        """Add the folders that are given, and read what has changed in those that are there.

        A library without any folder gets Gnomon's own documentation, as a server's would.

        Raises
        ------
        ValueError
            When a folder that is given has nothing to read in it.
        """
        before = {each.path for each in self.documents.folders_of(self.workspace)}
        for path in given:
            if path.resolve() not in before:
                self.documents.add(None if is_shared else self.workspace, path, None, tell)
        if not self.documents.shelf.folders() and not self.settings.no_own_documents:
            for path in own_documents():
                self.documents.shelf.add_folder(None, path, OWN_LABEL, is_own=True)
        self.documents.catch_up(self.workspace, tell)

    def holdings(self) -> Holdings:
        """Count what it may draw on."""
        return self.documents.shelf.holdings(self.workspace)

    def ask(self, brief: Mapping[str, Json], log: Log) -> Any:
        """Answer a brief, as a task of the server would be answered.

        Raises
        ------
        Failure
            When there is no answer.
        """
        with tempfile.TemporaryDirectory(prefix="gnomon-ask-") as blobs:
            return run_locally(
                with_schema_check(RESEARCH),
                dict(brief),
                blobs=Path(blobs),
                log=log,
                settings=research_settings(self.settings),
                search=lambda query, limit: self.documents.shelf.search(self.workspace, query, limit),
            )

    def find_file(self, url: str) -> Path | None:
        """Return the file that a cited address shows; None where it is not there, or no document."""
        if (found := _DOCUMENT.search(url)) is None:
            return None
        try:
            document = self.documents.shelf.get_document(self.workspace, found[1])
        except NotFound:
            return None
        folders = [
            each for each in self.documents.folders_of(self.workspace) if each.label == document.source
        ]
        places = (each.path if each.path.is_file() else each.path / document.name for each in folders)
        return next(
            (place for place in places if place.name == Path(document.name).name and place.exists()), None
        )


@contextmanager
def open_inquiry(settings: Settings, workspace: str | None) -> Iterator[Inquiry]:
    """Open the library of the settings' data folder for a workspace, the first one unless one is named.

    Raises
    ------
    NotFound
        When there is no workspace of that name.
    Unavailable
        When the library cannot be opened.
    ValueError
        When the model that is set cannot be asked.
    """
    require_model(settings)
    served = settings.public_url or recorded_address(settings.data)
    base, is_semantic = public_url(settings, served), settings.semantic == "auto"
    with open_documents(settings.data, base_url=base, is_semantic=is_semantic) as documents:
        found = documents.find_workspace(workspace).id
        yield Inquiry(settings=settings, documents=documents, workspace=found, is_served=served is not None)


def complaints_about(brief: Mapping[str, Json]) -> Sequence[Complaint]:
    """Find what is wrong with a brief before anything is opened for it."""
    check = with_schema_check(RESEARCH).check
    return check(dict(brief)) if check else ()
