"""Sessions: which to list, which of a session's tasks, and how to change one."""

from typing import Annotated, Any

from pydantic import Field

from gnomon.core.errors import Complaint, Invalid
from gnomon.web.native.wire.reading import DIGITS, Natural, Words


class SessionPlace(Words):
    """Which sessions to list."""

    limit: Annotated[int, Field(ge=1, le=100), DIGITS] = Field(20, description="How many at most.")
    offset: Natural = Field(0, description="How many to leave out: the `next` of the page before.")


class TurnSpan(Words):
    """Which tasks of a session to list."""

    after: Natural = Field(0, description="Only tasks whose `session_turn` is above this.")
    limit: Annotated[int, Field(ge=1, le=200), DIGITS] = Field(100, description="How many at most.")


class SessionChange(Words):
    """New values of a session; what is left out stays."""

    title: str | None = Field(
        None,
        max_length=1000,
        description="1 to 60 characters, without blanks around it and control characters.",
    )
    context: dict[str, Any] | None = Field(
        None, description="What is kept for who reads the session, in place of what was."
    )

    def refuse_nulls(self) -> None:
        """Raise `Invalid` when a value shall be taken away."""
        nulls = [name for name in sorted(self.model_fields_set) if getattr(self, name) is None]
        if nulls:
            raise Invalid([Complaint((name,), "Give a value, or leave it out.", "null") for name in nulls])
