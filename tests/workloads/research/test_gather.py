"""Several queries become one list; a budget of sources is shared fairly; work is done some at a time."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.gather import Finds, admit, merge, together
from gnomon.workloads.research.record import Source
from gnomon.workloads.research.search import nearest
from gnomon.workloads.research.surfing import choose, passages_of
from gnomon.workloads.research.web.hit import Hit


def source(name, text="text", start=0):
    return Source(url=f"http://h/{name}", title=name, text=text, start=start, document=name)


def finds(*names, **fields):
    return Finds(sources=tuple(map(source, names)), **fields)


def names(found):
    return [each.document for each in found.sources]


def test_what_several_queries_find_comes_first():
    found = merge([finds("a", "b", "c"), finds("d", "b"), finds("b", "a")])
    assert names(found) == ["b", "a", "d", "c"]


def test_counts_are_the_largest_known():
    found = merge(
        [finds("a", frequencies={"x": 1}, size=9), finds(frequencies={"x": 3, "y": 0}, size=9, pending=2)]
    )
    assert (found.frequencies, found.size, found.pending) == ({"x": 3, "y": 0}, 9, 2)
    assert merge([]) == Finds()


def test_each_question_keeps_its_best_source():
    admitted = {}
    kept, left_out = admit([finds("a", "b", "c"), finds("d", "e"), finds("a", "f")], 3, admitted)
    assert [names(each) for each in kept] == [["a", "b"], ["d"], ["a"]]
    assert (list(admitted), left_out) == (["a", "d", "b"], 3)
    again, left_out = admit([finds("c", "d")], 3, admitted)
    assert (names(again[0]), left_out) == (["d"], 1)


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True), max_size=6), st.integers(1, 8))
def test_no_more_sources_are_read_than_allowed(lists, most):
    admitted = {}
    kept, left_out = admit([finds(*each) for each in lists], most, admitted)
    works = {work for each in kept for work in names(each)}
    assert works == set(admitted)
    assert len(works) <= most
    assert len(works) + left_out == len({name for each in lists for name in each})


async def test_work_is_done_some_at_a_time_and_in_order():
    running, most = 0, 0

    async def one(number):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return number

    done = await together([lambda number=number: one(number) for number in range(20)], at_once=3)
    assert done == list(range(20))
    assert most == 3


async def test_the_first_error_ends_the_rest():
    ended = []

    async def wait():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def fail():
        await asyncio.sleep(0)
        raise LookupError

    with pytest.raises(LookupError):
        await together([wait, wait, fail])
    assert ended == [True, True]


def test_pages_are_chosen_in_turn():
    hits = {q: [Hit(url=f"http://{q}{n}", title="") for n in range(3)] for q in "ab"}
    assert choose(hits, ["http://a0"], 10, 2) == ["http://b0", "http://a1", "http://b1"]
    assert choose(hits, [], 3, 3) == ["http://a0", "http://b0", "http://a1"]
    assert choose(hits, [], 0, 3) == []


def test_the_nearest_passages_share_the_rarest_words():
    texts = ["the bridge of velden", "the harbour of velden", "the harbour bridge of farum", "nothing at all"]
    found = nearest("harbour of Farum", [source(str(n), text) for n, text in enumerate(texts)], 2)
    assert names(found) == ["2", "1"]
    assert found.size == 4


def test_passages_of_a_page_are_slices_of_it():
    text = "\n\n".join(f"Paragraph {n} says that {n} is a number. " * 12 for n in range(9))
    page = Source(url="http://h/p", title="p", text=text, kind="page")
    passages = list(passages_of(page))
    assert len(passages) > 3
    assert all(each.text in text and each.work == page.work for each in passages)
