"""What a text says that something is made of."""

import re
from collections.abc import Iterator
from typing import Final

from gnomon.workloads.research.plain.typed.candidate import Candidate, Want

MATERIALS: Final = frozenset(("material", "materials"))
"""Names of fields that hold what something is made of."""
_LINKS: Final = (
    "and or in by with for at on to from that which since but is was are were as after before during of"
)
_STOP: Final = rf"(?:{'|'.join(_LINKS.split())})\b"
_WORDS: Final = rf"(?!{_STOP})[^\W\d]+(?:[\s-]+(?!{_STOP})[^\W\d]+){{0,3}}"
_MADE: Final = re.compile(
    r"\b(?:made|built|constructed|manufactured|fabricated)\s+(?:(?:mainly|mostly|entirely|largely|primarily)\s+)?"
    rf"(?:(?:up|out)\s+)?(?:of|from)\s+(?P<what>{_WORDS}(?:\s+and\s+{_WORDS}(?=\s*[.,;)]|\s*$))?)",
    re.IGNORECASE,
)


def is_material(want: Want) -> bool:
    """Say whether a field holds what something is made of."""
    return not MATERIALS.isdisjoint(want.name)


def materials(text: str) -> Iterator[Candidate]:
    """Yield what a text says that something is `made of`."""
    for found in _MADE.finditer(text):
        start, end = found.span("what")
        yield Candidate(
            value=found["what"], start=start, end=end, why=f"'{found['what']}' after 'made of' or such"
        )
