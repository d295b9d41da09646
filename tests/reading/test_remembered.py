"""A vector is made once, and what is forgotten is what was asked for the longest ago."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from gnomon.reading.remembered import Remembered


class Counting:
    """Embeds a text as its length and the code of its first letter, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked += texts
        return [[float(len(text)), float(ord(text[0]))] for text in texts]


def test_a_text_is_embedded_once() -> None:
    count = Counting()
    embed = Remembered(count)
    assert [list(each) for each in embed(["ab", "c", "ab"])] == [[2.0, 97.0], [1.0, 99.0], [2.0, 97.0]]
    embed(["c", "ab"])
    assert count.asked == ["ab", "c"]


def test_what_was_asked_for_the_longest_ago_is_forgotten() -> None:
    count = Counting()
    embed = Remembered(count, most=2)
    for texts in (["a"], ["b"], ["a"], ["c"], ["a"], ["b"]):
        embed(texts)
    assert count.asked == ["a", "b", "c", "b"]


@given(st.lists(st.lists(st.text(alphabet="abc", min_size=1, max_size=2), max_size=6), max_size=12))
def test_it_says_what_the_embedder_says(calls: list[list[str]]) -> None:
    embed = Remembered(Counting(), most=3)
    for texts in calls:
        assert [list(each) for each in embed(texts)] == Counting()(texts)
