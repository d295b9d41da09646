"""What is refused at the start: settings that name what is not on this machine, so that every task would fail."""

import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from gnomon.settings import Settings
from gnomon.wiring.research import research_settings
from gnomon.workloads.research.models.client import require_usable
from gnomon.workloads.research.models.model import ModelFailure


def require_model(settings: Settings) -> None:
    """Refuse a model that cannot be asked, as far as that is known without a network.

    Raises
    ------
    ValueError
        When an extra, a file or a key is missing.
    """
    try:
        require_usable(research_settings(settings), os.environ)
    except ModelFailure as failure:
        raise ValueError(f"--model: {failure.message}") from failure


def require_folders(settings: Settings) -> None:
    """Refuse folders of skills or documents that are not there.

    One of documents that the library knows already may be away, on a disk that is not mounted for now: what is known
    of it is kept, and it is followed again when it is back.

    Raises
    ------
    ValueError
        When there is no such folder.
    """
    for folder in _absent(settings.skills):
        raise ValueError(f"--skills: There is no folder {folder}. Make it, or leave the option out.")
    absent = _absent(settings.documents)
    for folder in sorted(set(absent) - _known(settings.data) if absent else ()):
        raise ValueError(f"--documents: There is no folder {folder}. Make it, or name one that is there.")


def _absent(folders: Iterable[Path]) -> list[Path]:
    return [folder.resolve() for folder in folders if not folder.is_dir()]


def _known(data: Path) -> set[Path]:
    """List the folders that the library of a data folder draws on for everybody."""
    # Imported late: hardly any start needs to look.
    from gnomon.library.keeper.opening import FILE, open_library
    from gnomon.library.keeper.parsing import Parser

    if not (data / FILE).exists():
        return set()
    with closing(Parser()) as parser, closing(open_library(data, parse=parser.read, base_url="")) as shelf:
        return {folder.path for folder in shelf.folders() if folder.workspace is None}
