"""Idempotency keys: guessed ones, asking what one has made, and forgetting old ones."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.core.ports import GUESS_HOLDS, Reservation, Reserved
from gnomon.store.ledger import Ledger
from gnomon.store.reservation import claim_made

WORKSPACE = "wsp_1"
FIRST, SECOND, THIRD = [Reservation(key="guess:1", fingerprint="f", tries=n) for n in range(3)]


async def test_a_later_try_finds_what_the_first_one_made(shop: Any) -> None:
    made = await shop.offer(reservation=FIRST)
    shop.now += GUESS_HOLDS
    for later in (SECOND, THIRD):
        again = await shop.offer(reservation=later)
        assert (again.task.id, again.is_replay) == (made.task.id, True)


@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_equal_first_tries_are_all_meant(shop: Any, lost: int) -> None:
    """Each of five equal requests has its own task, whether no answer, the first or the first two were lost."""
    for kept in (FIRST, SECOND, THIRD)[: lost + 1]:
        answers = await asyncio.gather(*(shop.offer(reservation=kept) for _ in range(5)))
        assert len({answer.task.id for answer in answers}) == 5
        assert {answer.is_replay for answer in answers} == {kept is not FIRST}


@pytest.mark.parametrize("kept", [SECOND, THIRD])
async def test_equal_later_tries_whose_first_ones_never_came_are_all_meant(
    shop: Any, kept: Reservation
) -> None:
    answers = await asyncio.gather(*(shop.offer(reservation=kept) for _ in range(5)))
    assert len({answer.task.id for answer in answers}) == 5
    assert not any(answer.is_replay for answer in answers)


async def test_a_try_takes_what_was_answered_last_below_its_number(shop: Any) -> None:
    one = await shop.submit(reservation=FIRST)
    await shop.submit(reservation=SECOND)  # one again
    shop.later(seconds=1)
    two, three = [await shop.submit(reservation=FIRST) for _ in range(2)]
    found = [await shop.submit(reservation=kept) for kept in (THIRD, THIRD, SECOND)]
    assert [task.id for task in found[:2]] == [one.id, three.id]
    assert found[2].id == two.id


async def test_a_retry_of_long_ago_makes_anew_and_is_found_by_the_next(shop: Any) -> None:
    one = await shop.offer(reservation=FIRST)
    shop.now += GUESS_HOLDS + timedelta(microseconds=1)
    two = await shop.offer(reservation=SECOND)
    assert (two.is_replay, two.task.id == one.task.id) == (False, False)
    assert (await shop.offer(reservation=THIRD)).task.id == two.task.id


async def test_what_is_too_old_does_not_hide_what_is_not(shop: Any) -> None:
    await shop.submit(reservation=SECOND)
    shop.now += GUESS_HOLDS
    young = await shop.submit(reservation=FIRST)
    shop.later(seconds=1)
    assert (await shop.submit(reservation=THIRD)).id == young.id


async def test_other_keys_and_workspaces_are_not_looked_at(shop: Any) -> None:
    one = await shop.submit(reservation=FIRST)
    assert not (await shop.offer(reservation=replace(SECOND, key="guess:2"))).is_replay
    assert not (await shop.offer(reservation=SECOND, workspace="wsp_2")).is_replay
    assert await shop.store.find_reserved(WORKSPACE, FIRST.key) is None
    assert (await shop.submit(reservation=SECOND)).id == one.id


async def test_what_is_found_ahead_of_a_submission_is_taken_too(shop: Any) -> None:
    made = {(await shop.submit(reservation=FIRST)).id for _ in range(2)}
    assert await shop.store.find_submitted(WORKSPACE, FIRST, shop.now) is None
    found = [await shop.store.find_submitted(WORKSPACE, SECOND, shop.now) for _ in range(3)]
    assert {one.task.id for one in found[:2]} == made
    assert found[2] is None


async def test_guessed_keys_work_for_resources_too(shop: Any) -> None:
    one, two = [await shop.store.resources.create(shop.document({"a": 1}), shop.now, FIRST) for _ in range(2)]
    found = [await shop.store.resources.create(shop.document({"a": 1}), shop.now, SECOND) for _ in range(3)]
    assert [resource.number for resource in (one, two)] == [1, 2]
    assert sorted(resource.number for resource in found) == [1, 2, 3]
    assert await shop.store.resources.find_created(WORKSPACE, SECOND, shop.now) is None
    assert await shop.store.resources.find_created(WORKSPACE, THIRD, shop.now) in found


class Fate(Enum):
    UNSENT = "never arrives"
    LOST = "is answered, and the answer is lost"
    ANSWERED = "is answered"


stories = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(Fate)), max_size=25)


@pytest.mark.parametrize("crowd", [1, 2, 5])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(story=stories)
async def test_equal_clients_side_by_side(shop: Any, crowd: int, story: list[tuple[int, Fate]]) -> None:
    """Whatever is lost, there is never more than a task for each client, and who is answered alike never shares.

    Two share in one case alone: to one of them a task was answered, and the answer arrived; the other one's later
    try, of a higher number, is given it as well. Nobody can know that its own task is another one, or is none.
    """
    shop.made += 1
    key = f"guess:{shop.made}"
    tries, answered, tasks = Counter[int](), dict[int, tuple[int, str]](), set[str]()
    for client, fate in story:
        if client >= crowd or client in answered:
            continue
        kept = Reservation(key=key, fingerprint="f", tries=tries[client])
        tries[client] += 1
        if fate is Fate.UNSENT:
            continue
        shop.later(microseconds=1)
        task = await shop.submit(reservation=kept)
        tasks.add(task.id)
        if fate is Fate.ANSWERED:
            answered[client] = (tries[client], task.id)
    assert len(tasks) <= crowd
    assert len(set(answered.values())) == len(answered)


async def test_a_try_reads_no_more_of_many_equal_ones(shop: Any) -> None:
    """Counted in instructions of SQLite's machine, which no other work on the computer changes."""
    costs: list[int] = []

    def ask(ledger: Ledger) -> None:
        ledger.connection.set_progress_handler(lambda: costs.append(costs.pop() + 1), 1)
        claim_made(ledger, WORKSPACE, THIRD, shop.now)
        ledger.connection.set_progress_handler(None, 0)

    for age in (GUESS_HOLDS, timedelta(0)):
        for crowd in (10, 300):
            for _ in range(crowd):
                await shop.submit(reservation=FIRST)
            shop.now += age + timedelta(microseconds=1)
            costs.append(0)
            await shop.store.writer.run(ask)
        few, many = costs[-2:]
        assert 0 < many < few * 1.2 + 20


async def test_what_a_key_has_made_can_be_asked(shop: Any) -> None:
    key = Reservation(key="k", fingerprint="f")
    assert await shop.store.find_reserved(WORKSPACE, "k") is None
    task = await shop.submit(reservation=key)
    found = await shop.store.find_reserved(WORKSPACE, "k")
    assert found == Reserved(key="k", made_id=task.id, created_at=shop.now)
    assert await shop.store.find_reserved("wsp_2", "k") is None


async def test_old_keys_are_forgotten_piece_by_piece(shop: Any) -> None:
    old = [await shop.submit(reservation=Reservation(key=str(n), fingerprint="f")) for n in range(2)]
    for _ in range(3):
        await shop.submit(reservation=FIRST)
    kept_from = shop.later(days=1)
    await shop.submit(reservation=Reservation(key="new", fingerprint="f"))
    young = await shop.submit(reservation=FIRST)
    counts = [await shop.store.sweep_reservations(kept_from, 3) for _ in range(3)]
    assert counts == [3, 2, 0]
    assert await shop.store.find_reserved(WORKSPACE, "new") is not None
    again = await shop.submit(reservation=Reservation(key="0", fingerprint="other"))
    assert again.id != old[0].id
    assert (await shop.submit(reservation=SECOND)).id == young.id
