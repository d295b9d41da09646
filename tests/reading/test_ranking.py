import re
from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.reading import ranking
from gnomon.reading.ranking import Ranked, ask, candidates, judge, rank
from gnomon.reading.terms import terms

HARBOUR = (
    "The harbour of Elmsund was dug in 1874 by Ragna Holm. It closed in winter, because ice blocked the mouth. "
    "Fishing boats use it today."
)
BRIDGE = "The bridge of Elmsund carries the railway. Its builder was paid 4,200 crowns."
WEATHER = "Rain falls on most days of the year. Snow is rare."
PASSAGES = (WEATHER, BRIDGE, HARBOUR)
SIZE = 40


def frequencies(question: str, passages: tuple[str, ...] = PASSAGES) -> dict[str, int]:
    return {term: sum(term in terms(text) for text in passages) for term in terms(question)}


def find(question: str, limit: int = 3) -> list[Ranked]:
    return rank(question, PASSAGES, frequencies(question), SIZE, limit=limit)


def words(each: Ranked) -> str:
    return PASSAGES[each.passage][each.start : each.end]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who dug the harbour of Elmsund?", "The harbour of Elmsund was dug in 1874 by Ragna Holm."),
        ("When was the harbour of Elmsund dug?", "The harbour of Elmsund was dug in 1874 by Ragna Holm."),
        ("Why did the harbour close in winter?", "It closed in winter, because ice blocked the mouth."),
        ("How many crowns was the bridge's builder paid?", "Its builder was paid 4,200 crowns."),
        ("What falls on most days?", "Rain falls on most days of the year."),
    ],
)
def test_the_sentence_that_answers_comes_first(question: str, sentence: str) -> None:
    assert words(find(question)[0]) == sentence


def test_a_sentence_is_found_by_the_words_before_it() -> None:
    """`It` of the second sentence is the harbour that the first one names."""
    best = find("Why was the Elmsund harbour closed?")[0]
    assert words(best).startswith("It closed")


def test_a_title_tells_apart_what_the_text_does_not() -> None:
    texts = ("It opened in 1901.", "It opened in 1950.")
    titles = ("Elmsund library", "Elmsund theatre")
    counts = dict.fromkeys(terms("When did the theatre open?"), 1)
    assert rank("When did the theatre open?", texts, counts, 9, titles=titles)[0].passage == 1


def test_what_is_missing_is_said() -> None:
    best = find("When was the lighthouse of Elmsund dug?")[0]
    assert best.missing == ("lighthous",)
    assert (best.covered, best.asked) == (2, 3)


def test_a_question_about_what_is_there_is_answerable_and_another_is_not() -> None:
    there, elsewhere = (
        "Who dug the harbour of Elmsund in 1874?",
        "Who painted the ceiling of the Sistine Chapel?",
    )
    verdicts = [judge(q, find(q), frequencies(q), SIZE) for q in (there, elsewhere)]
    assert [each.is_answerable for each in verdicts] == [True, False]
    assert verdicts[1].absent == ["painted", "ceiling", "Sistine", "Chapel"]


@pytest.mark.parametrize("question", ["", "?!", "Who is it?", "the of and"])
def test_a_question_that_asks_nothing_is_refused(question: str) -> None:
    assert not judge(question, find(question), frequencies(question), SIZE).is_answerable


def test_no_passages_are_no_answer() -> None:
    assert rank("Who dug it?", [], {}, 0) == []
    assert judge("Who dug it?", [], {}, 0).probability == 0.0


def test_the_threshold_is_where_answering_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    question = "Who dug the harbour of Elmsund in 1874?"
    given = question, find(question), frequencies(question), SIZE
    chance = judge(*given).probability
    monkeypatch.setattr(ranking, "ANSWERABLE", chance)
    assert judge(*given).is_answerable
    monkeypatch.setattr(ranking, "ANSWERABLE", chance + 1e-9)
    assert not judge(*given).is_answerable


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    asked = ask("harbour winter", {"harbour": 30, "winter": 1}, SIZE)
    assert asked.weights["winter"] > asked.weights["harbour"] > 0
    assert asked.share({"winter"}) + asked.share({"harbour"}) == pytest.approx(1.0)


