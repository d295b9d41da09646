"""Sessions with what their tasks come to, and their tasks."""

from collections.abc import Sequence

from gnomon.core.ports import Page, Turn
from gnomon.core.session import Session, SessionTotals
from gnomon.core.task import Json, Status
from gnomon.web.moment import moment
from gnomon.web.native.render.task import task, usage


def session(record: Session, totals: SessionTotals) -> dict[str, Json]:
    """Write a session."""
    return {
        **changed(record),
        "is_active": any(status.is_active and count for status, count in totals.counts.items()),
        "counts": {status.value: totals.counts.get(status, 0) for status in Status},
        "usage": usage(totals.usage),
    }


def changed(record: Session) -> dict[str, Json]:
    """Write a session without what its tasks come to, which who may only write is not shown."""
    return {
        "id": record.id,
        "number": record.number,
        "title": record.title,
        "context": record.context,
        "size": record.turns - record.first_turn + 1,
        "first_turn": record.first_turn,
        "last_turn": record.turns,
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
    }


def sessions(page: Page[tuple[Session, SessionTotals]], offset: int) -> Json:
    """Write a page of sessions, how many there are, and the offset of the next page."""
    total, following = page.total or 0, offset + len(page.records)
    return {
        "sessions": [session(record, totals) for record, totals in page.records],
        "total": total,
        "next": following if page.records and following < total else None,
    }


def turns(record: Session, found: Sequence[Turn], limit: int) -> Json:
    """Write a page of tasks, and the cursor of the next one; of what was found, one more than the limit may be."""
    page = found[:limit]
    return {
        "session_id": record.id,
        "tasks": [task(turn.task) for turn in page],
        "next": page[-1].task.session_turn if len(found) > limit else None,
    }
