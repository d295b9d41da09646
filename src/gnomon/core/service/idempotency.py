"""Idempotency: one request of a key at a time, its answer for those that follow, and what a key has made."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from gnomon.core.access import Principal
from gnomon.core.errors import Gone, NotFound
from gnomon.core.event import as_of
from gnomon.core.ports import Reserved, Submitted
from gnomon.core.service.access import require
from gnomon.core.service.house import House

P = ParamSpec("P")
T = TypeVar("T")


def one_at_a_time(
    work: Callable[Concatenate[House, Principal, P], Awaitable[T]],
) -> Callable[Concatenate[House, Principal, P], Awaitable[T]]:
    """Let one request of a key work at a time; a task that an earlier one has made is returned as it was at first."""

    @wraps(work)
    async def alone(house: House, principal: Principal, /, *args: P.args, **kwargs: P.kwargs) -> T:
        reservation: Any = kwargs.get("reservation")
        async with house.in_flight.hold(principal.workspace, reservation):
            made = await work(house, principal, *args, **kwargs)
        if isinstance(made, Submitted) and made.is_replay:
            return await _as_first_answered(house, made)  # type: ignore[return-value]  # T is Submitted here
        return made

    return alone


async def _as_first_answered(house: House, made: Submitted) -> Submitted:
    """Show a task as of its first event; as it stands, where that event was trimmed."""
    task = made.task
    try:
        events = await house.store.list_events(task.workspace, task.id, 0, 1)
        return replace(made, task=as_of(task, events))
    except Gone:
        return made


async def get_reserved(house: House, principal: Principal, key: str) -> Reserved:
    """Say what an idempotency key has made; a request of that key that is at work is waited for.

    Raises
    ------
    NotFound
        When the workspace has seen no such key, or has forgotten it.
    ReservationBusy
        When the request is still at work.
    """
    require(principal, "read")
    await house.in_flight.clear(principal.workspace, key)
    found = await house.store.find_reserved(principal.workspace, key)
    if found is None:
        raise NotFound("Nothing was made under this idempotency key.")
    return found
