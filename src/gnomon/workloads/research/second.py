"""What is read without a model: the answer where none is set, and the second opinion where one is."""

import asyncio
from collections.abc import Sequence

from gnomon.workloads.research.extractive import settle
from gnomon.workloads.research.gather import Finds
from gnomon.workloads.research.record import Question, Settled
from gnomon.workloads.research.study import Study


async def read_alone(study: Study, question: Question, finds: Finds) -> Sequence[Settled]:
    """Settle a question by what its sources say word for word; a list comes with an entry for each element."""
    return await asyncio.to_thread(_read, question, finds)


def _read(question: Question, finds: Finds) -> Sequence[Settled]:
    return settle(question, finds.sources, finds.frequencies, finds.size)
