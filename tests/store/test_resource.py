"""Resources: numbers, revisions, links, and the tasks that run them."""

from dataclasses import replace as changed
from typing import Any

import pytest

from gnomon.core.errors import Conflict, Invalid, NotFound, PreconditionFailed, QuotaExceeded
from gnomon.core.ports import Holding, NewDocument, Reservation, ResourceQuery, RunResource
from gnomon.core.retry import Done
from gnomon.core.task import Pin

WORKSPACE = "wsp_1"
AGAIN = RunResource(workspace=WORKSPACE, kind="model", number=1)


async def replace(shop: Any, number: int, document: Any, **fields: Any) -> Any:
    standard = {"links": (), "blobs": (), "name": None, "now": shop.now}
    return await shop.store.resources.replace(WORKSPACE, "model", number, document, **(standard | fields))


async def test_a_resource_is_numbered_within_its_kind(shop: Any) -> None:
    shelf = shop.store.resources
    first = await shelf.create(shop.document({"a": 1}, name="Roof"), shop.now)
    assert (first.number, first.revision, first.document_revision, first.name) == (1, 1, 1, "Roof")
    assert first.is_draft
    assert (await shelf.create(shop.document({}, kind="scene"), shop.now)).number == 1
    assert (await shelf.create(shop.document({}), shop.now)).number == 2
    assert await shelf.get(WORKSPACE, "model", 1) == first
    assert await shelf.find_by_id(WORKSPACE, first.id) == first
    assert await shelf.find_by_id("wsp_2", first.id) is None
    with pytest.raises(NotFound):
        await shelf.get("wsp_2", "model", 1)


async def test_creating_and_running_is_one_revision(shop: Any) -> None:
    made = await shop.offer(resource=shop.document({"a": 1}), input=None)
    assert (made.resource.revision, made.resource.latest_task_id) == (1, made.task.id)
    assert not made.resource.is_draft
    assert (made.task.resource_id, made.task.resource_revision) == (made.resource.id, 1)
    [task] = await shop.claim()
    assert (await shop.store.load(Holding(task_id=task.id, fence=task.fence))).input == {"a": 1}


async def test_revisions_count_creation_replacement_and_run(shop: Any) -> None:
    await shop.offer(resource=shop.document({"a": 1}), input=None)
    [first] = await shop.claim()
    await shop.done(first)
    edited = await replace(shop, 1, {"a": 2})
    assert (edited.revision, edited.document_revision, edited.is_draft) == (2, 2, True)
    run = await shop.offer(resource=AGAIN, input=None)
    assert (run.resource.revision, run.resource.document_revision, run.task.resource_revision) == (3, 2, 3)
    assert not run.resource.is_draft
    [second] = await shop.claim()
    await shop.done(second)
    assert (await shop.offer(resource=AGAIN, input=None)).resource.revision == 4


EDITED = changed(AGAIN, edit=NewDocument(document={"a": 2}, name="New", links=("42",)), if_revision=1)


async def test_an_edit_and_its_run_are_one_revision(shop: Any) -> None:
    made = await shop.offer(resource=shop.document({"a": 1}, name="Old", links=("41",)), input=None)
    await shop.done(*await shop.claim())
    kept = Reservation(key="k", fingerprint="f")
    run = await shop.offer(resource=EDITED, input=None, reservation=kept)
    resource = run.resource
    assert (resource.revision, resource.document_revision, run.task.resource_revision) == (2, 2, 2)
    assert (resource.document, resource.name, resource.is_draft) == ({"a": 2}, "New", False)
    shelf = shop.store.resources
    assert await shelf.find_newest_linked(WORKSPACE, "model", "41") is None
    assert (await shelf.find_newest_linked(WORKSPACE, "model", "42")).id == resource.id
    documents = [await shop.store.get_input(WORKSPACE, task.id) for task in (made.task, run.task)]
    assert documents == [{"a": 1}, {"a": 2}]
    again = await shop.offer(resource=EDITED, input=None, reservation=kept)
    assert (again.task.id, again.is_replay, again.resource.revision) == (run.task.id, True, 2)


async def test_an_edit_whose_run_is_refused_is_not_made(shop: Any) -> None:
    made = await shop.offer(resource=shop.document({"a": 1}), input=None)
    with pytest.raises(Conflict, match=made.task.id):
        await shop.offer(resource=EDITED, input=None)
    await shop.done(*await shop.claim())
    await shop.submit()
    saved = await shop.store.resources.get(WORKSPACE, "model", 1)
    with pytest.raises(QuotaExceeded):
        await shop.offer(resource=EDITED, input=None, most_active=1)
    with pytest.raises(PreconditionFailed):
        await shop.offer(resource=changed(EDITED, if_revision=2), input=None)
    assert await shop.store.resources.get(WORKSPACE, "model", 1) == saved
    assert (await shop.offer(resource=EDITED, input=None, most_active=2)).resource.revision == 2


