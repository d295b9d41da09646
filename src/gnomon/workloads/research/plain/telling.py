"""Words of a reasoning: short quotes and counted nouns."""

from typing import Final

_SHORT: Final = 60


def shortened(text: str) -> str:
    """Write a text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= _SHORT else f"{text[:_SHORT].rstrip()}..."


def count(number: int, noun: str) -> str:
    """Write how many there are of a thing."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
