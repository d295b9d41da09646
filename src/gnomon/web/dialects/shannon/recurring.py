"""What a schedule of this door keeps of the request for it, beside the task that is submitted each time."""

from collections.abc import Mapping
from typing import Final

from gnomon.core.schedule import Template
from gnomon.core.task import Json

KEPT: Final = "schedule"
"""The member of a template's wording under which it stands."""


def find_wish(template: Template) -> Mapping[str, Json] | None:
    """Return what a client of this door has asked of each run; None when another door's has."""
    wish = template.wording.get(KEPT) if isinstance(template.wording, Mapping) else None
    return wish if isinstance(wish, Mapping) else None
