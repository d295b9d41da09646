"""Tasks: submissions, reruns, answers, filters and preferences."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.naming import no_such
from gnomon.core.ports import TaskQuery
from gnomon.core.service.hook import MOST_OF_TASK
from gnomon.core.service.line import Again
from gnomon.core.service.steering import LARGEST_MESSAGE, LONGEST_REASON
from gnomon.core.service.task import PRIORITIES, Terms
from gnomon.core.task import Status
from gnomon.web.native.wire.attached import Metadata, Secrets, Wanted
from gnomon.web.native.wire.hooks import TaskHook
from gnomon.web.native.wire.reading import (
    COMMAS,
    DIGITS,
    Id,
    Moment,
    Natural,
    Positive,
    SessionId,
    Whole,
    Words,
)
from gnomon.web.problems import InvalidQuery

LONGEST_WAIT = 55
"""Proxies commonly give up an idle connection after 60 s."""
LONGEST_DEADLINE = timedelta(days=366)
Seconds = Annotated[int, Field(ge=0, le=LONGEST_WAIT), DIGITS]
IF_MATCH = r'^(?:\*|"[0-9]{1,15}")$'
CANCEL_AFTER = r"^(?=[0-9])(?:[0-9]{1,4}h)?(?:[0-9]{1,6}m)?(?:[0-9]{1,8}s)?$"


class MemberOrder(Words):
    """What a submission asks for, among others that are made together."""

    kind: str = Field(description="What work; GET /workloads lists the kinds.")
    input: Any = Field(default_factory=dict, description="What the kind's input schema says.")
    run_at: Moment | None = Field(None, description="Not before then.")
    deadline_at: Moment | None = Field(
        None, description="It has ended by then: `expired` if it had not started, `timed_out` if it had."
    )
    priority: Whole = Field(
        0, ge=PRIORITIES[0], le=PRIORITIES[-1], description="Higher ones are taken first."
    )
    after: Id | None = Field(
        None,
        description="The id of a task whose end it waits for, whichever end that is: `completed` or another.",
    )
    metadata: Metadata | None = Field(
        None, description="What you attach to know the task by: it is shown, and lists filter by it."
    )
    secrets: Secrets | None = Field(
        None, description="What only the function that does the work is given; nobody is shown it."
    )
    session_id: SessionId | None = Field(
        None,
        description="Your own name for a conversation, made by its first task: the task comes after the turn before.",
    )

    def own_terms(self) -> Terms:
        """Say on what terms it is submitted, by its own words alone."""
        return Terms(
            run_at=self.run_at,
            deadline_at=self.deadline_at,
            priority=self.priority,
            predecessor_id=self.after,
            metadata=self.metadata,
            secrets=self.secrets or {},
            session_id=self.session_id,
        )


class Order(MemberOrder):
    """What a submission asks for."""

    webhooks: list[TaskHook] = Field(
        default_factory=list,
        max_length=MOST_OF_TASK,
        description="Who is told of this task alone; the answer shows each one's secret, once.",
    )

    def terms(self, cancel_after: str | None, now: datetime) -> Terms:
        """Say on what terms it is submitted.

        Raises
        ------
        InvalidQuery
            When the header `Cancel-After` is not a duration, or there is a deadline besides.
        """
        terms = self.own_terms()
        if cancel_after is None:
            return terms
        deadline = _deadline(cancel_after, now, has_other=self.deadline_at is not None)
        return replace(terms, deadline_at=deadline)


def _deadline(cancel_after: str, now: datetime, *, has_other: bool) -> datetime:
    given = re.fullmatch(CANCEL_AFTER, cancel_after.strip())
    length = timedelta(seconds=_seconds(cancel_after)) if given else timedelta()
    message = None
    if has_other:
        message = "'Cancel-After' and 'deadline_at' are both given; give one of them."
    elif not timedelta() < length <= LONGEST_DEADLINE:
        message = "Give a duration such as 90s, 5m or 1h30m, of 366 days at most."
    if message:
        raise InvalidQuery([Complaint(("header", "Cancel-After"), message, "duration")])
    return now + length


def _seconds(duration: str) -> int:
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"([0-9]+)([hms])", duration))


class RerunOrder(Words):
    """How a rerun differs from the newest task of its line."""

    input: Any = Field(None, description="A whole new input; left out or null, the input stays.")
    patch: dict[str, Any] | None = Field(
        None, description="A JSON merge patch (RFC 7396) of the newest input, in place of `input`."
    )
    on_active: Literal["reject", "enqueue", "replace"] = Field(
        "reject",
        description="While the newest task has not ended: refuse, come after it, or cancel it and come after it.",
    )
    metadata: Metadata | None = Field(
        None, description="In place of the newest task's metadata; left out or null, they stay."
    )
    secrets: Secrets | None = Field(
        None,
        description="In place of the newest task's secrets; left out or null, they stay if the input does.",
    )

    def again(self, if_match: str | None) -> Again:
        """Say it as the house does.

        Raises
        ------
        Invalid
            When there are an input and a patch.
        InvalidQuery
            When the header `If-Match` is no revision.
        """
        if self.input is not None and self.patch is not None:
            raise Invalid([Complaint(("patch",), "Give 'input' or 'patch', not both.", "contradiction")])
        return Again(
            input=self.input,
            patch=self.patch,
            on_active=self.on_active,
            if_revision=revision(if_match),
            metadata=self.metadata,
            secrets=self.secrets or {},
        )


def revision(if_match: str | None) -> int | None:
    """Read `If-Match`: a revision as an entity tag, or `*` for any; None when there is none.

    Raises
    ------
    InvalidQuery
        When it is something else.
    """
    given = "*" if if_match is None else if_match.strip()
    if not re.fullmatch(IF_MATCH, given):
        message = 'Give the revision that you have read, in its quotes: "3".'
        raise InvalidQuery([Complaint(("header", "If-Match"), message, "revision")])
    return None if given == "*" else int(given.strip('"'))


class Answer(Words):
    """The answer to a waiting task's question."""

    key: str = Field(max_length=200, description="The `key` of the task's `question`.")
    answer: Any = Field(description="What it asks for: any JSON.")


