"""Reading the web for a task: searches and pages as steps of it, within its budget and its filters."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gnomon.workloads.research.record import Source
from gnomon.workloads.research.study import Study


@dataclass(slots=True, kw_only=True)
class Surfing:
    """The web, as one task sees it."""

    study: Study
    pages: dict[str, tuple[Source, ...]] = field(default_factory=dict)
    """The passages of what was read, by address."""

    async def search(self, query: str) -> Sequence[Source]:
        """Search, read the pages that count, and return their passages."""
        raise NotImplementedError(query)
