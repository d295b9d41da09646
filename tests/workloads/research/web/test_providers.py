"""Providers: requests of their documented form over real sockets, answers of their documented form read."""

import gzip
import json
import logging
from datetime import UTC, date, datetime
from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

import pytest

from gnomon.outbound.gate import Gate
from gnomon.workloads.research.web.brave import Brave
from gnomon.workloads.research.web.exa import Exa
from gnomon.workloads.research.web.hit import Filters, Hit
from gnomon.workloads.research.web.provider import WORDING, Asker, Form, Unanswered, read_wait
from gnomon.workloads.research.web.searxng import Searxng
from gnomon.workloads.research.web.tavily import Tavily

from .stub import Answer, Stub, Told, as_json, serving

KEY = "sk-very-secret-0123456789"
TODAY = date(2026, 11, 22)

SEARXNG = {
    "query": "sun",
    "number_of_results": 0,
    "results": [
        {
            "url": "https://example.org/sun?utm_source=x#top",
            "title": "The  Sun",
            "content": "A star.",
            "publishedDate": "2025-03-01T10:00:00",
            "engine": "mojeek",
            "engines": ["mojeek"],
            "score": 1.0,
            "category": "general",
            "parsed_url": ["https", "example.org", "/sun", "", "", "top"],
            "template": "default.html",
            "positions": [1],
        },
        {"url": "https://example.com/b", "title": "B", "content": "", "publishedDate": None},
        {"url": None, "title": "an answer without address"},
        {"url": "magnet:?xt=urn", "title": "no page"},
    ],
    "answers": [],
    "corrections": [],
    "infoboxes": [],
    "suggestions": [],
    "unresponsive_engines": [["brave", "too many requests"]],
}
BRAVE = {
    "type": "search",
    "query": {"original": "sun", "more_results_available": True},
    "web": {
        "type": "search",
        "results": [
            {
                "type": "search_result",
                "url": "https://example.org/sun",
                "title": "The <strong>Sun</strong> &amp; us",
                "description": "A <strong>star</strong>.",
                "page_age": "2025-03-01T10:00:00",
                "age": "March 1, 2025",
                "language": "en",
                "extra_snippets": ["Hot &lt;6000 K", "Old"],
                "profile": {"name": "Example"},
            },
            {"url": "https://example.com/b", "title": "B"},
        ],
    },
}
TAVILY = {
    "query": "sun",
    "follow_up_questions": None,
    "answer": None,
    "images": [],
    "results": [
        {
            "url": "https://example.org/sun",
            "title": "The Sun",
            "content": "A star.",
            "score": 0.9,
            "raw_content": None,
            "published_date": "Sat, 01 Mar 2025 10:00:00 GMT",
        },
        {"url": "https://example.com/b", "title": "B", "content": "", "score": 0.1, "raw_content": None},
    ],
    "response_time": 1.1,
    "request_id": "r",
}
EXA = {
    "requestId": "r",
    "resolvedSearchType": "neural",
    "results": [
        {
            "id": "https://example.org/sun",
            "url": "https://example.org/sun",
            "title": "The Sun",
            "publishedDate": "2025-03-01T10:00:00.000Z",
            "author": "A. B.",
            "highlights": ["A star.", "Hot."],
            "highlightScores": [0.5, 0.4],
        },
        {"id": "b", "url": "https://example.com/b", "title": None, "publishedDate": None, "author": None},
    ],
    "costDollars": {"total": 0.005},
}


def gate() -> Gate:
    return Gate(allow=[ip_network("127.0.0.1/32")], is_http_allowed=True, timeout=5, wording=WORDING)


def searxng(stub: Stub) -> Form:
    return Searxng(address=stub.url + "/", today=lambda: TODAY)


def brave(stub: Stub) -> Form:
    return Brave(key=KEY, address=stub.url, today=lambda: TODAY)


def tavily(stub: Stub) -> Form:
    return Tavily(key=KEY, address=stub.url)


def exa(stub: Stub) -> Form:
    return Exa(key=KEY, address=stub.url)


ALL = [(searxng, SEARXNG), (brave, BRAVE), (tavily, TAVILY), (exa, EXA)]
NAMES = ["searxng", "brave", "tavily", "exa"]


async def ask(make: object, answer: Answer, filters: Filters | None = None) -> tuple[Stub, list[Hit]]:
    async with serving(answer) as stub:
        open_ = gate()
        try:
            asker = Asker(form=make(stub), gate=open_)  # type: ignore[operator]  # one of those above
            return stub, list(await asker.search("how hot is the sun?", 5, filters or Filters()))
        finally:
            await open_.close()


