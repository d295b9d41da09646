"""The vendor's command line, each of its commands on sessions, schedules, agents, tools, skills and files."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from server import Serving, serving
from shannon import AsyncShannonClient
from trades_of_tasks import TASK_TRADES

from gnomon.core.access import KeyRole
from gnomon.core.service.schedule import fire_due
from gnomon.web.dialects.shannon.desk import ShannonOptions
from gnomon.wiring.skills import SkillFolders

SKILLS = Path(__file__).parents[3] / "examples" / "skills"


@dataclass(frozen=True)
class Shell:
    """Calls the command line as a person would, in a process of its own."""

    served: Serving

    async def says(self, *words: str, ends: int = 0) -> str:
        key = self.served.founded.keys[KeyRole.API]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "ignore", "-m", "shannon.cli"),
            *("--base-url", self.served.address, "--api-key", key),
            *words,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        text = told.decode()
        assert process.returncode == ends, text
        return text


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    options = ShannonOptions(skills=SkillFolders([SKILLS]))
    async with serving(tmp_path / "data", *TASK_TRADES, is_alone=True, shannon=options) as server:
        yield server


@pytest.fixture
def shell(served: Serving) -> Shell:
    return Shell(served)


@pytest.fixture
async def session(client: AsyncShannonClient) -> str:
    handle = await client.submit_task("Who was it?", session_id="user-123")
    await client.wait(handle.task_id, poll_interval=0.02, timeout=20)
    return "user-123"


@pytest.mark.slow
async def test_sessions_and_their_files(shell: Shell, session: str) -> None:
    assert await shell.says("session-title", session, "Notes") == "✓ Updated\n"
    assert re.match(r"Total: 1\nuser-123\t\S+\t\d{4}-", await shell.says("session-list"))
    told = await shell.says("session-get", session)
    assert told.startswith("Session user-123 (user=")
    assert "History msgs: 1" in told
    listed = await shell.says("session-files", session, "--path", "answers")
    path = re.findall(r"answers/0001-task_\w+\.md", listed)[0]
    assert "# Who was it?\n\nOn Who was it?" in await shell.says("session-file-get", session, path)
    assert "file" in await shell.says("session-files", session)
    assert await shell.says("memory-files") == "No files found\n"
    assert "File not found" in await shell.says("memory-file-get", "doc_1/x.md", ends=1)
    assert await shell.says("session-delete", session) == "✓ Deleted\n"
    assert "Session not found" in await shell.says("session-get", session, ends=1)


@pytest.mark.slow
async def test_schedules(shell: Shell, served: Serving, client: AsyncShannonClient) -> None:
    order = ("News", "0 9 * * *", "What is new?", "--force-research")
    made = await shell.says("schedule-create", *order)
    name = re.findall(r"sch_\w+", made)[0]
    assert f"▶ {name}\tNews\t0 9 * * *\tACTIVE" in await shell.says("schedule-list")
    assert await shell.says("schedule-pause", name, "--reason", "holidays") == "✓ Schedule paused\n"
    assert "Status: PAUSED" in await shell.says("schedule-get", name)
    assert await shell.says("schedule-resume", name) == "✓ Schedule resumed\n"
    assert "Next run:" in await shell.says("schedule-update", name, "--name", "Olds", "--clear-context")
    served.house.clock.shift = (await client.get_schedule(name)).next_run_at - served.house.clock.now()  # type: ignore[attr-defined]  # the rig's clock
    await fire_due(served.house)
    (run,), _ = await client.get_schedule_runs(name)
    await client.wait(run.workflow_id, poll_interval=0.02, timeout=20)
    assert re.match(r"Total runs: 1\n✓ .*\tCOMPLETED\t0 tokens", await shell.says("schedule-runs", name))
    assert "Runs: 1 total, 1 succeeded, 0 failed" in await shell.says("schedule-get", name)
    assert await shell.says("schedule-delete", name) == "✓ Schedule deleted\n"
    assert "Schedule not found" in await shell.says("schedule-get", name, ends=1)


@pytest.mark.slow
async def test_agents_tools_and_skills(shell: Shell) -> None:
    assert "research" in await shell.says("agents-list")
    assert '"effort"' in await shell.says("agent-get", "research")
    assert "task_" in await shell.says("agent-exec", "research", "--input", '{"input": "Who?"}')
    assert "'input' is required" in await shell.says("agent-exec", "research", "--input", "{}", ends=1)
    assert "word_search" in await shell.says("tools-list", "--category", "search")
    assert "Timeout seconds: 28" in await shell.says("tool-get", "word_search")
    called = await shell.says("tool-exec", "word_search", "--arguments", '{"word": "gnomon"}')
    assert "GNOMON" in called
    listed = await shell.says("skills-list")
    assert "plain-brief" in listed
    assert "source-review" in listed
    assert "Write for a reader who has one minute." in await shell.says("skill-get", "plain-brief")
    assert "1.1.0\tresearch\tenabled" in await shell.says("skill-versions", "source-review")
