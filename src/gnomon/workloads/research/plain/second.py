"""What is read without a model: the answer where none is set, and the second opinion where one is."""

import asyncio
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from gnomon.reading.ranking import Embed
from gnomon.workloads.research.gather import Finds
from gnomon.workloads.research.plain.extractive import settle
from gnomon.workloads.research.record import Question, Settled
from gnomon.workloads.research.study import Study

_OPENING: Final = threading.Lock()


async def read_alone(study: Study, question: Question, finds: Finds) -> Sequence[Settled]:
    """Settle a question by what its sources say word for word; a list comes with an entry for each element."""
    is_semantic = study.ctx.settings.get("semantic") == "auto" and not question.path
    return await asyncio.to_thread(_read, question, finds, is_semantic=is_semantic)


def _read(question: Question, finds: Finds, *, is_semantic: bool) -> Sequence[Settled]:
    similarity = _embedder() if is_semantic else None
    return settle(question, finds.sources, finds.frequencies, finds.size, similarity=similarity)


def _embedder() -> Embed | None:
    """Return what embeds sentences, opened once for all tasks of this process; None where there is no such."""
    with _OPENING:
        return _open()


@lru_cache(1)
def _open() -> Embed | None:
    from gnomon.reading.embedding import find_embedder
    from gnomon.reading.remembered import Remembered

    embedder = find_embedder()
    return None if embedder is None else Remembered(embedder)