@pytest.mark.parametrize(("make", "answer"), ALL, ids=NAMES)
async def test_an_answer_of_the_documented_form_is_read(make: object, answer: object) -> None:
    _, hits = await ask(make, as_json(answer))
    assert [hit.url for hit in hits] == ["https://example.org/sun", "https://example.com/b"]
    assert hits[0].published == "2025-03-01"
    assert hits[0].title.startswith("The Sun")
    assert hits[0].excerpt.startswith("A star.")
    assert hits[1].published is None
    assert "<" not in hits[0].title


async def test_an_answer_may_come_compressed_and_no_bomb_is_opened() -> None:
    squeezed = {"Content-Encoding": "gzip"}
    _, hits = await ask(brave, Told(200, gzip.compress(json.dumps(BRAVE).encode()), squeezed))
    assert len(hits) == 2
    with pytest.raises(Unanswered, match="more than"):
        await ask(brave, Told(200, gzip.compress(b" " * 50_000_000), squeezed))


FILTERS = Filters(include=("example.org", "b.example"), exclude=("bad.example",), after=date(2025, 1, 2))


async def test_what_searxng_is_asked() -> None:
    stub, _ = await ask(searxng, as_json(SEARXNG), FILTERS)
    (asked,) = stub.asked
    assert (asked.method, asked.path) == ("GET", "/search")
    assert asked.query == {
        "q": "how hot is the sun? (site:example.org OR site:b.example) -site:bad.example",
        "format": "json",
    }
    assert asked.headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("after", "within"),
    [("2026-11-22", "day"), ("2026-11-20", "month"), ("2026-06-01", "year"), ("2024-01-01", None)],
)
def test_searxng_knows_days_in_steps(after: str, within: str | None) -> None:
    form = Searxng(address="http://s.example", today=lambda: TODAY)
    url = form.request("sun", 5, Filters(after=date.fromisoformat(after))).url
    assert (f"time_range={within}" in url) if within else ("time_range" not in url)


async def test_what_brave_is_asked() -> None:
    stub, _ = await ask(brave, as_json(BRAVE), FILTERS)
    (asked,) = stub.asked
    assert (asked.method, asked.path) == ("GET", "/res/v1/web/search")
    assert asked.query == {
        "q": "how hot is the sun? (site:example.org OR site:b.example) -site:bad.example",
        "count": "10",
        "result_filter": "web",
        "freshness": "2025-01-02to2026-11-22",
    }
    assert asked.headers["x-subscription-token"] == KEY
    assert asked.headers["cache-control"] == "no-cache"
    assert asked.headers["accept-encoding"] == "gzip"


def test_a_query_keeps_within_braves_limits() -> None:
    form = Brave(key=KEY, today=lambda: TODAY)
    many = Filters(include=tuple(f"number-{n}.example.com" for n in range(40)))
    for query, filters in [("word " * 200, FILTERS), ("x" * 1000, FILTERS), ("word " * 200, many)]:
        spoken = parse_qs(urlsplit(form.request(query, 5, filters).url).query)["q"][0]
        assert 0 < len(spoken) <= 400
        assert len(spoken.split()) <= 50
        assert spoken.startswith(query[:4])


async def test_what_tavily_is_asked() -> None:
    stub, _ = await ask(tavily, as_json(TAVILY), FILTERS)
    (asked,) = stub.asked
    assert (asked.method, asked.path) == ("POST", "/search")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.json == {
        "query": "how hot is the sun?",
        "search_depth": "basic",
        "max_results": 10,
        "include_domains": ["example.org", "b.example"],
        "exclude_domains": ["bad.example"],
        "start_date": "2025-01-02",
    }


async def test_what_exa_is_asked() -> None:
    stub, _ = await ask(exa, as_json(EXA), FILTERS)
    (asked,) = stub.asked
    assert (asked.method, asked.path) == ("POST", "/search")
    assert asked.headers["x-api-key"] == KEY
    assert asked.json == {
        "query": "how hot is the sun?",
        "numResults": 10,
        "contents": {"highlights": {"maxCharacters": 1000}},
        "includeDomains": ["example.org", "b.example"],
        "startPublishedDate": "2025-01-02T00:00:00.000Z",
    }