def test_meaning_finds_what_words_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedder knows that a skipper steers a boat; the words do not."""
    monkeypatch.setattr(ranking, "CLEAR", (0.0, 1.0))
    texts = ("The boat has a red hull. A skipper steers it.", "Somebody who drives the boat wears a hat.")

    def embed(given: Sequence[str]) -> list[list[float]]:
        near = ("Who drives the boat?", "A skipper steers it.")
        return [[1.0, 0.0] if text in near else [0.0, 1.0] for text in given]

    counts = dict.fromkeys(terms("Who drives the boat?"), 1)
    plain = rank("Who drives the boat?", texts, counts, 9)
    near = rank("Who drives the boat?", texts, counts, 9, similarity=embed)
    assert plain[0].similarity is None
    assert texts[plain[0].passage][plain[0].start : plain[0].end].startswith("Somebody")
    best = near[0]
    assert (texts[best.passage][best.start : best.end], best.similarity) == ("A skipper steers it.", 1.0)


def ask_by_meaning(question: str, texts: Sequence[str]) -> tuple[list[int], float]:
    """Return how long the texts were that were embedded, and the probability by words alone."""
    asked: list[int] = []

    def embed(given: Sequence[str]) -> list[list[float]]:
        asked.extend(map(len, given))
        return [[1.0] for _ in given]

    counts = {term: sum(term in terms(text) for text in texts) for term in terms(question)}
    rank(question, texts, counts, 50, similarity=embed)
    return asked, judge(question, rank(question, texts, counts, 50), counts, 50).probability


def test_the_embedder_is_asked_for_the_best_and_for_no_more_of_them_than_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ranking, "CLEAR", (0.0, 1.0))
    asked, _ = ask_by_meaning(
        "Why do boats float?", ["Boats float. " * 30, "A boat " + "very " * 200 + "sinks."]
    )
    assert len(asked) == 1 + ranking.CONSIDERED
    assert max(asked) <= ranking.EMBEDDED


@pytest.mark.parametrize(
    ("question", "is_clear"),
    [
        ("Who dug the harbour of Elmsund in 1874?", True),
        ("Which minister opened the first opera of Vienna in snow?", True),
        ("Who was paid for the harbour?", False),
    ],
)
def test_where_words_decide_clearly_nothing_is_embedded(question: str, is_clear: bool) -> None:
    asked, chance = ask_by_meaning(question, PASSAGES)
    low, high = ranking.CLEAR
    assert (chance < low or chance > high) == is_clear
    assert (not asked) == is_clear


text = st.text(st.sampled_from(ascii_lowercase[:6] + " .?AB1é\n"), max_size=120)


@given(question=text, passages=st.lists(text, max_size=6), titles=st.booleans(), limit=st.integers(1, 5))
def test_whatever_is_asked_the_sentences_are_slices_and_in_order(
    question: str, passages: list[str], titles: bool, limit: int
) -> None:
    counts = frequencies(question, tuple(passages))
    named = passages if titles else ()
    found = rank(question, passages, counts, len(passages), titles=named, limit=limit)
    assert len(found) <= limit
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    for each in found:
        assert passages[each.passage][each.start : each.end].strip()
        assert 0.0 <= each.coverage <= 1.0 + 1e-9
        assert each.covered <= each.asked
        assert len(each.signs) == len(ranking.SIGNS) == len(ranking.WEIGHTS)
    assert 0.0 <= judge(question, found, counts, len(passages)).probability <= 1.0


@given(passages=st.permutations(range(3)))
def test_the_order_of_passages_does_not_matter(passages: list[int]) -> None:
    question = "Who dug the harbour of Elmsund?"
    shuffled = [PASSAGES[n] for n in passages]
    found = rank(question, shuffled, frequencies(question), SIZE)
    assert [shuffled[each.passage] for each in found] == [PASSAGES[each.passage] for each in find(question)]


def test_every_sentence_is_a_candidate_once() -> None:
    asked = ask("Elmsund", {"elmsund": 2}, SIZE)
    places = [(each.passage, each.start) for each in candidates(asked, PASSAGES)]
    assert places == sorted(set(places))
    assert len(places) == 7


def test_weights_fit_their_signs() -> None:
    assert len(ranking.WEIGHTS_WITH_MEANING) == len(ranking.SIGNS) + 1
    assert len(ranking.TRUST_WEIGHTS) == len(ranking.TRUST) + 1
    assert len(ranking.TRUST_WEIGHTS_WITH_MEANING) == len(ranking.TRUST) + 2
    assert 0.0 < ranking.ANSWERABLE < 1.0


def test_the_page_has_the_weights_as_they_are() -> None:
    page = (Path(__file__).parents[2] / "docs/research-quality.md").read_text()
    tables = [part for part in page.split("\n\n") if part.startswith("| sign |")]
    shown = [re.findall(r"^\| `?(\w*)`? ?\|.*\| (-?[\d.]+) \|$", table, re.MULTILINE) for table in tables]
    assert shown == [
        [(sign, str(weight)) for sign, weight in zip(signs, weights, strict=True)]
        for signs, weights in (
            (ranking.SIGNS, ranking.WEIGHTS),
            ((*ranking.TRUST, ""), ranking.TRUST_WEIGHTS),
        )
    ]
