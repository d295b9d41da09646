"""Webhooks: endpoints to make and to change, which deliveries are meant, which messages are pulled."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from gnomon.core.delivery import DEFAULT_TYPES, DeliveryStatus
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.event import EventType
from gnomon.core.ports import ChangeEndpoint, DeliveryQuery
from gnomon.core.service.hook import Wanted
from gnomon.core.service.secret import LONGEST_OVERLAP
from gnomon.web.native.wire.reading import COMMAS, Id, Moment, Whole, Words

_LONGEST_URL = 2048
_MOST_IDS = 1000
_CURSOR = 2**53
_TYPES = "What it is told; left out, how tasks end and when one waits for an answer."

TypeWord = Annotated[EventType, Field(strict=False), WithJsonSchema({"enum": [*EventType], "type": "string"})]
"""A type as JSON writes it: strict reading would take the word for no member of the enum."""
StatusWord = Literal["pending", "delivered", "exhausted"]


def _types(words: list[EventType] | None) -> frozenset[EventType] | None:
    return None if words is None else frozenset(words)


def _statuses(words: list[StatusWord] | None) -> frozenset[DeliveryStatus] | None:
    return None if words is None else frozenset(map(DeliveryStatus, words))


class TaskHook(Words):
    """Who is told of one task."""

    url: str = Field(min_length=1, max_length=_LONGEST_URL, description="Where messages are posted.")
    event_types: list[TypeWord] | None = Field(None, min_length=1, max_length=100, description=_TYPES)

    def wanted(self) -> Wanted:
        """Say it as the house does."""
        return Wanted(url=self.url, event_types=_types(self.event_types) or DEFAULT_TYPES)


class NewHook(Words):
    """An endpoint of the workspace to make."""

    url: str | None = Field(
        None,
        min_length=1,
        max_length=_LONGEST_URL,
        description="Where messages are posted; left out, nothing is sent and the receiver pulls them.",
    )
    event_types: list[TypeWord] | None = Field(None, min_length=1, max_length=100, description=_TYPES)
    description: str | None = Field(None, max_length=500, description="What it is for; for people.")

    def wanted(self) -> Wanted:
        """Say it as the house does."""
        return Wanted(
            url=self.url,
            event_types=_types(self.event_types) or DEFAULT_TYPES,
            description=self.description or None,
        )


class HookChange(Words):
    """New values of an endpoint; what is left out stays."""

    url: str | None = Field(
        None, min_length=1, max_length=_LONGEST_URL, description="Where messages are posted."
    )
    event_types: list[TypeWord] | None = Field(
        None, min_length=1, max_length=100, description="What it is told from now on."
    )
    description: str | None = Field(None, max_length=500, description="What it is for; empty for nothing.")
    enabled: bool | None = Field(
        None, description="`false` stops sending; `true` begins again with what was missed, in order."
    )

    def command(self, workspace: str, endpoint_id: str, version: int | None, now: datetime) -> ChangeEndpoint:
        """Say it as the house does.

        Raises
        ------
        Invalid
            When a value is taken away that an endpoint cannot lack.
        """
        nulls = [name for name in sorted(self.model_fields_set) if getattr(self, name) is None]
        if nulls:
            raise Invalid([Complaint((name,), "Give a value, or leave it out.", "null") for name in nulls])
        return ChangeEndpoint(
            workspace=workspace,
            endpoint_id=endpoint_id,
            now=now,
            url=self.url,
            event_types=_types(self.event_types),
            description=self.description,
            is_enabled=self.enabled,
            if_version=version,
        )


class SecretRotation(Words):
    """How a secret makes room for the next one."""

    overlap_seconds: Whole = Field(
        24 * 3600,
        ge=0,
        le=int(LONGEST_OVERLAP.total_seconds()),
        description="For so long both secrets sign; 0 drops the old one at once, as a leak needs it.",
    )
    force: bool = Field(
        False,  # noqa: FBT003  pydantic takes the default by position
        description="Rotate although an earlier overlap has not passed; the oldest secret is dropped.",
    )


class Redelivery(Words):
    """Which deliveries are sent again: those that all the given filters name."""

    after: Whole = Field(0, ge=0, le=_CURSOR, description="Everything numbered above this.")
    status: list[StatusWord] | None = Field(
        None, min_length=1, max_length=10, description="Only those of these statuses."
    )
    event_type: list[TypeWord] | None = Field(
        None, min_length=1, max_length=100, description="Only those of these events."
    )
    ids: list[str] | None = Field(
        None, min_length=1, max_length=_MOST_IDS, description="Only the deliveries of these ids."
    )
    task_id: Id | None = Field(None, description="Only events of this task.")
    after_event: Whole = Field(
        0, ge=0, le=_CURSOR, description="With `task_id`: events of the task numbered above this."
    )
    created_after: Moment | None = None
    created_before: Moment | None = None

    def query(self, workspace: str, endpoint_id: str) -> DeliveryQuery:
        """Say it as the house does.

        Raises
        ------
        Invalid
            When a filter lacks the one that it needs.
        """
        if self.after_event and self.task_id is None:
            raise Invalid([Complaint(("after_event",), "Give 'task_id' with it.", "contradiction")])
        return DeliveryQuery(
            workspace=workspace,
            endpoint_id=endpoint_id,
            after=self.after,
            ids=None if self.ids is None else frozenset(self.ids),
            statuses=_statuses(self.status),
            event_types=_types(self.event_type),
            task_id=self.task_id,
            after_event=self.after_event,
            created_after=self.created_after,
            created_before=self.created_before,
        )


class HookPage(Words):
    """Which page of the endpoints."""

    limit: Whole = Field(50, ge=1, le=200, description="How many at most.")
    cursor: str | None = Field(None, pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")


class DeliveryFilters(Words):
    """Which deliveries to list."""

    after: Whole = Field(0, ge=0, le=_CURSOR, description="Only those numbered above this.")
    limit: Whole = Field(100, ge=1, le=1000, description="How many at most.")
    status: Annotated[list[StatusWord] | None, COMMAS] = Field(
        None, min_length=1, description="Only those of these statuses."
    )
    event_type: Annotated[list[TypeWord] | None, COMMAS] = Field(
        None, min_length=1, description="Only those of these events."
    )
    task_id: Id | None = Field(None, description="Only events of this task.")

    def query(self, workspace: str, endpoint_id: str) -> DeliveryQuery:
        """Say it as the house does."""
        return DeliveryQuery(
            workspace=workspace,
            endpoint_id=endpoint_id,
            after=self.after,
            limit=self.limit,
            statuses=_statuses(self.status),
            event_types=_types(self.event_type),
            task_id=self.task_id,
        )


class Pull(Words):
    """Which messages to read."""

    after: Whole = Field(0, ge=0, le=_CURSOR, description="Only those numbered above this: the cursor.")
    limit: Whole = Field(50, ge=1, le=200, description="How many at most.")
    wait: Whole = Field(0, ge=0, le=55, description="Seconds to wait for one when there is none.")

    def query(self, workspace: str, endpoint_id: str) -> DeliveryQuery:
        """Say it as the house does."""
        return DeliveryQuery(workspace=workspace, endpoint_id=endpoint_id, after=self.after, limit=self.limit)
