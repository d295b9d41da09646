"""Schedules as doors ask for them, on a real store and a real calendar, with a clock that the test sets."""

import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.access import ALL_SCOPES, Limits, Principal
from gnomon.core.errors import Complaint, Forbidden, Invalid, NotFound, QuotaExceeded, Unavailable
from gnomon.core.hub import Hub
from gnomon.core.ports import Claim, Holding, Reservation, ScheduleQuery
from gnomon.core.resource import ResourceKind
from gnomon.core.retry import RetryPolicy
from gnomon.core.schedule import Schedule, ScheduleStatus, Template
from gnomon.core.service import House, schedule
from gnomon.core.service import resource as shelf
from gnomon.core.service.schedule import MOST_COUNTED, Change, Wanted
from gnomon.core.task import Json, Status, Steering, Task, Visibility
from gnomon.core.workload import Reference, Workload
from gnomon.engine.calendar import CronCalendar
from gnomon.store.schedule import STILL_RUNS
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

WE = Principal(workspace="w", key_id="k", scopes=ALL_SCOPES)
THEY = replace(WE, workspace="v")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TEMPLATE = Template(kind="note", input={"title": "Light"})


@dataclass
class SetClock:
    """Tells the time that the test has set."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


@dataclass
class Moods:
    """What the workload's own check does."""

    is_broken: bool = False


MOODS = Moods()


def needs_title(document: Json) -> Sequence[Complaint]:
    if MOODS.is_broken:
        raise ZeroDivisionError
    return () if "title" in document else [Complaint(("title",), "Give a title.", "missing")]


def of_shelf(document: Json) -> Sequence[Reference]:
    return [Reference(kind="shelf", number=document["on"], loc=("on",))] if "on" in document else ()


def read_aloud(given: Json, _: Any) -> Json:
    return given


NOTE = Workload(
    kind="note",
    run=read_aloud,
    check=needs_title,
    references=of_shelf,
    retry=RetryPolicy(max_attempts=4),
    deadline=timedelta(hours=1),
)


@dataclass
class Setting:
    """A house, its clock, and short words for what tests ask."""

    house: House
    clock: SetClock = field(default_factory=SetClock)

    async def make(self, principal: Principal = WE, **fields: Any) -> Schedule:
        standard: dict[str, Any] = {"name": "lights", "cron": "*/5 * * * *", "template": TEMPLATE}
        wanted = Wanted(**(standard | fields))
        return (await schedule.create(self.house, principal, wanted)).schedule

    async def get(self, made: Schedule) -> Schedule:
        return await self.house.store.schedules.get_schedule(made.workspace, made.id)

    async def fire(self, **later: float) -> datetime | None:
        self.clock.time += timedelta(**later)
        return await schedule.fire_due(self.house)

    async def runs(self, made: Schedule) -> Sequence[Task]:
        page = await self.house.store.schedules.list_runs(made.workspace, made.id, limit=100)
        return page.records

    async def end(self, run: Task) -> None:
        await self.house.store.cancel(run.workspace, run.id, self.clock.now())


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    hub, clock = Hub(), SetClock()
    house = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=clock,
        calendar=CronCalendar(),
        kinds={"shelf": ResourceKind(kind="shelf")},
        workloads={"note": NOTE, "inner": replace(NOTE, kind="inner", visibility=Visibility.INTERNAL)},
        vault=KeyVault(b"v" * 32),
        pepper=b"pepper",
    )
    MOODS.is_broken = False
    yield Setting(house, clock)
    await house.store.close()


async def test_a_schedule_is_made_once_and_knows_its_next_time(setting: Setting) -> None:
    wanted = Wanted(name="lights", cron="30 7 * * 1-5", timezone="Europe/Berlin", template=TEMPLATE)
    kept = Reservation(key="k", fingerprint="f")
    first, again = [await schedule.create(setting.house, WE, wanted, reservation=kept) for _ in range(2)]
    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.schedule == first.schedule
    assert first.schedule.next_at == datetime(2026, 6, 2, 5, 30, tzinfo=UTC)
    setting.house = replace(setting.house, workloads={})
    late = await schedule.create(setting.house, WE, wanted, reservation=kept)
    assert (late.is_replay, late.schedule) == (True, first.schedule)


