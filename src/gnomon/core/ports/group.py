"""Groups: the commands and the seam."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gnomon.core.group import Group, NewGroup
from gnomon.core.ports.seam import Reservation
from gnomon.core.ports.task import Given, Submit
from gnomon.core.task import Status, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMembers:
    """Store tasks as members of a group, in this order, all of them or none.

    Of each `Submit` the task, the resource and the hooks count.
    """

    workspace: str
    group_id: str
    members: tuple[Submit, ...]
    now: datetime
    reservation: Reservation | None = None
    most_active: int | None = None
    """Refused when the workspace would have more tasks that have not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The members that one call has added, in its order, and the version that the group had before."""

    group: Group
    task_ids: Sequence[str]
    before: int
    is_replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberQuery:
    """Which members of a group: in the order in which they joined, or came to rest."""

    workspace: str
    group_id: str
    after: int = 0
    limit: int = 100
    statuses: frozenset[Status] | None = None
    is_started: bool | None = None
    with_input: bool = False
    with_result: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member, the version of the group that it joined or came to rest at, and what was asked of it."""

    number: int
    task: Task
    given: Given | None = None
    """None unless the query asked for it."""


class GroupStore(Protocol):
    """Groups and their members; every change of a member's status is counted in its own transaction."""

    async def create_group(
        self, new: NewGroup, now: datetime, reservation: Reservation | None = None
    ) -> Group:
        """Store an empty group, or return the one that the same request made before.

        Raises
        ------
        ReservationReused
            When the key was used with another fingerprint.
        """

    async def get_group(self, workspace: str, group_id: str) -> Group:
        """Return a group without looking at its members; raises `NotFound`."""

    async def find_added(self, workspace: str, reservation: Reservation, now: datetime) -> Added | None:
        """Return what the same request has added, as a replay; a try of a guessed key takes what it finds.

        Raises
        ------
        ReservationReused
            When the key was used with another fingerprint.
        """

    async def add_members(self, command: AddMembers) -> Added:
        """Store the members, their first events and the reservation.

        Raises
        ------
        NotFound
            When the workspace has no such group.
        ReservationReused, QuotaExceeded
            As for `TaskStore.submit`.
        """

    async def list_members(self, query: MemberQuery) -> Sequence[Member]:
        """List members that joined after a version, in that order; raises `NotFound`."""

    async def list_rested(self, query: MemberQuery) -> Sequence[Member]:
        """List members by the version at which they came to rest last, those that have gone on since left out.

        Raises
        ------
        NotFound
            When the workspace has no such group.
        """
