"""All of the cellar as one seam."""

from typing import Protocol

from gnomon.core.ports.access import AccessStore
from gnomon.core.ports.blob import BlobStore, StagingStore
from gnomon.core.ports.group import GroupStore
from gnomon.core.ports.hook import HookStore
from gnomon.core.ports.resource import ResourceStore
from gnomon.core.ports.schedule import ScheduleStore
from gnomon.core.ports.task import TaskStore
from gnomon.core.ports.work import WorkStore


class Store(TaskStore, WorkStore, GroupStore, HookStore, AccessStore, BlobStore, StagingStore, Protocol):
    """All of the cellar; resources stand on a shelf of their own because their verbs share names with tasks'."""

    @property
    def resources(self) -> ResourceStore:
        """Give the shelf of resources."""

    @property
    def schedules(self) -> ScheduleStore:
        """Give the shelf of schedules."""

    async def ping(self) -> None:
        """Answer when a transaction can be committed; raises `Unavailable`."""

    async def close(self) -> None:
        """Finish what is queued, then close."""
