"""Sessions as doors ask for them, on a real store: scopes, workspaces, titles, totals."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.access import ALL_SCOPES, Principal
from gnomon.core.errors import Forbidden, Invalid, NotFound
from gnomon.core.hub import Hub
from gnomon.core.ports import Page, TaskQuery
from gnomon.core.service import House, group, session
from gnomon.core.service.line import rerun
from gnomon.core.service.run import run_input
from gnomon.core.service.task import Terms, cancel, list_tasks
from gnomon.core.session import SESSION_ID
from gnomon.core.task import Json, Status, Task
from gnomon.core.workload import Workload
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

WE = Principal(workspace="w", key_id="k", scopes=ALL_SCOPES)
THEY = replace(WE, workspace="v")


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


def read_aloud(given: Json, _: Any) -> Json:
    return given


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    hub = Hub()
    opened = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=SystemClock(),
        kinds={},
        workloads={"note": Workload(kind="note", run=read_aloud)},
        vault=KeyVault(b"v" * 32),
        calendar=CronCalendar(),
        pepper=b"pepper",
    )
    yield opened
    await opened.store.close()


async def submit(house: House, name: str | None = "s", by: Principal = WE, **terms: Any) -> Task:
    made = await run_input(house, by, "note", {"n": 1}, terms=Terms(session_id=name, **terms))
    return made.task


async def test_a_task_joins_the_session_that_its_terms_name(house: House) -> None:
    first = await submit(house, session_context={"title": "Light"})
    second = await submit(house, session_context={"title": "Shade"})
    assert (second.session_turn, second.predecessor_id) == (2, first.id)
    read = await session.get_session(house, WE, "s")
    assert (read.turns, read.context) == (2, {"title": "Light"})
    assert (await submit(house, None)).session_id is None
    turns = await session.list_turns(house, WE, "s")
    assert [(turn.task.id, turn.given.input) for turn in turns] == [
        (first.id, {"n": 1}),
        (second.id, {"n": 1}),
    ]
    newest = await session.list_turns(house, WE, "s", limit=1, newest_first=True)
    assert [turn.task.id for turn in newest] == [second.id]
    page = await list_tasks(house, WE, TaskQuery(workspace="w", session_id="s"))
    assert [task.id for task in page.records] == [second.id, first.id]


@pytest.mark.parametrize("name", ["", ".", "..", "...", "a/b", "ä", "a b", "a\n", "x" * 129])
async def test_what_cannot_name_a_session_is_refused(house: House, name: str) -> None:
    with pytest.raises(Invalid) as told:
        await submit(house, name)
    assert [complaint.loc for complaint in told.value.complaints] == [("session_id",)]
    made = await group.create(house, WE)
    order = group.Order(kind="note", input={}, terms=Terms(session_id=name))
    with pytest.raises(Invalid) as told:
        await group.add(house, WE, made.group.id, [order])
    assert [complaint.loc for complaint in told.value.complaints] == [(0, "session_id")]


@pytest.mark.parametrize(
    "name", ["a", "..a", ".a.", "A:b_c.d-9", "x" * 128, "6f1c0f0e-5a43-4a55-9e4b-0a1b2c3d4e5f"]
)
def test_what_may_name_a_session(name: str) -> None:
    assert SESSION_ID.fullmatch(name)


async def test_another_workspace_sees_nothing(house: House) -> None:
    await submit(house)
    for ask in (
        session.get_session(house, THEY, "s"),
        session.list_turns(house, THEY, "s"),
        session.change_session(house, THEY, "s", title="Mine"),
        session.delete_session(house, THEY, "s"),
    ):
        with pytest.raises(NotFound, match="There is no session s"):
            await ask
    assert (await session.list_sessions(house, THEY)) == Page(records=[], total=0)
    assert (await session.get_totals(house, THEY, "s")).size == 0
    assert (await session.get_session(house, WE, "s")).title is None


READS = (session.get_session, session.get_totals, session.list_turns)
WRITES = (session.change_session, session.delete_session)


@pytest.mark.parametrize(("asked", "scope"), [*((a, "read") for a in READS), *((a, "write") for a in WRITES)])
async def test_each_use_needs_its_scope_alone(house: House, asked: Any, scope: Any) -> None:
    await submit(house)
    with pytest.raises(Forbidden):
        await asked(house, replace(WE, scopes=ALL_SCOPES - {scope}), "s")
    await asked(house, replace(WE, scopes=frozenset({scope})), "s")


async def test_listing_needs_the_scope_to_read(house: House) -> None:
    with pytest.raises(Forbidden):
        await session.list_sessions(house, replace(WE, scopes=ALL_SCOPES - {"read"}))


async def test_a_list_holds_totals(house: House) -> None:
    for name in ("a", "b", "b"):
        await submit(house, name)
    await cancel(house, WE, (await submit(house, "a")).id)
    page = await session.list_sessions(house, WE)
    (first, counted), (second, other) = page.records
    assert (first.id, dict(counted.counts)) == ("a", {Status.QUEUED: 1, Status.CANCELLED: 1})
    assert (second.id, dict(other.counts)) == ("b", {Status.QUEUED: 1, Status.PENDING: 1})
    assert page.total == 2
    assert await session.get_totals(house, WE, "a") == counted
    rest = await session.list_sessions(house, WE, limit=1, offset=1)
    assert [one.id for one, _ in rest.records] == ["b"]


async def test_a_rerun_of_a_turn_is_no_turn(house: House) -> None:
    task = await submit(house)
    await cancel(house, WE, task.id)
    again = await rerun(house, WE, task.id)
    assert again.task.session_id is None


@pytest.mark.parametrize(
    ("given_title", "kept"),
    [(" Light \n", "Light"), ("a\x00b\x1bc\x9fd", "abcd"), ("\tä b\t", "ä b"), ("x" * 60, "x" * 60)],
)
async def test_a_title_is_kept_without_what_cannot_be_seen(house: House, given_title: str, kept: str) -> None:
    await submit(house)
    changed = await session.change_session(house, WE, "s", title=given_title, context={"seen": True})
    assert (changed.title, changed.context) == (kept, {"seen": True})
    assert await session.get_session(house, WE, "s") == changed
    assert (await session.change_session(house, WE, "s")).title == kept


@pytest.mark.parametrize("title", ["", "  ", "\n\x00", "x" * 61])
async def test_a_title_of_another_length_is_refused(house: House, title: str) -> None:
    await submit(house)
    with pytest.raises(Invalid, match="1 to 60 characters") as told:
        await session.change_session(house, WE, "s", title=title)
    assert [complaint.loc for complaint in told.value.complaints] == [("title",)]


@given(title=st.text(st.characters(), max_size=80))
def test_what_is_kept_of_a_title_stays_as_it_is(title: str) -> None:
    try:
        kept = session.clean_title(title)
    except Invalid:
        return
    assert session.clean_title(kept) == kept
    assert 1 <= len(kept) <= 60
    kept.encode()


async def test_a_deleted_session_begins_anew(house: House) -> None:
    await submit(house)
    await session.change_session(house, WE, "s", title="Old")
    for _ in range(2):
        await session.delete_session(house, WE, "s")
    with pytest.raises(NotFound):
        await session.list_turns(house, WE, "s")
    task = await submit(house)
    assert (task.session_turn, task.predecessor_id) == (2, None)
    assert (await session.get_session(house, WE, "s")).title is None
    assert [turn.task.id for turn in await session.list_turns(house, WE, "s")] == [task.id]
