"""What a question must be so that it can be stored, listed and answered: the same rules in a child and in memory."""

from gnomon.core.task import Json
from gnomon.core.workload import Failure
from gnomon.engine.child.ending import find_not_json
from gnomon.engine.child.pipe import to_json

LONGEST_KEY = 200
QUESTION_LIMIT = 1 << 16
"""Octets of JSON: a question stands in the task's record and in its log, and is sent to everybody who follows it."""


LONGEST_WITHIN = 366 * 24 * 3600.0
"""Seconds that a question may stay open before it lapses; one that is to wait longer says nothing."""


def refuse_question(key: str, question: Json, within: float | None) -> None:
    """Refuse a question that cannot be asked.

    Raises
    ------
    Failure
        With the code ``invalid_question``, and what to do instead.
    """
    if complaint := _complaint_of_key(key) or _complaint_of(question) or _complaint_of_time(within):
        raise Failure("invalid_question", complaint)


def _complaint_of_key(key: object) -> str:
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        return f"The key of ctx.ask must be 1 to {LONGEST_KEY} printable characters; it is {key!r:.80}."
    return ""


def _complaint_of_time(within: object) -> str:
    if within is None:
        return ""
    if isinstance(within, int | float) and not isinstance(within, bool) and 0 < within <= LONGEST_WITHIN:
        return ""
    return (
        f"within of ctx.ask is {within!r:.80}; give seconds above 0, {LONGEST_WITHIN:.0f} at most, or None "
        "to wait for ever."
    )


def _complaint_of(question: Json) -> str:
    try:
        size = len(to_json(question))
    except (ValueError, TypeError, RecursionError):
        where = find_not_json(question, "question") or "it refers to itself"
        return f"The question of ctx.ask is not JSON: {where}."
    if size > QUESTION_LIMIT:
        return (
            f"The question of ctx.ask has {size} octets of JSON; at most {QUESTION_LIMIT} are taken. "
            "Store large values with ctx.put and refer to them by name."
        )
    return ""
