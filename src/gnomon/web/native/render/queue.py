"""What can be submitted, and what waits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from gnomon.core.ports import Crowd
from gnomon.core.task import Json, Status
from gnomon.core.workload import Workload
from gnomon.web.moment import moment

_ACTIVE = [status for status in Status if status.is_active]


def workload(value: Workload) -> Json:
    """Write what a kind takes and gives."""
    return {
        "kind": value.kind,
        "title": value.title,
        "where": value.where,
        "is_tool": value.is_tool,
        "input_schema": dict(value.input_schema),
        "output_schema": dict(value.output_schema),
    }


def queue(
    crowds: Sequence[Crowd], offered: Iterable[str], served: Mapping[str, Workload], now: datetime
) -> Json:
    """Write how many tasks of each kind have not ended; kinds that are offered stand there with zeros too."""
    by_kind: defaultdict[str, list[Crowd]] = defaultdict(list)
    for crowd in crowds:
        by_kind[crowd.kind].append(crowd)
    kinds = sorted({*by_kind, *offered})
    return {"kinds": [_kind(kind, by_kind[kind], now, is_served=kind in served) for kind in kinds]}


def _kind(kind: str, crowds: Sequence[Crowd], now: datetime, *, is_served: bool) -> Json:
    counts: dict[str, int] = dict.fromkeys(map(str, _ACTIVE), 0)
    counts |= {str(crowd.status): crowd.count for crowd in crowds}
    oldest = min((crowd.oldest for crowd in crowds if crowd.oldest is not None), default=None)
    return {
        "kind": kind,
        "is_served": is_served,
        "counts": counts,
        "oldest_queued_at": moment(oldest),
        "oldest_queued_seconds": None if oldest is None else max(0.0, (now - oldest).total_seconds()),
    }
