"""How long the pieces of a reply may be, and how much material is shown for it: a small model is kept short."""

from dataclasses import dataclass
from typing import Final

from gnomon.workloads.research.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Bounds of what a model writes in one reply; letters where nothing else is said."""

    quote: int = 600
    text: int = 2_000
    """Of a value."""
    elements: int = 50
    """Of a list."""
    paragraphs: int = 40
    paragraph: int = 3_000
    quotes: int = 10
    """For one paragraph."""
    field_tokens: int = 400
    list_tokens: int = 1_500
    written_tokens: int = 6_000
    material: int | None = None
    """Tokens of sources; None for what the window has room for."""


USUAL: Final = Lengths()
SMALL: Final = Lengths(
    quote=250,
    text=300,
    elements=8,
    paragraphs=3,
    paragraph=400,
    quotes=2,
    field_tokens=200,
    list_tokens=800,
    written_tokens=700,
    material=1_500,
)
"""A model of some hundred million weights fills whatever it is given, at two to ten tokens a second."""


def lengths_of(study: Study) -> Lengths:
    """Return the bounds for the model of a task."""
    return SMALL if study.is_small else USUAL


def shortened(space: int, lengths: Lengths) -> int:
    """Return how many tokens of material are shown where there is room for so many."""
    return space if lengths.material is None else min(space, lengths.material)
