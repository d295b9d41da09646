"""Schedules as clients ask for them: when to fire, and the task to submit each time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from starlette.datastructures import QueryParams

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.ports import ScheduleQuery
from gnomon.core.schedule import Schedule, ScheduleStatus, Template
from gnomon.core.service.schedule import LONGEST_TIMEOUT, Change, Wanted
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.modes import Modes
from gnomon.web.dialects.shannon.recurring import KEPT, find_wish
from gnomon.web.dialects.shannon.skilled import SkillText
from gnomon.web.dialects.shannon.wire.given import Given, read_members
from gnomon.web.dialects.shannon.wire.listing import number, one, wrong
from gnomon.web.dialects.shannon.wire.submit import named_skill, read_task

MOST_BUDGET: Final = 10.0
"""US dollars that a run may be allowed."""
USUAL_TIMEOUT: Final = 3600
_WORDS: Final = ("name", "cron_expression", "task_query")
_OF_RUNS: Final = ("task_query", "task_context", "max_budget_per_run_usd", "timeout_seconds")
_PLACES: Final[Mapping[str, str]] = {
    "cron": "cron_expression",
    "timezone": "timezone",
    "timeout": "timeout_seconds",
}
_FILTERS: Final[Mapping[str, ScheduleStatus | None]] = {
    "ALL": None,
    "ACTIVE": ScheduleStatus.ACTIVE,
    "PAUSED": ScheduleStatus.PAUSED,
}


def read_schedule(body: Json, *, modes: Modes, session_id: str, skill: SkillText | None) -> Wanted:
    """Read the body of a new schedule, whose runs are turns of a session of its own.

    Raises
    ------
    Invalid
        When something is wrong with it.
    """
    given = Given(body=read_members(body))
    named = {name: given.text(name) for name in (*_WORDS, "description", "timezone")}
    for name in _WORDS:
        if named[name] is None and not any(complaint.loc == (name,) for complaint in given.complaints):
            given.refuse(name, f"{name} is required", "missing")
    wish = _wish(given)
    given.settle()
    return Wanted(
        name=named["name"] or "",
        cron=named["cron_expression"] or "",
        timezone=named["timezone"] or "UTC",
        description=named["description"],
        template=_template(wish, modes=modes, session_id=session_id, skill=skill),
    )


def read_change(body: Json, before: Schedule, *, modes: Modes, skill: SkillText | None) -> Change:
    """Read which members of a schedule shall be otherwise.

    Raises
    ------
    Invalid
        When something is wrong with it, or another API made the schedule and it is to run something else.
    """
    given = Given(body=read_members(body))
    named = {name: _changed(given, name) for name in (*_WORDS, "timezone")}
    wish, is_cleared = _wish(given), given.flag("clear_task_context")
    description = _description(given)
    given.settle()
    change = Change(
        name=named["name"], cron=named["cron_expression"], timezone=named["timezone"], description=description
    )
    if not wish and not is_cleared:
        return change
    whole = {**_wish_before(before), **wish}
    if is_cleared and "task_context" not in wish:
        whole.pop("task_context", None)
    session_id = before.template.session_id
    return replace(change, template=_template(whole, modes=modes, session_id=session_id, skill=skill))


def skill_of_runs(body: Json, before: Schedule | None = None) -> str | None:
    """Return the name of the skill that runs shall have, after a change of what was before."""
    members = read_members(body)
    if "task_context" in members or before is None:
        return named_skill({"context": members.get("task_context")})
    kept = None if Given(body=members).flag("clear_task_context") else find_wish(before.template)
    return named_skill({"context": (kept or {}).get("task_context")})


def _wish(given: Given) -> dict[str, Json]:
    """Read what is asked of each run; what is not given is left out."""
    context = given.body.get("task_context")
    if context is not None and not isinstance(context, Mapping):
        given.refuse("task_context", "Invalid request body: 'task_context' must be an object.", "type")
    longest = LONGEST_TIMEOUT // timedelta(seconds=1)
    wish: dict[str, Any] = {
        "task_query": given.text("task_query"),
        "task_context": context,
        "max_budget_per_run_usd": given.number(
            "max_budget_per_run_usd",
            0,
            MOST_BUDGET,
            f"max_budget_per_run_usd must be 0 to {MOST_BUDGET:g} US dollars",
            is_whole=False,
        ),
        "timeout_seconds": given.number(
            "timeout_seconds", 1, longest, f"timeout_seconds must be 1 to {longest}"
        ),
    }
    return {name: value for name, value in wish.items() if value is not None}


def _changed(given: Given, name: str) -> str | None:
    """Return a text that takes the place of another; a blank one takes no place."""
    value = given.body.get(name)
    if isinstance(value, str) and not value.strip():
        given.refuse(name, f"{name} must not be empty; leave it out to keep it as it is", "empty")
        return None
    return given.text(name)


def _description(given: Given) -> str | None:
    value = given.body.get("description")
    return value if value == "" else given.text("description")


def _wish_before(before: Schedule) -> Mapping[str, Json]:
    wish = find_wish(before.template)
    if wish is None:
        message = (
            "Another API made this schedule: change there what it runs; here its times, name and description."
        )
        raise Invalid([Complaint(("task_query",), message, "unsupported")])
    return wish


def _template(
    wish: Mapping[str, Json], *, modes: Modes, session_id: str | None, skill: SkillText | None
) -> Template:
    """Make what is submitted each time: the same as if it were submitted as a task."""
    kept = {name: wish[name] for name in _OF_RUNS if wish.get(name) is not None}
    named = {"task_query": "query", "task_context": "context"}
    body = {named.get(name, name): value for name, value in kept.items()}
    order = read_task(body, modes=modes, skill=skill)
    return Template(
        kind=order.kind,
        input=order.task_input,
        timeout=timedelta(seconds=float(kept.get("timeout_seconds", USUAL_TIMEOUT))),
        session_id=session_id,
        origin=order.origin.write(),
        wording={**order.wording, KEPT: kept},
    )


def in_words_of(error: Invalid) -> Invalid:
    """Return what the house complains of in the words of this door."""
    return Invalid([_renamed(complaint) for complaint in error.complaints])


def _renamed(complaint: Complaint) -> Complaint:
    place = _PLACES.get(str(complaint.loc[0])) if complaint.loc else None
    if place is None:
        return complaint
    return replace(complaint, loc=(place,), message=f"Invalid {place}: {complaint.message}")


def read_schedules(workspace: str, query: QueryParams) -> tuple[ScheduleQuery, int]:
    """Read which schedules to list, and the number of the page; raises `InvalidQuery`."""
    page, size = read_page(query, usual=50)
    word = (one(query, "status") or "ALL").upper()
    if word not in _FILTERS:
        raise wrong("status", f"Invalid status value (allowed: {', '.join(_FILTERS)})")
    asked = ScheduleQuery(workspace=workspace, status=_FILTERS[word], limit=size, offset=(page - 1) * size)
    return asked, page


def read_page(query: QueryParams, *, usual: int) -> tuple[int, int]:
    """Read which page is asked for, from 1, and how much stands on one; raises `InvalidQuery`."""
    page = number(query, "page", 1, least=1, most=1_000_000)
    return page, number(query, "page_size", usual, least=1, most=100)
