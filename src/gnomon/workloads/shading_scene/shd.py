"""PVsyst's own shading scenes (.SHD): which keys can be read, and what to send instead.

No description and no sample of the format's geometry is public, so none of it is guessed.
"""

from collections.abc import Iterator

from gnomon.pvsyst import PvsystError, PvsystObject
from gnomon.pvsyst.text import parse

_MOST_KEYS = 12
REMEDY = (
    "export the scene from the layout tool as PV Collada (.dae or .pvc), or send it as canonical sceneJson, or send "
    "its table of shading factors as shadingTable"
)


def refusal(content: bytes) -> str:
    """Say why a .SHD file gives no geometry, which of its keys were read and stay unmapped, and what to send."""
    keys = list(dict.fromkeys(_keys(content)))
    if not keys:
        return f"The .SHD file is kept, but none of it can be read as PVsyst text; {REMEDY}."
    told = ", ".join(keys[:_MOST_KEYS]) + (
        f" and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
    )
    words = f"its geometry is not described publicly: its keys ({told}) are unmapped"
    return f"The .SHD file is kept, but {words}; {REMEDY}."


def _keys(content: bytes) -> Iterator[str]:
    try:
        yield from _within(parse(content))
    except (PvsystError, RecursionError):
        return


def _within(read: PvsystObject) -> Iterator[str]:
    yield from (key for key, _ in read.pairs)
    for child in read.children:
        yield from _within(child)
