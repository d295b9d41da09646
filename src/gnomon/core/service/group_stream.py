"""Following a group: its members as they come to rest, each rest once, and how they stand altogether.

What follows costs as much as has changed, however many members there are: their rests are read above a cursor, and
the counts are the group's own.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from gnomon.core.access import Principal
from gnomon.core.errors import Unavailable
from gnomon.core.group import Group
from gnomon.core.hub import Subscription
from gnomon.core.ports import Member, MemberQuery
from gnomon.core.service.access import require, watch
from gnomon.core.service.cursor import require_cursor
from gnomon.core.service.group import list_members
from gnomon.core.service.house import House
from gnomon.core.service.stream import QUIET, Quiet

PAGE = 100
"""Members that are read at a time."""
PAUSE = 0.2
"""Seconds between two looks at a group that keeps changing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOpened:
    """The first item: the cursor is good, and this is the group."""

    group: Group
    subscription: Subscription
    """Ending it ends the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rested:
    """Members that have come to rest, by the version at which they did, as they stand now."""

    members: Sequence[Member]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """How the members stood at the group's version; every rest up to there has been told."""

    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Members in the order in which they joined, as they stand now."""

    members: Sequence[Member]


GroupItem = GroupOpened | Rested | Stood | Joined | Quiet


async def follow_group(
    house: House,
    principal: Principal,
    group_id: str,
    after: int,
    *,
    quiet: float,
    lasting: float = math.inf,
    pause: float = PAUSE,
) -> AsyncGenerator[GroupItem, None]:
    """Tell what happens in a group above a version, for so many seconds at most.

    The first item is `GroupOpened`; whatever is wrong with the request is raised before it.

    Raises
    ------
    NotFound
        When the workspace has no such group.
    Conflict
        When the cursor is beyond the group's version.
    Unavailable
        When the server is about to stop.
    """
    clock = asyncio.get_running_loop().time
    limit = clock() + lasting
    async with _opened(house, principal, group_id, after) as opened:
        yield opened
        news, group = opened.subscription, opened.group
        while not news.is_over():
            async for rested in _rests(house, group, after):
                yield rested
            after = group.version
            yield Stood(group=group)
            async for silence in _silence(news, quiet, limit):
                yield silence
            if news.is_over() or clock() >= limit:
                return
            await asyncio.sleep(min(pause, limit - clock()))
            group = await house.store.get_group(principal.workspace, group_id)


async def tour_group(
    house: House, principal: Principal, query: MemberQuery
) -> AsyncGenerator[GroupItem, None]:
    """Tell the members that a group has now, page by page, those that join meanwhile left out.

    The first item is `GroupOpened`; whatever is wrong with the request is raised before it, as by `follow_group`.
    """
    async with _opened(house, principal, query.group_id, query.after) as opened:
        yield opened
        last = opened.group.version
        while query.after < last and not opened.subscription.is_over():
            page = await list_members(house, principal, query)
            if members := [member for member in page if member.number <= last]:
                yield Joined(members=members)
            if len(members) < query.limit:
                return
            query = replace(query, after=members[-1].number)
            page = members = []  # not kept while the next ones are read


async def _silence(news: Subscription, quiet: float, limit: float) -> AsyncGenerator[Quiet, None]:
    """Wait until something changes or the time is up, and tell of every while before in which nothing did."""
    clock = asyncio.get_running_loop().time
    while not news.is_over() and clock() < limit and not await news.wait(min(quiet, limit - clock())):
        if clock() < limit:
            yield QUIET


@asynccontextmanager
async def _opened(
    house: House, principal: Principal, group_id: str, after: int
) -> AsyncGenerator[GroupOpened, None]:
    require(principal, "read")
    # Subscribed before reading: a change that is committed between the two is not missed.
    with house.hub.subscribe(group_id) as news, watch(house, principal, news):
        if news.is_over():
            raise Unavailable("The server is about to stop; ask again in a moment.")
        group = await house.store.get_group(principal.workspace, group_id)
        require_cursor(f"Group {group_id}", "event", after, group.version)
        yield GroupOpened(group=group, subscription=news)


async def _rests(house: House, group: Group, after: int) -> AsyncGenerator[Rested, None]:
    """Read the rests after a version, up to the one at which the group was counted."""
    while after < group.version:
        query = MemberQuery(workspace=group.workspace, group_id=group.id, after=after, limit=PAGE)
        page = await house.store.list_rested(query)
        if members := [member for member in page if member.number <= group.version]:
            yield Rested(members=members)
        if len(members) < PAGE:
            return
        after = members[-1].number
