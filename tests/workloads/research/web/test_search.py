"""One search over several providers: merged, filtered, paced, and never the end of a task."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.web.fetch import WORDING
from gnomon.workloads.research.web.hit import (
    Filters,
    Hit,
    Searched,
    read_filters,
    read_searched,
    searched_json,
)
from gnomon.workloads.research.web.pace import Pace
from gnomon.workloads.research.web.provider import Unanswered
from gnomon.workloads.research.web.reach import (
    NoSuchProvider,
    close_shared,
    guard,
    open_reach,
    read_provider,
    shared_reach,
)
from gnomon.workloads.research.web.search import merge

from .stub import Asked, Told, as_json, serving

KEYS = {"BRAVE_API_KEY": "brave-key-123", "TAVILY_API_KEY": "tavily-key-123", "EXA_API_KEY": "exa-key-123"}


def hit(url: str, **named: str) -> Hit:
    return Hit(**{"url": url, "title": url, **named})


def found(*urls: str) -> dict[str, object]:
    results = [{"url": url, "title": url, "content": "", "publishedDate": None} for url in urls]
    return {"results": results, "web": {"results": results}}


async def search(
    answer: Callable[[Asked], Told | Awaitable[Told]], wanted: Sequence[str], filters: Filters | None = None
) -> tuple[Searched, list[Asked]]:
    async with serving(answer) as stub:
        settings = {"search": [f"{name}={stub.url}/{name}" for name in wanted]}
        reach = open_reach(settings, KEYS)
        try:
            assert reach.search is not None
            return await reach.search.search("sun", limit=5, filters=filters), stub.asked
        finally:
            await reach.close()


def by_provider(**answers: Told) -> Callable[[Asked], Told]:
    return lambda asked: answers[asked.path.split("/")[1]]


async def test_the_finds_of_all_are_merged_and_told_apart() -> None:
    searched, asked = await search(
        by_provider(
            searxng=as_json(found("https://a.example/", "https://www.b.example/x/?utm_source=s")),
            brave=as_json(found("http://b.example/x#y", "https://c.example/")),
            tavily=as_json(found("https://b.example/x")),
            exa=as_json(found()),
        ),
        ["searxng", "brave", "tavily", "exa"],
    )
    assert [each.url for each in searched.hits] == [
        "https://www.b.example/x/",
        "https://a.example/",
        "https://c.example/",
    ]
    assert searched.answered == ("SearXNG", "Brave Search", "Tavily", "Exa")
    assert not searched.notes
    assert len(asked) == 4
    assert read_searched(json.loads(json.dumps(searched_json(searched)))) == searched


async def test_a_provider_that_fails_is_a_note() -> None:
    searched, _ = await search(
        by_provider(
            searxng=as_json(found("https://a.example/")), exa=as_json({}, 401), tavily=Told(200, b"<")
        ),
        ["searxng", "exa", "tavily"],
    )
    assert [each.url for each in searched.hits] == ["https://a.example/"]
    assert searched.answered == ("SearXNG",)
    assert any("EXA_API_KEY" in note for note in searched.notes)
    assert any("Tavily" in note for note in searched.notes)
    assert not any(key in " ".join(searched.notes) for key in KEYS.values())


async def test_when_all_fail_it_is_said() -> None:
    searched, _ = await search(by_provider(exa=as_json({}, 402)), ["exa"])
    assert not searched.is_answered
    assert searched.notes == (
        "Exa answered 402: the account's credit is used up; top it up, or raise the key's budget.",
    )


async def test_the_filters_hold_whatever_a_provider_makes_of_them() -> None:
    results = [
        {"url": "https://good.example/1", "title": "1", "publishedDate": "2026-01-05"},
        {"url": "https://sub.good.example/2", "title": "2", "publishedDate": "2025-12-31"},
        {"url": "https://sub.good.example/3", "title": "3"},
        {"url": "https://notgood.example/4", "title": "4", "publishedDate": "2026-01-05"},
        {"url": "https://bad.good.example/5", "title": "5", "publishedDate": "2026-01-05"},
    ]
    filters = Filters(include=("good.example",), exclude=("bad.good.example",), after=date(2026, 1, 1))
    searched, _ = await search(lambda _: as_json({"results": results}), ["exa"], filters)
    assert [each.title for each in searched.hits] == ["1", "3"]
    assert searched.notes == ("3 of 5 finds of Exa were left out by the task's filters.",)


async def test_who_asks_too_much_waits_as_long_as_he_is_told() -> None:
    replies = [as_json({}, 429, Retry_After="7"), as_json({}, 500), as_json(found("https://a.example/"))]
    slept: list[float] = []
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    async def ask() -> Told:
        told = replies.pop(0)
        if told.status == 200:
            return told
        wait = float(told.headers["Retry-After"]) if told.headers.get("Retry-After") else None
        raise Unanswered("no", is_passing=True, wait=wait)

    pace = Pace(sleep=sleep, now=lambda: now, chance=lambda: 1.0)
    assert (await pace.run(ask)).status == 200
    assert slept == [7, 1.0]


async def test_what_would_take_too_long_or_is_refused_is_not_waited_for() -> None:
    asked = 0
    now = 0.0

    async def never(seconds: float) -> None:
        raise AssertionError(seconds)

    def failing(error: Unanswered) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            nonlocal asked
            asked += 1
            raise error

        return ask

    for error in (Unanswered("later", is_passing=True, wait=3600), Unanswered("bad key")):
        asked = 0
        pace = Pace(sleep=never, now=lambda: now)
        with pytest.raises(Unanswered, match=error.message):
            await pace.run(failing(error))
        assert asked == 1
    with pytest.raises(Unanswered, match="bad key"):  # it stands for a while
        await pace.run(failing(Unanswered("another")))
    assert asked == 1
    now = 61.0
    with pytest.raises(Unanswered, match="another"):
        await pace.run(failing(Unanswered("another")))


async def test_a_provider_is_asked_a_few_times_at_once_by_all_tasks_together() -> None:
    async def slow(_: Asked) -> Told:
        await asyncio.sleep(0.02)  # the provider's work
        return as_json(found("https://a.example/"))

    async with serving(slow) as stub:
        settings = {"search": [f"exa={stub.url}"]}
        reach = open_reach(settings, KEYS)
        assert reach.search is not None
        await asyncio.gather(*(reach.search.search(f"sun {n}") for n in range(20)))
        await reach.close()
    assert len(stub.asked) == 20
    assert stub.most == 4


@given(st.lists(st.lists(st.integers(0, 8), unique=True, max_size=6), max_size=4))
def test_merging_loses_nothing_doubles_nothing_and_keeps_what_all_agree_on(lists: list[list[int]]) -> None:
    merged = merge([[hit(f"https://a.example/{n}") for n in ranked] for ranked in lists])
    urls = [each.url for each in merged]
    assert len(set(urls)) == len(urls)
    assert set(urls) == {f"https://a.example/{n}" for ranked in lists for n in ranked}
    firsts = {ranked[0] for ranked in lists if ranked}
    if len(firsts) == 1 and all(lists):
        assert urls[0] == f"https://a.example/{firsts.pop()}"


def test_what_several_know_of_a_page_is_joined() -> None:
    (one,) = merge(
        [
            [Hit(url="http://a.example/", title="", excerpt="long words")],
            [Hit(url="https://www.a.example", title="A", excerpt="x", published="2026-01-01")],
        ]
    )
    assert one == Hit(url="https://www.a.example", title="A", excerpt="long words", published="2026-01-01")


def test_the_filters_of_a_brief_are_read() -> None:
    given = {
        "include": [".gov", "https://www.a.example/x", "no domain"],
        "exclude": ["b.example"],
        "after": "2026-01-02",
    }
    assert read_filters(given) == Filters(
        include=("gov", "www.a.example"), exclude=("b.example",), after=date(2026, 1, 2)
    )
    assert read_filters(None) == read_filters({"include": "x", "after": "soon"}) == Filters()


def test_what_is_set_is_read_or_refused_with_what_to_write() -> None:
    assert read_provider("searxng=http://10.0.0.5:8080") == ("searxng", "http://10.0.0.5:8080")
    assert read_provider("brave") == ("brave", "")
    for text, words in [("google", "searxng, brave"), ("searxng", "Say where"), ("exa=ftp://x", "http")]:
        with pytest.raises(NoSuchProvider, match=words):
            read_provider(text)


async def test_a_provider_without_key_is_a_note_and_the_others_answer() -> None:
    async with serving(as_json(found("https://a.example/"))) as stub:
        reach = open_reach({"search": [f"searxng={stub.url}", "brave"]}, {})
        assert reach.search is not None
        searched = await reach.search.search("sun")
        await reach.close()
    assert searched.answered == ("SearXNG",)
    assert searched.notes == ("brave was not asked: it has no key; set BRAVE_API_KEY in the environment.",)


async def test_tasks_of_one_process_share_what_is_set_alike() -> None:
    settings = {"search": ["searxng=http://127.0.0.1:8080"], "model": "x"}
    assert shared_reach(settings) is shared_reach({**settings, "model": "y"})
    assert shared_reach(settings) is not shared_reach({"fetch_http": True})
    assert shared_reach({}).search is None
    await close_shared()


def test_the_guard_opens_what_the_operator_names() -> None:
    closed = guard({}, WORDING)
    assert "--fetch-http" in str(closed.check_url("http://example.com/"))
    assert "--fetch-allow" in str(closed.check_url("https://10.1.2.3/"))
    opened = guard({"fetch_allow": [str(ip_network("10.0.0.0/8"))], "fetch_http": True}, WORDING)
    assert opened.check_url("http://10.1.2.3/") is None
    assert opened.check_url("http://192.168.0.1/")
