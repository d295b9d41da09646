"""The files in the store's staging folder that are an attempt's: how they are named, and that they go with it."""

from contextlib import suppress
from pathlib import Path

from gnomon.core.ports import Holding, StagingStore


def prefix(store: StagingStore, holding: Holding) -> str | None:
    """Return what the paths of the attempt's staged files begin with; None where the store has no files."""
    return None if store.staging is None else str(store.staging / _name(holding))


def clear(store: StagingStore, holding: Holding) -> None:
    """Remove what a child that was killed has left there."""
    if store.staging is None:
        return
    for file in _files(store.staging, _name(holding)):
        with suppress(OSError):  # what cannot be removed now is swept by the store
            file.unlink(missing_ok=True)


def _files(folder: Path, name: str) -> list[Path]:
    return [file for file in folder.iterdir() if file.name.startswith(name)]


def _name(holding: Holding) -> str:
    return f"{holding.task_id}.{holding.fence}."
