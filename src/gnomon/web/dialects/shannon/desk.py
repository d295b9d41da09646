"""What a route of this door stands at: its options and what its routes share, and tasks by their names."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, NotFound
from gnomon.core.ports import NO_SKILLS, Skills
from gnomon.core.service import House
from gnomon.core.session import SESSION_ID
from gnomon.core.task import Task, Visibility
from gnomon.web.dialects.shannon.modes import Modes
from gnomon.web.dialects.shannon.skilled import SkillText, take_skill
from gnomon.web.dialects.shannon.stream import Closings
from gnomon.web.ids import own
from gnomon.web.problems import InvalidQuery
from gnomon.web.sse import Pace

NO_TASK: Final = "Task not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShannonOptions:
    """What the server's settings say about this door."""

    modes: tuple[str, ...] = ()
    """`NAME=KIND`: which workload stands behind a mode; `*` names all others."""
    is_paused_shown: bool = False
    """Every client is shown paused tasks as `PAUSED`, whether it has opted in or not."""
    longest_chat: float = 35 * 60.0
    """How long the answer to a chat is waited for. [s]"""
    skills: Skills = NO_SKILLS
    tool_wait: float = 28.0
    """How long a call of a tool waits for what it gives; the vendor's clients give up after 30. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes share."""

    pace: Pace
    options: ShannonOptions
    modes: Modes
    closings: Closings

    @property
    def skills(self) -> Skills:
        """Give the skills that tasks may ask for."""
        return self.options.skills

    async def take_skill(self, principal: Principal, name: str | None) -> SkillText | None:
        """Return the skill that a request names, if it names one; raises what `skilled.take_skill` does."""
        return None if name is None else await take_skill(self.skills, principal, name)


def find_desk(connection: HTTPConnection) -> Desk:
    """Return the desk of the application that received the request."""
    desk: Desk = connection.app.state.desk
    return desk


# A coroutine: FastAPI hands plain functions to a thread, which costs more than the rest of a short answer.
async def _desk(request: Request) -> Desk:
    return find_desk(request)


AtDesk = Annotated[Desk, Depends(_desk)]


def opted_in(request: HTTPConnection) -> bool:
    """Say whether paused tasks are shown as such: `?include=paused`, or the server's option."""
    if find_desk(request).options.is_paused_shown:
        return True
    wanted = (word for value in request.query_params.getlist("include") for word in value.split(","))
    return any(word.strip().lower() == "paused" for word in wanted)


def require_name(text: str, told: str) -> str:
    """Return the name of a task or a session as it was given.

    Raises
    ------
    InvalidQuery
        When nothing can have that name.
    """
    if SESSION_ID.fullmatch(text) is None:
        raise InvalidQuery([Complaint(("path",), told, "pattern")])
    return text


async def find_task(house: House, principal: Principal, name: str, *, with_result: bool = False) -> Task:
    """Return the task of a name; the route has seen to the scope.

    Raises
    ------
    InvalidQuery
        When nothing can have that name.
    NotFound
        When the workspace has no such task; an internal task counts as none.
    """
    task_id = own(require_name(name, "Invalid task ID format"))
    read = house.store.get_task if with_result else house.store.glance
    try:
        task = await read(principal.workspace, task_id)
    except NotFound as error:
        raise NotFound(NO_TASK) from error
    if task.visibility is Visibility.INTERNAL:
        raise NotFound(NO_TASK)
    return task
