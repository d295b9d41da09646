"""What a route of this door stands at: its options and what its routes share, and runs and groups by their names."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from gnomon.core.access import Principal
from gnomon.core.errors import NotFound
from gnomon.core.group import Group
from gnomon.core.service import House
from gnomon.core.task import Task, Visibility
from gnomon.web.dialects.parallel.processors import Processors
from gnomon.web.dialects.parallel.stream import Endings
from gnomon.web.ids import find_group_id, find_task_id
from gnomon.web.sse import Pace

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


# A coroutine: FastAPI hands plain functions to a thread, which costs more than the rest of a short answer.
async def _desk(request: Request) -> Desk:
    return find_desk(request)


AtDesk = Annotated[Desk, Depends(_desk)]


def opted_in(request: Request) -> bool:
    """Say whether the client knows what to do with a run that asks; who asks for such runs by `status` does."""
    if request.query_params.get("status") == "action_required":
        return True
    betas = (beta for value in request.headers.getlist("parallel-beta") for beta in value.split(","))
    return any(beta.strip().lower() == ACTION_REQUIRED for beta in betas)


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