async def test_a_task_keeps_the_document_that_it_was_submitted_with(shop: Any) -> None:
    weather = await shop.store.resources.create(shop.document({"w": 1}), shop.now)
    pin = Pin(kind="model", number=weather.number, resource_id=weather.id, revision=1)
    await shop.submit(pins=(pin,))
    await replace(shop, weather.number, {"w": 2})
    await shop.store.resources.delete(WORKSPACE, "model", weather.number, shop.now)
    [task] = await shop.claim()
    [reference] = (await shop.store.load(Holding(task_id=task.id, fence=task.fence))).references
    assert (reference.id, reference.number, reference.revision) == (weather.id, weather.number, 1)
    assert reference.document == {"w": 1}


async def test_an_active_run_locks_the_resource(shop: Any) -> None:
    made = await shop.offer(resource=shop.document({"a": 1}), input=None)
    for refused in (
        shop.offer(resource=AGAIN, input=None),
        replace(shop, 1, {}),
        shop.store.resources.delete(WORKSPACE, "model", 1, shop.now),
    ):
        with pytest.raises(Conflict, match=made.task.id):
            await refused
    assert (await shop.store.resources.get(WORKSPACE, "model", 1)).revision == 1
    assert (await shop.submit()).number == 2


async def test_a_deleted_resource_is_gone_and_its_number_with_it(shop: Any) -> None:
    shelf = shop.store.resources
    made = await shelf.create(shop.document({}), shop.now)
    await shelf.delete(WORKSPACE, "model", 1, shop.now)
    assert await shelf.find_by_id(WORKSPACE, made.id) is None
    for missing in (
        shelf.get(WORKSPACE, "model", 1),
        shelf.delete(WORKSPACE, "model", 1, shop.now),
        replace(shop, 1, {}),
        shop.offer(resource=AGAIN),
    ):
        with pytest.raises(NotFound):
            await missing
    assert (await shelf.create(shop.document({}), shop.now)).number == 2


async def test_the_newest_linked_resource_is_found(shop: Any) -> None:
    shelf = shop.store.resources
    place = await shelf.create(shop.document({}, kind="place"), shop.now)
    one, two = [
        await shelf.create(shop.document({"n": n}, links=(place.id, place.id)), shop.now) for n in range(2)
    ]
    found = await shelf.find_newest_linked(WORKSPACE, "model", place.id)
    assert (found.id, found.document) == (two.id, None)
    await replace(shop, two.number, {"n": 9}, links=())
    assert (await shelf.find_newest_linked(WORKSPACE, "model", place.id)).id == one.id
    await shelf.delete(WORKSPACE, "model", one.number, shop.now)
    assert await shelf.find_newest_linked(WORKSPACE, "model", place.id) is None
    assert await shelf.find_newest_linked("wsp_2", "model", place.id) is None


async def test_pages_follow_the_numbers(shop: Any) -> None:
    shelf = shop.store.resources
    for n in range(5):
        await shelf.create(shop.document({"n": n}), shop.now)
    await shelf.delete(WORKSPACE, "model", 2, shop.now)
    seen, cursor = [], None
    while True:
        page = await shelf.list(ResourceQuery(workspace=WORKSPACE, kind="model", limit=2, cursor=cursor))
        seen += [resource.number for resource in page.records]
        assert all(resource.document is None for resource in page.records)
        if (cursor := page.next) is None:
            break
    assert seen == [1, 3, 4, 5]
    page = await shelf.list(ResourceQuery(workspace=WORKSPACE, kind="model", with_documents=True))
    assert [resource.document["n"] for resource in page.records] == [0, 2, 3, 4]
    with pytest.raises(Invalid):
        await shelf.list(ResourceQuery(workspace=WORKSPACE, kind="model", cursor="elsewhere"))


async def test_what_an_attempt_saves_is_saved_once_over_all_attempts(shop: Any) -> None:
    task = await shop.start()
    saved = []
    for _ in range(2):
        holding = Holding(task_id=task.id, fence=task.fence)
        new = shop.document({"rows": 3}, kind="weather", origin=(task.id, "rows"))
        saved.append(await shop.store.save_resource(holding, new, shop.now))
        await shop.store.recover(shop.now)
        await shop.store.sweep(shop.later(minutes=1))
        [task] = await shop.claim()
    assert saved[0] == saved[1]
    assert (await shop.store.resources.get(WORKSPACE, "weather", 1)).id == saved[0].id
    other = shop.document({}, kind="weather", origin=(task.id, "more"))
    assert (
        await shop.store.save_resource(Holding(task_id=task.id, fence=task.fence), other, shop.now)
    ).number == 2


async def test_documents_and_inputs_may_be_large(shop: Any) -> None:
    document = {"rows": [[n, n / 7, "x" * 50] for n in range(20_000)]}
    made = await shop.offer(resource=shop.document(document), input=None)
    [task] = await shop.claim()
    assert (await shop.store.load(Holding(task_id=task.id, fence=task.fence))).input == document
    assert (await shop.finish(task, Done(result=document))).result == document
    assert (await shop.store.resources.get(WORKSPACE, "model", made.resource.number)).document == document
