"""Tasks: submissions, filters and preferences."""

import re
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from gnomon.core.errors import Invalid
from gnomon.core.ports import TaskQuery
from gnomon.core.task import Json, Status
from gnomon.web.native.wire.reading import Words

LONGEST_WAIT = 55
"""Proxies commonly give up an idle connection after 60 s."""


class Order(Words):
    """What a submission asks for."""

    kind: str = Field(description="What work; GET /workloads lists the kinds.")
    input: Any = Field(default_factory=dict, description="What the kind's input schema says.")


def in_body(invalid: Invalid) -> Invalid:
    """Say of complaints about a kind's input where they are in the body that was sent."""
    return Invalid(
        [c if c.loc == ("kind",) else replace(c, loc=("input", *c.loc)) for c in invalid.complaints]
    )


def _split(value: Json) -> Json:
    return value.split(",") if isinstance(value, str) else value


class TaskFilters(Words):
    """Which tasks to list."""

    status: Annotated[frozenset[Status] | None, BeforeValidator(_split)] = Field(
        None, min_length=1, description="Only tasks of these statuses."
    )
    kind: Annotated[frozenset[str] | None, BeforeValidator(_split)] = Field(
        None, min_length=1, description="Only tasks of these kinds."
    )
    limit: int = Field(50, ge=1, le=200, description="How many at most.")
    cursor: str | None = Field(None, description="`next` of the page before.")

    def query(self, workspace: str) -> TaskQuery:
        """Say it as the house does."""
        return TaskQuery(
            workspace=workspace,
            statuses=self.status,
            kinds=self.kind,
            limit=self.limit,
            cursor=self.cursor,
            with_result=True,
        )


class Span(Words):
    """Which events to list."""

    after: int = Field(0, ge=0, le=2**53, description="Only events numbered above this.")
    limit: int = Field(100, ge=1, le=1000, description="How many at most.")


def patience(prefer: str) -> float | None:
    """Read `Prefer: wait=N` (RFC 7240), capped at `LONGEST_WAIT` seconds; None when there is no such preference."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*(\d{1,6})\b", prefer)
    return min(float(found[1]), LONGEST_WAIT) if found else None
