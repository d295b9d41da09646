"""How long a test waits at most: a guard against hanging, and no measurement."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LONGEST = 60.0


@asynccontextmanager
async def bounded(what: str) -> AsyncIterator[None]:
    """Fail, naming what did not come, where a test would wait for ever."""
    bound = asyncio.timeout(LONGEST)
    try:
        async with bound:
            yield
    except TimeoutError as error:
        if not bound.expired():
            raise
        raise AssertionError(f"After {LONGEST:g} s still waiting for {what}.") from error
