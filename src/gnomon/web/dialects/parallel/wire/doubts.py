"""What a body may be blamed for: complaints that refuse it, warnings that go with the run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.task import Json
from gnomon.web.dialects.parallel.origin import RunWarning, WarningType
from gnomon.web.dialects.parallel.telling import placed

Place = tuple[str | int, ...]
MOST_COMPLAINTS: Final = 20
MOST_WARNINGS: Final = 20
_MOST_NAMED: Final = 20
_LONGEST_NAME: Final = 100


def shortened(place: Place) -> Place:
    """Write a place without repeating what nobody would read of a long name."""
    return tuple(part[:_LONGEST_NAME] if isinstance(part, str) else part for part in place)


@dataclass(slots=True, kw_only=True)
class Doubts:
    """Gathers what is wrong with one body.

    `is_lenient` turns what can be left out of a run from a complaint into a warning.
    """

    is_lenient: bool
    complaints: list[Complaint] = field(default_factory=list)
    warnings: list[RunWarning] = field(default_factory=list)
    left_out: list[Place] = field(default_factory=list)
    """Members that a run goes without."""

    def refuse(self, place: Place, message: str, kind: str = "value_error") -> None:
        """Complain, whatever the mode."""
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(Complaint(shortened(place), message, kind))

    def drop(
        self,
        found: Iterable[Complaint],
        told: str,
        kind: WarningType = "warning",
        *,
        part: Place | None = None,
    ) -> bool:
        """Complain of a part that a run can do without, or tell in a warning that it was left out.

        Say whether it is gone.
        """
        complaints = list(islice(found, MOST_COMPLAINTS))
        if complaints and part is not None:
            self.left_out.append(part)
        for complaint in complaints:
            if self.is_lenient:
                place = shortened(complaint.loc)
                self.warn(kind, f"{placed(place, complaint.message)} {told}", {"loc": list(place)})
            else:
                self.refuse(complaint.loc, complaint.message, complaint.type)
        return bool(complaints)

    def warn(self, kind: WarningType, message: str, detail: Mapping[str, Json] | None = None) -> None:
        """Warn of what does not refuse the run."""
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(RunWarning(type=kind, message=message, detail=detail))

    def warn_of(self, kind: WarningType, message: str, fields: Iterable[str]) -> None:
        """Warn once of the same thing in several fields, if there are any."""
        named = list(fields)
        if named:
            more = ", ..." if len(named) > _MOST_NAMED else ""
            told = f"{message} {', '.join(named[:_MOST_NAMED])}{more}."
            self.warn(kind, told, {"fields": named[:_MOST_NAMED]})

    def settle(self) -> None:
        """Raise `Invalid` if there is a complaint."""
        if self.complaints:
            raise Invalid(self.complaints)
