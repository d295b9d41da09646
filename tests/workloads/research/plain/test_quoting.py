from collections.abc import Sequence

import pytest

from gnomon.reading.ranking import rank
from gnomon.reading.terms import terms
from gnomon.workloads.research.plain.quoting import MOST_QUOTED, NEAR_BEST, quote, quoted, statements
from gnomon.workloads.research.record import Question, Settled, Source

DUG = "The harbour of Elmsund was dug in 1874 by Ragna Holm."
COPIED = "THE harbour of Elmsund was dug in 1874 by Ragna Holm!"
ASKED = "Who dug the harbour of Elmsund in 1874?"


def source(title: str, text: str, heading: str = "") -> Source:
    return Source(
        url=f"http://host/{title}/page?edition=1", title=title, text=text, document=title, heading=heading
    )


def ask(sources: Sequence[Source], question: str = ASKED) -> Settled:
    frequencies = {term: sum(term in terms(each.text) for each in sources) for term in terms(question)}
    return quote(Question(path=(), query=question), sources, frequencies, 200)


PORT = source("Elmsund port", f"{DUG} Fishing boats use it today. Snow is rare.")
TOWN = source("Elmsund town", f"Rain falls on most days. {COPIED}")


def test_the_first_alone_is_quoted_where_nothing_else_is_near() -> None:
    found = ask([PORT])
    assert found.value == f"\u201c{DUG}\u201d [1]\n\n[1] Elmsund port"
    assert [each.excerpt for each in found.evidence] == [DUG]


def test_what_two_documents_say_in_the_same_words_is_said_once_and_cited_twice() -> None:
    found = ask([PORT, TOWN])
    assert str(found.value).count("\u201c") == 1
    assert "\u201d [1][2]" in str(found.value)
    assert {each.source.title for each in found.evidence} == {"Elmsund port", "Elmsund town"}
    assert "a second source agrees" in (found.reasoning or "")
    assert found.confidence == "medium"  # two documents may have it from one


def test_what_one_document_says_twice_is_no_agreement() -> None:
    again = source("Elmsund port", f"Snow is rare. {DUG}")
    found = ask([PORT, again])
    assert len(found.evidence) == 1
    assert "agree" not in (found.reasoning or "")


def test_what_says_otherwise_stays_beside() -> None:
    denied = source("Elmsund talk", DUG.replace("was dug", "was not dug"))
    found = ask([PORT, denied])
    assert {each.excerpt for each in found.evidence} == {DUG, DUG.replace("was dug", "was not dug")}
    assert "[1][2]" not in str(found.value)


def test_a_heading_is_never_quoted() -> None:
    headed = source("Panels", "Cleaning\n\nIt is done twice a year with soft water.", "Panels > Cleaning")
    found = ask([headed], "How is the cleaning of the panels done?")
    assert "\u201cCleaning\u201d" not in str(found.value)
    assert [each.excerpt for each in found.evidence] == ["It is done twice a year with soft water."]


@pytest.mark.parametrize(
    "question", [ASKED, "Which boats use the harbour today?", "Rain and snow in Elmsund"]
)
def test_the_best_comes_first_and_the_rest_are_near_it(question: str) -> None:
    sources = [PORT, TOWN]
    frequencies = dict.fromkeys(terms(question), 1)
    ranked = rank(question, [each.text for each in sources], frequencies, 9, limit=12)
    said = statements(ranked, sources)
    best, *others = [statement[0] for statement in said]
    assert best.excerpt == sources[ranked[0].passage].text[ranked[0].start : ranked[0].end]
    near = [each for each in ranked if each.score >= NEAR_BEST * ranked[0].score]
    assert 1 + len(others) <= min(MOST_QUOTED, len(near))
    assert quoted(said).startswith(f"\u201c{best.excerpt}\u201d [1]")