class Wish(Words):
    """Why somebody pauses, resumes or cancels."""

    reason: str | None = Field(
        None, max_length=LONGEST_REASON, description="Why; whoever reads the task or its events sees it."
    )


class Message(Words):
    """A message for the work of a task."""

    message: Any = Field(
        description=f"Any JSON, up to {LARGEST_MESSAGE // 1024} KB; the function that does the work reads it."
    )


class TaskFilters(Words):
    """Which tasks to list."""

    status: Annotated[frozenset[Status] | None, COMMAS] = Field(
        None, min_length=1, description="Only tasks of these statuses."
    )
    kind: Annotated[frozenset[str] | None, COMMAS] = Field(
        None, min_length=1, description="Only tasks of these kinds."
    )
    created_after: Moment | None = Field(None, description="Only tasks that were submitted after then.")
    created_before: Moment | None = Field(None, description="Only tasks that were submitted before then.")
    group_id: Id | None = Field(None, description="Only members of this group.")
    session_id: SessionId | None = Field(
        None, description="Only tasks that were submitted to a session of this name."
    )
    limit: Annotated[int, Field(ge=1, le=200), DIGITS] = Field(50, description="How many at most.")
    cursor: str | None = Field(
        None, pattern=r"^[0-9]{1,18}-[0-9]{1,18}$", description="`next` of the page before."
    )

    def query(self, workspace: str, offered: Iterable[str], metadata: Wanted = ()) -> TaskQuery:
        """Say it as the house does.

        Raises
        ------
        InvalidQuery
            When a kind is none that is offered.
        """
        known = frozenset(offered)
        if unknown := sorted((self.kind or frozenset()) - known):
            complaints = [
                Complaint(("query", "kind"), no_such("kind", kind, known), "unknown_kind") for kind in unknown
            ]
            raise InvalidQuery(complaints)
        return TaskQuery(
            workspace=workspace,
            statuses=self.status,
            kinds=self.kind,
            created_after=self.created_after,
            created_before=self.created_before,
            group_id=self.group_id,
            session_id=self.session_id,
            metadata=metadata,
            limit=self.limit,
            cursor=self.cursor,
            with_result=True,
        )


class TaskView(Words):
    """Which version of a task, and how long to wait for it."""

    after_version: Natural = Field(
        0,
        description="Answer when the version is higher, or `wait` is over; without `wait`, at once and as ever.",
    )
    wait: Seconds = Field(0, description="Seconds.")
    at_event: Positive | None = Field(
        None,
        description="The task as it stood at the event of this number; nothing is waited for.",
    )


class Patience(Words):
    """How long to wait."""

    wait: Seconds = Field(
        0,
        description="Seconds until the task has ended, at most; one that is `waiting` or `paused` is not waited for.",
    )


class Span(Words):
    """Which events to list."""

    after: Natural = Field(0, description="Only events numbered above this.")
    limit: Annotated[int, Field(ge=1, le=1000), DIGITS] = Field(100, description="How many at most.")


class Line(Words):
    """How much of a line to list."""

    limit: Annotated[int, Field(ge=1, le=1000), DIGITS] = Field(
        50, description="How many at most, the newest first."
    )


class Revisions(Words):
    """Which two revisions to compare."""

    first: Positive | None = Field(None, alias="from", description="By default the one before `to`.")
    second: Positive | None = Field(None, alias="to", description="By default the newest.")


def patience(prefer: str) -> float | None:
    """Read `Prefer: wait=N` (RFC 7240), as 0 to `LONGEST_WAIT` seconds; None when there is no such preference."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*(-?[0-9]+)\b", prefer)
    return max(0.0, min(float(found[1]), LONGEST_WAIT)) if found else None
