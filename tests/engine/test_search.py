"""A function searches the library of its task's workspace, and sees what the operator has set for its kind."""

import asyncio
from pathlib import Path

import pytest
from engine_shop import open_shop
from engine_trades import WORKLOADS

from gnomon.core.errors import Unavailable
from gnomon.core.library import Found, Passage, found_json
from gnomon.core.task import Status
from gnomon.core.workload import Failure
from gnomon.engine.local import run_locally
from gnomon.engine.registry import gather

KINDS = gather(WORKLOADS)
PASSAGE = Passage(
    document="doc_a", url="http://h/d?edition=1", title="Tïtle", text="words\n", start=7, page=3, score=1.5
)


class Shelf:
    """Answers with what it was asked, once as many attempts as are wanted have asked."""

    def __init__(self, beside: int = 1, refuses: int = 0) -> None:
        self.asked: list[tuple[str, str, int]] = []
        self.refuses = refuses
        self._beside = asyncio.Barrier(beside)

    async def search(self, workspace: str, query: str, *, limit: int = 10) -> Found:
        self.asked.append((workspace, query, limit))
        await self._beside.wait()
        if self.refuses:
            self.refuses -= 1
            raise Unavailable("The library does not answer.")
        return Found(passages=[PASSAGE] * limit, frequencies={query: 1}, size=9, engine="fts5", pending=2)


def found(query: str, limit: int) -> object:
    return found_json(
        Found(passages=[PASSAGE] * limit, frequencies={query: 1}, size=9, engine="fts5", pending=2)
    )


async def test_a_function_that_computes_finds_what_the_library_finds(tmp_path: Path) -> None:
    shelf = Shelf()
    async with open_shop(tmp_path, library=shelf) as shop:
        task = await shop.run("look_up", {"query": 'AND "x', "limit": 2})
    assert shelf.asked == [("w", 'AND "x', 2)]
    assert task.result == {"found": found('AND "x', 2), "told": {}}


async def test_many_searches_at_a_time_get_each_its_own_answer(tmp_path: Path) -> None:
    shelf = Shelf()
    async with open_shop(tmp_path, library=shelf) as shop:
        task = await shop.run("io_look_up", {"query": "q", "limit": 1, "times": 8})
    assert task.result["found"] == [found(f"q {n}", 1) for n in range(8)]
    assert len(shelf.asked) == 8


async def test_attempts_do_not_wait_for_each_others_searches(tmp_path: Path) -> None:
    shelf = Shelf(beside=4)
    async with open_shop(tmp_path, library=shelf) as shop:
        tasks = [await shop.submit("io_look_up", {"query": f"{n}", "limit": 1}) for n in range(4)]
        done = [await shop.until(task) for task in tasks]
    assert [task.result["found"] for task in done] == [[found(f"{n} 0", 1)] for n in range(4)]


@pytest.mark.parametrize("kind", ["look_up", "io_look_up"])
async def test_without_a_library_it_is_said_once(shop, kind: str) -> None:
    task = await shop.run(kind, {"query": "q", "limit": 1})
    assert (task.status, task.error.code, task.failures) == (Status.FAILED, "no_library", 1)


@pytest.mark.parametrize("kind", ["look_up", "io_look_up"])
async def test_a_library_that_does_not_answer_is_asked_again(tmp_path: Path, kind: str) -> None:
    shelf = Shelf(refuses=1)
    async with open_shop(tmp_path, library=shelf) as shop:
        task = await shop.run(kind, {"query": "q", "limit": 1})
    assert (task.status, task.failures, len(shelf.asked)) == (Status.COMPLETED, 1, 2)


@pytest.mark.parametrize("kind", ["look_up", "io_look_up"])
async def test_a_function_sees_the_settings_of_its_kind_alone(tmp_path: Path, kind: str) -> None:
    settings = {kind: {"model": "a", "search": ["b"]}, "another": {"model": "c"}}
    async with open_shop(tmp_path, library=Shelf(), settings=settings) as shop:
        task = await shop.run(kind, {"query": "q", "limit": 1})
    assert task.result["told"] == settings[kind]


def test_a_run_in_memory_searches_with_what_it_is_given(tmp_path: Path) -> None:
    asked = []

    def search(query: str, limit: int) -> Found:
        asked.append((query, limit))
        return Found(frequencies={}, size=0, engine="fts5")

    order, settings = {"query": "q", "limit": 3}, {"model": "a"}
    result = run_locally(KINDS["look_up"], order, blobs=tmp_path, search=search, settings=settings)
    assert asked == [("q", 3)]
    assert result["told"] == settings
    with pytest.raises(Failure, match="search="):
        run_locally(KINDS["look_up"], order, blobs=tmp_path)
