"""Old logs: the last event stays, what is not yet delivered stays, and a gap is announced."""

from typing import Any

import pytest

from gnomon.core.delivery import NewEndpoint
from gnomon.core.errors import Gone
from gnomon.core.event import EventType, as_of
from gnomon.store.task import trim

WORKSPACE = "wsp_1"


async def numbers(shop: Any, task: Any, after: int) -> list[int]:
    return [event.number for event in await shop.store.list_events(WORKSPACE, task.id, after, 100)]


async def test_the_last_event_of_old_tasks_stays(shop: Any) -> None:
    old = await shop.done(await shop.start())
    active = await shop.start()
    young_from = shop.later(days=1)
    young = await shop.done(await shop.start())
    assert await shop.store.trim_events(young_from, 100) == 1
    assert await shop.store.trim_events(young_from, 100) == 0
    seen = await shop.get(old)
    assert (seen.events_from, seen.version) == (3, 3)
    for after in (0, 1):
        with pytest.raises(Gone, match="1 to 2"):
            await shop.store.list_events(WORKSPACE, old.id, after, 100)
    assert await numbers(shop, old, 2) == [3]
    assert await numbers(shop, old, 3) == []
    assert [await numbers(shop, task, 0) for task in (active, young)] == [[1, 2], [1, 2, 3]]
    kept = await shop.store.list_events(WORKSPACE, old.id, 2, 100)
    with pytest.raises(Gone):
        as_of(seen, kept)


async def test_a_bounded_number_of_tasks_is_trimmed_at_once(shop: Any) -> None:
    for _ in range(5):
        await shop.done(await shop.start())
    counts = [await shop.store.trim_events(shop.later(days=1), 2) for _ in range(4)]
    assert counts == [2, 2, 1, 0]


async def test_a_very_long_log_is_trimmed_piece_by_piece(shop: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(trim, "MOST_EVENTS", 4)
    task = await shop.start()
    await shop.report(task, None, *range(8))
    await shop.done(task)
    before, kept = shop.later(days=1), []
    while await shop.store.trim_events(before, 10):
        kept.append((await shop.get(task)).events_from)
        with pytest.raises(Gone):
            await shop.store.list_events(WORKSPACE, task.id, kept[-1] - 2, 1)
        assert (await numbers(shop, task, kept[-1] - 1))[0] == kept[-1]
    assert kept == [5, 9, 11]


@pytest.mark.parametrize("change", ["status = 'delivered'", "body = x'7b7d'"])
async def test_what_a_delivery_still_needs_stays(shop: Any, change: str) -> None:
    told = frozenset({EventType.COMPLETED})
    new = NewEndpoint(id="whe_1", workspace=WORKSPACE, url="https://a.test/", sealed="x", event_types=told)
    await shop.store.create_endpoint(new, shop.now)
    await shop.done(await shop.start())
    before = shop.later(days=1)
    assert await shop.store.trim_events(before, 10) == 0
    await shop.store.writer.run(lambda ledger: ledger.execute(f"UPDATE delivery SET {change}") and None)
    assert await shop.store.trim_events(before, 10) == 1
