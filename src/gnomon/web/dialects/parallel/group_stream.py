"""A group told to one reader: its runs as they come to rest, and how they stand; or all that it has now."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing

from gnomon.core.group import Group
from gnomon.core.ports import Member, MemberQuery
from gnomon.core.service.group_stream import (
    PAUSE,
    GroupItem,
    GroupOpened,
    Joined,
    Rested,
    Stood,
    follow_group,
    tour_group,
)
from gnomon.core.service.stream import Quiet
from gnomon.web.dialects.parallel.framing import write
from gnomon.web.dialects.parallel.render import event as render
from gnomon.web.dialects.parallel.status import ACTIVE, count, show
from gnomon.web.dialects.parallel.stream import Items, Reading
from gnomon.web.sse import Begin, Frames, Item, Last


async def tell_group(
    reading: Reading, group_id: str, after: int, timeout: float | None, *, pause: float = PAUSE
) -> Items:
    """Tell how a group stands, its runs that have come to rest after the cursor, and what comes.

    It ends when no run is active, or the time is up.

    Raises
    ------
    NotFound
        When the workspace has no such group.
    Conflict
        When the cursor is beyond the group's version.
    Unavailable
        When the server is about to stop.
    """
    life = reading.pace.draw_life()
    items = follow_group(
        reading.house,
        reading.principal,
        group_id,
        after,
        quiet=reading.pace.heartbeat,
        lasting=life if timeout is None else min(timeout, life),
        pause=pause,
    )
    async with aclosing(items):
        opened = await anext(items)
        assert isinstance(opened, GroupOpened)
        yield Begin(subscription=opened.subscription)
        telling = _Telling(after, opted_in=reading.opted_in)
        yield Frames(parts=(telling.status(opened.group, after),))
        async for item in items:
            told = telling.take(item)
            yield told
            if isinstance(told, Last):
                return
        if not opened.subscription.is_over():
            yield telling.close()


class _Telling:
    """What one reader has been told of a group."""

    def __init__(self, after: int, *, opted_in: bool) -> None:
        self._opted_in = opted_in
        self._told = after
        self._group: Group | None = None
        self._is_quiet = False

    def take(self, item: GroupItem) -> Item:
        """Write what has happened."""
        self._is_quiet = isinstance(item, Quiet)
        if isinstance(item, Rested):
            return Frames(parts=self._states(item.members))
        if isinstance(item, Stood):
            return self._stand(item.group)
        assert isinstance(item, Quiet)
        return item

    def close(self) -> Last:
        """End when the time is up: after a comment with an event, so that a blank line is the last."""
        if self._group is None or not self._is_quiet:
            return Last(parts=())
        return Last(parts=(self.status(self._group, self._group.version),))

    def status(self, group: Group, number: int) -> bytes:
        """Write how the group stands."""
        return write(render.group_state(group, number, opted_in=self._opted_in))

    def _stand(self, group: Group) -> Frames:
        self._group = group
        is_active = not ACTIVE.isdisjoint(count(group.counts, opted_in=self._opted_in))
        is_new, self._told = group.version > self._told, group.version
        parts = (self.status(group, group.version),) if is_new else ()
        return Frames(parts=parts) if is_active else Last(parts=parts)

    def _states(self, members: Sequence[Member]) -> Iterator[bytes]:
        for member in members:
            # One that waits for an answer is at rest only to those who know what to do with it.
            if show(member.task, opted_in=self._opted_in) not in ACTIVE:
                yield write(render.state(member.task, member.number, opted_in=self._opted_in))


async def tell_members(reading: Reading, query: MemberQuery) -> Items:
    """Tell the runs that a group has now and the query asks for, each as it stands; raises as `tell_group`."""
    items = tour_group(reading.house, reading.principal, query)
    async with aclosing(items):
        opened = await anext(items)
        assert isinstance(opened, GroupOpened)
        yield Begin(subscription=opened.subscription)
        async for item in items:
            assert isinstance(item, Joined)
            yield Frames(parts=_entries(reading, item.members, query))
        if not opened.subscription.is_over():
            yield Last(parts=())


def _entries(reading: Reading, members: Sequence[Member], query: MemberQuery) -> Iterator[bytes]:
    for member in members:
        state = render.state(
            member.task,
            member.number,
            opted_in=reading.opted_in,
            given=member.given,
            has_output=query.with_result,
        )
        yield write(state)
