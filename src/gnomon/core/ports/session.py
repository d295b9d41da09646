"""Sessions: the seam. A task joins one when it is submitted (`NewTask.session_id`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gnomon.core.ports.seam import Page
from gnomon.core.ports.task import Given
from gnomon.core.session import Session, SessionTotals
from gnomon.core.task import Json, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionQuery:
    """Which sessions to list: by the latest change, newest first."""

    workspace: str
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A task of a session, with what it was given."""

    task: Task
    given: Given


class SessionStore(Protocol):
    """What clients ask about sessions."""

    async def get_session(self, workspace: str, session_id: str) -> Session:
        """Return a session; raises `NotFound` when there is none, or it was deleted."""

    async def list_sessions(self, query: SessionQuery) -> Page[Session]:
        """List sessions; the page's total counts all of them."""

    async def total_sessions(self, workspace: str, session_ids: Sequence[str]) -> Sequence[SessionTotals]:
        """Return what the tasks of each session come to, in this order."""

    async def list_turns(
        self, workspace: str, session_id: str, *, limit: int, offset: int = 0, newest_first: bool = False
    ) -> Sequence[Turn]:
        """List a session's tasks with their results, the oldest first unless asked; raises `NotFound`."""

    async def list_ends(
        self, workspace: str, session_ids: Sequence[str]
    ) -> Sequence[tuple[Turn, Turn] | None]:
        """Return each session's first and newest turn, in this order, without results; None where there is none."""

    async def change_session(
        self,
        workspace: str,
        session_id: str,
        now: datetime,
        *,
        title: str | None = None,
        context: Json = None,
    ) -> Session:
        """Give a session another title or context; what is None stays; raises `NotFound`."""

    async def delete_session(self, workspace: str, session_id: str, now: datetime) -> None:
        """Delete a session, not its tasks; again changes nothing; raises `NotFound` when it never was."""
