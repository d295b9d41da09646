"""Waiting until a task stands as a test wants it."""

from server import Serving

from gnomon.core.task import Status, Task


async def until(served: Serving, task_id: str, *statuses: Status) -> Task:
    """Wait until a task has one of some statuses."""
    workspace = served.founded.workspace.id
    with served.house.hub.subscribe(task_id) as changes:
        task = await served.house.store.get_task(workspace, task_id)
        while task.status not in statuses:
            changed = await changes.next(20)
            assert changed is not None, f"still {task.status}"
            task = changed
    return task
