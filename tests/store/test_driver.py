"""What stands between a verb and the disk: groups, failures, full disks, crashes, owners, schemas."""

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.access import Key, KeyRole, Workspace
from gnomon.core.delivery import DeliveryAttempt, DeliveryStatus, Endpoint, NewEndpoint, Verdict
from gnomon.core.errors import NotFound, SchemaTooNew, Unavailable
from gnomon.core.event import EventType
from gnomon.core.hub import Hub
from gnomon.core.ports import (
    AttemptMade,
    ChangeEndpoint,
    ChangeSchedule,
    DeliveryQuery,
    Founding,
    Holding,
    NewDocument,
    Reservation,
    RotateSecret,
    RunResource,
    ScheduleQuery,
    Submit,
)
from gnomon.core.retry import Asked, Divided, Done, Failed
from gnomon.core.schedule import ScheduleStatus
from gnomon.core.task import TaskError
from gnomon.core.tenancy import Invite, Role, User
from gnomon.store import member, schedule, workspace
from gnomon.store.hook import delivery, endpoint, parcel, sending
from gnomon.store.ledger import Ledger
from gnomon.store.reservation import find_reserved
from gnomon.store.schema import REVISIONS, find_revision
from gnomon.store.sqlite import SqliteStore
from gnomon.store.task import line, load, read

WORKSPACE = "wsp_1"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL_TYPES = frozenset(EventType)


def dump(folder: Path) -> list[str]:
    """Return all that a reopened store would find."""
    with closing(sqlite3.connect(folder / "gnomon.db")) as connection:
        return list(connection.iterdump())


class Broken(Exception):
    """What a verb of these tests raises."""


def write_and_break(ledger: Ledger, name: str) -> None:
    ledger.execute("INSERT INTO counter (workspace, noun, value) VALUES ('', ?, 1)", (name,))
    raise Broken


async def test_what_waits_beside_long_verbs_goes_first(shop: Any) -> None:
    """A short verb waits for the long one that is at work, and for no other."""
    writer, order, gate = shop.store.writer, [], threading.Semaphore(0)

    def note(_: Ledger, name: str, *, waits: bool = False) -> None:
        assert not waits or gate.acquire(timeout=10)
        order.append(name)

    asked = [writer.run(note, "first", waits=True)]
    asked += [writer.run_alone(note, f"long {n}", waits=True) for n in range(3)]
    asked += [writer.run(note, "short")]
    waiting = [asyncio.ensure_future(one) for one in asked]
    await asyncio.sleep(0)
    gate.release()
    await waiting[-1]
    waiting += [asyncio.ensure_future(writer.run(note, f"later {n}")) for n in range(2)]
    await asyncio.sleep(0)
    gate.release(3)
    await asyncio.gather(*waiting)
    assert order == ["first", "short", "long 0", "later 0", "later 1", "long 1", "long 2"]


async def test_long_verbs_are_finished_before_the_store_closes(shop: Any) -> None:
    writer = shop.store.writer
    waiting = [
        asyncio.ensure_future(run(lambda _, n: n, n))
        for n, run in enumerate([writer.run_alone, writer.run] * 3)
    ]
    await asyncio.sleep(0)
    writer.stop()
    await asyncio.to_thread(writer.join)
    assert await asyncio.gather(*waiting) == list(range(6))


async def test_a_verb_that_fails_half_way_undoes_only_itself(shop: Any, tmp_path: Path) -> None:
    asked = [
        *(shop.submit() for _ in range(3)),
        shop.store.writer.run(write_and_break, "a"),
        shop.store.cancel(WORKSPACE, "tsk_nothing", shop.now),
        *(shop.submit() for _ in range(3)),
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == [
        *["Task"] * 3,
        "Broken",
        "NotFound",
        *["Task"] * 3,
    ]
    tasks = [answer for answer in answers if not isinstance(answer, Exception)]
    assert [task.number for task in tasks] == [1, 2, 3, 4, 5, 6]
    assert [await shop.get(task) for task in tasks] == tasks
    with pytest.raises(Broken):
        await shop.store.writer.run(write_and_break, "a")
    assert "'a'" not in "".join(line for line in dump(tmp_path) if "counter" in line)


async def test_waiters_hear_nothing_of_what_was_rolled_back(shop: Any) -> None:
    heard: list[str] = []
    shop.hub.on_change = lambda task: heard.append(task.id)
    made, broken = await asyncio.gather(
        shop.submit(), shop.store.writer.run(write_and_break, "a"), return_exceptions=True
    )
    assert isinstance(broken, Broken)
    assert heard == [made.id]


async def test_whoever_leaves_early_disturbs_nobody(shop: Any) -> None:
    leaving, staying = asyncio.ensure_future(shop.submit()), asyncio.ensure_future(shop.submit())
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).number == 2
    assert (await shop.store.get_task_by_number(WORKSPACE, 1)).status == "queued"


