"""How far a settled value may be trusted, and the words that say why.

Words that a question and a sentence share say that the sentence is about the question, never that it is true: without
anything else to go by they are worth `medium` at the most. `high` takes a second witness: a model that picked the same
words, or another work that has the same value.
"""

from typing import Final

from gnomon.workloads.research.record import Confidence

LIKELY: Final = 0.8
"""From this probability on, `medium`; docs/research-quality.md tells how often it then held."""


def confidence(probability: float, works: int, verified_by: str | None = None) -> Confidence:
    """Grade a value.

    `probability` is that of its sentences holding the answer, as `reading.ranking.judge` has it; `works` counts the
    independent works that have the value, the first one included (`Source.work` tells them apart); `verified_by`
    names the model that picked the same words, of the 1.5-billion class or better.
    """
    if probability < LIKELY:
        return "medium" if verified_by or works > 1 else "low"
    return "high" if verified_by or works > 1 else "medium"


def reasoning(covered: int, asked: int, works: int = 1, verified_by: str | None = None) -> str:
    """Say in a sentence what a value rests on."""
    words = "word" if asked == 1 else "words"
    parts = [f"The best sentence covers {covered} of {asked} {words} of the question"]
    if works > 1:
        parts.append("a second source agrees" if works == 2 else f"{works} independent sources agree")
    if verified_by:
        parts.append(f"{verified_by} picked the same words")
    return "; ".join(parts) + "."
