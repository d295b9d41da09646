"""Schedules: kept apart by workspace, fired for each time once, skipped while their run has not ended."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.errors import NotFound, QuotaExceeded, ReservationReused
from gnomon.core.ports import ChangeSchedule, Reservation, ScheduleQuery
from gnomon.core.schedule import Schedule, ScheduleStatus, Template
from gnomon.core.task import Status, Steering
from gnomon.store.schedule import STILL_RUNS

WORKSPACE = "wsp_1"
MINUTE = timedelta(minutes=1)


async def change(shop: Any, schedule: Schedule, **fields: Any) -> Schedule:
    command = ChangeSchedule(**({"workspace": WORKSPACE, "id": schedule.id, "now": shop.now} | fields))
    changed = await shop.store.schedules.change_schedule(command)
    assert isinstance(changed, Schedule)
    return changed


async def test_what_was_stored_is_read(shop: Any) -> None:
    template = Template(
        kind="test",
        input={"deep": [1, None, "ü"]},
        timeout=timedelta(seconds=90.5),
        session_id="talk",
        metadata={"team": "roof"},
        origin={"door": "x"},
        wording={"words": 1},
    )
    made = await shop.schedule(template=template, description="Each minute.", timezone="Europe/Berlin")
    assert (made.number, made.status, made.runs, made.skipped) == (1, "active", 0, 0)
    assert (made.template, made.description, made.timezone) == (template, "Each minute.", "Europe/Berlin")
    assert (made.created_at, made.updated_at, made.last_at) == (shop.now, shop.now, None)
    assert await shop.get_schedule(made) == made
    assert (await shop.schedule()).number == 2


async def test_the_same_request_makes_one_schedule(shop: Any) -> None:
    kept = Reservation(key="k", fingerprint="f")
    first, again = [await shop.schedule(reservation=kept) for _ in range(2)]
    assert again == first
    with pytest.raises(ReservationReused):
        await shop.schedule(reservation=replace(kept, fingerprint="g"))


async def test_a_workspace_has_as_many_as_it_may(shop: Any) -> None:
    kept = Reservation(key="k", fingerprint="f")
    first = await shop.schedule(most=1, reservation=kept)
    with pytest.raises(QuotaExceeded, match="has 1 schedules, and may have 1; delete one first"):
        await shop.schedule(most=1)
    assert await shop.schedule(most=1, reservation=kept) == first
    assert (await shop.schedule(most=1, workspace="wsp_2")).number == 1
    await shop.store.schedules.delete_schedule(WORKSPACE, first.id, shop.now)
    assert (await shop.schedule(most=1)).number == 2


async def test_nobody_sees_anothers_or_a_deleted_schedule(shop: Any) -> None:
    shelf, ours, gone = shop.store.schedules, await shop.schedule(), await shop.schedule()
    await shelf.delete_schedule(WORKSPACE, gone.id, shop.now)
    for workspace, name in (("wsp_2", ours.id), (WORKSPACE, gone.id), (WORKSPACE, "sch_nothing")):
        for ask in (
            shelf.get_schedule(workspace, name),
            shelf.change_schedule(ChangeSchedule(workspace=workspace, id=name, now=shop.now, name="x")),
            shelf.delete_schedule(workspace, name, shop.now),
            shelf.list_runs(workspace, name, limit=5),
        ):
            with pytest.raises(NotFound, match=f"There is no schedule {name}"):
                await ask
    page = await shelf.list_schedules(ScheduleQuery(workspace=WORKSPACE))
    assert ([one.id for one in page.records], page.total) == ([ours.id], 1)


async def test_lists_go_by_page_and_status(shop: Any) -> None:
    made = [await shop.schedule() for _ in range(5)]
    await change(shop, made[1], status=ScheduleStatus.PAUSED)

    async def listed(**fields: Any) -> tuple[list[str], int]:
        page = await shop.store.schedules.list_schedules(ScheduleQuery(workspace=WORKSPACE, **fields))
        return [one.name for one in page.records], page.total

    assert await listed(limit=2, offset=1) == (["schedule 4", "schedule 3"], 5)
    assert await listed(status=ScheduleStatus.PAUSED) == (["schedule 2"], 1)
    assert (await listed(status=ScheduleStatus.ACTIVE))[1] == 4
    assert await listed(offset=9) == ([], 5)


async def test_a_time_that_has_come_makes_one_run(shop: Any) -> None:
    made = await shop.schedule()
    shop.later(minutes=1, seconds=0.5)
    assert await shop.store.schedules.list_due(shop.now, 5) == [made]
    due = shop.due(made)
    first, second, third = await asyncio.gather(*(shop.fire(due) for _ in range(3)))
    assert (second, third) == (None, None)
    assert (first.schedule_id, first.scheduled_for, first.status) == (made.id, made.next_at, Status.QUEUED)
    assert await shop.get(first) == first
    after = await shop.get_schedule(made)
    assert (after.runs, after.skipped, after.skip_cause) == (1, 0, None)
    assert (after.last_at, after.next_at) == (made.next_at, made.next_at + MINUTE)
    assert await shop.store.schedules.list_due(shop.now, 5) == []
    assert await shop.store.schedules.next_due() == after.next_at


async def test_a_run_that_has_not_ended_holds_the_next_ones_up(shop: Any) -> None:
    made = await shop.schedule()
    run = await shop.fire(shop.due(made))
    assert await shop.fire(shop.due(await shop.get_schedule(made))) is None
    skipped = await shop.get_schedule(made)
    assert (skipped.runs, skipped.skipped, skipped.skip_cause) == (1, 1, STILL_RUNS)
    assert skipped.last_at == made.next_at + MINUTE
    await shop.cancel(run)
    again = await shop.fire(shop.due(await shop.get_schedule(made)))
    assert again.scheduled_for == made.next_at + 2 * MINUTE
    assert (await shop.get_schedule(made)).skip_cause is None


async def test_what_was_missed_counts_as_skipped(shop: Any) -> None:
    made = await shop.schedule()
    run = await shop.fire(shop.due(made, missed=7))
    after = await shop.get_schedule(made)
    assert run.scheduled_for == after.last_at == made.next_at + 7 * MINUTE
    assert (after.runs, after.skipped, after.skip_cause) == (1, 7, None)


async def test_a_time_may_pass_without_a_task(shop: Any) -> None:
    made = await shop.schedule()
    fired = await shop.store.schedules.fire(shop.due(made, missed=2), None, shop.now, cause="No such kind.")
    after = await shop.get_schedule(made)
    assert (fired, after.runs, after.skipped, after.skip_cause) == (None, 0, 3, "No such kind.")


async def test_a_full_workspace_fires_nothing_and_moves_nothing(shop: Any) -> None:
    made, _ = await shop.schedule(), await shop.submit()
    with pytest.raises(QuotaExceeded):
        await shop.fire(shop.due(made), most_active=1)
    assert await shop.get_schedule(made) == made


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "other"},
        {"template": Template(kind="test", input=2)},
        {"status": ScheduleStatus.PAUSED},
        {"cron": "0 0 * * *", "timezone": "UTC"},
        None,
    ],
    ids=str,
)
async def test_who_read_it_before_a_change_fires_nothing(shop: Any, fields: dict[str, Any] | None) -> None:
    made = await shop.schedule()
    if fields is None:
        await shop.store.schedules.delete_schedule(WORKSPACE, made.id, shop.now)
    else:
        await change(shop, made, **fields)
    assert await shop.fire(shop.due(made)) is None
    await shop.store.schedules.turn_back(made, shop.now, shop.now)
    assert (await shop.submit()).number == 1
    if fields is not None:
        assert (await shop.get_schedule(made)).last_at is None


async def test_a_schedule_is_set_aside_and_goes_on(shop: Any) -> None:
    made, told = await shop.schedule(), Steering(by="ann", reason="Holidays.")
    paused = await change(shop, made, status=ScheduleStatus.PAUSED, told=told)
    assert (paused.status, paused.next_at, paused.pause_told) == ("paused", None, told)
    again = await change(shop, made, status=ScheduleStatus.PAUSED)
    assert (again.pause_told, again.next_at) == (told, None)
    assert await shop.store.schedules.next_due() is None
    assert await shop.store.schedules.list_due(shop.later(days=1), 5) == []
    moved = await change(shop, made, cron="0 * * * *", timezone="UTC", next_at=shop.now + MINUTE)
    assert (moved.cron, moved.next_at, moved.pause_told) == ("0 * * * *", None, told)
    active = await change(shop, made, status=ScheduleStatus.ACTIVE, next_at=shop.now + MINUTE)
    assert (active.status, active.next_at, active.pause_told) == ("active", shop.now + MINUTE, None)
    assert paused.updated_at < again.updated_at < active.updated_at
    # A time that has just come is not left out by who resumes what was never paused.
    later = await change(shop, made, status=ScheduleStatus.ACTIVE, next_at=shop.now + 9 * MINUTE)
    assert later.next_at == active.next_at


async def test_runs_are_counted_and_listed_newest_first(shop: Any) -> None:
    made = await shop.schedule()

    async def fire() -> Any:
        run = await shop.fire(shop.due(await shop.get_schedule(made)))
        return next(task for task in await shop.claim() if task.id == run.id)

    done = await shop.done(await fire(), {"sum": 3})
    failed = await shop.fail(await fire())
    late = await shop.fire(shop.due(await shop.get_schedule(made)))
    await shop.cancel(late)
    running = await fire()
    await shop.submit()
    counted = await shop.get_schedule(made)
    assert (counted.runs, counted.succeeded, counted.failed) == (4, 1, 1)
    page = await shop.store.schedules.list_runs(WORKSPACE, made.id, limit=3)
    assert ([run.id for run in page.records], page.total) == ([running.id, late.id, failed.id], 4)
    page = await shop.store.schedules.list_runs(WORKSPACE, made.id, limit=3, offset=3)
    assert ([run.id for run in page.records], page.records[0].result) == ([done.id], {"sum": 3})
    (listed,) = (await shop.store.schedules.list_schedules(ScheduleQuery(workspace=WORKSPACE))).records
    assert listed == counted


async def test_a_run_joins_the_session_of_its_template(shop: Any) -> None:
    before = await shop.submit(session_id="talk")
    made = await shop.schedule()
    task = shop.new(session_id="talk")
    run = await shop.store.schedules.fire(shop.due(made), task, shop.now)
    assert (run.session_id, run.session_turn, run.predecessor_id) == ("talk", 2, before.id)
    assert run.status is Status.PENDING


async def test_due_ones_come_in_their_order_piece_by_piece(shop: Any) -> None:
    late, early, _ = (
        await shop.schedule(next_at=shop.now + 2 * MINUTE),
        await shop.schedule(next_at=shop.now + MINUTE),
        await shop.schedule(next_at=None),
    )
    shop.later(minutes=5)
    assert await shop.store.schedules.list_due(shop.now, 9) == [early, late]
    assert await shop.store.schedules.list_due(shop.now, 1) == [early]


async def test_who_waits_hears_when_something_will_be_due(shop: Any) -> None:
    heard: list[datetime] = []
    shop.hub.on_due = heard.append
    made = await shop.schedule()
    assert heard == [made.next_at]
    await change(shop, made, cron="1 1 * * *", timezone="UTC", next_at=shop.now + 5 * MINUTE)
    assert heard[1:] == [shop.now + 5 * MINUTE]


async def test_a_schedule_that_ran_ahead_goes_on_from_now(shop: Any) -> None:
    made = await shop.schedule()
    await shop.fire(shop.due(made, missed=600))
    ahead = (await shop.store.schedules.list_ahead(shop.now + timedelta(hours=3), 5))[0]
    await shop.store.schedules.turn_back(ahead, shop.now + MINUTE, shop.now)
    after = await shop.get_schedule(made)
    assert (after.last_at, after.next_at) == (shop.now, shop.now + MINUTE)
    assert await shop.store.schedules.list_ahead(shop.now + timedelta(hours=3), 5) == []


async def test_schedules_outlive_the_server(open_shop: Callable[[Path], Any], tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    made = await shop.schedule()
    await shop.fire(shop.due(made))
    kept = await shop.get_schedule(made)
    await shop.store.close()
    shop = open_shop(tmp_path)
    assert await shop.get_schedule(made) == kept
    await shop.store.close()
