"""What is read without a model: the answer where none is set, and the second opinion where one is."""

import asyncio
from collections.abc import Sequence

from gnomon.workloads.research.gather import Finds
from gnomon.workloads.research.interim import judge, rank
from gnomon.workloads.research.record import Evidence, Question, Settled
from gnomon.workloads.research.study import Study


async def read_alone(study: Study, question: Question, finds: Finds) -> Sequence[Settled]:
    """Settle a question by what its sources say word for word; a list comes with an entry for each element."""
    return await asyncio.to_thread(_read, question, finds)


def _read(question: Question, finds: Finds) -> Sequence[Settled]:
    ranked = rank(question.query, [s.text for s in finds.sources], finds.frequencies, finds.size)
    verdict = judge(question.query, ranked, finds.frequencies, finds.size)
    if not ranked or not verdict.is_answerable or question.path and question.schema.get("type") != "string":
        gap = "Nothing was found that answers this."
        return [Settled(path=question.path, value=None, reasoning=gap, gap=gap)]
    evidence = [
        Evidence(source=finds.sources[each.passage], start=each.start, end=each.end) for each in ranked
    ]
    return [
        Settled(
            path=question.path,
            value="\n".join(e.excerpt for e in evidence),
            evidence=evidence,
            reasoning="x",
            confidence="low",
        )
    ]
