"""How far a settled value may be trusted, and the words that say why.

There are three witnesses: the words that question and sentences share, another work that has the same value, and a
model that picked the same words. One is worth `medium`, two are worth `high`, none is `low`. Words alone say that a
sentence is about the question, never that it is true, so they never reach `high` by themselves.
"""

from typing import Final

from gnomon.workloads.research.record import Confidence

LIKELY: Final = 0.8
"""From this probability on, the words count; docs/research-quality.md tells how often it then held."""


def confidence(
    probability: float | None, works: int = 1, verified_by: str | None = None
) -> Confidence | None:
    """Grade a value; None where nothing is known of it.

    `probability` is that of its sentences holding the answer, as `reading.ranking.judge` has it, None where that was
    not asked; `works` counts the independent works that have the value, the first one included (`Source.work` tells
    them apart); `verified_by` names a model of the 1.5-billion class or better that picked the same words.
    """
    is_likely = probability is not None and probability >= LIKELY
    witnesses = is_likely + (works > 1) + bool(verified_by)
    if witnesses == 0 and probability is None:
        return None
    return _GRADES[min(witnesses, 2)]


_GRADES: Final[tuple[Confidence, ...]] = ("low", "medium", "high")


def reasoning(covered: int, asked: int, works: int = 1, verified_by: str | None = None) -> str:
    """Say in a sentence what a value rests on."""
    words = "word" if asked == 1 else "words"
    parts = [f"The best sentence and its heading cover {covered} of {asked} {words} of the question"]
    if works > 1:
        parts.append("a second source agrees" if works == 2 else f"{works} independent sources agree")
    if verified_by:
        parts.append(f"{verified_by} picked the same words")
    return "; ".join(parts) + "."
