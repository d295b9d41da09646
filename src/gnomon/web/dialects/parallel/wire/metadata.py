"""What a client attaches to a run or a group, to know it by."""

from collections.abc import Mapping

from gnomon.core.task import Json
from gnomon.web.dialects.parallel.wire.doubts import Doubts
from gnomon.web.dialects.parallel.wire.words import LONGEST_KEY, LONGEST_VALUE, MOST_PAIRS


def read_metadata(given: Mapping[str, str | bool | int | float] | None, doubts: Doubts) -> Json:
    """Return the pairs as they were given."""
    if given is not None and len(given) > MOST_PAIRS:
        doubts.refuse(("metadata",), f"Metadata may have {MOST_PAIRS} pairs.", "too_long")
        return None
    for name, value in (given or {}).items():
        if len(name) > LONGEST_KEY:
            text = f"Metadata key '{name[:40]}' has {len(name)} characters; use {LONGEST_KEY} at most."
            doubts.refuse(("metadata", name), text, "too_long")
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            text = f"The value of '{name[:40]}' has {len(value)} characters; use {LONGEST_VALUE} at most."
            doubts.refuse(("metadata", name), text, "too_long")
    return None if given is None else dict(given)
