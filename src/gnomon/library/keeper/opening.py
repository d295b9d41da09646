"""How a process opens the library, or says why it cannot."""

import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gnomon.core.errors import GnomonError
from gnomon.library.fault import told
from gnomon.library.keeper.pipe import Pipe
from gnomon.library.meaning import Meaning
from gnomon.library.shelf import Shelf
from gnomon.reading.embedding import IDLE, NAME, find_embedder

FILE = "library.sqlite"
"""The library's file in the data folder."""


class SystemClock:
    """The real time and the operating system's chance."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        """Return that many unguessable random bits."""
        return secrets.randbits(bits)


def open_or_refuse(pipe: Pipe, order: Mapping[str, Any], *, idle: float = IDLE, **given: Any) -> Shelf:
    """Open the library of an order; where that is refused, say why and end the process.

    `idle` is after how many seconds without a text the process lets go of the model that embeds.
    """
    meaning = find_meaning(idle) if order["is_semantic"] else None
    try:
        return open_library(Path(order["data"]), base_url=order["public_url"], meaning=meaning, **given)
    except (GnomonError, OSError) as error:
        pipe.send({"op": "refused", "message": str(error)})
        os._exit(1)


def find_meaning(idle: float = IDLE) -> Meaning | None:
    """Return what makes vectors of texts, where gnomon[semantic] and its model are installed."""
    embedder = find_embedder(idle=idle)
    return Meaning(name=NAME, embed=embedder.embed) if embedder is not None else None


def open_library(data: Path, **given: Any) -> Shelf:
    """Open the library of a data folder; raises `Unavailable`."""
    with told(data / FILE):
        return Shelf.open(data / FILE, SystemClock(), **given)
