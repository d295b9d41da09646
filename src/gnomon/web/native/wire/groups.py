"""Groups: to make one, tasks to add, which members to list."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from gnomon.core.ports import MemberQuery
from gnomon.core.service.group import MOST_AT_ONCE, Order
from gnomon.core.task import Status
from gnomon.web.native.wire.attached import Metadata
from gnomon.web.native.wire.reading import COMMAS, DIGITS, Natural, Words
from gnomon.web.native.wire.tasks import MemberOrder


class NewGroup(Words):
    """A group to make."""

    metadata: Metadata | None = Field(
        None, description="What you attach to know it by; it is shown as it is."
    )


class Batch(Words):
    """Tasks to add to a group."""

    tasks: list[MemberOrder] = Field(
        min_length=1,
        max_length=MOST_AT_ONCE,
        description="What would be submitted, without webhooks: all of them or none are stored, in this order.",
    )

    def orders(self) -> Sequence[Order]:
        """Say it as the house does."""
        return [Order(kind=one.kind, input=one.input, terms=one.own_terms()) for one in self.tasks]


class MemberSpan(Words):
    """Which members to list."""

    after: Natural = Field(0, description="Only members whose `group_number` is above this.")
    limit: Annotated[int, Field(ge=1, le=200), DIGITS] = Field(100, description="How many at most.")
    status: Annotated[frozenset[Status] | None, COMMAS] = Field(
        None, min_length=1, description="Only members of these statuses."
    )

    def query(self, workspace: str, group_id: str) -> MemberQuery:
        """Say it as the house does, and ask for one more, which tells whether there are more."""
        return MemberQuery(
            workspace=workspace,
            group_id=group_id,
            after=self.after,
            limit=self.limit + 1,
            statuses=self.status,
            with_result=True,
        )
