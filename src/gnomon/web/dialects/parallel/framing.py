"""The door's frames: the type, which the data repeats, and the data; nothing that the vendor's decoder stumbles over.

That decoder takes an `id`, once it has seen one, or a `retry` for an event without data when a blank line follows. So
the cursor stands in the data alone, as `event_id`.
"""

from collections.abc import Mapping

from gnomon.core.task import Json
from gnomon.web.sse import Manners, frame, one_line

MANNERS = Manners(is_drained_cleanly=False, ends_with_204=False, has_retry=False, is_timed=False)
"""A clean end says that there is no more: a stream that ends for any other reason is cut."""


def write(event: Mapping[str, Json]) -> bytes:
    """Write an event as one frame."""
    return frame(event["type"], one_line(event))
