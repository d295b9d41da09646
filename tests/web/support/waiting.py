"""Waiting until a task stands as a test wants it, and letting go of one that waits for the test."""

import asyncio
import errno
import os
from pathlib import Path

from bounds import LONGEST, bounded
from server import Serving

from gnomon.core.task import Status, Task


async def until(served: Serving, task_id: str, *statuses: Status) -> Task:
    """Wait until a task has one of some statuses."""
    workspace = served.founded.workspace.id
    with served.house.hub.subscribe(task_id) as changes:
        task = await served.house.store.get_task(workspace, task_id)
        while task.status not in statuses:
            changed = await changes.next(LONGEST)
            assert changed is not None, f"After {LONGEST:g} s still {task.status}, not {statuses}."
            task = changed
    return task


async def let_go(pipe: Path, words: str) -> None:
    """Write to a pipe as soon as a run reads from it; a thread that waited for that could not be ended."""
    async with bounded("a run that reads from the pipe"):
        while (end := _open_end(pipe)) is None:  # noqa: ASYNC110  the reader tells nobody
            await asyncio.sleep(0.01)
    with os.fdopen(end, "w") as writing:
        writing.write(words)


def _open_end(pipe: Path) -> int | None:
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None
