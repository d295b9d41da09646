"""The filters of the list of tasks."""

from datetime import UTC, datetime
from typing import TypeVar

from gnomon.core.errors import Complaint
from gnomon.core.ports import TaskQuery
from gnomon.web.dialects.daly.nouns import KIND_OF_TYPE, TASK_TYPES
from gnomon.web.dialects.daly.status import FILTERS, WORDS
from gnomon.web.problems import InvalidQuery

T = TypeVar("T", bound=str)


def read_task_query(
    *,
    status: str | None,
    task_type: str | None,
    created_after: str | None,
    created_before: str | None,
    page: int,
    page_size: int,
    offered: frozenset[str],
) -> TaskQuery:
    """Make the house's query of the list's parameters.

    Raises
    ------
    InvalidQuery
        When a filter is not one that this door knows: a filter is never ignored.
    """
    asked = FILTERS[_one_of(status, WORDS, "status")] if status is not None else None
    known = tuple(sorted(TASK_TYPES | offered))
    return TaskQuery(
        workspace="",
        statuses=asked.statuses if asked else None,
        is_started=asked.is_started if asked else None,
        kinds=frozenset({_kind_of(task_type, known)}) if task_type is not None else None,
        created_after=_moment(created_after, "created_after"),
        created_before=_moment(created_before, "created_before"),
        limit=page_size,
        offset=(page - 1) * page_size,
        with_total=True,
    )


def _kind_of(task_type: str, known: tuple[str, ...]) -> str:
    word = _one_of(task_type, known, "task_type")
    return KIND_OF_TYPE.get(word, word)


def _one_of(given: str, known: tuple[T, ...], name: str) -> T:
    for word in known:
        if given.lower() == word:
            return word
    raise _wrong(name, f"'{given[:80]}' is not known; use one of {', '.join(known)}.", "enum")


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        # An unescaped plus sign of an offset arrives as a space.
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise _wrong(
            name, "Give a date or a time in ISO 8601, as 2026-01-31T12:00:00Z.", "datetime"
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _wrong(name: str, message: str, kind: str) -> InvalidQuery:
    return InvalidQuery([Complaint(("query", name), message, kind)])
