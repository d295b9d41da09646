"""What an attempt saves is as sound as what a client sends: checked, completed, linked, and folded."""

from datetime import timedelta

import pytest
from engine_shop import open_shop

from gnomon.core.errors import Complaint
from gnomon.core.fold import LARGEST_INLINE, marked_blob
from gnomon.core.resource import ResourceKind
from gnomon.core.task import Status
from gnomon.core.workload import Failure, Reference


def needs_title(document):
    return () if "title" in document else [Complaint(("title",), "Give a title.", "missing")]


def needs_object(document):
    return () if isinstance(document, dict) else [Complaint((), "Give an object.", "object_type")]


def count_pages(document):
    if document["title"] == "endless":
        raise Failure("endless", "title: give a book that ends")
    return {**document, "pages": 100}


def on_shelf(document):
    return [Reference(kind="shelf", number=document["on"], loc=("on",))] if "on" in document else ()


KINDS = {
    "shelf": ResourceKind(kind="shelf"),
    "book": ResourceKind(
        kind="book", check=needs_title, check_draft=needs_object, complete=count_pages, references=on_shelf
    ),
}


@pytest.fixture
async def shop(tmp_path):
    async with open_shop(tmp_path, kinds=KINDS) as shop:
        yield shop


def book(document, **more):
    return {"kind": "book", "document": document, **more}


async def save(shop, *documents):
    return await shop.run("shelve", {"documents": list(documents)})


async def test_a_document_is_completed_and_linked(shop):
    task = await save(shop, {"kind": "shelf", "document": {}}, book({"title": "A", "on": 1}))
    assert task.result == [1, 1], task.error
    shelf = await shop.store.resources.get("w", "shelf", 1)
    newest = await shop.store.resources.find_newest_linked("w", "book", shelf.id)
    assert newest.number == 1
    assert (await shop.store.resources.get("w", "book", 1)).document == {"title": "A", "on": 1, "pages": 100}


async def test_what_is_large_stands_beside_the_document(shop):
    pages = ["word"] * LARGEST_INLINE[b"["]
    await save(shop, book({"title": "A", "text": pages}))
    document = (await shop.store.resources.get("w", "book", 1)).document
    name = marked_blob(document["text"])
    await shop.store.sweep_blobs(shop.clock.now() + timedelta(days=1))
    assert len(await shop.store.get_blob(name)) > LARGEST_INLINE[b"["]


async def test_a_draft_may_lack_what_a_run_needs(shop):
    task = await save(shop, book({"on": 1}, is_draft=True), {"kind": "shelf", "document": {}})
    assert task.status is Status.FAILED
    assert "no shelf 1" in task.error.message
    task = await save(shop, {"kind": "shelf", "document": {}}, book({"on": 1}, is_draft=True))
    assert task.result == [1, 1], task.error
    assert (await shop.store.resources.get("w", "book", 1)).document == {"on": 1}


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        (book({}), "Give a title."),
        (book({"title": "endless"}), "give a book that ends"),
        (book([], is_draft=True), "Give an object."),
        (book({"title": "A", "x": {"$blob": "0" * 64}}), "reserved"),
    ],
)
async def test_what_a_client_could_not_send_is_refused(shop, saved, words):
    task = await save(shop, saved)
    assert (task.status, task.error.code) == (Status.FAILED, "invalid_resource")
    assert words in task.error.message
