"""The resource: a saved JSON document of a kind in a workspace, with revisions and its latest task."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.core.workload import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A stored resource at its newest revision."""

    id: str
    """Global: a string of digits that sorts by time."""
    workspace: str
    kind: str
    number: int
    """Sequential within the workspace and the kind."""
    name: str | None
    revision: int
    """Counts creation, replacement and run, from 1."""
    document_revision: int
    """The revision that last changed the document."""
    document: Json
    """None when the reader asked for records without documents."""
    latest_task_id: str | None
    latest_task_revision: int | None
    """The revision that the latest task ran; older than `document_revision` means: edited since."""
    created_at: datetime
    updated_at: datetime

    @property
    def is_draft(self) -> bool:
        """Say whether the document has no run, or is newer than its last one."""
        return self.latest_task_revision is None or self.latest_task_revision < self.document_revision


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResource:
    """A resource that is not yet stored."""

    id: str
    workspace: str
    kind: str
    document: Json
    name: str | None = None
    links: tuple[str, ...] = ()
    """Ids of the resources that the document refers to."""
    blobs: tuple[str, ...] = ()
    origin: tuple[str, str] | None = None
    """(task id, key) when an attempt saves it: the same origin is saved once."""


def _accept(_: Json) -> Sequence[Complaint]:
    return ()


def _same(document: Json) -> Json:
    return document


def _nothing(_: Json) -> Sequence[Reference]:
    return ()


def _never(_: Json) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceKind:
    """What a noun means: which documents it accepts, what it adds to them, what they refer to."""

    kind: str
    schema: Mapping[str, Json] = field(default_factory=lambda: {"type": "object"})
    check: Callable[[Json], Sequence[Complaint]] = _accept
    """Find what is wrong with a document; it must not raise for any JSON."""
    complete: Callable[[Json], Json] = _same
    """Add what can be derived; may take a while (reads files), must not fail on a checked document.

    Raises
    ------
    Failure
        When something cannot be derived; its message names the field to give instead.
    """
    references: Callable[[Json], Sequence[Reference]] = _nothing
    gathers: tuple[str, ...] = ()
    """Kinds whose newest resource linked to this one is pinned along with it."""
    needs_result: Callable[[Json], bool] = _never
    """Say whether a document is of use to who refers to it only with the result of its run, which then goes along."""
    check_draft: Callable[[Json], Sequence[Complaint]] | None = None
    """Find what is wrong with a document that an attempt saves before it is complete; without it there are no drafts.

    A client's document, and a saved one that is run, must pass `check`."""

    def find_faults(self, document: Json, *, is_draft: bool) -> Sequence[Complaint]:
        """List what is wrong with a document that an attempt saves."""
        return self.check_draft(document) if is_draft and self.check_draft else self.check(document)


def resource_id(at: datetime, chance: int) -> str:
    """Make a global id: digits that sort by time (41 bits of milliseconds) with 22 bits of chance."""
    return str(int(at.timestamp() * 1000) << 22 | chance & (1 << 22) - 1)
