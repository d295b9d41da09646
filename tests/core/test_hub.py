"""The hub: waiters get what was committed after they subscribed, and leave nothing behind."""

import asyncio
from dataclasses import replace

from gnomon.core.hub import Hub
from gnomon.core.task import Status, Task


def done(task: Task) -> Task:
    return replace(task, status=Status.COMPLETED, version=task.version + 1)


async def test_a_subscriber_gets_every_record_in_order(task: Task) -> None:
    hub = Hub()
    with hub.subscribe(task.id) as subscription:
        hub.publish([task, done(task)], is_work_ready=False)
        assert await subscription.next(1) == task
        assert await subscription.next(1) == done(task)
    assert hub.waiting == 0


async def test_another_tasks_record_is_not_heard(task: Task) -> None:
    hub = Hub()
    with hub.subscribe(task.id) as subscription:
        hub.publish([replace(task, id="tsk_other")], is_work_ready=False)
        assert await subscription.next(0.01) is None


async def test_a_cancelled_wait_leaves_no_waiter(task: Task) -> None:
    hub = Hub()

    async def wait() -> None:
        with hub.subscribe(task.id) as subscription:
            await subscription.next(None)

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    assert hub.waiting == 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert hub.waiting == 0


async def test_closing_ends_present_and_future_waits(task: Task) -> None:
    hub = Hub()
    with hub.subscribe(task.id) as present:
        hub.publish([task], is_work_ready=False)
        hub.close()
        assert await present.next(None) == task
        assert await present.next(None) is None
        assert await present.next(None) is None
    with hub.subscribe(task.id) as future:
        assert await future.next(None) is None


async def test_work_is_told_once() -> None:
    hub = Hub()
    hub.publish([], is_work_ready=True)
    assert await hub.work(1) is True
    assert await hub.work(0.01) is False
