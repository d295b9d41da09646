"""What can go wrong between a door and the house; no error knows HTTP.

GnomonError
 +-- NotFound            nothing of that name in this workspace
 +-- Conflict            the record's state does not allow it
 |    +-- TaskActive     a task that has not ended is in the way; names it
 +-- Invalid             the request is wrong; carries complaints
 +-- Unauthenticated     no key, or one that is not ours
 +-- Forbidden           a good key that may not do this
 +-- ReservationReused   an idempotency key came back with another body
 +-- ReservationBusy     the first request with that key is still at work
 +-- PreconditionFailed  the record has changed since the caller read it
 +-- Gone                it was there, and has been removed
 +-- QuotaExceeded       the workspace or the key has used up what it may have
 +-- Unavailable         the surroundings failed; nothing was recorded
 +-- FenceLost           an attempt no longer owns its task
 +-- SchemaTooNew        the database was written by a newer Gnomon
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with a request: where it is, what to do about it, and a stable word for the kind."""

    loc: tuple[str | int, ...]
    message: str
    type: str = "value_error"


class GnomonError(Exception):
    """The house refused."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__ or "")

    @property
    def message(self) -> str:
        """Return the text for the client."""
        return str(self.args[0])


class NotFound(GnomonError):
    """Nothing of that name exists in this workspace."""


class Conflict(GnomonError):
    """The record's present state does not allow this."""


class TaskActive(Conflict):
    """A task that has not ended is in the way."""

    def __init__(self, task_id: str, message: str) -> None:
        super().__init__(message)
        self.task_id = task_id


class Invalid(GnomonError):
    """The request is not valid."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__("; ".join(c.message for c in complaints))
        self.complaints = tuple(complaints)

    def under(self, *place: str | int) -> "Invalid":
        """Return the same of a document in which this one stands at a place."""
        return Invalid([replace(c, loc=(*place, *c.loc)) for c in self.complaints])


class Unauthenticated(GnomonError):
    """A valid key is needed."""


class Forbidden(GnomonError):
    """This key may not do that."""


class ReservationReused(GnomonError):
    """This idempotency key was used before with another request; send a new key or the same request."""


class ReservationBusy(GnomonError):
    """The first request with this idempotency key is still being worked on; ask again in a moment."""


class PreconditionFailed(GnomonError):
    """The record has changed since you read it; read it again and decide anew."""


class Gone(GnomonError):
    """This was there, and has been removed."""


class QuotaExceeded(GnomonError):
    """A limit was reached; `retry_after` seconds from now it may be otherwise."""

    def __init__(self, message: str | None = None, *, quota: str = "", retry_after: float = 60) -> None:
        super().__init__(message)
        self.quota = quota
        self.retry_after = retry_after


class Unavailable(GnomonError):
    """The server cannot store anything right now; nothing was recorded, so try again."""


class FenceLost(GnomonError):
    """This attempt no longer owns its task."""


class SchemaTooNew(GnomonError):
    """The database was written by a newer version of Gnomon."""
