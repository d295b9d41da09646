"""Sessions, files, schedules, agents, tools and skills as they are written: kept as golden files."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fixed_records import ANSWER, NOW, REPORT
from fixed_tasks import ASKED, GIVEN, SESSION, SPENT, STEERED, completed, task
from golden import check
from trades_of_tasks import TASK_TRADES

from gnomon.core.ports import Given, Page, Turn
from gnomon.core.schedule import Schedule, ScheduleStatus, Template
from gnomon.core.session import Session, SessionTotals
from gnomon.core.skill import Skill
from gnomon.core.task import Status, Usage
from gnomon.web.dialects.shannon.render import files, schedule, session, skill, trade

GOLDEN = Path(__file__).parent / "golden"
CHAT = Session(
    id=SESSION,
    number=1,
    workspace="w",
    title=None,
    context=None,
    first_turn=1,
    turns=2,
    created_at=NOW,
    updated_at=NOW + timedelta(minutes=1),
)
NAMED = replace(CHAT, title="Capitals", context={"audience": "children"})
DONE = Turn(
    task=completed({**REPORT, "basis": ANSWER["basis"], "tool_calls": ANSWER["tool_calls"]}, usage=SPENT),
    given=Given(
        input=GIVEN.input,
        wording={"query": ASKED, "context": {"force_research": True, "research_strategy": "deep"}},
    ),
)
JSON = Turn(task=completed(ANSWER, session_turn=2), given=GIVEN)
FAILED = Turn(task=task(Status.FAILED, session_turn=2), given=GIVEN)
WAITS = Turn(task=task(Status.QUEUED, has_begun=False, session_turn=2), given=GIVEN)
OTHER = Turn(task=task(Status.RUNNING, asked=None, kind="energy_model"), given=Given(input={"name": "Site"}))
TOTALS = SessionTotals(counts={Status.COMPLETED: 1, Status.FAILED: 1}, usage=SPENT)
UNPRICED = SessionTotals(counts={Status.RUNNING: 1}, usage=replace(SPENT, cost_usd=None))
NOTHING = SessionTotals(counts={}, usage=Usage())
LATER = NOW + timedelta(days=2)

SESSIONS = {
    "session-bare": session.session(CHAT, NOTHING, None),
    "session-named": session.session(NAMED, TOTALS, DONE),
    "session-unpriced": session.session(CHAT, UNPRICED, OTHER),
    "sessionsummary-bare": session.summary(CHAT, NOTHING, None, LATER),
    "sessionsummary-named": session.summary(NAMED, TOTALS, (DONE, FAILED), NOW),
    "sessionsummary-unpriced": session.summary(CHAT, UNPRICED, (OTHER, OTHER), LATER),
    "history-empty": session.history(CHAT, (), 0, opted_in=False),
    "history-turns": session.history(CHAT, (DONE, FAILED, WAITS, OTHER), 4, opted_in=False),
    "turns-empty": session.turns(CHAT, (), 0),
    "turns-turn": session.turns(CHAT, [session.turn(1, DONE, []), session.turn(2, WAITS, [])], 2),
}
FILES = {
    "files-empty": files.listed(()),
    "files-listed": files.listed([files.folder(files.FOLDER), *map(files.entry, files.files_of(1, DONE))]),
    "file-conversation": files.download(files.conversation(NAMED, [(1, DONE), (2, FAILED)])),
    "file-text": files.download(files.files_of(1, DONE)[1]),
    "file-json": files.download(files.files_of(2, JSON)[0]),
    "file-json-told": files.download(files.files_of(2, JSON)[1]),
}
WISH = {
    "task_query": ASKED,
    "task_context": {"audience": "children"},
    "max_budget_per_run_usd": 0.5,
    "timeout_seconds": 900,
}
TEMPLATE = Template(
    kind="research",
    input={"input": ASKED},
    timeout=timedelta(seconds=900),
    session_id="schedule-0197d132-f07b-4d05-9274-ec3683803d0e",
    wording={"query": ASKED, "schedule": WISH},
)
DAILY = Schedule(
    id="sch_01jz8k5w3v9m2q4x7c6t1r0f8e",
    number=1,
    workspace="w",
    name="News",
    description="Each day",
    cron="0 9 * * *",
    timezone="Europe/Zurich",
    template=TEMPLATE,
    status=ScheduleStatus.ACTIVE,
    created_at=NOW,
    updated_at=NOW,
    next_at=NOW + timedelta(days=1),
    last_at=NOW,
    skipped=2,
    skip_cause=None,
    pause_told=None,
    runs=3,
    succeeded=2,
    failed=1,
)
PAUSED = replace(
    DAILY,
    status=ScheduleStatus.PAUSED,
    next_at=None,
    pause_told=STEERED,
    skip_cause="The run before goes on.",
)
NATIVE = replace(
    DAILY, description=None, template=Template(kind="energy_model", input={"locationId": 1}), last_at=None
)
RUN = replace(DONE.task, schedule_id=DAILY.id, scheduled_for=NOW)
SCHEDULES = {
    "schedule-active": schedule.schedule(DAILY, NOW),
    "schedule-paused": schedule.schedule(PAUSED, NOW),
    "schedule-of-another-door": schedule.schedule(NATIVE, None),
    "scheduledone-created": schedule.done("Schedule created successfully", DAILY, schedule_id=DAILY.id),
    "scheduledone-paused": schedule.done("Schedule paused successfully"),
    "runs-page": schedule.runs(
        Page(records=[RUN, FAILED.task, WAITS.task], total=3), number=1, size=20, opted_in=False
    ),
}
TOOL = next(each for each in TASK_TRADES if each.is_tool)
BRIEF = Skill(
    name="plain-brief",
    description="Short.",
    category="writing",
    version="1.0.0",
    content="Be brief.",
    author="Jo",
)
RISKY = replace(
    BRIEF, name="risky", category="ops", is_dangerous=True, is_enabled=False, requires_tools=("a", "b")
)
TRADES = {
    "agents-list": trade.agents([each for each in TASK_TRADES if not each.is_tool]),
    "agents-none": trade.agents([]),
    "tool-detail": trade.tool_detail(TOOL, 28.0),
    "called-completed": trade.called(completed({"found": ["A"]}, usage=SPENT)),
    "called-failed": trade.called(task(Status.FAILED)),
    "called-running": trade.called(task(Status.RUNNING)),
    "called-cancelled": trade.called(task(Status.CANCELLED)),
    "skills-none": skill.skills((), None),
    "skills-list": skill.skills((BRIEF, RISKY), None),
    "skills-of-a-category": skill.skills((BRIEF, RISKY), "ops"),
    "skill-whole": skill.skill(BRIEF),
    "versions-one": skill.versions(RISKY),
}
ALL: dict[str, Any] = {**SESSIONS, **FILES, **SCHEDULES, **TRADES}


@pytest.mark.parametrize("name", ALL)
def test_is_the_golden_file(name: str, request: pytest.FixtureRequest) -> None:
    check(GOLDEN / f"{name}.json", ALL[name], request)
