"""What a route stands at: the house, the door's options, who asks and with which scope."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.requests import Request

from gnomon.core.access import Principal
from gnomon.core.errors import NotFound
from gnomon.core.group import Group
from gnomon.core.service import House
from gnomon.core.service.access import require
from gnomon.core.task import Task, Visibility
from gnomon.web.auth import Gate, identify
from gnomon.web.dialects.parallel.processors import Processors
from gnomon.web.dialects.parallel.stream import Endings
from gnomon.web.ids import find_group_id, find_task_id
from gnomon.web.presence import while_present
from gnomon.web.sse import Pace

T = TypeVar("T")

NO_RUN = "There is no such run in this workspace."
NO_GROUP = "There is no such group in this workspace."
ACTION_REQUIRED = "action-required"
"""The beta whose users are shown `action_required`; all others see a run that asks as `running`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelOptions:
    """What the server's settings say about this door."""

    processors: tuple[str, ...] = ()
    """`NAME=KIND`: which workload stands behind a processor; `*` names all others."""
    is_lenient: bool = False
    """What is wrong with a run's wishes becomes a warning of the run, and that wish is left out."""
    longest_hold: float = 3600.0
    """How long a call for a result may be held. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes share."""

    gate: Gate
    pace: Pace
    options: ParallelOptions
    processors: Processors
    endings: Endings


def find_desk(request: Request) -> Desk:
    """Return the desk of the application that received the request."""
    desk: Desk = request.app.state.desk
    return desk


def find_options(request: Request) -> ParallelOptions:
    """Return the door's options."""
    return find_desk(request).options


# Coroutines: FastAPI hands plain functions to a thread, which costs more than the rest of a short answer.
async def _desk(request: Request) -> Desk:
    return find_desk(request)


async def _house(request: Request) -> House:
    return find_desk(request).gate.house


AtDesk = Annotated[Desk, Depends(_desk)]
AtHouse = Annotated[House, Depends(_house)]


@dataclass(frozen=True, slots=True)
class Holder:
    """Lets in who holds a scope; the document reads the scope from here."""

    scope: str

    async def __call__(self, request: Request) -> Principal:
        """Say who asks.

        Raises
        ------
        Unauthenticated
            When there is no valid credential.
        Forbidden
            When it does not carry the scope.
        """
        principal = await identify(find_desk(request).gate, request)
        require(principal, self.scope)
        return principal


Reader = Annotated[Principal, Depends(Holder("read"))]
Writer = Annotated[Principal, Depends(Holder("write"))]
Canceller = Annotated[Principal, Depends(Holder("cancel"))]


def opted_in(request: Request) -> bool:
    """Say whether the client knows what to do with a run that asks; who asks for such runs by `status` does."""
    if request.query_params.get("status") == "action_required":
        return True
    betas = (beta for value in request.headers.getlist("parallel-beta") for beta in value.split(","))
    return any(beta.strip().lower() == ACTION_REQUIRED for beta in betas)


async def holding_on(request: Request, principal: Principal, waiting: Coroutine[Any, Any, T]) -> T:
    """Await what a client waits for: as long as it is there, and one of the waits that its key may have.

    Raises
    ------
    QuotaExceeded
        When the key has as many waits open as it may have.
    ClientDisconnect
        When the client has gone.
    """
    try:
        with find_desk(request).gate.meter.waits.hold(principal.key_id):
            return await while_present(request, waiting)
    finally:
        waiting.close()


async def find_run(house: House, principal: Principal, run_id: str) -> Task:
    """Return the task that a run's name stands for, without its result; the route has seen to the scope.

    Raises
    ------
    NotFound
        When the workspace has no such run; an internal task counts as none.
    """
    task_id = find_task_id(run_id)
    if task_id is None:
        raise NotFound(NO_RUN)
    try:
        task = await house.store.glance(principal.workspace, task_id)
    except NotFound as error:
        raise NotFound(NO_RUN) from error
    if task.visibility is Visibility.INTERNAL:
        raise NotFound(NO_RUN)
    return task


async def find_group(house: House, principal: Principal, name: str) -> Group:
    """Return the group of a name; the route has seen to the scope.

    Raises
    ------
    NotFound
        When the workspace has no such group.
    """
    group_id = find_group_id(name)
    if group_id is None:
        raise NotFound(NO_GROUP)
    try:
        return await house.store.get_group(principal.workspace, group_id)
    except NotFound as error:
        raise NotFound(NO_GROUP) from error
