"""The hub: waiters get what was committed after they subscribed, and leave nothing behind."""

import asyncio
from dataclasses import replace

from gnomon.core.event import Event, EventType
from gnomon.core.hub import RING, Hub
from gnomon.core.task import Status, Task


def done(task: Task) -> Task:
    return replace(task, status=Status.COMPLETED, version=task.version + 1)


def event(task: Task, number: int) -> Event:
    return Event(task_id=task.id, number=number, at=task.updated_at, type=EventType.PROGRESS, body=number)


async def test_a_subscriber_gets_the_newest_record_once(task: Task) -> None:
    hub = Hub()
    with hub.subscribe(task.id) as subscription:
        hub.publish([task, done(task)])
        assert await subscription.next(1) == done(task)
        assert await subscription.next(0.01) is None
        hub.publish([task])
        assert await subscription.next(0.01) is None, "an older record is no news"
    assert hub.waiting == 0
    assert not hub.is_heard(task.id)


async def test_a_slow_listener_finds_what_is_remembered_and_is_told_of_what_is_not(task: Task) -> None:
    hub = Hub()
    with hub.subscribe(task.id) as slow:
        assert slow.since(0) is None, "nothing is known yet, so the log has to say"
        for number in range(1, RING + 2):
            hub.publish([replace(task, version=number)], events=[event(task, number)])
        assert slow.since(0) is None
        kept = slow.since(1)
        assert kept is not None
        assert [told.number for told in kept] == list(range(2, RING + 2))
        assert slow.since(RING + 1) == ()


async def test_a_record_that_was_read_may_be_ahead_of_the_events(task: Task) -> None:
    hub = Hub()
    with hub.subscribe(task.id) as subscription:
        subscription.know(task)
        assert subscription.since(task.version) == ()
        hub.publish([replace(task, version=2)], events=[event(task, 2)])
        assert subscription.task == task
        assert subscription.since(1) == [event(task, 2)]
        assert subscription.since(2) is None


async def test_what_nobody_hears_is_not_remembered(task: Task) -> None:
    hub = Hub()
    hub.publish([task], events=[event(task, task.version)])
    with hub.subscribe(task.id) as subscription:
        assert subscription.task is None
        assert subscription.since(0) is None


async def test_a_wait_is_woken_once_for_what_came_before_it(task: Task) -> None:
    hub = Hub()
    with hub.subscribe(task.id) as subscription:
        hub.publish([task])
        hub.publish([done(task)])
        assert await subscription.wait(1)
        assert not await subscription.wait(0.01)


async def test_who_listens_for_keys_that_end_is_called() -> None:
    hub, called = Hub(), []
    hub.on_access.append(lambda: called.append(True))
    hub.access_changed()
    assert called == [True]


async def test_another_tasks_record_is_not_heard(task: Task) -> None:
    hub = Hub()
    with hub.subscribe(task.id) as subscription:
        hub.publish([replace(task, id="tsk_other")])
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
        hub.publish([task])
        hub.close()
        assert await present.next(None) == task
        assert await present.next(None) is None
        assert await present.next(None) is None
    with hub.subscribe(task.id) as future:
        assert await future.next(None) is None


async def test_a_bell_is_heard_once() -> None:
    hub = Hub()
    hub.publish([], is_work_ready=True)
    hub.publish([], is_work_ready=True)
    assert await hub.work_bell.wait(1) is True
    assert await hub.work_bell.wait(0.01) is False
    assert await hub.post_bell.wait(0.01) is False
    hub.publish([], is_post_ready=True)
    assert await hub.post_bell.wait(1) is True
