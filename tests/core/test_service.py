"""The use cases on a real store, with nouns and trades made up for the purpose."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.errors import Complaint, Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from gnomon.core.hub import Hub
from gnomon.core.ports import Claim, Finish, Holding, Load, TaskQuery
from gnomon.core.resource import NewResource, ResourceKind, resource_id
from gnomon.core.retry import Done, Failed, RetryPolicy
from gnomon.core.service import House, run, task
from gnomon.core.service import access as keys
from gnomon.core.service import resource as shelf
from gnomon.core.task import Json, Status, Task, TaskError, Visibility
from gnomon.core.workload import Failure, Reference, Workload
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


def needs_title(document: Json) -> Sequence[Complaint]:
    return () if "title" in document else [Complaint(("title",), "Give a title.", "missing")]


def add_pages(document: Json) -> Json:
    if document["title"] == "endless":
        raise Failure("endless", "title: give a book that ends")
    return {**document, "pages": 100}


def named(kind: str, key: str) -> Any:
    def references(document: Json) -> Sequence[Reference]:
        return [Reference(kind=kind, number=document[key], loc=(key,))] if key in document else ()

    return references


def is_filmed(document: Json) -> bool:
    return "reel" in document


KINDS = (
    ResourceKind(kind="house_rules"),
    ResourceKind(kind="film", needs_result=is_filmed),
    ResourceKind(kind="review", check=needs_title, check_draft=lambda _: (), references=named("film", "of")),
    ResourceKind(kind="library", gathers=("rules",)),
    ResourceKind(kind="rules", references=named("library", "of")),
    ResourceKind(kind="shelf", references=named("library", "in")),
    ResourceKind(kind="book", check=needs_title, complete=add_pages, references=named("shelf", "on")),
)


def read_aloud(given: Json, _: Any) -> Json:
    return given


WORKLOADS = (
    Workload(kind="book", run=read_aloud, deadline=timedelta(hours=1), alongside=("house_rules",)),
    Workload(kind="film", run=read_aloud, retry=RetryPolicy(max_attempts=1)),
    Workload(kind="review", run=read_aloud),
    Workload(kind="page", run=read_aloud, visibility=Visibility.INTERNAL),
    Workload(kind="note", run=read_aloud, check=needs_title),
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    hub = Hub()
    opened = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=SystemClock(),
        kinds={kind.kind: kind for kind in KINDS},
        workloads={workload.kind: workload for workload in WORKLOADS},
        vault=KeyVault(b"v" * 32),
        calendar=CronCalendar(),
        pepper=b"pepper",
    )
    yield opened
    await opened.store.close()


def principal(workspace: str = "w", *scopes: str) -> Principal:
    return Principal(workspace=workspace, key_id="k", scopes=frozenset(scopes) or ALL_SCOPES)


WE = principal()


async def claim(house: House) -> Task:
    command = Claim(
        worker="test",
        kinds=tuple(house.workloads),
        limit=1,
        now=house.clock.now(),
        lease=timedelta(minutes=1),
    )
    (claimed,) = await house.store.claim(command)
    return claimed


async def load(house: House, claimed: Task) -> Load:
    return await house.store.load(Holding(task_id=claimed.id, fence=claimed.fence))


async def finish(house: House, claimed: Task, result: Json = None) -> Task:
    return await finish_with(house, claimed, Done(result=result))


async def finish_with(house: House, claimed: Task, ending: Done | Failed) -> Task:
    holding = Holding(task_id=claimed.id, fence=claimed.fence)
    return await house.store.finish(Finish(holding=holding, now=house.clock.now(), ending=ending))


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


class TestKeys:
    async def test_keys_open_their_workspace(self, house: House) -> None:
        founded = await keys.found_workspace(house, "a")
        for role, text in founded.keys.items():
            who = await keys.authenticate(house, text, roles=frozenset({role}))
            assert (who.workspace, who.scopes) == (founded.workspace.id, ALL_SCOPES)
            others = frozenset(KeyRole) - {role}
            with pytest.raises(Unauthenticated):
                await keys.authenticate(house, text, roles=others)

    async def test_stored_keys_are_hashes(self, house: House, tmp_path: Path) -> None:
        founded = await keys.found_workspace(house, "a")
        stored = all_bytes(tmp_path)
        assert founded.workspace.id.encode() in stored
        for text in founded.keys.values():
            assert text.rpartition("_")[2].encode() not in stored
            assert text not in repr(founded)

    async def test_pepper_matters(self, house: House) -> None:
        founded = await keys.found_workspace(house, "a")
        other = replace(house, pepper=b"other")
        with pytest.raises(Unauthenticated):
            await keys.authenticate(other, founded.keys[KeyRole.API], roles=frozenset(KeyRole))

    async def test_recalled_keys_must_be_of_the_workspace(self, house: House) -> None:
        founded = await keys.found_workspace(house, "a")
        other = await keys.found_workspace(house, "b")
        pair = await keys.exchange(house, founded.keys[KeyRole.WORKSPACE], founded.keys[KeyRole.USER])
        ids = pair.key_ids
        who = await keys.recall(house, ids, founded.workspace.id)
        assert who.key_id == ids[1]
        for wrong in (other.workspace.id, "wsp_x"):
            with pytest.raises(Unauthenticated):
                await keys.recall(house, ids, wrong)

    async def test_scopes_are_required(self, house: House) -> None:
        reader = principal("w", "read")
        with pytest.raises(Forbidden, match="write"):
            await shelf.create_resource(house, reader, "library", {})
        with pytest.raises(Forbidden, match="cancel"):
            await task.cancel_and_wait(house, reader, 1, 0)
        with pytest.raises(Forbidden, match="read"):
            await task.get_task(house, principal("w", "write"), 1)


class TestResources:
    async def test_is_checked_then_completed(self, house: House) -> None:
        with pytest.raises(Invalid, match="Give a title"):
            await shelf.create_resource(house, WE, "book", {})
        with pytest.raises(Invalid, match="a book that ends"):
            await shelf.create_resource(house, WE, "book", {"title": "endless"})
        made = await shelf.create_resource(house, WE, "book", {"title": "A"})
        assert made.resource.document == {"title": "A", "pages": 100}

    async def test_must_refer_to_what_is_there(self, house: House) -> None:
        with pytest.raises(NotFound, match="library"):
            await shelf.create_resource(house, WE, "shelf", {"in": 1})
        await shelf.create_resource(house, principal("other"), "library", {})
        with pytest.raises(NotFound):
            await shelf.create_resource(house, WE, "shelf", {"in": 1})

    async def test_replaced_and_deleted(self, house: House) -> None:
        await shelf.create_resource(house, WE, "book", {"title": "A"})
        changed = await shelf.replace_resource(house, WE, "book", 1, {"title": "B"})
        assert (changed.revision, changed.document["title"]) == (2, "B")
        await shelf.delete_resource(house, WE, "book", 1)
        for asked in (
            shelf.get_resource(house, WE, "book", 1),
            shelf.delete_resource(house, WE, "book", 1),
            shelf.replace_resource(house, WE, "book", 1, {"title": "C"}),
        ):
            with pytest.raises(NotFound):
                await asked


class TestRuns:
    @pytest.fixture
    async def stocked(self, house: House) -> House:
        await shelf.create_resource(house, WE, "library", {})
        await shelf.create_resource(house, WE, "rules", {"of": 1, "edition": 1})
        await shelf.create_resource(house, WE, "shelf", {"in": 1})
        return house

    async def test_pins_what_is_named_what_that_names_and_what_is_gathered(self, stocked: House) -> None:
        await shelf.create_resource(stocked, WE, "rules", {"of": 1, "edition": 2})
        await run.create_and_run(stocked, WE, "book", {"title": "A", "on": 1})
        loaded = await load(stocked, await claim(stocked))
        assert loaded.input == {"title": "A", "on": 1, "pages": 100}
        assert {(pin.kind, pin.number) for pin in loaded.references} == {
            ("shelf", 1),
            ("library", 1),
            ("rules", 2),
        }

    async def test_later_edits_do_not_reach_a_submitted_run(self, stocked: House) -> None:
        await run.create_and_run(stocked, WE, "book", {"title": "A", "on": 1})
        await shelf.replace_resource(stocked, WE, "rules", 1, {"of": 1, "edition": 9})
        loaded = await load(stocked, await claim(stocked))
        (rules,) = [pin for pin in loaded.references if pin.kind == "rules"]
        assert rules.document["edition"] == 1

    async def test_blobs_of_pins_live_as_long_as_the_task(self, stocked: House) -> None:
        curve = [float(n) for n in range(10_000)]
        await shelf.create_resource(stocked, WE, "rules", {"of": 1, "curve": curve})
        await run.create_and_run(stocked, WE, "book", {"title": "A", "on": 1})
        await shelf.delete_resource(stocked, WE, "rules", 2)
        loaded = await load(stocked, await claim(stocked))
        (rules,) = [pin for pin in loaded.references if pin.kind == "rules"]
        await stocked.store.sweep_blobs(stocked.clock.now() + timedelta(days=1))
        assert await stocked.store.get_blob(rules.document["curve"]["$blob"])

    async def test_missing_references_are_complained_of_where_they_stand(self, stocked: House) -> None:
        with pytest.raises(Invalid) as caught:
            await run.create_and_run(stocked, WE, "book", {"title": "A", "on": 5})
        (complaint,) = caught.value.complaints
        assert (complaint.loc, complaint.type) == (("on",), "missing_reference")
        await shelf.delete_resource(stocked, WE, "library", 1)
        with pytest.raises(Invalid):
            await run.create_and_run(stocked, WE, "book", {"title": "A", "on": 1})

    async def test_active_run_keeps_the_resource(self, stocked: House) -> None:
        made = await run.create_and_run(stocked, WE, "book", {"title": "A"})
        for asked in (
            run.run_saved(stocked, WE, "book", 1),
            run.replace_saved(stocked, WE, "book", 1, {"title": "B"}),
        ):
            with pytest.raises(run.ResourceActive) as caught:
                await asked
            assert caught.value.task.id == made.task.id

    async def test_edit_makes_a_draft_and_a_run_ends_it(self, stocked: House) -> None:
        await run.create_and_run(stocked, WE, "book", {"title": "A"})
        await finish(stocked, await claim(stocked), {"read": 1})
        done = await shelf.latest_task(stocked, await shelf.get_resource(stocked, WE, "book", 1))
        assert done is not None
        assert done.result == {"read": 1}
        edited = await run.replace_saved(stocked, WE, "book", 1, {"title": "B"}, name="renamed")
        assert (edited.revision, edited.name) == (2, "renamed")
        assert await shelf.latest_task(stocked, edited) is None
        again = await run.run_saved(stocked, WE, "book", 1)
        assert again.resource is not None
        assert again.resource.revision == 3
        assert again.task.deadline_at is not None


class TestWhatGoesAlong:
    """A result with what was run for it, and the one resource that a workspace has of a kind."""

    async def test_a_result_goes_along_as_it_was_at_submission(self, house: House) -> None:
        await run.create_and_run(house, WE, "film", {"reel": 1})
        kept = await house.store.put_blob(b"a long film")
        done = Done(result={"file": kept.sha256}, blobs=(kept.sha256,))
        shot = await finish_with(house, await claim(house), done)
        await run.create_and_run(house, WE, "review", {"title": "A", "of": 1})
        await run.replace_saved(house, WE, "film", 1, {"reel": 2})
        loaded = await load(house, await claim(house))
        (film,) = loaded.references
        assert (film.document, film.result, film.task_id) == ({"reel": 1}, shot.result, shot.id)
        await shelf.delete_resource(house, WE, "film", 1)
        await house.store.sweep_blobs(house.clock.now() + timedelta(days=1))
        assert await house.store.get_blob(kept.sha256) == b"a long film"

    @pytest.mark.parametrize(
        ("ended", "words"),
        [(False, "has no results yet: task 1 is running"), (True, "has no results: task 1 is failed")],
    )
    async def test_who_needs_a_result_that_is_not_there_is_told_why(
        self, house: House, ended: bool, words: str
    ) -> None:
        await run.create_and_run(house, WE, "film", {"reel": 1})
        claimed = await claim(house)
        if ended:
            await finish_with(
                house, claimed, Failed(error=TaskError(code="torn", message="The reel is torn."))
            )
        with pytest.raises(Invalid) as caught:
            await run.create_and_run(house, WE, "review", {"title": "A", "of": 1})
        (complaint,) = caught.value.complaints
        assert complaint.loc == ("of",)
        assert f"film 1 {words}" in complaint.message

    async def test_what_has_no_result_yet_can_be_named_by_what_is_not_run(self, house: House) -> None:
        film = (await run.create_and_run(house, WE, "film", {"reel": 1})).resource
        await shelf.create_resource(house, WE, "review", {"title": "A", "of": 1})
        assert film is not None
        linked = await house.store.resources.find_newest_linked(WE.workspace, "review", film.id)
        assert linked is not None
        with pytest.raises(NotFound):
            await shelf.create_resource(house, WE, "review", {"title": "A", "of": 2})

    async def test_a_document_that_needs_none_goes_without(self, house: House) -> None:
        await shelf.create_resource(house, WE, "film", {"still": 1})
        await run.create_and_run(house, WE, "review", {"title": "A", "of": 1})
        (film,) = (await load(house, await claim(house))).references
        assert (film.result, film.task_id) == (None, None)

    async def test_the_workspaces_own_is_pinned_where_it_exists(self, house: House) -> None:
        await run.create_and_run(house, WE, "book", {"title": "A"})
        assert (await load(house, await claim(house))).references == ()
        await shelf.create_resource(house, WE, "house_rules", {"quiet": True})
        await shelf.create_resource(house, principal("other"), "house_rules", {"quiet": False})
        await run.create_and_run(house, WE, "book", {"title": "B"})
        (rules,) = (await load(house, await claim(house))).references
        assert rules.document == {"quiet": True}

    async def test_a_draft_is_not_run_until_it_is_complete(self, house: House) -> None:
        await shelf.create_resource(house, WE, "film", {"still": 1})
        await run.create_and_run(house, WE, "film", {"reel": 1})
        claimed = await claim(house)
        draft = NewResource(
            id=resource_id(house.clock.now(), 1),
            workspace="w",
            kind="review",
            document={"of": 1},
            origin=(claimed.id, "draft"),
        )
        holding = Holding(task_id=claimed.id, fence=claimed.fence)
        saved = await house.store.save_resource(holding, draft, house.clock.now())
        with pytest.raises(Invalid) as caught:
            await run.run_saved(house, WE, "review", saved.number)
        assert caught.value.complaints[0].loc == ("title",)
        await run.replace_saved(house, WE, "review", saved.number, {"of": 1, "title": "B"})
        assert (await run.run_saved(house, WE, "review", saved.number)).resource is not None


class TestTasks:
    async def test_only_offered_kinds_are_taken(self, house: House) -> None:
        for kind in ("page", "nothing"):
            with pytest.raises(Invalid, match="book"):
                await task.submit(house, WE, kind, {})
        with pytest.raises(Invalid, match="title"):
            await task.submit(house, WE, "note", {})

    async def test_wait_returns_at_the_end(self, house: House) -> None:
        made = await task.submit(house, WE, "note", {"title": "A"})
        waiting = asyncio.create_task(task.wait(house, WE, made.task.id, 10))
        await finish(house, await claim(house), {"said": True})
        assert (await waiting).result == {"said": True}
        assert house.hub.waiting == 0

    async def test_wait_gives_up_in_time(self, house: House) -> None:
        made = await task.submit(house, WE, "note", {"title": "A"})
        assert (await task.wait(house, WE, made.task.id, 0.0)).status is Status.QUEUED
        house.hub.close()
        assert (await task.wait(house, WE, made.task.id, 60)).status is Status.QUEUED

    async def test_end_between_subscription_and_reading_is_seen(self, house: House) -> None:
        made = await task.submit(house, WE, "note", {"title": "A"})
        await finish(house, await claim(house), 1)
        assert (await task.wait(house, WE, made.task.id, 60)).result == 1

    async def test_cancel(self, house: House) -> None:
        await task.submit(house, WE, "note", {"title": "A"})
        cancelled = await task.cancel_and_wait(house, WE, 1, 10)
        assert cancelled.status is Status.CANCELLED
        with pytest.raises(Conflict, match="already ended"):
            await task.cancel_and_wait(house, WE, 1, 10)

    async def test_another_workspace_sees_nothing(self, house: House) -> None:
        made = await task.submit(house, WE, "note", {"title": "A"})
        others = principal("other")
        for asked in (
            task.get_task(house, others, 1),
            task.cancel_and_wait(house, others, 1, 0),
            task.wait(house, others, made.task.id, 0),
        ):
            with pytest.raises(NotFound):
                await asked
        page = await task.list_tasks(house, others, TaskQuery(workspace=WE.workspace))
        assert page.records == []