@pytest.mark.parametrize("make", [tavily, exa], ids=NAMES[2:])
async def test_a_domain_of_one_label_is_not_named_to_providers_that_take_none(make: object) -> None:
    stub, _ = await ask(make, as_json({"results": []}), Filters(include=("gov", "example.org")))
    assert b"omains" not in stub.asked[0].body


@pytest.mark.parametrize(
    ("make", "status", "words"),
    [
        (searxng, 403, "`json`"),
        (searxng, 429, "limiter.toml"),
        (searxng, 404, "no SearXNG"),
        (searxng, 500, "try again later"),
        (brave, 401, "BRAVE_API_KEY"),
        (brave, 422, "BRAVE_API_KEY"),
        (brave, 429, "plan"),
        (tavily, 401, "TAVILY_API_KEY"),
        (tavily, 432, "plan"),
        (tavily, 433, "paying"),
        (exa, 401, "EXA_API_KEY"),
        (exa, 402, "credit"),
        (exa, 503, "try again later"),
        (exa, 302, "redirect"),
        (exa, 418, "API may have changed"),
    ],
)
async def test_an_error_names_the_provider_and_the_remedy(make: object, status: int, words: str) -> None:
    echo = as_json({"error": f"bad key {KEY}"}, status, Location="http://10.0.0.1/")
    with pytest.raises(Unanswered) as caught:
        await ask(make, echo)
    assert words in caught.value.message
    assert str(status) in caught.value.message
    assert caught.value.message.split()[0] in {"SearXNG", "Brave", "Tavily", "Exa"}
    assert caught.value.is_passing == (status == 429 or status >= 500)


@pytest.mark.parametrize(("make", "_"), ALL, ids=NAMES)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'"text"',
        b'{"results": 1, "web": 1}',
        b'{"results": [1], "web": {"results": [1]}}',
        b'{"results": [{"url": 5}, "text"], "web": {"results": [{"url": 5}]}}',
        b"[" * 100_000,
        b"\xff\xfe{",
    ],
)
async def test_an_answer_of_another_form_is_an_error(make: object, _: object, body: bytes) -> None:
    with pytest.raises(Unanswered, match="form") as caught:
        await ask(make, Told(200, body))
    assert not caught.value.is_passing


@pytest.mark.parametrize(
    ("make", "body"), [(searxng, {"results": [{"title": "no url"}]}), (brave, {"type": "search"})]
)
async def test_an_answer_without_finds_is_none(make: object, body: object) -> None:
    _, hits = await ask(make, as_json(body))
    assert hits == []


async def test_what_is_too_long_or_not_there_is_an_error() -> None:
    with pytest.raises(Unanswered, match="more than"):
        await ask(exa, Told(200, b" " * 5_000_000))
    asker = Asker(form=Exa(key=KEY, address="http://127.0.0.1:9"), gate=gate())
    with pytest.raises(Unanswered, match="was not asked") as caught:
        await asker.search("sun", 5, Filters())
    assert "port" in caught.value.message
    async with serving(Told()) as gone:
        pass
    asker = Asker(form=Exa(key=KEY, address=gone.url), gate=gate())
    with pytest.raises(Unanswered, match="Exa at http") as caught:
        await asker.search("sun", 5, Filters())
    assert caught.value.message == (
        f"Exa at {gone.url} could not be reached, or gave no HTTP answer in time."
    )
    assert caught.value.is_passing


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset": "1, 1419704", "x-ratelimit-remaining": "0, 1000"}, 1),
        ({"x-ratelimit-reset": "1, 1419704", "x-ratelimit-remaining": "0, 0"}, 1419704),
        ({"x-ratelimit-reset": "x", "x-ratelimit-remaining": "y"}, None),
        ({}, None),
    ],
)
def test_how_long_a_provider_wants_to_be_left_alone(headers: dict[str, str], wait: float | None) -> None:
    assert read_wait(headers, lambda: datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == wait


@pytest.mark.parametrize(("make", "answer"), ALL, ids=NAMES)
async def test_a_key_stands_in_no_log_and_no_error(
    make: object, answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = [repr(make(Stub(port=1)))]  # type: ignore[operator]  # one of those above
    for told in (
        as_json(answer),
        as_json({"error": KEY}, 401),
        Told(200, KEY.encode()),
        as_json({"results": KEY}),
    ):
        try:
            await ask(make, told)
        except Unanswered as error:
            said += [error.message, repr(error)]
    assert KEY not in json.dumps(said) + caplog.text