@pytest.mark.parametrize(
    ("fields", "place", "told"),
    [
        ({"name": ""}, ("name",), "1 to 200 characters"),
        ({"name": " "}, ("name",), "1 to 200 characters"),
        ({"name": "n" * 201}, ("name",), "1 to 200 characters"),
        ({"description": "d" * 2001}, ("description",), "2000 characters at most"),
        ({"cron": "* * *"}, ("cron",), "Give five fields"),
        ({"timezone": "Mars"}, ("timezone",), "give its IANA name"),
        ({"template": replace(TEMPLATE, kind="song")}, ("kind",), "There is no kind 'song'"),
        ({"template": replace(TEMPLATE, kind="inner")}, ("kind",), "There is no kind 'inner'"),
        ({"template": replace(TEMPLATE, input={})}, ("input", "title"), "Give a title."),
        ({"template": replace(TEMPLATE, input={"title": 1, "on": 9})}, ("input", "on"), "There is no shelf 9"),
        ({"template": replace(TEMPLATE, input={"$blob": "a"})}, ("input", "$blob"), "reserved"),
        ({"template": replace(TEMPLATE, input={"title": "t" * 1_000_001})}, ("input",), "1000000 characters"),
        ({"template": replace(TEMPLATE, timeout=timedelta())}, ("timeout",), "more than 0 seconds"),
        ({"template": replace(TEMPLATE, timeout=timedelta(days=400))}, ("timeout",), "31622400 at most"),
        ({"template": replace(TEMPLATE, session_id="a b")}, ("session_id",), "Name the session"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_where_it_stands(
    setting: Setting, fields: dict[str, Any], place: tuple[str, ...], told: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await setting.make(**fields)
    (complaint,) = refused.value.complaints
    assert complaint.loc == place
    assert told in complaint.message
    made = await setting.make()
    with pytest.raises(Invalid) as refused:
        await schedule.change(setting.house, WE, made.id, Change(**fields))
    assert refused.value.complaints == (complaint,)
    assert await setting.get(made) == made


async def test_all_that_is_wrong_is_told_at_once(setting: Setting) -> None:
    template = Template(kind="song", input=1, timeout=timedelta(seconds=-1))
    with pytest.raises(Invalid) as refused:
        await setting.make(name="", cron="?", template=template)
    assert [c.loc[0] for c in refused.value.complaints] == ["cron", "name", "timeout", "kind"]


@pytest.mark.parametrize(
    ("cron", "pause"),
    [
        ("*/20 * * * *", "20 minutes"),
        ("0 0,23 1,15,16 * *", "60 minutes"),
        ("0 23 31 12 *", None),
        ("30 23 31 1 *", None),
        ("59,58 4 29 2 *", "60 seconds"),
        ("0 */2 * * *", None),
        ("0 0 31 2 *", None),
    ],
)
async def test_times_that_lie_too_close_together_are_refused(
    setting: Setting, cron: str, pause: str | None
) -> None:
    setting.house = replace(setting.house, limits=Limits(schedule_spacing=timedelta(hours=2)))
    if pause is None:
        assert (await setting.make(cron=cron)).cron == cron
        return
    with pytest.raises(
        Invalid, match=f"lie {pause} apart, and here a schedule fires every 120 minutes at most"
    ):
        await setting.make(cron=cron)


async def test_every_call_asks_for_its_scope_and_its_workspace(setting: Setting) -> None:
    made = await setting.make()
    query = ScheduleQuery(workspace="w")

    def calls(who: Principal) -> dict[str, Any]:
        house = setting.house
        return {
            "get": lambda: schedule.get(house, who, made.id),
            "runs": lambda: schedule.list_runs(house, who, made.id, limit=5),
            "change": lambda: schedule.change(house, who, made.id, Change(name="x")),
            "pause": lambda: schedule.pause(house, who, made.id),
            "resume": lambda: schedule.resume(house, who, made.id),
            "delete": lambda: schedule.delete(house, who, made.id),
        }

    for call in calls(THEY).values():
        with pytest.raises(NotFound):
            await call()
    assert not (await schedule.list_schedules(setting.house, THEY, query)).records
    for name, call in calls(replace(WE, scopes=ALL_SCOPES - {"write"})).items():
        if name not in ("get", "runs"):
            with pytest.raises(Forbidden):
                await call()
    blind = replace(WE, scopes=ALL_SCOPES - {"read"})
    for name in ("get", "runs"):
        with pytest.raises(Forbidden):
            await calls(blind)[name]()
    with pytest.raises(Forbidden):
        await schedule.list_schedules(setting.house, blind, query)
    with pytest.raises(Forbidden):
        await setting.make(replace(WE, scopes=ALL_SCOPES - {"write"}))
    assert await setting.get(made) == made


async def test_a_workspace_has_as_many_as_its_limit(setting: Setting) -> None:
    setting.house = replace(setting.house, limits=Limits(schedules=1))
    await setting.make()
    with pytest.raises(QuotaExceeded):
        await setting.make()


async def test_a_change_leaves_what_it_does_not_name(setting: Setting) -> None:
    made = await setting.make(description="All of them.")
    renamed = await schedule.change(setting.house, WE, made.id, Change(name="lamps"))
    assert renamed == replace(made, name="lamps", updated_at=renamed.updated_at)
    setting.clock.time += timedelta(minutes=7)
    zoned = await schedule.change(setting.house, WE, made.id, Change(timezone="Asia/Kathmandu"))
    assert (zoned.cron, zoned.timezone, zoned.next_at) == (made.cron, "Asia/Kathmandu", NOON + 10 * MINUTE)
    moved = await schedule.change(setting.house, WE, made.id, Change(cron="0 0 * * *"))
    assert (moved.timezone, moved.next_at) == ("Asia/Kathmandu", NOON + timedelta(hours=6, minutes=15))
    other = replace(TEMPLATE, input={"title": "Dark"})
    assert (await schedule.change(setting.house, WE, made.id, Change(template=other))).template == other


async def test_what_passes_while_it_is_paused_is_not_made_up(setting: Setting) -> None:
    made = await setting.make()
    for _ in range(2):
        paused = await schedule.pause(setting.house, replace(WE, name="ann"), made.id, "Holidays.")
    assert (paused.status, paused.next_at) == (ScheduleStatus.PAUSED, None)
    assert paused.pause_told == Steering(by="ann", reason="Holidays.")
    assert await setting.fire(hours=5, minutes=1) is None
    for _ in range(2):
        active = await schedule.resume(setting.house, WE, made.id)
    assert (active.status, active.next_at) == (ScheduleStatus.ACTIVE, setting.clock.now() + 4 * MINUTE)
    assert active.skipped == 0
    await setting.fire(minutes=4)
    assert len(await setting.runs(made)) == 1


async def test_a_time_that_has_come_submits_what_the_template_says(setting: Setting) -> None:
    template = replace(
        TEMPLATE,
        timeout=timedelta(seconds=90),
        session_id="talk",
        metadata={"team": "roof"},
        origin={"door": "x"},
        wording={"words": 1},
    )
    made = await setting.make(template=template)
    assert await setting.fire() == made.next_at
    assert not await setting.runs(made)
    assert await setting.fire(minutes=5, seconds=1) == NOON + 10 * MINUTE
    (run,) = await setting.runs(made)
    assert (run.kind, run.status, run.max_attempts) == ("note", Status.QUEUED, 4)
    assert (run.scheduled_for, run.created_at) == (made.next_at, setting.clock.now())
    assert run.deadline_at == setting.clock.now() + timedelta(seconds=90)
    assert (run.session_id, run.session_turn, run.metadata) == ("talk", 1, {"team": "roof"})
    assert run.origin == {"door": "x"}
    given = await setting.house.store.get_given("w", run.id)
    assert (given.input, given.wording) == ({"title": "Light"}, {"words": 1})


async def test_without_a_timeout_the_workloads_deadline_holds(setting: Setting) -> None:
    made = await setting.make()
    await setting.fire(minutes=5)
    (run,) = await setting.runs(made)
    assert run.deadline_at == setting.clock.now() + timedelta(hours=1)


async def test_what_the_input_refers_to_is_pinned_as_it_stands_at_each_time(setting: Setting) -> None:
    house = setting.house
    saved = (await shelf.create_resource(house, WE, "shelf", {"wood": "oak"})).resource
    made = await setting.make(template=replace(TEMPLATE, input={"title": "Light", "on": saved.number}))
    await shelf.replace_resource(house, WE, "shelf", saved.number, {"wood": "pine"})
    await setting.fire(minutes=5)
    claim = Claim(worker="t", kinds=("note",), limit=1, now=setting.clock.now(), lease=MINUTE)
    (taken,) = await house.store.claim(claim)
    load = await house.store.load(Holding(task_id=taken.id, fence=taken.fence))
    assert [pinned.document for pinned in load.references] == [{"wood": "pine"}]
    await setting.end(taken)
    await shelf.delete_resource(house, WE, "shelf", saved.number)
    await setting.fire(minutes=5)
    after = await setting.get(made)
    assert (after.runs, after.skipped) == (1, 1)
    assert "There is no shelf 1" in (after.skip_cause or "")


async def test_a_server_that_was_away_makes_up_one_time(setting: Setting) -> None:
    made = await setting.make()
    assert await setting.fire(hours=2, minutes=3) == NOON + timedelta(hours=2, minutes=5)
    (run,) = await setting.runs(made)
    assert run.scheduled_for == NOON + timedelta(hours=2)
    after = await setting.get(made)
    assert (after.skipped, after.skip_cause, after.last_at) == (23, None, run.scheduled_for)
    assert await setting.fire() == after.next_at
    assert len(await setting.runs(made)) == 1


@pytest.mark.parametrize("cron", ["* * * * *", "* 3 * * *", "*/7 * * 2 *"])
async def test_years_of_absence_are_made_up_fast(setting: Setting, cron: str) -> None:
    made = await setting.make(cron=cron)
    begun = time.process_time()
    following = await setting.fire(days=3000, seconds=30)
    assert time.process_time() - begun < 2
    (run,) = await setting.runs(made)
    calendar, now = setting.house.calendar, setting.clock.now()
    assert run.scheduled_for is not None
    assert run.scheduled_for <= now
    assert (
        following
        == calendar.next_after(cron, "UTC", run.scheduled_for)
        == calendar.next_after(cron, "UTC", now)
    )
    assert (await setting.get(made)).skipped == MOST_COUNTED


async def test_a_time_is_skipped_while_the_run_before_has_not_ended(setting: Setting) -> None:
    made = await setting.make()
    await setting.fire(minutes=5)
    await setting.fire(minutes=5)
    (run,) = await setting.runs(made)
    after = await setting.get(made)
    assert (after.skipped, after.skip_cause) == (1, STILL_RUNS)
    await setting.end(run)
    await setting.fire(minutes=5)
    assert [one.scheduled_for for one in await setting.runs(made)] == [NOON + 15 * MINUTE, NOON + 5 * MINUTE]


async def test_one_that_cannot_be_fired_keeps_no_other_from_it(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    bad, zoned = await setting.make(), await setting.make(timezone="Europe/Berlin")
    good, theirs = await setting.make(), await setting.make(THEY)
    writer = setting.house.store.writer  # type: ignore[attr-defined]  # a zone that the machine forgets
    await writer.run(lambda ledger: ledger.execute(
        "UPDATE schedule SET timezone = 'Europe/Atlantis' WHERE id = ?", (zoned.id,)
    ))  # fmt: skip
    await writer.run(lambda ledger: ledger.execute(
        "UPDATE schedule SET task = json_set(task, '$.kind', 'gone') WHERE id = ?", (bad.id,)
    ))  # fmt: skip
    assert await setting.fire(minutes=5) == NOON + 10 * MINUTE
    assert len(await setting.runs(good)) == len(await setting.runs(theirs)) == 1
    skipped = await setting.get(bad)
    assert (skipped.runs, skipped.skipped, skipped.next_at) == (0, 1, NOON + 10 * MINUTE)
    assert "There is no kind 'gone'" in (skipped.skip_cause or "")
    paused = await setting.get(zoned)
    assert (paused.status, paused.next_at) == (ScheduleStatus.PAUSED, None)
    assert paused.pause_told is not None
    assert "Europe/Atlantis" in (paused.pause_told.reason or "")
    assert sorted(record.message for record in caplog.records) == ["schedule.paused", "schedule.skipped"]


class Vanishing:
    """A shelf whose schedules are deleted while upkeep looks at them."""

    def __init__(self, shelf: Any) -> None:
        self.shelf = shelf

    def __getattr__(self, name: str) -> Any:
        return getattr(self.shelf, name)

    async def list_due(self, now: datetime, limit: int) -> Sequence[Schedule]:
        found: Sequence[Schedule] = await self.shelf.list_due(now, limit)
        for each in found:
            await self.shelf.delete_schedule(each.workspace, each.id, now)
        return found


@pytest.mark.parametrize("zone", ["UTC", "Europe/Atlantis"])
async def test_one_that_is_deleted_on_the_way_stops_nothing(setting: Setting, zone: str) -> None:
    made = await setting.make()
    store: Any = setting.house.store
    await store.writer.run(lambda ledger: ledger.execute(
        "UPDATE schedule SET timezone = ? WHERE id = ?", (zone, made.id)
    ))  # fmt: skip
    setting.house = replace(setting.house, store=replace(store, schedules=Vanishing(store.schedules)))
    assert await setting.fire(minutes=5) is None
    with pytest.raises(NotFound):
        await setting.get(made)


async def test_a_workloads_check_that_breaks_skips_the_time(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    made = await setting.make()
    MOODS.is_broken = True
    assert await setting.fire(minutes=5) == NOON + 10 * MINUTE
    after = await setting.get(made)
    assert (after.skipped, after.skip_cause) == (1, "ZeroDivisionError while the run was prepared.")
    assert [record.message for record in caplog.records] == ["schedule.broke", "schedule.skipped"]


async def test_a_full_workspace_skips_the_time(setting: Setting) -> None:
    setting.house = replace(setting.house, limits=Limits(active_tasks=1))
    first, second = await setting.make(), await setting.make()
    await setting.fire(minutes=5)
    counts = [(one.runs, one.skipped) for one in (await setting.get(first), await setting.get(second))]
    assert sorted(counts) == [(0, 1), (1, 0)]


async def test_what_the_store_refused_is_fired_by_the_next_call(setting: Setting) -> None:
    made = await setting.make()
    writer = setting.house.store.writer  # type: ignore[attr-defined]  # the disk's fullness
    await setting.make(template=replace(TEMPLATE, input={"title": "x" * 500_000}))
    await writer.run(lambda ledger: ledger.execute("PRAGMA max_page_count = 1"))
    with pytest.raises(Unavailable):
        await setting.fire(minutes=5)
    await writer.run(lambda ledger: ledger.execute("PRAGMA max_page_count = 1000000"))
    await setting.fire(seconds=1)
    (run,) = await setting.runs(made)
    assert run.scheduled_for == made.next_at


async def test_a_clock_that_is_set_back_a_little_fires_nothing_twice(setting: Setting) -> None:
    made = await setting.make()
    await setting.fire(minutes=5)
    await setting.end((await setting.runs(made))[0])
    assert await setting.fire(minutes=-1) == NOON + 10 * MINUTE
    await setting.fire(minutes=2)
    assert len(await setting.runs(made)) == 1


async def test_a_clock_that_was_far_ahead_silences_no_schedule(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    made = await setting.make()
    await setting.fire(days=4000)
    await setting.end((await setting.runs(made))[0])
    setting.clock.time = NOON + MINUTE
    assert await setting.fire() == NOON + 5 * MINUTE
    assert caplog.records[-1].message == "schedule.turned_back"
    await setting.fire(minutes=4)
    assert (await setting.runs(made))[0].scheduled_for == NOON + 5 * MINUTE


async def test_one_that_never_comes_is_kept_and_waits_for_a_change(setting: Setting) -> None:
    made = await setting.make(cron="0 0 31 2 *")
    assert (made.status, made.next_at) == (ScheduleStatus.ACTIVE, None)
    assert await setting.fire(days=400) is None
