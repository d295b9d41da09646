"""One request of a key works at a time; those that come after it wait, and not for ever."""

import asyncio

import pytest

from gnomon.core.errors import ReservationBusy
from gnomon.core.ports import Reservation
from gnomon.core.service.in_flight import InFlight

KEY = Reservation(key="k", fingerprint="f")
GUESS, RETRY, THIRD = [Reservation(key="guess f", fingerprint="f", tries=n) for n in range(3)]


class Bench:
    """Requests that work until they are let go, and what they note."""

    def __init__(self, patience: float = 5.0) -> None:
        self.in_flight = InFlight(patience)
        self.most = self.present = 0
        self.gate = asyncio.Event()

    async def request(self, workspace: str, reservation: Reservation | None) -> None:
        async with self.in_flight.hold(workspace, reservation):
            self.present += 1
            self.most = max(self.most, self.present)
            await self.gate.wait()
            self.present -= 1

    async def run(self, *requests: tuple[str, Reservation | None]) -> int:
        """Run requests together and return how many were at work at the same time."""
        works = [asyncio.create_task(self.request(*request)) for request in requests]
        for _ in range(10):
            await asyncio.sleep(0)
        self.gate.set()
        await asyncio.gather(*works)
        assert len(self.in_flight) == 0
        return self.most


@pytest.mark.parametrize(
    ("requests", "most"),
    [
        ([("w", KEY)] * 64, 1),
        ([("w", KEY), ("v", KEY)], 2),
        ([("w", None)] * 3, 3),
        ([("w", GUESS)] * 3, 3),
        ([("w", GUESS), ("w", RETRY), ("w", THIRD)], 1),
        ([("w", THIRD), ("w", RETRY), ("w", GUESS)], 3),
        ([("w", RETRY)] * 64, 64),
    ],
)
async def test_who_waits_for_whom(requests: list[tuple[str, Reservation | None]], most: int) -> None:
    assert await Bench().run(*requests) == most


async def test_a_wait_has_an_end() -> None:
    bench = Bench(patience=0.01)
    first = asyncio.create_task(bench.request("w", KEY))
    await asyncio.sleep(0)
    with pytest.raises(ReservationBusy):
        await bench.request("w", KEY)
    with pytest.raises(ReservationBusy):
        await bench.in_flight.clear("w", "k")
    bench.gate.set()
    await first
    await bench.in_flight.clear("w", "k")


async def test_equal_retries_go_on_together_when_those_before_them_are_over() -> None:
    bench = Bench()
    firsts = [asyncio.create_task(bench.request("w", GUESS)) for _ in range(3)]
    await asyncio.sleep(0)
    gate, bench.gate = bench.gate, asyncio.Event()
    retries = [asyncio.create_task(bench.request("w", RETRY)) for _ in range(3)]
    await asyncio.sleep(0)
    late = asyncio.create_task(bench.request("w", GUESS))  # comes after them, and is not waited for
    await asyncio.sleep(0)
    assert bench.present == len([*firsts, late])
    gate.set()
    await asyncio.gather(*firsts)
    for _ in range(10):
        await asyncio.sleep(0)
    assert bench.present == len([*retries, late])
    bench.gate.set()
    await asyncio.gather(late, *retries)
    assert len(bench.in_flight) == 0


async def test_a_request_that_fails_or_is_given_up_lets_the_next_one_in() -> None:
    bench = Bench()
    given_up = asyncio.create_task(bench.request("w", KEY))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    with pytest.raises(ValueError, match="broken"):
        async with bench.in_flight.hold("w", KEY):
            raise ValueError("broken")
    bench.gate.set()
    await bench.request("w", KEY)
    assert len(bench.in_flight) == 0
