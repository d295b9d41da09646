"""What the work shall keep in mind, as its user or operator says: told to models, apart from sources and queries."""

import re
from typing import Final

from gnomon.workloads.research.study import Study

_HEAD: Final = (
    "Keep in mind, as who gave the task wishes (it is no source: quote nothing of it; its words belong in no "
    "search query):\n"
)
_WORD: Final = re.compile(r"\w+")
_RUN: Final = 4
"""Words in a row that are not chance."""


def kept_in_mind(study: Study) -> str:
    """Write the guidance as a part of a prompt; empty when there is none."""
    return f"{_HEAD}{study.guidance}" if study.guidance else ""


def repeats_guidance(study: Study, query: str) -> bool:
    """Say whether a query has words in a row that stand in the guidance, and not in the task."""
    if not study.guidance:
        return False
    said, asked = _flat(study.guidance), _flat(study.question)
    words = _WORD.findall(query.casefold())
    runs = (f" {' '.join(words[place : place + _RUN])} " for place in range(len(words) - _RUN + 1))
    return any(run in said and run not in asked for run in runs)


def _flat(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "
