"""Idempotency keys: guessed ones, asking what one has made, and forgetting old ones."""

from datetime import timedelta
from typing import Any

import pytest

from gnomon.core.errors import ReservationReused
from gnomon.core.ports import GUESS_HOLDS, Reservation, Reserved

WORKSPACE = "wsp_1"
FIRST = Reservation(key="guess:1", fingerprint="f", is_guess=True)
RETRY = Reservation(key="guess:1", fingerprint="f", is_guess=True, is_retry=True)


async def test_a_retry_of_a_guessed_key_finds_what_was_made(shop: Any) -> None:
    made = await shop.offer(reservation=FIRST)
    shop.now += GUESS_HOLDS
    again = await shop.offer(reservation=RETRY)
    assert (again.task.id, again.is_replay) == (made.task.id, True)


async def test_a_first_try_makes_anew_and_retries_find_the_newest(shop: Any) -> None:
    one, two = [await shop.offer(reservation=FIRST) for _ in range(2)]
    assert one.task.id != two.task.id
    assert not two.is_replay
    assert (await shop.offer(reservation=RETRY)).task.id == two.task.id


async def test_a_retry_of_long_ago_makes_anew_and_is_found_by_the_next(shop: Any) -> None:
    one = await shop.offer(reservation=FIRST)
    shop.now += GUESS_HOLDS + timedelta(microseconds=1)
    two = await shop.offer(reservation=RETRY)
    assert (two.is_replay, two.task.id == one.task.id) == (False, False)
    assert (await shop.offer(reservation=RETRY)).task.id == two.task.id


async def test_a_retry_whose_first_try_never_came_makes_anew(shop: Any) -> None:
    one = await shop.offer(reservation=RETRY)
    assert not one.is_replay
    assert (await shop.offer(reservation=RETRY)).task.id == one.task.id
    with pytest.raises(ReservationReused):
        await shop.offer(reservation=Reservation(key="guess:1", fingerprint="other"))


async def test_guessed_keys_work_for_resources_too(shop: Any) -> None:
    one, two = [await shop.store.resources.create(shop.document({"a": 1}), shop.now, FIRST) for _ in range(2)]
    again = await shop.store.resources.create(shop.document({"a": 1}), shop.now, RETRY)
    assert (one.number, two.number, again.number) == (1, 2, 2)


async def test_what_a_key_has_made_can_be_asked(shop: Any) -> None:
    key = Reservation(key="k", fingerprint="f")
    assert await shop.store.find_reserved(WORKSPACE, "k") is None
    task = await shop.submit(reservation=key)
    found = await shop.store.find_reserved(WORKSPACE, "k")
    assert found == Reserved(key="k", made_id=task.id, created_at=shop.now)
    assert await shop.store.find_reserved("wsp_2", "k") is None


async def test_old_keys_are_forgotten_piece_by_piece(shop: Any) -> None:
    old = [await shop.submit(reservation=Reservation(key=str(n), fingerprint="f")) for n in range(5)]
    kept_from = shop.later(days=1)
    await shop.submit(reservation=Reservation(key="new", fingerprint="f"))
    counts = [await shop.store.sweep_reservations(kept_from, 3) for _ in range(3)]
    assert counts == [3, 2, 0]
    assert await shop.store.find_reserved(WORKSPACE, "new") is not None
    again = await shop.submit(reservation=Reservation(key="0", fingerprint="other"))
    assert again.id != old[0].id
