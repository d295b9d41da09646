"""A model over a server: patience, places shared by all tasks, JSON that is valid, and what it all took."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any, Self

from gnomon.workloads.research.models.filling import Filling, notes_of
from gnomon.workloads.research.models.lane import Lane, find_lane
from gnomon.workloads.research.models.model import ModelFailure, Prompt, Reply
from gnomon.workloads.research.models.patience import LONGEST_HOLD, wait_before
from gnomon.workloads.research.models.wire import Call, Role, Said, Trouble, Wire
from gnomon.workloads.research.record import Usage

PATIENCE = 300.0
"""Seconds for all tries of a call together, from its first on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Whom to ask, and within which limits."""

    name: str
    engine: str
    lane: str
    """What tells the server apart from others: all who ask it share its places."""
    concurrency: int
    window: int
    is_window_known: bool = True
    is_small: bool = False
    timeout: float
    """Seconds for one try."""
    variable: str = ""
    """Where its key comes from."""
    key: str = field(default="", repr=False)


class Asker:
    """A model that is asked over a wire."""

    def __init__(
        self,
        server: Server,
        wire: Wire,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._server = server
        self._wire = wire
        self._clock = clock
        self._chance = chance

    @property
    def name(self) -> str:
        """Name the model as the operator set it."""
        return self._server.name

    @property
    def engine(self) -> str:
        """Name it for the answer."""
        return self._server.engine

    @property
    def window(self) -> int:
        """Say how many tokens a prompt and its reply may have together."""
        known = None if self._server.is_window_known else self._wire.window
        return known or self._server.window

    async def is_priced(self) -> bool:
        """Say whether it is known what its calls cost."""
        await self._open()
        return self._wire.is_priced

    @property
    def is_small(self) -> bool:
        """Say whether it is of little use for anything but one short step at a time, and slow at long ones."""
        return self._server.is_small

    async def write(
        self,
        prompt: Prompt,
        *,
        max_tokens: int,
        key: str,
        seconds: float | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer in free text; `on_text` is called with all of the text so far while it is being written."""
        call = Call(turns=_turns(prompt), max_tokens=max_tokens, key=key, on_text=on_text)
        async with self._within(seconds) as until:
            said = await self._ask(call, until)
        return Reply(
            text=said.text,
            usage=said.usage,
            model=said.model,
            is_truncated=said.is_truncated,
            notes=notes_of(said),
        )

    async def fill(
        self,
        prompt: Prompt,
        schema: Mapping[str, Any],
        *,
        max_tokens: int,
        key: str,
        seconds: float | None = None,
        on_used: Callable[[Usage], None] | None = None,
    ) -> Reply:
        """Answer in JSON that is valid for the schema; `on_used` is told what each answer of the server used."""
        ceiling = max(max_tokens, self.window // 2)
        filling = Filling(prompt, schema, max_tokens=max_tokens, ceiling=ceiling, key=key)
        try:
            async with self._within(seconds) as until:
                await self._open()
                while (reply := filling.reply) is None:
                    await self._fill_once(filling, until, on_used)
        except ModelFailure as failure:
            failure.usage = filling.usage
            raise
        return reply

    async def _fill_once(
        self, filling: Filling, until: float, on_used: Callable[[Usage], None] | None
    ) -> None:
        try:
            call = filling.call(takes_schema=self._wire.takes_schema, takes_loose=self._wire.takes_loose)
            said = await self._ask(call, until)
            if on_used is not None:
                on_used(said.usage)
            filling.take(said)
        except _SchemaRefused as refused:
            if not filling.refuse_schema():
                raise self._failure(refused.trouble) from refused

    async def __aenter__(self) -> Self:
        """Import what is needed, and start what runs here."""
        await self._open()
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Hang up."""
        await self.close()

    async def _open(self) -> None:
        try:
            await self._wire.open()
        except Trouble as trouble:
            raise self._failure(trouble) from trouble

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()

    async def _ask(self, call: Call, until: float) -> Said:
        """Ask until there is an answer or no use in asking again."""
        lane, tries = find_lane(self._server.lane, self._server.concurrency), 0
        while True:
            try:
                async with lane.place(until=until):
                    until = min(until, self._clock() + PATIENCE) if tries == 0 else until
                    tries += 1
                    said = await self._try(call)
            except Trouble as trouble:
                await self._bear(trouble, call, lane, tries, until)
            else:
                lane.succeed()
                return said

    async def _try(self, call: Call) -> Said:
        try:
            async with asyncio.timeout(self._server.timeout):
                return await self._wire.ask(call)
        except TimeoutError as error:
            raise Trouble(
                "model_timeout",
                f"{self.name} did not answer within {self._server.timeout:g} seconds.",
                is_fault=True,
                retryable=True,
            ) from error

    async def _bear(self, trouble: Trouble, call: Call, lane: Lane, tries: int, until: float) -> None:
        """Wait for the next try, or give up."""
        if trouble.is_fault:
            lane.fail(trouble.message)
        if trouble.refuses_schema and call.schema is not None:
            raise _SchemaRefused(trouble)
        if trouble.is_passing and trouble.retry_after is not None:
            lane.hold(min(trouble.retry_after, LONGEST_HOLD))
        wait = wait_before(tries, trouble, left=until - self._clock(), chance=self._chance())
        if wait is None:
            raise self._failure(trouble) from trouble
        await asyncio.sleep(wait)

    @asynccontextmanager
    async def _within(self, seconds: float | None) -> AsyncIterator[float]:
        """Bound a whole call; give when it must end."""
        try:
            async with asyncio.timeout(seconds):
                yield inf if seconds is None else self._clock() + seconds
        except TimeoutError as error:
            raise ModelFailure(
                "model_timeout", f"{self.name} did not answer within {seconds:g} seconds.", retryable=True
            ) from error

    def _failure(self, trouble: Trouble) -> ModelFailure:
        """Say how it failed, to who asked for the work: without the key, whatever the server says."""
        told = trouble.message.replace(self._server.key, "[key]") if self._server.key else trouble.message
        if trouble.code == "model_key_refused":
            remedy = f" Check the key in {self._server.variable}." if self._server.variable else ""
            told = f"The provider of {self.name} has refused the key.{remedy} It says: {told}"
        return ModelFailure(trouble.code, told, retryable=trouble.retryable, retry_after=trouble.retry_after)


class _SchemaRefused(Exception):
    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


def _turns(prompt: Prompt) -> Sequence[tuple[Role, str]]:
    return [("system", prompt.system), ("user", prompt.user)]
