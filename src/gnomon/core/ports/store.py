"""All of the cellar as one seam."""

from typing import Protocol

from gnomon.core.ports.access import AccessStore
from gnomon.core.ports.blob import BlobStore, StagingStore
from gnomon.core.ports.group import GroupStore
from gnomon.core.ports.hook import HookStore
from gnomon.core.ports.member import MemberStore
from gnomon.core.ports.resource import ResourceStore
from gnomon.core.ports.schedule import ScheduleStore
from gnomon.core.ports.session import SessionStore
from gnomon.core.ports.task import TaskStore
from gnomon.core.ports.work import WorkStore


class Store(TaskStore, WorkStore, GroupStore, HookStore, AccessStore, BlobStore, StagingStore, Protocol):
    """All of the cellar; what stands on a shelf of its own has verbs that share names with tasks', or came later."""

    @property
    def resources(self) -> ResourceStore:
        """Give the shelf of resources."""

    @property
    def schedules(self) -> ScheduleStore:
        """Give the shelf of schedules."""

    @property
    def sessions(self) -> SessionStore:
        """Give the shelf of sessions."""

    @property
    def members(self) -> MemberStore:
        """Give the shelf of users, their roles, and whose workspaces are."""

    async def ping(self) -> None:
        """Answer when a transaction can be committed; raises `Unavailable`."""

    async def close(self) -> None:
        """Finish what is queued, then close."""
