"""The library of a data folder: what the server keeps of it, and what the command line does with it."""

import logging
from pathlib import Path

from gnomon.library.client import KeptLibrary, Order
from gnomon.library.keeper.wire import Provided
from gnomon.settings import Settings
from gnomon.wiring.research import public_url

OWN_LABEL = "Gnomon's documentation"


def build_library(settings: Settings, address: str | None = None) -> KeptLibrary:
    """Build the library of the server's data folder; it is not started yet."""
    given = [
        Provided(path=str(folder.absolute()), label=folder.absolute().name) for folder in settings.documents
    ]
    own = [] if settings.no_own_documents else own_documents()
    return KeptLibrary(
        Order(
            data=str(settings.data.absolute()),
            public_url=public_url(settings, address),
            folders=(*given, *(Provided(path=str(path), label=OWN_LABEL, is_own=True) for path in own)),
            keep_gone=settings.keep_gone_documents,
            watching=settings.document_watch,
            is_semantic=settings.semantic == "auto",
            log_level=logging.getLogger("gnomon").getEffectiveLevel(),
        )
    )


def own_documents() -> list[Path]:
    """Find Gnomon's own documentation: in the installed package, or in the source tree."""
    package = Path(__file__).parents[1]
    installed = package / "documentation"
    if installed.is_dir():
        return [installed]
    root = package.parents[1]
    return [path for path in (root / "docs", root / "README.md") if path.exists()]