async def test_closing_finishes_what_is_queued(open_shop: Callable[[Path], Any], tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    asked = [asyncio.ensure_future(shop.submit()) for _ in range(300)]
    await asyncio.sleep(0)
    await shop.store.close()
    assert sorted(task.number for task in await asyncio.gather(*asked)) == list(range(1, 301))
    for late in (shop.submit(), shop.store.get_task(WORKSPACE, "tsk_1"), shop.store.ping()):
        with pytest.raises(Unavailable, match="closed"):
            await late
    again = open_shop(tmp_path)
    assert (await again.store.get_task_by_number(WORKSPACE, 300)).number == 300
    await again.store.close()


def limit_pages(ledger: Ledger, pages: int) -> None:
    ledger.execute(f"PRAGMA max_page_count = {pages}")


async def test_a_full_disk_is_refused_cleanly_and_recovers(shop: Any) -> None:
    task = await shop.submit()
    await shop.store.writer.run(limit_pages, 1)  # the present size, because it cannot be less
    refused = await asyncio.gather(
        *(shop.submit(input="x" * 50_000) for _ in range(5)), return_exceptions=True
    )
    assert {type(answer) for answer in refused} == {Unavailable}
    assert "nothing was recorded" in str(refused[0])
    assert await shop.get(task) == task
    await shop.store.writer.run(limit_pages, 1_000_000)
    await shop.store.ping()
    assert (await shop.submit(input="x" * 50_000)).number == 2


FULL_DISK = """
import asyncio, pathlib, resource, sys
from datetime import UTC, datetime
from gnomon.core.errors import Unavailable
from gnomon.core.hub import Hub
from gnomon.core.ports import Submit
from gnomon.core.task import NewTask, task_id
from gnomon.store.sqlite import SqliteStore

NOW = datetime.now(UTC)

async def main():
    store = SqliteStore.open(pathlib.Path(sys.argv[1]), Hub())
    def submit(n):
        task = NewTask(id=task_id(NOW, n), workspace="w", kind="k", input="x" * 9000)
        return store.submit(Submit(task=task, now=NOW))
    await submit(0)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, unlimited[1]))
    answers = await asyncio.gather(*(submit(n) for n in range(1, 400)), return_exceptions=True)
    made = [answer for answer in answers if not isinstance(answer, Exception)]
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) + len(made) == 399, answers
    assert refused
    assert (await store.get_task_by_number("w", 1)).number == 1
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    after = await submit(500)
    assert after.task.number == len(made) + 2, (after.task.number, len(made))
    await store.close()
    print("recovered")

asyncio.run(main())
"""


def test_a_disk_that_fills_under_the_log_recovers(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "recovered\n", done.stderr
    with closing(sqlite3.connect(tmp_path / "gnomon.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


class Crash:
    """Keeps copies of the files as a kill at a chosen moment would leave them."""

    def __init__(self, folder: Path, copies: Path) -> None:
        self.folder, self.copies = folder, copies

    def copy(self, name: str) -> Path:
        target = self.copies / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for file in ("gnomon.db", "gnomon.db-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(self.folder / file, target / file)
        return target

    def copy_before_commits(self, ledger: Ledger) -> None:
        def trace(statement: str) -> None:
            if statement == "COMMIT":
                self.copy("before")

        ledger.connection.set_trace_callback(trace)


Act = Callable[[], Awaitable[Any]]


async def _submit(shop: Any) -> Act:
    kept = Reservation(key="k", fingerprint="f")
    return lambda: shop.offer(resource=shop.document({"a": 1}), reservation=kept, input=None)


async def _submit_turn(shop: Any) -> Act:
    await shop.submit(session_id="s")
    return lambda: shop.submit(session_id="s")


async def _begin_session_anew(shop: Any) -> Act:
    await (await _delete_session(shop))()
    return lambda: shop.submit(session_id="s", session_context={"a": 1})


async def _change_session(shop: Any) -> Act:
    await shop.submit(session_id="s")
    return lambda: shop.store.sessions.change_session(WORKSPACE, "s", shop.later(seconds=1), title="t")


async def _delete_session(shop: Any) -> Act:
    await shop.submit(session_id="s")
    return lambda: shop.store.sessions.delete_session(WORKSPACE, "s", shop.now)


async def _claim(shop: Any) -> Act:
    await shop.submit()
    return shop.claim


async def _report(shop: Any) -> Act:
    task = await shop.start()
    return lambda: shop.report(task, 5, {"a": 1})


async def _extend(shop: Any) -> Act:
    task = await shop.start()
    until = shop.now + timedelta(hours=1)
    return lambda: shop.store.extend([Holding(task_id=task.id, fence=task.fence)], until)


async def _save_step(shop: Any) -> Act:
    task = await shop.start()
    return lambda: shop.store.save_step(Holding(task_id=task.id, fence=task.fence), "key", 1)


async def _save_resource(shop: Any) -> Act:
    task = await shop.start()
    new = shop.document({"a": 1}, origin=(task.id, "key"))
    return lambda: shop.store.save_resource(Holding(task_id=task.id, fence=task.fence), new, shop.now)


def _ending(ending: Any) -> Callable[[Any], Awaitable[Act]]:
    async def prepare(shop: Any) -> Act:
        task = await shop.start(max_attempts=2)
        return lambda: shop.finish(task, ending(shop))

    return prepare


async def _last_child(shop: Any) -> Act:
    await shop.split(await shop.start(), shop.new())
    [child] = await shop.claim()
    return lambda: shop.fail(child)


async def _cancel(shop: Any) -> Act:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new())
    return lambda: shop.cancel(parent)


async def _pause(shop: Any) -> Act:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new())
    return lambda: shop.pause(parent)


async def _resume(shop: Any) -> Act:
    act = await _pause(shop)
    parent = await act()
    return lambda: shop.resume(parent)


async def _answer(shop: Any) -> Act:
    task = await shop.start()
    await shop.ask(task)
    return lambda: shop.answer(task, "red")


async def _rerun(shop: Any) -> Act:
    first = await shop.start()
    kept = Reservation(key="k", fingerprint="f")
    return lambda: shop.rerun(first, on_active="replace", reservation=kept, most_active=9)


async def _run_edited(shop: Any) -> Act:
    await shop.store.resources.create(shop.document({}, links=("1",)), shop.now)
    edit = NewDocument(document={"b": 1}, name="B", links=("2",))
    run = RunResource(workspace=WORKSPACE, kind="model", number=1, if_revision=1, edit=edit)
    kept = Reservation(key="k", fingerprint="f")
    return lambda: shop.offer(resource=run, input=None, reservation=kept, most_active=9)


async def _trim_events(shop: Any) -> Act:
    await shop.done(await shop.start())
    return lambda: shop.store.trim_events(shop.now + timedelta(hours=1), 10)


async def _sweep_reservations(shop: Any) -> Act:
    await shop.submit(reservation=Reservation(key="k", fingerprint="f"))
    return lambda: shop.store.sweep_reservations(shop.now + timedelta(hours=1), 10)


async def _sweep(shop: Any) -> Act:
    await shop.start()
    await shop.submit(deadline_at=shop.now + timedelta(minutes=1))
    await shop.submit(run_at=shop.now + timedelta(minutes=1))
    return lambda: shop.store.sweep(shop.now + timedelta(hours=1))


async def _recover(shop: Any) -> Act:
    await shop.start()
    await shop.start()
    return lambda: shop.store.recover(shop.now)


async def _create_group(shop: Any) -> Act:
    return lambda: shop.create_group({"a": 1}, Reservation(key="k", fingerprint="f"))


async def _add_members(shop: Any) -> Act:
    group = await shop.create_group()
    kept = Reservation(key="k", fingerprint="f")
    return lambda: shop.add(group, shop.new(), shop.new(), reservation=kept, most_active=9)


async def _member(shop: Any) -> Any:
    await shop.add(await shop.create_group(), shop.new())
    [task] = await shop.claim()
    return task


async def _finish_member(shop: Any) -> Act:
    task = await _member(shop)
    return lambda: shop.done(task)


async def _cancel_member(shop: Any) -> Act:
    task = await _member(shop)
    return lambda: shop.cancel(task)


async def _create_schedule(shop: Any) -> Act:
    return lambda: shop.schedule(most=5, reservation=Reservation(key="k", fingerprint="f"))


async def _change_schedule(shop: Any) -> Act:
    made = await shop.schedule()
    command = ChangeSchedule(workspace=WORKSPACE, id=made.id, now=shop.now, name="other")
    return lambda: shop.store.schedules.change_schedule(command)


async def _delete_schedule(shop: Any) -> Act:
    made = await shop.schedule()
    return lambda: shop.store.schedules.delete_schedule(WORKSPACE, made.id, shop.now)


async def _fire(shop: Any) -> Act:
    due = shop.due(await shop.schedule(), missed=2)
    return lambda: shop.fire(due, most_active=5)


async def _fire_over_a_run(shop: Any) -> Act:
    made = await shop.schedule()
    await shop.fire(shop.due(made))
    due = shop.due(await shop.get_schedule(made))
    return lambda: shop.fire(due)


async def _turn_back(shop: Any) -> Act:
    made = await shop.schedule()
    return lambda: shop.store.schedules.turn_back(made, shop.now, shop.now)


async def _create(shop: Any) -> Act:
    return lambda: shop.store.resources.create(shop.document({}, links=("1",)), shop.now)


async def _replace(shop: Any) -> Act:
    await shop.store.resources.create(shop.document({}, links=("1",)), shop.now)
    return lambda: shop.store.resources.replace(WORKSPACE, "model", 1, {"b": 1}, ("2",), (), None, shop.now)


async def _delete(shop: Any) -> Act:
    await shop.store.resources.create(shop.document({}), shop.now)
    return lambda: shop.store.resources.delete(WORKSPACE, "model", 1, shop.now)


async def _create_workspace(shop: Any) -> Act:
    new = Workspace(id="wsp_a", number=0, identifier="acme", created_at=shop.now)
    return lambda: shop.store.create_workspace(new, [], "s")


ANN = User(id="usr_1", number=0, name="Ann", created_at=START)
BOB = replace(ANN, id="usr_2", name="Bob", email="bob@b.c")


async def _peopled(shop: Any) -> Any:
    """Found two workspaces, of which Ann owns both and Bob is in the second, with a key, a schedule and a task."""
    for name in "ab":
        new = Workspace(id=f"wsp_{name}", number=0, identifier=name, created_at=shop.now)
        await shop.store.create_workspace(new, [], "s", Founding(owner=ANN))
    await shop.store.members.add_user(BOB)
    await shop.store.members.put_member("workspace", "wsp_b", BOB.id, Role.VIEWER, shop.now)
    for role, public in ((KeyRole.USER, "p1"), (KeyRole.API, "p2"), (KeyRole.WORKSPACE, "p3")):
        user = None if role is KeyRole.WORKSPACE else BOB.id
        await shop.store.create_key(
            Key(
                public_id=public,
                role=role,
                workspace="wsp_b",
                hash=public,
                scopes=frozenset({"read"}),
                created_at=shop.now,
                user_id=user,
            )
        )
    await shop.schedule(workspace="wsp_b")
    await shop.submit(workspace="wsp_b")
    return shop.store.members


def _invite(shop: Any) -> Invite:
    return Invite(
        id="inv_1",
        organization_id="org_b",
        workspace="wsp_b",
        role=Role.ADMIN,
        hash="h",
        email="bob@b.c",
        created_at=shop.now,
        expires_at=shop.now + timedelta(days=1),
    )


async def _put_member(shop: Any) -> Act:
    members = await _peopled(shop)
    return lambda: members.put_member("workspace", "wsp_b", BOB.id, Role.ADMIN, shop.now)


async def _remove_member(shop: Any) -> Act:
    members = await _peopled(shop)
    return lambda: members.remove_member("workspace", "wsp_b", BOB.id, shop.now)


async def _delete_workspace(shop: Any) -> Act:
    members = await _peopled(shop)
    await members.create_invite(_invite(shop), "wsp_b")
    return lambda: members.delete_workspace("wsp_b", shop.now)


async def _rename_workspace(shop: Any) -> Act:
    members = await _peopled(shop)
    return lambda: members.rename_workspace("wsp_b", "c")


async def _create_invite(shop: Any) -> Act:
    members = await _peopled(shop)
    return lambda: members.create_invite(_invite(shop), "wsp_b", Reservation(key="k", fingerprint="f"))


async def _accept_invite(shop: Any) -> Act:
    members = await _peopled(shop)
    await members.create_invite(_invite(shop), "wsp_b")
    return lambda: members.accept_invite(2, "h", BOB, [], shop.now)


async def _link_subject(shop: Any) -> Act:
    await (await _accept_invite(shop))()
    return lambda: shop.store.members.link_subject("bob@b.c", "issuer bob", shop.now)


async def _rotate_workspace_secret(shop: Any) -> Act:
    await (await _create_workspace(shop))()
    command = RotateSecret(workspace="wsp_a", sealed="t", overlap=timedelta(hours=1), now=shop.now)
    return lambda: shop.store.rotate_workspace_secret(command)


SCANS = tuple(f"SCAN {table}" for table in ("task", "resource", "blob", "reservation", "counter", "delivery"))
SCANS += (
    "SCAN schedule",
    "SCAN member",
    "SCAN person",
    "SCAN invite",
    "SCAN organization",
    "SCAN access_key",
)
SCANS += ("SCAN webhook", "SCAN workspace_secret", "SCAN d ", "SCAN e ")
SHORT = ("delivery_taken", "webhook_endpoint_quiet", "webhook_endpoint_deleted", "webhook_endpoint_of_task")
"""Indexes of the few rows that need something done."""


def _hook(shop: Any, number: int = 1, **fields: Any) -> NewEndpoint:
    standard = {"workspace": WORKSPACE, "url": "https://a.example/", "sealed": "s", "event_types": ALL_TYPES}
    return NewEndpoint(**({"id": f"whe_{number:026}"} | standard | fields))


async def _told(shop: Any) -> tuple[Endpoint, DeliveryQuery]:
    """Make an endpoint that asks for everything, and let there be something to tell it."""
    made = await shop.store.create_endpoint(_hook(shop), shop.now)
    await shop.start()
    return made, DeliveryQuery(workspace=WORKSPACE, endpoint_id=made.id)


async def _submit_told(shop: Any) -> Act:
    await _told(shop)
    own = _hook(shop, 2)
    return lambda: shop.store.submit(Submit(task=shop.new(), now=shop.now, hooks=(own,)))


async def _finish_told(shop: Any) -> Act:
    await shop.store.create_endpoint(_hook(shop), shop.now)
    task = await shop.start()
    return lambda: shop.done(task, {"sum": 3})


async def _create_endpoint(shop: Any) -> Act:
    return lambda: shop.store.create_endpoint(_hook(shop), shop.now, 3)


def _change_endpoint(**fields: Any) -> Callable[[Any], Awaitable[Act]]:
    async def prepare(shop: Any) -> Act:
        made, _ = await _told(shop)
        command = ChangeEndpoint(workspace=WORKSPACE, endpoint_id=made.id, now=shop.now, **fields)
        return lambda: shop.store.change_endpoint(command)

    return prepare


async def _enable_endpoint(shop: Any) -> Act:
    await (await _change_endpoint(is_enabled=False)(shop))()
    command = ChangeEndpoint(workspace=WORKSPACE, endpoint_id=f"whe_{1:026}", now=shop.now, is_enabled=True)
    return lambda: shop.store.change_endpoint(command)


async def _delete_endpoint(shop: Any) -> Act:
    made, _ = await _told(shop)
    return lambda: shop.store.delete_endpoint(WORKSPACE, made.id, shop.now)


async def _rotate_secret(shop: Any) -> Act:
    made, _ = await _told(shop)
    command = RotateSecret(
        workspace=WORKSPACE,
        endpoint_id=made.id,
        sealed="t",
        overlap=timedelta(hours=1),
        now=shop.now,
    )
    return lambda: shop.store.rotate_secret(command)


async def _post_test(shop: Any) -> Act:
    made, _ = await _told(shop)
    return lambda: shop.store.post_test(WORKSPACE, made.id, b"{}", shop.now)


async def _claim_deliveries(shop: Any) -> Act:
    await _told(shop)
    return lambda: shop.store.claim_deliveries(
        shop.now, limit=10, lease=timedelta(minutes=1), busy=("whe_busy",)
    )


def _record_delivery(status: DeliveryStatus, disable: str | None = None) -> Callable[[Any], Awaitable[Act]]:
    async def prepare(shop: Any) -> Act:
        [taken] = await (await _claim_deliveries(shop))()
        attempt = DeliveryAttempt(number=1, started_at=shop.now, duration=timedelta(seconds=1))
        command = AttemptMade(
            delivery_id=taken.delivery.id,
            now=shop.now,
            attempt=attempt,
            verdict=Verdict(status=status, disable=disable),
            body=b"{}",
        )
        return lambda: shop.store.record_delivery(command)

    return prepare


async def _delivered(shop: Any) -> DeliveryQuery:
    await (await _record_delivery(DeliveryStatus.DELIVERED)(shop))()
    return DeliveryQuery(workspace=WORKSPACE, endpoint_id=f"whe_{1:026}")


async def _redeliver(shop: Any) -> Act:
    query = await _delivered(shop)
    return lambda: shop.store.redeliver(query, shop.now)


async def _recover_deliveries(shop: Any) -> Act:
    await (await _claim_deliveries(shop))()
    return lambda: shop.store.recover_deliveries(shop.later(seconds=1))


async def _sweep_deliveries(shop: Any) -> Act:
    await _delivered(shop)
    await shop.store.create_endpoint(_hook(shop, 2, url=None), shop.now)
    await shop.submit()
    return lambda: shop.store.sweep_deliveries(shop.later(days=1), 100)


VERBS = {
    "submit": _submit,
    "submit turn": _submit_turn,
    "begin session anew": _begin_session_anew,
    "change_session": _change_session,
    "delete_session": _delete_session,
    "claim": _claim,
    "report": _report,
    "extend": _extend,
    "save_step": _save_step,
    "save_resource": _save_resource,
    "finish done": _ending(lambda shop: Done(result={"sum": 3})),
    "finish split": _ending(lambda shop: Divided(children=(shop.new(), shop.new()), state=1)),
    "finish failed": _ending(lambda shop: Failed(error=TaskError(code="c", message="m", retryable=True))),
    "finish last child": _last_child,
    "cancel": _cancel,
    "pause": _pause,
    "resume": _resume,
    "answer": _answer,
    "finish asked": _ending(lambda shop: Asked(key="k", question={"a": 1})),
    "rerun": _rerun,
    "run edited": _run_edited,
    "trim_events": _trim_events,
    "sweep_reservations": _sweep_reservations,
    "sweep": _sweep,
    "recover": _recover,
    "submit told": _submit_told,
    "finish told": _finish_told,
    "create_endpoint": _create_endpoint,
    "change_endpoint": _change_endpoint(url="https://b.example/", event_types=ALL_TYPES),
    "enable endpoint": _enable_endpoint,
    "delete_endpoint": _delete_endpoint,
    "rotate_secret": _rotate_secret,
    "post_test": _post_test,
    "claim_deliveries": _claim_deliveries,
    "record delivered": _record_delivery(DeliveryStatus.DELIVERED),
    "record exhausted": _record_delivery(DeliveryStatus.EXHAUSTED, "It answered 410."),
    "redeliver": _redeliver,
    "recover_deliveries": _recover_deliveries,
    "sweep_deliveries": _sweep_deliveries,
    "create_group": _create_group,
    "add_members": _add_members,
    "finish member": _finish_member,
    "cancel member": _cancel_member,
    "create_schedule": _create_schedule,
    "change_schedule": _change_schedule,
    "delete_schedule": _delete_schedule,
    "fire": _fire,
    "fire over a run": _fire_over_a_run,
    "turn_back": _turn_back,
    "create": _create,
    "replace": _replace,
    "delete": _delete,
    "create_workspace": _create_workspace,
    "rotate_workspace_secret": _rotate_workspace_secret,
    "put_member": _put_member,
    "remove_member": _remove_member,
    "rename_workspace": _rename_workspace,
    "delete_workspace": _delete_workspace,
    "create_invite": _create_invite,
    "accept_invite": _accept_invite,
    "link_subject": _link_subject,
}


@pytest.mark.parametrize("verb", VERBS)
async def test_a_crash_before_the_commit_leaves_nothing_and_after_it_all(
    shop: Any, verb: str, tmp_path: Path
) -> None:
    act = await VERBS[verb](shop)
    crash = Crash(tmp_path, tmp_path / "copies")
    start = dump(crash.copy("start"))
    await shop.store.writer.run(crash.copy_before_commits)
    await act()
    assert dump(crash.copies / "before") == start
    after = dump(crash.copy("after"))
    assert after != start
    assert after == dump(tmp_path)


@pytest.mark.parametrize("verb", VERBS)
async def test_no_verb_reads_a_whole_table(shop: Any, verb: str, tmp_path: Path) -> None:
    act = await VERBS[verb](shop)
    statements: list[str] = []
    await shop.store.writer.run(lambda ledger: ledger.connection.set_trace_callback(statements.append))
    await act()
    assert_indexed(statements, tmp_path)


READS: dict[str, Callable[[sqlite3.Connection, str], Any]] = {
    "get_version": lambda connection, name: read.read_version(connection, WORKSPACE, name),
    "glance": lambda connection, name: read.glance(connection, WORKSPACE, name),
    "excerpt": lambda connection, name: read.excerpt(connection, WORKSPACE, [name], ["n"]),
    "get_input": lambda connection, name: load.read_input(connection, WORKSPACE, name),
    "count_tasks": lambda connection, _: read.count_tasks(connection, WORKSPACE),
    "list_line": lambda connection, name: line.list_line(connection, WORKSPACE, name, 10),
    "list_events": lambda connection, name: read.list_events(connection, WORKSPACE, name, 0, 10),
    "find_reserved": lambda connection, _: find_reserved(connection, WORKSPACE, "k"),
}


HOOK_READS: dict[str, Callable[[sqlite3.Connection, DeliveryQuery, str], Any]] = {
    "list_endpoints": lambda connection, query, _: endpoint.list_endpoints(connection, query.workspace),
    "list_endpoints of a task": lambda connection, query, name: endpoint.list_endpoints(
        connection, query.workspace, task_id=name
    ),
    "list_deliveries": lambda connection, query, _: delivery.list_deliveries(connection, query),
    "list_deliveries of a task": lambda connection, query, name: delivery.list_deliveries(
        connection, replace(query, task_id=name, after_event=1)
    ),
    "list_deliveries of a status": lambda connection, query, _: delivery.list_deliveries(
        connection, replace(query, statuses=frozenset({DeliveryStatus.EXHAUSTED}))
    ),
    "list_parcels": lambda connection, query, _: parcel.list_parcels(connection, query),
    "next_delivery_due": lambda connection, _, __: sending.next_delivery_due(connection, ("whe_busy",)),
}


@pytest.mark.parametrize("question", HOOK_READS)
async def test_no_question_about_webhooks_reads_a_whole_table(
    shop: Any, question: str, tmp_path: Path
) -> None:
    _, query = await _told(shop)
    task = await shop.submit()
    statements: list[str] = []

    def ask(ledger: Ledger) -> None:
        ledger.connection.set_trace_callback(statements.append)
        HOOK_READS[question](ledger.connection, query, task.id)
        ledger.connection.set_trace_callback(None)

    await shop.store.writer.run(ask)
    assert_indexed(statements, tmp_path)


SCHEDULE_READS: dict[str, Callable[[sqlite3.Connection, str], Any]] = {
    "get_schedule": lambda connection, name: schedule.get_schedule(connection, WORKSPACE, name),
    "list_schedules": lambda connection, _: schedule.list_schedules(
        connection, ScheduleQuery(workspace=WORKSPACE)
    ),
    "list_schedules of a status": lambda connection, _: schedule.list_schedules(
        connection, ScheduleQuery(workspace=WORKSPACE, status=ScheduleStatus.ACTIVE)
    ),
    "list_runs": lambda connection, name: schedule.list_runs(connection, WORKSPACE, name, limit=5),
    "list_due": lambda connection, _: schedule.list_due(connection, START, 5),
    "list_ahead": lambda connection, _: schedule.list_ahead(connection, START, 5),
    "next_due": lambda connection, _: schedule.next_due(connection),
}


MEMBER_READS: dict[str, Callable[[sqlite3.Connection], Any]] = {
    "find_user": lambda connection: member.find_user(connection, ANN.id),
    "find_subject": lambda connection: member.find_subject(connection, "issuer ann"),
    "find_member": lambda connection: member.find_member(connection, "workspace", "wsp_b", BOB.id),
    "find_member of an organization": lambda connection: member.find_member(
        connection, "organization", "org_b", BOB.id
    ),
    "list_members": lambda connection: member.list_members(connection, "workspace", "wsp_b"),
    "list_members of an organization": lambda connection: member.list_members(
        connection, "organization", "org_b"
    ),
    "find_workspace": lambda connection: workspace.find_workspace(connection, "wsp_b"),
    "list_workspaces_of": lambda connection: workspace.list_workspaces_of(connection, "org_b"),
    "list_memberships": lambda connection: workspace.list_memberships(connection, ANN.id),
    "list_abandoned": lambda connection: workspace.list_abandoned(connection, 10),
}


@pytest.mark.parametrize("question", MEMBER_READS)
async def test_no_question_about_members_reads_a_whole_table(
    shop: Any, question: str, tmp_path: Path
) -> None:
    await _peopled(shop)
    statements: list[str] = []

    def ask(ledger: Ledger) -> None:
        ledger.connection.set_trace_callback(statements.append)
        MEMBER_READS[question](ledger.connection)
        ledger.connection.set_trace_callback(None)

    await shop.store.writer.run(ask)
    assert_indexed(statements, tmp_path)


@pytest.mark.parametrize("question", SCHEDULE_READS)
async def test_no_question_about_schedules_reads_a_whole_table(
    shop: Any, question: str, tmp_path: Path
) -> None:
    made = await shop.schedule()
    await shop.fire(shop.due(made))
    statements: list[str] = []

    def ask(ledger: Ledger) -> None:
        ledger.connection.set_trace_callback(statements.append)
        SCHEDULE_READS[question](ledger.connection, made.id)
        ledger.connection.set_trace_callback(None)

    await shop.store.writer.run(ask)
    assert_indexed(statements, tmp_path)


@pytest.mark.parametrize("question", READS)
@pytest.mark.parametrize("runs_resource", [True, False])
async def test_no_question_reads_a_whole_table(
    shop: Any, question: str, tmp_path: Path, *, runs_resource: bool
) -> None:
    resource = shop.document({"a": 1}) if runs_resource else None
    task = await shop.submit(resource=resource, input=None if resource else 1)
    statements: list[str] = []

    def ask(ledger: Ledger) -> None:
        ledger.connection.set_trace_callback(statements.append)
        READS[question](ledger.connection, task.id)
        ledger.connection.set_trace_callback(None)

    await shop.store.writer.run(ask)
    assert_indexed(statements, tmp_path)


def assert_indexed(statements: Sequence[str], folder: Path) -> None:
    verbs = ("SELECT", "UPDATE", "INSERT", "DELETE")
    asked = [text for text in statements if text.strip().startswith(verbs)]
    assert asked
    with closing(sqlite3.connect(folder / "gnomon.db")) as connection:
        for text in asked:
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")]
            scans = [step for step in plan if step.startswith(SCANS) and not step.endswith(SHORT)]
            assert not scans, text


SUBMITTER = """
import asyncio, pathlib, sys
from datetime import UTC, datetime
from gnomon.core.hub import Hub
from gnomon.core.ports import Submit
from gnomon.core.task import NewTask, task_id
from gnomon.store.sqlite import SqliteStore

async def main():
    store = SqliteStore.open(pathlib.Path(sys.argv[1]), Hub())
    first = int(sys.argv[2])
    async def client(n):
        while True:
            n += 16
            now = datetime.now(UTC)
            made = await store.submit(Submit(task=NewTask(id=task_id(now, n), workspace="w", kind="k"), now=now))
            sys.stdout.write(made.task.id + "\\n")
            sys.stdout.flush()
    await asyncio.gather(*(client(first + n) for n in range(16)))

asyncio.run(main())
"""


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_under_kill(tmp_path: Path, rounds: int) -> None:
    acknowledged: list[str] = []
    for n in range(rounds):
        arguments = [sys.executable, "-c", SUBMITTER, tmp_path, str(n * 1_000_000)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged += [next(process.stdout).strip() for _ in range(200 + 37 * n)]
            process.kill()
            acknowledged += [
                line.strip() for line in process.stdout if line.endswith("\n") and len(line) == 31
            ]
    with closing(sqlite3.connect(tmp_path / "gnomon.db")) as connection:
        stored = {task_id for (task_id,) in connection.execute("SELECT id FROM task")}
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        events = connection.execute("SELECT count(*), count(DISTINCT task) FROM task_event").fetchone()
    assert set(acknowledged) <= stored
    assert events == (len(stored), len(stored))


def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys; from gnomon.core.hub import Hub; from gnomon.store.sqlite import SqliteStore\n"
    )
    script += "SqliteStore.open(pathlib.Path(sys.argv[1]), Hub()); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        with pytest.raises(Unavailable, match=rf"in use by process {owner.pid}\b"):
            SqliteStore.open(tmp_path, Hub())
        owner.kill()
    asyncio.run(SqliteStore.open(tmp_path, Hub()).close())


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    asyncio.run(SqliteStore.open(tmp_path, Hub()).close())
    with closing(sqlite3.connect(tmp_path / "gnomon.db", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = dump(tmp_path)
    with pytest.raises(SchemaTooNew, match=rf"schema 9999.*up to {REVISIONS[-1]}"):
        SqliteStore.open(tmp_path, Hub())
    assert dump(tmp_path) == before
    with pytest.raises(SchemaTooNew):  # the refusal released the folder
        SqliteStore.open(tmp_path, Hub())


def test_an_empty_folder_gets_the_newest_schema_and_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "50% of it"
    asyncio.run(SqliteStore.open(folder, Hub()).close())
    assert find_revision(folder / "gnomon.db") == REVISIONS[-1]


def test_a_current_schema_is_opened_without_the_migration_tool(tmp_path: Path) -> None:
    asyncio.run(SqliteStore.open(tmp_path, Hub()).close())
    script = "import asyncio, pathlib, sys; from gnomon.core.hub import Hub\n"
    script += "from gnomon.store.sqlite import SqliteStore\n"
    script += "asyncio.run(SqliteStore.open(pathlib.Path(sys.argv[1]), Hub()).close())\n"
    script += "print({'alembic', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_a_migration_that_fails_leaves_the_schema_as_it_was(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "gnomon.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE task_event (strange TEXT)")
    before = dump(tmp_path)
    with pytest.raises(Exception, match="task_event already exists"):
        SqliteStore.open(tmp_path, Hub())
    assert [line for line in dump(tmp_path) if "alembic" not in line] == before
    assert find_revision(tmp_path / "gnomon.db") is None


async def test_a_missing_task_does_not_roll_back_its_neighbours(shop: Any) -> None:
    with pytest.raises(NotFound):
        await shop.store.cancel(WORKSPACE, "tsk_nothing", shop.now)
    assert (await shop.submit()).number == 1
