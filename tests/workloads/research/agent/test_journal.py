"""Whichever step a process dies before, the next attempt repeats none that is finished, and gives the same answer."""

import asyncio

import pytest
from folder_library import library_of
from journal import Died, Journal
from outside import OPEN, PAGE, an_mcp_server, the_web
from scripted_reader import Reader
from stub_model import StubModel
from wanted import json_of

from gnomon.workloads.research import RESEARCH

TEXTS = {
    f"{name}.md": f"# {name}\n\nThe {name} of Velden is called {name.title()}son.\n"
    for name in ("river", "tower")
}
WORDS = "The mayor of Velden is Ada Lind."
VALUES = {
    "river": ("Riverson", "The river of Velden is called Riverson."),
    "tower": ("Towerson", "The tower of Velden is called Towerson."),
    "mayor": ("Ada Lind", WORDS),
    "sum": (42, "42"),
}
NULLABLE = {"type": ["string", "null"]}
WANTED = json_of(
    river=NULLABLE, tower=NULLABLE, mayor=NULLABLE, king=NULLABLE, sum={"type": ["integer", "null"]}
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A library, a web, a server of tools and a model."""
    pytest.importorskip("mcp")
    reader = Reader(values=VALUES, queries=["king of Velden"], calls=[("add", {"a": 20, "b": 22})])
    folder = tmp_path_factory.mktemp("journal")
    with (
        library_of(folder, TEXTS) as search,
        the_web({"/velden": PAGE}) as web,
        an_mcp_server() as tools,
        StubModel(otherwise=reader) as stub,
    ):
        named = {"model": "stub", "model_url": stub.url, "search": [f"searxng={web.url}"]}
        brief = {
            "input": "Velden",
            "effort": 3,
            "output": WANTED,
            "tools": [{"name": "numbers", "url": tools, "allowed": ["add"]}],
        }
        yield brief, lambda dies_before=None: Journal(search, {**OPEN, **named}, dies_before), stub, web


@pytest.fixture(scope="module")
def whole(world):
    """An attempt that nothing has disturbed."""
    brief, journal, _, _ = world
    ctx = journal()
    return asyncio.run(RESEARCH.run(brief, ctx)), ctx


@pytest.mark.parametrize(
    "kind",
    [
        "plan",
        "search",
        "web search",
        "page",
        "tools",
        "tools of numbers",
        "tool numbers.add",
        "settle",
        "reflect",
    ],
)
def test_each_kind_of_paid_work_is_a_step(whole, kind):
    _, ctx = whole
    assert any(key.startswith(f"{kind} ") for key in ctx.steps)


def test_the_answer_is_of_all_sources(whole):
    answer, _ = whole
    assert answer["content"] == {name: VALUES.get(name, (None,))[0] for name in (*VALUES, "king")}
    assert answer["tool_calls"][0]["content"] == "42"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95])
def test_a_death_before_any_step_costs_nothing(world, whole, share):
    brief, journal, stub, web = world
    answer, undisturbed = whole
    calls, pages = len(stub.requests), len(web.asked)
    ctx = journal(dies_before=round(share * len(undisturbed.steps)))
    with pytest.raises(Died):
        asyncio.run(RESEARCH.run(brief, ctx))
    ctx.dies_before, ctx.attempt = None, 2
    assert asyncio.run(RESEARCH.run(brief, ctx)) == answer
    assert set(ctx.steps) == set(undisturbed.steps)
    finished = [key for key, count in ctx.made.items() if count > 1]
    assert len(finished) <= 4, "those alone are made twice that were under way when it died"
    assert len(stub.requests) - calls <= answer["usage"]["calls"] + 4
    assert len(web.asked) - pages <= 20
