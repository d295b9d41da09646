"""How much a piece of research may cost, and what it has really cost; looked at before each call."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Final

from gnomon.core.brief import Brief
from gnomon.core.task import Json
from gnomon.workloads.research.record import Usage

LETTERS_PER_TOKEN: Final = 4
"""To guess what a prompt will take of what is left, before the provider has counted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The limits of one task."""

    rounds: int
    """How often it is looked again for what is missing."""
    queries: int
    """Queries that are put for one question in one round."""
    searches: int
    """Searches of the web."""
    sources: int
    """Documents and pages that are read."""
    tokens: int
    """Of models, in and out."""
    cost_usd: float
    seconds: float
    """Of work: what a task waits for a slot or for an answer does not count."""
    fields_per_call: int
    """Fields that a model is asked for at once."""
    is_cost_limited: bool = False
    """Somebody has set a limit of money, not the effort alone."""


_EFFORTS: Final[Mapping[int, Budget]] = {
    effort: Budget(
        rounds=rounds,
        queries=queries,
        searches=searches,
        sources=sources,
        tokens=tokens,
        cost_usd=cost,
        seconds=seconds,
        fields_per_call=fields,
    )
    for effort, rounds, queries, searches, sources, tokens, cost, seconds, fields in (
        (1, 1, 1, 5, 25, 20_000, 0.02, 60.0, 8),
        (2, 1, 2, 10, 40, 50_000, 0.05, 120.0, 6),
        (3, 2, 2, 20, 60, 150_000, 0.15, 300.0, 4),
        (4, 2, 3, 40, 100, 300_000, 0.30, 600.0, 3),
        (5, 3, 3, 60, 150, 600_000, 0.75, 1200.0, 2),
        (6, 4, 4, 100, 250, 1_200_000, 1.50, 1800.0, 1),
        (7, 5, 4, 160, 400, 2_400_000, 3.00, 3600.0, 1),
        (8, 6, 5, 250, 600, 4_800_000, 6.00, 5400.0, 1),
        (9, 8, 6, 400, 1000, 9_600_000, 12.00, 7200.0, 1),
    )
}


LOCAL_PATIENCE: Final = 5
"""By how much a task may take longer when this machine's own processor is the model's: it reads some 80 tokens a
second and writes ten."""
LEAST_REPLY: Final = 100
"""Tokens; a call for which there is time for fewer is not made."""
_TELLING: Final = 50
"""Tokens from which on a reply tells how fast a model writes, not how far away it is."""
_HASTE: Final = 2.0
"""By how much a model may turn out faster than the fastest of its replies so far, which its prompt delayed."""


def budget_of(brief: Brief, settings: Mapping[str, Json]) -> Budget:
    """Return what the effort allows, lowered by what the brief and the operator say."""
    budget = _EFFORTS[brief.effort]
    if brief.is_fast:
        budget = _hurried(budget)
    if str(settings.get("model") or "").startswith("local:") and not settings.get("model_url"):
        budget = replace(budget, seconds=budget.seconds * LOCAL_PATIENCE)
    limits = dict(brief.budget or {})
    most: float = settings.get("max_cost") or inf
    return replace(
        budget,
        sources=int(min(budget.sources, limits.get("sources", inf))),
        tokens=int(min(budget.tokens, limits.get("tokens", inf))),
        cost_usd=min(budget.cost_usd, limits.get("cost_usd", inf), most),
        is_cost_limited="cost_usd" in limits or most < inf,
        seconds=min(budget.seconds, limits.get("seconds", inf)),
    )


def _hurried(budget: Budget) -> Budget:
    return replace(
        budget,
        rounds=(budget.rounds + 1) // 2,
        queries=(budget.queries + 1) // 2,
        searches=(budget.searches + 1) // 2,
        seconds=max(budget.seconds / 3, 20.0),
        fields_per_call=budget.fields_per_call * 2,
    )


class Spent(Exception):
    """The budget does not allow a call any more; the text says which limit was reached."""


@dataclass(slots=True)
class Meter:
    """What one task has used so far, by what its steps have stored; a resumed run counts what was paid before."""

    budget: Budget
    clock: Callable[[], float] = time.monotonic
    usage: Usage = field(default_factory=Usage)
    searches: int = 0
    _speed: float = 0.0
    _reserved: int = 0
    _lead: float = 0.0
    _began: float = field(init=False)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self._began = self.clock()

    @property
    def seconds(self) -> float:
        """Return how long was worked, earlier attempts included."""
        return self.clock() - self._began + self._lead

    @property
    def seconds_left(self) -> float:
        """Return how long may still be worked."""
        return max(self.budget.seconds - self.seconds, 0.0)

    @property
    def tokens(self) -> int:
        """Return how many tokens were used."""
        return self.usage.input_tokens + self.usage.output_tokens

    def limit(self, tokens: int = 0, share: float = 1.0) -> str | None:
        """Say which limit forbids a call that may take so many tokens of a share of the budget."""
        budget, cost = self.budget, self.usage.cost_usd
        if self.seconds >= budget.seconds:
            return f"the budget of {budget.seconds:g} seconds"
        if self.tokens + tokens > budget.tokens * share:
            return f"the budget of {budget.tokens:,} tokens"
        if cost is not None and cost >= budget.cost_usd * share:
            return f"the budget of {budget.cost_usd:g} USD"
        return None

    def saw(self, tokens: int, seconds: float) -> None:
        """Take in how long a reply of so many tokens took, its prompt included."""
        if tokens >= _TELLING and seconds > 0:
            self._speed = max(self._speed, tokens / seconds)

    def affordable(self, tokens: int) -> int:
        """Return how long a reply may be in the time that is left, at the speed seen so far.

        Raises
        ------
        Spent
            When there is no time for one of any use.
        """
        if not self._speed:
            return tokens
        most = int(self.seconds_left * self._speed * _HASTE)
        if most < min(tokens, LEAST_REPLY):
            raise Spent(f"the budget of {self.budget.seconds:g} seconds")
        return min(tokens, most)

    @property
    def searches_left(self) -> int:
        """Return how many searches of the web are left."""
        return max(self.budget.searches - self.searches, 0)

    def replay(self, stored: Mapping[str, Any]) -> None:
        """Take in what a step has stored: what it used, and how long had been worked when it ended."""
        self.usage += Usage(**stored.get("usage", {}))
        self._lead += max(float(stored.get("at", 0.0)) - self.seconds, 0.0)

    @asynccontextmanager
    async def room(self, tokens: int, share: float) -> AsyncIterator[None]:
        """Hold room for a call while others are under way; raises `Spent` when there is none even without them."""
        async with self._changed:
            while self._reserved and self.tokens + self._reserved + tokens > self.budget.tokens * share:
                await self._changed.wait()
            if reached := self.limit(tokens, share):
                raise Spent(reached)
            self._reserved += tokens
        try:
            yield
        finally:
            self._reserved -= tokens
            async with self._changed:
                self._changed.notify_all()

    async def within(self, work: Awaitable[Any]) -> Any:
        """Await something for as long as there is time; raises `Spent` when there is none left."""
        limit = asyncio.timeout(self.seconds_left)
        try:
            async with limit:
                return await work
        except TimeoutError:
            if not limit.expired():
                raise
            raise Spent(f"the budget of {self.budget.seconds:g} seconds") from None
