"""Sessions, files, schedules, agents, tools and skills, as the document tells of them."""

from collections.abc import Mapping
from typing import Any, Final

from gnomon.web.dialects.shannon.operations.told import INCLUDE, KEY, Part, Told, paging, query
from gnomon.web.dialects.shannon.turns import MOST_TURNS

_API: Final = "/api/v1"
_SESSION: Final = f"{_API}/sessions/{{session_id}}"
_SCHEDULE: Final = f"{_API}/schedules/{{schedule_id}}"
_AGENT: Final = f"{_API}/agents/{{agent_id}}"
_TOOL: Final = f"{_API}/tools/{{name}}"
_SKILL: Final = f"{_API}/skills/{{name}}"
_CATEGORY: Final = query("category", "Only those of this category.", type="string")
_DONE: Final[Mapping[int, str]] = {200: "It is done, now or before."}


def _pages(usual: int) -> tuple[Part, Part]:
    page = query("page", "Which page, from 1.", type="integer", minimum=1, maximum=1_000_000, default=1)
    size = query("page_size", "How many on a page.", type="integer", minimum=1, maximum=100, default=usual)
    return page, size


def _get(summary: str, shows: str, *parameters: Part, says: str = "As it is now.", **more: Any) -> Told:
    return Told(summary=summary, shows=shows, statuses={200: says}, parameters=parameters, **more)


def _one(summary: str, shows: str, *parameters: Part, **more: Any) -> Told:
    return _get(summary, shows, *parameters, **{"refusals": (404,), **more})


SESSIONS: Final[Mapping[tuple[str, str], Told]] = {
    ("get", f"{_API}/sessions"): _get("List sessions", "SessionPage", *paging(100, 20)),
    ("get", _SESSION): _one("Read a session", "Session"),
    ("get", f"{_SESSION}/history"): _one(
        "Read what was asked and answered", "SessionHistory", *paging(MOST_TURNS, MOST_TURNS), INCLUDE
    ),
    ("get", f"{_SESSION}/events"): _one(
        "Read the turns with their events",
        "SessionEvents",
        *paging(100, 10),
        query("include_payload", "Tell the events' payloads.", type="boolean", default=True),
        refusals=(404, 413),
    ),
    ("patch", _SESSION): Told(
        summary="Name a session",
        shows="Titled",
        statuses={200: "It has this title."},
        body="Title",
        refusals=(404,),
    ),
    ("delete", _SESSION): Told(
        summary="Delete a session",
        shows=None,
        statuses={204: "It is deleted, now or before; its tasks are not."},
        refusals=(404,),
    ),
    ("get", f"{_SESSION}/files"): _one(
        "List a session's files", "FileList", query("path", "A folder; left out, the root.", type="string")
    ),
    ("get", f"{_SESSION}/files/{{path}}"): _one("Read a file of a session", "File"),
    ("get", f"{_API}/memory/files"): _get("List the documents that work may draw on", "FileList"),
    ("get", f"{_API}/memory/files/{{path}}"): _one("Read a document's text", "File"),
}
SCHEDULES: Final[Mapping[tuple[str, str], Told]] = {
    ("post", f"{_API}/schedules"): Told(
        summary="Create a schedule",
        shows="ScheduleDone",
        statuses={201: "It is stored, and fires at its times."},
        body="NewSchedule",
        parameters=(KEY,),
        refusals=(409,),
    ),
    ("get", f"{_API}/schedules"): _get(
        "List schedules, newest first",
        "SchedulePage",
        *_pages(50),
        query("status", "Only those of this status.", type="string", enum=["ACTIVE", "PAUSED", "ALL", ""]),
    ),
    ("get", _SCHEDULE): _one("Read a schedule", "Schedule"),
    ("put", _SCHEDULE): Told(
        summary="Change a schedule",
        shows="ScheduleDone",
        statuses={200: "It is changed; what was left out stayed."},
        body="ScheduleChange",
        refusals=(404,),
    ),
    ("delete", _SCHEDULE): Told(
        summary="Delete a schedule",
        shows="ScheduleDone",
        statuses={200: "It is deleted; its runs are not."},
        refusals=(404,),
    ),
    ("post", f"{_SCHEDULE}/pause"): Told(
        summary="Set a schedule aside",
        shows="ScheduleDone",
        statuses=_DONE,
        body="Reason",
        is_body_needed=False,
        parameters=(KEY,),
        refusals=(404, 409),
    ),
    ("post", f"{_SCHEDULE}/resume"): Told(
        summary="Let a schedule go on",
        shows="ScheduleDone",
        statuses=_DONE,
        body="Reason",
        is_body_needed=False,
        parameters=(KEY,),
        refusals=(404, 409),
    ),
    ("get", f"{_SCHEDULE}/runs"): _one(
        "List a schedule's runs, newest first", "ScheduleRunPage", *_pages(20), INCLUDE
    ),
}
TRADES: Final[Mapping[tuple[str, str], Told]] = {
    ("get", f"{_API}/agents"): _get("List agents", "AgentList"),
    ("get", _AGENT): _one("Read what an agent takes and gives", "Agent"),
    ("post", _AGENT): Told(
        summary="Let an agent work",
        shows="AgentStarted",
        statuses={202: "Its task is stored. `X-Workflow-ID` and `X-Session-ID` name it, too."},
        body="AgentCall",
        parameters=(KEY,),
        refusals=(404, 409),
    ),
    ("get", f"{_API}/tools"): _get("List tools", "ToolList", _CATEGORY),
    ("get", _TOOL): _one("Read what a tool takes and gives", "ToolDetail"),
    ("post", f"{_TOOL}/execute"): Told(
        summary="Call a tool",
        shows="ToolCalled",
        statuses={200: "What it gave, or why it gave nothing; one that takes longer goes on as a task."},
        body="ToolCall",
        parameters=(KEY,),
        refusals=(404, 409),
    ),
    ("get", f"{_API}/skills"): _get("List skills", "SkillList", _CATEGORY),
    ("get", _SKILL): _one("Read a skill", "SkillDetail"),
    ("get", f"{_SKILL}/versions"): _one("List a skill's versions", "SkillVersions"),
}
SATELLITES: Final[Mapping[tuple[str, str], Told]] = {**SESSIONS, **SCHEDULES, **TRADES}
